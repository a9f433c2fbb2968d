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
    (
        np.array([[5.0, 3.0, 6.0, 4.0], [8.0, 7.0, 0.5, 2.0], [9.0, 20.0, 2.0, 1.5]]),
        1.0,
        np.array([True, True, False, False]),
    ),
    (
        np.array([[5.0, 3.0, 6.0, 4.0], [1.0, 7.0, 0.5, 2.0], [0.4, 0.5, 30.0, 2.0]]),
        -0.5,
        np.array([False, True, False, False]),
    ),
    (
        np.array([[5.0, 3.0, 6.0, 4.0], [1.0, 7.0, 0.5, 2.0], [3.0, 0.9, 2.0, 9.0]]),
        0.3,
        np.array([False, False, False, False]),
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
            lambda losses, floor, diverged: (
                np.inf if diverged.mean() > 0.5 else np.median((losses[-1] - floor)[~diverged])
            ),
            "A path that diverged counts for you only once most of them do. Each one is a result, "
            "though a bad one, and takes its place in the row.",
        ),
        Mistake(
            lambda losses, floor, diverged: np.median(np.where(diverged, np.inf, losses[-1])),
            "This is the loss itself. How far is it above the best that the surface allows?",
        ),
        Mistake(
            lambda losses, floor, diverged: np.mean(np.where(diverged, np.inf, losses[-1] - floor)),
            "You took the mean: one path that diverged makes it infinite, whatever the others did.",
        ),
        Mistake(
            lambda losses, floor, diverged: np.max(np.where(diverged, np.inf, losses[-1] - floor)),
            "You let the worst start decide. One difficult start then hides all the others.",
        ),
        Mistake(
            lambda losses, floor, diverged: (
                np.inf if diverged.any() else np.median(losses[-1] - floor)
            ),
            "One path that diverged is enough for you to give up on the method: you let the worst "
            "start decide.",
        ),
        Mistake(
            lambda losses, floor, diverged: np.median(losses[-1]),
            "Two things are missing: the floor, and what a diverged run is worth.",
        ),
        Mistake(
            lambda losses, floor, diverged: np.mean(losses[-1]),
            "Three things are missing: the floor, what a diverged run is worth, and a middle that "
            "one bad run cannot move.",
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
    look="section 2, rules 4 and 5",
)


def _best_rate(rates, practice, held_out):
    return rates[np.argmin(np.median(practice, axis=1))]


def _among_finite(practice):
    """The median of each row's finite results; infinite where it has none."""
    return np.array(
        [np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.inf for row in practice]
    )


_inf = np.inf
_RATES = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0])
_PRACTICE = np.array(
    [
        [9.0, 9.1, 9.3, 9.2, 9.4],
        [3.0, 3.3, 3.2, 3.1, 3.4],  # the worst start is best here
        [3.9, 2.2, 2.9, 2.0, 4.0],  # the mean
        [60.0, 1.5, _inf, 2.0, 1.0],  # the median
        [9.0, 7.0, 8.0, 0.1, 9.5],  # the luckiest start
        [2.5, 50.0, 1.2, 70.0, 1.9],  # the median, of rows without inf
        [6.0, 7.0, 8.0, 6.0, 7.0],  # the held-out starts
        [4.1, 4.0, 4.4, 4.2, 4.3],  # all starts together
        [_inf, _inf, _inf, _inf, _inf],
        [0.3, _inf, _inf, 0.4, _inf],  # the survivors
    ]
)
_HELD_OUT = np.array(
    [
        [9.0, 9.5, 9.1, 9.9, 9.7],
        [6.0, 7.0, 5.0, 8.0, 6.0],
        [5.0, 7.0, 6.0, 7.5, 5.5],
        [6.0, 8.0, 7.0, 9.0, 6.5],
        [4.0, 8.0, 9.0, 6.0, 7.0],
        [5.0, 7.0, 6.0, 9.0, 60.0],
        [0.5, 1.0, 2.0, 1.2, 0.6],
        [1.5, 2.0, 1.8, 1.6, 1.7],
        [_inf, _inf, _inf, _inf, _inf],
        [_inf, _inf, _inf, 5.0, 6.0],
    ]
)
_ORDER = [2, 5, 4, 3, 1, 7, 8, 0, 9, 6]

exercise(
    "04.best_rate",
    solution=_best_rate,
    cases=[
        (_RATES, _PRACTICE, _HELD_OUT),
        (10 * _RATES, _PRACTICE[_ORDER, ::-1], _HELD_OUT[_ORDER, ::-1]),
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
            lambda rates, practice, held_out: rates[np.argmin(practice.max(axis=1))],
            "You let the worst start decide, at every rate. What of the others?",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[np.argmin(practice.mean(axis=1))],
            "You chose by the mean, so that one bad start decides. The lesson uses what half of "
            "the starts do better than.",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[np.argmin(_among_finite(practice))],
            "You dropped the runs that diverged. Then a rate looks the better, the more of its "
            "runs are lost.",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[
                np.argmin(
                    np.where(np.isfinite(practice).all(axis=1), np.median(practice, axis=1), np.inf)
                )
            ],
            "You left out every rate at which some run diverged. An infinite result is a result, "
            "and the median bears a few of them.",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[np.argmin(np.median(practice, axis=0))],
            "You took the medians along the wrong axis: one for each start. Needed is one median "
            "for each row.",
        ),
        Mistake(
            lambda rates, practice, held_out: rates[np.argmin(np.median(practice))],
            "You took one median of the whole table. Needed is one median for each row.",
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
    look="section 2, rules 2 and 3, and compare the medians of the rates",
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
            lambda grad, R, x: R @ grad(R @ x),
            "The arrow is turned as it should be, but you asked at the wrong place: x has been "
            "turned once more, in place of back.",
        ),
        Mistake(
            lambda grad, R, x: R.T @ grad(x),
            "You asked at x itself, which the old surface does not know, and turned the arrow the "
            "opposite way.",
        ),
        Mistake(
            lambda grad, R, x: grad(x),
            "This is the gradient of the surface before it was turned.",
        ),
    ],
    look="section 5, where the valley is turned",
)


def _large(a, b):
    return 2 * np.median(a) <= np.median(b)


def _agreed(a, b):
    return np.mean(a < b) >= 0.75


def _beats(a, b):
    return _large(a, b) and _agreed(a, b)


def _decided_by(beats):
    """1, −1 or 0, given when one method beats another."""
    return lambda a, b: 1 if beats(a, b) else -1 if beats(b, a) else 0


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
    (_A, 2 * _A),
    (_A, np.array([1.0, 9.0, 9.0, 3.0])),
    (np.array([1.0, 1.0, 10.0, 10.0, 1.0]), np.array([3.0, 3.0, 11.0, 11.0, 1.5])),
    (np.array([1.0, 1.0, 9.0, 9.0, 9.0]), np.array([1.5, 1.5, 9.5, 30.0, 30.0])),
    (np.array([1.0, 1.0, 1.0, 1.0, 9.0]), np.array([3.0, 3.0, 3.0, 3.0, 8.0])),
    (np.array([_inf, _inf, _inf, 2.0]), np.array([_inf, _inf, _inf, 1.0])),
    (np.ones(60), np.where(np.arange(60) < 40, 5.0, 0.5)),  # 40 of 60: fewer than three quarters
]

exercise(
    "04.winner",
    solution=_decided_by(_beats),
    cases=_PAIRS,
    mistakes=[
        Mistake(
            _beats,
            "You answer only whether a wins. When it does not, there are two possibilities left.",
        ),
        Mistake(
            lambda a, b: 1 if _beats(a, b) else -1,
            "Where a does not win, you give the victory to b. Has b earned it?",
        ),
        Mistake(
            lambda a, b: -_decided_by(_beats)(a, b),
            "You have the winners the wrong way round: less is better.",
        ),
        Mistake(
            _decided_by(lambda a, b: np.median(a) < np.median(b)),
            "This calls every difference a victory. How large must it be, and on how many starts?",
        ),
        Mistake(
            _decided_by(_large),
            "The first half of the rule is there. A median can also be moved by a few starts: "
            "on how many of them must the winner be better?",
        ),
        Mistake(
            _decided_by(_agreed),
            "The second half of the rule is there. But a method may be better everywhere by a "
            "hair's breadth.",
        ),
        Mistake(
            _decided_by(lambda a, b: 2 * np.median(a) < np.median(b) and _agreed(a, b)),
            "Nearly: you asked for a little more than the rule does. Read its first half again, "
            "with a median that is exactly half in mind.",
        ),
        Mistake(
            _decided_by(lambda a, b: _large(a, b) and np.mean(a < b) > 0.75),
            "Nearly: exactly three quarters of the starts is enough.",
        ),
        Mistake(
            _decided_by(lambda a, b: _large(a, b) and np.all(a < b)),
            "You ask for every single start. The rule is content with three quarters of them.",
        ),
        Mistake(
            _decided_by(lambda a, b: _large(a, b) and np.sum(a < b) >= 36),
            "36 is three quarters of 48; here there are other numbers of starts.",
        ),
        Mistake(
            _decided_by(lambda a, b: _large(a, b) and np.sum(a < b) >= 0.75),
            "np.sum counts the starts; the rule asks for a share of them.",
        ),
        Mistake(
            _decided_by(lambda a, b: _large(a, b) and np.mean(a <= b) >= 0.75),
            "You count the starts from which both do equally well. Is one the better one there?",
        ),
        Mistake(
            _decided_by(lambda a, b: _large(a, b) or _agreed(a, b)),
            "Either half is enough for you. The rule asks for both.",
        ),
        Mistake(
            _decided_by(lambda a, b: 2 * np.mean(a) <= np.mean(b) and _agreed(a, b)),
            "You compare means: one start that went wrong then outweighs all the others.",
        ),
        Mistake(
            _decided_by(lambda a, b: np.median(b / a) >= 2 and _agreed(a, b)),
            "You took the median of the ratios. The rule compares the two medians.",
        ),
        Mistake(
            _decided_by(lambda a, b: _large(a, b) and np.mean(np.sort(a) < np.sort(b)) >= 0.75),
            "Sorting breaks the pairs: compare the two methods on the same start, one by one.",
        ),
    ],
    look="section 2, the fifth rule",
)

exercise(
    "04.lead",
    solution=28,
    mistakes=[
        Mistake(
            38,
            "There it loses its lead over Momentum. Which line of the table is SGD's?",
        ),
        Mistake(
            45,
            "It is behind there, but not only since there. Turn the valley back, degree by degree, "
            "until it leads.",
        ),
        Mistake(
            65,
            "From there on it leads again, because a quarter turn only swaps the axes. Where did "
            "it lose its lead, coming from 0°?",
        ),
        Mistake(
            0,
            "With one rate for all it is behind at 0° already. Are the rates set to each its best?",
        ),
    ],
    look="the losses in the table under the race, at step 60",
    rtol=0.036,
)
