"""The exercises of lesson 02."""

import numpy as np

from .checking import Mistake, exercise

exercise(
    "02.proximal_step",
    solution=lambda x, g, s, lr, low, high: np.clip(x - lr / s * g, low, high),
    cases=[
        (0.3, 1.0, 5.0, 0.3, -1.0, 1.0),
        (0.8, 3.0, 2.0, 0.3, 0.5, 2.0),
        (1.5, -2.0, 0.5, 0.2, 0.5, 2.0),
    ],
    mistakes=[
        Mistake(
            lambda x, g, s, lr, low, high: x - lr / s * g,
            "The lowest point of the parabola is right, but it may lie outside the interval, and "
            "you have to stay inside.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(x - lr / s * g, -1, 1),
            "You stay between −1 and 1, as in the lesson. The interval has the ends low and high.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(x - lr / s * g, high, low),
            "You always return low: are the ends of the interval in the right order in np.clip?",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: x - lr / s * g if low <= x - lr / s * g <= high else x,
            "Where the lowest point of the parabola lies outside, you stay where you are. Some "
            "point of the interval is lower than that.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: np.clip(x - g / s, low, high),
            "Where is η? This is the step of η = 1.",
        ),
        Mistake(
            lambda x, g, s, lr, low, high: (
                lr * g * (u := np.clip(x - lr / s * g, low, high)) + 0.5 * s * (u - x) ** 2
            ),
            "This is how low the expression gets. Asked for is the point at which it does.",
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
    look="section 2: the derivative of the parabola, and the sentence on the nearest end below it",
)


def _cost(x, y):
    return np.abs(x - y).sum()


def _means_so_far(y):
    return np.cumsum(y) / np.arange(1, len(y) + 1)


def _medians_so_far(y):
    return np.array([np.median(y[: t + 1]) for t in range(len(y))])


_GRID = np.linspace(-1, 1, 201)
_SECTION_1 = np.clip(0.4 + 0.5 * np.random.default_rng(0).standard_normal(200), -1, 1).mean()

exercise(
    "02.regret",
    solution=lambda plays, y: _cost(plays, y) - _cost(np.median(y), y),
    cases=[
        (np.array([0.1, 0.3, -0.2, 0.5, 0.4]), np.array([0.913, -0.526, 0.337, 0.684, -0.118])),
        (np.array([0.9, 0.5, -0.3]), np.array([-0.729, 0.248, -0.963])),
    ],
    mistakes=[
        Mistake(
            _cost,
            "This is all that was paid, which is also what you get against the best point of each "
            "round, y_t. Regret compares with one point that stays the same in all rounds.",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(y.mean(), y),
            "The mean is best where differences are squared. Here they are not: how does the total "
            "change while x moves from one y to the next?",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(_medians_so_far(y), y),
            "You moved the comparison point from round to round. It must be one point, chosen "
            "afterwards.",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(_means_so_far(y), y),
            "You moved the comparison point from round to round; it must be one point, chosen "
            "afterwards. And the mean is best only where differences are squared.",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(_SECTION_1, y),
            "You compared with `best` of section 1, which is still in memory. This play has a best "
            "point of its own.",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - min(_cost(x, y) for x in _GRID),
            "You searched a grid, and the best point lies between two of its points. Where does "
            "the total stop falling?",
        ),
        Mistake(
            lambda plays, y: _cost(plays, y) - _cost(np.median(plays), y),
            "You took the median of the plays. The best fixed point depends on the functions, not "
            "on what was played.",
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
            lambda plays, y: _cost(np.median(y), y) - _cost(plays, y),
            "The sign is the other way round: what was paid, minus what the fixed point pays.",
        ),
        Mistake(
            lambda plays, y: ((plays - y) ** 2 - (np.median(y) - y) ** 2).sum() / 2,
            "The functions of section 1 were squares. These are absolute differences.",
        ),
        Mistake(
            lambda plays, y: ((plays - y) ** 2 - (y.mean() - y) ** 2).sum() / 2,
            "This is the regret for the squares of section 1. Here f_t is an absolute difference, "
            "and another fixed point is best.",
        ),
        Mistake(
            lambda plays, y: abs((plays - y).sum()) - abs((np.median(y) - y).sum()),
            "You added first and took the absolute value of the sum. Each round has its own.",
        ),
        Mistake(
            lambda plays, y: (_cost(plays, y) - _cost(np.median(y), y)) / len(y),
            "This is the regret per round. Regret is a sum.",
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
            lambda grads, c: (grads**2).sum(axis=0),
            "This is G itself: it is neither the best proportion nor does it keep the budget.",
        ),
        Mistake(
            lambda grads, c: c * _sides(grads) / (grads**2).sum(),
            "The proportions are right, but the sum is not c: what do you divide by?",
        ),
        Mistake(
            lambda grads, c: c / (grads**2).sum(axis=0) / (1 / (grads**2).sum(axis=0)).sum(),
            "Upside down, and without the root: this gives the most to the coordinate with the "
            "smallest gradients.",
        ),
        Mistake(
            lambda grads, c: float(c),
            "You summed over everything, rounds and coordinates, so that one number is left. Each "
            "coordinate needs a sum of its own.",
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
            "The squares of your s sum to c². Which sum is to be c?",
        ),
        Mistake(
            lambda grads, c: c / _sides(grads) / (1 / _sides(grads)).sum(),
            "Upside down: this gives the most to the coordinate with the smallest gradients. s is "
            "what the gradient is divided by.",
        ),
        Mistake(
            lambda grads, c: c * np.abs(grads).sum(axis=0) / np.abs(grads).sum(),
            "You summed |g|. That is not the side of G: which gradients count more in a sum of "
            "squares?",
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
            lambda g: (g**2 / np.cumsum(g**2)).sum(),
            "Every term was divided by √G_t twice. Divide once more, but the finished sum, and by "
            "the last √G.",
        ),
        Mistake(
            lambda g: (g**2 / np.cumsum(g**2)).sum() / (g**2).sum(),
            "Both roots are missing, inside the sum and below it.",
        ),
        Mistake(
            lambda g: np.abs(g).sum() / np.sqrt((g**2).sum()),
            "Every term was divided by its own |g|. G_t contains all squares up to round t.",
        ),
        Mistake(
            lambda g: 1 / _ratio(g),
            "Upside down: the sum stands above, √G_T below.",
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
            lambda g, lr, eps: (lr * g / (g + eps), lr * g / (g + eps)),
            "Your second number is ε outside once more: add ε to G before the root.",
        ),
        Mistake(
            lambda g, lr, eps: (lr * g / eps, lr * g / np.sqrt(eps)),
            "You stepped with G still 0. G contains the gradient of the round itself.",
        ),
        Mistake(
            lambda g, lr, eps: (lr + eps, lr * g / np.sqrt(g**2 + eps)),
            "The first number is η g/√G, and then ε is added to the step. Which brackets are "
            "missing?",
        ),
        Mistake(
            lambda g, lr, eps: (lr * g / (np.sqrt(g) + eps), lr * g / np.sqrt(g + eps)),
            "You took the root of g. It is taken of G, and in the first step that is the square "
            "of g.",
        ),
        Mistake(
            lambda g, lr, eps: (lr * g / (g**2 + eps), lr * g / (g**2 + eps)),
            "There is no root in either: this divides by G + ε.",
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
