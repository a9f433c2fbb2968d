"""The exercises of lesson 01."""

import numpy as np

from .checking import Mistake, exercise

exercise(
    "01.speed_limit",
    solution=lambda L: 2 / L,
    cases=[(2.0,), (0.5,), (25.0,)],
    mistakes=[
        Mistake(
            lambda L: 1 / L,
            "At this rate the walk arrives in one step. The border lies farther out: where θ "
            "jumps to −θ and back for ever.",
        ),
        Mistake(lambda L: 2 * L, "This grows with the curvature. Is a steeper bowl more patient?"),
        Mistake(lambda L: L / 2, "This is upside down: a larger curvature allows less, not more."),
        Mistake(
            lambda L: 2 / L**2,
            "The gradient Lθ has L only once, so the step ηLθ does too. Where does the second L "
            "come from?",
        ),
        Mistake(
            lambda L: 2.0,
            "This is the border of the product ηL. You are asked for η alone.",
        ),
    ],
    look="section 1, where each step multiplies θ by one number",
)

exercise(
    "01.best_single_rate",
    solution=lambda L_flat, L_steep: 2 / (L_flat + L_steep),
    cases=[(1.0, 25.0), (0.5, 3.0), (2.0, 6.0)],
    mistakes=[
        Mistake(
            lambda L_flat, L_steep: 2 / L_steep,
            "This is the speed limit of the steep coordinate: there it neither arrives nor runs "
            "away. Its factor is −1, the flat one's is not.",
        ),
        Mistake(
            lambda L_flat, L_steep: 1 / L_steep,
            "This lands the steep coordinate in one step: its factor is 0. The flat one's is not, "
            "so the two are not equal.",
        ),
        Mistake(
            lambda L_flat, L_steep: 1 / (L_flat + L_steep),
            "Nearly: a factor of 2 was lost on the way. Both factors are 1 in 1 − ηL; how many "
            "ones are there when you bring the two sides together?",
        ),
        Mistake(
            lambda L_flat, L_steep: 1 / np.sqrt(L_flat * L_steep),
            "Try it on the curvatures 1 and 25: which sizes do the two factors have?",
        ),
        Mistake(
            lambda L_flat, L_steep: 2 / (L_steep - L_flat),
            "A sign went astray: the two factors have opposite signs, so one side of the equation "
            "needs a minus before you solve it.",
        ),
        Mistake(
            lambda L_flat, L_steep: 2 / (1 + L_steep),
            "This is right where the flat curvature is 1, as in section 2. Here it is L_flat: "
            "write both factors with their own L, and set them equal in size.",
        ),
        Mistake(
            lambda L_flat, L_steep: 2 / (1 + L_steep / L_flat),
            "With κ = L_steep/L_flat this is section 2's rate for a flat curvature of 1. Here the "
            "flat curvature is L_flat: write both factors out and set them equal in size.",
        ),
        Mistake(
            lambda L_flat, L_steep: (L_steep - L_flat) / (L_steep + L_flat),
            "This is the size of the two factors at the rate that is asked for, not the rate.",
        ),
        Mistake(
            lambda L_flat, L_steep: 0.0,
            "Equal indeed: both factors are 1, and nobody moves. There is another rate.",
        ),
    ],
    look="section 2, where the middle rate makes both factors equal in size",
)

_GRADS = [
    (np.array([[3.0, 0.1], [-4.0, 0.2], [0.0, -0.2]]),),
    (np.array([[1.0, 2.0, 0.5], [1.0, -2.0, 0.0]]),),
]

exercise(
    "01.accumulator",
    solution=lambda grads: (grads**2).sum(axis=0),
    cases=_GRADS,
    mistakes=[
        Mistake(
            lambda grads: grads.sum(axis=0),
            "You accumulated g, not g². Gradients of opposite sign then cancel, and a coordinate "
            "that shakes looks calm.",
        ),
        Mistake(
            lambda grads: grads.sum(axis=0) ** 2,
            "You summed first and squared afterwards. Square each gradient, then sum.",
        ),
        Mistake(
            lambda grads: (grads**2).sum(axis=1),
            "You summed over the coordinates (axis 1): one number a step. Each coordinate keeps "
            "its own sum, over the steps.",
        ),
        Mistake(
            lambda grads: (grads**2).sum(),
            "You summed over everything. Each coordinate keeps its own number; one for all of "
            "them would be a shared rate again.",
        ),
        Mistake(
            lambda grads: (grads**2).mean(axis=0),
            "This is the mean of the squares. AdaGrad sums; an average is what RMSprop keeps.",
        ),
        Mistake(
            lambda grads: np.abs(grads).sum(axis=0),
            "You summed sizes |g|. Close in spirit, but the area of the square is the sum of g².",
        ),
        Mistake(
            lambda grads: np.cumsum(grads**2, axis=0),
            "These are the accumulators after every step. Asked for is the one after the last.",
        ),
        Mistake(
            lambda grads: np.sqrt((grads**2).sum(axis=0)),
            "This is the side of the square, √G. G itself is the area.",
        ),
        Mistake(
            lambda grads: grads**2,
            "The squares are right, but the steps are still apart. Sum over them.",
        ),
        Mistake(
            lambda grads: grads[0] ** 2,
            "This is the first step alone. Is there a `return` inside the loop?",
        ),
        Mistake(
            lambda grads: grads[-1] ** 2,
            "This is the last step alone. Does G start again at each turn of the loop?",
        ),
    ],
    look="section 4, the first formula",
)

exercise(
    "01.rate_of_each",
    solution=lambda grads, lr: lr / np.sqrt((grads**2).sum(axis=0)),
    cases=[(case[0], lr) for case, lr in zip(_GRADS, (0.5, 0.1), strict=True)],
    mistakes=[
        Mistake(
            lambda grads, lr: lr / (grads**2).sum(axis=0),
            "You divided by the area G. The rate is divided by the side of the square.",
        ),
        Mistake(
            lambda grads, lr: lr / np.sqrt((grads[:-1] ** 2).sum(axis=0)),
            "You left out the last gradient. The accumulator takes in the gradient of a step "
            "before that step is made.",
        ),
        Mistake(
            lambda grads, lr: lr * np.sqrt((grads**2).sum(axis=0)),
            "You multiplied by √G. Then a coordinate with large gradients would take ever larger "
            "steps.",
        ),
        Mistake(
            lambda grads, lr: lr / np.sqrt((grads**2).mean(axis=0)),
            "You divided by the root of the *mean* square. That is the idea of RMSprop; AdaGrad "
            "takes the sum.",
        ),
        Mistake(
            lambda grads, lr: lr / np.abs(grads.sum(axis=0)),
            "You accumulated g, not g²: the root of a squared sum is only |sum|. Square each "
            "gradient before you sum.",
        ),
        Mistake(
            lambda grads, lr: lr / np.sqrt((grads**2).sum(axis=0)) * grads[-1],
            "This is the step itself, rate times gradient. Asked for is the rate alone.",
        ),
        Mistake(
            lambda grads, lr: 1 / np.sqrt((grads**2).sum(axis=0)),
            "The shape of the answer is right, but where is η?",
        ),
        Mistake(
            lambda grads, lr: np.sqrt((grads**2).sum(axis=0)),
            "This is the side of the square, by which the rate is divided. Now the rate.",
        ),
        Mistake(
            lambda grads, lr: (grads**2).sum(axis=0),
            "This is G, the area. The rate is η divided by the square's side.",
        ),
        Mistake(
            lambda grads, lr: lr / np.abs(grads[-1]),
            "You divided by the last gradient alone. G remembers all of them.",
        ),
        Mistake(
            lambda grads, lr: np.sqrt(lr / (grads**2).sum(axis=0)),
            "η has come under the root. Only G belongs there.",
        ),
        Mistake(
            lambda grads, lr: lr / np.sqrt((grads**2).sum()),
            "You summed over everything: one rate for all. Each coordinate has its own.",
        ),
        Mistake(
            lambda grads, lr: lr / np.sqrt((grads**2).sum(axis=1)),
            "You summed over the coordinates (axis 1). Each coordinate sums over the steps.",
        ),
        Mistake(
            lambda grads, lr: 0.5 / np.sqrt((grads**2).sum(axis=0)),
            "This uses a rate of 0.5 whatever lr is.",
        ),
    ],
    look="section 4, the second formula",
)
