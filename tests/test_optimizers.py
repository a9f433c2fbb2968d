"""The update rules: steps worked by hand, properties that hold for all, and refusals."""

from __future__ import annotations

import copy
import dataclasses
import re
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib import (
    OPTIMIZERS,
    SGD,
    SURFACES,
    AdaBound,
    Adadelta,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    FullAdaGrad,
    Momentum,
    Nesterov,
    RMSprop,
    SGDLinear,
    bowl,
    descend,
    like,
    rotated,
)
from lessons_lib.optimizers import CONVENTIONS, Optimizer
from lessons_lib.validation import UnknownName

EVERY = pytest.mark.parametrize("name", sorted(OPTIMIZERS))
BUILT_IN = [n for n, cls in OPTIMIZERS.items() if cls.__module__ == "lessons_lib.optimizers"]


def run(opt, x, gradients):
    """All points and states of a run over given gradients, the start first."""
    x = np.asarray(x, dtype=float)
    xs, states = [x], [opt.init(x)]
    for g in gradients:
        x, state = opt.step(x, np.asarray(g, dtype=float), states[-1])
        xs.append(x)
        states.append(state)
    return np.array(xs), states


# --- Golden steps -----------------------------------------------------------------------------
# One coordinate that starts at 1 (or as given) sees the gradients below. What follows "->" is
# worked by hand, step by step; the right-hand sides never call the package.

F = Fraction
GOLDEN = [
    # x: 1 - 2/10 = 8/10, 8/10 + 1/10 = 9/10, 9/10 - 4/10 = 5/10
    ("sgd", SGD(lr=0.1), 1, [2, -1, 4], [F(8, 10), F(9, 10), F(5, 10)], {}),
    # L2, λ = 1/2: g + x/2 = 2.5, then -1 + .75/2 = -.625; x = 1 - .25, .75 + .0625
    ("sgd", SGD(lr=0.1, weight_decay=0.5), 1, [2, -1], [0.75, 0.8125], {}),
    # decoupled, ηλ = 1/20: .95 - .2 = .75, then .7125 + .1 = .8125 — with one rate for all
    # coordinates the same thing as L2, as Loshchilov & Hutter prove
    ("sgd", SGD(lr=0.1, weight_decay=0.5, decoupled=True), 1, [2, -1], [0.75, 0.8125], {}),
    # rates over T = 4: .4, .3, .2, .1; x = 1 - .8, .2 + .3, .5 - .8, -.3 - .1
    ("sgdlinear", SGDLinear(lr=0.4, steps=4), 1, [2, -1, 4, 1], [0.2, 0.5, -0.3, -0.4], {}),
    # μ = 1/2: b = 2, 1 - 1 = 0, 0 + 4 = 4; x = 1 - .2, .8 - 0, .8 - .4
    ("momentum", Momentum(lr=0.1, momentum=0.5), 1, [2, -1, 4], [0.8, 0.8, 0.4], {"b": 4}),
    # dampening 1/4 from the second step on: b = 2, 1 - 3/4 = 1/4, 1/8 + 3 = 25/8
    (
        "momentum",
        Momentum(lr=0.1, momentum=0.5, dampening=0.25),
        1,
        [2, -1, 4],
        [0.8, 0.775, 0.4625],
        {"b": F(25, 8)},
    ),
    # the rate inside: b is η times the b above, x the same
    (
        "momentum",
        Momentum(lr=0.1, momentum=0.5, rate_inside=True),
        1,
        [2, -1, 4],
        [0.8, 0.8, 0.4],
        {"b": 0.4},
    ),
    # b = 2, 0, 4; g + b/2 = 3, -1, 6; x = 1 - .3, .7 + .1, .8 - .6
    ("nesterov", Nesterov(lr=0.1, momentum=0.5), 1, [2, -1, 4], [0.7, 0.8, 0.2], {"b": 4}),
    (
        "nesterov",
        Nesterov(lr=0.1, momentum=0.5, rate_inside=True),
        1,
        [2, -1, 4],
        [0.7, 0.8, 0.2],
        {"b": 0.4},
    ),
    # G = 9, 25; x = 1 - 3/3/2 = 1/2, 1/2 - 4/5/2 = 1/10
    ("adagrad", AdaGrad(lr=0.5, eps=0), 1, [3, 4], [F(1, 2), F(1, 10)], {"G": 25}),
    # G = 4, 12, 16 (g² = 4, 8, 4): x = 0 - 2/2, -1 - √8/√12 = -1 - √(2/3), that + 2/4
    (
        "adagrad",
        AdaGrad(lr=1, eps=0),
        0,
        [2, sqrt(8), -2],
        [-1, -1 - sqrt(2 / 3), -1 / 2 - sqrt(2 / 3)],
        {"G": 16},
    ),
    # ε = 1 outside: 3/(3 + 1) = 3/4, 4/(5 + 1) = 2/3
    ("adagrad", AdaGrad(lr=1, eps=1), 0, [3, 4], [-F(3, 4), -F(17, 12)], {"G": 25}),
    # G₀ = 7 and ε = 9 inside: √(7 + 9 + 9) = 5, √(16 + 11 + 9) = 6; 3/5, √11/6
    (
        "adagrad",
        AdaGrad(lr=1, eps=9, G0=7, eps_inside=True),
        0,
        [3, sqrt(11)],
        [-F(3, 5), -3 / 5 - sqrt(11) / 6],
        {"G": 27},
    ),
    # lr_decay = 1: rates 1, 1/2; x = 0 - 3/3, -1 - 4/5/2
    ("adagrad", AdaGrad(lr=1, eps=0, lr_decay=1), 0, [3, 4], [-1, -F(7, 5)], {}),
    # L2, λ = 1: from 1, g = 2 + 1 = 3, so x = 1 - 3/3 = 0; there g = 4 + 0, x = -4/5
    ("adagrad", AdaGrad(lr=1, eps=0, weight_decay=1), 1, [2, 4], [0, -F(4, 5)], {"G": 25}),
    # decoupled, ηλ = 1/2: 1/2 - 1/2·3/3 = 0, then 0 - 1/2·4/5
    (
        "adagrad",
        AdaGrad(lr=0.5, eps=0, weight_decay=1, decoupled=True),
        1,
        [3, 4],
        [0, -F(2, 5)],
        {"G": 25},
    ),
    # In one dimension the full matrix is the diagonal: G = 9, 25, ε = 1
    ("fulladagrad", FullAdaGrad(lr=1, eps=1), 0, [3, 4], [-F(3, 4), -F(17, 12)], {}),
    # ρ = 1/2: v = 16/2 = 8, 8/2 + 10/2 = 9; x = 0 - 4/√8, that - √10/3
    (
        "rmsprop",
        RMSprop(lr=1, rho=0.5, eps=0),
        0,
        [4, sqrt(10)],
        [-sqrt(2), -sqrt(2) - sqrt(10) / 3],
        {"v": 9},
    ),
    # ε = 1 inside: √(8 + 1) = 3, √(9 + 1) = √10; outside: √8 + 1, 3 + 1
    (
        "rmsprop",
        RMSprop(lr=1, rho=0.5, eps=1, eps_inside=True),
        0,
        [4, sqrt(10)],
        [-F(4, 3), -F(7, 3)],
        {"v": 9},
    ),
    (
        "rmsprop",
        RMSprop(lr=1, rho=0.5, eps=1),
        0,
        [4, sqrt(10)],
        [-4 / (sqrt(8) + 1), -4 / (sqrt(8) + 1) - sqrt(10) / 4],
        {"v": 9},
    ),
    # momentum 1/2 on the normalised gradients 4/3 and 1: b = 4/3, 2/3 + 1 = 5/3; η = 1/2
    (
        "rmsprop",
        RMSprop(lr=0.5, rho=0.5, eps=1, eps_inside=True, momentum=0.5),
        0,
        [4, sqrt(10)],
        [-F(2, 3), -F(2, 3) - F(5, 6)],
        {"b": F(5, 3)},
    ),
    (
        "rmsprop",
        RMSprop(lr=0.5, rho=0.5, eps=1, eps_inside=True, momentum=0.5, rate_inside=True),
        0,
        [4, sqrt(10)],
        [-F(2, 3), -F(2, 3) - F(5, 6)],
        {"b": F(5, 6)},
    ),
    # ρ = 1/2, ε = 1: v = 8, u = √1/√9·4 = 4/3, d = 16/18 = 8/9;
    # v = 4 + 4 = 8, u = √(17/9)/3·√8, d = 4/9 + (17/9·8/9)/2 = 36/81 + 68/81 = 104/81; η = 1/2
    (
        "adadelta",
        Adadelta(lr=0.5, rho=0.5, eps=1),
        0,
        [4, sqrt(8)],
        [-F(2, 3), -2 / 3 - sqrt(17 * 8) / 18],
        {"v": 8, "d": F(104, 81)},
    ),
    # β₁ = 1/2, β₂ = 3/4, ε = 0. m = 1, 1/2 - 3/2 = -1; v = 4/4 = 1, 3/4 + 36/16 = 3 (g = 2, -3)
    # m̂ = 1/(1/2) = 2, -1/(3/4) = -4/3; v̂ = 1/(1/4) = 4, 3/(7/16) = 48/7
    # x = 0 - 2/2 = -1, -1 + 4/3·√(7/48) = -1 + √7/(3√3)
    (
        "adam",
        Adam(lr=1, beta1=0.5, beta2=0.75, eps=0),
        0,
        [2, -3],
        [-1, -1 + sqrt(7) / (3 * sqrt(3))],
        {"m": -1, "v": 3},
    ),
    # ε = 1: x = 0 - 2/(2 + 1), that + 4/3/(√(48/7) + 1)
    (
        "adam",
        Adam(lr=1, beta1=0.5, beta2=0.75, eps=1),
        0,
        [2, -3],
        [-F(2, 3), -2 / 3 + 4 / 3 / (sqrt(48 / 7) + 1)],
        {},
    ),
    # ε̂ = 1: √(1/4)/(1/2)·1/(1 + 1) = 1/2, √(7/16)/(3/4)·(-1)/(√3 + 1)
    (
        "adam",
        Adam(lr=1, beta1=0.5, beta2=0.75, eps=1, eps_hat=True),
        0,
        [2, -3],
        [-F(1, 2), -1 / 2 + sqrt(7) / 3 / (sqrt(3) + 1)],
        {},
    ),
    # no correction, ε = 1: 1/(1 + 1), -1/(√3 + 1)
    (
        "adam",
        Adam(lr=1, beta1=0.5, beta2=0.75, eps=1, bias_correction=False),
        0,
        [2, -3],
        [-F(1, 2), -1 / 2 + 1 / (sqrt(3) + 1)],
        {},
    ),
    # β₁ = β₂ = 1/2, ε = 0, g = 4, 0: m = 2, 1; v = 8, 4. Corrections 1/2, 3/4.
    # raw maximum 8, 8: m̂ = 4, 4/3; v̂ = 16, 32/3; x = 0 - 4/4, -1 - 4/3/√(32/3) = -1 - 1/√6
    (
        "amsgrad",
        AMSGrad(lr=1, beta1=0.5, beta2=0.5, eps=0),
        0,
        [4, 0],
        [-1, -1 - 1 / sqrt(6)],
        {"v": 4, "vmax": 8},
    ),
    # maximum of the corrected 16, 16/3: x = -1, -1 - 4/3/4
    (
        "amsgrad",
        AMSGrad(lr=1, beta1=0.5, beta2=0.5, eps=0, max_corrected=True),
        0,
        [4, 0],
        [-1, -F(4, 3)],
        {"v": 4, "vmax": 16},
    ),
    # the paper's, without correction: 2/√8, 1/√8
    (
        "amsgrad",
        AMSGrad(lr=1, beta1=0.5, beta2=0.5, eps=0, bias_correction=False),
        0,
        [4, 0],
        [-2 / sqrt(8), -3 / sqrt(8)],
        {"vmax": 8},
    ),
    # Adam's steps of 1 and -√7/(3√3) as above, after shrinking by 1 - 1/4: from 4, 3 - 1 = 2,
    # then 3/2 + √7/(3√3)
    (
        "adamw",
        AdamW(lr=1, beta1=0.5, beta2=0.75, eps=0, weight_decay=0.25),
        4,
        [2, -3],
        [2, 3 / 2 + sqrt(7) / (3 * sqrt(3))],
        {},
    ),
    # Adam's unclipped rates (ε = 0, β as above, η = 1): √(1/4)/(1/2)/1 = 1, √7/3/√3 = .509.
    # γ = 1, f = 2: bands [2(1 - 1/2), 2·2] = [1, 4], [2(1 - 1/3), 2·3/2] = [4/3, 3]
    # so the second is raised to 4/3: x = 0 - 1·1, -1 + 4/3·1
    (
        "adabound",
        AdaBound(lr=1, beta1=0.5, beta2=0.75, eps=0, final_lr=2, gamma=1),
        0,
        [2, -3],
        [-1, F(1, 3)],
        {},
    ),
    # f = 1/5: bands [1/10, 2/5], [2/15, 3/10], so both are lowered: x = -2/5, -2/5 + 3/10
    (
        "adabound",
        AdaBound(lr=1, beta1=0.5, beta2=0.75, eps=0, final_lr=0.2, gamma=1),
        0,
        [2, -3],
        [-F(2, 5), -F(1, 10)],
        {},
    ),
    # the paper's √t: x = -2/5, -2/5 + 3/10/√2
    (
        "adabound",
        AdaBound(lr=1, beta1=0.5, beta2=0.75, eps=0, final_lr=0.2, gamma=1, root_t=True),
        0,
        [2, -3],
        [-F(2, 5), -2 / 5 + 0.3 / sqrt(2)],
        {},
    ),
]


@pytest.mark.parametrize(
    ("name", "opt", "start", "gradients", "points", "last"),
    GOLDEN,
    ids=[f"{name}-{i}" for i, (name, *_) in enumerate(GOLDEN)],
)
def test_golden_steps(name, opt, start, gradients, points, last):
    assert type(opt) is OPTIMIZERS[name]
    xs, states = run(opt, [start], [[g] for g in gradients])
    np.testing.assert_allclose(xs[1:, 0], [float(p) for p in points], rtol=1e-14, atol=1e-15)
    assert states[-1]["t"] == len(gradients)
    for symbol, value in last.items():
        np.testing.assert_allclose(states[-1][symbol].ravel(), [float(value)], rtol=1e-14)


def test_golden_steps_of_the_full_matrix():
    # g = (3, 4): G = ggᵀ, whose root is ggᵀ/5, and G^-½ g = g/5.
    # Then g = (4, -3), orthogonal to it: G = 25·I, and G^-½ g = g/5 again.
    xs, states = run(FullAdaGrad(lr=5, eps=0), [0, 0], [[3, 4], [4, -3]])
    np.testing.assert_allclose(xs[1:], [[-3, -4], [-7, -1]], rtol=1e-13)
    np.testing.assert_allclose(states[-1]["G"], [[25, 0], [0, 25]], atol=1e-13)


def test_every_built_in_optimizer_has_golden_steps():
    assert set(BUILT_IN) == {name for name, *_ in GOLDEN}


# --- Properties of every rule -----------------------------------------------------------------


def sample(name, lr=0.1, **changes):
    """An optimizer of the registry that can take a step on its own."""
    return OPTIMIZERS[name](lr=lr, **changes).for_run(20)


@st.composite
def gradients(draw, steps=6, d=3):
    """A short run of gradients of very different sizes, zeros among them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = 10.0 ** np.array(draw(st.lists(st.integers(-5, 3), min_size=d, max_size=d)))
    return rng.standard_normal((steps, d)) * size * (rng.random((steps, d)) < 0.8)


def same(a, b):
    """Whether two states, points or dicts of them agree in every bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return np.array_equal(a, b)


@EVERY
@given(gs=gradients())
def test_a_step_changes_nothing_it_is_given(name, gs):
    opt = sample(name, weight_decay=0.1)
    x = np.array([1.0, -2.0, 3.0])
    state = opt.init(x)
    for g in gs:
        before = copy.deepcopy((x, g, state))
        new_x, new_state = opt.step(x, g, state)
        assert all(map(same, before, (x, g, state)))
        assert not np.shares_memory(new_x, x) and new_state is not state
        assert same(opt.step(x, g, state)[0], new_x)
        x, state = new_x, new_state


def lanes_of(name, lanes=4, seed=0):
    """Hyper-parameters of a rule as arrays, one value a lane, each within what is allowed."""
    rng = np.random.default_rng(seed)
    values = {}
    for f in dataclasses.fields(OPTIMIZERS[name]):
        if "allowed" in f.metadata:
            fits = f.default * rng.uniform(0.2, 1.0, lanes) if f.default else rng.random(lanes) / 10
            values[f.name] = np.where(f.metadata["allowed"].test(fits), fits, f.default)
    return values


def flags_of(name):
    """Every single switch of a rule turned away from its default, and none."""
    switches = [f for f in dataclasses.fields(OPTIMIZERS[name]) if isinstance(f.default, bool)]
    return [{}] + [{f.name: not f.default} for f in switches]


@pytest.mark.parametrize(
    ("name", "flags"), [(n, flags) for n in sorted(OPTIMIZERS) for flags in flags_of(n)], ids=str
)
@given(seed=st.integers(0, 2**32 - 1))
def test_array_hyper_parameters_are_scalar_ones_lane_by_lane(name, flags, seed):
    rng = np.random.default_rng(seed)
    arrays = lanes_of(name, seed=seed)
    x, gs = rng.standard_normal((4, 3)), rng.standard_normal((5, 4, 3))
    opt = OPTIMIZERS[name](**arrays, **flags).for_run(5)
    xs, states = run(opt, x, gs)
    for lane in range(4):
        one = OPTIMIZERS[name](**{k: v[lane] for k, v in arrays.items()}, **flags).for_run(5)
        alone, state = run(one, x[lane], gs[:, lane])
        assert same(xs[:, lane], alone)
        assert all(same(states[-1][s][lane], state[-1][s]) for s in opt.slots)


@EVERY
@given(gs=gradients())
def test_a_dict_of_arrays_is_each_array_by_itself(name, gs):
    opt = sample(name, weight_decay=0.1)
    x = {"W": np.ones((2, 3)), "b": np.array([1.0, -2.0, 3.0])}
    state, alone = opt.init(x), {k: (v, opt.init(v)) for k, v in x.items()}
    for g in gs:
        given_to = {"W": np.stack([g, -2 * g]), "b": g}
        x, state = opt.step(x, given_to, state)
        alone = {k: opt.step(v, given_to[k], own) for k, (v, own) in alone.items()}
        for k, (v, own) in alone.items():
            assert same(x[k], v) and all(same(state[s][k], own[s]) for s in opt.slots)
    assert state["t"] == len(gs)


@EVERY
@pytest.mark.parametrize("surface", ["rosenbrock", "himmelblau", "ackley", "mccormick"])
def test_a_batch_is_its_single_paths_to_the_last_bit(name, surface):
    surface = SURFACES[surface]
    starts = np.random.default_rng(1).uniform(-1.5, 1.5, (3, 1, 2))
    hyper = lanes_of(name)
    batch = descend(surface, OPTIMIZERS[name](**hyper), starts, 40, noise=0.1, seed=5)
    assert batch.x.shape == (41, 3, 4, 2)
    for i, lane in np.ndindex(3, 4):
        one = OPTIMIZERS[name](**{k: v[lane] for k, v in hyper.items()})
        single = descend(surface, one, starts[i, 0], 40, noise=0.1, seed=5)
        part = batch[i, lane]
        assert part.diverged_at == single.diverged_at
        for field in ("x", "loss", "rate", "state"):
            assert same(getattr(part, field), getattr(single, field)), field


@EVERY
def test_a_path_is_made_of_steps(name):
    opt, surface = sample(name), SURFACES["booth"]
    path = descend(surface, opt, (-8.0, -6.0), 20)
    x, state = path.x[0], opt.init(path.x[0])
    for i in range(20):
        x, state = opt.step(x, surface.grad(x), state)
        assert same(path.x[i + 1], x)
        assert all(same(path.state[s][i + 1], state[s]) for s in opt.slots)
        assert path.state["t"][i + 1] == state["t"] == i + 1


# Not the full matrix, whose rate is a matrix too, and not those that add up past steps in b.
@pytest.mark.parametrize(
    "name", ["sgd", "sgdlinear", "adagrad", "adadelta", "adam", "amsgrad", "adamw", "adabound"]
)
def test_the_rate_explains_the_step(name):
    opt, surface = sample(name), SURFACES["booth"]
    path = descend(surface, opt, (-8.0, -6.0), 20)
    g = surface.grad(path.x[:-1])
    direction = path.state["m"][1:] if "m" in opt.slots else g
    shrink = opt.lr * opt.weight_decay if opt.decoupled else 0
    np.testing.assert_allclose(
        path.x[1:], (1 - shrink) * path.x[:-1] - path.rate * direction, rtol=1e-12, atol=1e-14
    )


@EVERY
def test_init_uses_shapes_only(name):
    opt = sample(name)
    state = opt.init(np.full((5, 3), np.nan))
    assert state["t"] == 0 and set(state) == {"t", *opt.slots}
    assert all(np.isfinite(state[s]).all() and state[s].shape[:2] == (5, 3) for s in opt.slots)


# --- Scale and rotation -----------------------------------------------------------------------

powers = st.lists(st.integers(-20, 20), min_size=3, max_size=3).map(lambda p: 2.0 ** np.array(p))
SCALE_FREE = [n for n in sorted(OPTIMIZERS) if OPTIMIZERS[n].scale_free]


@pytest.mark.parametrize("name", SCALE_FREE)
@given(gs=gradients(), factors=powers)
def test_scale_free_rules_do_not_see_the_units_of_a_gradient(name, gs, factors):
    has_eps = "eps" in {f.name for f in dataclasses.fields(OPTIMIZERS[name])}
    opt = sample(name, **({"eps": 0.0} if has_eps else {}))
    assert same(run(opt, np.zeros(3), gs)[0], run(opt, np.zeros(3), gs * factors)[0])


@pytest.mark.parametrize("broken", [{"eps": 1e-3}, {"eps": 0.0, "G0": 0.1}])
def test_epsilon_and_a_first_accumulator_break_the_scale_freedom(broken):
    gs = np.random.default_rng(0).standard_normal((10, 3))
    opt = AdaGrad(lr=0.1, **broken)
    small, large = (run(opt, np.zeros(3), gs * s)[0] for s in (2.0**-10, 2.0**10))
    assert np.abs(small - large).max() > 0.1


def test_adagrad_claims_to_be_scale_free_and_adam_does_not():
    assert "adagrad" in SCALE_FREE and "adam" not in SCALE_FREE


@given(seed=st.integers(0, 2**32 - 1), angle=st.floats(0.3, 1.2))
def test_the_full_matrix_turns_with_the_plane_and_the_diagonal_does_not(seed, angle):
    gs = np.random.default_rng(seed).standard_normal((6, 2))
    gs[:2] = [1, 0.3], [-0.3, 1]  # G^-½ is as exact as G is far from singular
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, s], [-s, c]])  # rows times this are rows turned

    def gap(opt):
        return np.abs(run(opt, [1, 0], gs)[0] @ turn - run(opt, [c, s], gs @ turn)[0]).max()

    assert gap(FullAdaGrad(lr=0.5)) < 1e-12
    assert gap(SGD(lr=0.5)) < 1e-12
    assert gap(AdaGrad(lr=0.5)) > 1e-3


def test_the_published_gap_between_a_valley_and_its_rotated_copy():
    valley = bowl(0.2, 4.0, start=(-5.0, -2.0))  # 0.1 x² + 2 y²
    for opt, gap in [(AdaGrad(lr=2), True), (FullAdaGrad(lr=2), False), (SGD(lr=0.2), False)]:
        ends = [
            descend(f, opt, f.start, steps=20).loss[-1]
            for f in (valley, rotated(valley, np.pi / 4))
        ]
        if gap:
            assert ends[0] == pytest.approx(5.3e-7, rel=0.02)
            assert ends[1] == pytest.approx(0.21, rel=0.03)
        else:
            assert ends[0] == pytest.approx(ends[1], rel=1e-9)


# --- What the lessons say about single rules --------------------------------------------------


@given(gs=gradients(steps=12))
def test_the_rate_of_adagrad_never_rises(gs):
    opt = AdaGrad(lr=0.1)
    rates = [opt.rate(**s) for s in run(opt, np.zeros(3), gs)[1][1:]]
    assert np.all(np.diff(rates, axis=0) <= 0)


def test_the_rate_of_rmsprop_can_rise():
    opt = RMSprop(lr=0.1)
    _, states = run(opt, [0], [[10], [0.1]])
    assert opt.rate(**states[2]) > opt.rate(**states[1])


@pytest.mark.parametrize(
    "opt",
    [
        *(AdaGrad(lr=1, eps=e, eps_inside=i) for e in (0.0, np.zeros(1)) for i in (False, True)),
        FullAdaGrad(lr=1, eps=0),
        RMSprop(lr=1, eps=0),
        Adam(lr=1, eps=0),
        Adam(lr=1, eps=0, eps_hat=True),
        AMSGrad(lr=1, eps=0, max_corrected=True),
    ],
    ids=repr,
)
def test_zero_over_zero_is_zero(opt):
    xs, _ = run(opt, [[1.0, 1.0]], [[[0.0, 0.0]], [[0.0, 2.0]]])
    assert xs[1].tolist() == [[1, 1]]
    assert xs[2, 0, 0] == 1 and np.isfinite(xs).all() and xs[2, 0, 1] < 1


def test_a_constant_gradient_carries_adagrad_two_eta_root_t():
    xs, _ = run(AdaGrad(lr=0.3, eps=0), [0, 0], [[5.0, -0.01]] * 10_000)
    # Σ 1/√t = 2√T - 1.46..., whatever the gradient's size
    np.testing.assert_allclose(xs[-1] / (2 * 0.3 * 100), [-1, 1], atol=0.01)


@given(gs=gradients(steps=10))
def test_adagrad_is_rmsprop_with_its_own_schedule(gs):
    x, state = np.ones(3), RMSprop().init(np.ones(3))
    for t, g in enumerate(gs, start=1):
        # β₂ = 1 - 1/t and rate η/√t: v is then the mean of all g², and G = t·v
        x, state = RMSprop(lr=0.5 / sqrt(t), rho=1 - 1 / t, eps=0).step(x, g, state)
    np.testing.assert_allclose(run(AdaGrad(lr=0.5, eps=0), np.ones(3), gs)[0][-1], x, rtol=1e-12)


def test_sgdlinear_learns_the_length_of_its_run():
    path = descend(SURFACES["valley"], SGDLinear(lr=0.04), (-1.6, 1.2), steps=8)
    np.testing.assert_allclose(path.rate[:, 0], 0.04 * np.arange(8, 0, -1) / 8, rtol=1e-15)
    longer = descend(SURFACES["valley"], SGDLinear(lr=0.04, steps=16), (-1.6, 1.2), steps=8)
    assert longer.rate[-1, 0] == pytest.approx(0.04 * 9 / 16)
    over = run(SGDLinear(lr=0.04, steps=1), [1], [[1], [1], [1]])[0]
    assert over[1] == over[2] == over[3]  # past its end it stands still, and does not climb
    with pytest.raises(ValueError, match="SGDLinear: steps must be the length of the run"):
        SGDLinear().step(np.ones(2), np.ones(2), {"t": 0})


def test_decoupled_decay_is_not_divided_by_the_root():
    zero = [[0.0, 0.0]]
    for cls in (AdaGrad, RMSprop, Adam):
        shrunk = run(cls(lr=0.1, weight_decay=0.2, decoupled=True), [4, -1], zero)[0][-1]
        np.testing.assert_allclose(shrunk, [0.98 * 4, -0.98], rtol=1e-15)
    # As L2 the decay is itself normalised: AdaGrad's first step is η, whatever λ and x.
    np.testing.assert_allclose(
        run(AdaGrad(lr=0.1, weight_decay=0.2), [4, -1], zero)[0][-1], [3.9, -0.9]
    )


def test_moments_part_ways_when_the_rate_drops():
    def drop(inside):
        x, state = np.zeros(1), Momentum().init(np.zeros(1))
        for lr in (1.0, 1.0, 0.1):
            opt = Momentum(lr=lr, momentum=0.5, rate_inside=inside)
            x, state = opt.step(x, np.ones(1), state)
        return x[0]

    # b = 1, 1.5, 1.75 at rates 1, 1, .1; inside, the velocity keeps the old rate: 1.5/2 + .1
    assert drop(False) == pytest.approx(-(1 + 1.5 + 0.175))
    assert drop(True) == pytest.approx(-(1 + 1.5 + 0.85))


def test_reddis_cyclic_example():
    # On [-1, 1] the loss is 3x in every third step and -x in the others: -1 is the best point.
    # β₁ = 0, β₂ = 1/(1 + 3²), rate falling as 1/√t (Reddi et al. 2018, theorem 1).
    def end(make):
        x, state = np.zeros(1), make(1).init(np.zeros(1))
        for t in range(1, 3001):
            g = np.array([3.0 if t % 3 == 1 else -1.0])
            x, state = make(t).step(x, g, state)
            x = np.clip(x, -1, 1)
        return x[0]

    memory = dict(beta1=0, beta2=0.1, bias_correction=False, eps=0)
    assert end(lambda t: Adam(lr=0.5 / sqrt(t), **memory)) > 0.95
    assert end(lambda t: AMSGrad(lr=0.5 / sqrt(t), **memory)) < -0.95
    assert end(lambda t: AdaGrad(lr=0.5, eps=0)) < -0.95


# --- Conventions of the frameworks ------------------------------------------------------------

ENTRIES = [(name, framework) for name in CONVENTIONS for framework in CONVENTIONS[name]]


@pytest.mark.parametrize(("name", "framework"), ENTRIES)
def test_every_convention_makes_an_optimizer_that_steps(name, framework):
    opt = like(name, framework, lr=0.1, weight_decay=0.0)
    assert type(opt) is OPTIMIZERS[name] and opt.lr == 0.1
    settings = {**CONVENTIONS[name][framework], "lr": 0.1, "weight_decay": 0.0}
    assert all(getattr(opt, k) == v for k, v in settings.items())
    xs, _ = run(opt, [1.0, 1.0], [[3.0, -0.1], [0.0, 0.0]])
    assert np.isfinite(xs).all() and xs[1, 0] < 1 < xs[1, 1]


# One step from 0 with g = 2 at the framework's own defaults, worked from its documentation.
@pytest.mark.parametrize(
    ("name", "framework", "step"),
    [
        ("sgd", "torch", 0.001 * 2),
        ("sgd", "keras", 0.01 * 2),
        ("sgd", "sklearn", 0.1 * 2),
        ("nesterov", "sklearn", 0.1 * (2 + 0.9 * 2)),
        ("adagrad", "torch", 0.01 * 2 / (2 + 1e-10)),
        ("adagrad", "keras", 0.001 * 2 / sqrt(0.1 + 4 + 1e-7)),
        ("adagrad", "tf1", 0.01 * 2 / sqrt(0.1 + 4)),
        ("rmsprop", "torch", 0.01 * 2 / (sqrt(0.01 * 4) + 1e-8)),
        ("rmsprop", "keras", 0.001 * 2 / sqrt(0.1 * 4 + 1e-7)),
        ("adadelta", "torch", 2 * sqrt(1e-6) / sqrt(0.1 * 4 + 1e-6)),
        ("adadelta", "paper", 2 * sqrt(1e-6) / sqrt(0.05 * 4 + 1e-6)),
        ("adadelta", "keras", 0.001 * 2 * sqrt(1e-7) / sqrt(0.05 * 4 + 1e-7)),
        ("adam", "torch", 0.001 * 2 / (2 + 1e-8)),
        ("adam", "keras", 0.001 * sqrt(0.001) / 0.1 * 0.2 / (sqrt(0.004) + 1e-7)),
        ("amsgrad", "paper", 0.001 * 0.2 / sqrt(0.004)),
        ("adabound", "authors", 0.001 * 2 / (2 + 1e-8 / sqrt(0.001))),
    ],
)
def test_first_step_at_a_frameworks_defaults(name, framework, step):
    x, _ = run(like(name, framework), [0], [[2]])
    assert -x[-1, 0] == pytest.approx(step, rel=1e-13)


def test_the_inside_epsilon_is_not_the_outside_one():
    gs = np.random.default_rng(3).standard_normal((60, 2)) * [1e-2, 1]
    outside, inside = (
        run(AdaGrad(lr=0.3, eps=1e-3, eps_inside=i), [0, 0], gs)[0] for i in (False, True)
    )
    assert np.abs(outside - inside).max() > 1e-2


# --- Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: OPTIMIZERS["adagrd"], ["optimizer 'adagrd'", "'adagrad'", *OPTIMIZERS]),
        (lambda: OPTIMIZERS["ADAGRAD"], ["did you mean 'adagrad'"]),
        (lambda: like("adm", "torch"), ["'adm'", "did you mean 'adam'", *CONVENTIONS]),
        (lambda: like("adam", "pytorch"), ["framework for adam", "mean 'torch'", "keras, optax"]),
        (lambda: like("adam", "torch", beta=0.5), ["hyper-parameter of adam", "beta1", "eps_hat"]),
        (lambda: OPTIMIZERS[3], ["unknown optimizer 3", *OPTIMIZERS]),
    ],
)
def test_unknown_names_are_answered_with_the_known(call, said):
    with pytest.raises(UnknownName) as error:
        call()
    assert isinstance(error.value, ValueError) and isinstance(error.value, KeyError)
    assert all(words in str(error.value) for words in said)


BAD = {
    "a finite number ≥ 0": [-1, -1e-300, np.nan, np.inf, None, "fast", [], [0.1, -0.1], [[1], 2]],
    "a finite number > 0": [0, -1, np.nan, np.inf, [1, 0]],
    "a number in [0, 1)": [-0.1, 1, 1.5, np.nan, [0.5, 1]],
}
HYPER = [
    (name, f.name, f.metadata["allowed"].words)
    for name in sorted(OPTIMIZERS)
    for f in dataclasses.fields(OPTIMIZERS[name])
    if "allowed" in f.metadata
]


@pytest.mark.parametrize(("name", "argument", "allowed"), HYPER)
def test_a_hyper_parameter_out_of_range_is_named(name, argument, allowed):
    for value in BAD.get(allowed, [np.nan, None, "fast", []]):
        with pytest.raises(ValueError) as error:
            OPTIMIZERS[name](**{argument: value})
        said = str(error.value)
        assert f"{OPTIMIZERS[name].__name__}: {argument} must be {allowed}" in said
        assert repr(value) in said


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_hyper_parameters_may_be(name):
    fractions = {"momentum", "dampening", "rho", "beta1", "beta2"}
    positive = {"final_lr", "gamma"} | ({"eps"} if name == "adadelta" else set())
    for _, argument, allowed in (entry for entry in HYPER if entry[0] == name):
        if argument in fractions:
            assert allowed == "a number in [0, 1)"
        else:
            assert allowed == f"a finite number {'>' if argument in positive else '≥'} 0"


@pytest.mark.parametrize("steps", [0, -3, 2.5, "10", True])
def test_sgdlinear_refuses_a_length_that_is_none(steps):
    with pytest.raises(ValueError, match=r"SGDLinear: steps must be a whole number ≥ 1; got"):
        SGDLinear(steps=steps)


@EVERY
def test_a_gradient_of_the_wrong_shape_is_refused(name):
    opt, x = sample(name), np.ones((2, 3))
    with pytest.raises(ValueError, match=r"g must have the shape of x, \(2, 3\); got shape \(3,\)"):
        opt.step(x, np.ones(3), opt.init(x))
    x = {"W": x}
    for g, said in [
        ({"V": x["W"]}, r"g must be a dict with the names of x, \['W'\]; got \['V'\]"),
        (np.ones((2, 3)), r"got ndarray"),
        ({"W": np.ones(3)}, r"parameter 'W': g must have the shape of x"),
    ]:
        with pytest.raises(ValueError, match=said):
            opt.step(x, g, opt.init(x))


@pytest.mark.parametrize("name", BUILT_IN)
def test_hyper_parameters_are_keywords_with_documented_defaults(name):
    cls = OPTIMIZERS[name]
    with pytest.raises(TypeError):
        cls(0.1)
    opt = cls()
    with pytest.raises(dataclasses.FrozenInstanceError):
        opt.lr = 1.0
    documented = "".join(c.__doc__ for c in cls.__mro__ if issubclass(c, Optimizer))
    documented = set(re.findall(r"\w+", documented))
    assert documented >= {f.name for f in dataclasses.fields(cls)}


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: SGD(lr="0.1"), r"SGD: lr must be .*got '0\.1'"),
        (lambda: SGD(lr=True), r"SGD: lr must be .*got True"),
        (lambda: Adam(decoupled="yes"), r"Adam: decoupled must be True or False; got 'yes'"),
        (lambda: AdaGrad(eps_inside=1), r"AdaGrad: eps_inside must be True or False; got 1"),
    ],
)
def test_what_is_no_number_or_no_switch_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("shape", [(3,), (1, 2, 2), (2, 3)])
def test_rates_that_do_not_broadcast_are_refused(shape):
    x = np.ones((2, 2, 5))
    with pytest.raises(ValueError, match=r"broadcast to \(2, 2\).*got one of shape"):
        AdaGrad(lr=np.full(shape, 0.1)).init(x)


def test_decoupled_decay_follows_the_schedule():
    """Step 2 of 2 has half the rate: x ← (1 − ½ηλ)x, the gradient being 0."""
    opt = SGDLinear(lr=0.4, steps=2, weight_decay=0.5, decoupled=True)
    x, state = np.ones(1), opt.init(np.ones(1))
    for expected in (0.8, 0.8 * 0.9):
        x, state = opt.step(x, np.zeros(1), state)
        np.testing.assert_allclose(x, expected)
