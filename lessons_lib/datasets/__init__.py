"""Data that every installation already has: nothing is downloaded.

>>> documents, labels = docstrings()
>>> len(documents) == len(labels) > 2000
True
"""

from .clicks import clicks
from .ratings import ratings
from .text import bag_of_words, docstrings, documentation, words_and_pairs

__all__ = [
    "bag_of_words",
    "clicks",
    "docstrings",
    "documentation",
    "ratings",
    "words_and_pairs",
]
