"""The exercises of lesson 00."""

from ..descent import descend
from ..optimizers import SGD, AdaGrad
from ..surfaces import SURFACES
from .checking import Mistake, exercise

exercise(
    "00.points",
    solution=301,
    mistakes=[
        Mistake(300, "That is the number of steps. The start is a point, too."),
        Mistake(299, "Draw a path of 2 steps and count its points."),
        Mistake((301, 2), "That is the shape, which has two numbers. Which of them counts points?"),
        Mistake(602, "That is the number of coordinates. Each point has two of them."),
        Mistake(600, "You counted two coordinates for each step. Count points, and the start."),
    ],
    look="the first sentence of the exercise, and at what path.x[0] is",
)

_VALLEY, _BOOTH = SURFACES["valley"], SURFACES["booth"]


def _run(surface, lr, start, steps, opt=AdaGrad):
    return descend(surface, opt(lr=lr), start, steps=steps)


exercise(
    "00.loss_at_the_end",
    solution=lambda surface, lr, start, steps: _run(surface, lr, start, steps).loss[-1],
    cases=[
        (_VALLEY, 0.2, (-1.6, 1.2), 20),
        (_BOOTH, 1.0, (-8.0, -6.0), 5),
        (_VALLEY, 4.0, (-1.6, 1.2), 1),
    ],
    mistakes=[
        Mistake(
            lambda surface, lr, start, steps: _run(surface, lr, start, steps).loss[0],
            "This is the loss at the start, index 0. In Python the last item has an index of its "
            "own.",
        ),
        Mistake(
            lambda surface, lr, start, steps: _run(surface, lr, start, steps).loss,
            "These are the losses of all the points. Asked for is one of them.",
        ),
        Mistake(
            lambda surface, lr, start, steps: _run(surface, lr, start, steps).loss.min(),
            "This is the lowest loss on the way. A walk can end higher than it has been.",
        ),
        Mistake(
            lambda surface, lr, start, steps: _run(surface, lr, start, steps).x[-1],
            "This is the place where the walk ends, two coordinates. Asked for is the loss there.",
        ),
        Mistake(
            lambda surface, lr, start, steps: _run(surface, lr, start, steps, SGD).loss[-1],
            "This walked with SGD. The exercise wants AdaGrad.",
        ),
        Mistake(
            lambda surface, lr, start, steps: _run(surface, 0.01, start, steps).loss[-1],
            "AdaGrad was made without a rate, so it used its default. Hand lr on to it.",
        ),
        Mistake(
            lambda surface, lr, start, steps: _run(surface, lr, start, 300).loss[-1],
            "The walk took 300 steps, which is what descend does unless it is told. Hand steps on "
            "to it.",
        ),
        Mistake(
            lambda surface, lr, start, steps: _run(surface, lr, start, steps).loss[-2],
            "This is one step short of the end. Index −1 is the last point of a walk.",
        ),
    ],
    look="the call of descend in section 1",
)

_FAST = _run(_VALLEY, 0.5, (-1.6, 1.2), 60)
_SLOW = _run(_VALLEY, 0.07, (-1.6, 1.2), 60, SGD)

exercise(
    "00.head_start",
    solution=lambda path_a, path_b, target: path_b.steps_to(target) - path_a.steps_to(target),
    cases=[(_FAST, _SLOW, 0.01), (_SLOW, _FAST, 0.1)],
    mistakes=[
        Mistake(
            lambda path_a, path_b, target: path_a.steps_to(target) - path_b.steps_to(target),
            "The sign is turned round: if a arrives at step 5 and b at step 20, a is 15 steps "
            "earlier, and the answer is +15.",
        ),
        Mistake(
            lambda path_a, path_b, target: abs(path_a.steps_to(target) - path_b.steps_to(target)),
            "This is never negative. If a is later than b, the answer should be.",
        ),
        Mistake(
            lambda path_a, path_b, target: path_a.steps_to(target),
            "This is when a arrives. How much earlier than b is that?",
        ),
        Mistake(
            lambda path_a, path_b, target: path_b.loss[-1] - path_a.loss[-1],
            "You compared losses at the end. Asked for are steps: when is each path down to the "
            "target? A path can say that itself; see section 1.",
        ),
    ],
    look="section 1, where each walker prints its arrival",
)
