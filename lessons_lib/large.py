"""AdaGrad for many parameters: the same numbers as `AdaGrad`, and less memory traffic.

`AdaGrad.step` is the form to read. It makes new arrays, and walks through memory once for each
operation. The functions here write into the arrays that they are given:

>>> x, G = np.array([1.0, 2.0]), np.zeros(2)
>>> adagrad_in_place(x, np.array([3.0, -0.1]), G, lr=0.5)
>>> x.round(6).tolist(), G.round(6).tolist()
([0.5, 2.5], [9.0, 0.01])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .validation import NOT_NEGATIVE, number, whole_number


def adagrad_in_place(
    x: np.ndarray,
    g: np.ndarray,
    G: np.ndarray,
    lr: float = 0.01,
    eps: float = 1e-10,
    scratch: np.ndarray | None = None,
) -> None:
    """One step, written into x and G: G ← G + g², x ← x − η g / (√G + ε).

    Parameters
    ----------
    x : float array of any shape
        The parameters. Changed.
    g : array, shape and dtype of x
        The gradient. Not changed.
    G : array, shape and dtype of x
        The accumulator. Changed.
    lr : float, default 0.01
        η.
    eps : float, default 1e-10
        ε. With ε = 0 a coordinate whose gradients were all 0 stays put.
    scratch : array, shape and dtype of x, optional
        Overwritten. Hand in the same one at each step, and no step asks for memory.

    Raises
    ------
    ValueError
        If shapes or dtypes differ, if they are not float, or if x, G or scratch is read-only.
    """
    scratch = np.empty_like(x) if scratch is None else scratch
    lr, eps = _checked(x, lr, eps, g=g, G=G, scratch=scratch)
    _update(x, g, G, lr, eps, scratch)


def adagrad_in_blocks(
    x: np.ndarray,
    g: np.ndarray,
    G: np.ndarray,
    lr: float = 0.01,
    eps: float = 1e-10,
    block: int = 32768,
) -> None:
    """`adagrad_in_place`, a block at a time: each number is fetched from memory once a step.

    Parameters
    ----------
    x, g, G, lr, eps
        As in `adagrad_in_place`; the arrays must be C-contiguous.
    block : int, default 32768
        How many parameters to work on at once. Four blocks should fit into the processor's
        cache, and no smaller: of float64, four of 32768 make 1 MiB.

    Raises
    ------
    ValueError
        As `adagrad_in_place`; also if an array is not C-contiguous, or block is below 1.
    """
    lr, eps = _checked(x, lr, eps, g=g, G=G)
    scratch = np.empty(min(whole_number("block", block, least=1), x.size), x.dtype)
    for name, array in (("x", x), ("g", g), ("G", G)):
        if not array.flags.c_contiguous:
            raise ValueError(f"{name} must be C-contiguous; got strides {array.strides}")
    x, g, G = x.reshape(-1), g.reshape(-1), G.reshape(-1)  # views, because contiguous
    for start in range(0, x.size, block):
        part = slice(start, start + block)
        _update(x[part], g[part], G[part], lr, eps, scratch[: x[part].size])


def adagrad_rows(
    x: np.ndarray,
    g: np.ndarray,
    G: np.ndarray,
    rows: np.ndarray,
    lr: float = 0.01,
    eps: float = 1e-10,
) -> None:
    """One step of a table whose gradient is 0 outside a few rows, written into x and G.

    The gradients of a row that occurs more than once are added up first, as they are in the
    gradient of the whole table. The cost does not depend on the number of rows of x.

    Parameters
    ----------
    x : float array of shape (n, d)
        The table. Changed.
    g : array of shape (k, d), dtype of x
        One gradient for each element of rows. Not changed.
    G : array of shape (n, d), dtype of x
        The accumulator. Changed.
    rows : array of int of shape (k,)
        Which row each gradient belongs to, from 0 to n − 1; in any order, repeated or not.
    lr, eps : float
        As in `adagrad_in_place`.

    Raises
    ------
    ValueError
        If shapes or dtypes do not fit, a row is not in the table, or x or G is read-only.
    """
    lr, eps = _checked(x, lr, eps, G=G)
    rows = np.asarray(rows)
    if x.ndim != 2:
        raise ValueError(f"x must be a table of shape (n, d); got shape {x.shape}")
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise ValueError(
            f"rows must be whole numbers of shape (k,); got {rows.dtype} of shape {rows.shape}"
        )
    wanted = (len(rows), x.shape[1])
    if np.shape(g) != wanted or np.result_type(g) != x.dtype:
        raise ValueError(
            f"g must be a {x.dtype} array with a row for each of rows, shape {wanted}; "
            f"got {np.result_type(g)} of shape {np.shape(g)}"
        )
    if not rows.size:
        return
    if rows.min() < 0 or rows.max() >= len(x):
        wrong = rows[(rows < 0) | (rows >= len(x))][0]
        raise ValueError(f"rows must lie between 0 and {len(x) - 1}; got {wrong}")
    rows, g = coalesce(rows, g)
    some_x, some_G = x.take(rows, axis=0), G.take(rows, axis=0)  # copies of what is touched
    _update(some_x, g, some_G, lr, eps, np.empty_like(g))
    x[rows], G[rows] = some_x, some_G


def coalesce(rows: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row once, in ascending order, with the sum of its gradients.

    Parameters
    ----------
    rows : array of int of shape (k,), k ≥ 1
    g : array of shape (k, d)

    Returns
    -------
    rows : array of shape (m,), m ≤ k
    g : array of shape (m, d)

    Examples
    --------
    >>> rows, g = coalesce(np.array([2, 5, 2]), np.array([[1.0], [3.0], [10.0]]))
    >>> rows.tolist(), g.tolist()
    ([2, 5], [[11.0], [3.0]])
    """
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    new = np.append(True, rows[1:] != rows[:-1])
    if new.all():
        return rows, g.take(order, axis=0)
    first = np.flatnonzero(new)
    rows, total = rows[first], g.take(order[first], axis=0)
    # A sum of one is no work: only the rows that occur again are added up.
    count = np.diff(first, append=len(order))
    again = count > 1
    several = g.take(order[np.repeat(again, count)], axis=0)
    total[again] = np.add.reduceat(several, np.cumsum(count[again]) - count[again], axis=0)
    return rows, total


def _update(x: Any, g: Any, G: Any, lr: float, eps: float, scratch: np.ndarray) -> None:
    """The equation, in the order in which `AdaGrad` computes it: the same to the last bit."""
    np.multiply(g, g, out=scratch)
    G += scratch
    np.sqrt(G, out=scratch)
    scratch += eps
    np.divide(lr, scratch, out=scratch, where=True if eps > 0 else scratch > 0)
    scratch *= g
    x -= scratch


def _checked(x: Any, lr: float, eps: float, **arrays: Any) -> tuple[float, float]:
    """Refuse arrays that are not like x, or cannot be written; return lr and eps as floats."""
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        got = f"{x.dtype} array" if isinstance(x, np.ndarray) else repr(x)
        raise ValueError(f"x must be a float array, because it is written into; got {got}")
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f"{name} must be an array like x; got {array!r}")
        if array.shape != x.shape or array.dtype != x.dtype:
            raise ValueError(
                f"{name} must have the shape and dtype of x, {x.shape} {x.dtype}; "
                f"got {array.shape} {array.dtype}"
            )
    for name, array in {"x": x, **arrays}.items():
        if name != "g" and not array.flags.writeable:
            raise ValueError(f"{name} must be writeable; got a read-only array")
    return number("lr", lr, NOT_NEGATIVE), number("eps", eps, NOT_NEGATIVE)
