"""Schedules: their values at known steps, and what `Scheduled` makes of any rule."""

import dataclasses
import pickle

import numpy as np
import pytest

from lessons_lib import OPTIMIZERS, SGD, SURFACES, AdaGrad, Adam, SGDLinear, descend
from lessons_lib.descent import endpoints
from lessons_lib.schedules import (
    Scheduled,
    constant,
    cosine,
    inverse_root,
    linear,
    step_decay,
    warm_restarts,
    warm_up,
)
from lessons_lib.sweeps import tune

BOOTH = SURFACES["booth"]
EVERY = [constant, linear, inverse_root, step_decay, cosine, warm_restarts, warm_up]


def values(schedule, T):
    return np.array([schedule(t, T) for t in np.arange(1, T + 1)])


def test_values_by_hand():
    np.testing.assert_allclose(values(linear, 4), [1, 0.75, 0.5, 0.25])
    np.testing.assert_allclose(values(inverse_root, 4), [1, 2**-0.5, 3**-0.5, 0.5])
    np.testing.assert_allclose(values(step_decay, 8), [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])
    np.testing.assert_allclose(values(cosine, 4), [1, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4])
    np.testing.assert_allclose(
        values(warm_restarts, 14), [1, 0.5, *values(cosine, 4), *values(cosine, 8)]
    )
    np.testing.assert_allclose(values(warm_up, 20), [0.5, *[1] * 19])
    np.testing.assert_allclose(values(warm_up, 40)[:5], [0.25, 0.5, 0.75, 1, 1])


@pytest.mark.parametrize("schedule", EVERY)
@pytest.mark.parametrize("T", [1, 2, 3, 5, 10, 100])
def test_a_factor_is_between_0_and_1_for_runs_of_any_length(schedule, T):
    found = values(schedule, T)
    assert np.all((found > 0) & (found <= 1)), found


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_constant_schedule_changes_nothing(name):
    opt = OPTIMIZERS[name](lr=np.array([0.01, 0.05]))
    plain = descend(BOOTH, opt, (1.0, 2.0), 20, 0.1, seed=1)
    path = descend(
        BOOTH, Scheduled(rule=opt, schedule=constant, lr=opt.lr), (1.0, 2.0), 20, 0.1, seed=1
    )
    np.testing.assert_array_equal(path.x, plain.x)
    np.testing.assert_array_equal(path.rate, plain.rate)
    assert path.state.keys() == plain.state.keys()


def test_a_line_makes_sgd_sgdlinear():
    a = descend(BOOTH, SGDLinear(lr=0.05), (1.0, 2.0), 30)
    b = descend(BOOTH, Scheduled(rule=SGD(), schedule=linear, lr=0.05), (1.0, 2.0), 30)
    np.testing.assert_allclose(b.x, a.x, rtol=1e-12)
    np.testing.assert_allclose(b.rate, a.rate, rtol=1e-12)


def test_each_step_has_the_rate_of_its_own_step():
    opt = Scheduled(rule=Adam(), schedule=cosine, lr=0.3).for_run(3)
    x, state = np.array([1.0, 2.0]), opt.init(np.zeros(2))
    y, other = x, Adam().init(x)
    for t in (1, 2, 3):
        g = np.array([0.5, -t])
        x, state = opt.step(x, g, state)
        y, other = Adam(lr=0.3 * cosine(t, 3)).step(y, g, other)
        np.testing.assert_allclose(x, y, rtol=1e-14)


def test_it_takes_dicts_grids_and_travels():
    opt = Scheduled(rule=AdaGrad(), schedule=warm_restarts, lr=0.3).for_run(5)
    one, state = {"w": np.ones(2)}, opt.init({"w": np.ones(2)})
    one, state = opt.step(one, {"w": np.ones(2)}, state)
    np.testing.assert_allclose(one["w"], 0.7)
    tuned = tune(BOOTH, opt, [[0.0, 0.0]], np.array([0.1, 1.0]), 5)
    assert tuned.best == dataclasses.replace(opt, lr=1.0)
    there = pickle.loads(pickle.dumps(opt))
    np.testing.assert_array_equal(
        endpoints(BOOTH, there, (0.0, 0.0), 5), endpoints(BOOTH, opt, (0.0, 0.0), 5)
    )


def test_it_is_no_optimizer_of_its_own():
    assert "scheduled" not in OPTIMIZERS


@pytest.mark.parametrize(
    "changes, words",
    [
        (dict(rule="adam"), "rule must be an optimizer"),
        (dict(schedule=0.5), "schedule must be a function of t and T"),
        (dict(lr=-1.0), "lr must be"),
        (dict(steps=0), "steps must be a whole number ≥ 1"),
    ],
)
def test_bad_input(changes, words):
    with pytest.raises(ValueError, match=words):
        Scheduled(**{"rule": SGD(), "schedule": cosine, **changes})


def test_the_length_must_be_known():
    opt = Scheduled(rule=SGD(), schedule=cosine)
    with pytest.raises(ValueError, match="steps must be the length of the run"):
        opt.step(np.ones(1), np.ones(1), opt.init(np.ones(1)))
