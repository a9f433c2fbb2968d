"""The exercises of lesson 09."""

import numpy as np

from .checking import Mistake, exercise

exercise(
    "09.powers",
    solution=lambda low, high, n: low * (high / low) ** (np.arange(n) / (n - 1)),
    cases=[(0.001, 10.0, 5), (0.02, 0.5, 4), (1e-4, 3.0, 9)],
    mistakes=[
        Mistake(
            lambda low, high, n: np.linspace(low, high, n),
            "These are even steps, not even factors: nearly all of them are close to `high`.",
        ),
        Mistake(
            lambda low, high, n: low * (high / low) ** (np.arange(n) / n),
            "The last rate is below `high`. How many steps lie between n points?",
        ),
        Mistake(
            lambda low, high, n: low * (high / low) ** (np.arange(1, n + 1) / n),
            "The first rate is above `low`: both ends belong to the grid.",
        ),
        Mistake(
            lambda low, high, n: np.linspace(np.log10(low), np.log10(high), n),
            "These are the logarithms of the rates. Go back from them to the rates.",
        ),
        Mistake(
            lambda low, high, n: np.exp(np.linspace(np.log10(low), np.log10(high), n)),
            "You took logarithms to base 10 and went back with e: two different bases.",
        ),
        Mistake(
            lambda low, high, n: np.logspace(low, high, n),
            "`np.logspace` wants the *exponents* of the two ends, not the ends themselves.",
        ),
        Mistake(
            lambda low, high, n: (low * (high / low) ** (np.arange(n) / (n - 1)))[::-1],
            "The rates are right, but they run from high to low.",
        ),
        Mistake(
            lambda low, high, n: low * 10.0 ** np.arange(n),
            "Each rate is ten times the one before, whatever `high` is. Which factor leads from "
            "`low` to `high` in the steps that there are?",
        ),
    ],
    look="section 2, the function `between`",
)


exercise(
    "09.cosine",
    solution=lambda t, T: 0.5 * (1 + np.cos(np.pi * (t - 1) / T)),
    cases=[(1, 10), (4, 10), (10, 10), (2, 3), (30, 40)],
    mistakes=[
        Mistake(
            lambda t, T: 0.5 * (1 + np.cos(180 * (t - 1) / T)),
            "The angle is in degrees here; `np.cos` wants radians.",
        ),
        Mistake(
            lambda t, T: 0.5 * (1 + np.cos(2 * np.pi * (t - 1) / T)),
            "This is a whole wave: the rate is back at its full height at the end.",
        ),
        Mistake(
            lambda t, T: 0.5 * (1 + np.cos(np.pi * t / T)),
            "In the first step the factor should be 1. At which angle does the first step lie?",
        ),
        Mistake(
            lambda t, T: np.cos(np.pi * (t - 1) / T),
            "This falls to −1: in the second half of the run it would walk uphill.",
        ),
        Mistake(
            lambda t, T: np.cos(0.5 * np.pi * (t - 1) / T),
            "A quarter of a wave falls steeply to the end. The schedule is flat at both ends.",
        ),
        Mistake(
            lambda t, T: 1 + np.cos(np.pi * (t - 1) / T),
            "The shape is right, but it begins at 2.",
        ),
        Mistake(
            lambda t, T: 0.5 * (1 - np.cos(np.pi * (t - 1) / T)),
            "This rises from 0 to 1: look at the sign.",
        ),
        Mistake(
            lambda t, T: 0.5 + np.cos(np.pi * (t - 1) / T),
            "The ½ multiplies the whole bracket, 1 and cosine.",
        ),
        Mistake(
            lambda t, T: 1 - (t - 1) / T,
            "This is the straight line. It is as good, but asked for is the cosine.",
        ),
        Mistake(
            lambda t, T: 0.5 * (1 + np.cos(np.pi * (t - 1) / max(T - 1, 1))),
            "Yours is exactly 0 in the last step, which is then wasted. Compare what (t − 1) is "
            "divided by in the formula.",
        ),
    ],
    look="section 3, the formula below the picture",
)


def _at(index):
    """An answer to `09.choose`: rate and fresh loss at the index that the function finds."""
    return lambda rates, practice, fresh: (
        rates[index(practice, fresh)],
        fresh[index(practice, fresh)],
    )


def _finite(losses):
    return np.where(np.isfinite(losses), losses, np.inf)


exercise(
    "09.choose",
    solution=_at(lambda practice, fresh: np.argmin(_finite(practice))),
    cases=[
        (
            np.array([0.01, 0.1, 1.0, 10.0]),
            np.array([0.5, 0.3, 0.4, np.nan]),
            np.array([0.45, 0.35, 0.32, np.inf]),
        ),
        (
            np.array([0.03, 0.1, 0.3, 1.0]),
            np.array([0.9, 0.7, 0.6, 0.8]),
            np.array([0.5, 0.95, 0.72, 1.1]),
        ),
        (
            np.array([0.01, 0.1, 1.0]),
            np.array([0.3, 0.35, 0.9]),
            np.array([0.9, 0.5, 0.4]),
        ),
        (
            np.array([0.01, 0.03, 0.1, 0.3, 1.0]),
            np.array([np.nan, 0.5, np.inf, 0.3, 0.4]),
            np.array([0.8, 0.6, 0.7, 0.35, 0.2]),
        ),
    ],
    mistakes=[
        Mistake(
            _at(lambda practice, fresh: np.argmin(fresh)),
            "You chose by the fresh losses. The loss that you report is then the lowest of several "
            "noisy numbers, and too good to be true.",
        ),
        Mistake(
            lambda rates, practice, fresh: (
                rates[np.argmin(_finite(practice))],
                np.nanmin(practice),
            ),
            "The rate is right. But you report the loss that you chose by: it is too low, because "
            "you took the lowest.",
        ),
        Mistake(
            lambda rates, practice, fresh: (rates[np.argmin(_finite(practice))], fresh.min()),
            "The rate is right. But the loss that you report belongs to another rate.",
        ),
        Mistake(
            _at(lambda practice, fresh: np.argmin(practice)),
            "`np.argmin` takes a NaN for the lowest number of all. Which function passes over it?",
        ),
        Mistake(
            _at(lambda practice, fresh: np.argmin(practice[np.isfinite(practice)])),
            "You left runs out, and counted places among those that remained: the places have "
            "moved.",
        ),
        Mistake(
            _at(lambda practice, fresh: np.nanargmax(practice)),
            "This is the worst rate: less loss is better.",
        ),
        Mistake(
            _at(lambda practice, fresh: np.argmin(_finite(practice + fresh))),
            "You chose by the sum of both. The fresh losses must have no say in it.",
        ),
        Mistake(
            lambda rates, practice, fresh: (
                np.argmin(_finite(practice)),
                fresh[np.argmin(_finite(practice))],
            ),
            "Your first answer is a place in the list. Asked for is the rate that stands there.",
        ),
        Mistake(
            lambda rates, practice, fresh: (
                fresh[np.argmin(_finite(practice))],
                rates[np.argmin(_finite(practice))],
            ),
            "Both are right, but in the other order: first the rate, then the loss.",
        ),
    ],
    look="section 2, the three rules at its end",
)


exercise(
    "09.extend",
    solution=lambda scores: int(np.argmin(scores) == len(scores) - 1) - int(np.argmin(scores) == 0),
    cases=[
        (np.array([3.0, 2.0, 1.0, 5.0]),),
        (np.array([9.0, 4.0, 1.0]),),
        (np.array([0.2, 0.3, 0.5, 0.1, 0.7]),),
        (np.array([0.1, 0.4, 0.9, 2.0]),),
        (np.array([5.0, 6.0, 1.0, 2.0]),),
    ],
    mistakes=[
        Mistake(
            lambda scores: int(np.argmin(scores) == 0) - int(np.argmin(scores) == len(scores) - 1),
            "The sign is turned round: if the lowest rate is the best, look among lower ones.",
        ),
        Mistake(
            lambda scores: int(np.argmax(scores) == len(scores) - 1) - int(np.argmax(scores) == 0),
            "You looked for the highest loss. Which is the best one?",
        ),
        Mistake(
            lambda scores: int(np.argmin(scores) in (0, len(scores) - 1)),
            "You say that the best is at an edge, but not at which.",
        ),
        Mistake(
            lambda scores: int(np.argmin(scores) == len(scores)) - int(np.argmin(scores) == 0),
            "You never find the upper edge. What is the last place in a list of n?",
        ),
        Mistake(
            lambda scores: int(np.sign(scores[0] - scores[-1])),
            "You compared the two edges with each other. Compare each with the best.",
        ),
        Mistake(
            lambda scores: int(np.argmin(scores) == len(scores) - 1),
            "You watch the upper edge only.",
        ),
        Mistake(
            lambda scores: int(np.argmin(scores)),
            "This is the place of the best. What does it say about the range?",
        ),
    ],
    look="section 2, the three rules at its end",
)


exercise(
    "09.accumulate",
    solution=lambda gradients, sizes: (sizes[:, None] * gradients).sum(axis=0) / sizes.sum(),
    cases=[
        (np.array([[1.0, 2.0], [3.0, -2.0], [0.5, 4.0]]), np.array([8, 8, 4])),
        (np.array([[2.0], [5.0]]), np.array([10, 1])),
    ],
    mistakes=[
        Mistake(
            lambda gradients, sizes: gradients.sum(axis=0),
            "This is the sum: as many times too long as there are batches.",
        ),
        Mistake(
            lambda gradients, sizes: gradients.mean(axis=0),
            "Each batch has the same say here. But a small batch has fewer examples.",
        ),
        Mistake(
            lambda gradients, sizes: (sizes[:, None] * gradients).sum(axis=0),
            "This is the gradient of the *sum* over all examples. Asked for is that of the mean.",
        ),
        Mistake(
            lambda gradients, sizes: (sizes[:, None] * gradients).mean(axis=0),
            "The weights are right, but you divided by the number of batches. How many examples "
            "are there?",
        ),
        Mistake(
            lambda gradients, sizes: (gradients / sizes[:, None]).sum(axis=0),
            "You divided by the sizes. Each gradient is a mean already.",
        ),
        Mistake(
            lambda gradients, sizes: (gradients / sizes[:, None]).sum(axis=0) / (1 / sizes).sum(),
            "The small batches have the greater say here. It should be the other way about.",
        ),
        Mistake(
            lambda gradients, sizes: gradients.sum(axis=0) / sizes.sum(),
            "You divided by the number of examples, but each gradient is a mean already, not a "
            "sum over its examples.",
        ),
    ],
    look="section 5, the sentence in brackets about the last batch",
)
