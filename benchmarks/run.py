"""Speed and memory: ``make bench``.

Each row says what is compared, the bar, what would be better still, and the median of what was
measured here with its quartiles. Ratios carry over from machine to machine; the times beside them
do not. A bar that is missed is printed as missed, a peer that is not there as not there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import chart
import engine
import lessons
import race
import vectors
from measuring import Row, machine, summary

HEADINGS = (
    "work",
    "against",
    "bar",
    "stretch",
    "median",
    "middle half",
    "reached",
    "times, or why not",
)
WIDTHS = (58, 40, 8, 8, 9, 16, 13, 0)


def peers_rows() -> Iterator[Row]:
    for contest in engine.contests() + vectors.contests():
        yield contest.run()


def line(cells: tuple[str, ...]) -> str:
    """The cells of a row, in columns."""
    return " ".join(f"{cell:{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def planned() -> list[Row]:
    """The rows of the README's chart, not yet measured: how long lessons run is not shown there."""
    contests = engine.contests() + vectors.contests()
    return [*(contest.row for contest in contests), *race.plan().values()]


PARTS = {"peers": peers_rows, "race": race.rows, "lessons": lessons.rows}


CHARTED = ("peers", "race")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default all")
    parser.add_argument("--chart", type=Path, help="also draw the ratios into this file")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    parts = chosen.parts or list(PARTS)
    if chosen.chart and not set(CHARTED) <= set(parts):
        parser.error(f"the chart shows {' and '.join(CHARTED)}: measure both")
    where = machine(race.browser_name())
    print(where, end="\n\n")
    print(line(HEADINGS))
    rows, shown = [], []
    for part in parts:
        for row in PARTS[part]():
            rows.append(row)
            shown += [row] * (part in CHARTED)
            print(line(row.cells()), flush=True)
    print(f"\n{summary(rows)}")
    if chosen.chart:
        chart.save(shown, where, summary(rows), chosen.chart)
    return 1 if any(row.misses or row.failed for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
