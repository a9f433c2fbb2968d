"""The same five rules on Rosenbrock's function, as others write and run them.

Every function here is checked against `descend` before it is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from measuring import need

RATES = {"sgd": 1e-3, "momentum": 3e-4, "adagrad": 0.3, "rmsprop": 0.01, "adam": 0.03}
NAMES = tuple(RATES)


# --- The loop that posts show -------------------------------------------------------------------


class Loop:
    """An optimizer as posts show it: a dict of parameters, one path at a time."""

    def __init__(self, name: str, lr: float):
        self.name, self.lr, self.t, self.m, self.v = name, lr, 0, None, None

    def update(self, params: dict, grads: dict) -> None:
        if self.v is None:
            self.m = {k: np.zeros_like(value) for k, value in params.items()}
            self.v = {k: np.zeros_like(value) for k, value in params.items()}
        self.t += 1
        for k in params:
            g = grads[k]
            if self.name == "sgd":
                params[k] = params[k] - self.lr * g
            elif self.name == "momentum":
                self.m[k] = 0.9 * self.m[k] + g
                params[k] = params[k] - self.lr * self.m[k]
            elif self.name == "adagrad":
                self.v[k] += g * g
                params[k] = params[k] - self.lr * g / (np.sqrt(self.v[k]) + 1e-10)
            elif self.name == "rmsprop":
                self.v[k] = 0.9 * self.v[k] + 0.1 * g * g
                params[k] = params[k] - self.lr * g / (np.sqrt(self.v[k]) + 1e-8)
            else:
                self.m[k] = 0.9 * self.m[k] + 0.1 * g
                self.v[k] = 0.999 * self.v[k] + 0.001 * g * g
                m_hat = self.m[k] / (1 - 0.9**self.t)
                v_hat = self.v[k] / (1 - 0.999**self.t)
                params[k] = params[k] - self.lr * m_hat / (np.sqrt(v_hat) + 1e-8)


def loop_paths(name: str, starts: np.ndarray, steps: int, arrays: bool = False) -> np.ndarray:
    """The paths, one after another; shape (steps + 1, n, 2).

    The parameters are Python's own numbers, the fastest that such a loop gets; with `arrays`,
    they are arrays of one element each, as a loop has them that is written for any shape.
    """
    paths = []
    for start in starts:
        values = start[:, None].copy() if arrays else start.tolist()
        opt, params = Loop(name, RATES[name]), dict(zip("xy", values, strict=True))
        path = [(params["x"], params["y"])]
        for _ in range(steps):
            x, y = params["x"], params["y"]
            opt.update(params, {"x": 2 * (x - 1) - 400 * x * (y - x * x), "y": 200 * (y - x * x)})
            path.append((params["x"], params["y"]))
        paths.append(path)
    return np.moveaxis(np.array(paths).reshape(len(starts), steps + 1, 2), 0, 1)


# --- PyTorch ------------------------------------------------------------------------------------


def torch_optimizer(name: str, parameters: Any, **settings: Any) -> Any:
    """The rule in PyTorch; `parameters` as its optimizers take them."""
    (optim,) = need("torch.optim")
    if name in ("sgd", "momentum"):
        return optim.SGD(parameters, momentum=0.9 if name == "momentum" else 0.0, **settings)
    if name == "rmsprop":
        return optim.RMSprop(parameters, alpha=0.9, **settings)
    return {"adagrad": optim.Adagrad, "adam": optim.Adam}[name](parameters, **settings)


def torch_paths(name: str, starts: np.ndarray, lr: float, steps: int) -> np.ndarray:
    """The paths from starts of shape (..., 2), all in one tensor, with PyTorch's own gradient."""
    (torch,) = need("torch")
    x = torch.tensor(starts, requires_grad=True)
    opt = torch_optimizer(name, [x], lr=lr)
    path = [x.detach().clone()]
    for _ in range(steps):
        opt.zero_grad()
        a, b = x[..., 0], x[..., 1]
        ((1 - a) ** 2 + 100 * (b - a * a) ** 2).sum().backward()
        opt.step()
        path.append(x.detach().clone())
    return torch.stack(path).numpy()


def torch_groups(name: str, starts: np.ndarray, rates: np.ndarray, steps: int) -> np.ndarray:
    """Paths from starts of shape (n, 2) at each rate: one optimizer, a group for each rate."""
    (torch,) = need("torch")
    xs = [torch.tensor(starts, requires_grad=True) for _ in rates]
    groups = [{"params": [x], "lr": float(rate)} for x, rate in zip(xs, rates, strict=True)]
    opt = torch_optimizer(name, groups)
    path = [torch.stack(xs).detach()]
    for _ in range(steps):
        opt.zero_grad()
        a, b = torch.stack(xs).unbind(-1)
        ((1 - a) ** 2 + 100 * (b - a * a) ** 2).sum().backward()
        opt.step()
        path.append(torch.stack(xs).detach())
    return torch.stack(path).numpy()


# --- optax --------------------------------------------------------------------------------------


def optax_paths(steps: int) -> Callable[[str, np.ndarray], Any]:
    """Return a function of rule and starts that gives paths and losses, each rule compiled once."""
    jax, optax = need("jax", "optax")
    jax.config.update("jax_enable_x64", True)
    rules = {
        "sgd": lambda lr: optax.sgd(lr),
        "momentum": lambda lr: optax.sgd(lr, momentum=0.9),
        # As the other peers have it: optax's own adagrad begins with G = 0.1 and ε in the root.
        "adagrad": lambda lr: optax.chain(adagrad_scale(jax, optax), optax.scale(-lr)),
        "rmsprop": lambda lr: optax.rmsprop(lr, decay=0.9, eps=1e-8, eps_in_sqrt=False),
        "adam": lambda lr: optax.adam(lr),
    }

    def loss(x: Any) -> Any:
        return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] * x[0]) ** 2

    def compiled(name: str) -> Callable[[Any], Any]:
        opt = rules[name](RATES[name])

        def path(start: Any) -> Any:
            def step(carry: Any, _: None) -> Any:
                x, state = carry
                value, g = jax.value_and_grad(loss)(x)
                change, state = opt.update(g, state, x)
                return (optax.apply_updates(x, change), state), (x, value)

            (end, _), (xs, losses) = jax.lax.scan(step, (start, opt.init(start)), length=steps)
            return (
                jax.numpy.concatenate([xs, end[None]]),
                jax.numpy.append(losses, loss(end)),
            )

        return jax.jit(jax.vmap(path, out_axes=1))

    known: dict[str, Callable] = {}

    def run(name: str, starts: np.ndarray) -> Any:
        if name not in known:
            known[name] = compiled(name)
        return jax.block_until_ready(known[name](starts))

    return run


def adagrad_scale(jax: Any, optax: Any) -> Any:
    """AdaGrad without its rate, for optax: g / (√G + ε), G beginning with 0."""

    def init(params: Any) -> Any:
        return jax.numpy.zeros_like(params)

    def update(g: Any, G: Any, params: Any = None) -> Any:
        G = G + g * g
        return g / (jax.numpy.sqrt(G) + 1e-10), G

    return optax.GradientTransformation(init, update)


# --- numba --------------------------------------------------------------------------------------


def numba_ends() -> Callable[[str, np.ndarray, int], np.ndarray]:
    """Return a function of rule, starts of shape (n, 2) and steps that gives the ends.

    One plain loop, compiled for each rule, on one thread: what someone writes who has numba.
    """
    (numba,) = need("numba")
    from math import sqrt

    @numba.njit
    def slope(x, y):
        return 2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)

    def ends_of(update):
        # Inline, so that the loop is compiled as if written for this rule: a call slows Adam's.
        update = numba.njit(inline="always")(update)

        @numba.njit
        def loop(starts, steps, lr):
            ends = np.empty_like(starts)
            for i in range(len(starts)):
                x, y = starts[i]
                m = n = p = q = 0.0
                for t in range(1, steps + 1):
                    a, b = slope(x, y)
                    x, y, m, n, p, q = update(x, y, a, b, m, n, p, q, t, lr)
                ends[i] = x, y
            return ends

        return loop

    @ends_of
    def sgd(x, y, a, b, m, n, p, q, t, lr):
        return x - lr * a, y - lr * b, m, n, p, q

    @ends_of
    def momentum(x, y, a, b, m, n, p, q, t, lr):
        m, n = 0.9 * m + a, 0.9 * n + b
        return x - lr * m, y - lr * n, m, n, p, q

    @ends_of
    def adagrad(x, y, a, b, m, n, p, q, t, lr):
        p, q = p + a * a, q + b * b
        return x - lr * a / (sqrt(p) + 1e-10), y - lr * b / (sqrt(q) + 1e-10), m, n, p, q

    @ends_of
    def rmsprop(x, y, a, b, m, n, p, q, t, lr):
        p, q = 0.9 * p + 0.1 * a * a, 0.9 * q + 0.1 * b * b
        return x - lr * a / (sqrt(p) + 1e-8), y - lr * b / (sqrt(q) + 1e-8), m, n, p, q

    @ends_of
    def adam(x, y, a, b, m, n, p, q, t, lr):
        m, n = 0.9 * m + 0.1 * a, 0.9 * n + 0.1 * b
        p, q = 0.999 * p + 0.001 * a * a, 0.999 * q + 0.001 * b * b
        c, d = 1 - 0.9**t, 1 - 0.999**t
        x = x - lr * (m / c) / (sqrt(p / d) + 1e-8)
        y = y - lr * (n / c) / (sqrt(q / d) + 1e-8)
        return x, y, m, n, p, q

    rules = dict(sgd=sgd, momentum=momentum, adagrad=adagrad, rmsprop=rmsprop, adam=adam)
    return lambda name, starts, steps: rules[name](starts, steps, RATES[name])
