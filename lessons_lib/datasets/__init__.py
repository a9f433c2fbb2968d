"""Data that every installation already has: nothing is downloaded.

>>> documents, labels = docstrings()
>>> len(documents) == len(labels) > 2000
True
"""

from .small import diabetes, digits
from .text import bag_of_words, docstrings

__all__ = ["bag_of_words", "diabetes", "digits", "docstrings"]
