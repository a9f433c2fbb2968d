"""Many runs at once: grids of rates, tuning on equal terms, basins of attraction.

>>> from lessons_lib.optimizers import SGD
>>> from lessons_lib.surfaces import SURFACES
>>> tuned = tune(SURFACES["booth"], SGD(), starts=[[0.0, 0.0]], steps=50)
>>> tuned.best.lr
0.1
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .descent import Path, descend, endpoints, gaussian
from .optimizers import Optimizer
from .parallel import run_all
from .surfaces import Differentiable, Surface
from .validation import NOT_NEGATIVE, POSITIVE, number, numbers, points, whole_number

_TASK = 5e6  # lane·steps of one task of a sweep: some hundredths of a second


def rate_grid(low: float = 1e-4, high: float = 10.0, per_decade: int = 6) -> np.ndarray:
    """Learning rates spaced evenly in log scale, both ends included, to two digits.

    >>> rate_grid(0.01, 1, per_decade=3).tolist()
    [0.01, 0.022, 0.046, 0.1, 0.22, 0.46, 1.0]
    """
    low, high = numbers("low", low, POSITIVE), numbers("high", high, POSITIVE)
    per_decade = whole_number("per_decade", per_decade, least=1)
    if high <= low:
        raise ValueError(f"high must be greater than low, {low}; got {high}")
    count = round(np.log10(high / low) * per_decade) + 1
    grid = low * (high / low) ** (np.arange(count) / (count - 1))
    return np.array([float(f"{rate:.1e}") for rate in grid])  # the same on every machine


def random_starts(surface: Surface, n: int, seed: int = 0) -> np.ndarray:
    """`n` starts, uniform over the surface's view; shape (n, 2)."""
    low, high = np.array(surface.view).T
    return np.random.default_rng(seed).uniform(low, high, (whole_number("n", n, 1), 2))


@dataclass(frozen=True, eq=False)
class Tuned:
    """What `tune` found for one optimizer.

    Attributes
    ----------
    rates : array of shape (R,)
    scores : array of shape (R,)
        Median over the starts of the `outcome`: the excess loss at the end; inf where most
        diverged.
    best : Optimizer
        The optimizer with the rate of the lowest score.
    """

    rates: np.ndarray
    scores: np.ndarray
    best: Optimizer

    @property
    def score(self) -> float:
        """The lowest score."""
        return float(self.scores.min())


def excess(surface: Differentiable, path: Path) -> np.ndarray:
    """Loss above the minimum at the end of each path; inf for a path that diverged."""
    lost = np.asarray(path.diverged_at if path.diverged_at is not None else -1) >= 0
    return np.where(lost, np.inf, np.maximum(path.loss[-1] - _floor(surface), 0.0))


def _floor(surface: Differentiable) -> float:
    """The lowest value of a surface; 0 for one without a minimum."""
    minima = getattr(surface, "minima", np.empty((0, 2)))
    return float(np.min(surface(minima))) if len(minima) else 0.0


def outcome(surface: Differentiable, path: Path, solved: float = 0.0) -> np.ndarray:
    """`excess`, but a path that ends below `solved` > 0 is told from others by its steps.

    Such a path counts as ``solved * t / T``, where it was first below `solved` at step t of T:
    any solved path is better than any other, and one that needs half the steps is twice as good.
    Without this, methods would be compared by the rounding errors that they end with.
    """
    end = excess(surface, path)
    if not solved:
        return end
    t = np.asarray(path.steps_to(_floor(surface) + solved))
    return np.where(end <= solved, solved * np.maximum(t, 1) / (len(path.x) - 1), end)


def tune(
    surface: Differentiable,
    opt: Optimizer,
    starts: Any,
    rates: np.ndarray | None = None,
    steps: int = 300,
    noise: float = 0.0,
    seed: int = 0,
    solved: float = 0.0,
) -> Tuned:
    """Try every rate from every start, and keep the rate with the lowest median excess loss.

    Parameters
    ----------
    surface : Surface
    opt : Optimizer
        Its own rate is ignored; its other hyper-parameters are kept.
    starts : array of shape (S, d)
    rates : array of shape (R,), default `rate_grid()`
    steps, noise : as for `descend`
    seed : int, default 0
        Each start gets noise of its own, the same for every optimizer and rate; no two seeds
        share any.
    solved : float, default 0
        As for `outcome`.

    Returns
    -------
    Tuned
    """
    starts = np.atleast_2d(points("starts", starts))
    rates = rate_grid() if rates is None else np.asarray(rates, dtype=float)
    grid = dataclasses.replace(opt, lr=rates[:, None])
    path = descend(surface, grid, starts, steps, noise, _noise_seeds(seed, 0, len(starts)))
    scores = np.median(outcome(surface, path, solved), axis=1)
    best = dataclasses.replace(opt, lr=float(rates[np.argmin(scores)]))
    return Tuned(rates, scores, best)


def _noise_seeds(seed: int, split: int, n: int) -> np.ndarray:
    """A noise seed for each of n starts; splits 0 and 1 are practice and held-out starts."""
    entropy = np.random.SeedSequence((whole_number("seed", seed), split))
    return entropy.generate_state(n, np.uint64)


@dataclass(frozen=True, eq=False)
class Result:
    """One optimizer in a race: what tuning found, and how it did on starts it had not seen.

    Attributes
    ----------
    tuned : Tuned
    path : Path
        From the held-out starts, at the tuned rate; x is (steps + 1, S, d).
    finals : array of shape (S,)
        The `outcome` of each of these paths: its excess loss at the end.
    """

    tuned: Tuned
    path: Path
    finals: np.ndarray

    @property
    def median(self) -> float:
        """Median of `finals`."""
        return float(np.median(self.finals))


def race(
    surface: Surface,
    optimizers: Mapping[str, Optimizer],
    starts: int = 16,
    rates: np.ndarray | None = None,
    steps: int = 300,
    noise: float = 0.0,
    seed: int = 0,
    solved: float = 0.0,
) -> dict[str, Result]:
    """A fair race: equal gradient budget, every rate tuned alike, judged on unseen starts.

    Parameters
    ----------
    surface : Surface
    optimizers : dict of name → Optimizer
    starts : int, default 16
        That many random starts to tune on, and as many others to be judged on.
    rates, steps, noise : as for `tune`
    seed : int, default 0
        Of the starts and of the noise; different seeds share neither.
    solved : float, default 0
        As for `outcome`.

    Returns
    -------
    dict of name → Result
    """
    both = random_starts(surface, 2 * whole_number("starts", starts, 1), seed)
    practice, held_out = both[:starts], both[starts:]
    results = {}
    for name, opt in optimizers.items():
        tuned = tune(surface, opt, practice, rates, steps, noise, seed, solved)
        fresh = _noise_seeds(seed, 1, starts)
        path = descend(surface, tuned.best, held_out, steps, noise, fresh)
        results[name] = Result(tuned, path, outcome(surface, path, solved))
    return results


@dataclass(frozen=True, eq=False)
class Basins:
    """Where each start of a grid ends up.

    Attributes
    ----------
    x, y : arrays of shape (n,)
        The grid.
    ends : int array of shape (n, n)
        Row for y, column for x: index of the global minimum reached; -1 for none of them;
        -2 for a path that diverged.
    """

    x: np.ndarray
    y: np.ndarray
    ends: np.ndarray

    def share(self, *ends: int) -> float:
        """The fraction of starts that end at any of these; without arguments, at any minimum."""
        return float(np.mean(np.isin(self.ends, ends) if ends else self.ends >= 0))


def basins(
    surface: Surface,
    opt: Optimizer,
    n: int = 128,
    steps: int = 300,
    noise: float = 0.0,
    seed: int | None = None,
    within: float = 0.1,
) -> Basins:
    """Start from each point of an n × n grid over the view, and see which minimum is reached.

    Parameters
    ----------
    surface : Surface
        With at least one minimum.
    opt : Optimizer
    n : int, default 128
    steps, noise, seed : as for `descend`
    within : float, default 0.1
        How near a minimum a path must end, as a Euclidean distance.
    """
    if not len(surface.minima):
        raise ValueError(f"surface must have a minimum; {surface.name} has none")
    n = whole_number("n", n, least=2)
    x, y = (np.linspace(*side, n) for side in surface.view)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    end = endpoints(surface, opt, grid, steps, noise, seed)
    distance = np.linalg.norm(end[..., None, :] - surface.minima, axis=-1)
    nearest = np.argmin(np.nan_to_num(distance, nan=np.inf), axis=-1)
    reached = np.take_along_axis(distance, nearest[..., None], -1)[..., 0] <= within
    ends = np.where(reached, nearest, np.where(np.isnan(end).any(-1), -2, -1))
    return Basins(x, y, ends)


def sweep(
    surfaces: Mapping[str, Surface],
    optimizers: Mapping[str, Optimizer],
    rates: np.ndarray | None = None,
    starts: int = 32,
    steps: int = 300,
    noise: float = 0.0,
    seed: int = 0,
    executor: Executor | None = None,
) -> dict[str, dict[str, np.ndarray]]:
    """Every optimizer at every rate from many random starts on every surface.

    Parameters
    ----------
    surfaces : dict of name → Surface
    optimizers : dict of name → Optimizer
    rates, steps, noise, seed : as for `tune`
    starts : int, default 32
        Random starts on each surface.
    executor : concurrent.futures.Executor, optional
        Where to compute: `ProcessPoolExecutor()` for all cores, Dask's ``Client.get_executor()``
        for a cluster. By default in this process. The work is cut in the same way, and so the
        results are the same, whatever the executor.

    Returns
    -------
    dict of surface → dict of optimizer → array of shape (R, starts)
        The excess loss at the end; inf where the path diverged.

    Raises
    ------
    Incomplete
        If tasks failed or the executor died; its ``resume(executor)`` does what is missing.
    """
    rates = rate_grid() if rates is None else np.atleast_1d(numbers("rates", rates, POSITIVE))
    starts, steps = whole_number("starts", starts, 1), whole_number("steps", steps)
    seeds = _noise_seeds(seed, 0, starts)
    size = max(1, int(_TASK // (len(rates) * max(steps, 1))))  # starts of one task
    tasks = {}
    for where, surface in surfaces.items():
        x = random_starts(surface, starts, seed)
        for name, opt in optimizers.items():
            grid = dataclasses.replace(opt, lr=rates[:, None])
            for i in range(0, starts, size):
                part = slice(i, i + size)
                task = (surface, grid, x[part], steps, noise, seeds[part])
                tasks[f"{where}, {name}, start {i}"] = task

    def gather(results: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
        found = iter(results.values())
        return {
            where: {
                name: np.concatenate([next(found) for _ in range(0, starts, size)], axis=1)
                for name in optimizers
            }
            for where in surfaces
        }

    return run_all(_excess_at_end, tasks, executor, gather)


def _excess_at_end(surface, opt, start, steps, noise, seeds):
    """One task of a sweep; shape (rates, starts)."""
    end = endpoints(surface, opt, start, steps, noise, seeds)
    above = np.maximum(surface(end) - _floor(surface), 0.0)
    return np.where(np.isnan(end).any(-1), np.inf, above)


def fair(
    losses: Callable[[Optimizer], np.ndarray], methods: Mapping[str, Optimizer], rates: np.ndarray
) -> dict[str, np.ndarray]:
    """What each method gets at its best rate, which is chosen on one half of the runs.

    Parameters
    ----------
    losses : callable
        ``losses(opt)`` → array of shape (K, R), the loss of each of K runs at each rate of
        ``opt.lr``; what is not finite counts as worst.
    methods : dict of name → Optimizer
    rates : array of shape (R,)
        The same for all methods.

    Returns
    -------
    dict of name → array of shape (K − K // 2,)
        The losses of the other half of the runs.

    Raises
    ------
    ValueError
        If what `losses` returns is not of that shape, or if K < 2.
    """
    judged = {}
    for name, opt in methods.items():
        with np.errstate(all="ignore"):
            found = losses(dataclasses.replace(opt, lr=rates))
        if np.ndim(found) != 2 or found.shape[1] != len(rates) or len(found) < 2:
            raise ValueError(
                "losses must return an array of shape (K, R), two or more runs at each of the "
                f"{len(rates)} rates; got shape {np.shape(found)}"
            )
        found = np.where(np.isfinite(found), found, np.inf)
        half = len(found) // 2
        judged[name] = found[half:, np.median(found[:half], axis=0).argmin()]
    return judged


def bowl_losses(
    opt: Optimizer,
    d: int = 30,
    kappa: float = 1.0,
    noise: float = 0.0,
    rare: bool = False,
    steps: int = 200,
    runs: int = 6,
    seed: int = 0,
) -> np.ndarray:
    """Loss ½ Σ hᵢxᵢ² at the end of noisy runs in d dimensions; shape (runs, R).

    Parameters
    ----------
    opt : Optimizer
        Its rate is an array of shape (R,).
    d : int, default 30
    kappa : float > 0, default 1
        The curvatures hᵢ go from 1/kappa to 1, evenly in log scale.
    noise : float, default 0
        Standard deviation of what is added to each coordinate of each gradient.
    rare : bool, default False
        Whether the coordinates, in random order, have a gradient in every step, then ever more
        rarely, down to every thirtieth on average, whatever d is; else each in every step.
    steps : int, default 200
        The loss is the mean over the last tenth of them, at least one.
    runs : int, default 6
        Each has its own start, normally distributed, and its own noise, the same for every rate.
    seed : int, default 0

    Raises
    ------
    ValueError
        For an argument out of range; the message says which.

    Examples
    --------
    >>> from lessons_lib.optimizers import SGD
    >>> bowl_losses(SGD(lr=np.array([0.1, 1.0])), d=2, steps=5).shape
    (6, 2)
    """
    d, steps = whole_number("d", d, 1), whole_number("steps", steps, 1)
    kappa, noise = number("kappa", kappa, POSITIVE), number("noise", noise, NOT_NEGATIVE)
    runs = whole_number("runs", runs, 1)
    if np.ndim(opt.lr) != 1:
        raise ValueError(f"opt must have an array of rates, of shape (R,); got lr = {opt.lr!r}")
    curvatures, opt = np.geomspace(1 / kappa, 1, d), opt.for_run(steps)
    z = gaussian((steps + 1, d), _noise_seeds(seed, 2, runs))[:, :, None]
    rng = np.random.default_rng((seed, 3))
    often = rng.permutation(1 / np.linspace(1, 30, d)) if rare else 1.0
    present = rng.random((steps, runs, 1, d)) < often
    x = z[-1] + np.zeros((runs, len(opt.lr), d))
    state, late = opt.init(x), []
    with np.errstate(all="ignore"):
        for t in range(steps):
            x, state = opt.step(x, (curvatures * x + noise * z[t]) * present[t], state)
            if steps - t <= max(steps // 10, 1):
                late.append(0.5 * (curvatures * x * x).sum(axis=-1))
    return np.mean(late, axis=0)
