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
from measuring import Row, machine

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


PARTS = {"peers": peers_rows, "race": race.rows, "lessons": lessons.rows}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default all")
    parser.add_argument("--chart", type=Path, help="also draw the ratios into this file")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    print(machine(), end="\n\n")
    print(line(HEADINGS))
    rows = []
    for part in chosen.parts or PARTS:
        for row in PARTS[part]():
            rows.append(row)
            print(line(row.cells()), flush=True)
    if chosen.chart:
        chart.draw(rows, machine()).savefig(chosen.chart, dpi=120)
    return 0 if all(row.reaches(row.bar) for row in rows if row.figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
