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
    solution=lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / np.sqrt(G + eps) * g),
    cases=_STEPS,
    mistakes=[
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g, lambda G: -lr / np.sqrt(G + eps) * g),
            "You accumulated g, not its square. Gradients of opposite sign then cancel, and G can "
            "even become negative.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: (x - lr / np.sqrt(G + eps) * g, G + g * g),
            "x moved with the old G. The gradient of a step is added to G before the step is made.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / (np.sqrt(G) + eps) * g),
            "ε is outside the root here, as in section 1. This exercise wants the other place.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: (x - lr * g / np.sqrt(G + g * g) + eps, G + g * g),
            "A matter of brackets: here ε is added to the parameter. It belongs in the divisor.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / (G + eps) * g),
            "You divided by the area G. Which length belongs to that area?",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: +lr / np.sqrt(G + eps) * g),
            "This walks uphill: look at the sign of the step.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / np.sqrt(G + eps)),
            "The rate is right, but the step is rate times gradient: where is g?",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -g / np.sqrt(G + eps)),
            "The direction is right, but this step would be the same for every learning rate.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr * g),
            "G is right, but it has no say in the step: this is gradient descent.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / np.sqrt(G) * g),
            "The form is right, but ε is left out. It is small, and in these cases it is seen.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, g * g, lambda G: -lr / np.sqrt(G + eps) * g),
            "The new G is this step's square alone: what had been accumulated before is forgotten.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: (x - lr * g / np.sqrt(G + g * g + eps), G),
            "The new x is right. The G that you hand back is still the old one.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: (x - lr * g / np.sqrt(G + g * g + eps), np.sqrt(G + g * g)),
            "The new x is right. You hand back the root of G; the next step would add to it as if "
            "it were G.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: (x - lr * g / np.sqrt(G + g * g + eps), G + g * g + eps),
            "The new x is right. But ε has got into the G that you hand back, and would be added "
            "again in each step.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g @ g, lambda G: -lr / np.sqrt(G + eps) * g),
            "You added the squares of all coordinates to each of them. Each coordinate has a "
            "memory of its own.",
        ),
        Mistake(
            lambda x, g, G, lr, eps: _steps(x, G + g * g, lambda G: -lr / np.sqrt(G + eps) * g)[
                ::-1
            ],
            "Both arrays are right, in the wrong order: first x, then G.",
        ),
    ],
    look="the formulas at the beginning of sections 1 and 3",
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
        Mistake(
            lambda G, x, lr: (_sizes(G), x - (lr * _sizes(G) / np.sqrt(np.r_[0, G[:-1]])).sum()),
            "The sizes are right. You divided by the G before each step, and that is 0 before the "
            "first. A step's own gradient is in its G already.",
        ),
        Mistake(
            lambda G, x, lr: (
                np.diff(np.sqrt(G), prepend=0.0),
                x - (lr * np.diff(np.sqrt(G), prepend=0.0) / np.sqrt(G)).sum(),
            ),
            "You subtracted the sides of the squares. Areas add, sides do not.",
        ),
        Mistake(
            lambda G, x, lr: (_sizes(G)[::-1], x - (lr * _sizes(G) / np.sqrt(G)).sum()),
            "x is right, and so is each size; give them in the order of the steps.",
        ),
        Mistake(
            lambda G, x, lr: (x - (lr * _sizes(G) / np.sqrt(G)).sum(), _sizes(G)),
            "Both are right, in the wrong order: first the sizes, then x.",
        ),
    ],
    look="section 1, the table: read it backwards",
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
            "This is the gradient of the text. Differentiate with the chain rule: what does "
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
        Mistake(
            lambda theta, x, y: (
                -0.5 * np.array([_residual(theta, x, y).sum(), (_residual(theta, x, y) * x).sum()])
            ),
            "Half of it: the ½ is used up by the 2 that comes from the square.",
        ),
        Mistake(
            lambda theta, x, y: np.array(
                [-_residual(theta, x, y).sum(), (_residual(theta, x, y) * x).sum()]
            ),
            "The first entry is right, the second has the wrong sign: with which sign does θ₁x "
            "stand in the residual?",
        ),
        Mistake(
            lambda theta, x, y: np.array(
                [_residual(theta, x, y).sum(), -(_residual(theta, x, y) * x).sum()]
            ),
            "The second entry is right, the first has the wrong sign: with which sign does θ₀ "
            "stand in the residual?",
        ),
        Mistake(
            lambda theta, x, y: np.array(
                [-2 * _residual(theta, x, y).sum(), -(_residual(theta, x, y) * x).sum()]
            ),
            "The second entry is right, the first twice too large. The ½ belongs to both.",
        ),
        Mistake(
            lambda theta, x, y: np.array(
                [-_residual(theta, x, y).sum(), -2 * (_residual(theta, x, y) * x).sum()]
            ),
            "The first entry is right, the second twice too large. The ½ belongs to both.",
        ),
        Mistake(
            lambda theta, x, y: -_residual(theta, x, y).sum() * np.array([1, x.sum()]),
            "The first entry is right. In the second you multiplied two sums; each example brings "
            "its own product of residual and x, and then you add.",
        ),
        Mistake(
            lambda theta, x, y: np.array(
                [-(y - theta[0] + theta[1] * x).sum(), -((y - theta[0] + theta[1] * x) * x).sum()]
            ),
            "The form is right, the residual is not: subtract the whole line, θ₀ + θ₁x. Mind the "
            "brackets.",
        ),
    ],
    look="section 4, where the inner derivatives are compared",
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
        Mistake(
            lambda f, x, u, h: (f(x + u) - f(x - u)) / (2 * h),
            "You divided by h, but the two points do not know of it: they are a whole u away.",
        ),
        Mistake(
            lambda f, x, u, h: (
                (f(x + h * u / np.linalg.norm(u)) - f(x - h * u / np.linalg.norm(u))) / (2 * h)
            ),
            "You gave u the length 1 first. The slope should be g · u for the u that was handed "
            "in, whatever its length.",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + h * u) + f(x - h * u)) / (2 * h),
            "This adds the two values. A slope comes from their difference.",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + 1e-5 * u) - f(x - 1e-5 * u)) / 2e-5,
            "A good estimate of the slope, but with an h of your own: use the one that was "
            "handed in.",
        ),
        Mistake(
            lambda f, x, u, h: (f(x + h / 2 * u) - f(x - h / 2 * u)) / h,
            "A good estimate of the slope, but not with these two points: x + hu and x − hu.",
        ),
    ],
    look="section 4, the central difference",
    rtol=1e-8,
)


def _sums(rows, g):
    """Each row once, ascending, and the sums of its gradients."""
    once, where = np.unique(rows, return_inverse=True)
    total = np.zeros((len(once), g.shape[1]))
    np.add.at(total, where, g)
    return once, total


def _on_rows(choose, squares=lambda rows, g, total: total**2):
    """An answer to 03.rows_step: `choose` gives the rows, and the gradient of each."""

    def answer(x, g, G, rows, lr, eps):
        chosen, total = choose(rows, g)
        new_G = G[chosen] + squares(rows, g, total)
        return chosen, x[chosen] - lr * total / (np.sqrt(new_G) + eps), new_G

    return answer


_right = _on_rows(_sums)


def _last(rows, g):
    once = np.unique(rows)
    return once, np.array([g[rows == row][-1] for row in once])


def _first(rows, g):
    once, place = np.unique(rows, return_index=True)
    return once, g[place]


def _sorted(rows, g):
    order = np.argsort(rows, kind="stable")
    return rows[order], g[order]


def _first_seen(rows, g):
    once, total = _sums(rows, g)
    order = np.argsort(np.unique(rows, return_index=True)[1])
    return once[order], total[order]


def _means(rows, g):
    once, total = _sums(rows, g)
    return once, total / np.unique(rows, return_counts=True)[1][:, None]


def _without_zeros(rows, g):
    once, total = _sums(rows, g)
    moved = total.any(axis=1)
    return once[moved], total[moved]


def _old_G(x, g, G, rows, lr, eps):
    once, total = _sums(rows, g)
    return once, x[once] - lr * total / (np.sqrt(G[once]) + eps), G[once] + total**2


def _inside(x, g, G, rows, lr, eps):
    once, total = _sums(rows, g)
    new_G = G[once] + total**2
    return once, x[once] - lr * total / np.sqrt(new_G + eps), new_G


def _whole(x, g, G, rows, lr, eps):
    once, some_x, some_G = _right(x, g, G, rows, lr, eps)
    x, G = x.copy(), G.copy()
    x[once], G[once] = some_x, some_G
    return once, x, G


_X = np.arange(16.0).reshape(8, 2) - 7.5

exercise(
    "03.rows_step",
    solution=lambda x, g, G, rows, lr, eps: _right(x, g, G, rows, lr, eps),
    cases=[
        (
            _X,
            np.array([[1.0, 0.0], [2.0, -1.0], [3.0, 5.0], [4.0, 0.5], [-1.0, 2.0]]),
            _X**2 / 10,
            np.array([7, 2, 7, 0, 7]),
            0.5,
            0.01,
        ),
        (
            np.array([[1.0], [2.0], [3.0], [4.0]]),
            np.array([[1.0], [0.5], [-1.0]]),
            np.array([[0.5], [0.25], [0.0], [0.75]]),
            np.array([3, 1, 3]),
            0.2,
            0.05,
        ),
    ],
    mistakes=[
        Mistake(
            _on_rows(_last),
            "Of each repeated row only the last gradient is left: an assignment to the same place "
            "overwrites. Their sum is wanted.",
        ),
        Mistake(
            _on_rows(_first),
            "Of each repeated row only the first gradient is left: `np.unique` drops the others. "
            "Their sum is wanted.",
        ),
        Mistake(
            _on_rows(_sums, squares=lambda rows, g, total: _sums(rows, g**2)[1]),
            "The rows are right, but G has got the squares of the single gradients. Which comes "
            "first, adding or squaring?",
        ),
        Mistake(
            _on_rows(lambda rows, g: (rows, g)),
            "Repeated rows are still repeated.",
        ),
        Mistake(
            _on_rows(_sorted),
            "Sorted, and equal rows are now neighbours; they are still to be added up.",
        ),
        Mistake(
            _on_rows(lambda rows, g: _sums(np.sort(rows), g)),
            "You sorted the rows, but their gradients stayed where they were: each must move with "
            "its row.",
        ),
        Mistake(
            _on_rows(_means),
            "You averaged. The gradient of a sum over examples is the sum of their gradients.",
        ),
        Mistake(
            _on_rows(_first_seen),
            "The numbers are right; give the rows in ascending order.",
        ),
        Mistake(
            _on_rows(_without_zeros),
            "A row is missing: its gradients cancel, but it occurs in the batch.",
        ),
        Mistake(
            _old_G,
            "The new G is right. But x moved with the old one.",
        ),
        Mistake(
            _inside,
            "ε is inside the root here; this exercise wants it outside.",
        ),
        Mistake(
            _whole,
            "You gave back the whole tables. Asked for are the rows of the batch alone.",
        ),
        Mistake(
            lambda x, g, G, rows, lr, eps: tuple(
                _right(x, g, G, rows, lr, eps)[i] for i in (0, 2, 1)
            ),
            "All three are right, in the wrong order: the rows, then x, then G.",
        ),
    ],
    look="section 7, where the trap is mended",
)
