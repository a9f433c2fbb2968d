"""What lessons 06, 07 and 09 train: small models whose gradients are written by hand.

A model keeps all parameters of one run in one flat vector. θ has the shape (..., P), and its
leading axes are runs: one optimizer × one rate × one seed each. So every `Optimizer` trains every
model, and a thousand runs go through the same few matrix products. A model has

``size``
    P.
``init(seeds)``
    The initial θ of each seed, shape (*seeds.shape, P).
``check(data)``
    Refuses data that it cannot learn from, and says why.
``loss_and_grad(theta, batch)``
    The loss, of shape theta.shape[:-1], and its gradient, of the shape of θ. The arrays of a batch
    may have leading run axes too, which broadcast to those of θ.

Models of words, users and items (`logistic`, `factors`, `embeddings`) keep a table of rows
instead, because each batch touches only a few of them: see `lessons_lib.models.rows`.

>>> import numpy as np
>>> model = MLP((2, 3, 1), loss="squares")
>>> theta = model.init(np.arange(5))  # five runs
>>> loss, grad = model.loss_and_grad(theta, (np.ones((4, 2)), np.ones((4, 1))))
>>> theta.shape, loss.shape, grad.shape
((5, 13), (5,), (5, 13))
"""

from .base import Model
from .gan import GAN
from .networks import CNN, MLP
from .policy import GridWorld
from .recurrent import Recurrent

__all__ = ["CNN", "GAN", "MLP", "GridWorld", "Model", "Recurrent"]
