"""Learning rates that change during a run: each schedule is a factor that multiplies η.

A schedule is a function of the step t = 1 … T and of the length T of the run:

>>> [round(cosine(t, 5), 2) for t in range(1, 6)]
[1.0, 0.9, 0.65, 0.35, 0.1]

`Scheduled` gives one to any optimizer:

>>> from lessons_lib import SURFACES, AdaGrad, descend
>>> opt = Scheduled(rule=AdaGrad(), schedule=cosine, lr=0.5)
>>> bool(descend(SURFACES["valley"], opt, start=(-1.6, 1.2), steps=100).loss[-1] < 1e-6)
True
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .optimizers import Optimizer, Scalar, hyper
from .validation import whole_number

Schedule = Callable[[int, int], float]


def constant(t: int, T: int) -> float:
    """1: η stays what it is."""
    return 1.0


def linear(t: int, T: int) -> float:
    """A straight line from 1 in the first step towards 0 after the last, as in `SGDLinear`."""
    return 1 - (t - 1) / T


def inverse_root(t: int, T: int) -> float:
    """1/√t, the classical choice; it need not know T."""
    return 1 / math.sqrt(t)


def step_decay(t: int, T: int) -> float:
    """1, then 1/10 after half of the run, and 1/100 after three quarters of it."""
    return 0.1 ** (int(t > T / 2) + int(t > 3 * T / 4))


def cosine(t: int, T: int) -> float:
    """Half a wave of the cosine, from 1 down to 0: ½(1 + cos(π(t − 1)/T)).

    Loshchilov & Hutter, ICLR 2017, arXiv:1608.03983, with one period and η_min = 0.
    """
    return 0.5 * (1 + math.cos(math.pi * (t - 1) / T))


def warm_restarts(t: int, T: int) -> float:
    """Three cosines, each twice as long as the one before: SGDR of Loshchilov & Hutter.

    They take 1/7, 2/7 and 4/7 of the run, rounded to whole steps.
    """
    ends = [round(T / 7), round(3 * T / 7), T]
    start = max([0, *(end for end in ends if end < t)])
    end = min(end for end in ends if end >= t)
    return cosine(t - start, end - start)


def warm_up(t: int, T: int) -> float:
    """Rises along a straight line in the first tenth of the run, then stays 1."""
    return min(1.0, t / max(1.0, T / 10))


@dataclass(frozen=True, kw_only=True)
class Scheduled(Optimizer, listed=False):
    """Any rule, with the rate η · schedule(t, T) in step t of T.

    Parameters
    ----------
    rule : Optimizer
        Its own `lr` is ignored.
    schedule : callable
        ``schedule(t, T)`` → factor; t counts from 1.
    lr : float, default 0.01
        η.
    steps : int, optional
        T, the length of the run; `descend` fills it in.
    """

    rule: Optimizer
    schedule: Schedule
    lr: Scalar = hyper(0.01)
    steps: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.rule, Optimizer):
            raise ValueError(f"Scheduled: rule must be an optimizer; got {self.rule!r}")
        if not callable(self.schedule):
            raise ValueError(
                f"Scheduled: schedule must be a function of t and T; got {self.schedule!r}"
            )
        if self.steps is not None:
            whole_number("Scheduled: steps", self.steps, least=1)

    @property
    def slots(self):
        return self.rule.slots

    def first_state(self, x):
        return self.rule.first_state(x)

    def spread(self, over):
        wide = copy.copy(self)
        object.__setattr__(wide, "rule", self.rule.spread(over))
        if isinstance(self.lr, np.ndarray):
            object.__setattr__(wide, "lr", over(self.lr))
        return wide

    def for_run(self, steps):
        if self.steps:
            return self
        rule = self.rule.for_run(steps)
        return dataclasses.replace(self, rule=rule, steps=max(steps, 1))

    def _with(self, factor: Scalar) -> Optimizer:
        rule = copy.copy(self.rule)
        object.__setattr__(rule, "lr", self.lr * factor)
        return rule

    def _factor(self, t: int) -> float:
        if self.steps is None:
            raise ValueError("Scheduled: steps must be the length of the run; got None")
        return self.schedule(t, self.steps)

    def advance(self, x, g, state):
        return self._with(self._factor(state["t"] + 1)).advance(x, g, state)

    def rates(self, t, before, after):
        factors = [self._factor(int(i)) for i in np.ravel(t)]
        return self._with(np.reshape(factors, np.shape(t))).rates(t, before, after)
