"""Two small data sets that come with scikit-learn: pictures of digits, and diabetes patients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..validation import whole_number


class Split(NamedTuple):
    """Data in two parts: to learn from, and to be judged on.

    Attributes
    ----------
    train, test : tuple (X, y)
        Inputs of shape (n, d) and what to predict.
    """

    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


def digits(seed: int = 0) -> Split:
    """1797 handwritten digits as pictures of 8 × 8 pixels, with labels 0 … 9; a fifth is for test.

    The test part of Alpaydin and Kaynak's "Optical Recognition of Handwritten Digits" (UCI
    Machine Learning Repository, 1998), as scikit-learn ships it. One mean and one standard
    deviation, those of all training pixels, standardise all pixels, so that a picture stays one.

    Parameters
    ----------
    seed : int ≥ 0, default 0
        Which pictures are for test.

    Returns
    -------
    Split
        X of shape (n, 64), row after row of the picture; y of shape (n,).
    """
    from sklearn.datasets import load_digits  # a slow import, needed only here

    X, y = load_digits(return_X_y=True)
    train, test = _parts(len(X), seed)
    X = (X - X[train].mean()) / X[train].std()
    return Split((X[train], y[train]), (X[test], y[test]))


def diabetes(seed: int = 0) -> Split:
    """Ten measurements of 442 patients, and how far their diabetes had come a year later.

    The data of Efron, Hastie, Johnstone and Tibshirani, "Least Angle Regression" (Annals of
    Statistics 32, 2004), as scikit-learn ships it. Each column, and the answer, is standardised
    with the mean and standard deviation of the training patients; a fifth is for test.

    Parameters
    ----------
    seed : int ≥ 0, default 0
        Which patients are for test.

    Returns
    -------
    Split
        X of shape (n, 10); y of shape (n, 1), in standard deviations.
    """
    from sklearn.datasets import load_diabetes  # a slow import, needed only here

    X, y = load_diabetes(return_X_y=True, scaled=False)
    train, test = _parts(len(X), seed)

    def standardised(a: Any) -> np.ndarray:
        return (a - a[train].mean(axis=0)) / a[train].std(axis=0)

    X, y = standardised(X), standardised(y)[:, None]
    return Split((X[train], y[train]), (X[test], y[test]))


def _parts(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(whole_number("seed", seed)).permutation(n)
    return order[n // 5 :], order[: n // 5]
