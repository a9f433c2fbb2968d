"""The models: gradients against finite differences, shapes, and what they refuse."""

import numpy as np
import pytest

from lessons_lib.datasets import diabetes, digits
from lessons_lib.models import CNN, GAN, MLP, GridWorld, Recurrent

RNG = np.random.default_rng(0)
X, LABELS, TARGETS = RNG.standard_normal((7, 5)), RNG.integers(0, 3, 7), RNG.standard_normal((7, 3))

# Each model with a batch for it.
CASES = {
    "softmax": (MLP((5, 4, 3)), (X, LABELS)),
    "two hidden layers": (MLP((5, 4, 6, 3)), (X, LABELS)),
    "relu": (MLP((5, 4, 3), activation="relu"), (X, LABELS)),
    "linear": (MLP((5, 3)), (X, LABELS)),
    "squares": (MLP((5, 4, 3), loss="squares"), (X, TARGETS)),
    "cnn": (CNN(6, 3, 4), (RNG.standard_normal((7, 36)), RNG.integers(0, 4, 7))),
    "recurrent": (Recurrent(5, 6), (RNG.integers(0, 5, (7, 9)),)),
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


def test_gradients_of_both_players():
    """Each player's part of the gradient is that of its own loss."""
    gan = GAN(pixels=6, classes=3, noise=2, hidden=5)
    batch = RNG.standard_normal((4, 6)), RNG.integers(0, 3, 4), RNG.standard_normal((4, 2))
    theta, h, k = gan.init(0) + 0.1 * RNG.standard_normal(gan.size), 1e-5, gan.generator_size
    critic, generator, grad = gan.losses_and_grad(theta, batch)
    both = theta + h * np.concatenate([np.eye(gan.size), -np.eye(gan.size)])
    for part, loss in ((slice(k), 1), (slice(k, None), 0)):
        up, down = np.split(gan.losses_and_grad(both, batch)[loss], 2)
        assert np.abs(grad - (up - down) / (2 * h))[part].max() < 1e-6
    assert gan.loss_and_grad(theta, batch)[0] == critic != generator


WORLD = GridWorld()
THETA = 0.5 * RNG.standard_normal(WORLD.size)


def test_score_of_a_policy():
    """∇ Σ weight · log π of moves that are given."""
    cells, moves, returns = WORLD.play(THETA, RNG.random((6, WORLD.horizon)))
    live, h = ~np.isin(cells, (WORLD.goal, WORLD.pit)), 1e-5
    both = THETA + h * np.concatenate([np.eye(WORLD.size), -np.eye(WORLD.size)])
    logs = np.log(WORLD.chances(both))[:, cells, moves]
    up, down = np.split((logs * live * returns).sum(axis=(1, 2)), 2)
    score = WORLD.score(THETA, cells, moves, returns)
    np.testing.assert_allclose(score, (up - down) / (2 * h), atol=1e-6)


def test_reinforce_is_the_gradient_on_average():
    """Minus the exact gradient of the expected return, up to four standard errors."""
    h = 1e-5
    both = THETA + h * np.concatenate([np.eye(WORLD.size), -np.eye(WORLD.size)])
    up, down = np.split(WORLD.value(both), 2)
    many = np.broadcast_to(THETA, (100, WORLD.size))
    loss, grad = WORLD.loss_and_grad(many, (RNG.random((100, 400, WORLD.horizon)),))
    error = loss.std() / 10, grad.std(axis=0) / 10 + 1e-9
    assert abs(loss.mean() + WORLD.value(THETA)) < 4 * error[0]
    assert np.all(abs(grad.mean(axis=0) + (up - down) / (2 * h)) < 4 * error[1])


def test_world():
    """The best policy walks 8 steps around the pit."""
    scores = np.zeros((5, 5, 4))
    scores[:, :4, 1] = scores[:, 4, 2] = 50.0  # right, and down along the right wall
    assert WORLD.value(scores.ravel()) == pytest.approx(0.95**7)
    straight = np.zeros((5, 5, 4))
    straight[0, :2, 1] = straight[:, 2, 2] = 50.0  # right twice, then down into the pit
    assert WORLD.value(straight.ravel()) == pytest.approx(-(0.95**3))
    cells, _, returns = WORLD.play(scores.ravel(), RNG.random((3, 24)))
    assert cells[8].tolist() == [24] * 3 and returns == pytest.approx(0.95**7)


def test_runs_of_a_policy():
    theta = THETA * np.arange(1, 7).reshape(2, 3, 1)
    u = RNG.random((3, 5, WORLD.horizon))
    loss, grad = WORLD.loss_and_grad(theta, (u,))
    one, g = WORLD.loss_and_grad(theta[1, 2], (u[2],))
    np.testing.assert_allclose(loss[1, 2], one)
    np.testing.assert_allclose(grad[1, 2], g, atol=1e-12)


def test_writing_follows_the_network():
    """A network that knows only "the next letter of the alphabet" writes the alphabet."""
    net = Recurrent(5, 5)
    parts = {"Wx": 9 * np.eye(5), "Wh": np.zeros((5, 5)), "b": np.zeros(5)}
    parts |= {"Wo": 99 * np.roll(np.eye(5), 1, axis=1), "c": np.zeros(5)}
    assert net.write(net.join(parts), first=3, length=6).tolist() == [4, 0, 1, 2, 3, 4]
    two = net.write(net.init([1, 2]), first=0, length=20, seed=3)
    np.testing.assert_array_equal(two[1], net.write(net.init(2), first=0, length=20, seed=3))


def test_generate():
    gan = GAN(pixels=6, classes=3, noise=2, hidden=5)
    forged = gan.generate(gan.init([1, 2]), np.array([0, 1, 2, 0]), np.ones((4, 2)))
    assert forged.shape == (2, 4, 6)
    np.testing.assert_allclose(forged[:, 0], forged[:, 3])
    assert not np.allclose(forged[:, 0], forged[:, 1]), "the label is heard"


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


GANS, TEXT = GAN(pixels=5, classes=3, noise=2, hidden=4), Recurrent(4, 3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CNN(side=7), "side must be even; got 7"),
        (lambda: CNN(filters=0), "filters must be a whole number ≥ 1; got 0"),
        (lambda: CNN().check((X, LABELS)), "X must be numbers of shape (n, 64)"),
        (lambda: Recurrent(0), "characters must be a whole number ≥ 1; got 0"),
        (lambda: TEXT.check((np.zeros((0, 5), int),)), "one array of whole numbers"),
        (lambda: TEXT.check((np.zeros((3, 1), int),)), "and with length ≥ 2"),
        (lambda: TEXT.check((np.zeros((3, 5)),)), "got float64 of shape (3, 5)"),
        (lambda: TEXT.check((np.full((3, 5), 4),)), "characters must be in 0 … 3; got 4 … 4"),
        (lambda: TEXT.write(TEXT.init(0), 0, 0), "length must be a whole number ≥ 1; got 0"),
        (lambda: TEXT.write(TEXT.init(0), 0, 1, temperature=0), "temperature must be"),
        (lambda: GAN(hidden=0), "hidden must be a whole number ≥ 1; got 0"),
        (lambda: GANS.draw(X, LABELS + 1), "y must be labels in 0 … 2"),
        (lambda: GANS.draw(NAN, LABELS), "X must be finite"),
        (lambda: GANS.check((X, LABELS, np.zeros((7, 3)))), "z must have the shape (7, 2)"),
        (lambda: GridWorld(side=2), "side must be a whole number ≥ 3; got 2"),
        (lambda: GridWorld(discount=0), "discount must be in (0, 1]; got 0"),
        (lambda: WORLD.check((np.zeros((3, 5)),)), "(episodes, 24); got (3, 5)"),
    ],
)
def test_bad_input_of_the_others(make, words):
    with pytest.raises(ValueError) as error:
        make()
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
