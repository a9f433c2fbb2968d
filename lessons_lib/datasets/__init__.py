"""Data that every installation already has, or that is generated: nothing is downloaded.

>>> documents, labels = docstrings()
>>> len(documents) == len(labels) > 2000
True
"""

from .clicks import clicks
from .ratings import ratings
from .small import diabetes, digits
from .text import bag_of_words, docstrings, documentation, words_and_pairs

__all__ = [
    "bag_of_words",
    "clicks",
    "diabetes",
    "digits",
    "docstrings",
    "documentation",
    "ratings",
    "words_and_pairs",
]
