"""The exercises of lesson 06."""

import numpy as np

from .checking import Mistake, exercise


def _p(s):
    return 1 / (1 + np.exp(-s))


def _gradient(w, b, z, y, error):
    return error(w @ z + b, y) * z, error(w @ z + b, y)


exercise(
    "06.gradient",
    solution=lambda w, b, z, y: _gradient(w, b, z, y, lambda s, y: _p(s) - y),
    cases=[
        (np.array([0.5, -1.0, 0.25]), 0.3, np.array([1.0, 0.0, 2.0]), 1),
        (np.array([0.1, 0.7, -0.4]), -0.2, np.array([0.0, 1.0, 1.0]), 0),
    ],
    mistakes=[
        Mistake(
            lambda w, b, z, y: _gradient(w, b, z, y, lambda s, y: y - _p(s)),
            "Both signs are turned round: this is the direction in which the loss falls. Its "
            "gradient is asked for.",
        ),
        Mistake(
            lambda w, b, z, y: ((_p(w @ z + b) - y) * z, ((_p(w @ z + b) - y) * z).sum()),
            "The bias has got the features of the document as well. Of which feature is it the "
            "weight, and what value does that feature have?",
        ),
        Mistake(
            lambda w, b, z, y: ((_p(w @ z) - y) * z, _p(w @ z) - y),
            "The probability was computed without the bias.",
        ),
        Mistake(
            lambda w, b, z, y: _gradient(w, b, z, y, lambda s, y: _p(s) - (2 * y - 1)),
            "The label went in as −1 or 1. In this formula it is compared with a probability.",
        ),
        Mistake(
            lambda w, b, z, y: _gradient(
                w, b, z, y, lambda s, y: (_p(s) - y) * _p(s) * (1 - _p(s))
            ),
            "There is a factor p(1 − p) too many: it belongs to a squared error. With the "
            "logarithm it cancels.",
        ),
        Mistake(
            lambda w, b, z, y: _gradient(w, b, z, y, lambda s, y: s - y),
            "You compared the score w·z + b with the label. Which function makes a probability of "
            "it?",
        ),
        Mistake(
            lambda w, b, z, y: (np.full(z.shape, _p(w @ z + b) - y), _p(w @ z + b) - y),
            "Every weight has got the same gradient, those of absent words too. How does the score "
            "change with a weight?",
        ),
        Mistake(
            lambda w, b, z, y: _gradient(w, b, z, y, lambda s, y: _p(s)),
            "Where is the label? A document that was predicted perfectly should have no gradient.",
        ),
        Mistake(
            lambda w, b, z, y: ((_p(w @ z + b) - y) * w, _p(w @ z + b) - y),
            "You multiplied by the weights. How does w·z change with a weight?",
        ),
    ],
    look="section 1, the formula of the gradient; the bias is the weight of a constant feature",
)


def _rate(squares):
    return lambda history, lr: lr / np.sqrt(squares(np.asarray(history)))


exercise(
    "06.rates",
    solution=_rate(lambda h: (h**2).sum(axis=0)),
    cases=[
        (np.array([[0.5, 0.0, -2.0], [0.5, 0.0, 0.0], [-0.4, 0.3, 1.0], [0.1, 0.0, 0.5]]), 0.1),
        (np.array([[0.0, -0.2], [1.5, -0.25], [-0.3, 0.0]]), 0.5),
    ],
    mistakes=[
        Mistake(
            _rate(lambda h: (h != 0).sum(axis=0)),
            "You counted in how many steps each word occurred. AdaGrad does not count: a large "
            "gradient weighs more than a small one.",
        ),
        Mistake(
            _rate(lambda h: np.full(h.shape[1], len(h))),
            "You counted the steps, so that every word has the same rate.",
        ),
        Mistake(
            _rate(lambda h: h.sum(axis=0) ** 2),
            "The gradients were added up before they were squared, so those of opposite sign "
            "cancelled. Which comes first, step after step?",
        ),
        Mistake(
            _rate(lambda h: (h**2).mean(axis=0)),
            "A mean does not grow, and the rate would never fall. G is a sum.",
        ),
        Mistake(
            _rate(lambda h: (h**2).sum(axis=1)),
            "You summed over the words, within each step. Each word has a sum of its own.",
        ),
        Mistake(
            _rate(lambda h: (h**2).sum()),
            "One sum for all words makes one rate for all words.",
        ),
        Mistake(
            lambda h, lr: lr / (h**2).sum(axis=0),
            "You divided by G itself. A root is missing.",
        ),
        Mistake(
            lambda h, lr: lr / np.abs(h).sum(axis=0),
            "You summed the sizes. G sums squares, and takes the root in the end.",
        ),
        Mistake(
            lambda h, lr: np.sqrt((h**2).sum(axis=0)),
            "This is √G. What does η do with it?",
        ),
        Mistake(
            lambda h, lr: lr * np.sqrt((h**2).sum(axis=0)),
            "You multiplied by √G: words with large gradients would get greater rates.",
        ),
        Mistake(
            lambda h, lr: lr / np.sqrt(np.cumsum(h**2, axis=0) + (np.cumsum(h**2, axis=0) == 0)),
            "These are the rates after each step. Asked for are those after the last one.",
        ),
    ],
    look="section 3: what G sums, and for whom",
)


exercise(
    "06.pause",
    solution=lambda v, g, k, rho: rho ** (k + 1) * v + (1 - rho) * g**2,
    cases=[(2.0, 0.5, 3, 0.9), (np.array([0.4, 3.0]), np.array([-1.0, 0.2]), 7, 0.8)],
    mistakes=[
        Mistake(
            lambda v, g, k, rho: rho * v + (1 - rho) * g**2,
            "This is what a lazy update does: it acts as if the word had never been away.",
        ),
        Mistake(
            lambda v, g, k, rho: rho**k * v + (1 - rho) * g**2,
            "The pause is right. And what does the rule do to the old v in the step of the return?",
        ),
        Mistake(
            lambda v, g, k, rho: rho ** (k + 1) * (v + (1 - rho) * g**2),
            "The new square has faded as well. It is only just entering.",
        ),
        Mistake(
            lambda v, g, k, rho: rho * v * k + (1 - rho) * g**2,
            "Fading is repeated multiplication, not multiplication by the number of steps.",
        ),
        Mistake(
            lambda v, g, k, rho: rho ** (k + 1) * v + (1 - rho ** (k + 1)) * g**2,
            "The new square has got the weight of the whole pause. In those steps the gradient was "
            "0.",
        ),
        Mistake(
            lambda v, g, k, rho: rho ** (k + 1) * v + g**2,
            "The new square enters with a weight. Which one?",
        ),
        Mistake(
            lambda v, g, k, rho: rho ** (k + 1) * v + (1 - rho) * g,
            "You averaged g, not its square.",
        ),
        Mistake(
            lambda v, g, k, rho: (1 - rho) ** (k + 1) * v + rho * g**2,
            "The two weights are swapped: which of them belongs to the old v?",
        ),
        Mistake(
            lambda v, g, k, rho: rho ** (k + 1) * v,
            "The gradient of the return is missing.",
        ),
        Mistake(
            lambda v, g, k, rho: v + g**2,
            "This is AdaGrad's sum, which no pause changes. RMSprop forgets.",
        ),
    ],
    look="section 8, its first paragraph, and RMSprop's rule in the exercise",
)


_ROOT = np.sqrt(2)


def _bound(D, total, rate=lambda D: D / _ROOT, factor=_ROOT):
    return lambda history, B: (rate(D(B)), factor * D(B) * total(history))


def _sides(history):
    return np.sqrt((history**2).sum(axis=0)).sum()


exercise(
    "06.bound",
    solution=_bound(lambda B: 2 * B, _sides),
    cases=[
        (np.array([[0.5, 0.0, -2.0], [0.5, 0.0, 0.0], [-0.4, 0.3, 1.0]]), 1.5),
        (np.array([[0.0, -0.2], [1.5, -0.25], [-0.3, 0.0]]), 0.6),
    ],
    mistakes=[
        Mistake(
            _bound(lambda B: B, _sides),
            "You took B for the diameter. How far apart can two points of [−B, B] be?",
        ),
        Mistake(
            _bound(lambda B: 2 * B, lambda h: np.sqrt((h**2).sum())),
            "The root was taken of the sum over all coordinates. AdaGrad's bound has a root for "
            "each coordinate, and adds the roots up.",
        ),
        Mistake(
            _bound(lambda B: 2 * B, lambda h: (h**2).sum()),
            "Without the root, the bound grows as fast as the number of rounds, and promises "
            "nothing.",
        ),
        Mistake(
            _bound(lambda B: 2 * B, lambda h: np.sqrt((h**2).sum(axis=1)).sum()),
            "You took the length of each round's gradient. The bound takes that of each "
            "coordinate's history.",
        ),
        Mistake(
            _bound(lambda B: 2 * B, _sides, factor=1.0),
            "The rate is right. What stands in the bound before the sum, beside D∞?",
        ),
        Mistake(
            _bound(lambda B: 2 * B, _sides, rate=lambda D: D),
            "The bound is right; the rate that belongs to it is smaller than D∞.",
        ),
        Mistake(
            _bound(lambda B: 2 * B, lambda h: np.abs(h).sum()),
            "You summed the sizes of all gradients, without a square or a root.",
        ),
        Mistake(
            lambda history, B: (
                2 * B / np.sqrt(2),
                np.sqrt(2) * 2 * B * _sides(history) / len(history),
            ),
            "Regret is summed over the rounds, and its bound with it: do not divide by their "
            "number.",
        ),
        Mistake(
            _bound(lambda B: 2 * B, lambda h: np.abs(h.sum(axis=0)).sum()),
            "Gradients of opposite sign cancelled. Each is squared before it is added up.",
        ),
        Mistake(
            lambda history, B: (
                2 * B * np.sqrt(history.shape[1] / 2),
                np.sqrt(2 * history.shape[1]) * 2 * B * _sides(history),
            ),
            "You took the diagonal of the whole box. D∞ is the largest distance in one coordinate.",
        ),
        Mistake(
            lambda history, B: (_ROOT * 2 * B * _sides(history), 2 * B / _ROOT),
            "These two numbers stand in the other order: the rate comes first.",
        ),
        Mistake(
            lambda history, B: (
                B * np.sqrt(history.shape[1]) / np.sqrt((history**2).sum()),
                B * np.sqrt(history.shape[1]) * np.sqrt((history**2).sum()),
            ),
            "These are the rate and the bound of SGD. AdaGrad's rate needs no gradients.",
        ),
    ],
    look="section 5, the formula of AdaGrad's bound",
)


def _centre(rate, first=1, towards=1):
    def centre(c, points):
        for n, x in enumerate(points, start=first):
            c = c - towards * (c - x) * rate(n, len(points))
        return c

    return centre


exercise(
    "06.centre",
    solution=_centre(lambda n, k: 1 / n),
    cases=[
        (np.array([5.0, -3.0]), np.array([[1.0, 2.0], [4.0, 0.5], [-1.0, 1.0]])),
        (np.array([0.0]), np.array([[2.0], [3.0], [7.0], [-4.0]])),
    ],
    mistakes=[
        Mistake(
            _centre(lambda n, k: 1 / n, first=2),
            "The start went into the mean as if it were a point: the count runs one ahead. With "
            "which rate does the first point arrive?",
        ),
        Mistake(
            _centre(lambda n, k: 1 / np.sqrt(n)),
            "1/√n is how AdaGrad's rate falls when gradients keep their size. This one counts.",
        ),
        Mistake(
            _centre(lambda n, k: 1 / k),
            "You divided by the number of all the points. At the n-th point, the centre knows "
            "only n.",
        ),
        Mistake(
            _centre(lambda n, k: 1.0),
            "The centre jumps upon each point. Its rate is to fall.",
        ),
        Mistake(
            _centre(lambda n, k: 1 / n, towards=-1),
            "The centre runs away from its points: look at the sign of c − x.",
        ),
        Mistake(
            lambda c, points: c - sum((c - x) / n for n, x in enumerate(points, start=1)),
            "All differences were taken from the start. The centre moves after each point.",
        ),
        Mistake(
            lambda c, points: points[0] + 0 * c,
            "The centre has received the first point only: does your loop end too early?",
        ),
        Mistake(
            lambda c, points: points.mean(),
            "This is one number: the mean over points and coordinates alike.",
        ),
    ],
    look="section 9, the rate of mini-batch k-means",
)
