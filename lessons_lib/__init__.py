"""Adaptive Steps: the helper package behind the lessons."""

from .descent import Path, descend, endpoints
from .exercises import check, predict, reveal
from .optimizers import (
    OPTIMIZERS,
    SGD,
    AdaBound,
    Adadelta,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    FullAdaGrad,
    Momentum,
    Nesterov,
    RMSprop,
    SGDLinear,
    like,
)
from .surfaces import SURFACES, bowl, rotated, scaled

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "SURFACES",
    "AMSGrad",
    "AdaBound",
    "AdaGrad",
    "Adadelta",
    "Adam",
    "AdamW",
    "FullAdaGrad",
    "Momentum",
    "Nesterov",
    "Path",
    "RMSprop",
    "SGDLinear",
    "bowl",
    "check",
    "descend",
    "endpoints",
    "like",
    "predict",
    "reveal",
    "rotated",
    "scaled",
]
