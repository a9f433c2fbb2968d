"""AdaGrad on long vectors and on tables with few rows in use, against PyTorch on one thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from lessons_lib.large import adagrad_in_blocks, adagrad_rows
from measuring import Contest, need

LR = 0.1
BATCHES = 32


def contests(size: int = 10_000_000, rows: int = 1_000_000, touched: int = 256) -> list[Contest]:
    """All contests; the arguments make them small for a test. Nothing is filled before a run."""
    return [*long_vector(size), *tables(rows, touched)]


def single_thread():
    """PyTorch, kept to one thread: NumPy has no more."""
    (torch,) = need("torch")
    torch.set_num_threads(1)
    torch.sparse.check_sparse_tensor_invariants.disable()  # the default, which it warns of
    return torch


def long_vector(size: int) -> list[Contest]:
    """One step on a vector that no cache holds, in single precision."""

    @cache
    def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, g = np.random.default_rng(0).standard_normal((2, size), np.float32)
        return x, g, np.zeros_like(x)

    def ours(**form: int):
        x, g, G = arrays()
        adagrad_in_blocks(x, g, G, LR, **form)

    def theirs(**form: bool) -> Callable[[], object]:
        torch = single_thread()
        x, g, _ = arrays()
        theta = torch.from_numpy(x.copy())
        theta.grad = torch.from_numpy(g.copy())
        opt = torch.optim.Adagrad([theta], lr=LR, **form)
        mine, sums = x.copy(), np.zeros_like(x)
        adagrad_in_blocks(mine, g, sums, LR)
        opt.step()
        np.testing.assert_allclose(theta.numpy(), mine, rtol=1e-5, atol=1e-6)
        return opt.step

    def copy() -> Callable[[], object]:
        source = np.ones(size, np.float32)
        target = np.empty_like(source)
        return lambda: np.copyto(target, source)

    # A step reads x, g, G and writes x, G; a copy reads one array and writes one.
    share = dict(
        against="the bandwidth of a copy",
        unit=" %",
        theirs=copy,
        figure=lambda step, copy: 100 * (5 / step) / (2 / copy),
        rounds=9,
    )
    both = dict(work=f"AdaGrad, {size:.0e} float32".replace("e+0", "e"), ours=ours, rounds=9)
    return [
        Contest(**both, against="torch default", bar=1.5, stretch=2.5, theirs=theirs),
        Contest(**both, against="torch foreach", theirs=lambda: theirs(foreach=True)),
        Contest(**both, against="torch fused", theirs=lambda: theirs(fused=True)),
        Contest(work=both["work"], ours=ours, bar=40, stretch=60, **share),
        Contest(
            work=both["work"] + ", blocks of 262144",
            ours=lambda: ours(block=262144),
            **share,
        ),
    ]


class Table:
    """A table of n rows, and batches of gradients for a few of them, some of them twice."""

    def __init__(self, n: int, touched: int, width: int = 32, batches: int = BATCHES):
        rng = np.random.default_rng(0)
        self.x = np.ones((n, width), np.float32)
        self.G = np.zeros_like(self.x)
        self.rows = rng.integers(0, n, (batches, touched))
        self.g = rng.standard_normal((batches, touched, width), np.float32)

    def go(self) -> None:
        for rows, g in zip(self.rows, self.g, strict=True):
            adagrad_rows(self.x, g, self.G, rows, LR)


def tables(n: int, touched: int) -> list[Contest]:
    """Row-sparse steps, and that their cost does not grow with the table."""
    kept = cache(lambda: Table(n, touched))

    def sparse() -> Callable[[], object]:
        torch, table = single_thread(), kept()
        x = torch.ones(table.x.shape)
        opt = torch.optim.Adagrad([x], lr=LR)
        pairs = zip(torch.from_numpy(table.rows), torch.from_numpy(table.g), strict=True)
        gradients = [
            torch.sparse_coo_tensor(rows[None], g, x.shape, check_invariants=False)
            for rows, g in pairs
        ]

        def go() -> None:
            for gradient in gradients:
                x.grad = gradient
                opt.step()

        mine = Table(n, touched)
        mine.go()
        go()
        np.testing.assert_allclose(x.numpy(), mine.x, rtol=1e-4, atol=1e-5)
        return go

    def smaller() -> Callable[[], object]:
        return Table(n // 10, touched).go

    both = dict(
        work=f"row-sparse AdaGrad, {touched} of {n} rows of 32, {BATCHES} steps",
        ours=lambda: kept().go(),
        rounds=61,
    )
    return [
        Contest(**both, against="torch, sparse gradient", bar=3, stretch=6, theirs=sparse),
        Contest(
            **both,
            against="the same with a tenth of the rows",
            bar=1.5,
            stretch=1.1,
            least=False,
            theirs=smaller,
            figure=lambda large, small: large / small,
        ),
    ]
