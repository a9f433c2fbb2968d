"""Exercises: the solutions that are shown pass, each wrong answer is recognised, nothing hurts."""

import ast
import itertools
import json
import math
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from lessons_lib.exercises import EXERCISES, Exercise, Mistake, check, checking, predict, reveal
from lessons_lib.exercises import predictions as memory
from lessons_lib.optimizers import AdaGrad

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
SOLUTION = re.compile(r"<summary>Solution</summary>\s*```python\n(.*?)```", re.DOTALL)


def exercises_shown():
    """(name of the exercise, name of the attempt, its cell, the solution's text) of each."""
    found = []
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell, below in itertools.pairwise(cells):
            solution = SOLUTION.search("".join(below["source"]))
            if cell["cell_type"] == "code" and solution:
                call = ast.parse("".join(cell["source"])).body[-1].value
                name, attempt = call.args[0].value, call.args[1].id
                found.append(pytest.param(name, attempt, cell, solution[1], id=name))
    return found


SHOWN = exercises_shown()
every_exercise_shown = pytest.mark.parametrize("name, attempt, cell, solution", SHOWN)
every_mistake = pytest.mark.parametrize(
    "name, number",
    [(name, i) for name, known in EXERCISES.items() for i in range(len(known.mistakes))],
)


def test_every_exercise_is_shown_once():
    assert sorted(p.id for p in SHOWN) == sorted(EXERCISES)


@every_exercise_shown
def test_the_solution_shown_is_right(name, attempt, cell, solution):
    names = {}
    exec(solution, names)
    began = time.perf_counter()
    assert check(name, names[attempt]).passed is True
    assert time.perf_counter() - began < 1


@every_exercise_shown
def test_the_untouched_cell_says_so(name, attempt, cell, solution):
    shown = "".join(text for o in cell["outputs"] for text in o["data"]["text/plain"])
    assert shown.startswith("○ Not attempted yet")
    for line in solution.splitlines():
        code = line.strip()
        if len(code) > 12 and not code.startswith(("def ", "import ", "from ", "class ", "#", '"')):
            assert code not in "".join(cell["source"]), "the answer stands in the exercise"


@every_mistake
def test_each_mistake_gets_its_own_hint(name, number):
    known = EXERCISES[name]
    mistake = known.mistakes[number]
    began = time.perf_counter()
    said = check(name, mistake.answer)
    assert time.perf_counter() - began < 1
    assert said.passed is False
    assert said.message.startswith(mistake.hint)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_knows_three_mistakes(name):
    hints = [m.hint for m in EXERCISES[name].mistakes]
    assert len(set(hints)) == len(hints) >= 3
    assert EXERCISES[name].look


# --- what an attempt can do ---------------------------------------------------------------------


@pytest.fixture
def halve(monkeypatch):
    """An exercise to go wrong on: halve(x)."""
    monkeypatch.setattr(checking, "SECONDS", 0.3)
    known = Exercise(
        "99.halve",
        solution=lambda x: x / 2,
        cases=[(np.array([1.0, 4.0]),), (np.array([0.0, -3.0]),)],
        mistakes=[Mistake(lambda x: x * 2, "You doubled.")],
        look="section 1",
    )
    monkeypatch.setitem(EXERCISES, "99.halve", known)
    return lambda attempt: check("99.halve", attempt)


def in_place(x):
    x /= 2
    return x


def endless(x):
    while True:
        pass


def stubborn(x):
    stop = time.monotonic() + 1.5  # outlives the limit, and swallows what is to end it
    while time.monotonic() < stop:
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            pass
    return x / 2


def deep(x):
    return deep(x)


@pytest.mark.parametrize(
    "attempt, passed, words",
    [
        (lambda x: x / 2, True, "Right"),
        (lambda x: (x / 2, ...), None, "Not attempted yet"),
        (lambda x: deep, False, "is deep; it should be made of numbers"),
        (lambda x: [0.5 * v for v in x], True, "Right"),
        (lambda x: x * 2, False, "You doubled.\nLook again at section 1"),
        (lambda x: x / 3, False, "different in 2 of its 2 numbers"),
        (lambda x: ..., None, "Not attempted yet"),
        (lambda x: x / ..., None, "Not attempted yet"),
        (..., None, "Not attempted yet"),
        (lambda x: None, False, "is None. Is there a `return`"),
        (lambda x: x / 0 * 0, False, "contains NaN"),
        (lambda x: x[0] / 2, False, "has shape (); expected (2,)"),
        (lambda x: (x / 2, x), False, "has 2 parts; asked for is one array"),
        (lambda x: True, False, "a yes or no; asked for is a number"),
        (lambda x: x / 2 + 1e-5, False, "right to three digits but not beyond"),
        (lambda x: math.sqrt(x), False, "np.sqrt takes arrays"),
        (lambda x: x * 2 if x[0] else undefined_name, False, "You doubled."),  # noqa: F821
        (lambda x: "half", False, "should be made of numbers"),
        (lambda x: object(), False, "should be made of numbers"),
        (in_place, False, "changed `x`"),
        (lambda x, y: x / 2, False, "TypeError"),
        (lambda x: undefined_name, False, "NameError"),  # noqa: F821
        (lambda x: 1 / int(x[0] - x[0]), False, "ZeroDivisionError"),
        (lambda x: exit(), False, "SystemExit"),
        (deep, False, "RecursionError"),
        (endless, False, "still running after"),
        (stubborn, False, "still running after"),
        (3.5, False, "wants the function itself"),
        (None, False, "wants the function itself"),
    ],
)
def test_feedback(halve, attempt, passed, words):
    said = halve(attempt)
    assert said.passed is passed
    assert words in said.message
    assert "array([0.5" not in said.message, "it gave the answer away"


def test_an_endless_attempt_leaves_no_thread_behind(halve):
    before = threading.active_count()
    halve(endless)
    assert threading.active_count() == before


def test_a_failed_attempt_names_its_line(halve):
    names = {}
    exec(compile("def attempt(x):\n    y = x\n    return y + z\n", "<cell>", "exec"), names)
    assert "in line 3 of its cell" in halve(names["attempt"]).message


def test_a_value_is_compared_in_words(monkeypatch):
    known = Exercise("99.v", solution=3.0, mistakes=[Mistake(4.0, "One too many.")])
    monkeypatch.setitem(EXERCISES, "99.v", known)
    assert check("99.v", 3).passed is True
    assert check("99.v", 4).message.startswith("One too many.")
    assert "too small" in check("99.v", 2).message
    assert "wrong sign" in check("99.v", -3.0).message
    assert "None" in check("99.v", None).message


def test_a_yes_or_no_is_not_too_small(monkeypatch):
    known = Exercise("99.can", solution=lambda opt: True, mistakes=[], cases=[(AdaGrad(),)])
    monkeypatch.setitem(EXERCISES, "99.can", known)
    said = check("99.can", lambda opt: False).message
    assert said == "Not yet: for opt = AdaGrad(…) your answer, False, is not right."


@pytest.mark.parametrize("both", [tuple, list, np.array])
def test_two_answers_may_come_in_any_sequence(monkeypatch, both):
    known = Exercise(
        "99.two",
        solution=lambda x: (x, 2 * x),
        cases=[(1.0,), (3.0,)],
        mistakes=[Mistake(lambda x: (2 * x, x), "The other way round.")],
    )
    monkeypatch.setitem(EXERCISES, "99.two", known)
    assert check("99.two", lambda x: both([x, 2 * x])).passed is True
    assert check("99.two", lambda x: both([2 * x, x])).message.startswith("The other way round.")
    assert "too small" in check("99.two", lambda x: both([x, 0.5])).message
    assert "is one thing; 2 are asked for" in check("99.two", lambda x: x).message


def test_unknown_exercise():
    with pytest.raises(ValueError, match=r"unknown exercise '01\.acumulator'.*'01\.accumulator'"):
        check("01.acumulator", 1)


def test_feedback_is_safe_to_show(halve):
    html = halve(lambda x: "<b>bold</b>")._repr_html_()
    assert "<b>bold</b>" not in html and "&lt;b&gt;" in html


# --- predictions --------------------------------------------------------------------------------


@pytest.fixture
def question(monkeypatch):
    monkeypatch.setattr(memory, "_guesses", {})
    return predict("99.q", "Which?", ["this", "that"])


def test_a_prediction_is_kept_and_compared(question, capsys):
    reveal("99.q", "this")
    radio = question.widget().children[1]
    assert radio.value is None
    radio.value = "that"
    assert question.widget().children[1].value == "that", "forgotten when the cell is run again"
    reveal("99.q", "that")
    reveal("99.q", "this")
    said = capsys.readouterr().out.splitlines()
    assert "had not chosen" in said[0]
    assert "what you predicted" in said[1]
    assert "You predicted: that" in said[2]


def test_a_prediction_can_be_read_without_a_kernel(question):
    data = question._repr_mimebundle_()
    assert {"text/html", "text/plain"} < set(data)
    assert "this" in data["text/plain"] and "that" in data["text/html"]


def test_bad_predictions(question):
    with pytest.raises(ValueError, match="one of the options"):
        reveal("99.q", "neither")
    with pytest.raises(ValueError, match="has not been asked"):
        reveal("99.never", "this")
    with pytest.raises(ValueError, match="two or more different"):
        predict("99.q", "Which?", ["same", "same"])
