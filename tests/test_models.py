"""The models: gradients against finite differences, shapes, and what they refuse."""

import numpy as np
import pytest

from lessons_lib.datasets import diabetes, digits
from lessons_lib.models import MLP

RNG = np.random.default_rng(0)
X, LABELS, TARGETS = RNG.standard_normal((7, 5)), RNG.integers(0, 3, 7), RNG.standard_normal((7, 3))

# Each model with a batch for it.
CASES = {
    "softmax": (MLP((5, 4, 3)), (X, LABELS)),
    "two hidden layers": (MLP((5, 4, 6, 3)), (X, LABELS)),
    "relu": (MLP((5, 4, 3), activation="relu"), (X, LABELS)),
    "linear": (MLP((5, 3)), (X, LABELS)),
    "squares": (MLP((5, 4, 3), loss="squares"), (X, TARGETS)),
}


def finite_differences(model, theta, batch, h=1e-5):
    """Central differences of the loss along each parameter; theta has shape (P,)."""
    both = theta + h * np.concatenate([np.eye(theta.size), -np.eye(theta.size)])
    up, down = np.split(model.loss_and_grad(both, batch)[0], 2)  # all of them are "runs"
    return (up - down) / (2 * h)


@pytest.mark.parametrize("case", CASES)
def test_gradient(case):
    model, batch = CASES[case]
    theta = model.init([3])[0] + 0.1 * RNG.standard_normal(model.size)  # biases that are not 0
    _, grad = model.loss_and_grad(theta, batch)
    difference = grad - finite_differences(model, theta, batch)
    assert np.abs(difference).max() < 1e-6 * max(1, np.abs(grad).max())


@pytest.mark.parametrize("case", CASES)
def test_a_batch_of_runs_is_each_run(case):
    """Leading axes of θ and of the batch are runs, which do not touch each other."""
    model, batch = CASES[case]
    theta = model.init(np.arange(6).reshape(2, 3))
    batches = tuple(np.stack([np.roll(a, s, axis=0)[:4] for s in range(3)]) for a in batch)
    loss, grad = model.loss_and_grad(theta, batches)
    assert loss.shape == (2, 3) and grad.shape == theta.shape
    for o in range(2):
        for s in range(3):
            one, g = model.loss_and_grad(theta[o, s], tuple(a[s] for a in batches))
            np.testing.assert_allclose(loss[o, s], one, rtol=1e-12)
            np.testing.assert_allclose(grad[o, s], g, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_parameters_are_flat(case):
    model, _ = CASES[case]
    theta = model.init([[1, 2]])
    assert theta.shape == (1, 2, model.size)
    np.testing.assert_array_equal(model.join(model.split(theta)), theta)
    np.testing.assert_array_equal(model.init(2), theta[0, 1])
    assert not np.array_equal(theta[0, 0], theta[0, 1])


def test_initial_weights_keep_the_scale():
    part = MLP((400, 300, 10)).split(MLP((400, 300, 10)).init(0))
    assert part["W1"].std() == pytest.approx(1 / 20, rel=0.05)
    assert not part["b1"].any()


def test_softmax_of_huge_scores_is_finite():
    model = MLP((2, 3))
    loss, grad = model.loss_and_grad(np.full(9, 1e3), (np.ones((1, 2)), np.array([0])))
    assert loss == pytest.approx(np.log(3)) and np.isfinite(grad).all()


def test_predict():
    model = MLP((2, 2))
    theta = model.join({"W1": np.eye(2), "b1": np.zeros(2)})
    assert model.predict(theta, np.array([[3.0, 1.0], [0.0, 1.0]])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MLP((5,)), "sizes must be at least (inputs, outputs); got (5,)"),
        (lambda: MLP((5, 0, 3)), "each of sizes must be a whole number ≥ 1; got 0"),
        (lambda: MLP((5, 3), loss="hinge"), "unknown loss 'hinge'"),
        (lambda: MLP((5, 3), activation="tanhh"), "did you mean 'tanh'?"),
        (lambda: MLP((5, 3)).init([]), "seeds must be whole numbers ≥ 0"),
        (lambda: MLP((5, 3)).init([-1]), "seeds must be whole numbers ≥ 0"),
        (lambda: MLP((5, 3)).split(np.zeros(17)), "theta must have the shape (..., 18); got (17,)"),
    ],
)
def test_bad_arguments(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert words in str(error.value)


NAN = X.copy()
NAN[2, 1] = np.nan


@pytest.mark.parametrize(
    ("loss", "data", "words"),
    [
        ("softmax", (X[:0], LABELS[:0]), "X must have at least one row"),
        ("softmax", (X[:, :4], LABELS), "X must be numbers of shape (n, 5); got float64 of shape"),
        ("softmax", (X.astype(str), LABELS), "X must be numbers of shape (n, 5); got <U"),
        ("softmax", (NAN, LABELS), "X must be finite; X[2, 1] is nan"),
        ("softmax", (X, LABELS[:6]), "y must be 7 whole numbers, one for each row of X"),
        ("softmax", (X, LABELS * 1.0), "y must be 7 whole numbers"),
        ("softmax", (X, np.full(7, 3)), "y must be labels in 0 … 2; y[0] is 3"),
        ("softmax", (X, np.array([0, 0, -1, 0, 0, 0, 0])), "y[2] is -1"),
        ("squares", (X, TARGETS[:, 0]), "y must have the shape (7, 3); got (7,)"),
        ("squares", (X, TARGETS * np.nan), "y must be finite; row 0 is not"),
    ],
)
def test_bad_data(loss, data, words):
    with pytest.raises(ValueError) as error:
        MLP((5, 4, 3), loss=loss).check(data)
    assert words in str(error.value)


def test_digits():
    (X, y), (Xt, yt) = digits()
    assert X.shape == (1438, 64) and Xt.shape == (359, 64) and set(y) == set(yt) == set(range(10))
    assert X.mean() == pytest.approx(0) and X.std() == pytest.approx(1)
    again, other = digits(seed=0), digits(seed=1)
    np.testing.assert_array_equal(again.test[0], Xt)
    assert not np.array_equal(other.test[1], yt)


def test_diabetes():
    (X, y), (Xt, yt) = diabetes()
    assert X.shape == (354, 10) and y.shape == (354, 1) and len(Xt) == len(yt) == 88
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose([*X.std(axis=0), y.std()], 1)


@pytest.mark.parametrize("load", [digits, diabetes])
def test_bad_split(load):
    with pytest.raises(ValueError, match="seed must be a whole number ≥ 0; got -1"):
        load(seed=-1)
