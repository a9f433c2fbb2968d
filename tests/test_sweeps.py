"""Sweeps: the grids, the tuning and the races are what they say they are."""

import numpy as np
import pytest

from lessons_lib import SGD, SURFACES, AdaGrad, Adam, SGDLinear, bowl, descend
from lessons_lib.sweeps import (
    _noise_seeds,
    basins,
    bowl_losses,
    excess,
    fair,
    race,
    random_starts,
    rate_grid,
    tune,
)

BOOTH, VALLEY = SURFACES["booth"], SURFACES["valley"]


def test_rate_grid_is_even_in_log_scale_and_rounded():
    grid = rate_grid(1e-3, 1, per_decade=4)
    assert len(grid) == 13 and grid[0] == 1e-3 and grid[-1] == 1
    np.testing.assert_allclose(np.diff(np.log10(grid)), 0.25, atol=0.02)
    assert all(f"{g:.1e}" == f"{g:.6e}"[:3] + f"{g:.1e}"[3:] for g in grid)


def test_tune_finds_the_best_rate_of_a_round_bowl():
    """On ½x² each step multiplies by 1 − η: best at η = 1, whatever the start."""
    found = tune(bowl(1, 1), SGD(), [[1.0, 2.0]], rates=np.array([0.1, 1.0, 1.9]), steps=5)
    assert found.best.lr == 1.0 and found.score == 0


def test_tune_scores_each_rate_as_a_run_of_its_own():
    starts, rates = random_starts(VALLEY, 5), np.array([0.01, 0.05, 0.5])
    found = tune(VALLEY, AdaGrad(), starts, rates, steps=30, noise=0.5, seed=3)
    seeds = _noise_seeds(3, 0, 5)
    for rate, score in zip(rates, found.scores, strict=True):
        each = [
            excess(VALLEY, descend(VALLEY, AdaGrad(lr=rate), start, 30, 0.5, seed))
            for start, seed in zip(starts, seeds, strict=True)
        ]
        assert score == np.median(each)


def test_no_two_starts_splits_or_seeds_share_their_noise():
    drawn = np.concatenate([_noise_seeds(seed, k, 48) for seed in range(50) for k in (0, 1)])
    assert len(set(drawn)) == 50 * 2 * 48 and drawn.min() > 1000  # nor with `random_starts`
    np.testing.assert_array_equal(_noise_seeds(7, 1, 20)[:5], _noise_seeds(7, 1, 5))


def test_race_judges_with_other_noise_than_it_tunes_with():
    result = race(VALLEY, {"SGD": SGD()}, 4, np.array([0.01]), steps=3, noise=1.0, seed=2)["SGD"]
    again = descend(VALLEY, SGD(lr=0.01), result.path.x[0], 3, 1.0, _noise_seeds(2, 1, 4))
    np.testing.assert_array_equal(result.path.x, again.x)


def test_diverged_runs_score_infinity():
    found = tune(SURFACES["rosenbrock"], SGD(), [[-1.2, 1.0]], np.array([1e-3, 0.1]), steps=50)
    assert np.isinf(found.scores[1]) and found.best.lr == 1e-3


def test_race_judges_on_other_starts_than_it_tunes_on():
    results = race(BOOTH, {"SGD": SGD(), "SGDLinear": SGDLinear()}, starts=6, steps=40, seed=4)
    both = random_starts(BOOTH, 12, seed=4)
    for result in results.values():
        np.testing.assert_array_equal(result.path.x[0], both[6:])
        again = tune(BOOTH, type(result.tuned.best)(), both[:6], steps=40, seed=4)
        np.testing.assert_array_equal(result.tuned.scores, again.scores)
        assert result.median == np.median(result.finals)


def test_basins():
    h = SURFACES["himmelblau"]
    found = basins(h, SGD(lr=0.01), n=24, steps=400)
    assert found.ends.shape == (24, 24) and found.share() == 1
    assert sum(found.share(i) for i in range(4)) == pytest.approx(1)
    row, column = np.argwhere(found.ends == 2)[0]
    end = descend(h, SGD(lr=0.01), (found.x[column], found.y[row]), 400).x[-1]
    np.testing.assert_allclose(end, h.minima[2], atol=1e-3)
    assert basins(h, SGD(lr=1.0), n=8, steps=50).share(-2) > 0.5


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: rate_grid(0, 1), "low must be a finite number > 0"),
        (lambda: rate_grid(1, 0.1), "high must be greater than low"),
        (lambda: rate_grid(per_decade=0), "per_decade must be a whole number ≥ 1"),
        (lambda: random_starts(BOOTH, 0), "n must be a whole number ≥ 1"),
        (lambda: tune(BOOTH, SGD(), [[np.nan, 1.0]]), "starts must be finite"),
        (lambda: tune(BOOTH, SGD(), [[1.0, 1.0]], rates=np.array([-1.0])), "SGD: lr must be"),
        (lambda: race(BOOTH, {"SGD": SGD()}, starts=1.5), "starts|n must be a whole number"),
        (lambda: tune(BOOTH, SGD(), [[1.0, 1.0]], seed=-1), "seed must be a whole number ≥ 0"),
        (lambda: basins(SURFACES["saddle"], SGD()), "saddle has none"),
        (lambda: basins(BOOTH, SGD(), n=1), "n must be a whole number ≥ 2"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --- fair comparisons ---------------------------------------------------------------------------


def test_fair_chooses_on_one_half_and_judges_on_the_other():
    """The rate that is best on the first runs is kept, though another is better on the last."""
    table = np.array([[1.0, 2.0, np.nan], [1.0, 2.0, 0.0], [9.0, 4.0, 0.0], [8.0, 3.0, 0.0]])
    rates = np.array([0.1, 0.2, 0.3])

    def losses(opt):
        assert (opt.lr == rates).all()
        return table

    judged = fair(losses, {"SGD": SGD(), "Adam": Adam()}, rates)
    assert {name: found.tolist() for name, found in judged.items()} == {
        "SGD": [9.0, 8.0],
        "Adam": [9.0, 8.0],
    }


def test_bowl_losses_without_noise_is_gradient_descent():
    """With curvature 1 and a gradient in each step, x shrinks by 1 − η each time."""
    rates = np.array([0.0, 0.1, 1.0])
    found = bowl_losses(SGD(lr=rates), d=7, steps=20)
    assert found.shape == (6, 3)
    k = np.array([19, 20])
    expected = (0.9 ** (2 * k)).mean() * found[:, 0]
    np.testing.assert_allclose(found[:, 1], expected, rtol=1e-12)
    assert (found[:, 2] == 0).all()


def test_bowl_losses_pairs_methods_and_parts_seeds():
    rates = np.array([0.0])
    loss = bowl_losses(SGD(lr=rates), d=4, kappa=10, noise=1.0, rare=True)
    assert (loss == bowl_losses(AdaGrad(lr=rates), d=4, kappa=10, noise=1.0, rare=True)).all()
    other = bowl_losses(SGD(lr=rates), d=4, kappa=10, noise=1.0, rare=True, seed=1)
    assert not np.isin(other, loss).any()
    assert len(np.unique(loss)) == 6


def test_bowl_losses_of_rare_gradients():
    """A coordinate without a gradient stays; the first of the rare ones always has one."""
    moved = bowl_losses(SGD(lr=np.array([1.0])), d=50, rare=True, steps=3)
    assert (moved > 0).all(), "someone must have waited in vain"
    assert (bowl_losses(SGD(lr=np.array([1.0])), d=1, rare=True, steps=3) == 0).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (dict(d=0), "d must"),
        (dict(kappa=0.0), "kappa"),
        (dict(noise=-1.0), "noise"),
        (dict(steps=0), "steps"),
        (dict(runs=0), "runs"),
        (dict(opt=SGD(lr=0.1)), "opt must have an array of rates"),
    ],
)
def test_bowl_losses_refuses(settings, words):
    with pytest.raises(ValueError, match=words):
        bowl_losses(**{"opt": SGD(lr=np.array([0.1])), **settings})


@pytest.mark.parametrize("shape", [(3,), (4, 2), (1, 3)])
def test_fair_refuses(shape):
    with pytest.raises(ValueError, match=r"losses must return an array of shape \(K, R\)"):
        fair(lambda opt: np.zeros(shape), {"SGD": SGD()}, np.array([0.1, 0.2, 0.3]))
