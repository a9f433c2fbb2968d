"""Word embeddings: skip-gram with negative sampling.

Mikolov, Sutskever, Chen, Corrado and Dean 2013, arXiv:1310.4546, with one simplification: the
random words are drawn once for a batch, not for each of its pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..large import coalesce
from ..optimizers import Optimizer
from ..validation import whole_number
from .rows import Table


def vocabulary(texts: Sequence[Sequence[str]], least: int = 5) -> tuple[list[str], np.ndarray]:
    """The words that occur at least so often, the commonest first, and how often each does.

    Raises
    ------
    ValueError
        If there are none.
    """
    count = Counter(word for text in texts for word in text)
    words = sorted((w for w in count if count[w] >= least), key=lambda w: (-count[w], w))
    if not words:
        raise ValueError(
            f"texts must have words that occur at least {least} times; none of {len(count)} does"
        )
    return words, np.array([count[w] for w in words])


def pairs(
    texts: Sequence[Sequence[str]], words: Sequence[str], window: int = 4, seed: int = 0
) -> np.ndarray:
    """Words that stand near each other: rows (centre, context) in random order.

    Very common words are left out at random, as in the paper: a word that makes up the share f
    of the text is kept with probability √(10⁻⁴/f), if that is below 1.

    Parameters
    ----------
    texts : sequence of sequences of str
    words : sequence of str
        Other words are passed over.
    window : int, default 4
        How far apart the two may stand, after the words are left out.
    seed : int, default 0

    Returns
    -------
    int array of shape (pairs, 2)
        Indices into words; each pair in both directions.
    """
    rng, number = np.random.default_rng(seed), {word: i for i, word in enumerate(words)}
    tokens = [[number[w] for w in text if w in number] for text in texts]
    flat = np.array([t for text in tokens for t in text], dtype=int)
    if not flat.size:
        raise ValueError("texts must contain some of the words; got none of them")
    home = np.repeat(np.arange(len(tokens)), [len(text) for text in tokens])
    share = np.bincount(flat, minlength=len(words)) / flat.size
    kept = rng.random(flat.size) < np.sqrt(1e-4 / share[flat])
    flat, home = flat[kept], home[kept]
    found = []
    for distance in range(1, whole_number("window", window, least=1) + 1):
        near = np.stack([flat[:-distance], flat[distance:]], axis=1)
        near = near[home[:-distance] == home[distance:]]
        found += [near, near[:, ::-1]]
    return rng.permutation(np.concatenate(found))


class SkipGram:
    """The table of word vectors, for several runs side by side.

    The first half of the rows are the vectors v of words as centres, which are the embeddings;
    the second half are the vectors u of words as context.

    Parameters
    ----------
    words : int
        Size of the vocabulary.
    d : int
        Numbers to a vector.
    negatives : int, default 5
        How much the random words weigh, in words to a pair.
    """

    def __init__(self, words: int, d: int, negatives: int = 5):
        self.words, self.d, self.negatives = words, d, negatives

    def init(self, runs: int, seed: int = 0) -> np.ndarray:
        """Small random centres, contexts 0, the same in each run: shape (2 words, runs, d)."""
        v = np.random.default_rng(seed).uniform(-0.5, 0.5, (self.words, 1, self.d)) / self.d
        return np.repeat(np.concatenate([v, np.zeros_like(v)]), runs, 1)

    def loss_and_grad(self, x, pair, noise):
        """Mean of −ln σ(u·v) − (negatives/m) Σ ln σ(−u'·v) over a batch of pairs.

        Parameters
        ----------
        x : array of shape (2 words, runs, d)
        pair : int array of shape (b, 2)
            Centre and context.
        noise : int array of shape (m,)
            Random words, whose context vectors are the u'.

        Returns
        -------
        loss : array of shape (runs,)
        g : array of shape (k, runs, d)
            The gradients of the rows that occur.
        rows : int array of shape (k,)
        """
        b, m = len(pair), len(noise)
        rows = np.concatenate([pair[:, 0], self.words + pair[:, 1], self.words + noise])
        v, u, w = np.split(x[rows].transpose(1, 0, 2), [b, 2 * b], axis=1)  # (runs, ·, d)
        near = (v * u).sum(axis=-1)
        far = v @ w.swapaxes(1, 2)
        weight = self.negatives / m
        loss = np.logaddexp(0, -near).mean(1) + weight * np.logaddexp(0, far).sum(2).mean(1)
        pull = (_sigmoid(near) - 1)[..., None] / b
        push = weight / b * _sigmoid(far)
        g = np.concatenate([pull * u + push @ w, pull * v, push.swapaxes(1, 2) @ v], axis=1)
        rows, g = coalesce(rows, g.transpose(1, 0, 2))
        return loss, g, rows


def fit_embeddings(
    model: SkipGram,
    pair: np.ndarray,
    count: np.ndarray,
    opt: Optimizer,
    batch: int = 256,
    noise: int = 64,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """One pass over the pairs, in their order.

    Parameters
    ----------
    model : SkipGram
    pair : int array of shape (n, 2)
    count : array of shape (words,)
        How often each word occurs: a random word is drawn with probability ∝ count^0.75.
    opt : Optimizer
        Its rate is an array of shape (runs,).
    batch, noise : int, defaults 256 and 64
        Pairs to a step, and random words to a step.
    seed : int, default 0
        Of the first vectors and of the random words.

    Returns
    -------
    x : array of shape (2 words, runs, d)
    losses : array of shape (steps, runs)
        Of each batch before it was learned from.
    """
    pair = np.asarray(pair)
    if pair.ndim != 2 or pair.shape[1] != 2 or len(pair) < batch:
        raise ValueError(f"pair must have shape (n, 2) with n ≥ {batch}; got {pair.shape}")
    if pair.min() < 0 or pair.max() >= model.words:
        raise ValueError(f"pair must lie between 0 and {model.words - 1}; got {pair.max()}")
    steps, rng = len(pair) // batch, np.random.default_rng(seed)
    share = np.cumsum(np.asarray(count) ** 0.75)
    table = Table(model.init(np.size(opt.lr), seed), opt.for_run(steps))
    losses = np.empty((steps, np.size(opt.lr)))
    with np.errstate(all="ignore"):  # a diverging run is an answer
        for t in range(steps):
            drawn = np.searchsorted(share / share[-1], rng.random(noise))
            part = pair[t * batch : (t + 1) * batch]
            losses[t], g, rows = model.loss_and_grad(table.x, part, drawn)
            table.step(g, rows)
    return table.x, losses


def neighbours(v: np.ndarray, i: int, k: int = 5) -> np.ndarray:
    """Indices of the k words whose vectors make the smallest angle with that of word i.

    Parameters
    ----------
    v : array of shape (words, d)
    i : int
    k : int, default 5
    """
    unit = v / np.linalg.norm(v, axis=1, keepdims=True)
    near = np.argsort(-(unit @ unit[i]), kind="stable")
    return near[near != i][:k]


def _sigmoid(s: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * s))  # without overflow
