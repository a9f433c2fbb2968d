"""Loss surfaces over the plane, each with its gradient, its minima and a window to draw.

>>> rosenbrock = SURFACES["rosenbrock"]
>>> float(rosenbrock([1.0, 1.0])), rosenbrock.grad([0.0, 0.0]).tolist()
(0.0, [-2.0, 0.0])

To add a surface, call `surface` once: it is then in `SURFACES`, in every explorer and race, and
its gradient is tested against the complex step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Protocol

import numpy as np

from .validation import FINITE, POSITIVE, Registry, number, numbers, points

TAU = 2 * np.pi
SURFACES: Registry = Registry("surface")


class Differentiable(Protocol):
    """All that `descend` asks of a function: values and gradients at x of shape (..., d)."""

    def __call__(self, x: np.ndarray) -> np.ndarray: ...

    def grad(self, x: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Surface:
    """A function of two variables.

    Call it for values, `grad` for gradients; both take x of shape (..., 2).

    Attributes
    ----------
    name : str
    formula : str
        LaTeX, without dollar signs, of the kind that Matplotlib draws too.
    f : callable
        f(x, y) → value, elementwise.
    df : callable
        df(x, y) → (∂f/∂x, ∂f/∂y).
    view : ((x0, x1), (y0, y1))
        The window in which it is usually drawn.
    minima : array of shape (n, 2)
        Its global minima within the view; n = 0 for a saddle.
    start : (float, float)
        A start from which descending it teaches something.
    note : str
        What to know about it.
    """

    name: str
    formula: str
    f: Callable[[Any, Any], Any]
    df: Callable[[Any, Any], tuple[Any, Any]]
    view: tuple[tuple[float, float], tuple[float, float]]
    minima: np.ndarray
    start: tuple[float, float]
    note: str = ""
    d: ClassVar[int] = 2

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x = _in_plane(x)
        if x.ndim == 1:  # NumPy rounds ** of a single number and of an array differently
            return self(x[None])[0]
        return self.f(x[..., 0], x[..., 1])

    def grad(self, x: np.ndarray) -> np.ndarray:
        x = _in_plane(x)
        if x.ndim == 1:
            return self.grad(x[None])[0]
        g = np.empty_like(x)
        g[..., 0], g[..., 1] = self.df(x[..., 0], x[..., 1])
        return g

    def __repr__(self) -> str:
        return f"<surface {self.name}>"

    def __reduce__(self) -> Any:
        """How a surface travels to another process: one of ours by its name, its lambdas cannot."""
        if SURFACES.get(self.name) is self and getattr(self.f, "__module__", None) == __name__:
            return _by_name, (self.name,)
        return super().__reduce__()


def _by_name(name: str) -> Surface:
    return SURFACES[name]


def _in_plane(x: Any) -> np.ndarray:
    x = np.asarray(x)
    if x.ndim == 0 or x.shape[-1] != 2:
        raise ValueError(f"x must have shape (..., 2); got shape {x.shape}")
    return x if x.dtype.kind in "fc" else x.astype(float)


def surface(name: str, formula: str, *, f, df, view, minima=(), start, note="") -> Surface:
    """Define a surface and enter it in `SURFACES`. The arguments are `Surface`'s attributes."""
    minima = np.reshape(np.array(minima, dtype=float), (-1, 2))
    SURFACES[name] = Surface(name, formula, f, df, view, minima, start, note)
    return SURFACES[name]


def rotated(surface: Surface, angle: float) -> Surface:
    """The same surface, turned about the origin.

    Parameters
    ----------
    surface : Surface
    angle : float
        In radians, anticlockwise.

    Returns
    -------
    Surface
        With R the rotation by `angle`, its value at Rx is the old one's at x; minima and start
        turn along, the view stays.
    """
    angle = number("angle", angle, FINITE)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, s], [-s, c]])  # a row (x, y) times this is R applied to it
    return replace(
        surface,
        name=f"{surface.name} rotated by {np.degrees(angle):.0f}°",
        formula=f"{surface.formula},\\ \\text{{turned by }} {np.degrees(angle):.0f}°",
        f=partial(_turned, surface, c, s),
        df=partial(_turned_slopes, surface, c, s),
        minima=surface.minima @ turn,
        start=tuple((np.array(surface.start) @ turn).tolist()),
    )


# These, and not functions inside functions, because another process must find them by name.
def _turned(surface, c, s, x, y):
    return surface.f(c * x + s * y, -s * x + c * y)


def _turned_slopes(surface, c, s, x, y):
    u, v = surface.df(c * x + s * y, -s * x + c * y)
    return c * u - s * v, s * u + c * v


def scaled(surface: Surface, factors: tuple[float, float]) -> Surface:
    """The same surface in other units: its value at x is the old one's at factors · x.

    Parameters
    ----------
    surface : Surface
    factors : pair of float > 0
        One a coordinate. Gradients are multiplied by them; minima, start and view are divided.
    """
    factors = numbers("factors", factors, POSITIVE)
    if np.shape(factors) not in ((), (2,)):
        raise ValueError(f"factors must be a pair of numbers; got {factors!r}")
    a, b = np.broadcast_to(factors, 2).tolist()
    (x0, x1), (y0, y1) = surface.view
    return replace(
        surface,
        name=f"{surface.name} scaled by {a:g}, {b:g}",
        formula=f"{surface.formula},\\ \\text{{in units }} 1/{a:g}, 1/{b:g}",
        f=partial(_in_units, surface, a, b),
        df=partial(_in_units_slopes, surface, a, b),
        view=((x0 / a, x1 / a), (y0 / b, y1 / b)),
        minima=surface.minima / (a, b),
        start=(surface.start[0] / a, surface.start[1] / b),
    )


def _in_units(surface, a, b, x, y):
    return surface.f(a * x, b * y)


def _in_units_slopes(surface, a, b, x, y):
    u, v = surface.df(a * x, b * y)
    return a * u, b * v


def bowl(curvature_x: float, curvature_y: float, start=(-1.6, 1.2), view=2.0) -> Surface:
    """½(a x² + b y²): the simplest surface with two curvatures, a and b, both > 0."""
    a = number("curvature_x", curvature_x, POSITIVE)
    b = number("curvature_y", curvature_y, POSITIVE)
    view = number("view", view, POSITIVE)
    start = tuple(points("start", start, d=2).tolist())
    return Surface(
        name=f"bowl({a:g}, {b:g})",
        formula=rf"\frac{{1}}{{2}}({a:g}\,x^2 + {b:g}\,y^2)",
        f=partial(_bowl, a, b),
        df=partial(_bowl_slopes, a, b),
        view=((-view, view), (-view, view)),
        minima=np.zeros((1, 2)),
        start=start,
    )


def _bowl(a, b, x, y):
    return 0.5 * (a * x * x + b * y * y)


def _bowl_slopes(a, b, x, y):
    return a * x, b * y


_valley = bowl(1, 25)
SURFACES["valley"] = replace(
    _valley, name="valley", note="Curvature 1 along x and 25 along y: κ = 25, axis-aligned."
)
SURFACES["tilted valley"] = replace(
    rotated(_valley, np.pi / 4),
    name="tilted valley",
    formula=r"\frac{1}{2}(u^2 + 25\,v^2),\ u = \frac{x + y}{\sqrt{2}},\ v = \frac{y - x}{\sqrt{2}}",
    note="The same valley, turned by 45°.",
)

surface(
    "booth",
    r"(x + 2y - 7)^2 + (2x + y - 5)^2",
    f=lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    df=lambda x, y: (10 * x + 8 * y - 34, 8 * x + 10 * y - 38),
    view=((-10, 10), (-10, 10)),
    minima=[(1, 3)],
    start=(-8.0, -6.0),
    note="A quadratic bowl with κ = 9, tilted by 45°.",
)

surface(
    "matyas",
    r"0.26(x^2 + y^2) - 0.48xy",
    f=lambda x, y: 0.26 * (x * x + y * y) - 0.48 * x * y,
    df=lambda x, y: (0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x),
    view=((-10, 10), (-10, 10)),
    minima=[(0, 0)],
    start=(-8.0, 3.0),
    note="A quadratic bowl with κ = 25, tilted by 45°.",
)


def _beale(x, y):
    return 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y


def _beale_df(x, y):
    a, b, c = _beale(x, y)
    dx = 2 * (a * (y - 1) + b * (y * y - 1) + c * (y * y * y - 1))
    return dx, 2 * x * (a + 2 * b * y + 3 * c * y * y)


surface(
    "beale",
    r"(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
    f=lambda x, y: sum(r * r for r in _beale(x, y)),
    df=_beale_df,
    view=((-4.5, 4.5), (-4.5, 4.5)),
    minima=[(3, 0.5)],
    start=(-1.0, 1.5),
    note="Steep walls, flat plains, and a valley that runs to infinity without a minimum.",
)

surface(
    "rosenbrock",
    r"(1 - x)^2 + 100(y - x^2)^2",
    f=lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    df=lambda x, y: (2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)),
    view=((-2, 2), (-1, 3)),
    minima=[(1, 1)],
    start=(-1.2, 1.0),
    note="A curved valley; κ is about 2 500 at its minimum.",
)

surface(
    "himmelblau",
    r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    f=lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
    df=lambda x, y: (
        4 * x * (x * x + y - 11) + 2 * (x + y * y - 7),
        2 * (x * x + y - 11) + 4 * y * (x + y * y - 7),
    ),
    view=((-5, 5), (-5, 5)),
    minima=[
        (3, 2),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.283185991286170),
        (3.584428340330492, -1.848126526964404),
    ],
    start=(0.0, 0.0),
    note="Four minima, all equally good.",
)

surface(
    "rastrigin",
    r"20 + x^2 - 10\cos 2\pi x + y^2 - 10\cos 2\pi y",
    f=lambda x, y: 20 + x * x - 10 * np.cos(TAU * x) + y * y - 10 * np.cos(TAU * y),
    df=lambda x, y: (
        2 * x + 10 * TAU * np.sin(TAU * x),
        2 * y + 10 * TAU * np.sin(TAU * y),
    ),
    view=((-5.12, 5.12), (-5.12, 5.12)),
    minima=[(0, 0)],
    start=(-3.2, 2.3),
    note="A bowl full of dimples: about a hundred local minima, one of them global.",
)


def _ackley(x, y):
    return np.sqrt(0.5 * (x * x + y * y)), np.exp(0.5 * (np.cos(TAU * x) + np.cos(TAU * y)))


def _ackley_f(x, y):
    r, waves = _ackley(x, y)
    return 20 + np.e - 20 * np.exp(-0.2 * r) - waves


def _ackley_df(x, y):
    r, waves = _ackley(x, y)
    pull = 2 * np.exp(-0.2 * r) / np.where(r == 0, np.inf, r)  # 0 at the tip of the cone
    return (
        pull * x + np.pi * waves * np.sin(TAU * x),
        pull * y + np.pi * waves * np.sin(TAU * y),
    )


surface(
    "ackley",
    r"20 + e - 20e^{-0.2\sqrt{(x^2+y^2)/2}} - e^{(\cos 2\pi x + \cos 2\pi y)/2}",
    f=_ackley_f,
    df=_ackley_df,
    view=((-5, 5), (-5, 5)),
    minima=[(0, 0)],
    start=(-3.4, 2.6),
    note="Nearly flat far out, a cone at the centre, where the gradient does not exist (here 0).",
)

_STYBLINSKI = -2.9035340277711770
surface(
    "styblinski-tang",
    r"\frac{1}{2}(x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y)",
    f=lambda x, y: 0.5 * ((x * x - 16) * x * x + 5 * x + (y * y - 16) * y * y + 5 * y),
    df=lambda x, y: (2 * x * x * x - 16 * x + 2.5, 2 * y * y * y - 16 * y + 2.5),
    view=((-5, 5), (-5, 5)),
    minima=[(_STYBLINSKI, _STYBLINSKI)],
    start=(0.6, 4.0),
    note="Four basins; the lowest point is −39.1661657 for each coordinate.",
)

surface(
    "mccormick",
    r"\sin(x + y) + (x - y)^2 - 1.5x + 2.5y + 1",
    f=lambda x, y: np.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1,
    df=lambda x, y: (
        np.cos(x + y) + 2 * (x - y) - 1.5,
        np.cos(x + y) - 2 * (x - y) + 2.5,
    ),
    view=((-1.5, 4), (-3, 4)),
    minima=[(0.5 - np.pi / 3, -0.5 - np.pi / 3)],
    start=(3.5, 3.5),
    note="The minimum is one of the window only: outside it the function falls without bound.",
)


def _goldstein_price(x, y):
    a, b = x + y + 1, 2 * x - 3 * y
    p = 19 - 14 * x + 3 * x * x - 14 * y + 6 * x * y + 3 * y * y
    q = 18 - 32 * x + 12 * x * x + 48 * y - 36 * x * y + 27 * y * y
    return a, b, p, q


def _goldstein_price_f(x, y):
    a, b, p, q = _goldstein_price(x, y)
    return (1 + a * a * p) * (30 + b * b * q)


def _goldstein_price_df(x, y):
    a, b, p, q = _goldstein_price(x, y)
    u, v = 1 + a * a * p, 30 + b * b * q
    du = 2 * a * p + a * a * (6 * (x + y) - 14)  # the same for x and y
    dvx = 4 * b * q + b * b * (24 * x - 36 * y - 32)
    dvy = -6 * b * q + b * b * (54 * y - 36 * x + 48)
    return du * v + u * dvx, du * v + u * dvy


surface(
    "goldstein-price",
    r"\left(1 + (x+y+1)^2(19 - 14x + 3x^2 - 14y + 6xy + 3y^2)\right)"
    r"\left(30 + (2x-3y)^2(18 - 32x + 12x^2 + 48y - 36xy + 27y^2)\right)",
    f=_goldstein_price_f,
    df=_goldstein_price_df,
    view=((-2, 2), (-2, 2)),
    minima=[(0, -1)],
    start=(1.2, 0.6),
    note="Its gradient spans six powers of ten within the window. The minimum is 3.",
)

_CAMEL = (0.08984201310031807, -0.7126564030207396)
surface(
    "six-hump camel",
    r"(4 - 2.1x^2 + \frac{1}{3}x^4)x^2 + xy + (4y^2 - 4)y^2",
    f=lambda x, y: (4 - 2.1 * x * x + x * x * x * x / 3) * x * x + x * y + 4 * (y * y - 1) * y * y,
    df=lambda x, y: (
        8 * x - 8.4 * x * x * x + 2 * x * x * x * x * x + y,
        x - 8 * y + 16 * y * y * y,
    ),
    view=((-3, 3), (-2, 2)),
    minima=[_CAMEL, (-_CAMEL[0], -_CAMEL[1])],
    start=(-2.4, 1.3),
    note="Six minima, two of them global; their coordinates have opposite signs.",
)

surface(
    "saddle",
    r"x^2 - y^2",
    f=lambda x, y: x * x - y * y,
    df=lambda x, y: (2 * x, -2 * y),
    view=((-1, 1), (-1, 1)),
    start=(-0.8, 0.001),
    note="No minimum. A start with y = 0 exactly never leaves the saddle.",
)

surface(
    "monkey saddle",
    r"x^3 - 3xy^2",
    f=lambda x, y: x * x * x - 3 * x * y * y,
    df=lambda x, y: (3 * x * x - 3 * y * y, -6 * x * y),
    view=((-1, 1), (-1, 1)),
    start=(0.8, 0.05),
    note="No minimum. Flat at the centre to second order: the Hessian there is 0.",
)
