"""A recurrent network that reads and writes one character at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..validation import POSITIVE, number, whole_number
from .base import Model, cross_entropy


@dataclass(frozen=True)
class Recurrent(Model):
    """Predict each character from those before it: hₜ = tanh(Wx[xₜ] + hₜ₋₁Wh + b), z = hₜWo + c.

    The simple recurrent network of Elman (1990, Finding Structure in Time), trained by
    back-propagation through the whole window, which starts from h = 0.

    Parameters
    ----------
    characters : int ≥ 1
        V, the size of the alphabet; characters are the numbers 0 … V − 1.
    hidden : int ≥ 1, default 48
        H, the size of h.
    """

    characters: int
    hidden: int = 48

    def __post_init__(self) -> None:
        whole_number("characters", self.characters, least=1)
        whole_number("hidden", self.hidden, least=1)

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        V, H = self.characters, self.hidden
        return {"Wx": (V, H), "Wh": (H, H), "b": (H,), "Wo": (H, V), "c": (V,)}

    def check(self, data: tuple) -> None:
        (text,) = data
        text = np.asarray(text)
        if (
            text.ndim != 2
            or text.dtype.kind not in "iu"
            or min(text.shape) < 1
            or text.shape[1] < 2
        ):
            raise ValueError(
                "the data must be one array of whole numbers of shape (windows, length), not empty "
                f"and with length ≥ 2; got {text.dtype} of shape {text.shape}"
            )
        if text.min() < 0 or text.max() >= self.characters:
            raise ValueError(
                f"characters must be in 0 … {self.characters - 1}; got {text.min()} … {text.max()}"
            )

    def loss_and_grad(self, theta: np.ndarray, batch: tuple) -> tuple[np.ndarray, np.ndarray]:
        """The batch is one int array of shape (..., n, T + 1): windows of the text.

        The loss is the mean of −log of the probability given to each next character, in nats.
        """
        (text,) = batch
        *_, n, length = text.shape
        T, V, H = length - 1, self.characters, self.hidden
        # Time leads the examples from here on, so that h[t] is one block.
        text = np.moveaxis(text, -1, -2)
        seen = np.eye(V)[text[..., :-1, :]].reshape(*text.shape[:-2], T * n, V)
        p = self.split(theta)
        x = (seen @ p["Wx"] + p["b"][..., None, :]).reshape(*theta.shape[:-1], T, n, H)
        h = np.zeros((*theta.shape[:-1], T + 1, n, H))  # h[t] is the state before character t
        for t in range(T):
            h[..., t + 1, :, :] = np.tanh(x[..., t, :, :] + h[..., t, :, :] @ p["Wh"])
        flat = h[..., 1:, :, :].reshape(*theta.shape[:-1], T * n, H)
        next_ones = text[..., 1:, :].reshape(*text.shape[:-2], T * n)
        loss, dz = cross_entropy(flat @ p["Wo"] + p["c"][..., None, :], next_ones)

        dh = (dz @ np.swapaxes(p["Wo"], -1, -2)).reshape(*theta.shape[:-1], T, n, H)
        Wh_transposed = np.swapaxes(p["Wh"], -1, -2)
        for t in reversed(range(T)):  # dh[t] becomes the gradient with respect to tanh's argument
            if t < T - 1:
                dh[..., t, :, :] += dh[..., t + 1, :, :] @ Wh_transposed
            dh[..., t, :, :] *= 1 - h[..., t + 1, :, :] ** 2
        da = dh.reshape(*theta.shape[:-1], T * n, H)
        before = h[..., :-1, :, :].reshape(*theta.shape[:-1], T * n, H)
        grad = {
            "Wx": np.swapaxes(seen, -1, -2) @ da,
            "Wh": np.swapaxes(before, -1, -2) @ da,
            "b": da.sum(axis=-2),
            "Wo": np.swapaxes(flat, -1, -2) @ dz,
            "c": dz.sum(axis=-2),
        }
        return loss, self.join(grad)

    def write(
        self,
        theta: np.ndarray,
        first: int,
        length: int,
        seed: int = 0,
        temperature: float = 1.0,
    ) -> np.ndarray:
        """Let the network write: draw a character, feed it back, draw the next.

        Parameters
        ----------
        theta : array of shape (..., P)
        first : int
            The character to begin with; it is not part of the result.
        length : int ≥ 1
        seed : int, default 0
            All runs use the same random numbers.
        temperature : float > 0, default 1
            The scores are divided by it: below 1, the network prefers what it is sure of.

        Returns
        -------
        int array of shape (..., length)
        """
        temperature = number("temperature", temperature, POSITIVE)
        p, lead = self.split(theta), theta.shape[:-1]
        chance = np.random.default_rng(seed).random(whole_number("length", length, least=1))
        now = np.full(lead, first)
        h, written = np.zeros((*lead, 1, self.hidden)), []
        for u in chance:
            x = np.take_along_axis(p["Wx"], now[..., None, None], axis=-2)
            h = np.tanh(x + h @ p["Wh"] + p["b"][..., None, :])
            z = (h @ p["Wo"] + p["c"][..., None, :])[..., 0, :] / temperature
            likely = np.exp(z - z.max(axis=-1, keepdims=True)).cumsum(axis=-1)
            now = (likely < u * likely[..., -1:]).sum(axis=-1)
            written.append(now)
        return np.stack(written, axis=-1)
