"""Matrix factorisation: a rating is the product of a user's and an item's few numbers."""

from __future__ import annotations

import numpy as np

from ..large import coalesce
from ..optimizers import Optimizer
from ..validation import whole_number
from .rows import Table


class Factors:
    """The table of users' and items' vectors, for several runs side by side.

    Parameters
    ----------
    users, items : int
    d : int
        Numbers to a vector.
    decay : float, default 0.02
        λ: the rating's loss has λ/2 times the squares of both vectors added.
    """

    def __init__(self, users: int, items: int, d: int, decay: float = 0.02):
        self.users, self.items, self.d, self.decay = users, items, d, decay

    def init(self, runs: int, seed: int = 0) -> np.ndarray:
        """Small random vectors, the same in each run: shape (users + items, runs, d)."""
        rng = np.random.default_rng(seed)
        return np.repeat(0.1 * rng.standard_normal((self.users + self.items, 1, self.d)), runs, 1)

    def predict(self, x: np.ndarray, user: np.ndarray, item: np.ndarray) -> np.ndarray:
        """p·q for each pair of user and item: shape (b, runs)."""
        return (x[user] * x[self.users + item]).sum(axis=-1)

    def loss_and_grad(self, x, user, item, stars):
        """Mean of ½(p·q − stars)² + λ/2 (|p|² + |q|²) over a batch.

        Parameters
        ----------
        x : array of shape (users + items, runs, d)
        user, item : int arrays of shape (b,)
        stars : array of shape (b,)

        Returns
        -------
        loss : array of shape (runs,)
        g : array of shape (k, runs, d)
            The gradients of the rows that occur in the batch.
        rows : int array of shape (k,)
        """
        b, rows = len(user), np.concatenate([user, self.users + item])
        p, q = x[rows[:b]], x[rows[b:]]
        error = (p * q).sum(axis=-1) - stars[:, None]
        loss = 0.5 * (error**2 + self.decay * (p * p + q * q).sum(axis=-1))
        e = error[..., None]
        g = np.concatenate([e * q + self.decay * p, e * p + self.decay * q]) / b
        rows, g = coalesce(rows, g)
        return loss.mean(axis=0), g, rows


def fit_factors(
    model: Factors, data, opt: Optimizer, epochs: int = 5, batch: int = 32, seed: int = 0
) -> np.ndarray:
    """Learn from ratings, in an order drawn anew in each epoch; the table at the end.

    Parameters
    ----------
    model : Factors
    data : tuple of arrays (user, item, stars), each of shape (n,)
    opt : Optimizer
        Its rate is an array of shape (runs,).
    epochs, batch : int, defaults 5 and 32
    seed : int, default 0
        Of the first vectors and of the order.

    Returns
    -------
    array of shape (users + items, runs, d)
        NaN or infinite where a run diverged.

    Raises
    ------
    ValueError
        If the arrays differ in length or are empty, a number is not finite, or a user or an item
        is not in the table.
    """
    user, item, stars = map(np.asarray, data)
    if not (user.shape == item.shape == stars.shape and user.size):
        raise ValueError(
            f"data must be three lists of one length ≥ 1; got {user.shape}, {item.shape} "
            f"and {stars.shape}"
        )
    for name, index, most in (("user", user, model.users), ("item", item, model.items)):
        if index.min() < 0 or index.max() >= most:
            raise ValueError(f"{name} must lie between 0 and {most - 1}; got {index.max()}")
    if not np.all(np.isfinite(stars)):
        raise ValueError("stars must be finite; got NaN or infinity among them")
    steps, rng = len(user) // whole_number("batch", batch, least=1), np.random.default_rng(seed)
    opt = opt.for_run(epochs * steps)
    table = Table(model.init(np.size(opt.lr), seed), opt)
    with np.errstate(all="ignore"):  # a diverging run is an answer
        for _ in range(epochs):
            order = rng.permutation(len(user))[: steps * batch].reshape(steps, batch)
            for part in order:
                _, g, rows = model.loss_and_grad(table.x, user[part], item[part], stars[part])
                table.step(g, rows)
    return table.x
