"""Training: a run is the same alone and in company, comparisons are fair, errors are clear."""

import time

import numpy as np
import pytest

from lessons_lib import SGD, AdaGrad, Adam, Momentum, RMSprop, SGDLinear
from lessons_lib.datasets import digits
from lessons_lib.models import MLP
from lessons_lib.training import random_rates, random_search, train

MODEL = MLP((64, 16, 10))
DATA = digits().train
RATES = np.array([0.01, 0.1, 1.0])
CLASSES = (SGD, SGDLinear, Momentum, AdaGrad, RMSprop, Adam)
RULES = {cls.__name__: cls(lr=RATES) for cls in CLASSES}


@pytest.fixture(scope="module")
def run():
    return train(MODEL, DATA, RULES, seeds=[3, 5], steps=40)


@pytest.mark.parametrize("cls", CLASSES)
def test_alone_and_in_company(run, cls):
    o = CLASSES.index(cls)
    for r, rate in enumerate(RATES):
        for s, seed in enumerate((3, 5)):
            alone = train(MODEL, DATA, {"one": cls(lr=rate)}, [seed], steps=40)
            np.testing.assert_allclose(alone.losses[:, 0, 0, 0], run.losses[:, o, r, s], rtol=1e-6)


def test_by_hand():
    """One run is the loop that anyone would write."""
    opt, seed, losses = AdaGrad(lr=0.1), 7, []
    theta, order = MODEL.init(seed), np.random.default_rng((seed, 1)).permutation(len(DATA[0]))
    state = opt.init(theta)
    for t in range(10):
        rows = order[32 * t : 32 * (t + 1)]
        loss, g = MODEL.loss_and_grad(theta, (DATA[0][rows], DATA[1][rows]))
        theta, state = opt.step(theta, g, state)
        losses.append(loss)
    run = train(MODEL, DATA, {"AdaGrad": opt}, [seed], steps=10)
    np.testing.assert_allclose(run.losses[:, 0, 0, 0], losses, rtol=1e-9)
    np.testing.assert_allclose(run.theta[0, 0, 0], theta, rtol=1e-9)


def test_pairs(run):
    """The same first weights and the same first batch for every optimizer and rate."""
    assert np.ptp(run.losses[0], axis=(0, 1)) == pytest.approx(0)
    assert run.losses[0, 0, 0, 0] != run.losses[0, 0, 0, 1]


def test_decaying_rate_ends_at_zero():
    """SGDLinear learns the length of the run: its last step uses η/T."""
    run = train(MODEL, DATA, {"x": SGDLinear(lr=1.0)}, [0], steps=5, watch=np.copy)
    steps = np.linalg.norm(np.diff(run.watched, axis=0), axis=-1).ravel()
    assert steps[-1] < 0.5 * steps[0]


def test_every_example_once_a_round():
    seen = []

    class Spy(MLP):
        def loss_and_grad(self, theta, batch):
            seen.append(batch[1])
            return super().loss_and_grad(theta, batch)

    labels = np.arange(10)
    train(Spy((2, 10)), (np.ones((10, 2)), labels), ["sgd"], [0, 1], steps=6, batch=5)
    rounds = np.concatenate(seen, axis=1)  # seed × 30 examples
    for k in range(3):
        np.testing.assert_array_equal(
            np.sort(rounds[:, 10 * k : 10 * k + 10]), np.tile(labels, (2, 1))
        )
    assert not np.array_equal(rounds[0], rounds[1])


def test_all_examples():
    run = train(MODEL, DATA, ["SGD"], [0, 1], steps=1, batch=None)
    expected, _ = MODEL.loss_and_grad(MODEL.init([0, 1]), DATA)
    np.testing.assert_allclose(run.losses[0, 0, 0], expected)


def test_drawn_data():
    """A callable draws each seed's batches from the seed's own stream."""

    def draw(rng, batch):
        return rng.standard_normal((batch, 64)), rng.integers(0, 10, batch)

    both = train(MODEL, draw, ["SGD"], [0, 1], steps=3, batch=4)
    one = train(MODEL, draw, ["SGD"], [1], steps=3, batch=4)
    np.testing.assert_allclose(both.losses[..., 1], one.losses[..., 0])


def test_divergence_is_an_answer():
    data = (DATA[0], DATA[0][:, :1] * 1.0)
    rules = {"SGD": SGD(lr=np.array([1e-3, 1e3]))}
    run = train(MLP((64, 1), loss="squares"), data, rules, [0, 1], steps=150)
    assert np.isfinite(run.final[0, 0]).all() and np.isinf(run.final[0, 1]).all()
    assert np.isnan(run.theta[0, 1]).all() and np.isfinite(run.theta[0, 0]).all()
    lost = np.isinf(run.losses[:, 0, 1, 0])
    assert np.all(np.diff(lost.astype(int)) >= 0), "once lost, lost"


def test_watch():
    run = train(MODEL, DATA, ["SGD"], [0], steps=7, watch=lambda theta: theta.sum(-1), every=3)
    assert run.watched.shape == (3, 1, 1, 1)
    assert run.watched[0, 0, 0, 0] == pytest.approx(MODEL.init(0).sum())


def test_faster_than_one_after_another():
    """At least five times; 270 runs against three alone, the best of three tries each.

    In seconds of the processor, which a busy machine does not stretch; with two cores the
    clock on the wall gains more.
    """
    model = MLP((64, 8, 10))

    def seconds(rules, seeds):
        tries = []
        for _ in range(3):
            start = time.process_time()
            train(model, DATA, rules, seeds, steps=40)
            tries.append(time.process_time() - start)
        return min(tries)

    together = seconds(RULES, range(15)) / 270
    alone = np.mean([seconds({"one": cls(lr=0.1)}, [0]) for cls in (SGD, AdaGrad, Adam)])
    assert alone / together >= 5, alone / together


# --- the search -----------------------------------------------------------------------------------


def test_random_rates():
    rates = random_rates(10, 0.01, 100, seed=4)
    assert np.all((rates >= 0.01) & (rates <= 100)) and np.all(np.diff(rates) > 0)
    parts = np.floor(np.log10(rates / 0.01) / 0.4 + 1e-2)
    assert np.all(np.abs(parts - np.arange(10)) <= 1)
    assert not np.array_equal(rates, random_rates(10, 0.01, 100, seed=5))


def test_search_is_train_twice():
    rates = random_rates(4, 0.01, 1)
    rules = {"SGD": SGD(), "Adam": Adam(beta2=0.9)}
    found = random_search(MODEL, DATA, rules, 30, rates=rates, tuning_seeds=[8, 9], seeds=[0, 1])
    grid = {n: type(o)(**{**vars(o), "lr": rates}) for n, o in rules.items()}
    scores = np.median(train(MODEL, DATA, grid, [8, 9], 30).final, axis=-1)
    np.testing.assert_allclose(found.scores, scores)
    assert found.best["Adam"] == Adam(beta2=0.9, lr=float(rates[scores[1].argmin()]))
    judged = train(MODEL, DATA, found.best, [0, 1], 30)
    np.testing.assert_allclose(found.run.losses, judged.losses)
    assert found.run.final.shape == (2, 1, 2)


def test_search_passes_over_what_diverged():
    data = (DATA[0], DATA[0][:, :1] * 1.0)
    model, rates = MLP((64, 1), loss="squares"), np.array([1e-3, 1e3])
    found = random_search(model, data, ["SGD"], 150, rates=rates)
    assert found.best["SGD"].lr == 1e-3 and np.isinf(found.scores[0, 1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: train(MODEL, DATA, ["adagradd"], [0], 1), "did you mean 'adagrad'?"),
        (lambda: train(MODEL, DATA, {"x": 0.1}, [0], 1), "'x' is 0.1"),
        (lambda: train(MODEL, DATA, {}, [0], 1), "optimizers must name at least one"),
        (lambda: train(MODEL, DATA, ["SGD"], [0], 0), "steps must be a whole number ≥ 1; got 0"),
        (lambda: train(MODEL, DATA, ["SGD"], [0], 1, batch=0), "batch must be a whole number ≥ 1"),
        (lambda: train(MODEL, DATA, ["SGD"], [-1], 1), "seeds must be whole numbers ≥ 0"),
        (lambda: train(MODEL, DATA, ["SGD"], [], 1), "seeds must be whole numbers ≥ 0"),
        (lambda: train(MODEL, digits(), ["SGD"], [0], 1), "data must be a tuple of arrays"),
        (lambda: train(MODEL, DATA[0], ["SGD"], [0], 1), "data must be a tuple of arrays"),
        (lambda: train(MODEL, (DATA[0], 3), ["SGD"], [0], 1), "data must be a tuple of arrays"),
        (lambda: train(MODEL, (DATA[0], DATA[1][:9]), ["SGD"], [0], 1), "the same first axis"),
        (lambda: train(MODEL, (DATA[0][:0], DATA[1][:0]), ["SGD"], [0], 1), "at least one row"),
        (lambda: train(MODEL, (DATA[0], DATA[1] + 5), ["SGD"], [0], 1), "labels in 0 … 9; y["),
        (lambda: train(MODEL, (DATA[0] * np.nan, DATA[1]), ["SGD"], [0], 1), "X must be finite"),
        (
            lambda: train(MODEL, DATA, {"a": SGD(lr=RATES), "b": Adam(lr=RATES[:2])}, [0], 1),
            "each lr must be a number or an array of the same length, here 3; that of b has",
        ),
        (
            lambda: random_search(MODEL, DATA, ["SGD"], 1, seeds=[1], tuning_seeds=[1]),
            "seeds must not be among tuning_seeds; 1 is in both",
        ),
        (lambda: random_rates(3, 1.0, 0.1), "high must be greater than low"),
        (lambda: random_rates(0), "count must be a whole number ≥ 1"),
    ],
)
def test_bad_arguments(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)
