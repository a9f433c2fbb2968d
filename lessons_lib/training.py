"""Train a model with many optimizers, rates and seeds at once, and compare them fairly.

>>> import numpy as np
>>> from lessons_lib.datasets import digits
>>> from lessons_lib.models import MLP
>>> from lessons_lib.optimizers import SGD, AdaGrad
>>> rules = {"SGD": SGD(lr=np.array([0.01, 0.1])), "AdaGrad": AdaGrad(lr=np.array([0.01, 0.1]))}
>>> run = train(MLP((64, 10)), digits().train, rules, seeds=[0, 1, 2], steps=20)
>>> run.losses.shape  # steps × optimizers × rates × seeds
(20, 2, 2, 3)
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .models import Model
from .optimizers import OPTIMIZERS, Optimizer
from .validation import POSITIVE, number, whole_number

Data = tuple[np.ndarray, ...] | Callable[[np.random.Generator, int], tuple[np.ndarray, ...]]


@dataclass(frozen=True, eq=False)
class Run:
    """What `train` did. O optimizers, R rates of each, S seeds.

    Attributes
    ----------
    optimizers : dict of name → Optimizer
        In the order of the axis O.
    losses : array of shape (steps, O, R, S)
        The loss of each step's batch, before the step; from where a run diverged on, inf.
    theta : array of shape (O, R, S, P)
        The parameters after the last step; NaN in a run that diverged.
    watched : array of shape (1 + steps // every, O, ...), or None
        What ``watch`` gave, before the first step and after each `every` steps.
    """

    optimizers: dict[str, Optimizer]
    losses: np.ndarray
    theta: np.ndarray
    watched: np.ndarray | None = None

    @property
    def final(self) -> np.ndarray:
        """Mean loss of the last tenth of the batches, shape (O, R, S); inf where it diverged."""
        return self.losses[-max(len(self.losses) // 10, 1) :].mean(axis=0)


def train(
    model: Model,
    data: Data,
    optimizers: Mapping[str, Optimizer] | Sequence[str],
    seeds: Any,
    steps: int,
    batch: int | None = 32,
    watch: Callable[[np.ndarray], np.ndarray] | None = None,
    every: int = 1,
) -> Run:
    """Train every optimizer at each of its rates from every seed, all together.

    Every optimizer and rate begins with the same parameters and sees the same batches in the same
    order as the others with that seed. A run's numbers depend on itself alone, not on its company.

    Parameters
    ----------
    model : Model
    data : tuple of arrays with the same first axis, or callable
        The examples. Each seed goes through them in its own random order, again and again.
        A callable ``data(rng, batch)`` draws the arrays of one batch.
    optimizers : dict of name → Optimizer, or list of names in `OPTIMIZERS`
        Each ``lr`` is a number, or an array of shape (R,) with the same R for all.
    seeds : int array of shape (S,)
        One seed decides the initial parameters and the order of the examples.
    steps : int ≥ 1
    batch : int ≥ 1 or None, default 32
        Examples in a batch; None for all of them, every time.
    watch : callable, optional
        ``watch(theta)`` → array, to be collected on the way; it is called for each optimizer, with
        theta of the shape (R, S, P).
    every : int, default 1
        After how many steps `watch` is called.

    Returns
    -------
    Run
        A run that diverges has the loss inf; it is an answer, not an error.

    Raises
    ------
    ValueError
        For data that the model refuses, or an argument out of range; the message says which.
    """
    steps, every = whole_number("steps", steps, 1), whole_number("every", every, 1)
    seeds = np.atleast_1d(np.asarray(seeds))
    optimizers = _rules(optimizers)
    lr = {name: np.atleast_1d(opt.lr) for name, opt in optimizers.items()}
    R = max(map(len, lr.values()))
    if wrong := [name for name, rates in lr.items() if rates.shape not in ((1,), (R,))]:
        raise ValueError(
            f"optimizers: each lr must be a number or an array of the same length, here {R}; "
            f"that of {wrong[0]} has shape {lr[wrong[0]].shape}"
        )
    rules = [
        dataclasses.replace(opt, lr=np.broadcast_to(lr[name], (R,))[:, None]).for_run(steps)
        for name, opt in optimizers.items()
    ]
    first = np.broadcast_to(model.init(seeds), (R, len(seeds), model.size))
    if not callable(data):
        data = _arrays(data)
        model.check(data)
    if batch is not None:
        batch = whole_number("batch", batch, least=1)

    def one(rule: Optimizer) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """All runs of one optimizer: few enough for their arrays to stay in the cache."""
        theta, state, losses = first.copy(), rule.init(first), np.empty((steps, *first.shape[:-1]))
        watched = [] if watch is None else [watch(theta)]
        with np.errstate(all="ignore"):  # a run that diverges is an answer, not an accident
            for t, examples in enumerate(_batches(data, seeds, steps, batch)):
                losses[t], grad = model.loss_and_grad(theta, examples)
                theta, state = rule.step(theta, grad, state)
                if watch is not None and (t + 1) % every == 0:
                    watched.append(watch(theta))
        return theta, losses, watched

    # Once a block of this size has been freed, the C library (glibc) keeps freed memory for the
    # next step instead of handing it back to the system every time: that halves the time.
    np.empty(4_000_000)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # NumPy computes outside of Python's lock
        theta, losses, watched = zip(*pool.map(one, rules), strict=True)
    theta, losses = np.array(theta), np.stack(losses, axis=1)
    lost = np.logical_or.accumulate(~np.isfinite(losses), axis=0)
    lost[-1] |= ~np.isfinite(theta).all(axis=-1)
    losses[lost] = np.inf
    theta[lost[-1]] = np.nan
    return Run(optimizers, losses, theta, None if watch is None else np.stack(watched, axis=1))


def _rules(optimizers: Mapping[str, Optimizer] | Sequence[str]) -> dict[str, Optimizer]:
    """Check the optimizers; look up those given by name."""
    if not isinstance(optimizers, Mapping):
        found = [OPTIMIZERS[name.lower() if isinstance(name, str) else name] for name in optimizers]
        optimizers = {cls.__name__: cls() for cls in found}
    if not optimizers:
        raise ValueError("optimizers must name at least one; got none")
    for name, opt in optimizers.items():
        if not isinstance(opt, Optimizer):
            raise ValueError(
                f"optimizers must be a dict of name → optimizer, such as AdaGrad(lr=0.1); "
                f"{name!r} is {opt!r}"
            )
    return dict(optimizers)


def _batches(
    data: Data, seeds: np.ndarray, steps: int, batch: int | None
) -> Iterator[tuple[np.ndarray, ...]]:
    """The batches of each step, with the seeds as leading axis."""
    # The second number keeps these streams apart from those of the initial parameters.
    streams = [np.random.default_rng((int(seed), 1)) for seed in seeds]
    if callable(data):
        for _ in range(steps):
            each = [data(rng, batch) for rng in streams]
            yield tuple(np.stack(arrays) for arrays in zip(*each, strict=True))
        return
    if batch is None:
        for _ in range(steps):
            yield data
        return
    n = len(data[0])
    rounds = -(-steps * batch // n)
    orders = [np.concatenate([rng.permutation(n) for _ in range(rounds)]) for rng in streams]
    for t in range(steps):
        rows = np.array([order[t * batch : (t + 1) * batch] for order in orders])
        yield tuple(array[rows] for array in data)


def _arrays(data: Any) -> tuple[np.ndarray, ...]:
    """The arrays of the examples, if that is what they are."""
    wanted = "data must be a tuple of arrays with the same first axis, such as digits().train"
    if not isinstance(data, tuple):
        raise ValueError(f"{wanted}; got {type(data).__name__}")
    try:
        arrays = tuple(map(np.asarray, data))
    except ValueError:  # of different lengths inside, such as both parts of a Split
        raise ValueError(f"{wanted}; got rows of different lengths") from None
    if len({len(a) if a.ndim else None for a in arrays}) != 1 or not arrays[0].ndim:
        raise ValueError(f"{wanted}; got shapes {', '.join(str(a.shape) for a in arrays)}")
    return arrays


def random_rates(count: int, low: float = 1e-4, high: float = 10.0, seed: int = 0) -> np.ndarray:
    """Rates for a random search: log-uniform, one from each of `count` equal parts of the range.

    Rounded to two digits, so that they are the same on every machine.

    >>> random_rates(4, 0.001, 10).tolist()
    [0.0043, 0.019, 0.11, 1.0]
    """
    low, high = number("low", low, POSITIVE), number("high", high, POSITIVE)
    if high <= low:
        raise ValueError(f"high must be greater than low, {low}; got {high}")
    count = whole_number("count", count, least=1)
    place = (np.arange(count) + np.random.default_rng(seed).random(count)) / count
    return np.array([float(f"{rate:.1e}") for rate in low * (high / low) ** place])


@dataclass(frozen=True, eq=False)
class Search:
    """What `random_search` found.

    Attributes
    ----------
    rates : array of shape (R,)
        The rates that were tried, from low to high; the same for every optimizer.
    scores : array of shape (O, R)
        The median score over the tuning seeds, less being better; inf where most diverged.
    best : dict of name → Optimizer
        Each optimizer with the rate of its lowest score.
    tuning : Run
        All rates, from the tuning seeds.
    run : Run
        The judgement: each optimizer at its best rate (R = 1), from seeds not used before.
    """

    rates: np.ndarray
    scores: np.ndarray
    best: dict[str, Optimizer]
    tuning: Run
    run: Run


def random_search(
    model: Model,
    data: Data,
    optimizers: Mapping[str, Optimizer] | Sequence[str],
    steps: int,
    batch: int | None = 32,
    rates: np.ndarray | None = None,
    tuning_seeds: Sequence[int] = range(100, 103),
    seeds: Sequence[int] = range(5),
    score: Callable[[Run], np.ndarray] = lambda run: run.final,
    **watching: Any,
) -> Search:
    """A fair comparison: the same random rates for every optimizer, judged on other seeds.

    Each optimizer gets as many rates, seeds and steps as any other, so as many gradients too. The
    rate with the lowest median score over the tuning seeds is then run from fresh seeds.

    Parameters
    ----------
    model, data, optimizers, steps, batch
        As for `train`; the optimizers' own rates are not used.
    rates : array of shape (R,), default `random_rates(12)`
    tuning_seeds : sequence of int, default 100, 101, 102
        What the rates are chosen on.
    seeds : sequence of int, default 0 … 4
        What the tuned optimizers are judged on: others than those for tuning.
    score : callable, default the final training loss
        ``score(run)`` → array of shape (O, R, S), less being better; (O, R, 1) if it has taken the
        seeds together itself.
    **watching
        ``watch`` and ``every`` for the run that is judged.

    Returns
    -------
    Search

    Raises
    ------
    ValueError
        As `train`, and if a seed is used both for tuning and for judging.
    """
    if shared := set(map(int, tuning_seeds)) & set(map(int, seeds)):
        raise ValueError(f"seeds must not be among tuning_seeds; {min(shared)} is in both")
    rates = random_rates(12) if rates is None else np.asarray(rates, dtype=float)
    rules = {n: dataclasses.replace(opt, lr=rates) for n, opt in _rules(optimizers).items()}
    tuning = train(model, data, rules, tuning_seeds, steps, batch)
    scores = np.median(score(tuning), axis=-1)
    scores = np.where(np.isnan(scores), np.inf, scores)
    best = {
        name: dataclasses.replace(rule, lr=float(rates[row.argmin()]))
        for (name, rule), row in zip(rules.items(), scores, strict=True)
    }
    run = train(model, data, best, seeds, steps, batch, **watching)
    return Search(rates, scores, best, tuning, run)
