"""An abstract picture, made of formulas, for a network to paint."""

from __future__ import annotations

import numpy as np

from ..validation import whole_number

_COLOURS = np.array(
    [
        [0.93, 0.88, 0.76],  # sand
        [0.14, 0.25, 0.45],  # night blue
        [0.82, 0.28, 0.18],  # brick
        [0.95, 0.72, 0.20],  # saffron
        [0.20, 0.52, 0.48],  # sea green
    ]
)


def coordinates(side: int) -> np.ndarray:
    """What the painting network is told of each pixel: shape (side², 14).

    x and y in [−1, 1], and sine and cosine of kπx and kπy for k = 1, 2, 4: with the two numbers
    alone, edges are learned much more slowly (Tancik et al. 2020, arXiv:2006.10739).
    """
    axis = np.linspace(-1, 1, whole_number("side", side, least=2))
    y, x = (a.ravel() for a in np.meshgrid(axis, axis, indexing="ij"))
    columns = [x, y]
    for k in (1, 2, 4):
        columns += [f(k * np.pi * a) for a in (x, y) for f in (np.sin, np.cos)]
    return np.stack(columns, axis=1)


def abstract(side: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """A picture of a disc, a ring, a wave and a stripe, as data for a network.

    Parameters
    ----------
    side : int ≥ 2, default 32
        Pixels along each side.

    Returns
    -------
    X : array of shape (side², 14)
        `coordinates` of the pixels, row after row.
    y : array of shape (side², 3)
        Red, green and blue, each in [0, 1].
    """
    X = coordinates(side)
    x, y = X[:, 0], X[:, 1]
    paint = np.zeros(side**2, int)
    paint[y > 0.45 + 0.2 * np.sin(4 * x)] = 4
    paint[np.abs(y - 0.8 * x - 0.1) < 0.12] = 3
    paint[np.hypot(x - 0.35, y + 0.35) < 0.42] = 2
    ring = np.hypot(x + 0.45, y - 0.05)
    paint[(ring > 0.28) & (ring < 0.44)] = 1
    return X, _COLOURS[paint]
