"""Exercises that answer at once, offline, and name the misconception.

In a lesson: ``check("03.adagrad_step", my_function)`` after each attempt; ``predict(...)`` before
a surprising result and ``reveal(...)`` after it.

To add an exercise, write one `exercise(...)` in the module of its lesson.
"""

import importlib
import pkgutil

from .checking import EXERCISES, Exercise, Feedback, Mistake, check
from .predictions import predict, reveal

for module in pkgutil.iter_modules(__path__):  # each fills EXERCISES with its lesson's
    if module.name.startswith("lesson_"):
        importlib.import_module(f"{__name__}.{module.name}")

__all__ = ["EXERCISES", "Exercise", "Feedback", "Mistake", "check", "predict", "reveal"]
