"""The exercises of lesson 05."""

import numpy as np

from .checking import Mistake, exercise


def _move(x, g, v, scale):
    """An answer to a step exercise: x moved along g by a scale that depends on the new v."""
    return x - scale(v) * g, v


exercise(
    "05.rmsprop_step",
    solution=lambda x, g, v, lr, rho, eps: _move(
        x, g, rho * v + (1 - rho) * g**2, lambda v: lr / (np.sqrt(v) + eps)
    ),
    cases=[
        (np.array([1.0, -2.0]), np.array([3.0, -0.5]), np.array([4.0, 0.5]), 0.5, 0.9, 0.01),
        (np.array([0.3]), np.array([0.2]), np.array([0.7]), 0.1, 0.75, 0.05),
    ],
    mistakes=[
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(x, g, v + g**2, lambda v: lr / (np.sqrt(v) + eps)),
            "This sum never forgets: it is AdaGrad's. What happens to the old v at each step?",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(
                x, g, rho * v + g**2, lambda v: lr / (np.sqrt(v) + eps)
            ),
            "The old squares fade, but the new one enters with its full weight. With a constant "
            "gradient, v would then grow far beyond g².",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(
                x, g, (1 - rho) * v + rho * g**2, lambda v: lr / (np.sqrt(v) + eps)
            ),
            "The two weights are swapped: with ρ = 0.9 this keeps only a tenth of the old v.",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(
                x, g, rho * v + (1 - rho) * g, lambda v: lr / (np.sqrt(abs(v)) + eps)
            ),
            "You averaged g, not its square. Gradients of opposite sign then cancel.",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: (
                x - lr * g / (np.sqrt(v) + eps),
                rho * v + (1 - rho) * g**2,
            ),
            "x moved with the old v. The new square enters before the step is made.",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(
                x, g, rho * v + (1 - rho) * g**2, lambda v: lr / np.sqrt(v + eps)
            ),
            "ε is inside the root here. This exercise wants it outside.",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(
                x, g, rho * v + (1 - rho) * g**2, lambda v: lr / (v + eps)
            ),
            "You divided by v, which has the unit of a squared gradient. What has the unit of a "
            "gradient?",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(
                x, g, rho * v + (1 - rho) * g**2, lambda v: -lr / (np.sqrt(v) + eps)
            ),
            "This walks uphill: look at the sign of the step.",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: (
                x - lr / (np.sqrt(rho * v + (1 - rho) * g**2) + eps),
                rho * v + (1 - rho) * g**2,
            ),
            "You subtracted the rate alone. What does the rate multiply?",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(
                x, g, (rho * v + (1 - rho) * g) ** 2, lambda v: lr / (np.sqrt(v) + eps)
            ),
            "The whole average is squared here. What is averaged is g², and v is one already.",
        ),
        Mistake(
            lambda x, g, v, lr, rho, eps: _move(
                x, g, rho * v + (1 - rho) * g**2, lambda v: lr / (np.sqrt(v / (1 - rho)) + eps)
            ),
            "You corrected for the start at 0. Adam does that; it is not asked for here.",
        ),
    ],
    look="section 2, where the sum becomes an average",
)


def _corrected(m, v, lr, eps, of_m, of_v):
    return lr * (m / of_m) / (np.sqrt(v / of_v) + eps)


exercise(
    "05.bias_correction",
    solution=lambda m, v, t, lr, beta1, beta2, eps: _corrected(
        m, v, lr, eps, 1 - beta1**t, 1 - beta2**t
    ),
    cases=[
        (np.array([0.3, -0.2]), np.array([0.05, 0.4]), 3, 0.1, 0.9, 0.99, 0.01),
        (np.array([0.1]), np.array([0.002]), 2, 0.5, 0.8, 0.95, 0.02),
    ],
    mistakes=[
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(m, v, lr, eps, 1, 1),
            "Neither average is corrected. What are they divided by?",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(
                m, v, lr, eps, 1 / (1 - beta1**t), 1 / (1 - beta2**t)
            ),
            "You multiplied by the sum of the weights. The averages are too small already.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(
                m, v, lr, eps, (1 - beta1) ** t, (1 - beta2) ** t
            ),
            "(1 − β)ᵗ is not 1 − βᵗ: which of them is the sum of the weights?",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(
                m, v, 1.0, eps, 1 - beta1**t, 1 - beta2**t
            ),
            "The direction is right, but the step has forgotten its η.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: (
                lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + eps)
            ),
            "You divided by v̂, which has the unit of a squared gradient. A root is missing.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(
                m, v, lr, eps, 1 - beta2**t, 1 - beta2**t
            ),
            "You corrected m with the memory of v. Each average was made with a β of its own.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(
                m, v, lr, eps, 1 - beta2**t, 1 - beta1**t
            ),
            "The two β are swapped: which of them made m, which made v?",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(
                m, v, lr, eps, 1 - beta1 ** (t - 1), 1 - beta2 ** (t - 1)
            ),
            "The exponent is one too small. After the first step, t = 1, an average already holds "
            "one gradient; yours would divide by 0 there.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(
                m, v, lr, eps, 1 - beta1 ** (t + 1), 1 - beta2 ** (t + 1)
            ),
            "The exponent is one too large. The steps are counted from 1 here.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(m, v, lr, eps, beta1**t, beta2**t),
            "βᵗ is the share that is *missing*. By which share is the average too small, then?",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(m, v, lr, eps, 1 - beta1, 1 - beta2),
            "This is right after one step only. What becomes of the correction as t grows?",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(m, v, lr, eps, 1 - beta1**t, 1),
            "v is left as it was. Correcting m alone makes the first steps longer still.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: _corrected(m, v, lr, eps, 1, 1 - beta2**t),
            "m is left as it was: the first steps come out too short.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: (
                lr * (m / (1 - beta1**t)) / (np.sqrt(v) / (1 - beta2**t) + eps)
            ),
            "You corrected √v. What is too small by that factor is v, under the root.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: (
                lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + eps)
            ),
            "ε is inside the root here. This exercise wants it outside.",
        ),
        Mistake(
            lambda m, v, t, lr, beta1, beta2, eps: (
                -_corrected(m, v, lr, eps, 1 - beta1**t, 1 - beta2**t)
            ),
            "The size is right. Asked for is the step that is *subtracted*.",
        ),
    ],
    look="section 6, the two fractions",
)


def _shorten(g, limit):
    norm = np.linalg.norm(g)
    return g if norm <= limit else g * (limit / norm)


exercise(
    "05.clip_by_norm",
    solution=_shorten,
    cases=[
        (np.array([3.0, -4.0]), 2.5),
        (np.array([0.3, 0.4, 0.0]), 1.0),
        (np.array([2.0, 0.5, -1.0]), 2.2),
        (np.zeros(2), 1.0),
    ],
    mistakes=[
        Mistake(
            lambda g, limit: np.clip(g, -limit, limit),
            "This clips each coordinate by itself. The direction changes, and the length may still "
            "be above the limit.",
        ),
        Mistake(
            lambda g, limit: g * (limit / np.linalg.norm(g)),
            "This gives every gradient the length of the limit, short ones too, and divides by 0 "
            "for one of zeros. Which are to be left alone?",
        ),
        Mistake(
            lambda g, limit: g if np.linalg.norm(g) <= limit else g / np.linalg.norm(g),
            "A long gradient now has the length 1. Which length may it have?",
        ),
        Mistake(
            lambda g, limit: g if np.abs(g).max() <= limit else g * (limit / np.abs(g).max()),
            "You measured the largest coordinate. The Euclidean length takes all of them.",
        ),
        Mistake(
            lambda g, limit: g if np.abs(g).sum() <= limit else g * (limit / np.abs(g).sum()),
            "You measured the sum of the sizes. The Euclidean length is another one: Pythagoras.",
        ),
        Mistake(
            lambda g, limit: g if np.linalg.norm(g) <= limit else np.zeros_like(g),
            "You threw the long gradient away. Keep its direction.",
        ),
        Mistake(
            lambda g, limit: g if np.linalg.norm(g) <= limit else g * (np.linalg.norm(g) / limit),
            "This makes a long gradient longer still: is the fraction the right way up?",
        ),
        Mistake(
            lambda g, limit: g if np.sum(g**2) <= limit else g * (limit / np.sum(g**2)),
            "This is the square of the length: a root is missing.",
        ),
    ],
    look="section 3, and the text of the exercise",
)


exercise(
    "05.decoupled",
    solution=lambda x, g, G, lr, decay, eps: _move(
        (1 - lr * decay) * x, g, G + g**2, lambda G: lr / (np.sqrt(G) + eps)
    ),
    cases=[
        (np.array([2.0, -3.0]), np.array([3.0, -0.5]), np.array([16.0, 0.75]), 0.5, 0.2, 0.01),
        (np.array([0.7]), np.array([0.2]), np.array([0.1]), 0.1, 0.6, 0.05),
    ],
    mistakes=[
        Mistake(
            lambda x, g, G, lr, decay, eps: _move(
                x, g + decay * x, G + (g + decay * x) ** 2, lambda G: lr / (np.sqrt(G) + eps)
            ),
            "This is L2: the decay went into the gradient, and so it is divided by √G, too.",
        ),
        Mistake(
            lambda x, g, G, lr, decay, eps: _move(
                x, g + decay * x, G + g**2, lambda G: lr / (np.sqrt(G) + eps)
            ),
            "The decay stays out of G, but it is still divided by √G together with g.",
        ),
        Mistake(
            lambda x, g, G, lr, decay, eps: _move(
                (1 - decay) * x, g, G + g**2, lambda G: lr / (np.sqrt(G) + eps)
            ),
            "The decay of one step does not depend on the learning rate here. It should: compare "
            "the formula.",
        ),
        Mistake(
            lambda x, g, G, lr, decay, eps: _move(
                x, g, G + g**2, lambda G: lr / (np.sqrt(G) + eps)
            ),
            "This is AdaGrad, and it is right; where is the decay?",
        ),
        Mistake(
            lambda x, g, G, lr, decay, eps: _move(
                (1 + lr * decay) * x, g, G + g**2, lambda G: lr / (np.sqrt(G) + eps)
            ),
            "This makes the parameters grow: look at the sign.",
        ),
        Mistake(
            lambda x, g, G, lr, decay, eps: (
                (1 - lr * decay) * (x - lr * g / (np.sqrt(G + g**2) + eps)),
                G + g**2,
            ),
            "You decayed after the step, so the step itself shrank as well. Decay first.",
        ),
        Mistake(
            lambda x, g, G, lr, decay, eps: _move(
                lr * decay * x, g, G + g**2, lambda G: lr / (np.sqrt(G) + eps)
            ),
            "This is the part that decay takes away. What is left of x?",
        ),
        Mistake(
            lambda x, g, G, lr, decay, eps: (
                (1 - lr * decay) * x - lr * g / (np.sqrt(G) + eps),
                G + g**2,
            ),
            "The decay is right, but x moved with the old G.",
        ),
    ],
    look="section 8, the second of the two formulas",
)


exercise(
    "05.ema_memory",
    solution=lambda rho, share: int(np.ceil(np.log(share) / np.log(rho))),
    cases=[(0.9, 0.01), (0.99, 0.3), (0.5, 0.2)],
    mistakes=[
        Mistake(
            lambda rho, share: int(np.floor(np.log(share) / np.log(rho))),
            "You rounded down: after that many steps, a little more than the share is left.",
        ),
        Mistake(
            lambda rho, share: np.log(share) / np.log(rho),
            "The number is right, but steps are whole. Which way must it be rounded?",
        ),
        Mistake(
            lambda rho, share: round(1 / (1 - rho)),
            "1/(1 − ρ) is the rule of thumb, for one share, about a third. Yours is an argument.",
        ),
        Mistake(
            lambda rho, share: int(np.ceil(np.log(share) / np.log(1 - rho))),
            "The old square is multiplied by ρ at each step, not by 1 − ρ.",
        ),
        Mistake(
            lambda rho, share: int(np.ceil((1 - share) / (1 - rho))),
            "This takes the same amount away at each step. The weight falls by a *factor*.",
        ),
        Mistake(
            lambda rho, share: int(np.ceil(np.log(rho) / np.log(share))),
            "The quotient is upside down. From ρᵏ ≤ share, solve for k once more.",
        ),
        Mistake(
            lambda rho, share: int(np.ceil(2 * np.log(share) / np.log(rho))),
            "There is a 2 too many. The weight of the square is asked for, no root of it.",
        ),
        Mistake(
            lambda rho, share: max(0, int(np.ceil(np.log(share / (1 - rho)) / np.log(rho)))),
            "You asked when the weight itself is below `share`. Asked for is a fraction of its "
            "*first* weight, 1 − ρ.",
        ),
        Mistake(
            lambda rho, share: int(np.ceil(np.log(share) / np.log(rho))) + 1,
            "One too many: at the start, after 0 further steps, the fraction is 1.",
        ),
        Mistake(
            lambda rho, share: round(np.log(share) / np.log(rho)),
            "Rounding to the nearest goes down half of the time, and then too much is left.",
        ),
    ],
    look="section 2, below the formula of the average",
)
