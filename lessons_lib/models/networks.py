"""A multi-layer perceptron, for classes or for numbers, and a small convolutional network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class Network(Model):
    """A model of layers, one behind the other. A subclass gives ``layers`` too."""

    def layers(self, theta: np.ndarray, X: np.ndarray) -> Sequence[np.ndarray]:
        """What each layer makes of the rows of X, the outputs last."""
        raise NotImplementedError

    def outputs(self, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
        """The outputs for the rows of X, before any softmax: shape (..., n, K)."""
        return self.layers(theta, X)[-1]

    def predict(self, theta: np.ndarray, X: np.ndarray) -> np.ndarray:
        """The class with the highest score, for each row of X: shape (..., n)."""
        return self.outputs(theta, X).argmax(axis=-1)


@dataclass(frozen=True)
class MLP(Network):
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
            z = a[-1] @ p[f"W{k}"]
            z += p[f"b{k}"][..., None, :]  # in place: for many runs, new memory is what costs
            a.append(z if k == last else phi(z))
        return a

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


@dataclass(frozen=True)
class CNN(Network):
    """A small convolutional network for square pictures.

    One layer of 3 × 3 filters, ReLU, the maximum of each 2 × 2 block, and a linear layer to the
    classes; cross-entropy as loss. The plan is that of LeCun et al. 1998, Gradient-Based
    Learning Applied to Document Recognition, at its smallest.

    Parameters
    ----------
    side : int ≥ 4, even, default 8
        Pictures have side × side pixels.
    filters : int ≥ 1, default 8
    classes : int ≥ 1, default 10

    Raises
    ------
    ValueError
        For a number out of range.
    """

    side: int = 8
    filters: int = 8
    classes: int = 10

    def __post_init__(self) -> None:
        whole_number("filters", self.filters, least=1)
        whole_number("classes", self.classes, least=1)
        if whole_number("side", self.side, least=4) % 2:
            raise ValueError(f"side must be even; got {self.side}")

    @property
    def blocks(self) -> int:
        """How many 2 × 2 blocks the filters' answers have."""
        return ((self.side - 2) // 2) ** 2

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        F, K = self.filters, self.classes
        return {"W1": (9, F), "b1": (F,), "W2": (self.blocks * F, K), "b2": (K,)}

    def check(self, data: tuple) -> None:
        X, y = data
        check_labels("y", y, len(check_inputs(X, self.side**2)), self.classes)

    def patches(self, X: np.ndarray) -> np.ndarray:
        """The 3 × 3 patches of each picture: shape (..., 4, n · blocks, 9).

        The axis of 4 holds the places within a 2 × 2 block, so that pooling is a maximum over it.
        """
        *lead, n, _ = X.shape
        images = X.reshape(*lead, n, self.side, self.side)
        windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(-2, -1))
        places = [windows[..., i::2, j::2, :, :] for i in (0, 1) for j in (0, 1)]
        return np.stack([place.reshape(*lead, n * self.blocks, 9) for place in places], axis=-3)

    def layers(self, theta: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, ...]:
        """Patches, the filters' answers, what pooling leaves of them, and the scores."""
        p, patches = self.split(theta), self.patches(X)
        z = patches @ p["W1"][..., None, :, :]
        z += p["b1"][..., None, None, :]
        pooled = np.maximum(z.max(axis=-3), 0)  # ReLU and maximum may change places
        flat = pooled.reshape(*pooled.shape[:-2], X.shape[-2], -1)
        return patches, z, pooled, flat @ p["W2"] + p["b2"][..., None, :]

    def loss_and_grad(self, theta: np.ndarray, batch: tuple) -> tuple[np.ndarray, np.ndarray]:
        X, y = batch
        patches, z, pooled, scores = self.layers(theta, X)
        p, flat = self.split(theta), pooled.reshape(*scores.shape[:-1], -1)
        loss, dz = cross_entropy(scores, y)
        dflat = dz @ np.swapaxes(p["W2"], -1, -2)
        # Only the place with the maximum, and only above 0, hears of the error.
        dpooled = dflat.reshape(pooled.shape) * (pooled > 0)
        dfilters = (z == pooled[..., None, :, :]) * dpooled[..., None, :, :]
        count = 4 * patches.shape[-2]
        patches = patches.reshape(*patches.shape[:-3], count, 9)
        dfilters = dfilters.reshape(*dfilters.shape[:-3], count, self.filters)
        grad = {
            "W1": np.swapaxes(patches, -1, -2) @ dfilters,
            "b1": dfilters.sum(axis=-2),
            "W2": np.swapaxes(flat, -1, -2) @ dz,
            "b2": dz.sum(axis=-2),
        }
        return loss, self.join(grad)
