"""A conditional generative adversarial network of the smallest kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..validation import whole_number
from .base import Model, check_inputs, check_labels

SLOPE = 0.2  # of the leaky ReLU below 0


@dataclass(frozen=True)
class GAN(Model):
    """Two networks, one flat θ: a generator that forges pictures, and a critic that judges them.

    Goodfellow et al. 2014 (arXiv:1406.2661), with the label given to both players as in Mirza and
    Osindero 2014 (arXiv:1411.1784). Each has one hidden layer with leaky ReLU. The critic's loss
    is −log D(real) − log(1 − D(forged)), the generator's the non-saturating −log D(forged). The
    gradient holds each player's gradient of its own loss, so that one step of an optimizer moves
    both at the same time, at one rate.

    Parameters
    ----------
    pixels : int, default 64
    classes : int, default 10
    noise : int, default 8
        How many random numbers the generator turns into a picture.
    hidden : int, default 48
        Hidden units of each player.
    """

    pixels: int = 64
    classes: int = 10
    noise: int = 8
    hidden: int = 48

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            whole_number(name, value, least=1)

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        D, K, N, H = self.pixels, self.classes, self.noise, self.hidden
        generator = {"G1": (N + K, H), "g1": (H,), "G2": (H, D), "g2": (D,)}
        return generator | {"D1": (D + K, H), "d1": (H,), "D2": (H, 1), "d2": (1,)}

    @property
    def generator_size(self) -> int:
        """How many of the first entries of θ are the generator's."""
        return sum(int(np.prod(self.shapes[name])) for name in ("G1", "g1", "G2", "g2"))

    def check(self, data: tuple) -> None:
        X, y, z = data
        check_labels("y", y, len(check_inputs(X, self.pixels)), self.classes)
        if np.shape(z) != (len(X), self.noise):
            raise ValueError(f"z must have the shape {(len(X), self.noise)}; got {np.shape(z)}")

    def draw(self, X: np.ndarray, y: np.ndarray):
        """A ``data`` for `training.train`: pictures with labels, and fresh noise."""
        self.check((X, y, np.zeros((len(X), self.noise))))

        def batch(rng: np.random.Generator, size: int) -> tuple[np.ndarray, ...]:
            rows = rng.integers(0, len(X), size)
            return X[rows], y[rows], rng.standard_normal((size, self.noise))

        return batch

    def generate(self, theta: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Pictures of the digits y from the noise z: shape (..., n, pixels)."""
        return self._generator(self.split(theta), self._labelled(z, y))[-1]

    def loss_and_grad(self, theta: np.ndarray, batch: tuple) -> tuple[np.ndarray, np.ndarray]:
        """The batch is (pictures, labels, noise); the loss is the critic's."""
        critic, _, grad = self.losses_and_grad(theta, batch)
        return critic, grad

    def losses_and_grad(
        self, theta: np.ndarray, batch: tuple
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The critic's loss, the generator's, and the gradient of each for its own parameters."""
        X, y, z = batch
        n, p = X.shape[-2], self.split(theta)
        given = self._labelled(z, y)
        hidden, forged = self._generator(p, given)
        real = self._labelled(X, y)
        label = np.broadcast_to(real[..., X.shape[-1] :], (*forged.shape[:-1], self.classes))
        fake = np.concatenate([forged, label], axis=-1)
        a_real, s_real = self._critic(p, real)
        a_fake, s_fake = self._critic(p, fake)
        critic = (np.logaddexp(0, -s_real) + np.logaddexp(0, s_fake)).mean(axis=(-2, -1))
        generator = np.logaddexp(0, -s_fake).mean(axis=(-2, -1))

        grad = {name: 0.0 for name in self.shapes}
        sides = ((real, a_real, -_logistic(-s_real)), (fake, a_fake, _logistic(s_fake)))
        for seen, a, ds in sides:  # the critic hears of both kinds of pictures
            da = _back(ds / n, p["D2"], a)
            grad["D2"] = grad["D2"] + _t(a) @ (ds / n)
            grad["d2"] = grad["d2"] + (ds / n).sum(axis=-2)
            grad["D1"] = grad["D1"] + _t(seen) @ da
            grad["d1"] = grad["d1"] + da.sum(axis=-2)
        # The generator hears of its own through the critic.
        da = _back(-_logistic(-s_fake) / n, p["D2"], a_fake)
        dforged = da @ _t(p["D1"][..., : self.pixels, :])
        dhidden = _back(dforged, p["G2"], hidden)
        grad["G2"], grad["g2"] = _t(hidden) @ dforged, dforged.sum(axis=-2)
        grad["G1"], grad["g1"] = _t(given) @ dhidden, dhidden.sum(axis=-2)
        return critic, generator, self.join(grad)

    def _labelled(self, a: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.concatenate([a, np.eye(self.classes)[y]], axis=-1)

    def _generator(self, p: dict, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = _leaky(given @ p["G1"] + p["g1"][..., None, :])
        return hidden, hidden @ p["G2"] + p["g2"][..., None, :]

    def _critic(self, p: dict, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a = _leaky(seen @ p["D1"] + p["d1"][..., None, :])
        return a, a @ p["D2"] + p["d2"][..., None, :]


def _leaky(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, SLOPE * z)


def _back(d: np.ndarray, W: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The gradient before a leaky layer with answers a, from d behind the weights W."""
    return (d @ _t(W)) * np.where(a > 0, 1.0, SLOPE)


def _logistic(s: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-s))


def _t(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -2)
