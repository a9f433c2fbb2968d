"""The loss surfaces: gradients, minima, windows, and their turned and scaled copies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from lessons_lib import SURFACES, bowl, rotated, scaled
from lessons_lib.validation import UnknownName

NAMES = sorted(SURFACES)
COPIES = {
    "": lambda s: s,
    " rotated": lambda s: rotated(s, 0.7),
    " scaled": lambda s: scaled(s, (2.0, 0.3)),
    " both": lambda s: scaled(rotated(s, -2.5), (0.5, 3.0)),
}
ALL = pytest.mark.parametrize(
    "surface", [pytest.param(f(SURFACES[n]), id=n + c) for n in NAMES for c, f in COPIES.items()]
)
# Where the window moves with the surface: a turned copy keeps the old one.
IN_WINDOW = pytest.mark.parametrize(
    "surface",
    [pytest.param(COPIES[c](SURFACES[n]), id=n + c) for n in NAMES for c in ("", " scaled")],
)

# The values at the published minima.
LOWEST = {
    "valley": 0,
    "tilted valley": 0,
    "booth": 0,
    "matyas": 0,
    "beale": 0,
    "rosenbrock": 0,
    "himmelblau": 0,
    "rastrigin": 0,
    "ackley": 0,
    "styblinski-tang": -78.3323314075,
    "mccormick": -1.9132229550,
    "goldstein-price": 3,
    "six-hump camel": -1.0316284535,
}
HOW_MANY = {"himmelblau": 4, "six-hump camel": 2, "saddle": 0, "monkey saddle": 0}


def window(surface, n):
    """n × n points over the view of a surface, its edges included."""
    x, y = (np.linspace(low, high, n) for low, high in surface.view)
    return np.stack(np.meshgrid(x, y), axis=-1)


def scattered(surface, n, seed=0):
    low, high = np.transpose(surface.view)
    return np.random.default_rng(seed).uniform(low, high, (n, 2))


@ALL
def test_gradient_against_the_complex_step(surface):
    x = scattered(surface, 500)
    h = 1e-40
    step = 1j * h * np.eye(2)
    expected = np.stack([surface(x + step[k]).imag / h for k in (0, 1)], axis=-1)
    g = surface.grad(x)
    assert g.shape == x.shape and g.dtype == float
    np.testing.assert_allclose(g, expected, rtol=1e-11, atol=1e-13 * np.abs(expected).max())


@ALL
def test_gradient_vanishes_at_the_minima(surface):
    if len(surface.minima):
        steepest = np.abs(surface.grad(scattered(surface, 500))).max()
        assert np.abs(surface.grad(surface.minima)).max() < 1e-12 * max(steepest, 1)


@pytest.mark.parametrize("name", LOWEST)
@pytest.mark.parametrize("copy", COPIES)
def test_published_minima(name, copy):
    surface = COPIES[copy](SURFACES[name])
    assert surface.minima.shape == (HOW_MANY.get(name, 1), 2)
    np.testing.assert_allclose(surface(surface.minima), LOWEST[name], rtol=1e-9, atol=1e-10)


def test_saddles_have_no_minimum_and_are_flat_at_the_centre():
    for name in ("saddle", "monkey saddle"):
        assert SURFACES[name].minima.shape == (0, 2)
        assert SURFACES[name].grad([0.0, 0.0]).tolist() == [0, 0]
    assert SURFACES["saddle"].grad([0.3, 0.0])[1] == 0  # y = 0 never leaves


def lowest_points(surface):
    """Every dip of a fine grid over the view, searched on ever smaller grids around it."""
    x = window(surface, 161)
    padded = np.pad(surface(x), 1, constant_values=np.inf)
    neighbours = [np.roll(padded, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    points = x[(padded <= np.min(neighbours, axis=0))[1:-1, 1:-1]]
    low, high = np.transpose(surface.view)
    around = np.stack(np.meshgrid(*[np.linspace(-1, 1, 9)] * 2), axis=-1).reshape(-1, 2)
    size = (high - low) / 160
    for _ in range(60):
        near = np.clip(points[:, None] + around * size, low, high)
        points = near[np.arange(len(points)), surface(near).argmin(axis=1)]
        size = size * 0.75
    return points


@IN_WINDOW
def test_minima_are_the_lowest_points_of_the_window(surface):
    low, high = np.transpose(surface.view)
    assert np.all((low <= surface.minima) & (surface.minima <= high))
    if len(surface.minima):
        lowest = surface(surface.minima).min()
        points = lowest_points(surface)
        values = surface(points)
        assert values.min() > lowest - 1e-9
        found = points[values < lowest + 1e-6]
        gaps = np.abs(found[:, None] - surface.minima).max(-1) / (high - low).max()
        assert np.all(gaps.min(axis=1) < 1e-3), "a minimum is missing"
        assert np.all(gaps.min(axis=0) < 1e-3), "a minimum is wrong"


@IN_WINDOW
def test_window_and_start_are_of_use(surface):
    low, high = np.transpose(surface.view)
    assert np.all(np.isfinite([low, high])) and np.all(low < high)
    assert len(surface.start) == 2
    assert np.all((low < surface.start) & (surface.start < high))
    assert np.abs(surface.grad(surface.start)).max() > 1e-3
    assert np.isfinite(surface(window(surface, 20))).all()


@ALL
def test_formula_can_be_drawn(surface):
    MathTextParser("path").parse(f"${surface.formula}$")
    assert repr(surface) == f"<surface {surface.name}>"


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    assert SURFACES[name].name == name


@ALL
def test_a_batch_is_its_single_points_to_the_last_bit(surface):
    x = scattered(surface, 200, seed=1)
    values, gradients = surface(x), surface.grad(x)
    assert values.shape == (200,)
    assert [surface(p) for p in x] == values.tolist()
    assert [surface.grad(p).tolist() for p in x] == gradients.tolist()
    other_layout = np.asfortranarray(x.reshape(10, 20, 2))
    assert np.array_equal(surface(other_layout).ravel(), values)
    assert np.array_equal(surface.grad(other_layout).reshape(-1, 2), gradients)


angles = st.floats(-7, 7)
factors = st.tuples(st.floats(0.1, 10), st.floats(0.1, 10))


@pytest.mark.parametrize("name", NAMES)
@given(angle=angles)
def test_a_turned_copy_has_the_old_value_at_the_turned_point(name, angle):
    surface = SURFACES[name]
    turned = rotated(surface, angle)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])  # anticlockwise, times a column
    x = scattered(surface, 20)
    tolerance = dict(rtol=1e-9, atol=1e-11 * np.abs(surface(window(surface, 9))).max())
    np.testing.assert_allclose(turned((turn @ x.T).T), surface(x), **tolerance)
    steep = np.abs(surface.grad(window(surface, 9))).max()
    np.testing.assert_allclose(
        turned.grad((turn @ x.T).T), (turn @ surface.grad(x).T).T, rtol=1e-9, atol=1e-10 * steep
    )
    np.testing.assert_allclose(turned.minima, (turn @ surface.minima.T).T, atol=1e-14)
    np.testing.assert_allclose(turned.start, turn @ surface.start, atol=1e-14)
    assert turned.view == surface.view
    back = rotated(turned, -angle)
    np.testing.assert_allclose(back(x), surface(x), **tolerance)


@pytest.mark.parametrize("name", NAMES)
@given(factors=factors)
def test_a_scaled_copy_has_the_old_value_at_the_scaled_point(name, factors):
    surface = SURFACES[name]
    copy = scaled(surface, factors)
    x = scattered(copy, 20)
    assert np.array_equal(copy(x), surface(x * factors))
    assert np.array_equal(copy.grad(x), surface.grad(x * factors) * factors)
    np.testing.assert_allclose(copy.minima * factors, surface.minima, rtol=1e-15)
    np.testing.assert_allclose(np.multiply(copy.start, factors), surface.start, rtol=1e-15)
    np.testing.assert_allclose(np.transpose(copy.view) * factors, np.transpose(surface.view))


def test_a_quarter_turn_is_anticlockwise():
    turned = rotated(bowl(1, 4, start=(1, 0)), np.pi / 2)
    np.testing.assert_allclose(turned.start, (0, 1), atol=1e-15)
    assert turned([0.0, 1.0]) == pytest.approx(0.5)  # what was the flat x-axis
    assert turned([1.0, 0.0]) == pytest.approx(2.0)


def test_one_factor_scales_both_coordinates():
    assert scaled(bowl(1, 4), 3)([1.0, 1.0]) == 9 * bowl(1, 4)([1.0, 1.0]) == 22.5


def test_the_tilted_valley_is_what_its_formula_says():
    x, y = scattered(SURFACES["tilted valley"], 50).T
    u, v = (x + y) / np.sqrt(2), (y - x) / np.sqrt(2)
    np.testing.assert_allclose(
        SURFACES["tilted valley"](np.stack([x, y], -1)), (u**2 + 25 * v**2) / 2, rtol=1e-12
    )


@pytest.mark.parametrize(("name", "kappa"), [("booth", 9), ("matyas", 25), ("rosenbrock", 2508)])
def test_condition_number_at_the_minimum(name, kappa):
    h, at = 1e-30, SURFACES[name].minima[0]
    hessian = [SURFACES[name].grad(at + 1j * h * e).imag / h for e in np.eye(2)]
    low, high = np.linalg.eigvalsh(hessian)
    assert high / low == pytest.approx(kappa, rel=1e-3)


@pytest.mark.parametrize("x", [1.0, [1.0], [1.0, 2.0, 3.0], np.ones((2, 3)), np.ones((2, 0))])
def test_points_of_the_wrong_shape_are_refused(x):
    for call in (SURFACES["booth"], SURFACES["booth"].grad):
        with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 2\); got shape"):
            call(x)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: rotated(bowl(1, 2), np.nan), "angle must be a finite number.*nan"),
        (lambda: rotated(bowl(1, 2), "north"), "angle must be a finite number.*'north'"),
        (lambda: rotated(bowl(1, 2), [1, 2]), r"angle must be a finite number; got \[1, 2\]"),
        (lambda: scaled(bowl(1, 2), (1, 0)), r"factors must be a finite number > 0.*\(1, 0\)"),
        (lambda: scaled(bowl(1, 2), (1, -2)), r"factors must be a finite number > 0.*\(1, -2\)"),
        (lambda: scaled(bowl(1, 2), (1, 2, 3)), "factors must be a pair"),
        (lambda: bowl(0, 1), "curvature_x must be a finite number > 0.*0"),
        (lambda: bowl(1, [1, 2]), r"curvature_y must be a finite number > 0; got \[1, 2\]"),
        (lambda: bowl(1, 2, start=(1, 2, 3)), r"start must be an array of shape \(\.\.\., 2\)"),
        (lambda: bowl(1, 2, view=-1), "view must be a finite number > 0.*-1"),
    ],
)
def test_bad_arguments_are_named(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_an_unknown_surface_is_answered_with_the_known():
    with pytest.raises(UnknownName, match="unknown surface 'rosenbrok': did you mean 'rosenbrock'"):
        SURFACES["rosenbrok"]
    with pytest.raises(ValueError) as error:
        SURFACES["???"]
    assert all(name in str(error.value) for name in SURFACES)
