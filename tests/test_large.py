"""The fast forms of AdaGrad: the same numbers as the readable one, and clear refusals."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lessons_lib import AdaGrad
from lessons_lib.large import adagrad_in_blocks, adagrad_in_place, adagrad_rows, coalesce

DENSE = [adagrad_in_place, adagrad_in_blocks]
FLOATS = [np.float64, np.float32]


def arrays(shape, dtype=np.float64, seed=0):
    """x, g and G of one shape; some of G and g are 0, as at the beginning of a run."""
    rng = np.random.default_rng(seed)
    x, g, G = rng.standard_normal((3, *np.atleast_1d(shape)))
    G = np.abs(G) * (rng.random(G.shape) < 0.8)
    return x.astype(dtype), (g * (G > 0.1)).astype(dtype), G.astype(dtype)


def readable(x, g, G, lr, eps):
    """x and G after one step of `AdaGrad`."""
    x, state = AdaGrad(lr=lr, eps=eps).step(x, g, {"t": 0, "G": G})
    return x, state["G"]


def dense(shape, rows, g):
    """The gradient of the whole table."""
    whole = np.zeros(shape, g.dtype)
    np.add.at(whole, rows, g)
    return whole


# --- the same numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("step", DENSE)
@pytest.mark.parametrize("shape", [0, 1, 7, (3, 4), (2, 3, 5), 20_000])
@pytest.mark.parametrize("eps", [1e-10, 0.5, 0.0])
def test_dense_forms_agree_to_the_last_bit(step, shape, eps):
    x, g, G = arrays(shape)
    wanted = readable(x, g, G, 0.3, eps)
    given_g = g.copy()
    assert step(x, g, G, 0.3, eps) is None
    assert np.array_equal(x, wanted[0])
    assert np.array_equal(G, wanted[1])
    assert np.array_equal(g, given_g)


@pytest.mark.parametrize("step", DENSE)
def test_dense_forms_in_single_precision(step):
    x, g, G = arrays(5000, np.float32)
    wanted = readable(x, g, G, 0.3, 1e-10)
    step(x, g, G, 0.3)
    assert x.dtype == G.dtype == np.float32
    np.testing.assert_allclose(x, wanted[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(G, wanted[1], rtol=1e-6)


@given(
    size=st.integers(0, 50),
    block=st.integers(1, 60),
    seed=st.integers(0, 10**6),
    lr=st.floats(0, 10),
    eps=st.sampled_from([0.0, 1e-10, 1e-3]),
)
def test_the_block_does_not_matter(size, block, seed, lr, eps):
    x, g, G = arrays(size, seed=seed)
    wanted = readable(x, g, G, lr, eps)
    adagrad_in_blocks(x, g, G, lr, eps, block=block)
    assert np.array_equal(x, wanted[0])
    assert np.array_equal(G, wanted[1])


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_rows_agree_with_the_whole_table(dtype, data):
    n, d, k = (data.draw(st.integers(low, 6)) for low in (1, 1, 0))
    # Whole gradients are added without rounding, so that the order of the sum cannot matter.
    g = data.draw(hnp.arrays(dtype, (k, d), elements=st.integers(-8, 8)))
    rows = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=k, max_size=k)), int)
    x, _, G = arrays((n, d), dtype)
    whole_x, whole_G = x.copy(), G.copy()
    adagrad_in_place(whole_x, dense((n, d), rows, g), whole_G, 0.3)
    given_rows, given_g = rows.copy(), g.copy()
    assert adagrad_rows(x, g, G, rows, 0.3) is None
    assert np.array_equal(x, whole_x)
    assert np.array_equal(G, whole_G)
    assert np.array_equal(rows, given_rows)
    assert np.array_equal(g, given_g)


def test_a_repeated_row_counts_once_with_the_sum():
    """By hand: 1 + 1 = 2, squared 4, so that the step is 2/√4 = 1 times η."""
    x, G = np.zeros((6, 1)), np.zeros((6, 1))
    adagrad_rows(x, np.ones((3, 1)), G, np.array([2, 5, 2]), lr=0.5, eps=0.0)
    assert G.ravel().tolist() == [0, 0, 4, 0, 0, 1]
    assert x.ravel().tolist() == [0, 0, -0.5, 0, 0, -0.5]


def test_rows_that_cancel_do_not_move():
    x, G = np.ones((3, 1)), np.zeros((3, 1))
    adagrad_rows(x, np.array([[1.0], [-1.0]]), G, np.array([1, 1]), lr=0.5, eps=0.0)
    assert x.ravel().tolist() == [1, 1, 1]
    assert not G.any()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_coalesce(rows):
    rows = np.array(rows)
    g = np.arange(2.0 * len(rows)).reshape(-1, 2)
    once, total = coalesce(rows, g)
    assert once.tolist() == sorted(set(rows.tolist()))
    assert np.array_equal(dense((10, 2), once, total), dense((10, 2), rows, g))


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64])
def test_rows_of_any_whole_number_type(kind):
    x, g, G = arrays((300, 2))
    whole_x, whole_G = x.copy(), G.copy()
    rows = np.array([255, 0, 7], kind)
    adagrad_rows(x, g[:3], G, rows)
    adagrad_in_place(whole_x, dense(x.shape, rows, g[:3]), whole_G)
    assert np.array_equal(x, whole_x)


# --- memory -------------------------------------------------------------------------------------


def new_memory(step):
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_no_step_asks_for_much_memory():
    x, g, G = arrays(500_000)
    scratch = np.empty_like(x)
    assert new_memory(lambda: adagrad_in_place(x, g, G, scratch=scratch)) < 10_000
    assert new_memory(lambda: adagrad_in_blocks(x, g, G)) < 300_000
    table, slots = x.reshape(-1, 5), G.reshape(-1, 5)
    few = np.arange(64)
    assert new_memory(lambda: adagrad_rows(table, g.reshape(-1, 5)[:64], slots, few)) < 50_000


# --- refusals -----------------------------------------------------------------------------------


def read_only(array):
    array.flags.writeable = False
    return array


ONES = np.ones(4)
BAD_DENSE = {
    "list": (dict(x=[1.0, 2.0]), "x must be a float array.*got \\[1.0, 2.0\\]"),
    "whole numbers": (dict(x=np.ones(4, int)), "x must be a float array.*got int"),
    "shape of g": (dict(g=np.ones(3)), r"g must have the shape .* \(4,\) float64; got \(3,\)"),
    "g would broadcast": (dict(g=np.ones(1)), r"g must have the shape"),
    "dtype of g": (dict(g=np.ones(4, np.float32)), "g must have the .*got .* float32"),
    "shape of G": (dict(G=np.ones((4, 1))), r"G must have the shape .*got \(4, 1\)"),
    "G no array": (dict(G=0.0), "G must be an array like x; got 0.0"),
    "read-only x": (dict(x=read_only(np.ones(4))), "x must be writeable"),
    "read-only G": (dict(G=read_only(np.ones(4))), "G must be writeable"),
    "negative lr": (dict(lr=-1.0), "lr must be a finite number ≥ 0; got -1.0"),
    "NaN lr": (dict(lr=np.nan), "lr must be a finite number"),
    "lr array": (dict(lr=ONES), "lr must be a finite number"),
    "negative eps": (dict(eps=-1e-9), "eps must be a finite number ≥ 0; got -1e-09"),
}


@pytest.mark.parametrize("step", DENSE)
@pytest.mark.parametrize("case", BAD_DENSE)
def test_dense_forms_refuse(step, case):
    changes, words = BAD_DENSE[case]
    arguments = dict(x=np.ones(4), g=np.ones(4), G=np.ones(4)) | changes
    with pytest.raises(ValueError, match=words):
        step(**arguments)


def test_read_only_gradient_is_welcome():
    x, G = np.ones(4), np.ones(4)
    for step in DENSE:
        step(x, read_only(np.ones(4)), G)


@pytest.mark.parametrize("name", ["x", "g", "G"])
def test_blocks_refuse_arrays_that_are_not_contiguous(name):
    arguments = dict.fromkeys("xgG", ONES) | {name: np.ones(8)[::2]}
    with pytest.raises(ValueError, match=f"{name} must be C-contiguous; got strides"):
        adagrad_in_blocks(**arguments)


@pytest.mark.parametrize("block", [0, -1, 2.5, True])
def test_blocks_refuse_a_bad_block(block):
    with pytest.raises(ValueError, match="block must be a whole number ≥ 1; got"):
        adagrad_in_blocks(ONES.copy(), ONES, ONES.copy(), block=block)


def test_in_place_works_on_views():
    x, g, G = arrays(8)
    wanted = readable(x[::2], g[::2], G[::2], 0.01, 1e-10)[0]
    others = x[1::2].copy()
    adagrad_in_place(x[::2], g[::2], G[::2])
    assert np.array_equal(x[::2], wanted)
    assert np.array_equal(x[1::2], others)


BAD_ROWS = {
    "no table": (dict(x=np.ones(5), G=np.ones(5)), r"x must be a table .* got shape \(5,\)"),
    "too large": (dict(rows=np.array([0, 5])), "rows must lie between 0 and 4; got 5"),
    "negative": (dict(rows=np.array([-1, 0])), "rows must lie between 0 and 4; got -1"),
    "fractions": (dict(rows=np.array([0.0, 1.0])), "rows must be whole numbers .*got float64"),
    "mask": (dict(rows=np.array([True, False])), "rows must be whole numbers .*got bool"),
    "rows of two axes": (dict(rows=np.zeros((2, 1), int)), r"rows must be .* got int\d+ of shape"),
    "too few gradients": (dict(rows=np.zeros(3, int)), r"g must be .* shape \(3, 2\); got"),
    "wrong width": (dict(g=np.ones((2, 3))), r"g must be .*\(2, 2\); got float64 of shape \(2, 3"),
    "wrong dtype": (dict(g=np.ones((2, 2), int)), "g must be a float64 array .*got int"),
    "shape of G": (dict(G=np.ones((5, 1))), "G must have the shape and dtype of x"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_rows_refuse(case):
    changes, words = BAD_ROWS[case]
    good = dict(x=np.ones((5, 2)), g=np.ones((2, 2)), G=np.ones((5, 2)), rows=np.array([0, 1]))
    arguments = good | changes
    before = arguments["x"].copy()
    with pytest.raises(ValueError, match=words):
        adagrad_rows(**arguments)
    assert np.array_equal(arguments["x"], before), "a refused step changes nothing"
