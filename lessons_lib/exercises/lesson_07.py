"""The exercises of lesson 07."""

import numpy as np

from .checking import Mistake, exercise

_rng = np.random.default_rng(7)


def _softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _onehot(z, y):
    return np.eye(z.shape[1])[y]


exercise(
    "07.softmax_gradient",
    solution=lambda z, y: (_softmax(z) - _onehot(z, y)) / len(y),
    cases=[
        (np.array([[1.0, 2.0, -1.0], [0.0, 0.5, 0.3]]), np.array([1, 2])),
        (_rng.standard_normal((5, 4)), np.array([0, 3, 1, 1, 2])),
    ],
    mistakes=[
        Mistake(
            lambda z, y: (_onehot(z, y) - _softmax(z)) / len(y),
            "The sign is reversed: a descent step along this would lower the score of the true "
            "class. Should the gradient of the true class be negative or positive?",
        ),
        Mistake(
            lambda z, y: _softmax(z) - _onehot(z, y),
            "This is the gradient of the sum over the examples. The loss is their mean, so that "
            "the rate need not change with the size of the batch.",
        ),
        Mistake(
            lambda z, y: (_softmax(z) - _onehot(z, y)) / z.size,
            "You divided by all entries of z. The loss is a mean over the examples alone.",
        ),
        Mistake(
            lambda z, y: _softmax(z) / len(y),
            "The true class is not in it. What does −log p change when the score of class y moves?",
        ),
        Mistake(
            lambda z, y: (_softmax(z, axis=0) - _onehot(z, y)) / len(y),
            "Your probabilities sum to 1 over the examples. They belong to the classes of one "
            "example: which axis is that?",
        ),
        Mistake(
            lambda z, y: (_softmax(z, axis=None) - _onehot(z, y)) / len(y),
            "Your probabilities sum to 1 over the whole table. Each row has its own.",
        ),
        Mistake(
            lambda z, y: (_softmax(z) - y[:, None]) / len(y),
            "y is the number of a class, not a probability. Which row of probabilities would be "
            "right for a class?",
        ),
        Mistake(
            lambda z, y: -_onehot(z, y) / _softmax(z) / len(y),
            "This is the gradient with respect to the probabilities. One step of the chain rule, "
            "back to the scores, is missing.",
        ),
        Mistake(
            lambda z, y: (z - _onehot(z, y)) / len(y),
            "The scores themselves stand where probabilities belong.",
        ),
        Mistake(
            lambda z, y: -np.log(_softmax(z)[np.arange(len(y)), y]).mean(),
            "This is the loss. The exercise wants its gradient, an array of the shape of z.",
        ),
    ],
    look="section 1, the example with three classes",
)


def _hidden(X, a, dz, W2, slope=lambda a: a > 0):
    return X.T @ ((dz @ W2.T) * slope(a))


def _layer(n, inputs, units):
    """Inputs, what the bend lets through, an error behind, and square weights behind."""
    X, z, dz = (_rng.standard_normal((n, k)) for k in (inputs, units, units))
    return X, np.maximum(z, 0), dz, _rng.standard_normal((units, units))


exercise(
    "07.hidden_gradient",
    solution=_hidden,
    cases=[_layer(4, 3, 2), _layer(5, 2, 3)],
    mistakes=[
        Mistake(
            lambda X, a, dz, W2: _hidden(X, a, dz, W2, lambda a: 1.0),
            "The error passed the bend as if it were not there (a is nowhere below 0, so a >= 0 is "
            "always true). What is the slope where a is 0?",
        ),
        Mistake(
            lambda X, a, dz, W2: _hidden(X, a, dz, W2, lambda a: 1 - a**2),
            "1 − a² is the slope of tanh. This layer has another bend.",
        ),
        Mistake(
            lambda X, a, dz, W2: _hidden(X, a, dz, W2, lambda a: a),
            "You multiplied by what comes out of the bend. The chain rule asks for its slope.",
        ),
        Mistake(
            lambda X, a, dz, W2: _hidden(X, a, dz, W2, lambda a: a == 0),
            "You let the error through where the unit was off, and stopped it where it was on.",
        ),
        Mistake(
            lambda X, a, dz, W2: _hidden(X, a, dz, W2.T),
            "W2 carried the scores forwards. On the way back its rows and columns change places.",
        ),
        Mistake(
            lambda X, a, dz, W2: _hidden(X, a, dz, W2) / len(X),
            "You divided by the batch again: dz has that already.",
        ),
        Mistake(
            lambda X, a, dz, W2: a.T @ dz,
            "This is the gradient of W2. W1 lies one layer further back.",
        ),
        Mistake(
            lambda X, a, dz, W2: _hidden(X, a, dz, W2).T,
            "This is the transpose: W1 has a row for each input and a column for each unit.",
        ),
        Mistake(
            lambda X, a, dz, W2: (dz @ W2.T) * (a > 0),
            "This is the error at the hidden units, one row an example. How does a weight of W1, "
            "which leads there from an input, share in it?",
        ),
    ],
    look="section 1, where the error goes back one layer",
)

exercise(
    "07.initial_scale",
    solution=lambda inputs, units, v: 1 / np.sqrt(inputs * v),
    cases=[(64, 32, 0.5), (9, 8, 4.0), (400, 10, 1.0)],
    mistakes=[
        Mistake(
            lambda inputs, units, v: 1 / (inputs * v),
            "That is the variance. What is its standard deviation?",
        ),
        Mistake(
            lambda inputs, units, v: 1 / np.sqrt(inputs),
            "Right for inputs of variance 1. What if they are larger?",
        ),
        Mistake(
            lambda inputs, units, v: np.sqrt(v / inputs),
            "Larger inputs need smaller weights: yours grow with v.",
        ),
        Mistake(
            lambda inputs, units, v: 1 / (v * np.sqrt(inputs)),
            "You treated v as a standard deviation. It is a variance.",
        ),
        Mistake(
            lambda inputs, units, v: 1 / np.sqrt(units * v),
            "You counted the units of the layer. How many terms has the sum that one unit takes?",
        ),
        Mistake(
            lambda inputs, units, v: 1 / np.sqrt(inputs * units * v),
            "You counted the weights of the whole layer. Each unit takes a sum of its own: how "
            "many terms has it?",
        ),
        Mistake(
            lambda inputs, units, v: np.sqrt(2 / (inputs * v)),
            "The factor 2 makes up for the half that ReLU cuts off. Here it is the sum itself that "
            "is to have variance 1.",
        ),
        Mistake(
            lambda inputs, units, v: np.sqrt(inputs * v),
            "With this the sum would be larger than one input, and by a factor that grows with "
            "their number. Which way must the weights go?",
        ),
        Mistake(
            lambda inputs, units, v: 0.0,
            "Then all units are equal, and so are their gradients: they would stay equal for ever.",
        ),
    ],
    look="section 1, on the first weights",
)


def _reinforce(scores, moves, weights, minus=_softmax):
    return -(weights[:, None] * (np.eye(len(scores))[moves] - minus(scores))).mean(axis=0)


exercise(
    "07.reinforce",
    solution=lambda scores, moves, returns, baseline: _reinforce(scores, moves, returns - baseline),
    cases=[
        (np.array([0.2, -0.5, 1.0]), np.array([0, 2, 2, 1]), np.array([1.0, 0.3, -0.5, 0.9]), 0.1),
        (np.array([0.0, 0.7]), np.array([1, 1, 0, 1, 0]), np.array([3.0, 2.5, 1.0, 2.0, 2.2]), 1.5),
    ],
    mistakes=[
        Mistake(
            lambda scores, moves, returns, baseline: _reinforce(scores, moves, returns),
            "There is no baseline: if all returns are positive, every move that was tried becomes "
            "more likely, the bad ones too.",
        ),
        Mistake(
            lambda scores, moves, returns, baseline: -_reinforce(scores, moves, returns - baseline),
            "This is the direction in which the return grows. An optimizer walks downhill on a "
            "loss: what is the loss here?",
        ),
        Mistake(
            lambda scores, moves, returns, baseline: _reinforce(
                scores, moves, returns - baseline, minus=np.zeros_like
            ),
            "onehot alone is not the gradient of ln p: raising one score also changes the "
            "denominator of the softmax.",
        ),
        Mistake(
            lambda scores, moves, returns, baseline: _reinforce(
                scores, moves, returns - baseline, minus=np.copy
            ),
            "You subtracted the scores. They are not probabilities: how does the policy make "
            "probabilities of them?",
        ),
        Mistake(
            lambda scores, moves, returns, baseline: (
                len(moves) * _reinforce(scores, moves, returns - baseline)
            ),
            "This is the sum over the episodes. The loss is a mean.",
        ),
        Mistake(
            lambda scores, moves, returns, baseline: _reinforce(scores, moves, returns + baseline),
            "The baseline was added. It is what one expects, so one compares with it.",
        ),
        Mistake(
            lambda scores, moves, returns, baseline: _reinforce(
                scores, moves, returns - returns.mean()
            ),
            "You took the mean of these returns. Here the baseline is given.",
        ),
        Mistake(
            lambda scores, moves, returns, baseline: _reinforce(
                scores, moves, (returns - baseline) / returns.std()
            ),
            "Dividing by the spread is a common extra, but not asked for here: it changes the "
            "length of the gradient.",
        ),
    ],
    look="section 6, the formula with the baseline",
)

_losses = np.array(
    [
        [[0.9, 0.8, 0.7], [0.30, 0.50, 0.55], [0.10, 0.9, 1.9], [0.56, 0.57, 0.58]],
        [[0.2, 0.3, 0.31], [0.22, 0.24, 0.9], [0.1, 0.32, 0.33], [9.0, 8.0, 7.0]],
        [[2.0, 2.1, 2.2], [1.0, 1.1, 1.2], [0.9, 0.6, 0.5], [0.4, 0.65, np.inf]],
    ]
)

_other_losses = np.array(
    [
        [[0.1, 0.9, 0.9], [0.3, 0.3, 0.3], [0.8, 0.7, 0.1], [0.9, 0.1, 0.9]],
        [[0.2, 0.25, np.inf], [0.4, 0.5, 0.6], [0.1, np.inf, np.inf], [0.9, 0.8, 0.7]],
        [[0.5, 0.6, 0.75], [0.2, 0.9, 0.8], [0.65, 0.1, 0.9], [0.7, 0.66, 0.3]],
    ]
)


def _without_diverged(losses):
    return np.nanmedian(np.where(np.isfinite(losses), losses, np.nan), axis=2).argmin(axis=1)


exercise(
    "07.choose_rates",
    solution=lambda losses: np.median(losses, axis=2).argmin(axis=1),
    cases=[(_losses,), (_other_losses,)],
    mistakes=[
        Mistake(
            lambda losses: losses.mean(axis=2).argmin(axis=1),
            "The mean: one seed that went wrong decides then. Which summary does not care how far "
            "out a single seed is?",
        ),
        Mistake(
            lambda losses: losses.min(axis=2).argmin(axis=1),
            "You let each rate show its luckiest seed. A rate is to be good on most.",
        ),
        Mistake(
            lambda losses: losses[:, :, 0].argmin(axis=1),
            "You looked at one seed alone. What do the others say of that rate?",
        ),
        Mistake(
            lambda losses: np.median(losses.argmin(axis=1), axis=1),
            "You let each seed choose a rate, and took the median of the places. First the median "
            "loss of each rate; then the choice.",
        ),
        Mistake(
            _without_diverged,
            "You left the diverged seeds out. A rate must not gain from runs that blew up: inf "
            "takes part as the largest loss there is.",
        ),
        Mistake(
            lambda losses: np.median(
                np.where(np.isinf(losses).any(axis=2, keepdims=True), np.inf, losses), axis=2
            ).argmin(axis=1),
            "You refuse a rate for one diverged seed. The median does not care how far out one "
            "seed is, even at infinity.",
        ),
        Mistake(
            lambda losses: losses.max(axis=2).argmin(axis=1),
            "You judged each rate by its worst seed. The exercise asks for the middle one.",
        ),
        Mistake(
            lambda losses: np.full(len(losses), np.median(losses, axis=2).sum(axis=0).argmin()),
            "All optimizers got the same rate. The η of one is not the η of another: each needs "
            "its own choice.",
        ),
        Mistake(
            lambda losses: np.median(losses, axis=2).argmax(axis=1),
            "You took the highest loss. Less is better.",
        ),
        Mistake(
            lambda losses: np.median(losses, axis=2).min(axis=1),
            "These are the losses. The exercise wants the places of the rates that gave them.",
        ),
        Mistake(
            lambda losses: np.median(losses, axis=2).argmin(axis=0),
            "This is the best optimizer for each rate. Turn the question round.",
        ),
        Mistake(
            lambda losses: np.median(losses, axis=1).argmin(axis=1),
            "The median went over the rates, and the choice over the seeds. Which axis is which?",
        ),
    ],
    look="section 1, how the random search chooses",
)
