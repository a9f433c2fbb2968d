"""Clear refusals: every message names the argument, the value and what is allowed."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class UnknownName(KeyError, ValueError):
    """A name that is not in a registry. Its text lists the names that are."""

    def __str__(self) -> str:  # KeyError would show the text in quotes
        return str(self.args[0])


class Registry(dict):
    """A dict of named things whose unknown keys raise `UnknownName` with the nearest match.

    >>> Registry("colour", red=1, green=2)["gren"]
    Traceback (most recent call last):
    lessons_lib.validation.UnknownName: unknown colour 'gren': did you mean 'green'?
    Known: green, red
    """

    def __init__(self, kind: str, /, **items: Any):
        super().__init__(items)
        self.kind = kind

    def __missing__(self, name: Any) -> Any:
        near = difflib.get_close_matches(str(name).lower(), self, n=1, cutoff=0.5)
        hint = f" did you mean {near[0]!r}?" if near else ""
        known = ", ".join(sorted(self))
        raise UnknownName(f"unknown {self.kind} {name!r}:{hint} Known: {known}")


class Allowed(NamedTuple):
    """What a number may be: a test that works elementwise, and the words for it."""

    test: Callable[[np.ndarray], np.ndarray]
    words: str


FINITE = Allowed(lambda a: np.isfinite(a), "a finite number")
NOT_NEGATIVE = Allowed(lambda a: a >= 0, "a finite number ≥ 0")
POSITIVE = Allowed(lambda a: a > 0, "a finite number > 0")
FRACTION = Allowed(lambda a: (a >= 0) & (a < 1), "a number in [0, 1)")


def numbers(name: str, value: Any, allowed: Allowed) -> float | np.ndarray:
    """Return `value` as a float, or as a float array if it is one; refuse anything not allowed.

    Parameters
    ----------
    name : str
        How the message calls the argument, such as ``"AdaGrad: lr"``.
    value : float or array of float
    allowed : Allowed

    Raises
    ------
    ValueError
        If any element is not a finite number or is not allowed.
    """
    if type(value) is float and math.isfinite(value) and allowed.test(value):
        return value  # the usual case, and in steps that take microseconds
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    array = array.astype(float) if array.dtype.kind in "fiu" else np.asarray(np.nan)
    if not (array.size and np.all(np.isfinite(array) & allowed.test(array))):
        raise ValueError(f"{name} must be {allowed.words} (or an array of such); got {value!r}")
    return array if array.ndim else float(array)


def number(name: str, value: Any, allowed: Allowed) -> float:
    """`numbers` for an argument that cannot be an array."""
    try:
        array = numbers(name, value, allowed)
    except ValueError:
        array = None
    if not isinstance(array, float):
        raise ValueError(f"{name} must be {allowed.words}; got {value!r}")
    return array


def switch(name: str, value: Any) -> bool:
    """Return `value` if it is True or False, or refuse it."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False; got {value!r}")
    return bool(value)


def whole_number(name: str, value: Any, least: int = 0) -> int:
    """Return `value` as an int, or refuse it if it is not a whole number ≥ `least`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise ValueError(f"{name} must be a whole number ≥ {least}; got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be a whole number ≥ {least}; got {value!r}")
    return int(value)


def points(name: str, value: Any, d: int | None = None) -> np.ndarray:
    """Return `value` as a finite float array of shape (..., d), or say what is wrong with it."""
    expected = f"of shape (..., {d})" if d else "of shape (..., d)"
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers {expected}; got {value!r}") from None
    if array.ndim == 0 or array.shape[-1] == 0 or (d and array.shape[-1] != d):
        raise ValueError(f"{name} must be an array {expected}; got shape {array.shape}")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite; got {value!r}")
    return array
