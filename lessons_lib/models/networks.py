"""A multi-layer perceptron, for classes or for numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..validation import Registry, whole_number
from .base import Model, check_inputs, check_labels, cross_entropy, squares

# Each takes z and gives a; the derivative is then written in terms of a.
ACTIVATIONS: Registry = Registry(
    "activation",
    tanh=(np.tanh, lambda a: 1 - a * a),
    relu=(lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(float)),
)
LOSSES: Registry = Registry("loss", softmax=cross_entropy, squares=squares)


@dataclass(frozen=True)
class MLP(Model):
    """A multi-layer perceptron: a ← φ(aW + b), layer after layer, the last without φ.

    The gradients are those of back-propagation (Rumelhart, Hinton & Williams 1986).

    Parameters
    ----------
    sizes : tuple of int
        Inputs, units of each hidden layer, outputs. (d, K) alone is linear.
    loss : "softmax" (default) or "squares"
        Cross-entropy for labels 0 … K − 1, or mean squared error for targets of shape (n, K).
    activation : "tanh" (default) or "relu"
        φ.

    Raises
    ------
    ValueError
        For fewer than two sizes, a size below 1, or an unknown name.
    """

    sizes: tuple[int, ...]
    loss: str = "softmax"
    activation: str = "tanh"

    def __post_init__(self) -> None:
        if len(self.sizes) < 2:
            raise ValueError(f"sizes must be at least (inputs, outputs); got {self.sizes!r}")
        for size in self.sizes:
            whole_number("each of sizes", size, least=1)
        LOSSES[self.loss]
        ACTIVATIONS[self.activation]

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for k, (n, m) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), start=1):
            shapes |= {f"W{k}": (n, m), f"b{k}": (m,)}
        return shapes

    def check(self, data: tuple) -> None:
        X, y = data
        X, K = check_inputs(X, self.sizes[0]), self.sizes[-1]
        if self.loss == "softmax":
            check_labels("y", y, len(X), K)
        else:
            y = np.asarray(y)
            if y.shape != (len(X), K):
                raise ValueError(f"y must have the shape {(len(X), K)}; got {y.shape}")
            if not np.isfinite(y).all():
                row = np.argwhere(~np.isfinite(y))[0][0]
                raise ValueError(f"y must be finite; row {row} is not")

    def layers(self, theta: np.ndarray, X: np.ndarray) -> list[np.ndarray]:
        """X and what each layer makes of it, the outputs last; each of shape (..., n, units)."""
        p, a = self.split(theta), [X]
        phi, _ = ACTIVATIONS[self.activation]
        last = len(self.sizes) - 1
        for k in range(1, last + 1):
            z = a[-1] @ p[f"W{k}"] + p[f"b{k}"][..., None, :]
            a.append(z if k == last else phi(z))
        return a

    def outputs(self, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
        """The outputs for the rows of X, before any softmax: shape (..., n, K)."""
        return self.layers(theta, X)[-1]

    def predict(self, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
        """The class with the highest score, for each row of X: shape (..., n)."""
        return self.outputs(theta, X).argmax(axis=-1)

    def loss_and_grad(self, theta: np.ndarray, batch: tuple) -> tuple[np.ndarray, np.ndarray]:
        X, y = batch
        *a, z = self.layers(theta, X)
        loss, dz = LOSSES[self.loss](z, y)
        _, slope = ACTIVATIONS[self.activation]
        p, grad = self.split(theta), {}
        for k in range(len(self.sizes) - 1, 0, -1):
            grad[f"W{k}"] = np.swapaxes(a[k - 1], -1, -2) @ dz
            grad[f"b{k}"] = dz.sum(axis=-2)
            if k > 1:
                dz = (dz @ np.swapaxes(p[f"W{k}"], -1, -2)) * slope(a[k - 1])
        return loss, self.join(grad)
