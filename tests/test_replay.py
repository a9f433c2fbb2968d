"""Repeated notes of a step: the numbers of the step itself, or a refusal to repeat it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib import OPTIMIZERS, SGD, SURFACES, bowl, descend, descent, endpoints, rotated
from lessons_lib.replay import AtMost, NotRepeatable, Tape

EVERY = pytest.mark.parametrize("name", sorted(OPTIMIZERS))
STARTS = np.random.default_rng(0).uniform(-2, 2, (5, 2))
BATCHES = {
    "one path": dict(start=(0.4, -0.7), lr=0.01),
    "one path that diverges": dict(start=(0.4, -0.7), lr=30.0),
    "rates that diverge": dict(start=STARTS[:, None], lr=np.array([1e-3, 0.1, 1e5])),
    "noise": dict(start=(0.4, -0.7), lr=np.array([[0.01], [0.1]]), noise=0.5, seed=np.arange(3)),
    "decay": dict(start=(0.4, -0.7), lr=0.05, weight_decay=0.1, noise=0.5, seed=3),
    "decoupled": dict(start=STARTS, lr=0.05, weight_decay=0.1, decoupled=True),
}


def agree(monkeypatch, surface, name, settings):
    """Assert that notes change no number; return whether there were any."""
    settings = dict(settings, steps=30)
    rule = {k: settings.pop(k) for k in ("lr", "weight_decay", "decoupled") if k in settings}
    opt = OPTIMIZERS[name](**rule)
    used = []

    def spy(*arguments, noted=descent._noted):
        used.append(noted(*arguments))
        return used[-1]

    monkeypatch.setattr(descent, "_noted", spy)
    quick, ends = descend(surface, opt, **settings), endpoints(surface, opt, **settings)
    monkeypatch.setattr(descent, "_noted", lambda *_: None)
    plain = descend(surface, opt, **settings)
    monkeypatch.undo()
    pairs = [(quick.x, plain.x), (quick.loss, plain.loss), (quick.rate, plain.rate)]
    pairs += [(quick.state[k], plain.state[k]) for k in opt.slots]
    pairs += [(ends, endpoints(surface, opt, **settings))]
    lost = np.greater_equal(np.asarray(plain.diverged_at, float), 0)
    pairs += [(ends, np.where(lost[..., None], np.nan, plain.x[-1]))]
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)
    return used[0] is not None


@EVERY
@pytest.mark.parametrize("batch", BATCHES)
def test_the_numbers_are_those_of_the_readable_form(monkeypatch, name, batch):
    noted = agree(monkeypatch, SURFACES["rosenbrock"], name, BATCHES[batch])
    assert noted == (name not in ("fulladagrad", "adabound")), "works on matrices; has np.clip"


@pytest.mark.parametrize("surface", [*SURFACES.values(), rotated(bowl(1, 9), 0.3)], ids=str)
@pytest.mark.parametrize("name", ["sgd", "adagrad", "adam"])
def test_on_every_surface(monkeypatch, surface, name):
    for start in (surface.start, STARTS, [surface.start, (1e40, -1e70), (1e153, 0.0)]):
        agree(monkeypatch, surface, name, dict(start=start, lr=0.01))


def test_a_step_that_is_not_a_function_of_its_arguments_is_not_repeated():
    calls = itertools.count()

    class Counting(SGD):
        def update(self, x, g, t):
            return x - next(calls) * g, {}

    path = descend(bowl(1, 1), Counting(), (1.0, 1.0), steps=5)
    # The factors are 1 − c for the counts c = 0, (1: the notes,) 2, 3, 4, 5.
    assert path.x[1:, 0].tolist() == [1, -1, 2, -6, 24]


def test_a_branch_is_not_repeated():

    class Halting(SGD):
        def update(self, x, g, t):
            return (x if t % 3 == 0 else x - self.lr * g), {}

    path = descend(bowl(1, 1), Halting(lr=0.5), (1.0, 1.0), steps=7)
    assert path.x[:, 0].tolist() == [1, 1 / 2, 1 / 4, 1 / 4, 1 / 8, 1 / 16, 1 / 16, 1 / 32]


# --- the tape -----------------------------------------------------------------------------------


def test_the_same_operation_is_done_once():
    tape = Tape()
    x = tape.enter(np.arange(3.0))
    assert x * x is x * x
    assert 2 * x is 2.0 * x
    assert 0.0 * x is not -0.0 * x
    assert len(tape.operations) == 4


def test_old_numbers_are_kept_while_they_are_needed():
    tape = Tape()
    a, b = tape.enter(np.array([1.0])), tape.enter(np.array([10.0]))
    new_a, new_b = a + b, a - b  # both of the old a and b
    tape.put(a, new_a)
    tape.put(b, new_b)
    step = tape.ready()
    for t in range(3):
        step(t)
    assert (a.array[0], b.array[0]) == (22.0, -18.0)


def test_a_schedule_is_computed_once_for_all_steps():
    tape = Tape()
    x, t = tape.enter(np.ones(2)), tape.schedule(np.arange(1, 4))
    tape.put(x, x * (1 + t))
    step = tape.ready()
    assert [step(i) or x.array[0] for i in range(3)] == [2.0, 6.0, 24.0]
    assert t - t == 0 and type(t - t) is int, "what is always the same is a number"


def made_both_ways(work, x, steps=3):
    """What some steps of `work` make of x: with arrays, and with numbers; whether these differ."""
    ends, steppers = [], []
    for way in (lambda tape, step: step, Tape.in_numbers):
        tape, array = Tape(), np.array(x)
        stand_in = tape.enter(array)
        tape.put(stand_in, work(stand_in, tape.schedule(np.arange(1, steps + 1))))
        step = tape.ready()
        steppers.append((step, way(tape, step)))
        with np.errstate(all="ignore"):
            for i in range(steps):
                steppers[-1][1](i)
        ends.append(array)
    step, used = steppers[-1]
    return *ends, used is not step


@given(x=st.lists(st.floats(), min_size=1, max_size=4))
def test_numbers_are_rounded_as_arrays_are(x):
    def work(x, t):
        return np.sqrt(x * x + 0.1) / (t - 2.0) - np.square(x) * np.array([0.3] * x.shape[0])

    arrays, numbers, other = made_both_ways(work, x)
    assert other and np.array_equal(arrays, numbers, equal_nan=True)


@pytest.mark.parametrize("x", [[0.0], [1.0, 0.0], [-1.0, np.inf], [np.nan, -0.0]])
@pytest.mark.parametrize("work", [lambda x, t: 1 / x, lambda x, t: np.sqrt(x) - t])
def test_what_python_refuses_is_left_to_numpy(x, work):
    arrays, numbers, other = made_both_ways(work, x)
    assert other and np.array_equal(arrays, numbers, equal_nan=True)


def test_many_numbers_and_other_operations_stay_with_numpy():
    assert not made_both_ways(lambda x, t: x + t, [1.0] * 5)[-1]
    assert not made_both_ways(lambda x, t: np.sin(x) + t, [1.0])[-1]


@pytest.mark.parametrize(
    "work",
    [
        lambda x: x @ x,
        lambda x: x**3,
        lambda x: x > 0,
        lambda x: np.where(x.shape, x, x),
        lambda x: np.add.reduce(x),
        lambda x: np.asarray(x),
        lambda x: np.add(x, 1, out=np.empty(2)),
        lambda x: x.tape.put(x, 3.0),
        lambda x: x.tape.put(x, x.tape.enter(np.ones(2))),
        lambda x: bool(x),
    ],
)
def test_what_notes_cannot_tell_is_refused(work):
    with pytest.raises((NotRepeatable, AttributeError)):
        work(Tape().enter(np.ones(2)))


# --- bounds -------------------------------------------------------------------------------------

numbers = st.floats(-1e3, 1e3)


@given(x=numbers, y=numbers)
def test_no_value_is_larger_than_its_bound(x, y):
    for surface in SURFACES.values():
        try:
            bound = surface.f(AtMost(abs(x)), AtMost(abs(y))).size
        except TypeError:  # sines and roots
            continue
        assert abs(surface([x, y])) <= bound


def test_bounds_refuse_what_is_no_sum_or_product():
    for work in (np.sin, abs, lambda a: 1 / a, lambda a: a**3, lambda a: a > 0, lambda a: -a):
        with pytest.raises(TypeError):
            work(AtMost(1.0))
