"""The exercises of lesson 02."""

import numpy as np

from .checking import Mistake, exercise

exercise(
    "02.proximal_step",
    solution=lambda x, g, s, lr, low, high: np.clip(x - lr / s * g, low, high),
    cases=[
        (0.3, 1.0, 4.0, 0.5, -1.0, 1.0),
        (0.8, -3.0, 2.5, 0.5, -1.0, 1.0),
        (-0.5, 2.0, 0.25, 0.4, -1.0, 2.0),
    ],
    mistakes=[
        Mistake(
            lambda x, g, s, lr, low, high: x - lr / s * g,
            "The lowest point of the parabola is right, but it may lie outside the interval, and "
            "you have to stay inside.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(x + lr / s * g, low, high),
            "You went uphill: check the sign when you solve for u.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(x - lr * g, low, high),
            "Where is s? This is the step of a metric equal to 1.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(x - lr * s * g, low, high),
            "A larger s makes moving dearer, so it must make the step shorter. Yours grows with s.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(x - lr / np.sqrt(s) * g, low, high),
            "There is no root in this step: s itself stands in the expression. The root comes "
            "later, when a good s is chosen.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(x - lr / (2 * s) * g, low, high),
            "A factor of 2 too many: the derivative of ½s(u − x)² has no ½ left.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: x - np.clip(lr / s * g, low, high),
            "You clipped the step. It is the point that has to lie between low and high.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(-lr / s * g, low, high),
            "This is the step alone. From where is it taken?",
        ),
    ],
    look="section 2, where the derivative of the parabola is set to 0",
)


def _cost(x, y):
    return (0.5 * (x - y) ** 2).sum()


exercise(
    "02.regret",
    solution=lambda plays, y: _cost(plays, y) - _cost(y.mean(), y),
    cases=[
        (np.array([0.1, 0.4, -0.2, 0.5]), np.array([1.0, -0.5, 0.3, 0.6])),
        (np.array([0.9, 0.5, -0.3]), np.array([-0.7, 0.2, -1.0])),
    ],
    mistakes=[
        Mistake(
            _cost,
            "This is all that was paid, which is also what you get against the best point of each "
            "round, y_t. Regret compares with one point that stays the same in all rounds.",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(plays.mean(), y),
            "You compared with the average of the plays. The best fixed point depends on the "
            "functions, not on what was played.",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(plays[-1], y),
            "You compared with the last play. The best fixed point of the whole interval is meant, "
            "whether it was ever played or not.",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - min(_cost(x, y) for x in plays),
            "You compared with the best of the points that were played. Every point of the "
            "interval is allowed.",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(0.0, y),
            "You compared with the point 0. Which fixed point has the smallest total?",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(np.median(y), y),
            "You compared with the median, which is best for absolute differences. Here they are "
            "squared.",
        ),
        Mistake(
            lambda plays, y: _cost(y.mean(), y) - _cost(plays, y),
            "The sign is the other way round: what was paid, minus what the fixed point pays.",
        ),
        Mistake(
            lambda plays, y: 2 * (_cost(plays, y) - _cost(y.mean(), y)),
            "The ½ of the functions was lost.",
        ),
        Mistake(
            lambda plays, y: (_cost(plays, y) - _cost(y.mean(), y)) / len(y),
            "This is the regret per round. Regret is a sum.",
        ),
        Mistake(
            lambda plays, y: ((plays - y) * (plays - y.mean())).sum(),
            "This is the sum with gradients, which is never smaller than the regret. Asked for is "
            "the regret itself.",
        ),
    ],
    look="section 1, the definition of regret and the game below it",
)


def _sides(grads):
    return np.sqrt((grads**2).sum(axis=0))


exercise(
    "02.best_diagonal",
    solution=lambda grads, c: c * _sides(grads) / _sides(grads).sum(),
    cases=[
        (np.array([[3.0, 0.1, 1.0], [-4.0, 0.2, 1.0], [0.5, -0.2, -1.5]]), 2.0),
        (np.array([[1.0, 2.0], [1.0, -2.5]]), 5.0),
    ],
    mistakes=[
        Mistake(
            lambda grads, c: c * (grads**2).sum(axis=0) / (grads**2).sum(),
            "You shared the budget in proportion to G. The root is missing, and with it the whole "
            "gain.",
        ),
        Mistake(
            lambda grads, c: np.full(grads.shape[1], c / grads.shape[1]),
            "You gave the same to all: this is one shared rate.",
        ),
        Mistake(
            lambda grads, c: _sides(grads),
            "The proportions are right, but does this spend exactly the budget?",
        ),
        Mistake(
            lambda grads, c: c * _sides(grads),
            "The proportions are right. Add the numbers up: is their sum c?",
        ),
        Mistake(
            lambda grads, c: _sides(grads) / _sides(grads).sum(),
            "These numbers sum to 1, whatever the budget is.",
        ),
        Mistake(
            lambda grads, c: c * _sides(grads) / np.sqrt((_sides(grads) ** 2).sum()),
            "You divided by the length of the vector: now the squares of s sum to c². It is the "
            "sum of the s themselves that must be c.",
        ),
        Mistake(
            lambda grads, c: c / _sides(grads) / (1 / _sides(grads)).sum(),
            "Upside down: this gives the most to the coordinate with the smallest gradients. s is "
            "what the gradient is divided by.",
        ),
        Mistake(
            lambda grads, c: c * np.abs(grads).sum(axis=0) / np.abs(grads).sum(),
            "You summed |g|. Square the gradients, sum over the rounds, then take the root.",
        ),
        Mistake(
            lambda grads, c: c * np.abs(grads.sum(axis=0)) / np.abs(grads.sum(axis=0)).sum(),
            "You summed g, not g²: gradients of opposite sign cancel.",
        ),
        Mistake(
            lambda grads, c: c * _sides(grads.T) / _sides(grads.T).sum(),
            "You summed over the coordinates (axis 1). Each coordinate needs its own sum, over "
            "the rounds.",
        ),
    ],
    look="section 3, the best diagonal",
)


def _ratio(g):
    G = np.cumsum(g**2)
    return (g**2 / np.sqrt(G)).sum() / np.sqrt(G[-1])


exercise(
    "02.lemma4_ratio",
    solution=_ratio,
    cases=[(np.array([3.0, 4.0, -12.0]),), (np.array([0.5, 0.5, 0.25, 2.0]),)],
    mistakes=[
        Mistake(
            lambda g: (g**2 / np.cumsum(g**2)).sum() / np.sqrt((g**2).sum()),
            "Each term is divided by G, the area. It should be the side, √G.",
        ),
        Mistake(
            lambda g: 1.0,
            "You divided every term by the last √G: then the ratio is always 1. Each round has "
            "the G of its own time.",
        ),
        Mistake(
            lambda g: (g[1:] ** 2 / np.sqrt(np.cumsum(g**2)[:-1])).sum() / np.sqrt((g**2).sum()),
            "You used G of the round before. G_t contains the gradient of round t itself.",
        ),
        Mistake(
            lambda g: (g**2 / np.sqrt(np.cumsum(g**2))).sum(),
            "This is the left side of the lemma. Asked for is its ratio to √G_T.",
        ),
        Mistake(
            lambda g: _ratio(g) / 2,
            "You compared with 2√G_T, the right side of the lemma. Asked for is the ratio to √G_T.",
        ),
        Mistake(
            lambda g: (np.abs(g) / np.sqrt(np.cumsum(g**2))).sum() / np.sqrt((g**2).sum()),
            "The numerator is g, not g²: these are lengths of steps, without the second g.",
        ),
        Mistake(
            lambda g: (g / np.sqrt(np.cumsum(g**2))).sum() / np.sqrt((g**2).sum()),
            "The numerator is g, not g², so that signs cancel.",
        ),
        Mistake(
            lambda g: (g**2 / np.abs(np.cumsum(g))).sum() / abs(g.sum()),
            "You accumulated g, not g². Square before you sum.",
        ),
        Mistake(
            lambda g: (g**2 / np.sqrt(np.cumsum(g**2))).sum() / (g**2).sum(),
            "You divided by G_T at the end. The root is missing there.",
        ),
        Mistake(
            lambda g: np.cumsum(g**2 / np.sqrt(np.cumsum(g**2))) / np.sqrt(np.cumsum(g**2)),
            "These are the ratios after every round. Asked for is the one after the last.",
        ),
    ],
    look="section 4, the lemma",
)

exercise(
    "02.first_steps",
    solution=lambda g, lr, eps: (lr * g / (g + eps), lr * g / np.sqrt(g**2 + eps)),
    cases=[(0.01, 0.5, 1e-4), (2.0, 0.1, 0.5), (1e-5, 1.0, 1e-8)],
    mistakes=[
        Mistake(
            lambda g, lr, eps: (lr * g / np.sqrt(g**2 + eps), lr * g / (g + eps)),
            "Both are there, but in the wrong order: outside first.",
        ),
        Mistake(
            lambda g, lr, eps: (lr * g / (g + eps), lr * g / (g + np.sqrt(eps))),
            "Inside, ε acts *like* √ε outside, but is not equal to it: the root of a sum is not "
            "the sum of the roots.",
        ),
        Mistake(
            lambda g, lr, eps: (lr * g / (g + eps), lr * g / np.sqrt(g + eps)),
            "Under the root stands G, and in the first step that is the square of g.",
        ),
        Mistake(
            lambda g, lr, eps: (lr * g / (g**2 + eps), lr * g / np.sqrt(g**2 + eps)),
            "The first one lacks its root: ε outside is added to √G, not to G.",
        ),
        Mistake(
            lambda g, lr, eps: (lr / (g + eps), lr / np.sqrt(g**2 + eps)),
            "These are the rates. The step is rate times gradient.",
        ),
        Mistake(
            lambda g, lr, eps: (g / (g + eps), g / np.sqrt(g**2 + eps)),
            "These are the steps divided by η. Where is the rate?",
        ),
        Mistake(
            lambda g, lr, eps: (lr * g / (g + eps), lr * g / np.sqrt((g + eps) ** 2)),
            "Your second number squares g + ε and takes the root again, which is ε outside once "
            "more. ε is added to G, after the squaring.",
        ),
        Mistake(
            lambda g, lr, eps: (lr * g / (g + eps), lr * g / np.sqrt(g**2 + eps**2)),
            "You squared ε as well. Inside the root it is added to G as it is.",
        ),
        Mistake(
            lambda g, lr, eps: (g + eps, np.sqrt(g**2 + eps)),
            "These are the two denominators. The lengths of the steps are asked for.",
        ),
    ],
    look="section 8, the three formulas",
)
