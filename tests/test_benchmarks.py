"""The benchmarks run, on sizes that take no time: nobody runs them often enough to notice."""

from __future__ import annotations

import doctest
import importlib.util
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

import chart  # benchmarks/chart.py
import engine
import lessons
import measuring
import notebooks  # tools/notebooks.py
import race
import run
import vectors
from measuring import Contest, Row, alternately

ROOT = Path(__file__).resolve().parent.parent
CONTESTS = engine.contests(n=20, steps=21, many=30, side=4) + vectors.contests(10_000, 1000, 16)


def read(path):
    """The texts that are kept in a picture."""
    with Image.open(path) as picture:
        return picture.text


def there(*names: str) -> bool:
    return all(importlib.util.find_spec(name) for name in names)


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda c: f"{c.work}, {c.against}")
def test_contests(contest):
    """Each peer does the same work, or is said not to be installed."""
    row = contest.run(rounds=1)
    words = row.against
    needed = {"torch": ["torch"], "optax": ["jax", "optax"], "numba": ["numba"]}
    names = next((names for word, names in needed.items() if word in words), [])
    if there(*names):
        assert len(row.figures) == 1 and row.figures[0] > 0
    else:
        assert row.verdict == "not measured" and row.note.endswith("is not installed")
    assert run.line(row.cells()).startswith(row.work)


def test_what_a_race_costs_keeps_its_bars_on_any_machine():
    """Against `to_jshtml`, and in bytes; how quick a screen is, no test can promise."""
    made, size = race.animation(rounds=1)
    for row in (made, size, race.message()):
        assert row.bar and not row.misses, row


def test_a_peer_that_does_other_work_is_refused():
    with pytest.raises(AssertionError, match="sgd"):
        engine.same(lambda name, starts, steps: np.zeros((steps + 1, *starts.shape)))


def test_a_peer_that_is_not_there_is_said_to_be_missing():
    def theirs():
        raise ModuleNotFoundError("no such thing", name="rocket")

    row = Contest(work="flying", against="rocket", bar=2, ours=int, theirs=theirs).run()
    assert (row.verdict, row.note, row.cells()[4]) == (
        "not measured",
        "rocket is not installed",
        "–",
    )


@pytest.mark.parametrize(
    ("figures", "settings", "verdict"),
    [
        ((3.0, 9.0, 2.0), dict(bar=2, stretch=4), "bar"),
        ((5.0,), dict(bar=2, stretch=4), "stretch"),
        ((1.9, 1.9, 100.0), dict(bar=2, stretch=4), "BELOW THE BAR"),
        ((1.2,), dict(bar=1.5, stretch=1.1, least=False), "bar"),
        ((1.6,), dict(bar=1.5, stretch=1.1, least=False), "OVER THE BAR"),
        ((0.1,), dict(), ""),
        ((), dict(bar=2), "not measured"),
        ((), dict(bar=2, failed=True), "FAILED"),
    ],
)
def test_verdicts(figures, settings, verdict):
    assert Row(work="x", figures=figures, **settings).verdict == verdict


def test_calls_alternate():
    order = []
    times = alternately(lambda: order.append("a"), lambda: order.append("b"), rounds=2)
    assert order == list("ababab") and [len(t) for t in times] == [2, 2]


def test_table_and_chart(monkeypatch, tmp_path, capsys):
    rows = [
        Row(work="a", against="b", bar=2, stretch=4, figures=(3.0, 5.0, 9.0), note="c"),
        Row(work="d", against="e", bar=2, figures=(1.0,)),
        Row(work="f", against="g", note="not there"),
    ]
    others = [
        Row(work="h", bar=1, figures=(1.5,), unit=" s", least=False),
        Row(work="i", against="j", bar=40, stretch=60, figures=(50.0,), unit=" %"),
        Row(work="k", figures=(7.0,), unit=" ms", least=False),
    ]
    lesson = [Row(work="l", bar=1, figures=(2.0,))]
    parts = {"peers": rows, "race": others, "lessons": lesson}
    parts = {name: lambda rows=rows: iter(rows) for name, rows in parts.items()}
    monkeypatch.setattr(run, "PARTS", parts)
    monkeypatch.setattr(race, "browser_name", lambda: "Browser 1")
    path = tmp_path / "chart.png"
    assert run.main(["--chart", str(path)]) == 1, "a bar is missed"
    printed = capsys.readouterr().out
    assert "BELOW THE BAR" in printed and "not measured" in printed and "numpy" in printed
    assert "Browser 1" in printed and "NumPy 1" in printed, "browser and threads are named"
    last = printed.splitlines()[-1]
    assert last == (
        "Of 5 rows with a bar, 3 reach it. Not as good as the bar: d against e (1×, bar 2×); "
        "h (1.5 s, bar 1 s). Not measured: f against g."
    )
    kept = read(path)
    assert kept["Rows"].splitlines() == [
        "a | b | 2× | 4×",
        "d | e | 2× |",
        "h |  | 1 s |",
        "i | j | 40 % | 60 %",
    ]
    assert kept["Description"] == last and "numpy" in kept["Comment"]
    panels = chart.draw(rows + others, "").axes
    labels = [[text.get_text() for text in ax.get_yticklabels()] for ax in panels]
    assert labels == [["f\nagainst g", "d\nagainst e", "a\nagainst b"], ["i\nagainst j", "h"]]
    words = [[text.get_text() for text in ax.texts] for ax in panels]
    assert words == [
        ["not measured", "1×, below its bar of 2×", "5×"],
        ["50 % (at least 40 %)", "1.5 s (at most 1 s), misses its bar"],
    ]
    with pytest.raises(SystemExit):
        run.main(["nothing"])
    with pytest.raises(SystemExit):
        run.main(["peers", "--chart", str(path)])


def test_a_notebook_that_fails_has_no_figures(monkeypatch, tmp_path, capsys):
    path = tmp_path / "wrong.ipynb"
    cells = [nbformat.v4.new_code_cell("1 / 0")]
    node = nbformat.v4.new_notebook(cells=cells, metadata=notebooks.METADATA)
    nbformat.write(node, path)
    (row,) = lessons.notebook(path, base=0.0)
    assert row.figures == () and row.verdict == "FAILED" and "ZeroDivisionError" in row.note
    monkeypatch.setattr(run, "PARTS", {"lessons": lambda: iter([row])})
    monkeypatch.setattr(race, "browser_name", lambda: "no browser")
    assert run.main([]) == 1
    assert "Failed: wrong: run all 1 cells." in capsys.readouterr().out


def test_a_missing_browser_is_said_to_be_missing_and_a_mistake_is_not_hidden(monkeypatch):
    def nothing():
        raise ImportError("none", name="Chromium or Chrome")

    monkeypatch.setattr(race, "opened", nothing)
    names = [key for key in race.plan() if key in race.IN_BROWSER]
    for key, row in zip(names, race.rows(), strict=False):
        assert (
            row.work == race.plan()[key].work and row.note == "Chromium or Chrome is not installed"
        )

    def mistake():
        raise ZeroDivisionError

    monkeypatch.setattr(race, "opened", mistake)
    with pytest.raises(ZeroDivisionError):
        next(race.rows())


def test_what_is_planned_is_what_is_measured():
    """The rows of the chart are known before they are measured."""
    for contest in CONTESTS:
        assert measuring.asked(contest) == measuring.asked(contest.row)
    measured = [*race.animation(steps=3, rounds=1), race.message(), *race.simple(rounds=1)]
    planned = [row for key, row in race.plan(3).items() if key not in race.IN_BROWSER]
    assert [measuring.asked(row) for row in measured] == [measuring.asked(row) for row in planned]


def test_the_chart_in_the_readme_is_of_these_benchmarks():
    """Every row and bar of today, measured; and the text says what the chart's table said."""
    known = [replace(row, figures=(1.0,)) for row in run.planned()]
    kept = read(ROOT / "notebooks" / "images" / "benchmarks.png")
    again = "draw it anew with 'make bench CHART=1', on a machine with nothing else to do"
    assert kept.get("Rows", "").splitlines() == chart.names(known).splitlines(), again
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert kept["Description"] in readme, f"README.md lacks: {kept['Description']}"


def test_examples_of_the_docstrings():
    for module in (measuring, chart):
        found = doctest.testmod(module)
        assert found.attempted and not found.failed, module
