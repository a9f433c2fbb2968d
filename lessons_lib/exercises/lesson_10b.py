"""Exercises of lesson 10b."""

from __future__ import annotations

import numpy as np

from .checking import Mistake, exercise

exercise(
    "10b.good_decades",
    solution=lambda losses, per_decade: np.sum(losses <= 1.1 * np.min(losses)) / per_decade,
    cases=[
        (np.array([9.0, 2.18, 2.0, 2.1, 2.3, 7.0, np.inf]), 3),
        (np.array([0.5, 0.054, 0.05, 0.3, 0.0545, 0.2]), 4),
        (np.array([30.0, 10.2, 10.4, 10.9, 10.0, 11.5, 80.0, np.inf]), 2),
    ],
    mistakes=[
        Mistake(
            lambda losses, per_decade: np.sum(losses <= 1.1 * np.min(losses)),
            "This is the number of good rates. How much of a decade does each of them stand for?",
        ),
        Mistake(
            lambda losses, per_decade: np.sum(losses <= 1.1 * np.min(losses)) * per_decade,
            "A finer grid would make the same region wider here. Turn the last operation around.",
        ),
        Mistake(
            lambda losses, per_decade: np.mean(losses <= 1.1 * np.min(losses)),
            "This is a share of the grid, and changes with its ends. Asked for are decades.",
        ),
        Mistake(
            lambda losses, per_decade: np.sum(losses <= np.min(losses) + 0.1) / per_decade,
            "You allow 0.1 above the lowest loss. Ten per cent of it is something else.",
        ),
        Mistake(
            lambda losses, per_decade: np.sum(losses <= 0.9 * np.min(losses)) / per_decade,
            "No loss can be ten per cent *below* the lowest.",
        ),
        Mistake(
            lambda losses, per_decade: np.sum(losses >= 1.1 * np.min(losses)) / per_decade,
            "You counted the bad rates.",
        ),
        Mistake(
            lambda losses, per_decade: np.sum(losses <= 1.1 * np.median(losses)) / per_decade,
            "Good is measured from the lowest loss, not from the middle one.",
        ),
        Mistake(
            lambda losses, per_decade: (np.sum(losses <= 1.1 * np.min(losses)) - 1) / per_decade,
            "You counted the gaps between good rates. The exercise counts the rates themselves.",
        ),
        Mistake(
            lambda losses, per_decade: (
                (np.ptp(np.flatnonzero(losses <= 1.1 * np.min(losses))) + 1) / per_decade
            ),
            "You measured from the first good rate to the last. Is each rate between them good?",
        ),
        Mistake(
            lambda losses, per_decade: per_decade / np.sum(losses <= 1.1 * np.min(losses)),
            "With more good rates your answer gets smaller. Turn the division around.",
        ),
        Mistake(
            lambda losses, per_decade: np.sum(np.isfinite(losses)) / per_decade,
            "These are the rates that did not diverge. Good asks for more.",
        ),
    ],
    look="section 4, C19",
)


def _winner(a, b):
    return 1 if np.all(a < b) else -1 if np.all(b < a) else 0


exercise(
    "10b.winner",
    solution=_winner,
    cases=[
        (np.array([0.2, 0.5, 0.9]), np.array([0.3, 0.6, 1.0])),
        (np.array([0.4, 0.9, 0.8]), np.array([0.3, 0.2, 0.1])),
        (np.array([0.1, 0.7, 0.2]), np.array([0.2, 0.6, 0.9])),
        (np.array([0.5, 0.5]), np.array([0.5, 0.4])),
        (np.array([0.1, 0.2, 2.0]), np.array([0.3, 0.4, 0.5])),
        (np.array([0.1, 0.8]), np.array([0.7, 0.2])),
    ],
    mistakes=[
        Mistake(
            lambda a, b: 1 if np.mean(a) < np.mean(b) else -1,
            "This compares means and always finds a winner. When may there be none?",
        ),
        Mistake(
            lambda a, b: 1 if np.median(a) < np.median(b) else -1,
            "This compares medians and always finds a winner. When may there be none?",
        ),
        Mistake(
            lambda a, b: -_winner(a, b),
            "These are losses: which is better, a low one or a high one?",
        ),
        Mistake(
            lambda a, b: 1 if np.max(a) < np.min(b) else -1 if np.max(b) < np.min(a) else 0,
            "You want every run of one method below every run of the other. The runs come in pairs "
            "with the same seed: compare within the pairs.",
        ),
        Mistake(
            lambda a, b: 1 if np.any(a < b) else -1 if np.any(b < a) else 0,
            "One lower run is enough for a win here. How many does the exercise want?",
        ),
        Mistake(
            lambda a, b: 1 if np.all(a <= b) else -1 if np.all(b <= a) else 0,
            "Equal losses count as a win here. In every run, the winner's is *lower*.",
        ),
        Mistake(
            lambda a, b: 1 if np.mean(a < b) > 0.5 else -1 if np.mean(b < a) > 0.5 else 0,
            "You let the majority of the runs decide. The exercise asks for all of them.",
        ),
        Mistake(
            lambda a, b: _winner(np.sort(a), np.sort(b)),
            "Sorting tears the pairs apart: the smallest of each need not have the same seed.",
        ),
        Mistake(
            lambda a, b: 1 if np.all(a < b) else 0,
            "The second method never wins here. The exercise has three answers.",
        ),
        Mistake(
            lambda a, b: 1 if np.all(a < b) else -1,
            "Where the first does not win, the second need not have won.",
        ),
    ],
    look="section 1, and the text of the exercise",
)


def _log(losses, every):
    return [float(np.mean(losses[i : i + every])) for i in range(0, len(losses), every)]


exercise(
    "10b.log_of",
    solution=_log,
    cases=[
        (np.array([3.0, 1.0, 2.5, 0.5, 4.0, 1.0, 0.7]), 3),
        (np.array([8.0, 4.0, 2.0, 1.0]), 2),
        (np.array([5.0, 2.0, 1.0, 3.0, 4.0]), 4),
    ],
    mistakes=[
        Mistake(
            lambda losses, every: [x / 10 for x in _log(losses, every)],
            "Each number is a tenth of what it should be: the fault of the published listing.",
        ),
        Mistake(
            lambda losses, every: [
                float(np.mean(losses[i : i + every]))
                for i in range(0, len(losses) - every + 1, every)
            ],
            "What is left over at the end of the epoch is not shown.",
        ),
        Mistake(
            lambda losses, every: [
                float(np.sum(losses[i : i + every])) / every for i in range(0, len(losses), every)
            ],
            "The last group is divided by `every`, but there are fewer losses in it.",
        ),
        Mistake(
            lambda losses, every: [
                float(np.sum(losses[i : i + every])) for i in range(0, len(losses), every)
            ],
            "These are sums. They grow with `every`; a mean does not.",
        ),
        Mistake(
            lambda losses, every: [
                float(np.mean(losses[: i + every])) for i in range(0, len(losses), every)
            ],
            "Your sum is never set back to 0, so each mean holds all batches since the start.",
        ),
        Mistake(
            lambda losses, every: [float(x) for x in losses[every - 1 :: every]],
            "You show single batches, not means. One batch is noisy; that is why a log averages.",
        ),
        Mistake(
            lambda losses, every: [
                float(np.sum(losses[i : i + every])) / len(losses)
                for i in range(0, len(losses), every)
            ],
            "You divided by the number of batches in the whole epoch.",
        ),
        Mistake(
            lambda losses, every: [float(x) for x in losses[::every]],
            "You show the first batch of each group. A log averages, as one batch is noisy.",
        ),
        Mistake(
            lambda losses, every: [float(np.mean(x)) for x in np.array_split(losses, every)],
            "You made `every` groups. The groups are to have `every` losses each.",
        ),
        Mistake(
            lambda losses, every: [
                float(np.mean(losses[i : i + every])) for i in range(len(losses))
            ],
            "Your groups overlap, so that a loss counts several times. How far is it from the "
            "beginning of one group to that of the next?",
        ),
    ],
    look="section 5, C17",
)

exercise(
    "10b.two_G",
    solution=lambda g: (np.mean(g, axis=0) ** 2, np.sum(g**2, axis=0)),
    cases=[
        (np.array([[1.0, 2.0, 0.5], [-1.0, 3.0, 0.0]]),),
        (np.array([[0.5, -2.0], [1.5, 1.0], [-1.0, 4.0], [2.0, 0.5]]),),
    ],
    mistakes=[
        Mistake(
            lambda g: (np.sum(g**2, axis=0), np.mean(g, axis=0) ** 2),
            "Both are right, in the wrong order: the large batch comes first.",
        ),
        Mistake(
            lambda g: (np.sum(g, axis=0) ** 2, np.sum(g**2, axis=0)),
            "The second is right. The loss of the large batch is a mean over its rows, so its "
            "gradient is no sum of the small ones.",
        ),
        Mistake(
            lambda g: (np.mean(g**2, axis=0), np.sum(g**2, axis=0)),
            "The second is right. In the first you squared before you averaged: which of the two "
            "does a large batch do first?",
        ),
        Mistake(
            lambda g: (np.mean(g, axis=0) ** 2, np.mean(g**2, axis=0)),
            "The first is right. AdaGrad's G is no average: what does it do with each square?",
        ),
        Mistake(
            lambda g: (np.mean(g, axis=0) ** 2, np.sum(g, axis=0) ** 2),
            "The first is right. In the second you added gradients and then squared: that is the "
            "other kind of accumulation.",
        ),
        Mistake(
            lambda g: (np.mean(g, axis=0), np.sum(g, axis=0)),
            "You accumulated g, not g².",
        ),
        Mistake(
            lambda g: (np.mean(g, axis=1) ** 2, np.sum(g**2, axis=1)),
            "You went along the rows. Each coordinate, a column, has a G of its own.",
        ),
        Mistake(
            lambda g: (np.abs(np.mean(g, axis=0)), np.sqrt(np.sum(g**2, axis=0))),
            "These are √G. Asked for is G itself.",
        ),
        Mistake(
            lambda g: (np.sum(g, axis=0) ** 2 / len(g), np.sum(g**2, axis=0)),
            "The second is right. In the first, is the division by k done before the square or "
            "after it?",
        ),
        Mistake(
            lambda g: (np.sum(g**2, axis=0), np.sum(g**2, axis=0)),
            "The second is right. The large batch makes one step, with one gradient: of what is "
            "its square taken?",
        ),
        Mistake(
            lambda g: (np.mean(g, axis=0) ** 2, np.mean(g, axis=0) ** 2),
            "The first is right. The second takes k steps: what does each of them add, and are "
            "their gradients alike?",
        ),
    ],
    look="section 4, C10",
)
