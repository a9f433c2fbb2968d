"""The exercises of lesson 08."""

import numpy as np

from .checking import Mistake, exercise

exercise(
    "08.to_torch",
    solution=lambda learning_rate, epsilon, initial_accumulator_value: (
        learning_rate,
        0.0,
        initial_accumulator_value + epsilon,
    ),
    cases=[(0.1, 1e-3, 0.1), (0.02, 1e-2, 0.0), (1.0, 0.04, 0.5)],
    mistakes=[
        Mistake(
            lambda lr, eps, G0: (lr, eps, G0),
            "Copied as they are: but Keras' ε stands inside the root and PyTorch's outside, so the "
            "same number does something else.",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, np.sqrt(eps), G0),
            "√ε outside is right only where nothing else is under the root. As soon as there is a "
            "gradient, √(G + ε) is less than √G + √ε.",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, eps, G0 + eps),
            "The third number is right. But ε is now counted twice, once inside and once outside.",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, 1e-10, G0 + eps),
            "The third number is right. PyTorch's default for eps is small, but exactness wants "
            "nothing at all outside the root.",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, 0.0, G0),
            "Without any ε the first steps are longer than Keras'. It must be put where it has the "
            "same effect.",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, 0.0, G0 + np.sqrt(eps)),
            "What stands under the root in Keras, G₀, ε or √ε?",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, 0.0, eps),
            "Keras' own initial value is lost: under its root stand both.",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, 0.0, np.sqrt(G0 + eps)),
            "PyTorch's initial value is one of G, not of its root: it is squares that add up in G.",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, np.sqrt(G0 + eps), 0.0),
            "This is right for the very first moment only: a constant outside the root does not "
            "add to the squares.",
        ),
        Mistake(
            lambda lr, eps, G0: (lr, G0 + eps, 0.0),
            "The sum is right, its place is not. Which of PyTorch's arguments goes under the root?",
        ),
    ],
    look="section 4, convention 1: write √(G + ε) with everything that is in G",
)


exercise(
    "08.half_step",
    solution=lambda eps: (eps, np.sqrt(eps / 3)),
    cases=[(1e-2,), (0.09,), (1e-4,)],
    mistakes=[
        Mistake(
            lambda eps: (eps, eps),
            "Inside the root ε is compared with g², not with g.",
        ),
        Mistake(
            lambda eps: (eps, np.sqrt(eps)),
            "With g = √ε the root is √(2ε), so that the step is η/√2, not η/2.",
        ),
        Mistake(
            lambda eps: (np.sqrt(eps / 3), eps),
            "Both are right, in the other order: first outside, then inside.",
        ),
        Mistake(
            lambda eps: (eps, eps / 3),
            "The second number is a square still: solve for g, not for g².",
        ),
        Mistake(
            lambda eps: (eps, np.sqrt(eps) / 3),
            "3g² = ε: the 3 comes under the root too.",
        ),
        Mistake(
            lambda eps: (eps**2, np.sqrt(eps / 3)),
            "Outside the root, G's root is |g| itself: with which number is ε compared?",
        ),
        Mistake(
            lambda eps: (eps / 2, np.sqrt(eps / 3)),
            "Outside: g/(g + ε) is to be a half. With g = ε/2 it is a third.",
        ),
        Mistake(
            lambda eps: (eps, np.sqrt(3 * eps)),
            "The 3 is upside down: with g = √(3ε) the root is √(4ε), so that the step is 0.87 η.",
        ),
        Mistake(
            lambda eps: (eps, np.sqrt(eps) / 2),
            "Inside: g/√(g² + ε) is to be a half. With g = √ε/2 it is 1/√5.",
        ),
    ],
    look="section 4, convention 1: after the first gradient, G is g² itself",
)


exercise(
    "08.after_decay",
    solution=lambda x, lr, weight_decay, steps: x * (1 - lr * weight_decay) ** steps,
    cases=[(2.0, 0.1, 0.5, 10), (-1.5, 0.2, 0.3, 4), (1.0, 0.5, 0.1, 7)],
    mistakes=[
        Mistake(
            lambda x, lr, weight_decay, steps: x * (1 - weight_decay) ** steps,
            "Without the rate. That is how the AdamW paper writes its λ, but Keras, PyTorch and "
            "optax multiply it by η.",
        ),
        Mistake(
            lambda x, lr, weight_decay, steps: x * (1 - lr * weight_decay * steps),
            "Each step shrinks what the step before has left: it is compound interest, not simple.",
        ),
        Mistake(
            lambda x, lr, weight_decay, steps: x * np.exp(-lr * weight_decay * steps),
            "Close: that is the limit of many tiny steps. These steps are not tiny.",
        ),
        Mistake(
            lambda x, lr, weight_decay, steps: x - lr * np.sign(x) * steps,
            "That is about what L2 does in Adam: the penalty's gradient goes through the division "
            "and comes out with length 1. Keras' decay is decoupled.",
        ),
        Mistake(
            lambda x, lr, weight_decay, steps: x,
            "No gradient, no step: but decoupled decay needs no gradient.",
        ),
        Mistake(
            lambda x, lr, weight_decay, steps: x * (1 - lr * weight_decay),
            "That is one step. There are more of them.",
        ),
        Mistake(
            lambda x, lr, weight_decay, steps: x * (lr * weight_decay) ** steps,
            "ηλ is the part that is taken away in a step. Which part is left?",
        ),
    ],
    look="section 4, convention 4, and section 8 of lesson 05",
)


exercise(
    "08.keras_momentum",
    solution=lambda x, g, v, lr, momentum: (x + momentum * v - lr * g, momentum * v - lr * g),
    cases=[
        (np.array([1.0, -2.0]), np.array([3.0, -0.5]), np.array([0.4, -0.2]), 0.1, 0.9),
        (np.array([0.5]), np.array([-2.0]), np.array([-0.3]), 0.2, 0.6),
    ],
    mistakes=[
        Mistake(
            lambda x, g, v, lr, momentum: (x - lr * (momentum * v + g), momentum * v + g),
            "That is PyTorch's form: the memory holds gradients and η comes afterwards. When η "
            "changes, the two part ways.",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (x - (momentum * v + lr * g), momentum * v + lr * g),
            "This velocity is to be subtracted, as in this course's `rate_inside`. Keras' is added "
            "to x: what sign has the gradient in it?",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (x + v, momentum * v - lr * g),
            "x moved with the old velocity. The gradient enters it before the step.",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (
                x + momentum * (momentum * v - lr * g) - lr * g,
                momentum * v - lr * g,
            ),
            "The velocity is right, but x moved as Nesterov's method does.",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (
                x + momentum * v - (1 - momentum) * lr * g,
                momentum * v - (1 - momentum) * lr * g,
            ),
            "The gradient was weighted by 1 − μ, as in Adam's average. Here it enters whole.",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (
                x + lr * (momentum * v - g),
                momentum * v - g,
            ),
            "η multiplies the whole memory here: it must be inside, with the gradient alone.",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (x + momentum * v + lr * g, momentum * v + lr * g),
            "This walks uphill: look at the sign of the gradient.",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (x - momentum * v + lr * g, momentum * v - lr * g),
            "The velocity is right, and has the minus already: x was moved against it.",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (momentum * v - lr * g, x + momentum * v - lr * g),
            "Both are right, in the other order: first x, then v.",
        ),
        Mistake(
            lambda x, g, v, lr, momentum: (
                x + lr * (momentum * v - lr * g),
                momentum * v - lr * g,
            ),
            "The velocity is right; x was moved by η times it, though η is in it already.",
        ),
    ],
    look="section 4, convention 3",
)


def _groups(losses, every):
    full = len(losses) // every * every
    return np.asarray(losses)[:full].reshape(-1, every)


exercise(
    "08.report",
    solution=lambda losses, every: _groups(losses, every).mean(axis=1),
    cases=[
        ([4.0, 2.0, 3.0, 1.0, 0.5, 0.9, 7.0], 2),
        ([5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.2, 0.1], 3),
        ([6.0, 1.0, 4.0, 3.0, 2.0, 2.5], 2),
    ],
    mistakes=[
        Mistake(
            lambda losses, every: _groups(losses, every).sum(axis=1),
            "These are sums: a group twice as long would look twice as bad.",
        ),
        Mistake(
            lambda losses, every: _groups(losses, every).sum(axis=1) / (10 * every),
            "The published listing's error: a sum of 20 divided by 200.",
        ),
        Mistake(
            lambda losses, every: np.cumsum(_groups(losses, every).sum(axis=1)) / every,
            "The sum was not set back to nothing after a group, so the log rises for ever.",
        ),
        Mistake(
            lambda losses, every: (
                np.cumsum(_groups(losses, every).sum(axis=1))
                / (every * np.arange(1, len(losses) // every + 1))
            ),
            "That is the mean since the beginning, as Keras shows during an epoch. Here each group "
            "stands for itself.",
        ),
        Mistake(
            lambda losses, every: _groups(losses, every)[:, -1],
            "That is the last batch of each group alone, which is mostly chance.",
        ),
        Mistake(
            lambda losses, every: _groups(losses, every).sum(axis=1) / len(losses),
            "Divided by the number of all batches. How many are in a group?",
        ),
        Mistake(
            lambda losses, every: np.array(
                [np.mean(losses[i : i + every]) for i in range(0, len(losses), every)]
            ),
            "The left-over batches at the end make a group of their own here. They were not asked "
            "for.",
        ),
        Mistake(
            lambda losses, every: np.array(
                [np.mean(losses[i : i + every]) for i in range(0, len(losses) - every, every)]
            ),
            "Where nothing is left over, the last group is full, and it was dropped.",
        ),
        Mistake(
            lambda losses, every: np.reshape(losses[: -(len(losses) % every)], (-1, every)).mean(
                axis=1
            ),
            "Where nothing is left over, `[:-0]` takes away everything.",
        ),
    ],
    look="section 7, the fourth row of the table",
)
