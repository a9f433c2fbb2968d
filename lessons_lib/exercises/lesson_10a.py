"""The exercises of lesson 10a."""

import numpy as np

from ..optimizers import SGD, AdaGrad, Adam, AMSGrad, RMSprop, SGDLinear
from .checking import Mistake, exercise

exercise(
    "10a.same_rate",
    solution=lambda share, size: size * np.sqrt(share),
    cases=[(0.01, 1.0), (0.25, 3.0), (1.0, 0.2)],
    mistakes=[
        Mistake(
            lambda share, size: size * share,
            "You added up the gradients. The accumulator adds up their squares.",
        ),
        Mistake(
            lambda share, size: size**2 * share,
            "This is what G grows by in a step. Which size of a gradient gives such a square?",
        ),
        Mistake(
            lambda share, size: size,
            "With gradients of one size the rare feature has the larger rate: its accumulator "
            "grows in a share of the steps only.",
        ),
        Mistake(
            lambda share, size: size / np.sqrt(share),
            "This is larger than the rare feature's gradients. Should the feature that is seen "
            "more often make up for that by larger gradients, or by smaller ones?",
        ),
        Mistake(
            lambda share, size: size / share,
            "This is larger than the rare feature's gradients. Should it be? And what does the "
            "accumulator add up?",
        ),
        Mistake(
            lambda share, size: np.sqrt(share),
            "Your answer does not depend on the rare feature's gradients, but G does.",
        ),
        Mistake(
            lambda share, size: np.sqrt(size * share),
            "The root is of too much: set both accumulators equal, each with its squares.",
        ),
        Mistake(
            lambda share, size: size * share**2,
            "It is the gradients whose squares are added up. The share says how many of them are.",
        ),
        Mistake(
            lambda share, size: share * np.sqrt(size),
            "You took the root of the size, whose square is in G. Are share and size swapped?",
        ),
        Mistake(
            lambda share, size: -size * np.sqrt(share),
            "Its size is right, and a size is not negative.",
        ),
    ],
    look="section 1, the first claim",
)


exercise(
    "10a.can_decide",
    solution=(False, True, False, True, False),
    mistakes=[
        Mistake(
            (True, False, True, False, True),
            "These are the ones that cannot decide. True was to stand for those that can.",
        ),
        Mistake(
            (False, True, False, True, True),
            "In 5, what does v do when each gradient is larger than the one before?",
        ),
        Mistake(
            (True, True, False, True, False),
            "In 1, what does v do, from 0, when the gradient is always the same?",
        ),
        Mistake(
            (True, True, False, True, True),
            "When does an average of squares fall? Look at 1 and 5 with that in mind.",
        ),
        Mistake(
            (False, True, True, True, False),
            "In 3, of which numbers is the largest *not* at least as large as the smallest?",
        ),
        Mistake(
            (False, True, False, False, False),
            "An average falls whenever a square below it arrives. Does that happen with random "
            "gradients?",
        ),
        Mistake(
            (False, False, False, True, False),
            "In 2, v is between 1 and 4 after a while. What does the next gradient of 1 do to it?",
        ),
        Mistake(
            (True, True, True, True, True),
            "That would be all of them. Try each in mind with AdaGrad, whose rate cannot rise, and "
            "with RMSprop.",
        ),
        Mistake(
            (False, False, False, False, False),
            "That would be none of them. Try each in mind with AdaGrad, whose rate cannot rise, "
            "and with RMSprop.",
        ),
    ],
    look="section 3, claim C24",
)


def _rates(opt, gradients):
    x = np.zeros(1)
    state, rates = opt.for_run(len(gradients)).init(x), []
    opt = opt.for_run(len(gradients))
    for g in gradients:
        x, state = opt.step(x, np.array([g]), state)
        rates.append(np.max(opt.rate(**state)))
    return np.array(rates)


_FALLING = [1.0] * 20 + [0.01] * 20


exercise(
    "10a.can_rise",
    solution=lambda opt: bool(np.any(np.diff(_rates(opt, _FALLING)) > 0)),
    cases=[
        (AdaGrad(),),
        (RMSprop(),),
        (SGD(),),
        (AMSGrad(beta1=0.0, bias_correction=False),),
        (Adam(beta1=0.0, beta2=0.9),),
        (SGDLinear(steps=40),),
    ],
    mistakes=[
        Mistake(
            lambda opt: False,
            "You never saw a rate rise, not even RMSprop's. Either v never fell: when does an "
            "average fall? Or you compared with a rate from before it grew: compare neighbours. Or "
            "the state that `step` returns was not kept. Or `np.diff` had arrays of length 1 to "
            "work along: take one number of each rate.",
        ),
        Mistake(
            lambda opt: bool(np.any(np.diff(_rates(opt, _FALLING)) >= 0)),
            "Your experiment says of SGD that its rate can rise. It stays the same: a rise?",
        ),
        Mistake(
            lambda opt: bool(np.any(np.diff(_rates(opt, _FALLING)) < 0)),
            "You looked for a rate that falls.",
        ),
        Mistake(
            lambda opt: bool(_rates(opt, _FALLING)[-1] > _rates(opt, _FALLING)[0]),
            "You compared the last rate with the first, which is large as v has hardly begun to "
            "grow. Compare each with the one before it.",
        ),
        Mistake(lambda opt: True, "This answer does not look at the rule: it cannot fail."),
        Mistake(
            lambda opt: isinstance(opt, RMSprop),
            "You asked for the name of the rule. RMSprop is not the only one whose rate can rise; "
            "feed the rule, and look.",
        ),
        Mistake(
            lambda opt: not isinstance(opt, AdaGrad),
            "You asked for the name of the rule. AdaGrad is not the only one whose rate cannot "
            "rise; feed the rule, and look.",
        ),
        Mistake(
            lambda opt: int(np.sum(np.diff(_rates(opt, _FALLING)) > 0)),
            "You counted the rises. Was there any?",
        ),
    ],
    look="section 3, claim C24",
)


exercise(
    "10a.fair_difference",
    solution=lambda losses: np.subtract(*np.nanmin(losses, axis=1)),
    cases=[
        (np.array([[0.9, 0.3, 0.5, 0.8], [0.7, 0.45, 0.6, np.nan]]),),
        (np.array([[np.nan, 2.0, 1.0, 1.6, 1.9], [3.0, 4.5, 2.2, 0.7, 1.2]]),),
        (np.array([[0.6, 0.2, 0.5], [0.9, np.nan, 0.4]]),),  # the first's best, where one diverged
    ],
    mistakes=[
        Mistake(
            lambda losses: losses[0, 0] - losses[1, 0],
            "This is the post's comparison: one rate, the same for both. Which rate is best for "
            "each?",
        ),
        Mistake(
            lambda losses: np.nanmin(losses[0] - losses[1]),
            "You took the rate at which the first does best *against* the second. That is one "
            "shared rate again, chosen in favour of the first.",
        ),
        Mistake(
            lambda losses: losses[0, np.nanargmin(losses[0])] - losses[1, np.nanargmin(losses[0])],
            "The first has its best rate, and the second must use it, too.",
        ),
        Mistake(
            lambda losses: losses[0, np.nanargmin(losses[1])] - losses[1, np.nanargmin(losses[1])],
            "The second has its best rate, and the first must use it, too.",
        ),
        Mistake(
            lambda losses: np.subtract(*np.min(losses, axis=1)),
            "`np.min` gives nan where any run diverged. A diverged run is a bad rate, no reason to "
            "give up its optimizer.",
        ),
        Mistake(
            lambda losses: min(losses[0]) - min(losses[1]),
            "Python's `min` passes over some nan and returns others: no comparison with nan is "
            "true. A diverged run is a bad rate; leave it out of its row.",
        ),
        Mistake(
            lambda losses: np.subtract(*losses[:, ~np.isnan(losses).any(axis=0)].min(axis=1)),
            "You left out each rate at which any run diverged. Where only one diverged, the other "
            "may have its best.",
        ),
        Mistake(
            lambda losses: np.subtract(*np.nan_to_num(losses).min(axis=1)),
            "A diverged run became a loss of 0, the best there is.",
        ),
        Mistake(
            lambda losses: np.subtract(*np.nanmin(losses, axis=0)[:2]),
            "With axis=0 you took the smaller loss of each *column*. The rows are the optimizers.",
        ),
        Mistake(
            lambda losses: abs(np.subtract(*np.nanmin(losses, axis=1))),
            "The size is right, and the sign says which of the two is better: keep it.",
        ),
        Mistake(
            lambda losses: np.subtract(*np.nanmean(losses, axis=1)),
            "You averaged over the rates, good and bad. Nobody uses an average rate.",
        ),
        Mistake(
            lambda losses: np.subtract(*np.nanmax(losses, axis=1)),
            "You took the worst rate of each. A small loss is good.",
        ),
        Mistake(
            lambda losses: np.subtract(*np.nanmin(losses, axis=1)[::-1]),
            "The size is right. Asked for is first minus second.",
        ),
        Mistake(
            lambda losses: np.subtract(*np.nanargmin(losses, axis=1)),
            "`np.nanargmin` says *where* the smallest loss is. Asked for are the losses.",
        ),
    ],
    look="the text of the exercise: the best rate of each row",
)
