"""Generated data in the form of film ratings. No real person watched anything."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..validation import whole_number


class Ratings(NamedTuple):
    """What `ratings` returns: three arrays of one length.

    Attributes
    ----------
    user, item : int arrays
        Items are numbered by popularity, the most popular first.
    stars : float array
        The rating minus the mean of all.
    """

    user: np.ndarray
    item: np.ndarray
    stars: np.ndarray


def ratings(
    n: int = 30_000, users: int = 600, items: int = 400, noise: float = 0.5, seed: int = 0
) -> Ratings:
    """Who gave how many stars to what: generated, with the popularity skew that ratings have.

    The k-th user rates, and the k-th item is rated, with probability proportional to 1/(k + 3).
    A rating is p·q plus Gaussian noise, where each user has a p and each item a q of three numbers
    drawn from a normal distribution and scaled so that p·q has variance 1. The same pair may be
    rated more than once.

    Parameters
    ----------
    n : int, default 30000
        How many ratings.
    users, items : int, defaults 600 and 400
    noise : float, default 0.5
        Standard deviation of the noise: no method's error can be below it, but by luck.
    seed : int, default 0

    Returns
    -------
    Ratings
        In random order.
    """
    n, users, items = (
        whole_number(name, v, 1) for name, v in (("n", n), ("users", users), ("items", items))
    )
    rng = np.random.default_rng(whole_number("seed", seed))
    p, q = (rng.standard_normal((size, 3)) / 3**0.25 for size in (users, items))
    user, item = (_skewed(rng, n, size) for size in (users, items))
    stars = (p[user] * q[item]).sum(axis=1) + noise * rng.standard_normal(n)
    return Ratings(user, item, stars - stars.mean())


def _skewed(rng: np.random.Generator, n: int, size: int) -> np.ndarray:
    share = np.cumsum(1 / (np.arange(size) + 4.0))
    return np.searchsorted(share / share[-1], rng.random(n))
