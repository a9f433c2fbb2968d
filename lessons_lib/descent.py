"""Run a rule on a function: one path, or thousands at once.

>>> from lessons_lib.optimizers import AdaGrad
>>> from lessons_lib.surfaces import SURFACES
>>> path = descend(SURFACES["valley"], AdaGrad(lr=0.5), start=(-1.6, 1.2), steps=100)
>>> path.x.shape, bool(path.loss[-1] < 1e-6)
((101, 2), True)
>>> rates = np.array([0.01, 0.1, 1.0])  # an array of rates: that many paths in one call
>>> descend(SURFACES["valley"], AdaGrad(lr=rates), start=(-1.6, 1.2), steps=100).x.shape
(101, 3, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

from .optimizers import Optimizer
from .replay import AtMost, NotRepeatable, Tape
from .surfaces import Differentiable, Surface
from .validation import NOT_NEGATIVE, number, points, whole_number

_LONG = 2e7  # lane·steps that take about a second: from here on, show a progress bar
_BLOCK = 8192  # numbers of which a few arrays fit into a processor's cache
_FAR = 1e30  # from here on, even a polynomial's value may be beyond all floats


@dataclass(frozen=True, eq=False)
class Path:
    """Where a run went. Index 0 of every array but `rate` is the start.

    Attributes
    ----------
    x : array of shape (steps + 1, ..., d)
    loss : array of shape (steps + 1, ...)
        The function without noise.
    rate : array of shape (steps, ..., d)
        The effective learning rate of each coordinate in each step.
    state : dict of arrays of shape (steps + 1, ..., d)
        The optimizer's state, by symbol; ``state["t"]`` counts the steps.
    diverged_at : int, None, or array of int of shape (...)
        The first step at which x or the loss was no longer finite; from there on the path stays
        at its last finite point. None, or -1 in an array, where that never happened.
    """

    x: np.ndarray
    loss: np.ndarray
    state: dict[str, np.ndarray]
    diverged_at: Any
    _rate: Callable[[], np.ndarray]

    @cached_property
    def rate(self) -> np.ndarray:  # many runs are never asked for it
        return self._rate()

    def steps_to(self, target: float) -> Any:
        """The first step whose loss is at most `target`; None (-1 in an array) if none is."""
        return _first(self.loss <= target)

    def __getitem__(self, lane: Any) -> Path:
        """The path, or paths, at an index into the batch axes."""
        lane = lane if isinstance(lane, tuple) else (lane,)
        at = (slice(None), *lane)
        one = np.asarray(self.diverged_at)[lane]
        return Path(
            self.x[at],
            self.loss[at],
            {k: v if k == "t" else v[at] for k, v in self.state.items()},
            one if one.ndim else (None if one < 0 else int(one)),
            partial(_part, self, at),
        )


def descend(
    surface: Differentiable,
    opt: Optimizer,
    start: Any,
    steps: int = 300,
    noise: float = 0.0,
    seed: Any = None,
) -> Path:
    """Run `opt` on `surface` and keep the whole path.

    Parameters
    ----------
    surface : Surface, or any object with ``f(x)`` and ``f.grad(x)``
    opt : Optimizer
        Its array hyper-parameters broadcast against the starts.
    start : array of shape (..., d)
        One start or a batch of them.
    steps : int ≥ 0, default 300
    noise : float ≥ 0, default 0
        Standard deviation of the Gaussian noise added to each coordinate of each gradient.
    seed : int or array of int, optional
        Seeds the noise. One seed gives every path of the batch the same noise, so that
        differences are due to the optimizer; an array broadcasts like a hyper-parameter and
        gives each path its own. None draws a fresh seed.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If an argument is out of range; the message says which.
    """
    steps = whole_number("steps", steps)
    x, opt, z = _prepare(surface, opt, start, steps, noise, seed)
    shape = x.shape
    xs = _coordinates_first((steps + 1,), shape)
    xs[0] = x
    state = opt.first_state(x)
    history = {
        k: np.moveaxis(np.empty((steps + 1, *(np.moveaxis(v, -1, 0).shape))), 1, -1)
        for k, v in state.items()
        if k != "t"
    }
    for k, h in history.items():
        h[0] = state[k]
    walk = _walk(surface, opt, x, state, z, steps)
    walk = _progress(walk, steps, x.size // shape[-1] * steps)
    with np.errstate(all="ignore"):  # a diverging path is an answer, not an accident
        for i, (now, state) in enumerate(walk, 1):
            xs[i] = now
            for k, h in history.items():
                h[i] = state[k]
        loss = _losses(surface, xs)
    lost = _lost(xs, loss)
    last = None
    if lost.any():
        last = np.where(lost.any(0), lost.argmax(0) - 1, steps)  # each path's last finite point
        _hold(last, xs, loss, *history.values())
    state = {"t": np.arange(steps + 1), **history}
    return Path(xs, loss, state, _first(lost), partial(_rates, opt, state, xs.shape, last))


def _losses(surface, xs):
    """The loss at each step; of a surface in blocks of steps, so that no cache overflows."""
    if not isinstance(surface, Surface):
        return np.asarray(surface(xs))
    loss = np.empty(xs.shape[:-1])
    block = max(1, _BLOCK // max(1, loss[0].size))
    for i in range(0, len(xs), block):
        loss[i : i + block] = surface(xs[i : i + block])
    return loss


def _rates(opt, state, shape, last):
    """The effective rates of a path, from the states before and after each step."""
    steps, *batch = shape[0] - 1, *shape[1:]
    t = state["t"][1:].reshape(-1, *[1] * len(batch))
    before = {k: h[:-1] for k, h in state.items() if k != "t"}
    after = {k: h[1:] for k, h in state.items() if k != "t"}
    with np.errstate(all="ignore"):
        rate = np.broadcast_to(opt.rates(t, before, after), (steps, *batch))
    if last is not None:
        rate = rate.copy()
        _hold(last - 1, rate)
    return rate


def _part(path, at):
    return path.rate[at]


def endpoints(
    surface: Differentiable,
    opt: Optimizer,
    start: Any,
    steps: int = 300,
    noise: float = 0.0,
    seed: Any = None,
) -> np.ndarray:
    """Where `descend` would end, without keeping the paths: shape (..., d).

    Parameters, errors and numbers are `descend`'s; a path that diverges ends as NaN.
    """
    steps = whole_number("steps", steps)
    x, opt, z = _prepare(surface, opt, start, steps, noise, seed)
    walk = _walk(surface, opt, x, opt.first_state(x), z, steps)
    near = _FAR if _finite_within(surface, _FAR) else 0.0
    with np.errstate(all="ignore"):
        lost = _lost(x, surface(x))
        walk = _progress(walk, steps, x.size // x.shape[-1] * steps)
        for x, state in walk:
            if -near <= x.min(initial=0.0) and x.max(initial=0.0) <= near:
                continue  # this is cheaper than to ask for the loss at each step
            lost = lost | _lost(x, surface(x))  # for good, though some come back from far out
            for a in (x, *(state[k] for k in opt.slots)):
                a[lost] = 0.0  # or there would be something to look at in each step
    return np.where(lost[..., None], np.nan, x)


def _finite_within(surface, bound):
    """Whether a function is known to be finite where |x| and |y| are at most `bound`."""
    try:
        most = surface.f(AtMost(bound), AtMost(bound)) if isinstance(surface, Surface) else None
        return isinstance(most, AtMost) and bool(np.isfinite(most.size))
    except TypeError:
        return False


def _walk(surface, opt, x, state, z, steps):
    """Yield x and the state after each step; the next step may write into both."""
    repeat = None
    for i in range(steps):
        if repeat is None:
            # The first step is unlike the others in some rules; the second is done both ways.
            noted = _noted(surface, opt, x, state, z, steps) if i == 1 else None
            x, state = opt.advance(x, _gradient(surface, x, z, i), state)
            if noted:
                own_x, own_state, step = noted
                step(i)
                pairs = [(own_x, x), *((own_state[k], state[k]) for k in opt.slots)]
                if all(np.array_equal(a, b, equal_nan=True) for a, b in pairs):
                    x, state, repeat = own_x, {**own_state, "t": i + 1}, step
        else:
            repeat(i)
            state["t"] = i + 1
        yield x, state


def _noted(surface, opt, x, state, z, steps):
    """Copies of x and the state, and a function that makes step i in them from notes.

    None if notes cannot tell what the update does: if it has branches or works on matrices.
    """
    x, g, tape = x.copy("K"), np.empty_like(x), Tape()
    state = {k: v if k == "t" else v.copy("K") for k, v in state.items()}
    before = {k: tape.enter(v) for k, v in state.items() if k != "t"}
    start = tape.enter(x)
    try:
        t = tape.schedule(np.arange(1, steps))  # the steps that have been made
        end, after = opt.advance(start, tape.enter(g), {**before, "t": t})
        tape.put(start, end)
        for k in before:
            tape.put(before[k], after[k])
        update = tape.ready()
        if x.ndim == 1:
            update = tape.in_numbers(update)
    except (NotRepeatable, TypeError, AttributeError):
        return None
    gradient = _noted_gradient(surface, x, g)

    def step(i):
        gradient(i)
        if z is not None:
            np.add(g, z[i], out=g)
        update(i - 1)

    return x, state, step


def _noted_gradient(surface, x, g):
    """A function that writes the gradient at x into g, from notes if they can tell it."""
    try:
        if not isinstance(surface, Surface):
            raise NotRepeatable("its gradient is a function of its own")
        if x.ndim == 1 and _sums_of_products(surface.df):
            return partial(_of_numbers, surface.df, x, g)
        tape = Tape()
        slopes = surface.df(tape.enter(x[..., 0]), tape.enter(x[..., 1]))
        for k, slope in enumerate(slopes):
            tape.put(tape.enter(g[..., k]), slope)
        return tape.ready()
    except (NotRepeatable, TypeError, AttributeError):
        return lambda _: np.copyto(g, surface.grad(x))


@lru_cache(maxsize=64)
def _sums_of_products(df):
    """Whether a gradient has no other operations than + − ×."""
    tape = Tape()
    df(tape.enter(np.empty(())), tape.enter(np.empty(())))
    return {f for f, _, _ in tape.operations} <= {np.add, np.subtract, np.multiply}


def _of_numbers(df, x, g, _):
    """The gradient of one path with Python's numbers, which round + − × as arrays do."""
    g[0], g[1] = df(*x.tolist())


def _prepare(surface, opt, start, steps, noise, seed):
    """Check the arguments; give every path of the batch its start, rates and noise."""
    if not isinstance(opt, Optimizer):
        raise ValueError(f"opt must be an optimizer such as AdaGrad(lr=0.5); got {opt!r}")
    if not (callable(surface) and callable(getattr(surface, "grad", None))):
        raise ValueError(
            f"surface must be callable and have .grad, as SURFACES['booth'] has; got {surface!r}"
        )
    start = points("start", start, d=getattr(surface, "d", None))
    noise = number("noise", noise, NOT_NEGATIVE)
    seeds = np.zeros(()) if seed is None else _seeds(seed)
    arrays = [v for v in vars(opt).values() if isinstance(v, np.ndarray)]
    try:
        batch = np.broadcast_shapes(start.shape[:-1], seeds.shape, *[a.shape for a in arrays])
    except ValueError:
        shapes = [start.shape[:-1], seeds.shape, *[a.shape for a in arrays]]
        raise ValueError(
            "start (without its last axis), seed and hyper-parameters must broadcast; "
            f"got shapes {', '.join(map(str, shapes))}"
        ) from None
    d = start.shape[-1]
    x = _coordinates_first((), (*batch, d))
    x[...] = start

    def spread(h: np.ndarray) -> np.ndarray:
        wide = _coordinates_first((), (*batch, d))
        wide[...] = h[..., None]
        return wide

    z = gaussian((steps, d), seed) if noise else None
    if noise:
        z *= noise
    return x, opt.for_run(steps).spread(spread), z


def gaussian(shape: tuple[int, ...], seed: Any = None) -> np.ndarray:
    """Standard normal numbers of shape (shape[0], *seed.shape, *shape[1:]), a stream per seed.

    A path's noise depends on its own seed alone: not on its neighbours in the batch, and not on
    how many steps follow.
    """
    if seed is None:
        return np.random.default_rng().standard_normal(shape)
    seeds = _seeds(seed)
    z = np.empty((shape[0], seeds.size, *shape[1:]))
    for i, s in enumerate(seeds.ravel()):
        z[:, i] = np.random.default_rng(int(s)).standard_normal(shape)
    return z.reshape(shape[0], *seeds.shape, *shape[1:])


def _seeds(seed: Any) -> np.ndarray:
    try:
        seeds = np.asarray(seed)
    except ValueError:  # ragged
        seeds = np.asarray(np.nan)
    if seeds.dtype.kind not in "iu" or not seeds.size or seeds.min() < 0:
        raise ValueError(f"seed must be a whole number ≥ 0, or an array of such; got {seed!r}")
    return seeds


def _gradient(surface, x, z, i):
    g = surface.grad(x)
    return g if z is None else g + z[i]


def _coordinates_first(lead: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    """Empty, of shape lead + shape, with each coordinate of a batch contiguous in memory.

    NumPy then works on one long row for each operation, several times faster than on pairs.
    """
    *batch, d = shape
    return np.moveaxis(np.empty((*lead, d, *batch)), len(lead), -1)


def _lost(x: np.ndarray, loss: np.ndarray) -> np.ndarray:
    return ~(np.isfinite(loss) & np.isfinite(x).all(-1))


def _hold(last: np.ndarray, *arrays: np.ndarray) -> None:
    """In each path, overwrite what follows index `last` with what is there."""
    for a in arrays:
        if np.all(last >= len(a) - 1):
            continue
        steps = np.arange(len(a)).reshape(-1, *[1] * last.ndim)
        kept = np.minimum(steps, np.maximum(last, 0))
        index = kept.reshape(kept.shape + (1,) * (a.ndim - kept.ndim))
        a[...] = np.take_along_axis(a, index, axis=0)


def _first(flags: np.ndarray) -> Any:
    """Index of the first True along axis 0; None for one path without any, -1 in a batch."""
    at = np.where(flags.any(0), flags.argmax(0), -1)
    if at.ndim:
        return at
    return None if at < 0 else int(at)


def _progress(steps: Iterable, count: int, work: float) -> Iterable:
    if work < _LONG:
        return steps
    from tqdm.auto import tqdm  # a slow import, needed only by long runs

    return tqdm(steps, desc="descending", total=count, leave=False)


def online_loss(
    X: np.ndarray, y: np.ndarray, opt: Optimizer, orders: np.ndarray, batch: int = 8
) -> np.ndarray:
    """Mean loss of logistic regression that predicts each batch before it learns from it.

    Parameters
    ----------
    X : array of shape (documents, d)
    y : array of shape (documents,)
        Labels 0 and 1.
    opt : Optimizer
        Its rate is an array of shape (R,).
    orders : int array of shape (K, documents)
        Each row an order in which to go through the documents, once.
    batch : int, default 8

    Returns
    -------
    array of shape (K, R)
        −log of the probability given to the true label, for each order and rate.
    """
    steps = orders.shape[1] // batch
    opt, w = opt.for_run(steps), np.zeros((len(orders), len(opt.lr), X.shape[1]))
    state, total = opt.init(w), 0.0
    for t in range(steps):
        rows = orders[:, t * batch : (t + 1) * batch]
        Z, sign = X[rows], 2 * y[rows][..., None] - 1  # the label as −1 or 1
        loss = np.logaddexp(0, -sign * (Z @ w.swapaxes(1, 2)))
        total = total + loss.mean(axis=1) / steps
        g = (-sign * (1 - np.exp(-loss))).swapaxes(1, 2) @ Z / batch
        w, state = opt.step(w, g, state)
    return total
