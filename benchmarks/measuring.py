"""What a row of the table is, and how it is measured: in turns, in one process."""

from __future__ import annotations

import importlib
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PEERS = ("numpy", "torch", "optax", "jax", "numba", "matplotlib", "ipywidgets")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    work : str
        What is done.
    against : str
        What it is compared with; "" for a time or a size of its own.
    bar, stretch : float or None
        What is asked for, and what would be better still.
    figures : tuple of float
        One a round; the median counts. Empty if there was nothing to compare with.
    unit : str, default "×"
    least : bool, default True
        Whether figures should be at least the bar, or at most.
    note : str
        What else there is to say, such as why nothing was measured.
    """

    work: str
    against: str = ""
    bar: float | None = None
    stretch: float | None = None
    figures: tuple[float, ...] = ()
    unit: str = "×"
    least: bool = True
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles: a round in which the machine did something else does not count."""
        if len(self.figures) == 1:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.figures, n=4, method="inclusive")
        return low, high

    def reaches(self, aim: float | None) -> bool:
        """Whether the median is as good as an aim; True where there is none."""
        if aim is None:
            return True
        return self.median >= aim if self.least else self.median <= aim

    @property
    def verdict(self) -> str:
        if not self.figures:
            return "not measured"
        if not self.reaches(self.bar):
            return "BELOW THE BAR" if self.least else "OVER THE BAR"
        if self.bar is None:
            return ""
        return "stretch" if self.stretch is not None and self.reaches(self.stretch) else "bar"

    def cells(self) -> tuple[str, ...]:
        """The row's texts: work, against, bar, stretch, median, quartiles, verdict, note."""
        aims = ("" if aim is None else digits(aim) + self.unit for aim in (self.bar, self.stretch))
        middle, spread = "–", ""
        if self.figures:
            middle = digits(self.median) + self.unit
        if len(self.figures) > 1:
            spread = " to ".join(map(digits, self.spread))
        return (self.work, self.against, *aims, middle, spread, self.verdict, self.note)


def digits(number: float) -> str:
    """Two decimals for small numbers, none for large ones.

    >>> digits(0.51234), digits(1.5), digits(16.72), digits(12345.6)
    ('0.51', '1.5', '16.7', '12 346')
    """
    if abs(number) < 100:
        return f"{number:.{2 if abs(number) < 10 else 1}f}".rstrip("0").rstrip(".")
    return f"{number:,.0f}".replace(",", " ")


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Two ways to do the same work.

    Attributes
    ----------
    work, against, bar, stretch : as in `Row`
    ours : callable
        Does the work.
    theirs : callable
        Prepares the other way and returns a callable that does the work; it raises an
        ImportError if a package is missing, and an AssertionError if the two ways differ.
    part : float, default 1
        The share of the work that `theirs` does: a slow way is timed on less of the same.
    figure : callable, optional
        The figure of a round, from both times; by default how many times faster ours is.
    rounds : int, default 7
    unit, least, note : as in `Row`
    """

    work: str
    against: str
    bar: float | None = None
    stretch: float | None = None
    ours: Callable[[], Any]
    theirs: Callable[[], Callable[[], Any]]
    part: float = 1.0
    figure: Callable[[float, float], float] | None = None
    rounds: int = 7
    unit: str = "×"
    least: bool = True
    note: str = ""

    def run(self, rounds: int | None = None) -> Row:
        """Measure: after one round for the caches, ours and theirs in turns."""
        asked = dict(work=self.work, against=self.against, bar=self.bar, stretch=self.stretch)
        asked |= dict(unit=self.unit, least=self.least)
        try:
            theirs = self.theirs()
        except ImportError as error:
            return Row(**asked, note=f"{error.name or error} is not installed")
        figure = self.figure or (lambda ours, theirs: theirs / self.part / ours)
        own, other = alternately(self.ours, theirs, rounds=rounds or self.rounds)
        figures = tuple(figure(a, b) for a, b in zip(own, other, strict=True))
        times = f"{seconds(statistics.median(own))}, theirs {seconds(statistics.median(other))}"
        if self.part != 1:
            times += f" for 1/{1 / self.part:.0f} of it"
        return Row(**asked, figures=figures, note="; ".join(filter(None, [times, self.note])))


def alternately(*calls: Callable[[], Any], rounds: int) -> list[list[float]]:
    """Seconds of each call, taken in turns so that all meet the same machine."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(rounds + 1):
        for call, taken in zip(calls, times, strict=True):
            began = time.perf_counter()
            call()
            if turn:  # the first one filled the caches
                taken.append(time.perf_counter() - began)
    return times


def seconds(value: float) -> str:
    """A time in a unit that suits it.

    >>> seconds(0.0000123), seconds(0.0456), seconds(7.0)
    ('12.3 µs', '45.6 ms', '7 s')
    """
    size, unit = next(
        (pair for pair in ((1.0, "s"), (1e-3, "ms")) if value >= pair[0]), (1e-6, "µs")
    )
    return f"{digits(value / size)} {unit}"


def machine() -> str:
    """The machine and the versions that a measurement depends on."""
    names = [f"Python {platform.python_version()}"]
    for name in PEERS:
        try:
            names.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            names.append(f"no {name}")
    return f"{platform.system()} {platform.machine()}, {processor()}\n{', '.join(names)}"


def processor() -> str:
    """The processor's name, as far as the system tells, and how many there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "processor unknown"
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} × {models[0]}" if models else "processor unknown"


def need(*names: str) -> list[Any]:
    """Import modules that not everyone has; the ImportError names what is missing."""
    return [importlib.import_module(name) for name in names]
