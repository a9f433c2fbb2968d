"""Paths of the five rules on Rosenbrock's function: `descend` and `basins` against peers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import peers
from lessons_lib import OPTIMIZERS, SURFACES, descend
from lessons_lib.sweeps import basins, random_starts, sweep
from measuring import Contest, need
from peers import NAMES, RATES

ROSENBROCK = SURFACES["rosenbrock"]


def starts_of(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (n, 2))


def rule(name: str):
    return OPTIMIZERS[name](lr=RATES[name])


def same(path: Callable[[str, np.ndarray, int], np.ndarray]) -> None:
    """Refuse a peer that does other work: the ratio would mean nothing.

    Twenty steps, because RMSprop makes rounding errors grow in Rosenbrock's valley.
    """
    starts = starts_of(3)
    for name in NAMES:
        ours = descend(ROSENBROCK, rule(name), starts, 20).x
        np.testing.assert_allclose(path(name, starts, 20), ours, rtol=1e-7, err_msg=name)


def contests(n: int = 100, steps: int = 300, many: int = 10_000, side: int = 256) -> list[Contest]:
    """All contests; the arguments make them small for a test."""
    return [
        *whole_paths(n, steps),
        *many_rates(n, steps),
        *compiled(many, steps),
        *one_path(steps * 2 // 3),
        ends(side, steps),
        many_surfaces(rates=steps // 5 + 1, starts=max(1, side // 8), steps=steps * 5 // 3),
    ]


def whole_paths(n: int, steps: int) -> list[Contest]:
    """Five rules, n paths: the loop over paths that everyone writes first."""
    starts, few = starts_of(n), max(1, n // 50)

    def ours():
        for name in NAMES:
            descend(ROSENBROCK, rule(name), starts, steps)

    def torch():
        same(lambda name, starts, steps: peers.torch_paths(name, starts, RATES[name], steps))

        def run():
            for name in NAMES:
                for start in starts[:few]:
                    peers.torch_paths(name, start, RATES[name], steps)

        return run

    def loop(arrays: bool):
        same(lambda *work: peers.loop_paths(*work, arrays))

        def run():
            for name in NAMES:
                peers.loop_paths(name, starts, steps, arrays)

        return run

    work = f"5 optimizers × {n} paths × {steps} steps"
    both = dict(work=work, ours=ours)
    return [
        Contest(
            **both,
            against="torch.optim, a path at a time",
            bar=2000,
            stretch=5000,
            theirs=torch,
            part=few / n,
            rounds=5,
        ),
        Contest(
            **both,
            against="the loop of posts, arrays in a dict",
            bar=50,
            stretch=120,
            theirs=lambda: loop(True),
            rounds=5,
        ),
        Contest(
            **both,
            against="the loop of posts, plain numbers",
            bar=50,
            stretch=120,
            theirs=lambda: loop(False),
        ),
    ]


def many_rates(n: int, steps: int, rates: int = 10) -> list[Contest]:
    """Each rule at ten rates: the worst of the five is the one that counts."""
    starts = starts_of(max(1, n // rates))
    found = []
    for name in NAMES:
        grid = RATES[name] * np.geomspace(0.1, 1, rates)
        opt = OPTIMIZERS[name](lr=grid[:, None])

        def ours(opt=opt):
            return descend(ROSENBROCK, opt, starts, steps).x

        def each(name=name, grid=grid):
            def run(steps=steps):
                paths = [peers.torch_paths(name, starts, float(rate), steps) for rate in grid]
                return np.stack(paths, axis=1)

            need("torch")
            short = descend(ROSENBROCK, OPTIMIZERS[name](lr=grid[:, None]), starts, 20).x
            np.testing.assert_allclose(run(20), short, rtol=1e-7)
            return run

        def groups(name=name, grid=grid):
            need("torch")
            short = descend(ROSENBROCK, OPTIMIZERS[name](lr=grid[:, None]), starts, 20).x
            theirs = peers.torch_groups(name, starts, grid, 20)
            np.testing.assert_allclose(theirs, short, rtol=1e-7)
            return lambda: peers.torch_groups(name, starts, grid, steps)

        work = f"{name}, {len(starts) * rates} paths ({rates} rates) × {steps} steps"
        against = "torch.optim batched, one for each rate"
        bars = dict(bar=50, stretch=200, rounds=5)
        found.append(Contest(work=work, against=against, ours=ours, theirs=each, **bars))
        if name == "adam":
            against = "one torch.optim, a group for each rate"
            found.append(Contest(work=work, against=against, ours=ours, theirs=groups, rounds=5))
    return found


def compiled(n: int, steps: int) -> list[Contest]:
    """Five rules, many paths, against optax as JAX compiles it."""
    starts = starts_of(n)

    def ours():
        for name in NAMES:
            descend(ROSENBROCK, rule(name), starts, steps)

    def warm():
        same(lambda name, starts, steps: np.asarray(peers.optax_paths(steps)(name, starts)[0]))
        paths = peers.optax_paths(steps)
        return lambda: [paths(name, starts) for name in NAMES]

    def cold():
        (jax,) = need("jax")
        need("optax")

        def run():
            jax.clear_caches()
            paths = peers.optax_paths(steps)
            for name in NAMES:
                paths(name, starts)

        return run

    both = dict(work=f"5 optimizers × {n} paths × {steps} steps", ours=ours, rounds=5)
    return [
        Contest(**both, against="optax, jitted, warm", bar=0.5, stretch=1, theirs=warm),
        Contest(**both, against="optax, its compilation included", bar=4, stretch=8, theirs=cold),
    ]


def one_path(steps: int) -> list[Contest]:
    """The smallest job: NumPy's cost of a call against Python's cost of a number."""
    start = starts_of(1)[0]

    def ours():
        descend(ROSENBROCK, rule("adagrad"), start, steps)

    def loop(arrays: bool):
        return lambda: peers.loop_paths("adagrad", start[None], steps, arrays)

    def torch():
        need("torch")
        return lambda: peers.torch_paths("adagrad", start, RATES["adagrad"], steps)

    both = dict(work=f"one path, AdaGrad, {steps} steps", ours=ours, rounds=101)
    return [
        Contest(
            **both,
            against="the loop of posts, arrays in a dict",
            bar=1,
            stretch=8,
            theirs=lambda: loop(True),
        ),
        Contest(
            **both,
            against="the loop of posts, plain numbers",
            bar=1,
            stretch=8,
            theirs=lambda: loop(False),
        ),
        Contest(**both, against="torch.optim", bar=50, stretch=300, theirs=torch),
    ]


def ends(side: int, steps: int) -> Contest:
    """Where each start of a grid ends: no path is kept, so that a compiled loop is at its best."""
    x, y = (np.linspace(*span, side) for span in ROSENBROCK.view)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)

    def ours():
        for name in NAMES:
            basins(ROSENBROCK, rule(name), side, steps)

    def numba():
        loop = peers.numba_ends()
        same(lambda name, starts, steps: ends_as_paths(loop, name, starts, steps))

        def run():
            for name in NAMES:
                end = loop(name, grid, steps)
                np.mean(np.linalg.norm(end - ROSENBROCK.minima, axis=-1) <= 0.1)

        return run

    return Contest(
        work=f"5 optimizers, basins of {side} × {side} starts × {steps} steps",
        against="a plain numba loop, compiled before",
        bar=1,
        stretch=2,
        ours=ours,
        theirs=numba,
        rounds=5,
    )


def ends_as_paths(loop, name: str, starts: np.ndarray, steps: int) -> np.ndarray:
    """The path that a function has which tells ends only."""
    return np.stack([loop(name, starts, t) for t in range(steps + 1)])


def many_surfaces(rates: int, starts: int, steps: int) -> Contest:
    """A sweep of millions of steps, against a sample of it in the loop: its cheapest surface."""
    names = ("valley", "tilted valley", "booth", "matyas", "rosenbrock", "beale")
    grounds = {name: SURFACES[name] for name in names}
    methods = {name: OPTIMIZERS[name]() for name in NAMES}
    grid, few = np.geomspace(1e-4, 10, rates), starts_of(4)

    def loop():
        same(lambda *work: peers.loop_paths(*work, arrays=True))
        same_ends()

        def run():
            for name in NAMES:
                peers.loop_paths(name, few, steps, arrays=True)

        return run

    work = len(NAMES) * rates * starts * steps * len(names)
    return Contest(
        work=f"sweep of {work / 1e6:.0f} million steps, in one process",
        against="the loop of posts, arrays in a dict",
        bar=100,
        ours=lambda: sweep(grounds, methods, grid, starts, steps),
        theirs=loop,
        part=len(few) / (rates * starts * len(names)),
        rounds=5,
    )


def same_ends() -> None:
    """Refuse a sweep that ends elsewhere than the loop does."""
    ground = {"rosenbrock": ROSENBROCK}
    for name in NAMES:
        method = {name: OPTIMIZERS[name]()}
        ours = sweep(ground, method, np.array([RATES[name]]), starts=3, steps=20)
        ends = peers.loop_paths(name, random_starts(ROSENBROCK, 3), 20)[-1]
        theirs = ROSENBROCK(ends)
        np.testing.assert_allclose(ours["rosenbrock"][name][0], theirs, rtol=1e-6, err_msg=name)
