"""What a row of the table is, and how it is measured: in turns, in one process."""

from __future__ import annotations

import importlib
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PEERS = ("numpy", "torch", "optax", "jax", "numba", "matplotlib", "ipywidgets", "jupyterlab")


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
    failed : bool, default False
        Whether the work itself went wrong: its time would say nothing.
    """

    work: str
    against: str = ""
    bar: float | None = None
    stretch: float | None = None
    figures: tuple[float, ...] = ()
    unit: str = "×"
    least: bool = True
    note: str = ""
    failed: bool = False

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
        if self.failed:
            return "FAILED"
        if not self.figures:
            return "not measured"
        if not self.reaches(self.bar):
            return "BELOW THE BAR" if self.least else "OVER THE BAR"
        if self.bar is None:
            return ""
        return "stretch" if self.stretch is not None and self.reaches(self.stretch) else "bar"

    @property
    def misses(self) -> bool:
        """Whether it was measured, and is not as good as its bar."""
        return bool(self.figures) and not self.reaches(self.bar)

    def cells(self) -> tuple[str, ...]:
        """The row's texts: work, against, bar, stretch, median, quartiles, verdict, note."""
        aims = ("" if aim is None else digits(aim) + self.unit for aim in (self.bar, self.stretch))
        middle, spread = "–", ""
        if self.figures:
            middle = digits(self.median) + self.unit
        if len(self.figures) > 1:
            spread = " to ".join(map(digits, self.spread))
        return (self.work, self.against, *aims, middle, spread, self.verdict, self.note)


def asked(row: Row | Contest) -> dict[str, Any]:
    """What is known of a row before it is measured."""
    names = ("work", "against", "bar", "stretch", "unit", "least")
    return {name: getattr(row, name) for name in names}


def summary(rows: list[Row]) -> str:
    """Which rows are not as good as their bars, in a sentence.

    >>> summary([Row(work="a", bar=2, figures=(3,)), Row(work="b", against="c", bar=50)])
    'Of 1 row with a bar, 1 reaches it. Not measured: b against c.'
    >>> rows = [Row(work="d", bar=8, figures=(9,), unit=" ms", least=False, against="e")]
    >>> summary([*rows, Row(work="f", bar=2, figures=(3,)), Row(work="g", failed=True)])
    'Of 2 rows with a bar, 1 reaches it. Not as good as the bar: d against e (9 ms, bar 8 ms). \
Failed: g.'
    """

    def named(row: Row) -> str:
        return f"{row.work} against {row.against}" if row.against else row.work

    barred = [row for row in rows if row.figures and row.bar is not None]
    reached = sum(not row.misses for row in barred)
    total = f"{len(barred)} row{'s' if len(barred) != 1 else ''} with a bar"
    reach = f"Of {total}, {reached or 'none'} reach{'es' if reached < 2 else ''} it"
    parts = [reach]
    if reached < len(barred):
        missed = (
            f"{named(row)} ({digits(row.median)}{row.unit}, bar {digits(row.bar)}{row.unit})"
            for row in barred
            if row.misses
        )
        parts.append("Not as good as the bar: " + "; ".join(missed))
    if failed := [named(row) for row in rows if row.failed]:
        parts.append("Failed: " + "; ".join(failed))
    if absent := [named(row) for row in rows if not row.figures and not row.failed]:
        parts.append("Not measured: " + "; ".join(absent))
    return ". ".join(parts) + "."


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

    @property
    def row(self) -> Row:
        """The row, not yet measured."""
        return Row(**asked(self))

    def run(self, rounds: int | None = None) -> Row:
        """Measure: after one round for the caches, ours and theirs in turns."""
        try:
            theirs = self.theirs()
        except ImportError as error:
            return replace(self.row, note=f"{error.name or error} is not installed")
        figure = self.figure or (lambda ours, theirs: theirs / self.part / ours)
        own, other = alternately(self.ours, theirs, rounds=rounds or self.rounds)
        figures = tuple(figure(a, b) for a, b in zip(own, other, strict=True))
        times = f"{seconds(statistics.median(own))}, theirs {seconds(statistics.median(other))}"
        if self.part != 1:
            times += f" for 1/{1 / self.part:.0f} of it"
        return replace(self.row, figures=figures, note="; ".join(filter(None, [times, self.note])))


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


def machine(*others: str) -> str:
    """The machine and the versions that a measurement depends on; `others` are not packages."""
    names = [f"Python {platform.python_version()}"]
    for name in PEERS:
        try:
            names.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            names.append(f"no {name}")
    system = f"{platform.system()} {platform.machine()}, {processor()}"
    return f"{system}\n{', '.join([*names, *others])}\nthreads: {', '.join(threads())}"


def threads() -> list[str]:
    """On how many threads each may compute, as it is set before anything is measured."""
    (pools,) = need("threadpoolctl")
    blas = [pool["num_threads"] for pool in pools.threadpool_info() if pool["user_api"] == "blas"]
    found = ["NumPy 1"]
    if blas:
        found[0] += f" (BLAS {max(blas)})"
    if find_spec("torch"):
        (torch,) = need("torch")
        found.append(f"torch {torch.get_num_threads()} (1 for vectors and tables)")
    if find_spec("jax"):  # it takes what there is, and tells nobody
        limited = hasattr(os, "sched_getaffinity")
        found.append(f"JAX all {len(os.sched_getaffinity(0)) if limited else os.cpu_count()}")
    if find_spec("numba"):
        found.append("numba 1 (a plain loop)")
    return found


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
