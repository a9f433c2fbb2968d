"""Adaptive Steps: the helper package behind the lessons."""

from .descent import Path, descend, endpoints
from .optimizers import (
    OPTIMIZERS,
    SGD,
    Adadelta,
    AdaBound,
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
