"""Compare an attempt with the solution, and with the wrong answers that learners give."""

from __future__ import annotations

import copy
import html
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..descent import Path
from ..optimizers import Optimizer
from ..validation import Registry
from .running import Outcome, run

SECONDS = 3.0
"""How long an attempt may take, over all its cases."""

EXERCISES: Registry = Registry("exercise")


class Mistake(NamedTuple):
    """A wrong answer that learners give, of the solution's kind, and what to say to it."""

    answer: Any
    hint: str


@dataclass(frozen=True, eq=False)
class Exercise:
    """What `check` knows of one exercise.

    Attributes
    ----------
    name : str
        "NN.name", NN being the lesson.
    solution : function, class, or value
        The right answer.
    mistakes : sequence of Mistake
    cases : sequence of argument tuples
        What functions are called with; empty for a value.
    look : str
        Where the learner finds help.
    using : callable, optional
        ``using(attempt, *case)`` replaces ``attempt(*case)``: for classes, and for properties.
    rtol : float
        Relative tolerance.
    """

    name: str
    solution: Any
    mistakes: Sequence[Mistake]
    cases: Sequence[tuple] = ()
    look: str = ""
    using: Callable[..., Any] | None = None
    rtol: float = 1e-6

    @property
    def wants_yes_or_no(self) -> bool:
        """Whether the right answer is True or False, or made of such."""
        first = self.outcomes(self.solution, 1)[0]
        return all(map(_is_yes_or_no, first if isinstance(first, tuple) else [first]))

    def outcomes(self, attempt: Any, first: int | None = None) -> list[Any]:
        """The answer to each case, or to the first few; for a value, the value itself."""
        if not self.cases:
            return [attempt]
        call = self.using or (lambda f, *args: f(*args))
        return [call(attempt, *copy.deepcopy(case)) for case in self.cases[:first]]


@dataclass(frozen=True)
class Feedback:
    """What `check` says. `passed` is True, False, or None for an untouched cell."""

    passed: bool | None
    message: str

    def __repr__(self) -> str:
        return f"{self._mark()} {self.message}"

    def _mark(self) -> str:
        return {True: "✓", False: "✗", None: "○"}[self.passed]

    def _repr_html_(self) -> str:
        colour = {True: "#009e73", False: "#d55e00", None: "#8a8a8a"}[self.passed]
        text = html.escape(self.message).replace("\n", "<br>")
        return (
            f'<div role="status" style="border-left: 5px solid {colour}; padding: 0.4em 0.9em">'
            f"<b>{self._mark()}</b> {text}</div>"
        )


def exercise(name: str, **attributes: Any) -> None:
    """Enter an exercise in `EXERCISES`; the keywords are `Exercise`'s attributes."""
    EXERCISES[name] = Exercise(name, **attributes)


def check(name: str, attempt: Any) -> Feedback:
    """Say whether an attempt at an exercise is right and, if not, what went wrong.

    Parameters
    ----------
    name : str
        Such as "03.adagrad_step".
    attempt : function, class, or value
        For a function, the function itself: not the result of calling it.

    Returns
    -------
    Feedback
        Shown by the notebook when it is the last line of a cell.

    Raises
    ------
    ValueError
        If there is no exercise of that name; the message lists those there are.
    """
    known = EXERCISES[name]
    right = [_parts(r) for r in known.outcomes(known.solution)]
    if _untouched_in(attempt):
        return _untouched()
    if known.cases:
        return _check_function(known, attempt, right)
    return _judge(known, [attempt], right, [()])


def _untouched() -> Feedback:
    return Feedback(None, "Not attempted yet: replace the dots, then run the cell again.")


def _check_function(known: Exercise, attempt: Any, right: list) -> Feedback:
    kind = "class" if inspect.isclass(known.solution) else "function"
    if not callable(attempt):
        return _wrong(
            f"This exercise wants the {kind} itself, but it got {_show(attempt)}. "
            f'Write check("{known.name}", name_of_your_{kind}), without calling it.'
        )
    returned, passed_in = [], [copy.deepcopy(case) for case in known.cases]

    def work() -> None:
        call = known.using or (lambda f, *args: f(*args))
        with np.errstate(all="ignore"):  # it counts for each thread alone
            for case in passed_in:
                returned.append(call(attempt, *case))

    outcome = run(work, SECONDS)
    problem = _accident(known, outcome, returned, kind)
    if problem:
        answered = len(returned)  # the first thing to go wrong is the one to mend first
        early = _judge(known, returned, right[:answered], known.cases[:answered])
        return early if answered and problem.passed is False and not early.passed else problem
    verdict = _judge(known, returned, right, known.cases)
    if verdict.passed:
        for before, after in zip(known.cases, passed_in, strict=True):
            for i, (a, b) in enumerate(zip(before, after, strict=True)):
                if _changed(a, b):
                    names = list(_parameters(attempt)) if known.using is None else []
                    which = f"`{names[i]}`" if i < len(names) else f"argument {i + 1}"
                    return _wrong(
                        f"The result is right, but your {kind} changed {which}, which belongs to "
                        "the caller. `a += b` (and `*=`, `**=`) on an array writes into it; "
                        "`a = a + b` makes a new one."
                    )
    return verdict


def _parameters(function: Any) -> Sequence[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _accident(known: Exercise, outcome: Outcome, returned: list, kind: str) -> Feedback | None:
    """Feedback for an attempt that did not come back with an answer to every case."""
    if _untouched_in(tuple(returned)) or _dots_in(outcome.error):
        return _untouched()
    if not outcome.in_time:
        return _wrong(
            f"Your {kind} was still running after {SECONDS:.0f} seconds and was stopped. Is there "
            "a loop whose condition never becomes false?"
        )
    if outcome.error is None:
        return None
    error, case = outcome.error, known.cases[min(len(returned), len(known.cases) - 1)]
    where = f" in line {outcome.line} of its cell" if outcome.line else ""
    text = str(error) or "without a message"
    if "dimensional arrays can be converted" in text or "length-1 arrays can be converted" in text:
        text += " (math.sqrt and its like take one number; np.sqrt takes arrays.)"
    return _wrong(
        f"Your {kind} raised {type(error).__name__}{where}: {text}\n"
        f"It was called with {_show_case(known, case)}."
    )


def _untouched_in(value: Any) -> bool:
    """Whether dots are left in an answer, or in one of its parts."""
    return value is ... or (isinstance(value, tuple) and any(map(_untouched_in, value)))


def _dots_in(error: BaseException | None) -> bool:
    """Whether the error comes from dots that are still in the cell, as in ``x - ...``."""
    return isinstance(error, TypeError) and "ellipsis" in str(error).lower()


def _judge(known: Exercise, returned: list, right: list, cases: Sequence[tuple]) -> Feedback:
    returned = [_several(v, want) for v, want in zip(returned, right, strict=True)]
    answers = []
    for value, expected, case in zip(returned, right, cases, strict=True):
        problem = _malformed(known, value, expected, case)
        if problem:
            hint = _named(known, answers, returned, right)
            return hint or _wrong(problem)
        answers.append(_parts(value))
    if all(_same(a, r, known.rtol) for a, r in zip(answers, right, strict=True)):
        return Feedback(True, "Right.")
    return _named(known, answers, returned, right) or _wrong(
        _difference(known, answers, right, cases)
    )


def _several(value: Any, expected: list) -> Any:
    """Where several things are asked for, [a, b] is as good as (a, b)."""
    if len(expected) > 1 and (isinstance(value, list) or getattr(value, "ndim", 0)):
        if [np.shape(v) for v in value] == [want.shape for want in expected]:
            return tuple(value)
    return value


def _named(known: Exercise, answers: list, returned: list, right: list) -> Feedback | None:
    """The hint of the catalogued mistake that gives exactly these answers, if there is one."""
    try:
        answers = [_parts(value) for value in returned]
    except (TypeError, ValueError):
        return None
    for mistake in known.mistakes:
        with np.errstate(all="ignore"):
            wrong = [_parts(r) for r in known.outcomes(mistake.answer, len(returned))]
        if all(_same(a, w, known.rtol) for a, w in zip(answers, wrong, strict=True)):
            look = f"\nLook again at {known.look}." if known.look else ""
            return _wrong(mistake.hint + look)
    return None


def _malformed(known: Exercise, value: Any, expected: list, case: tuple) -> str | None:
    """What is wrong with the form of one answer: None, no number, NaN, the wrong shape."""
    asked = f" for {_show_case(known, case)}" if case else ""
    if value is None:
        return (
            f"Your answer{asked} is None. Is there a `return` at the end of the function? (print "
            "shows a value, return hands it back.)"
            if case
            else "Your answer is None."
        )
    if _is_yes_or_no(value) and not _is_yes_or_no(known.outcomes(known.solution, 1)[0]):
        return f"Your answer{asked} is {value}, a yes or no; asked for is a number."
    try:
        parts = _parts(value)
    except (TypeError, ValueError):
        return f"Your answer{asked} is {_show(value)}; it should be made of numbers."
    if len(parts) != len(expected):
        if len(expected) == 1:
            return (
                f"Your answer{asked} has {len(parts)} parts; asked for is one "
                f"{'array' if expected[0].ndim else 'number'}."
            )
        got = f"has {len(parts)} parts" if len(parts) > 1 else "is one thing"
        form = f"return a, b{', c' * (len(expected) > 2)}" if case else "a list of them will do"
        return (
            f"Your answer{asked} {got}; {len(expected)} are asked for, in the order in which the "
            f"text names them: {form}."
        )
    for i, (part, want) in enumerate(zip(parts, expected, strict=True)):
        which = f"Part {i + 1} of your answer" if len(parts) > 1 else "Your answer"
        if part.shape != want.shape:
            return (
                f"{which}{asked} has shape {part.shape}; expected {want.shape}"
                f"{' (a single number)' if want.shape == () else ''}."
            )
        if np.isnan(part).any() and not np.isnan(want).any():
            cause = "What is divided by 0, or of what is the root taken?"
            if any(isinstance(a, np.ndarray) and np.isnan(a).any() for a in case):
                cause = "It comes from what was passed in, which has some: leave it out."
            return f"{which}{asked} contains NaN (not a number). {cause}"
    return None


def _is_yes_or_no(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _difference(known: Exercise, answers: list, right: list, cases: Sequence[tuple]) -> str:
    """The first case that differs, without the number that was expected."""
    look = f"\nLook again at {known.look}." if known.look else ""
    for got, want, case in zip(answers, right, cases, strict=True):
        if _same(got, want, known.rtol):
            continue
        for i, (a, b) in enumerate(zip(got, want, strict=True)):
            if _same([a], [b], known.rtol):
                continue
            which = f"part {i + 1} of your answer" if len(got) > 1 else "your answer"
            asked = f" for {_show_case(known, case)}" if case else ""
            if known.wants_yes_or_no and a.size == 1 and a.item() in (0, 1):
                return f"Not yet:{asked} {which}, {bool(a)}, is not right.{look}"
            return f"Not yet:{asked} {which}, {_show(a)}, is {_compared(a, b)}.{look}"
    return f"Not yet.{look}"


def _compared(a: np.ndarray, b: np.ndarray) -> str:
    """In which way a differs from b."""
    if np.allclose(a, b, rtol=1e-3):
        return "right to three digits but not beyond, as if something were rounded or added"
    if a.size == 1:
        x, y = a.item(), b.item()
        if x == -y:
            return "of the right size but has the wrong sign"
        return "too large" if x > y else "too small"
    wrong = ~np.isclose(a, b, rtol=1e-6, atol=1e-12)
    return f"different in {wrong.sum()} of its {a.size} numbers"


def _wrong(message: str) -> Feedback:
    return Feedback(False, message)


def _parts(value: Any) -> list[np.ndarray]:
    """An answer as a flat list of float arrays: tuples and dicts are taken apart."""
    if isinstance(value, Mapping):
        return [part for key in sorted(value) for part in _parts(value[key])]
    if isinstance(value, tuple):
        return [part for item in value for part in _parts(item)]
    if isinstance(value, str):
        raise TypeError("a text is not a number")
    return [np.asarray(value, dtype=float)]


def _same(a: list[np.ndarray], b: list[np.ndarray], rtol: float) -> bool:
    return len(a) == len(b) and all(
        x.shape == y.shape and np.allclose(x, y, rtol=rtol, atol=1e-12 * (rtol > 0), equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def _changed(before: Any, after: Any) -> bool:
    try:
        return not _same(_parts(before), _parts(after), 0.0)
    except (TypeError, ValueError):  # not numbers: an optimizer, a function
        return False


def _show(value: Any) -> str:
    if isinstance(value, np.ndarray):
        value = value.item() if value.ndim == 0 else value
        text = np.array2string(np.asarray(value), precision=4, threshold=8)
        return " ".join(text.split())
    if isinstance(value, Path):
        return f"a path of {len(value.x) - 1} steps"
    if inspect.isfunction(value):
        return value.__name__  # its repr is a place in memory
    text = " ".join(repr(value).split())
    if isinstance(value, Optimizer) and len(text) > 60:
        return f"{type(value).__name__}(…)"
    return text if len(text) <= 60 else f"{text[:57]}…"


def _show_case(known: Exercise, case: tuple) -> str:
    names = _parameters(known.solution) if known.using is None else []
    shown = [_show(a) for a in case]
    if len(names) == len(shown):
        shown = [f"{n} = {s}" for n, s in zip(names, shown, strict=True)]
    return ", ".join(shown)
