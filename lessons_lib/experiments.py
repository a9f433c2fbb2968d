"""What lesson 07 compares: eight tasks, six optimizers, and one way to judge them.

Every task is a function of the seeds it is judged on, so that its conclusions can be tried on
others. Each optimizer gets as many gradients as any other. Its rate comes from one random search
over the same rates, on seeds that are not used again: on the spot where that takes a second or
two; beforehand, by `tuned_rates`, for the tasks in `FOUND`.

>>> result = compare("diabetes")
>>> list(result.values)
['SGD', 'SGDLinear', 'Momentum', 'AdaGrad', 'RMSprop', 'Adam']
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .datasets import diabetes, digits
from .datasets.melodies import alice, tunes
from .datasets.pictures import abstract
from .models import CNN, GAN, MLP, GridWorld, Model, Recurrent
from .optimizers import SGD, AdaGrad, Adam, Momentum, Optimizer, RMSprop, SGDLinear
from .training import Data, Run, Search, random_rates, random_search, train

RULES: dict[str, Optimizer] = {
    cls.__name__: cls() for cls in (SGD, SGDLinear, Momentum, AdaGrad, RMSprop, Adam)
}
SEEDS = (0, 1, 2, 3, 4)

# The rates that `tuned_rates` finds, in the order of RULES.
FOUND: dict[str, tuple[float, ...]] = {
    "text": (1.7, 1.9, 0.14, 0.14, 0.013, 0.032),
    "tunes": (0.68, 0.68, 0.2, 0.078, 0.013, 0.013),
    "forgery": (0.49, 0.11, 0.00028, 0.049, 0.0011, 0.0024),
}


@dataclass(frozen=True, eq=False)
class Task:
    """A model, its data, a budget, and how it is judged.

    Attributes
    ----------
    model : Model
    data : Data
    steps, batch : int
    rates : array
        What the random search tries.
    score : callable
        ``score(theta)`` → array of shape theta.shape[:-1], less being better: what the rates are
        chosen by. None for the mean training loss of the last tenth of the steps.
    judge : callable
        The same for what the tuned optimizers are judged by; None for `score`.
    """

    model: Model
    data: Data
    steps: int
    batch: int
    rates: np.ndarray
    score: Callable[[np.ndarray], np.ndarray] | None = None
    judge: Callable[[np.ndarray], np.ndarray] | None = None

    def scored(self, run: Run) -> np.ndarray:
        """What the rates are chosen by, shape (O, R, S); inf for a run that diverged."""
        return _finite(run.final if self.score is None else self.score(run.theta))

    def judged(self, run: Run) -> np.ndarray:
        """What the optimizers are judged by, shape (O, S); inf for a run that diverged."""
        return (self.scored(run) if self.judge is None else _finite(self.judge(run.theta)))[:, 0]

    def search(self, seeds: Sequence[int], tuning_seeds: Sequence[int]) -> Search:
        """The random search and its judgement."""
        return random_search(
            self.model,
            self.data,
            RULES,
            self.steps,
            self.batch,
            self.rates,
            tuning_seeds,
            seeds,
            self.scored,
        )


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.inf)


@dataclass(frozen=True, eq=False)
class Result:
    """What a comparison found.

    Attributes
    ----------
    task : Task
    run : Run
        The tuned optimizers, from the seeds they are judged on.
    values : dict of name → array of shape (S,)
        What each is judged by; less is better.
    search : Search or None
        How the rates were found, where that was done on the spot.
    """

    task: Task
    run: Run
    values: dict[str, np.ndarray]
    search: Search | None = None

    @property
    def rates(self) -> dict[str, float]:
        """The rate that each optimizer was given."""
        return {name: opt.lr for name, opt in self.run.optimizers.items()}

    def median(self, name: str) -> float:
        """The median over the seeds."""
        return float(np.median(self.values[name]))


def level(values: Mapping[str, np.ndarray]) -> list[str]:
    """The names that cannot be told from the best: whose range over the seeds meets its range.

    The best is the one with the lowest median. A method of which a run diverged is not at the top,
    however good its other runs are (unless that has happened to all). With five seeds each, two
    methods that do not differ, and are named beforehand, have ranges apart in fewer than one case
    of a hundred (2 of 252 orders).
    """
    whole = {name: v for name, v in values.items() if np.isfinite(v).all()} or values
    best = min(whole, key=lambda name: np.median(whole[name]))
    return [name for name, v in whole.items() if np.min(v) <= np.max(whole[best])]


def verdict(values: Mapping[str, np.ndarray]) -> str:
    """Who is best, who is level with it, and who is behind, as a sentence.

    >>> verdict({"A": np.array([1.0, 2.0]), "B": np.array([1.5, 3.0]), "C": np.array([7.0, 8.0])})
    'Level at the top: A and B. Behind in every seed: C.'
    """
    top = level(values)
    behind = [name for name in values if name not in top]
    if not behind:
        return "All are level: the range of each meets that of the best."
    first = f"Best: {top[0]}, alone." if len(top) == 1 else f"Level at the top: {_list(top)}."
    diverged = [name for name in behind if not np.isfinite(values[name]).all()]
    if behind := [name for name in behind if name not in diverged]:
        first += f" Behind in every seed: {_list(behind)}."
    return first + (f" Diverged in some seed: {_list(diverged)}." if diverged else "")


def _list(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


# --- the tasks ------------------------------------------------------------------------------------


def digits_task() -> Task:
    """Digits, by a perceptron with 32 hidden units: ten rounds through the training pictures."""
    return Task(MLP((64, 32, 10)), digits().train, 450, 32, random_rates(24, 1e-3, 3))


def pictures_task() -> Task:
    """Digits, by a convolutional network with six filters: four and a half rounds."""
    return Task(CNN(filters=6), digits().train, 200, 32, random_rates(9, 1e-3, 5))


def diabetes_task() -> Task:
    """Diabetes, by 16 hidden units; the rate is chosen on patients that are kept back for it."""
    (X, y), test = diabetes()
    fit, kept = (X[70:], y[70:]), (X[:70], y[:70])
    model = MLP((10, 16, 1), loss="squares")

    def on(part):
        return lambda theta: model.loss_and_grad(theta, part)[0]

    return Task(model, fit, 300, 32, random_rates(10, 1e-4, 3), on(kept), on(test))


def text_task() -> Task:
    """The beginning of "Alice", character by character, by 40 recurrent units."""
    text = alice()
    model = Recurrent(len(text.alphabet), hidden=40)
    return Task(model, text.windows(16), 500, 16, random_rates(14, 3e-3, 3))


def tunes_task() -> Task:
    """Eight old tunes, note by note, by 32 recurrent units."""
    text = tunes()
    model = Recurrent(len(text.alphabet), hidden=32)
    return Task(model, text.windows(16), 400, 16, random_rates(14, 3e-3, 3))


def agent_task() -> Task:
    """REINFORCE in the grid world; judged by what is missing to the best possible return.

    The rate is chosen by the mean over the seeds: a rate at which one agent in three ends in a
    corner for ever is not a good one, though its median may be.
    """
    world = GridWorld()
    best = world.discount ** (2 * (world.side - 1) - 1)

    def missing(theta):
        return best - world.value(theta)

    def mean_missing(theta):
        return missing(theta).mean(axis=-1, keepdims=True)

    return Task(world, world.draw, 150, 16, random_rates(8, 0.01, 10), mean_missing, missing)


def painting_task() -> Task:
    """An abstract picture of 32 × 32 pixels, by a network that is told where each pixel is."""
    X, y = abstract(32)
    model = MLP((14, 32, 32, 3), loss="squares")

    def error(theta):
        return model.loss_and_grad(theta, (X, y))[0]

    return Task(model, (X, y), 400, 64, random_rates(8, 1e-3, 3), error)


def forgery_task() -> Task:
    """Forged digits, by a conditional GAN; judged by the `energy_distance` to real ones.

    The rates are chosen by the distance to training digits, and judged by that to test digits.
    """
    (X, y), (X_test, y_test) = digits()
    gan, n = GAN(), len(X_test)

    def distance(real, labels, seed):
        z = np.random.default_rng(seed).standard_normal((len(real), gan.noise))

        def score(theta):
            runs = theta.reshape(-1, gan.size)
            each = [energy_distance(gan.generate(one, labels, z), real, labels) for one in runs]
            return np.reshape(each, theta.shape[:-1])

        return score

    tuning, judge = distance(X[:n], y[:n], 4), distance(X_test, y_test, 5)
    return Task(gan, gan.draw(X, y), 1200, 16, random_rates(14, 3e-5, 1), tuning, judge)


def energy_distance(A: np.ndarray, B: np.ndarray, labels: np.ndarray) -> float:
    """How far two sets of labelled pictures are apart, as distributions: 0 if they are the same.

    2 E‖a − b‖ − E‖a − a'‖ − E‖b − b'‖ (Székely and Rizzo 2013, doi:10.1016/j.jspi.2013.03.018),
    where each picture has its label beside it, so that a forged 3 is compared with real 3s above
    all. It sees forgeries that are wrong, and also those that are all alike.

    Parameters
    ----------
    A, B : arrays of shape (n, pixels)
    labels : int array of shape (n,)
        Of both.
    """
    mark = 4 * np.eye(labels.max() + 1)[labels]
    A, B = np.concatenate([A, mark], axis=1), np.concatenate([B, mark], axis=1)

    def apart(P, Q):
        squares = (P * P).sum(axis=1)[:, None] + (Q * Q).sum(axis=1) - 2 * P @ Q.T
        return np.sqrt(np.maximum(squares, 0)).mean()

    with np.errstate(all="ignore"):  # a generator that ran away is far
        return 2 * apart(A, B) - apart(A, A) - apart(B, B)


TASKS: dict[str, Callable[[], Task]] = {
    "digits": digits_task,
    "pictures": pictures_task,
    "diabetes": diabetes_task,
    "text": text_task,
    "tunes": tunes_task,
    "agent": agent_task,
    "painting": painting_task,
    "forgery": forgery_task,
}


def tuned_rates(name: str) -> dict[str, float]:
    """The random search whose result is in `FOUND`: 14 rates, three seeds. It takes a minute."""
    best = TASKS[name]().search(seeds=(0,), tuning_seeds=(100, 101, 102)).best
    return {name: opt.lr for name, opt in best.items()}


@functools.cache
def compare(name: str, seeds: tuple[int, ...] = SEEDS) -> Result:
    """Tune every optimizer for a task, or take the rates from `FOUND`, and judge it.

    Parameters
    ----------
    name : str
        A key of `TASKS`.
    seeds : tuple of int, default 0 … 4
        What to judge on. Rates that are chosen on the spot are chosen on 100 more than the first
        three.

    Returns
    -------
    Result
        The same object when asked again.
    """
    task = TASKS[name]()
    if name in FOUND:
        rules = {
            n: replace(opt, lr=lr) for (n, opt), lr in zip(RULES.items(), FOUND[name], strict=True)
        }
        run, search = train(task.model, task.data, rules, seeds, task.steps, task.batch), None
    else:
        search = task.search(seeds, [seed + 100 for seed in seeds[:3]])
        run = search.run
    return Result(task, run, dict(zip(RULES, task.judged(run), strict=True)), search)
