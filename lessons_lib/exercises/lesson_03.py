"""The exercises of lesson 03."""

import numpy as np

from .checking import Mistake, exercise


def _steps(x, G, change):
    """An answer to 03.adagrad_step: x plus a change that depends on the new G."""
    return x + change(G), G


_STEPS = [
    (np.array([1.0, -2.0]), np.array([3.0, -0.5]), np.array([16.0, 0.75]), 0.5, 0.01),
    (np.array([0.3]), np.array([0.2]), np.array([0.0]), 0.1, 0.05),
]

exercise(
    "03.adagrad_step",
    solution=lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / (np.sqrt(G) + eps) * g),
    cases=_STEPS,
    mistakes=[
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g, lambda G: -lr / (np.sqrt(G) + eps) * g),
            "You accumulated g, not its square. Gradients of opposite sign then cancel, and G can "
            "even become negative.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: (x - lr / (np.sqrt(G) + eps) * g, G + g * g),
            "x moved with the old G. The gradient of a step is added to G before the step is made.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / np.sqrt(G + eps) * g),
            "ε is inside the root here. This exercise wants it outside, as the paper and torch "
            "have it.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / (G + eps) * g),
            "You divided by the area G. Which length belongs to that area?",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: +lr / (np.sqrt(G) + eps) * g),
            "This walks uphill: look at the sign of the step.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / (np.sqrt(G) + eps)),
            "The rate is right, but the step is rate times gradient: where is g?",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / np.sqrt(G) * g),
            "The form is right, but ε is left out. It is small, and in these cases it is seen.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, g * g, lambda G: -lr / (np.sqrt(G) + eps) * g),
            "The new G is this step's square alone: what had been accumulated before is forgotten.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / (np.sqrt(G) + eps) * g)[
                ::-1
            ],
            "Both arrays are right, in the wrong order: first x, then G.",
        ),
    ],
    look="section 1, the five lines",
)


def _sizes(G):
    return np.sqrt(np.diff(G, prepend=0.0))


exercise(
    "03.three_steps",
    solution=lambda G, x, lr: (_sizes(G), x - (lr * _sizes(G) / np.sqrt(G)).sum()),
    cases=[
        (np.array([4.0, 12.0, 16.0]), 1.0, 0.1),
        (np.array([9.0, 25.0, 26.0]), -0.5, 2.0),
    ],
    mistakes=[
        Mistake(
            lambda G, x, lr: (np.sqrt(G), x - 3 * lr),
            "√G is the side of the whole square, of all gradients so far. One step adds only its "
            "own gradient's square: by how much did G grow?",
        ),
        Mistake(
            lambda G, x, lr: (
                np.diff(G, prepend=0.0),
                x - (lr * np.diff(G, prepend=0.0) / np.sqrt(G)).sum(),
            ),
            "What G grows by is the *square* of the gradient.",
        ),
        Mistake(
            lambda G, x, lr: (
                np.sqrt(np.diff(G)),
                x - (lr * np.sqrt(np.diff(G)) / np.sqrt(G[1:])).sum(),
            ),
            "The first step is missing: before it, G was 0, so the first gradient can be read off "
            "G₁ alone.",
        ),
        Mistake(
            lambda G, x, lr: (_sizes(G), x - 3 * lr),
            "The sizes are right. x moves by a whole η only where G is the present square alone; "
            "from the second step on, G holds the earlier squares too.",
        ),
        Mistake(
            lambda G, x, lr: (_sizes(G), x - (lr * _sizes(G)).sum()),
            "The sizes are right. These are steps of gradient descent: what divides the rate?",
        ),
        Mistake(
            lambda G, x, lr: (_sizes(G), x - (lr * _sizes(G) / G).sum()),
            "The sizes are right. The rate is divided by the side of the square, not by its area.",
        ),
        Mistake(
            lambda G, x, lr: (_sizes(G), x + (lr * _sizes(G) / np.sqrt(G)).sum()),
            "The sizes are right. For positive gradients x goes down.",
        ),
        Mistake(
            lambda G, x, lr: (_sizes(G), x - lr * _sizes(G)[-1] / np.sqrt(G[-1])),
            "The sizes are right. This x has made the last of the three steps only.",
        ),
        Mistake(
            lambda G, x, lr: (_sizes(G), x - lr * _sizes(G).sum() / np.sqrt(G[-1])),
            "The sizes are right. Each step has its own G: the first two were made before the "
            "last gradient was known.",
        ),
    ],
    look="section 1: run the two updates backwards",
)


def _residual(theta, x, y):
    return y - theta[0] - theta[1] * x


_DATA = [
    (
        np.array([0.5, 2.0]),
        np.array([1.0, 2.0, 4.0, -1.0]),
        np.array([3.0, 3.0, 9.5, -2.5]),
    ),
    (np.array([0.0, -1.0]), np.array([0.5, -2.0]), np.array([1.0, 1.0])),
]

exercise(
    "03.gradient",
    solution=lambda theta, x, y: np.array(
        [-_residual(theta, x, y).sum(), -(_residual(theta, x, y) * x).sum()]
    ),
    cases=_DATA,
    mistakes=[
        Mistake(
            lambda theta, x, y: -2 * _residual(theta, x, y).sum() * np.ones(2),
            "This is the gradient that was published. Differentiate with the chain rule: what does "
            "the 2 of the square meet in front of the sum, and what is the derivative of θ₁x?",
        ),
        Mistake(
            lambda theta, x, y: -_residual(theta, x, y).sum() * np.ones(2),
            "The first entry is right. The inner derivative with respect to θ₁ is not that with "
            "respect to θ₀: what stands beside θ₁ in the loss?",
        ),
        Mistake(
            lambda theta, x, y: (
                -2 * np.array([_residual(theta, x, y).sum(), (_residual(theta, x, y) * x).sum()])
            ),
            "Twice too large: the loss has a ½, which meets the 2 of the square.",
        ),
        Mistake(
            lambda theta, x, y: np.array(
                [_residual(theta, x, y).sum(), (_residual(theta, x, y) * x).sum()]
            ),
            "The sign is wrong: θ₀ and θ₁x stand in the residual with a minus.",
        ),
        Mistake(
            lambda theta, x, y: (
                -np.array([_residual(theta, x, y).mean(), (_residual(theta, x, y) * x).mean()])
            ),
            "This is the gradient of the mean. The loss is a sum.",
        ),
        Mistake(
            lambda theta, x, y: (
                -np.array([(_residual(theta, x, y) * x).sum(), _residual(theta, x, y).sum()])
            ),
            "Both entries are there, in the wrong order: θ₀'s comes first.",
        ),
        Mistake(
            lambda theta, x, y: -np.stack([_residual(theta, x, y), _residual(theta, x, y) * x]),
            "These are the gradients of the single examples. The loss is their sum.",
        ),
    ],
    look="section 4, where the chain rule is written out",
)


def cubic(x):
    return (x**3).sum() + x[0] * x[-1]


def exponential(x):
    return np.exp(x).sum()


exercise(
    "03.finite_difference",
    solution=lambda f, x, u, h: (f(x + h * u) - f(x - h * u)) / (2 * h),
    cases=[
        (cubic, np.array([1.0, -2.0]), np.array([0.6, 0.8]), 0.1),
        (exponential, np.array([0.0, 1.0, 0.5]), np.array([2.0, -1.0, 0.0]), 0.2),
    ],
    mistakes=[
        Mistake(
            lambda f, x, u, h: (f(x + h * u) - f(x)) / h,
            "This is the forward difference: its error shrinks like h. Look to both sides of x, "
            "and it shrinks like h².",
        ),
        Mistake(
            lambda f, x, u, h: (f(x) - f(x - h * u)) / h,
            "This is the backward difference: its error shrinks like h. Look to both sides of x, "
            "and it shrinks like h².",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + h * u) - f(x - h * u)) / h,
            "Twice too large: how far apart are the two points?",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + h * u) - f(x - h * u)) / 2,
            "Half the difference of the values, but not yet a slope: divide by a distance.",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + h * u) - f(x - h * u)) / 2 * h,
            "A matter of brackets: `/ 2 * h` divides by 2 and then multiplies by h.",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + h * u) - f(x - h * u)) / h**2,
            "The distance between two points is a multiple of h. h² belongs to second derivatives.",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + h * u) - 2 * f(x) + f(x - h * u)) / h**2,
            "This is the *second* derivative along u.",
        ),
        Mistake(
            lambda f, x, u, h: (f(x - h * u) - f(x + h * u)) / (2 * h),
            "The sign is wrong: which of the two points is ahead?",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + h) - f(x - h)) / (2 * h),
            "You moved every coordinate by h. Move along u.",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + u) - f(x - u)) / 2,
            "You moved by the whole of u. Move by a small part of it.",
        ),
    ],
    look="section 4, the central difference",
    rtol=1e-8,
)


def _last(rows, g):
    unique = np.unique(rows)
    total = np.zeros((len(unique), g.shape[1]))
    total[np.searchsorted(unique, rows)] = g
    return unique, total


def _together(rows, g):
    unique, where = np.unique(rows, return_inverse=True)
    total = np.zeros((len(unique), g.shape[1]))
    np.add.at(total, where, g)
    return unique, total


def _first_seen(rows, g):
    unique, total = _together(rows, g)
    order = np.argsort(np.unique(rows, return_index=True)[1])
    return unique[order], total[order]


def _means(rows, g):
    unique, total = _together(rows, g)
    return unique, total / np.unique(rows, return_counts=True)[1][:, None]


exercise(
    "03.coalesce",
    solution=_together,
    cases=[
        (
            np.array([7, 2, 7, 0, 7]),
            np.array([[1.0, 0.0], [2.0, -1.0], [3.0, 5.0], [4.0, 0.5], [-1.0, 2.0]]),
        ),
        (np.array([3, 3]), np.array([[0.5], [0.25]])),
    ],
    mistakes=[
        Mistake(
            _last,
            "Of each repeated row only the last gradient is left: an assignment to the same place "
            "overwrites. The sum is wanted.",
        ),
        Mistake(
            lambda rows, g: (np.unique(rows), g[np.unique(rows, return_index=True)[1]]),
            "Of each repeated row only the first gradient is left: `np.unique` drops the others. "
            "The sum is wanted.",
        ),
        Mistake(
            lambda rows, g: (rows, g),
            "Repeated rows are still repeated.",
        ),
        Mistake(
            lambda rows, g: (np.sort(rows), g[np.argsort(rows, kind="stable")]),
            "Sorted, and equal rows are now neighbours; they are still to be added up.",
        ),
        Mistake(
            _means,
            "You averaged. The gradient of a sum over examples is the sum of their gradients.",
        ),
        Mistake(
            lambda rows, g: _together(rows, g**2),
            "You added up squares. Squaring comes later, when the row's whole gradient is known.",
        ),
        Mistake(
            _first_seen,
            "The sums are right; sort the rows in ascending order.",
        ),
        Mistake(
            lambda rows, g: _together(rows, g)[::-1],
            "Both arrays are right, in the wrong order: first the rows, then the sums.",
        ),
    ],
    look="section 7, where the trap is mended",
)
