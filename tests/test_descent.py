"""Runs: their shapes, their noise, what becomes of a path that diverges, and refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib import (
    OPTIMIZERS,
    SGD,
    SURFACES,
    AdaGrad,
    Adam,
    SGDLinear,
    bowl,
    descend,
    descent,
    endpoints,
)
from lessons_lib.descent import gaussian, online_loss

EVERY = pytest.mark.parametrize("name", sorted(OPTIMIZERS))
BOOTH = SURFACES["booth"]
START = (-8.0, -6.0)


def equal(a, b):
    return a.diverged_at == b.diverged_at and all(
        np.array_equal(u, v)
        for u, v in [
            (a.x, b.x),
            (a.loss, b.loss),
            (a.rate, b.rate),
            *((a.state[s], b.state[s]) for s in a.state),
        ]
    )


# --- Shapes -----------------------------------------------------------------------------------

BATCHES = [
    # starts, rates, seeds -> batch
    ((), (), (), ()),
    ((7,), (), (), (7,)),
    ((), (5,), (), (5,)),
    ((7, 1), (5,), (), (7, 5)),
    ((2, 1, 1), (3, 1), (4,), (2, 3, 4)),
]


@EVERY
@pytest.mark.parametrize("steps", [0, 1, 6])
@pytest.mark.parametrize(("starts", "rates", "seeds", "batch"), BATCHES)
def test_shapes(name, steps, starts, rates, seeds, batch):
    opt = OPTIMIZERS[name](lr=np.full(rates, 0.01))
    seed = np.arange(np.prod(seeds, dtype=int)).reshape(seeds)
    start = np.broadcast_to(START, (*starts, 2))
    path = descend(BOOTH, opt, start, steps, noise=0.1, seed=seed)
    assert path.x.shape == (steps + 1, *batch, 2)
    assert path.loss.shape == (steps + 1, *batch)
    assert path.rate.shape == (steps, *batch, 2)
    assert path.state["t"].tolist() == list(range(steps + 1))
    assert set(path.state) == {"t", *opt.slots}
    assert all(path.state[s].shape[: len(batch) + 2] == path.x.shape for s in opt.slots)
    assert np.array_equal(path.x[0], np.broadcast_to(START, (*batch, 2)))
    np.testing.assert_array_equal(path.loss, BOOTH(path.x))
    if batch:
        assert path.diverged_at.shape == batch and np.all(path.diverged_at == -1)
    else:
        assert path.diverged_at is None
    assert endpoints(BOOTH, opt, start, steps, noise=0.1, seed=seed).shape == (*batch, 2)


def test_any_number_of_dimensions():
    class Bowl:
        def __call__(self, x):
            return 0.5 * (x * x).sum(-1)

        def grad(self, x):
            return x

    path = descend(Bowl(), SGD(lr=0.5), np.ones((3, 5)), steps=4)
    assert path.x.shape == (5, 3, 5) and np.all(path.x[-1] == 0.5**4)


def test_arguments_are_not_changed():
    start, lr, seed = np.ones((3, 2)), np.array([0.1, 0.2, 9.0]), np.arange(3)
    opt = AdaGrad(lr=lr)
    descend(BOOTH, opt, start, steps=5, noise=0.5, seed=seed)
    assert np.all(start == 1) and lr.tolist() == [0.1, 0.2, 9.0] and seed.tolist() == [0, 1, 2]
    assert opt.lr.shape == (3,)


def test_indexing_picks_paths_out_of_a_batch():
    starts = np.random.default_rng(0).uniform(-5, 5, (4, 1, 2))
    path = descend(bowl(1, 1), SGD(lr=[0.1, 0.5, 1e9]), starts, steps=60)
    row = path[2]
    assert row.x.shape == (61, 3, 2) and row.diverged_at.shape == (3,)
    assert equal(row[1], path[2, 1]) and equal(path[-1, -1], path[3][2])
    column = path[:, 0]
    assert column.loss.shape == (61, 4) and np.all(column.diverged_at == -1)
    assert path[2, 1].diverged_at is None and type(path[2, 2].diverged_at) is int
    assert path[2, 2].diverged_at == path.diverged_at[2, 2] > 0
    with pytest.raises(IndexError):
        path[4]


def test_steps_to():
    path = descend(bowl(1, 1), SGD(lr=[0.5, 0.0]), (2.0, 0.0), steps=5)  # x = 2, 1, 1/2, ...
    assert path.steps_to(0.5).tolist() == [1, -1]
    assert path.steps_to(2.0).tolist() == [0, 0]
    assert path[0].steps_to(0.125) == 2 and type(path[0].steps_to(0.125)) is int
    assert path[0].steps_to(1e-9) is None


# --- Noise ------------------------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, steps=st.integers(1, 20), more=st.integers(0, 20))
def test_noise_depends_on_the_seed_and_not_on_how_many_steps_follow(seed, steps, more):
    z = gaussian((steps + more, 2), seed)
    assert np.array_equal(gaussian((steps, 2), seed), z[:steps])
    short = descend(BOOTH, AdaGrad(lr=0.5), START, steps, noise=2.0, seed=seed)
    long = descend(BOOTH, AdaGrad(lr=0.5), START, steps + more, noise=2.0, seed=seed)
    assert np.array_equal(short.x, long.x[: steps + 1])


@given(seed=seeds)
def test_one_seed_gives_every_path_the_same_noise(seed):
    lr = np.geomspace(0.01, 1, 6).reshape(2, 3)
    batch = descend(BOOTH, Adam(lr=lr), START, 12, noise=3.0, seed=seed)
    for i in np.ndindex(2, 3):
        single = descend(BOOTH, Adam(lr=lr[i]), START, 12, noise=3.0, seed=seed)
        assert equal(batch[i], single)


@given(seed=st.lists(seeds, min_size=4, max_size=4))
def test_an_array_of_seeds_gives_every_path_its_own(seed):
    batch = descend(BOOTH, Adam(lr=[[0.1], [0.2]]), START, 8, noise=3.0, seed=seed)
    assert batch.x.shape == (9, 2, 4, 2)
    for i, lr in enumerate((0.1, 0.2)):
        for j, s in enumerate(seed):
            assert equal(batch[i, j], descend(BOOTH, Adam(lr=lr), START, 8, noise=3.0, seed=s))


def test_noise_is_gaussian_of_the_given_size_around_the_gradient():
    flat = bowl(1e-300, 1e-300)
    path = descend(flat, SGD(lr=1), (0.0, 0.0), 20_000, noise=3.0, seed=1)
    z = np.diff(path.x, axis=0)
    assert z.mean() == pytest.approx(0, abs=0.05) and z.std() == pytest.approx(3, rel=0.02)
    assert np.corrcoef(z.T)[0, 1] == pytest.approx(0, abs=0.03)
    np.testing.assert_array_equal(path.loss, flat(path.x))  # the loss itself has none


def test_without_a_seed_every_run_is_new_and_without_noise_none_is_needed():
    assert not np.array_equal(*(descend(BOOTH, SGD(), START, 3, noise=1.0).x for _ in range(2)))
    assert equal(descend(BOOTH, SGD(), START, 3), descend(BOOTH, SGD(), START, 3, seed=4))


# --- Divergence -------------------------------------------------------------------------------


@pytest.fixture
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_a_path_freezes_at_its_last_finite_point(no_warnings):
    # On 2x² + 2y² the rate 1 makes x → -3x: x_t = (-3)^t. Before it is halved, the loss is
    # 8·9^t, which leaves the range of floats, 1.8e308, between t = 322 and 323.
    path = descend(bowl(4, 4), SGD(lr=1), (1.0, 1.0), steps=1000)
    assert path.diverged_at == 323 and type(path.diverged_at) is int
    assert path.x.shape == (1001, 2)
    assert path.x[322, 0] == pytest.approx(3.0**322)
    assert np.all(path.x[322:] == path.x[322]) and np.all(path.loss[322:] == path.loss[322])
    assert np.isfinite(path.loss).all() and path.steps_to(1e300) == 0


@EVERY
@pytest.mark.parametrize("surface", ["rosenbrock", "mccormick"])
@pytest.mark.parametrize("lr", [0.5, 1e4, 1e200])
def test_all_of_a_diverged_path_is_frozen(no_warnings, name, surface, lr):
    surface = SURFACES[surface]
    opt = OPTIMIZERS[name](lr=lr).for_run(120)
    path = descend(surface, opt, surface.start, 120)
    assert all(np.isfinite(a).all() for a in (path.x, path.loss, path.rate))
    at = path.diverged_at
    if at is None:
        return
    short = descend(surface, opt, surface.start, at - 1)  # the run that stops in time
    assert short.diverged_at is None
    assert np.array_equal(path.x[:at], short.x)
    for s in ("x", "loss"):
        assert np.all(getattr(path, s)[at:] == getattr(short, s)[-1])
    for s in opt.slots:
        assert np.array_equal(path.state[s][:at], short.state[s])
        assert np.all(path.state[s][at:] == short.state[s][-1])
    if at > 1:
        assert np.array_equal(path.rate[: at - 1], short.rate)
        assert np.all(path.rate[at - 1 :] == short.rate[-1])


def test_each_path_of_a_batch_diverges_by_itself(no_warnings):
    lr = np.array([0.1, 1.0, 1e3, 1e200])
    path = descend(bowl(4, 4), SGD(lr=lr[:, None]), [[1.0, 1.0], [0.0, 0.0]], 400)
    assert path.diverged_at.tolist() == [[-1, -1], [323, -1], [43, -1], [1, -1]]
    for i in np.ndindex(4, 2):
        single = descend(bowl(4, 4), SGD(lr=lr[i[0]]), path.x[(0, *i)], 400)
        assert equal(path[i], single)


def test_a_start_without_a_finite_loss_is_lost_at_once(no_warnings):
    path = descend(BOOTH, SGD(), [[1e300, 2.0], [1.0, 2.0]], 5)
    assert path.diverged_at.tolist() == [0, -1]
    assert np.all(path.x[:, 0] == [1e300, 2.0]) and np.isinf(path.loss[:, 0]).all()
    assert descend(BOOTH, SGD(), (1e300, 2.0), 0).diverged_at == 0


@EVERY
def test_endpoints_are_the_ends_of_the_paths(no_warnings, name):
    opt = OPTIMIZERS[name](lr=np.array([0.01, 1.0, 1e3, 1e200]))
    surface = SURFACES["himmelblau"]
    starts = np.random.default_rng(0).uniform(-4, 4, (5, 1, 2))
    path = descend(surface, opt, starts, 80, noise=0.5, seed=3)
    expected = np.where((path.diverged_at >= 0)[..., None], np.nan, path.x[-1])
    ends = endpoints(surface, opt, starts, 80, noise=0.5, seed=3)
    assert np.array_equal(ends, expected, equal_nan=True)


def test_a_path_that_comes_back_from_beyond_the_floats_has_diverged(no_warnings):
    # The rate falls from 4/10 to 0. On 5(x² + y²) that is first x → -3x and more slowly later,
    # so that the loss overflows for a while and is finite again at the end.
    surface, opt = bowl(10, 10), SGDLinear(lr=0.4)
    path = descend(surface, opt, (1e153, 0.0), 40)
    assert 0 < path.diverged_at < 20
    x = np.array([1e153, 0.0])
    for t in range(1, 41):
        x, _ = opt.for_run(40).step(x, surface.grad(x), {"t": t - 1})
    assert np.isfinite(surface(x))
    assert np.isnan(endpoints(surface, opt, (1e153, 0.0), 40)).all()


def test_endpoints_of_no_steps_are_the_starts():
    assert endpoints(BOOTH, AdaGrad(), START, 0).tolist() == list(START)


# --- Progress bars ----------------------------------------------------------------------------


@pytest.mark.parametrize("run", [descend, endpoints])
def test_only_a_long_run_shows_its_progress(monkeypatch, run):
    shown = []

    def bar(steps, **options):
        shown.append(options)
        return steps

    monkeypatch.setattr("tqdm.auto.tqdm", bar)
    starts = np.zeros((10, 2))
    monkeypatch.setattr(descent, "_LONG", 10 * 30 + 1)
    run(BOOTH, AdaGrad(), starts, 30)
    assert not shown
    run(BOOTH, AdaGrad(), starts, 31)
    assert len(shown) == 1 and shown[0]["leave"] is False


# --- Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [descend, endpoints])
@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (dict(start=[1.0, 2.0, 3.0]), r"start must be an array of shape \(\.\.\., 2\).*\(3,\)"),
        (dict(start=1.0), r"start must be an array of shape \(\.\.\., 2\); got shape \(\)"),
        (dict(start=[[1.0], [2.0]]), r"start must be an array of shape .* got shape \(2, 1\)"),
        (dict(start=[np.nan, 1.0]), r"start must be finite; got \[nan, 1.0\]"),
        (dict(start=[np.inf, 1.0]), "start must be finite; got"),
        (dict(start="home"), "start must be numbers of shape .*'home'"),
        (dict(start=None), r"start must be"),
        (dict(start=[[1, 2], [3]]), "start must be numbers of shape"),
        (dict(steps=-1), "steps must be a whole number ≥ 0; got -1"),
        (dict(steps=2.5), "steps must be a whole number ≥ 0; got 2.5"),
        (dict(steps=np.nan), "steps must be a whole number ≥ 0; got nan"),
        (dict(steps=True), "steps must be a whole number ≥ 0; got True"),
        (dict(steps=None), "steps must be a whole number ≥ 0; got None"),
        (dict(noise=-0.1), "noise must be a finite number ≥ 0.*-0.1"),
        (dict(noise=np.nan), "noise must be a finite number ≥ 0.*nan"),
        (dict(noise=[0.1, 0.2]), r"noise must be a finite number ≥ 0; got \[0.1, 0.2\]"),
        (dict(noise="loud"), "noise must be a finite number ≥ 0.*'loud'"),
        (dict(seed=-1), "seed must be a whole number ≥ 0.*-1"),
        (dict(seed=1.5), "seed must be a whole number ≥ 0.*1.5"),
        (dict(seed=[0, -3]), r"seed must be a whole number ≥ 0.*\[0, -3\]"),
        (dict(seed="lucky"), "seed must be a whole number ≥ 0.*'lucky'"),
        (dict(seed=[]), "seed must be a whole number ≥ 0"),
        (dict(opt="adagrad"), "opt must be an optimizer such as .*'adagrad'"),
        (dict(opt=AdaGrad), "opt must be an optimizer such as"),
        (dict(surface="booth"), r"surface must be callable and have \.grad.*'booth'"),
        (dict(surface=np.sin), r"surface must be callable and have \.grad"),
        (
            dict(opt=SGD(lr=[0.1, 0.2, 0.3]), start=np.ones((2, 2))),
            r"must broadcast; got shapes \(2,\), \(\), \(3,\)",
        ),
        (dict(seed=[1, 2], start=np.ones((3, 2))), r"must broadcast; got shapes \(3,\), \(2,\)"),
    ],
)
def test_bad_arguments_are_named(run, bad, said):
    good = dict(surface=BOOTH, opt=AdaGrad(), start=START, steps=3)
    with pytest.raises(ValueError, match=said):
        run(**{**good, **bad})


def test_online_loss_begins_with_a_guess_and_learns():
    y = np.array([0, 1] * 40)
    X, orders = np.eye(2)[y], np.stack([np.arange(80), np.arange(80)[::-1]])
    loss = online_loss(X, y, SGD(lr=np.array([1e-9, 1.0, 10.0])), orders)
    assert loss.shape == (2, 3)
    np.testing.assert_allclose(loss[:, 0], np.log(2), rtol=1e-6)
    assert (np.diff(loss, axis=1) < 0).all()
