"""A step, noted once and repeated: the operations of the equations, without Python's share.

When NumPy updates a hundred paths, most of the time goes into asking for memory and into turning
Python's numbers into arrays. So the surface's gradient and the optimizer's equation are run once
on stand-ins, which note each operation; then the notes are repeated, each operation writing into
memory that is there already. These are the same operations on the same numbers, so that the
results are the same to the last bit:

>>> x, tape = np.array([1.0, 2.0]), Tape()
>>> stand_in = tape.enter(x)
>>> tape.put(stand_in, 3 * stand_in + stand_in * stand_in)  # x becomes 3x + x²
>>> step = tape.ready()
>>> step(0), step(1)
(None, None)
>>> x.tolist()
[28.0, 130.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from types import CodeType
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

# What Python's numbers round as NumPy's arrays do, to the last bit, in Python's spelling.
_SPELT = {
    np.add: "{} + {}",
    np.subtract: "{} - {}",
    np.multiply: "{} * {}",
    np.divide: "{} / {}",
    np.square: "{0} * {0}",
    np.sqrt: "sqrt({})",
    np.positive: "{}",
}
_FEW = 4  # elements; from about six on NumPy is as quick as Python


class NotRepeatable(Exception):
    """What was run does more than notes of elementwise operations can tell."""


class Noted(NDArrayOperatorsMixin):
    """Stands for an array of floats while operations on it are noted.

    Attributes
    ----------
    tape : Tape
    shape : tuple of int
    array : array or None
        Where its numbers are; None for a result that has no place yet.
    each : array or None
        For a number that depends on nothing but the step: its values, one a step.
    """

    __hash__ = object.__hash__  # == notes a comparison, and tells nothing about identity

    def __init__(self, tape: Tape, shape: tuple[int, ...], array=None, each=None):
        self.tape, self.shape, self.array, self.each = tape, shape, array, each

    def __array_ufunc__(self, ufunc, method, *operands, **settings):
        if method != "__call__" or settings:
            raise NotRepeatable(f"{ufunc.__name__} with {method} {settings}")
        return self.tape.note(ufunc, operands)

    def __pow__(self, exponent):
        if isinstance(exponent, int | float) and exponent == 2:
            return np.square(self)  # as an array does itself
        raise NotRepeatable("** other than ** 2")

    def __bool__(self):
        raise NotRepeatable("a branch")

    def __array__(self, *_, **__):
        raise NotRepeatable("an array of its own")

    def __array_function__(self, function, *_):
        raise NotRepeatable(function.__name__)


def _is_array(a: Any) -> bool:
    return a.each is None if isinstance(a, Noted) else np.ndim(a) > 0


def _together(shapes: set[tuple[int, ...]]) -> tuple[int, ...]:
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)


def _empty(shape: tuple[int, ...], operands: tuple[Noted, ...]) -> np.ndarray:
    """Memory for a result, in the order of an operand's: NumPy is fast if they agree."""
    like = next((a.array for a in operands if a.shape == shape), None)
    return np.empty(shape) if like is None else np.empty_like(like)


class Tape:
    """Elementwise operations in their order, and where their results go."""

    def __init__(self):
        self.operations: list[tuple[np.ufunc, tuple, Noted]] = []
        self.known: dict[tuple, Noted] = {}
        self.constants: dict[Any, tuple[Noted, Any]] = {}
        self.entered: dict[int, np.ndarray] = {}

    def enter(self, array: np.ndarray) -> Noted:
        """A stand-in for an array whose numbers are there before the step."""
        self.entered[id(array)] = array
        return Noted(self, array.shape, array=array)

    def schedule(self, each: np.ndarray) -> Any:
        """A stand-in for a number known in all steps; if it is always the same, the number."""
        if len(each) and np.all(each == each[0]):
            return each[0].item()
        return Noted(self, (), each=each)

    def note(self, ufunc: np.ufunc, operands: tuple) -> Noted:
        """Note an operation, if it is not there yet; return the stand-in of its result."""
        if not any(map(_is_array, operands)):  # then it can be done now, for all steps
            return self.schedule(ufunc(*[a.each if isinstance(a, Noted) else a for a in operands]))
        if ufunc.signature or f"{'d' * ufunc.nin}->d" not in ufunc.types:
            raise NotRepeatable(ufunc.__name__)
        own = tuple(a if isinstance(a, Noted) else self.constant(a) for a in operands)
        known = self.known.get((ufunc, *own))
        if known is None:
            known = self.known[(ufunc, *own)] = Noted(self, _together({a.shape for a in own}))
            self.operations.append((ufunc, own, known))
        return known

    def constant(self, value: Any) -> Noted:
        """A stand-in for a number or an array of the equations, the same one for the same value."""
        key = id(value) if np.ndim(value) else float(value).hex()
        if key not in self.constants:
            array = np.asarray(value, dtype=float)
            self.constants[key] = Noted(self, array.shape, array), value  # which keeps its id
        return self.constants[key][0]

    def put(self, target: Noted, value: Any) -> None:
        """Let the step leave a result in the array of `target`, which was entered."""
        if value is target:
            return
        made = [k for k, (_, _, result) in enumerate(self.operations) if result is value]
        if not made or value.shape != target.shape:
            raise NotRepeatable("a result that no operation gives")
        readers = [a for _, operands, _ in self.operations[made[0] + 1 :] for a in operands]
        readers += [a for a in self.operations[made[0]][1] if a is not target]
        if value.array is None and not any(
            a.array is not None and np.may_share_memory(a.array, target.array) for a in readers
        ):
            value.array = target.array  # its old numbers are not needed any more
        else:
            self.operations.append((np.positive, (value,), self.enter(target.array)))

    def ready(self) -> Callable[[int], None]:
        """Give every result a place; return the step, a function of its index in schedules."""
        changing: dict[Noted, list[float]] = {}
        last = {a: k for k, (_, operands, _) in enumerate(self.operations) for a in operands}
        temporary: set[Noted] = set()
        free: dict[tuple[int, ...], list[np.ndarray]] = {}
        calls = []
        for k, (ufunc, operands, result) in enumerate(self.operations):
            for a in operands:
                if a.each is not None and a.array is None:
                    a.array = np.empty(())
                    changing[a] = a.each.tolist()
            for a in temporary.intersection(operands):
                if last[a] == k:  # the result may take its place: each number is read first
                    free.setdefault(a.shape, []).append(a.array)
            if result.array is None:
                spare = free.get(result.shape)
                result.array = spare.pop() if spare else _empty(result.shape, operands)
                temporary.add(result)
            arrays = [a.array for a in operands]
            if ufunc in (np.maximum, np.minimum):  # NumPy wants the place named in these two,
                calls.append(partial(ufunc, *arrays, out=result.array))
            else:  # and is quicker where it need not be
                calls.append(partial(ufunc, *arrays, result.array))
        fills = [(a.array, values) for a, values in changing.items()]

        def step(index: int) -> None:
            for array, values in fills:
                array[...] = values[index]
            for call in calls:
                call()

        return step

    def in_numbers(self, step: Callable[[int], None]) -> Callable[[int], None]:
        """The step that `ready` gave, with Python's numbers instead of arrays; or itself.

        NumPy needs several times as long for an operation on two numbers as Python for both. So
        if all arrays are rows of a few numbers, the notes are written out as a function, number
        by number. What Python refuses, such as 1/0, is left to `step`.
        """
        rows = all(a.ndim == 1 and a.size <= _FEW for a in self.entered.values())
        if not (rows and all(ufunc in _SPELT for ufunc, _, _ in self.operations)):
            return step
        changed = {id(result.array) for *_, result in self.operations}
        names: dict[int, list[str]] = {}  # of each array: its numbers' names
        given: dict[str, Any] = {"sqrt": math.sqrt, "step": step}
        first, work, last = [], [], []
        for ufunc, operands, result in self.operations:
            for a in (*operands, result):
                key = id(a.array)
                if key in names:
                    continue
                name, size = f"a{len(names)}", a.array.size
                names[key] = [f"{name}_{k}" for k in range(size)]
                if a.each is not None:
                    given[name] = a.each.tolist()
                    first.append(f"{name}_0 = {name}[i]")
                elif key in self.entered:
                    given[name] = a.array
                    first.append(f"{', '.join(names[key])}, = {name}.tolist()")
                    if key in changed:
                        last += [f"{name}[{k}] = {name}_{k}" for k in range(size)]
                else:  # a constant, or a result that is about to be
                    given.update(zip(names[key], a.array.ravel().tolist(), strict=True))
            inputs = [names[id(a.array)] for a in operands]
            for k, target in enumerate(names[id(result.array)]):
                row = [each[k if len(each) > 1 else 0] for each in inputs]
                work.append(f"{target} = {_SPELT[ufunc].format(*row)}")
        lines = ["def quick(i):", " try:", *(f"  {line}" for line in first + work)]
        lines += [" except (ZeroDivisionError, ValueError):", "  return step(i)"]
        exec(_compiled("\n".join(lines + [f" {line}" for line in last])), given)
        return given["quick"]


@lru_cache(maxsize=64)
def _compiled(source: str) -> CodeType:
    return compile(source, "<notes of a step>", "exec")


class AtMost:
    """Stands for all numbers up to a size, while sums and products of them are made.

    No rounded sum or product is larger than that of the sizes:

    >>> (3 * AtMost(2.0) - AtMost(1.0) ** 2).size
    7.0
    """

    __array_ufunc__ = None  # no part of NumPy's own: what needs more than + − × is refused

    def __init__(self, size: float):
        self.size = size

    def __add__(self, other: Any) -> AtMost:
        return AtMost(self.size + _size(other))

    def __mul__(self, other: Any) -> AtMost:
        return AtMost(self.size * _size(other))

    def __truediv__(self, number: float) -> AtMost:
        return AtMost(self.size / abs(number))

    def __pow__(self, exponent: int) -> AtMost:
        if exponent != 2:
            raise TypeError("** other than ** 2")
        return self * self

    __radd__ = __sub__ = __rsub__ = __add__
    __rmul__ = __mul__


def _size(a: Any) -> float:
    return a.size if isinstance(a, AtMost) else abs(float(a))
