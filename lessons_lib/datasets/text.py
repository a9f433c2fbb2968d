"""Real text: what Python's own documentation says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from types import ModuleType

import numpy as np

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
    return list(documents), np.array(list(documents.values()))


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
    found = [set(re.findall(r"[a-z]{2,}", text.lower())) for text in documents]
    count = Counter(word for words in found for word in words)
    words = sorted(count, key=lambda word: (-count[word], word))[:size]
    column = {word: i for i, word in enumerate(words)}
    X = np.zeros((len(documents), len(words)))
    for row, present in enumerate(found):
        X[row, [column[word] for word in present if word in column]] = 1
    return X, words


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
