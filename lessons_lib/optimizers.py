"""The update rules, as the textbooks write them.

An optimizer is a frozen record of hyper-parameters. What changes while it runs, its state, is a
dict keyed by the textbook's symbols (``G``, ``m``, ``v``, ``t``), handed in and handed back:

>>> opt = AdaGrad(lr=0.5)
>>> x = np.array([1.0, -2.0])
>>> state = opt.init(x)
>>> x, state = opt.step(x, np.array([3.0, 0.1]), state)
>>> x.round(6).tolist(), state["G"].round(6).tolist()
([0.5, -2.5], [9.0, 0.01])

To add an optimizer, subclass `Optimizer`: name its state in ``slots`` and write ``rate`` and
``update``. Nothing else: it is then in `OPTIMIZERS`, in every explorer, race and property test.

Hyper-parameters may be arrays. For x of shape (..., d) they broadcast against the leading "..."
axes, so one object can run a whole grid of learning rates in a single call.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .validation import (
    FRACTION,
    NOT_NEGATIVE,
    POSITIVE,
    Allowed,
    Registry,
    numbers,
    switch,
    whole_number,
)

Scalar = float | np.ndarray
Parameters = np.ndarray | Mapping[str, np.ndarray]

OPTIMIZERS: Registry = Registry("optimizer")


def hyper(default: float, allowed: Allowed = NOT_NEGATIVE) -> Any:
    """A hyper-parameter: a dataclass field with a default and the values that it allows."""
    return dataclasses.field(default=default, metadata={"allowed": allowed})


def root(v: np.ndarray, eps: Scalar, inside: bool = False) -> np.ndarray:
    """√v + ε, or √(v + ε) if `inside`; ∞ in place of 0, so that 0/0 = 0 as in Duchi et al."""
    r = np.sqrt(v + eps) if inside else np.sqrt(v) + eps
    if isinstance(eps, float) and eps > 0:
        return r
    return np.where(r == 0, np.inf, r)


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """What all rules share: checking, weight decay, and running over arrays or dicts of arrays.

    Parameters
    ----------
    weight_decay : float, default 0
        λ. As L2 it adds λx to the gradient; decoupled it shrinks x by the factor 1 − ηλ.
    decoupled : bool, default False
        Which of the two (Loshchilov & Hutter 2019, arXiv:1711.05101).

    Raises
    ------
    ValueError
        For a hyper-parameter outside its range. The message says which, and what is allowed.
    """

    weight_decay: Scalar = hyper(0.0)
    decoupled: bool = False

    slots: ClassVar[Mapping[str, str | float]] = {}
    """State symbol → its first value, a number or the name of the hyper-parameter holding it."""
    scale_free: ClassVar[bool] = False
    """With ε = 0 the path does not change when one coordinate's gradients are all multiplied."""

    def __init_subclass__(cls, listed: bool = True) -> None:
        if listed:
            OPTIMIZERS[cls.__name__.lower()] = cls

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            if "allowed" in f.metadata:
                name = f"{type(self).__name__}: {f.name}"
                value = numbers(name, getattr(self, f.name), f.metadata["allowed"])
                object.__setattr__(self, f.name, value)
            elif isinstance(f.default, bool):
                switch(f"{type(self).__name__}: {f.name}", getattr(self, f.name))

    def rate(self, **state: Any) -> Scalar:
        """The effective learning rate of each coordinate, given the state after a step."""
        raise NotImplementedError

    def update(self, x: np.ndarray, g: np.ndarray, **state: Any) -> tuple[np.ndarray, dict]:
        """The equation: the new x and the new state (without t, which is already this step's)."""
        raise NotImplementedError

    def init(self, x: Parameters) -> dict[str, Any]:
        """The state before the first step.

        Parameters
        ----------
        x : array of shape (..., d), or dict of arrays
            The parameters that will be optimized; only shapes are used.

        Returns
        -------
        dict
            ``t`` = 0 and one entry a slot, shaped like x (for a dict, itself a dict).
        """
        if isinstance(x, Mapping):
            of_each = {name: self.init(value) for name, value in x.items()}
            return {"t": 0, **{s: {n: of_each[n][s] for n in x} for s in self.slots}}
        x = np.asarray(x, dtype=float)
        return self._over(x).first_state(x)

    def first_state(self, x: np.ndarray) -> dict[str, Any]:
        """`init` for one array, with hyper-parameters already spread over its last axis."""
        state: dict[str, Any] = {"t": 0}
        for symbol, value in self.slots.items():
            state[symbol] = np.empty_like(x)
            state[symbol][...] = getattr(self, value) if isinstance(value, str) else value
        return state

    def step(self, x: Parameters, g: Parameters, state: dict) -> tuple[Parameters, dict]:
        """One step. Pure: neither x, nor g, nor the state that is passed in is changed.

        Parameters
        ----------
        x : array of shape (..., d), or dict of arrays
        g : the same shape as x
            The gradient at x.
        state : dict
            From `init` or from the step before.

        Returns
        -------
        x, state
            New objects.

        Raises
        ------
        ValueError
            If g and x differ in shape or in names.
        """
        if isinstance(x, Mapping):
            return self._step_each(x, g, state)
        x, g = np.asarray(x, dtype=float), np.asarray(g, dtype=float)
        if g.shape != x.shape:
            raise ValueError(f"g must have the shape of x, {x.shape}; got shape {g.shape}")
        return self._over(x).advance(x, g, state)

    def _over(self, x: np.ndarray) -> Optimizer:
        """The optimizer with its array hyper-parameters spread over the last axis of x."""

        def spread(h: np.ndarray) -> np.ndarray:
            batch = x.shape[:-1]
            pairs = zip(reversed(h.shape), reversed(batch), strict=False)
            if h.ndim > len(batch) or any(a not in (1, b) for a, b in pairs):
                raise ValueError(
                    f"hyper-parameters must be numbers, or arrays that broadcast to {batch}, the "
                    f"leading axes of x; got one of shape {h.shape}"
                )
            return h[..., None]

        return self.spread(spread)

    def _step_each(self, x: Mapping, g: Mapping, state: dict) -> tuple[dict, dict]:
        if not isinstance(g, Mapping) or set(g) != set(x):
            got = sorted(g) if isinstance(g, Mapping) else type(g).__name__
            raise ValueError(f"g must be a dict with the names of x, {sorted(x)}; got {got}")
        new_x, new_state = {}, {"t": state["t"] + 1, **{s: {} for s in self.slots}}
        for name in x:
            own = {"t": state["t"], **{s: state[s][name] for s in self.slots}}
            try:
                new_x[name], own = self.step(x[name], g[name], own)
            except ValueError as error:
                raise ValueError(f"parameter {name!r}: {error}") from None
            for s in self.slots:
                new_state[s][name] = own[s]
        return new_x, new_state

    def advance(self, x: np.ndarray, g: np.ndarray, state: dict) -> tuple[np.ndarray, dict]:
        """`step` without checks: for loops over arrays whose shapes are known to agree."""
        t = state["t"] + 1
        if not (isinstance(self.weight_decay, float) and self.weight_decay == 0):
            if self.decoupled:
                x = x * (1 - self.eta(t) * self.weight_decay)
            else:
                g = g + self.weight_decay * x
        x, new = self.update(x, g, **{**state, "t": t})
        new["t"] = t
        return x, new

    def eta(self, t: int | np.ndarray) -> Scalar:
        """η in step t: `lr`, unless the rule has a schedule."""
        return self.lr

    def rates(self, t: np.ndarray, before: dict, after: dict) -> Scalar:
        """The effective rates of many steps at once, from the states before and after each."""
        return self.rate(t=t, **after)

    def spread(self, over: Callable[[np.ndarray], np.ndarray]) -> Optimizer:
        """A copy whose array hyper-parameters h are `over(h)`; itself if all are numbers."""
        arrays = {k: v for k, v in vars(self).items() if isinstance(v, np.ndarray)}
        if not arrays:
            return self
        wide = copy.copy(self)
        for name, value in arrays.items():
            object.__setattr__(wide, name, over(value))
        return wide

    def for_run(self, steps: int) -> Optimizer:
        """The optimizer to use in a run of so many steps: itself, unless it has a schedule."""
        return self


@dataclass(frozen=True, kw_only=True)
class SGD(Optimizer):
    """Gradient descent: x ← x − ηg.

    Parameters
    ----------
    lr : float, default 0.01
        η.
    """

    lr: Scalar = hyper(0.01)

    def rate(self, t):
        return self.lr

    def update(self, x, g, t):
        return x - self.lr * g, {}


@dataclass(frozen=True, kw_only=True)
class SGDLinear(Optimizer):
    """Gradient descent whose rate falls along a straight line from η to 0 over the run.

    Parameters
    ----------
    lr : float, default 0.01
        η, the rate of the first step.
    steps : int, optional
        The length T of the run; `descend` fills it in. Step t uses η(1 − (t − 1)/T).
    """

    lr: Scalar = hyper(0.01)
    steps: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps is not None:
            whole_number("SGDLinear: steps", self.steps, least=1)

    def for_run(self, steps: int) -> SGDLinear:
        return self if self.steps else dataclasses.replace(self, steps=max(steps, 1))

    def eta(self, t):
        if self.steps is None:
            raise ValueError("SGDLinear: steps must be the length of the run; got None")
        return self.lr * np.maximum(0.0, 1 - (t - 1) / self.steps)

    def rate(self, t):
        return self.eta(t)

    def update(self, x, g, t):
        return x - self.eta(t) * g, {}


@dataclass(frozen=True, kw_only=True)
class Momentum(Optimizer):
    """Heavy-ball momentum: b ← μb + g, x ← x − ηb.

    Parameters
    ----------
    lr : float, default 0.01
        η.
    momentum : float in [0, 1), default 0.9
        μ.
    dampening : float in [0, 1), default 0
        PyTorch's: b ← μb + (1 − dampening)g from the second step on.
    rate_inside : bool, default False
        Keras' and scikit-learn's form, b ← μb + ηg and x ← x − b. The two differ only when
        η changes during the run.
    """

    lr: Scalar = hyper(0.01)
    momentum: Scalar = hyper(0.9, FRACTION)
    dampening: Scalar = hyper(0.0, FRACTION)
    rate_inside: bool = False
    slots: ClassVar = {"b": 0.0}

    def rate(self, t, b):
        return self.lr

    def update(self, x, g, t, b):
        fresh = g if t == 1 else (1 - self.dampening) * g
        if self.rate_inside:
            b = self.momentum * b + self.lr * fresh
            return x - b, {"b": b}
        b = self.momentum * b + fresh
        return x - self.lr * b, {"b": b}


@dataclass(frozen=True, kw_only=True)
class Nesterov(Optimizer):
    """Nesterov's momentum as frameworks write it: b ← μb + g, x ← x − η(g + μb).

    Parameters
    ----------
    lr : float, default 0.01
        η.
    momentum : float in [0, 1), default 0.9
        μ.
    rate_inside : bool, default False
        As in `Momentum`.
    """

    lr: Scalar = hyper(0.01)
    momentum: Scalar = hyper(0.9, FRACTION)
    rate_inside: bool = False
    slots: ClassVar = {"b": 0.0}

    def rate(self, t, b):
        return self.lr

    def update(self, x, g, t, b):
        if self.rate_inside:
            b = self.momentum * b + self.lr * g
            return x - (self.lr * g + self.momentum * b), {"b": b}
        b = self.momentum * b + g
        return x - self.lr * (g + self.momentum * b), {"b": b}


@dataclass(frozen=True, kw_only=True)
class AdaGrad(Optimizer):
    """AdaGrad, diagonal form: G ← G + g², x ← x − η g / (√G + ε).

    Duchi, Hazan & Singer, JMLR 12:2121–2159, 2011.

    Parameters
    ----------
    lr : float, default 0.01
        η.
    eps : float, default 1e-10
        ε (δ in the paper). With ε = 0 a coordinate whose gradients were all 0 stays put.
    G0 : float, default 0
        What G starts from.
    eps_inside : bool, default False
        √(G + ε), as Keras and optax have it, in place of √G + ε.
    lr_decay : float, default 0
        PyTorch's extra: step t uses η / (1 + (t − 1)·lr_decay).
    """

    lr: Scalar = hyper(0.01)
    eps: Scalar = hyper(1e-10)
    G0: Scalar = hyper(0.0)
    eps_inside: bool = False
    lr_decay: Scalar = hyper(0.0)
    slots: ClassVar = {"G": "G0"}
    scale_free: ClassVar = True

    def eta(self, t):
        return self.lr / (1 + (t - 1) * self.lr_decay)

    def rate(self, t, G):
        return self.eta(t) / root(G, self.eps, self.eps_inside)

    def update(self, x, g, t, G):
        G = G + g * g
        return x - self.rate(t, G) * g, {"G": G}


@dataclass(frozen=True, kw_only=True)
class FullAdaGrad(Optimizer):
    """AdaGrad, full-matrix form: G ← G + g gᵀ, x ← x − η (G^½ + εI)⁻¹ g.

    Duchi, Hazan & Singer, JMLR 12:2121–2159, 2011. The inverse is the pseudo-inverse on
    directions in which no gradient has been seen. A step costs O(d³).

    Parameters
    ----------
    lr : float, default 0.01
        η.
    eps : float, default 1e-10
        ε.
    """

    lr: Scalar = hyper(0.01)
    eps: Scalar = hyper(1e-10)
    slots: ClassVar = {"G": 0.0}

    def first_state(self, x):
        return {"t": 0, "G": np.zeros((*x.shape, x.shape[-1]))}

    def inverse_root(self, G):
        """(G^½ + εI)⁻¹ through the eigenvectors of G; shape (..., d, d)."""
        finite = np.isfinite(G).all((-2, -1), keepdims=True)  # eigh refuses a diverged path
        values, vectors = np.linalg.eigh(np.where(finite, G, 0.0))
        seen = values > 1e-12 * values[..., -1:]
        eps = np.broadcast_to(self.eps, values.shape)
        inverse = np.where(seen, 1 / (np.sqrt(np.where(seen, values, 1.0)) + eps), 0.0)
        matrix = (vectors * inverse[..., None, :]) @ np.swapaxes(vectors, -1, -2)
        return np.where(finite, matrix, np.nan)

    def rate(self, t, G):
        return self.lr * np.diagonal(self.inverse_root(G), axis1=-2, axis2=-1)

    def update(self, x, g, t, G):
        G = G + g[..., :, None] * g[..., None, :]
        step = (self.inverse_root(G) @ g[..., None])[..., 0]
        return x - self.lr * step, {"G": G}


@dataclass(frozen=True, kw_only=True)
class RMSprop(Optimizer):
    """RMSprop: v ← ρv + (1 − ρ)g², x ← x − η g / (√v + ε).

    Tieleman & Hinton, Coursera lecture 6e, 2012 (unpublished; there without ε).

    Parameters
    ----------
    lr : float, default 0.01
        η.
    rho : float in [0, 1), default 0.9
        ρ, the memory of the average.
    eps : float, default 1e-8
        ε.
    eps_inside : bool, default False
        √(v + ε), as Keras and optax have it.
    momentum : float in [0, 1), default 0
        μ: b ← μb + g/(√v + ε), x ← x − ηb.
    rate_inside : bool, default False
        As in `Momentum`.
    """

    lr: Scalar = hyper(0.01)
    rho: Scalar = hyper(0.9, FRACTION)
    eps: Scalar = hyper(1e-8)
    eps_inside: bool = False
    momentum: Scalar = hyper(0.0, FRACTION)
    rate_inside: bool = False
    slots: ClassVar = {"v": 0.0, "b": 0.0}

    def rate(self, t, v, b):
        return self.lr / root(v, self.eps, self.eps_inside)

    def update(self, x, g, t, v, b):
        v = self.rho * v + (1 - self.rho) * (g * g)
        if self.rate_inside:
            b = self.momentum * b + self.rate(t, v, b) * g
            return x - b, {"v": v, "b": b}
        b = self.momentum * b + g / root(v, self.eps, self.eps_inside)
        return x - self.lr * b, {"v": v, "b": b}


@dataclass(frozen=True, kw_only=True)
class Adadelta(Optimizer):
    """Adadelta: v ← ρv + (1 − ρ)g², u = √(d + ε)/√(v + ε) · g, x ← x − ηu, d ← ρd + (1 − ρ)u².

    Zeiler 2012, arXiv:1212.5701, where η does not appear (it is 1).

    Parameters
    ----------
    lr : float, default 1
        η.
    rho : float in [0, 1), default 0.95
        ρ.
    eps : float > 0, default 1e-6
        ε. It sets the first steps: with ε = 0 nothing would ever move.
    """

    lr: Scalar = hyper(1.0)
    rho: Scalar = hyper(0.95, FRACTION)
    eps: Scalar = hyper(1e-6, POSITIVE)
    slots: ClassVar = {"v": 0.0, "d": 0.0}

    def rate(self, t, v, d):
        return self.lr * np.sqrt(d + self.eps) / np.sqrt(v + self.eps)

    def rates(self, t, before, after):
        return self.rate(t, after["v"], before["d"])  # u is made with the d of the step before

    def update(self, x, g, t, v, d):
        v = self.rho * v + (1 - self.rho) * (g * g)
        u = np.sqrt(d + self.eps) / np.sqrt(v + self.eps) * g
        d = self.rho * d + (1 - self.rho) * (u * u)
        return x - self.lr * u, {"v": v, "d": d}


@dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
    """Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², x ← x − η m̂ / (√v̂ + ε).

    Kingma & Ba, ICLR 2015, arXiv:1412.6980; m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ).

    Parameters
    ----------
    lr : float, default 0.001
        η.
    beta1, beta2 : float in [0, 1), defaults 0.9 and 0.999
        β₁, β₂.
    eps : float, default 1e-8
        ε.
    eps_hat : bool, default False
        η√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε), as Keras and scikit-learn have it ("epsilon hat").
    bias_correction : bool, default True
        False leaves m and v as they are.
    """

    lr: Scalar = hyper(0.001)
    beta1: Scalar = hyper(0.9, FRACTION)
    beta2: Scalar = hyper(0.999, FRACTION)
    eps: Scalar = hyper(1e-8)
    eps_hat: bool = False
    bias_correction: bool = True
    slots: ClassVar = {"m": 0.0, "v": 0.0}

    def corrections(self, t):
        """1 − β₁ᵗ and 1 − β₂ᵗ, by which m and v are divided."""
        if not self.bias_correction:
            return 1.0, 1.0
        # np.power, because ** rounds a number and an array of numbers differently.
        return 1 - np.power(self.beta1, t), 1 - np.power(self.beta2, t)

    def rate(self, t, m, v):
        c1, c2 = self.corrections(t)
        if self.eps_hat:
            return self.lr * np.sqrt(c2) / c1 / root(v, self.eps)
        return self.lr / c1 / root(v / c2, self.eps)

    def update(self, x, g, t, m, v):
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * (g * g)
        return x - self.rate(t, m, v) * m, {"m": m, "v": v}


@dataclass(frozen=True, kw_only=True)
class AMSGrad(Adam):
    """AMSGrad: Adam whose divisor never shrinks, v̄ ← max(v̄, v), x ← x − η m̂ / (√v̄ + ε).

    Reddi, Kale & Kumar, ICLR 2018, arXiv:1904.09237 (there without bias correction and ε).

    Parameters
    ----------
    max_corrected : bool, default False
        optax's: the maximum of v/(1 − β₂ᵗ). The default, as in PyTorch and Keras, takes the
        maximum of v itself and corrects afterwards.
    lr, beta1, beta2, eps, eps_hat, bias_correction
        As in `Adam`.
    """

    max_corrected: bool = False
    slots: ClassVar = {"m": 0.0, "v": 0.0, "vmax": 0.0}

    def rate(self, t, m, v, vmax):
        if not self.max_corrected:
            return super().rate(t, m, vmax)
        c1, _ = self.corrections(t)
        return self.lr / c1 / root(vmax, self.eps)

    def update(self, x, g, t, m, v, vmax):
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * (g * g)
        _, c2 = self.corrections(t)
        vmax = np.maximum(vmax, v / c2 if self.max_corrected else v)
        return x - self.rate(t, m, v, vmax) * m, {"m": m, "v": v, "vmax": vmax}


@dataclass(frozen=True, kw_only=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: x ← (1 − ηλ)x, then Adam's step.

    Loshchilov & Hutter, ICLR 2019, arXiv:1711.05101.

    Parameters
    ----------
    weight_decay : float, default 0.01
        λ.
    lr, beta1, beta2, eps, eps_hat, bias_correction
        As in `Adam`.
    """

    weight_decay: Scalar = hyper(0.01)
    decoupled: bool = True


@dataclass(frozen=True, kw_only=True)
class AdaBound(Adam):
    """AdaBound: Adam whose rate is clipped to a band that closes around `final_lr`.

    Luo, Xiong, Liu & Sun, ICLR 2019, in the form of the authors' code; step t clips to
    [f(1 − 1/(γt + 1)), f(1 + 1/(γt))].

    Parameters
    ----------
    final_lr : float > 0, default 0.1
        f, the rate of SGD to which the method tends. It stays where a schedule changes `lr`; in
        the authors' code it changes in proportion.
    gamma : float > 0, default 0.001
        γ, how fast the band closes.
    root_t : bool, default False
        Divide the step by √t, as the paper has it and the authors' code does not.
    lr, beta1, beta2, eps, eps_hat, bias_correction
        As in `Adam`; here `eps_hat` defaults to True, as in the authors' code.
    """

    eps_hat: bool = True
    final_lr: Scalar = hyper(0.1, POSITIVE)
    gamma: Scalar = hyper(0.001, POSITIVE)
    root_t: bool = False

    def rate(self, t, m, v):
        low = self.final_lr * (1 - 1 / (self.gamma * t + 1))
        high = self.final_lr * (1 + 1 / (self.gamma * t))
        rate = np.clip(super().rate(t, m, v), low, high)
        return rate / np.sqrt(t) if self.root_t else rate


# What each framework calls the same name: its defaults and its conventions, where they differ
# from the class above. Read from torch 2.13, keras 3.15, optax 0.2.8, scikit-learn's
# MLPClassifier solvers, TensorFlow 1's optimizers and the papers.
_INSIDE = dict(eps_inside=True)
_DW = dict(decoupled=True)
_ADAM = dict(lr=0.001, beta1=0.9, beta2=0.999)
CONVENTIONS: Registry = Registry(
    "optimizer with framework conventions",
    sgd=dict(
        torch=dict(lr=0.001),
        keras=dict(lr=0.01, **_DW),
        sklearn=dict(lr=0.1),
        optax=dict(),
    ),
    momentum=dict(
        torch=dict(lr=0.001),
        keras=dict(lr=0.01, rate_inside=True, **_DW),
        sklearn=dict(lr=0.1, momentum=0.9, rate_inside=True),
        optax=dict(),
    ),
    nesterov=dict(
        torch=dict(lr=0.001),
        keras=dict(lr=0.01, rate_inside=True, **_DW),
        sklearn=dict(lr=0.1, momentum=0.9, rate_inside=True),
        optax=dict(),
    ),
    adagrad=dict(
        paper=dict(eps=0.0),
        torch=dict(lr=0.01, eps=1e-10),
        keras=dict(lr=0.001, eps=1e-7, G0=0.1, **_INSIDE, **_DW),
        optax=dict(eps=1e-7, G0=0.1, **_INSIDE),
        tf1=dict(eps=0.0, G0=0.1),
    ),
    rmsprop=dict(
        paper=dict(rho=0.9, eps=0.0),
        torch=dict(lr=0.01, rho=0.99, eps=1e-8),
        keras=dict(lr=0.001, rho=0.9, eps=1e-7, rate_inside=True, **_INSIDE, **_DW),
        optax=dict(rho=0.9, eps=1e-8, rate_inside=True, **_INSIDE),
    ),
    adadelta=dict(
        paper=dict(lr=1.0, rho=0.95, eps=1e-6),
        torch=dict(lr=1.0, rho=0.9, eps=1e-6),
        keras=dict(lr=0.001, rho=0.95, eps=1e-7, **_DW),
        optax=dict(lr=1.0, rho=0.9, eps=1e-6),
    ),
    adam=dict(
        paper=dict(eps=1e-8, **_ADAM),
        torch=dict(eps=1e-8, **_ADAM),
        keras=dict(eps=1e-7, eps_hat=True, **_ADAM, **_DW),
        optax=dict(eps=1e-8, **_ADAM),
        sklearn=dict(eps=1e-8, eps_hat=True, **_ADAM),
    ),
    amsgrad=dict(
        paper=dict(eps=0.0, bias_correction=False),
        torch=dict(eps=1e-8, **_ADAM),
        keras=dict(eps=1e-7, eps_hat=True, **_ADAM, **_DW),
        optax=dict(eps=1e-8, max_corrected=True, **_ADAM),
    ),
    adamw=dict(
        torch=dict(weight_decay=0.01, eps=1e-8, **_ADAM),
        keras=dict(weight_decay=0.004, eps=1e-7, eps_hat=True, **_ADAM),
        optax=dict(weight_decay=0.0001, eps=1e-8, **_ADAM),
    ),
    adabound=dict(
        paper=dict(eps=0.0, bias_correction=False, root_t=True),
        authors=dict(lr=0.001, final_lr=0.1, gamma=0.001, eps=1e-8),
    ),
)


def like(name: str, framework: str, **changes: Any) -> Optimizer:
    """The optimizer `name` with the defaults and conventions of one framework.

    Parameters
    ----------
    name : str
        A key of `CONVENTIONS`: "sgd", "momentum", "nesterov", "adagrad", "rmsprop", ...
    framework : str
        "torch", "keras", "optax", "sklearn", "tf1", "paper" or "authors", where it exists.
    **changes
        Hyper-parameters that replace the framework's defaults.

    Returns
    -------
    Optimizer

    Raises
    ------
    ValueError
        For an unknown optimizer, framework or hyper-parameter; the message lists the known.

    Examples
    --------
    >>> like("adagrad", "keras", lr=0.1)
    AdaGrad(weight_decay=0.0, decoupled=True, lr=0.1, eps=1e-07, G0=0.1,
            eps_inside=True, lr_decay=0.0)
    """
    frameworks = Registry(f"framework for {name}", **CONVENTIONS[name])
    settings = frameworks[framework]
    cls = OPTIMIZERS[name]
    known = Registry(f"hyper-parameter of {name}", **{f.name: f for f in dataclasses.fields(cls)})
    for key in changes:
        known[key]
    return cls(**{**settings, **changes})
