"""Logistic regression over sparse features, learned online.

>>> X = sparse.csr_array(np.array([[1.0, 0.0], [0.0, 1.0]] * 50))
>>> y = np.array([0, 1] * 50)
>>> run = online(X, y, AdaGrad(lr=np.array([0.1, 1.0])), np.arange(100))
>>> run.losses.shape, run.w.shape, bool(run.losses[0, 0] == np.log(2))
((100, 2), (2, 2), True)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..optimizers import AdaGrad, Optimizer  # noqa: F401 (AdaGrad for the example above)
from ..validation import POSITIVE, number, whole_number
from .rows import Table


def losses_and_grad(w: np.ndarray, Z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """−log of the probability given to each true label, and the gradient of the mean.

    Parameters
    ----------
    w : array of shape (d, R)
        The weights of R runs.
    Z : array of shape (b, d)
        Features of the examples.
    y : array of shape (b,)
        Labels 0 and 1.

    Returns
    -------
    losses : array of shape (b, R)
        ln(1 + e^(−s)), where s = z·w for label 1 and −z·w for label 0.
    g : array of shape (d, R)
    """
    sign = 2.0 * y[:, None] - 1
    losses = np.logaddexp(0, -sign * (Z @ w))
    return losses, Z.T @ (sign * np.expm1(-losses)) / len(y)  # expm1: exact for tiny losses


@dataclass(frozen=True, eq=False)
class Online:
    """What `online` saw.

    Attributes
    ----------
    losses : array of shape (n, R)
        Of each example in the order of learning, before it was learned from. A loss below ln 2
        is a right prediction.
    w : array of shape (d, R)
        The weights at the end.
    state : dict of arrays of shape (d, R)
        The optimizer's state at the end, by symbol.
    """

    losses: np.ndarray
    w: np.ndarray
    state: dict[str, np.ndarray]


def online(
    X: sparse.csr_array,
    y: np.ndarray,
    opt: Optimizer,
    order: np.ndarray,
    batch: int = 8,
    box: float = np.inf,
) -> Online:
    """Go through the examples once; predict each batch, then learn from it. No bias.

    Parameters
    ----------
    X : sparse array of shape (examples, d)
    y : array of shape (examples,)
        Labels 0 and 1.
    opt : Optimizer
        Its rate is an array of shape (R,): that many runs, side by side.
    order : int array of shape (n,)
        The examples to learn from, in this order.
    batch : int, default 8
        A last batch that is not full is left out.
    box : float, default infinity
        After each step, weights are clipped to [−box, box].

    Raises
    ------
    ValueError
        If X is not sparse or not finite, if a label is neither 0 nor 1, or if order and X do not
        fit; the message says what is wrong.
    """
    _check(X, y, order)
    batch = whole_number("batch", batch, least=1)
    if np.isfinite(box):
        number("box", box, POSITIVE)
    X, y = sparse.csr_array(X)[order], np.asarray(y)[order]
    steps = len(y) // batch
    opt, runs = opt.for_run(steps), np.size(opt.lr)
    w, losses = Table(np.zeros((X.shape[1], runs, 1)), opt), np.empty((steps * batch, runs))
    example = np.repeat(np.arange(len(y)), np.diff(X.indptr))
    for t in range(steps):
        part = slice(t * batch, (t + 1) * batch)
        entries = slice(X.indptr[part.start], X.indptr[part.stop])
        rows, column = np.unique(X.indices[entries], return_inverse=True)
        Z = np.zeros((batch, len(rows)))
        Z[example[entries] - part.start, column] = X.data[entries]
        losses[part], g = losses_and_grad(w.x[rows, :, 0], Z, y[part])
        w.step(g[..., None], rows)
        if np.isfinite(box):
            w.x[rows] = np.clip(w.x[rows], -box, box)
    return Online(losses, w.x[..., 0], {s: w.state[s][..., 0] for s in opt.slots})


def _check(X, y, order) -> None:
    if not sparse.issparse(X) or X.ndim != 2:
        raise ValueError(f"X must be a sparse array of shape (examples, d); got {type(X).__name__}")
    if not np.all(np.isfinite(X.data)):
        raise ValueError("X must be finite; got NaN or infinity among its entries")
    if np.shape(y) != X.shape[:1] or not np.all(np.isin(y, (0, 1))):
        wrong = [v for v in np.ravel(y) if v not in (0, 1)][:1]
        got = f"{wrong[0]}" if wrong else f"shape {np.shape(y)}"
        raise ValueError(f"y must be {X.shape[0]} labels, each 0 or 1; got {got}")
    order = np.asarray(order)
    if order.ndim != 1 or not order.size or order.dtype.kind not in "iu":
        raise ValueError(f"order must be a list of examples' numbers; got {order!r}")
    if order.min() < 0 or order.max() >= X.shape[0]:
        raise ValueError(f"order must lie between 0 and {X.shape[0] - 1}; got {order.max()}")
