"""What all models share: flat parameters, initial weights, checked data, the softmax."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


class Model:
    """A model with flat parameters. A subclass gives ``shapes`` and ``loss_and_grad``."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The parameter arrays by name, in the order in which θ holds them.

        An array of two or more axes begins random; one of one axis, a bias, begins at 0.
        """
        raise NotImplementedError

    def loss_and_grad(self, theta: np.ndarray, batch: tuple) -> tuple[np.ndarray, np.ndarray]:
        """The loss of each run on its batch, and the gradient; see `lessons_lib.models`."""
        raise NotImplementedError

    def check(self, data: tuple) -> None:
        """Refuse data that the model cannot learn from.

        Raises
        ------
        ValueError
            It names the array, what is wrong with it, and what is allowed.
        """
        raise NotImplementedError

    @property
    def size(self) -> int:
        """P, how many numbers θ has for one run."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def split(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """The parameter arrays, each of shape (..., *shape), as views into θ."""
        theta, parts, at = np.asarray(theta), {}, 0
        if theta.shape[-1:] != (self.size,):
            raise ValueError(f"theta must have the shape (..., {self.size}); got {theta.shape}")
        for name, shape in self.shapes.items():
            end = at + math.prod(shape)
            parts[name] = theta[..., at:end].reshape(*theta.shape[:-1], *shape)
            at = end
        return parts

    def join(self, parts: Mapping[str, np.ndarray]) -> np.ndarray:
        """The inverse of `split`."""
        flat = [
            parts[name].reshape(*parts[name].shape[: -len(shape)], -1)
            for name, shape in self.shapes.items()
        ]
        return np.concatenate(flat, axis=-1)

    def init(self, seeds: Any) -> np.ndarray:
        """Initial parameters: weights from a normal distribution of variance 1/fan-in, biases 0.

        Fan-in is the number of inputs of a unit: the product of all axes of an array but the
        last. With this variance a sum over that many inputs has the scale of one of them (LeCun
        et al. 1998, Efficient BackProp, section 4.6).

        Parameters
        ----------
        seeds : int, or int array
            One seed for each run; a run's weights depend on its own seed alone.

        Returns
        -------
        array of shape (*seeds.shape, P)
        """
        seeds = np.asarray(seeds)
        if seeds.dtype.kind not in "iu" or not seeds.size or seeds.min() < 0:
            raise ValueError(f"seeds must be whole numbers ≥ 0; got {seeds!r}")
        each = [self._init_one(np.random.default_rng(int(seed))) for seed in seeds.ravel()]
        return np.reshape(each, (*seeds.shape, self.size))

    def _init_one(self, rng: np.random.Generator) -> np.ndarray:
        parts = {}
        for name, shape in self.shapes.items():
            sd = 1 / math.sqrt(math.prod(shape[:-1])) if len(shape) > 1 else 0.0
            parts[name] = sd * rng.standard_normal(shape)
        return self.join(parts)


def cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of −log softmax(z)[y] over the examples, and its gradient with respect to z.

    Parameters
    ----------
    z : array of shape (..., n, K)
        Scores of n examples for K classes.
    y : int array of shape (n,) or (..., n)

    Returns
    -------
    loss : array of shape (...)
    dz : array of shape (..., n, K)
        (softmax(z) − onehot(y)) / n.
    """
    n, K = z.shape[-2:]
    onehot = np.eye(K)[y]
    log_p = z - z.max(axis=-1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=-1, keepdims=True))
    return -(onehot * log_p).sum(axis=(-2, -1)) / n, (np.exp(log_p) - onehot) / n


def squares(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of (z − y)² over examples and outputs, and its gradient with respect to z.

    Parameters
    ----------
    z : array of shape (..., n, K)
    y : array of shape (n, K) or (..., n, K)
    """
    error = z - y
    count = error.shape[-2] * error.shape[-1]
    return (error * error).sum(axis=(-2, -1)) / count, 2 * error / count


def check_inputs(X: Any, d: int) -> np.ndarray:
    """Refuse inputs that are not a finite array of shape (n, d) with n ≥ 1."""
    X = np.asarray(X)
    if X.ndim != 2 or X.shape[1] != d or X.dtype.kind not in "fiu":
        raise ValueError(f"X must be numbers of shape (n, {d}); got {X.dtype} of shape {X.shape}")
    if not len(X):
        raise ValueError("X must have at least one row; it is empty")
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(f"X must be finite; X[{row}, {column}] is {X[row, column]}")
    return X


def check_labels(name: str, y: Any, n: int, K: int) -> None:
    """Refuse labels that are not n whole numbers in 0 … K − 1."""
    y = np.asarray(y)
    if y.shape != (n,) or y.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be {n} whole numbers, one for each row of X; "
            f"got {y.dtype} of shape {y.shape}"
        )
    if y.min() < 0 or y.max() >= K:
        wrong = int(np.argmax((y < 0) | (y >= K)))
        raise ValueError(f"{name} must be labels in 0 … {K - 1}; {name}[{wrong}] is {y[wrong]}")
