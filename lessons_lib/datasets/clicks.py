"""Generated data in the form of advertising logs. No real person clicked on anything."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
from scipy import sparse

from ..validation import whole_number

FIELDS, BUCKETS = 12, 2**14


class Clicks(NamedTuple):
    """What `clicks` returns.

    Attributes
    ----------
    X : sparse array of shape (n, 2¹⁴)
        Which hashed features each example has: one for each of the twelve fields, so most rows
        hold twelve ones (fewer entries, and a 2, where two fields collide).
    y : int array of shape (n,)
        1 for a click.
    probability : array of shape (n,)
        The probability of a click with which y was drawn. No method can know more.
    """

    X: sparse.csr_array
    y: np.ndarray
    probability: np.ndarray


def clicks(n: int = 20_000, seed: int = 0, informative: str = "all") -> Clicks:
    """Who clicked on which advertisement: generated, with the power law that such logs have.

    Each example has a value in each of twelve fields (think of page, city, advertiser). Field j
    has 30·2^(j/1.5) values, of which the k-th occurs with probability proportional to 1/k. The
    pair of field and value is hashed to one of 2¹⁴ columns, as one does when nobody can list all
    values beforehand. A click has probability 1/(1 + e^(−s)), where s sums a weight for each value,
    drawn once from a normal distribution.

    Parameters
    ----------
    n : int, default 20000
    seed : int, default 0
    informative : "all" or "frequent", default "all"
        Which values have a weight: all of them, with standard deviation 0.8; or only the three
        commonest of each field, with standard deviation 1.

    Returns
    -------
    Clicks
    """
    n = whole_number("n", n, least=1)
    if informative not in ("all", "frequent"):
        raise ValueError(f"informative must be 'all' or 'frequent'; got {informative!r}")
    rng = np.random.default_rng(whole_number("seed", seed))
    columns, score = np.empty((n, FIELDS), np.int32), np.zeros(n)
    for j in range(FIELDS):
        values = int(30 * 2 ** (j / 1.5))
        share = np.cumsum(1 / np.arange(1, values + 1))
        value = np.searchsorted(share / share[-1], rng.random(n))
        weight = rng.standard_normal(values)
        weight = 0.8 * weight if informative == "all" else weight * (np.arange(values) < 3)
        hashed = [zlib.crc32(f"{j}={v}".encode()) % BUCKETS for v in range(values)]
        columns[:, j], score = np.array(hashed)[value], score + weight[value]
    probability = 1 / (1 + np.exp(-score))
    y = (rng.random(n) < probability).astype(int)
    ends = np.arange(0, columns.size + 1, FIELDS, dtype=np.int32)
    X = sparse.csr_array((np.ones(columns.size), columns.ravel(), ends), (n, BUCKETS))
    X.sum_duplicates()
    return Clicks(X, y, probability)
