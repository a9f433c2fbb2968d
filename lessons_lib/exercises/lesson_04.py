"""The exercises of lesson 04."""

import numpy as np

from .checking import Mistake, exercise


def _fair_score(losses, floor, diverged):
    end = np.where(diverged, np.inf, losses[-1] - floor)
    return np.median(end)


# Rows are steps, columns are starts; a diverged path stays at its last finite loss.
_RUNS = [
    (
        np.array(
            [[9.0, 8.0, 7.0, 6.0, 5.0], [4.0, 2.5, 9.0, 3.0, 5.5], [3.2, 4.0, 50.0, 2.2, 6.0]]
        ),
        2.0,
        np.array([False, False, True, False, False]),
    ),
    (
        np.array([[5.0, 3.0, 6.0], [1.0, 7.0, 0.5], [0.4, 30.0, 2.0]]),
        -1.0,
        np.array([False, True, False]),
    ),
    (
        np.array([[5.0, 3.0, 6.0], [8.0, 7.0, 0.5], [9.0, 20.0, 2.0]]),
        0.5,
        np.array([True, True, False]),
    ),
]

exercise(
    "04.fair_score",
    solution=_fair_score,
    cases=_RUNS,
    mistakes=[
        Mistake(
            lambda losses, floor, diverged: np.median(losses[-1] - floor),
            "You left `diverged` unused. A path that diverged is kept at its last finite loss, "
            "which may even look good; what is that run worth?",
        ),
        Mistake(
            lambda losses, floor, diverged: np.median((losses[-1] - floor)[~diverged]),
            "You dropped the paths that diverged and judged the survivors. Then a method looks "
            "the better, the more of its difficult starts it loses.",
        ),
        Mistake(
            lambda losses, floor, diverged: np.median(np.where(diverged, np.inf, losses[-1])),
            "This is the loss itself. How far is it above the best that the surface allows?",
        ),
        Mistake(
            lambda losses, floor, diverged: np.mean(np.where(diverged, np.inf, losses[-1] - floor)),
            "You took the mean: one path that diverged, and it is infinite for every method.",
        ),
        Mistake(
            lambda losses, floor, diverged: np.min(np.where(diverged, np.inf, losses[-1] - floor)),
            "You took the best start. With enough starts, every method is lucky once.",
        ),
        Mistake(
            lambda losses, floor, diverged: np.median(
                np.where(diverged, np.inf, losses.min(axis=0) - floor)
            ),
            "You took the best loss on the way. Nobody stops a run at its best moment without "
            "knowing the loss exactly; judge where it ends.",
        ),
        Mistake(
            lambda losses, floor, diverged: np.where(diverged, np.inf, losses[-1] - floor),
            "These are the results of the single starts, and they are right. Asked for is one "
            "number for all of them.",
        ),
    ],
    look="section 2, the fourth rule",
)


def _best_rate(rates, practice, held_out):
    return rates[np.argmin(np.median(practice, axis=1))]


_RATES = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
_PRACTICE = np.array(
    [
        [3.4, 3.5, 3.3],
        [0.1, 7.0, 8.0],
        [1.0, 3.0, 90.0],
        [8.0, 9.0, 9.5],
        [6.0, 5.0, 7.0],
        [4.0, 3.5, 4.2],
    ]
)
_HELD_OUT = np.array(
    [
        [5.0, 6.0, 9.0],
        [4.0, 6.0, 3.0],
        [4.0, 8.0, 6.0],
        [5.0, 7.0, 6.0],
        [0.5, 1.0, 2.0],
        [1.5, 2.0, 1.8],
    ]
)

exercise(
    "04.best_rate",
    solution=_best_rate,
    cases=[
        (_RATES, _PRACTICE, _HELD_OUT),
        (10 * _RATES, _PRACTICE[[2, 1, 3, 0, 5, 4]], _HELD_OUT[[2, 1, 3, 0, 5, 4]]),
    ],
    mistakes=[
        Mistake(
            lambda rates, practice, held_out: np.argmin(np.median(practice, axis=1)),
            "This is the row of the best rate: a place in the list. Asked for is the rate there.",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[np.argmin(np.median(held_out, axis=1))],
            "You chose by the held-out starts. They judge the choice, so they must not make it.",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[
                np.argmin(np.median(np.hstack([practice, held_out]), axis=1))
            ],
            "You chose by all starts together. Then none is left that has not helped to choose.",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[np.argmin(practice.min(axis=1))],
            "You chose by the luckiest start. What of the others at this rate?",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[np.argmin(practice.mean(axis=1))],
            "You chose by the mean, so that one bad start decides. The lesson uses what half of "
            "the starts do better than.",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[np.argmax(np.median(practice, axis=1))],
            "This is the worst rate: less excess loss is better.",
        ),
        Mistake(
            lambda rates, practice, held_out: np.min(np.median(practice, axis=1)),
            "This is how well the best rate does. Asked for is the rate itself.",
        ),
    ],
    look="section 2, the second and third rules",
)

exercise(
    "04.budget",
    solution=lambda rates, starts, steps: rates * starts * steps + starts * steps,
    cases=[(29, 48, 300), (5, 2, 10)],
    mistakes=[
        Mistake(
            lambda rates, starts, steps: starts * steps,
            "These are the gradients of the judged runs. Choosing the rate was not free.",
        ),
        Mistake(
            lambda rates, starts, steps: rates * starts * steps,
            "These are the gradients of tuning. The race itself needs some too.",
        ),
        Mistake(
            lambda rates, starts, steps: rates * steps + steps,
            "You counted one start. Each rate is tried from all of them.",
        ),
        Mistake(
            lambda rates, starts, steps: 2 * rates * starts * steps,
            "You let every rate run from the held-out starts too. Which rates run there?",
        ),
        Mistake(
            lambda rates, starts, steps: rates * starts + steps,
            "You multiplied rates and starts but added the steps. Every one of these runs takes "
            "all the steps.",
        ),
    ],
    look="section 2, where the gradients are counted",
)


def _on_turned_bowl(answer, curvatures, angle, x):
    """The attempt on a bowl with these curvatures, turned by `angle`."""
    c, s = np.cos(angle), np.sin(angle)
    return answer(lambda u: np.asarray(curvatures) * u, np.array([[c, -s], [s, c]]), x)


exercise(
    "04.rotate",
    solution=lambda grad, R, x: R @ grad(R.T @ x),
    cases=[
        ((1.0, 25.0), 0.5, np.array([1.0, 2.0])),
        ((3.0, 0.5), -1.1, np.array([-2.0, 0.7])),
    ],
    using=_on_turned_bowl,
    mistakes=[
        Mistake(
            lambda grad, R, x: R.T @ grad(R @ x),
            "R and its transpose are swapped: this is the surface turned the other way. Which of "
            "the two leads from the turned world back into the old one?",
        ),
        Mistake(
            lambda grad, R, x: grad(R.T @ x),
            "You asked at the right place, but the arrow that comes back still points in the old "
            "world's directions.",
        ),
        Mistake(
            lambda grad, R, x: R @ grad(x),
            "You turned the arrow but asked at the wrong place: the old surface does not know x, "
            "only where x was before the turn.",
        ),
        Mistake(
            lambda grad, R, x: grad(R @ x),
            "This turns x once more, in place of turning it back, and leaves the arrow as it is.",
        ),
        Mistake(
            lambda grad, R, x: R.T @ grad(R.T @ x),
            "The place is right. But the arrow then has to go the way that a point goes when the "
            "surface is turned, and this is the opposite one.",
        ),
        Mistake(
            lambda grad, R, x: grad(x),
            "This is the gradient of the surface before it was turned.",
        ),
    ],
    look="section 5, where the valley is turned",
)


def _beats(a, b):
    return 2 * np.median(a) <= np.median(b) and np.mean(a < b) >= 0.75


_A = np.array([1.0, 2.0, 3.0, 4.0])
_PAIRS = [
    (_A, 3 * _A),
    (_A, 1.5 * _A),
    (_A, np.array([0.5, 1.0, 40.0, 50.0])),
    (3 * _A, _A),
    (np.array([1.0, 5.0, 3.0, 9.0]), np.array([50.0, 60.0, 2.0, 10.0])),
    (np.array([1.0, 2.0, 3.0, 900.0]), np.array([4.0, 7.0, 8.0, 6.0])),
    (np.array([1.0, 2.0, 30.0, 40.0]), np.array([90.0, 95.0, 9.0, 50.0])),
    (np.array([1.0, 2.0, 3.0, 40.0]), np.array([41.0, 42.0, 2.5, 2.0])),
    (_A, np.array([0.5, 1.9, 6.0, 3.9])),
]

exercise(
    "04.winner",
    solution=_beats,
    cases=_PAIRS,
    mistakes=[
        Mistake(
            lambda a, b: np.median(a) < np.median(b),
            "This calls every difference a victory. How large must it be, and on how many starts?",
        ),
        Mistake(
            lambda a, b: 2 * np.median(a) <= np.median(b),
            "The first half of the rule is there. A median can also be moved by a few starts: what "
            "does the rule ask of each start?",
        ),
        Mistake(
            lambda a, b: np.mean(a < b) >= 0.75,
            "The second half of the rule is there. But a method may be better everywhere by a "
            "hair's breadth.",
        ),
        Mistake(
            lambda a, b: 2 * np.median(a) <= np.median(b) or np.mean(a < b) >= 0.75,
            "Either half is enough for you. The rule asks for both.",
        ),
        Mistake(
            lambda a, b: 2 * np.median(b) <= np.median(a) and np.mean(b < a) >= 0.75,
            "This says whether b beats a.",
        ),
        Mistake(
            lambda a, b: 2 * np.mean(a) <= np.mean(b) and np.mean(a < b) >= 0.75,
            "You compare means: one start that went wrong then outweighs all the others.",
        ),
        Mistake(
            lambda a, b: (
                2 * np.median(a) <= np.median(b) and np.mean(np.sort(a) < np.sort(b)) >= 0.75
            ),
            "Sorting breaks the pairs: compare the two methods on the same start, one by one.",
        ),
    ],
    look="section 2, the fifth rule",
)
