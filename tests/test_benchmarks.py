"""The benchmarks run, on sizes that take no time: nobody runs them often enough to notice."""

from __future__ import annotations

import doctest
import importlib.util

import numpy as np
import pytest

import chart  # benchmarks/chart.py
import engine
import measuring
import race
import run
import vectors
from measuring import Contest, Row, alternately

CONTESTS = engine.contests(n=20, steps=21, many=30, side=4) + vectors.contests(10_000, 1000, 16)


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


def test_frames_against_to_jshtml():
    rows = race.animation(steps=3, rounds=1)
    assert all(row.figures[0] > 0 for row in rows)
    assert race.message().median > 0


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
        Row(work="h", bar=1, figures=(0.5,), unit=" s", least=False),
    ]
    monkeypatch.setattr(run, "PARTS", {"peers": lambda: iter(rows)})
    assert run.main(["--chart", str(tmp_path / "chart.png")]) == 1, "a bar is missed"
    printed = capsys.readouterr().out
    assert "BELOW THE BAR" in printed and "not measured" in printed and "numpy" in printed
    assert (tmp_path / "chart.png").stat().st_size > 5000
    labels = [text.get_text() for text in chart.draw(rows, "").axes[0].get_yticklabels()]
    assert labels == ["d\nagainst e", "a\nagainst b"]
    with pytest.raises(SystemExit):
        run.main(["nothing"])


def test_examples_of_the_docstrings():
    assert doctest.testmod(measuring).failed == 0
