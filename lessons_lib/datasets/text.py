"""Real text: what Python's own documentation says."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import ModuleType

import numpy as np
from scipy import sparse

# Importing one of these opens a window or a browser, prints, or belongs to one system only.
_LEAVE = {"antigravity", "this", "idlelib", "turtle", "turtledemo", "tkinter", "test", "pydoc_data"}


def docstrings() -> tuple[list[str], np.ndarray]:
    """Short texts of two kinds, for the question "which package wrote this docstring?".

    The texts are the docstrings of the public modules, classes, functions and methods of
    Python's standard library (label 0) and of Matplotlib (label 1), as installed here. They
    therefore differ a little between versions and systems: draw conclusions from them, but do
    not print their digits. Only what says of itself (``__module__``) that it belongs to the
    package is taken, each text once, in alphabetical order of its name; the names of the packages
    are taken out of the texts, because they would give the answer away.

    Returns
    -------
    documents : list of str
    labels : int array of shape (number of documents,)
    """
    texts, labels = _corpus()
    return list(texts), np.array(labels)


@functools.cache  # to import all these modules, and to read them, takes a second
def _corpus() -> tuple[tuple[str, ...], tuple[int, ...]]:
    matplotlib = importlib.import_module("matplotlib")
    standard = sorted(n for n in sys.stdlib_module_names if n[0] != "_" and n not in _LEAVE)
    ours = sorted(
        f"matplotlib.{m.name}"
        for m in pkgutil.iter_modules(matplotlib.__path__)
        if m.name[0] != "_" and m.name not in ("tests", "testing", "backends", "pylab")
    )
    documents: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some modules and members are deprecated in some versions
        for label, names in enumerate((standard, ours)):
            for module in _imported(names):
                for text in _texts(module, module.__name__.split(".")[0]):
                    documents.setdefault(re.sub(r"(?i)matplotlib|python|mpl\b", " ", text), label)
    return tuple(documents), tuple(documents.values())


def bag_of_words(documents: Sequence[str], size: int) -> tuple[np.ndarray, list[str]]:
    """Which of the commonest words occur in which document.

    Parameters
    ----------
    documents : sequence of str
    size : int
        How many words: those that occur in most documents; ties in alphabetical order.

    Returns
    -------
    X : array of shape (documents, size)
        1 where the word occurs, else 0.
    words : list of str
        The commonest first.
    """
    found = [set(_words(text)) for text in documents]
    count = Counter(word for words in found for word in words)
    words = sorted(count, key=lambda word: (-count[word], word))[:size]
    column = {word: i for i, word in enumerate(words)}
    X = np.zeros((len(documents), len(words)))
    for row, present in enumerate(found):
        X[row, [column[word] for word in present if word in column]] = 1
    return X, words


def words_and_pairs(documents: Sequence[str]) -> tuple[sparse.csr_array, list[str]]:
    """Which words, and which pairs of neighbouring words, occur in which document.

    Only those that occur in at least three documents.

    Parameters
    ----------
    documents : sequence of str

    Returns
    -------
    X : sparse array of shape (documents, features)
        1 where the feature occurs.
    features : list of str
        A word, or two with a space between; the commonest first, ties in alphabetical order.

    Raises
    ------
    ValueError
        If no word occurs in three documents.
    """
    found = [{*words, *map(" ".join, pairwise(words))} for words in map(_words, documents)]
    count = Counter(feature for present in found for feature in present)
    features = sorted((f for f in count if count[f] >= 3), key=lambda f: (-count[f], f))
    if not features:
        raise ValueError(
            f"documents must share words; got {len(documents)}, and no word is in three of them"
        )
    column = {feature: i for i, feature in enumerate(features)}
    rows = [sorted(column[f] for f in present if f in column) for present in found]
    ends = np.cumsum([0, *map(len, rows)], dtype=np.int32)  # scikit-learn wants 32 bits
    columns = np.array([i for row in rows for i in row], dtype=np.int32)
    shape = (len(rows), len(features))
    return sparse.csr_array((np.ones(len(columns)), columns, ends), shape), features


def documentation() -> list[list[str]]:
    """Running text for word embeddings: all words of each document, in their order.

    The texts are those of `docstrings`, without the question who wrote them, and the topics of
    Python's ``help()``, such as the one on assignments.
    """
    topics = importlib.import_module("pydoc_data.topics").topics
    return [_words(text) for text in (*docstrings()[0], *(topics[name] for name in sorted(topics)))]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]{2,}", text.lower())


def _imported(names: Sequence[str]) -> Iterator[ModuleType]:
    for name in names:
        try:
            module = importlib.import_module(name)
        except Exception:  # not on this system, or not in this version
            continue
        yield module


def _texts(thing: ModuleType | type, package: str) -> Iterator[str]:
    """The docstrings of a module or class and of its public members that belong to `package`."""
    if isinstance(thing.__doc__, str):
        yield inspect.cleandoc(thing.__doc__)
    for name, member in sorted(vars(thing).items()):
        home = getattr(member, "__module__", None) or ""
        if name[0] == "_" or str(home).split(".")[0] != package:
            continue
        if inspect.isclass(member):
            if isinstance(thing, ModuleType):
                yield from _texts(member, package)
        elif callable(member) and isinstance(member.__doc__, str):
            yield inspect.cleandoc(member.__doc__)
