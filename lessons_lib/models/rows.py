"""Tables of parameters of which each batch touches a few rows.

The row of a word, a user or a centre is a slice of an array of shape (rows, ..., d): d numbers
for each run, with the runs (learning rates, seeds) side by side on the axes in the middle. An
optimizer's array hyper-parameters broadcast against these axes.
"""

from __future__ import annotations

import numpy as np

from ..optimizers import Optimizer


def rests(opt: Optimizer) -> bool:
    """Whether a coordinate whose gradient is 0 stays as it is, and all its memory with it.

    True of SGD and of AdaGrad; not of rules that remember a direction (momentum) or forget
    (RMSprop), whose state changes in every step.
    """
    opt = opt.spread(lambda h: h.flat[0]).for_run(2)
    x, state = opt.step(np.ones(2), np.ones(2), opt.init(np.ones(2)))
    later, after = opt.step(x, np.array([0.0, 1.0]), state)
    return later[0] == x[0] and all(after[s][0] == state[s][0] for s in opt.slots)


class Table:
    """Parameters in rows, and the optimizer that moves them.

    Parameters
    ----------
    x : array of shape (n, ..., d)
        Changed by each step.
    opt : Optimizer
        Ready for a run (`Optimizer.for_run`).
    """

    def __init__(self, x: np.ndarray, opt: Optimizer):
        self.x, self.state, self.sparse = x, opt.init(x), rests(opt)
        # Spread once over the runs; for the whole table, over all of it, which is quicker.
        whole = np.zeros(() if self.sparse else x.shape)
        self.opt = opt.spread(lambda h: whole + h[..., None])

    def step(self, g: np.ndarray, rows: np.ndarray) -> None:
        """One step with a gradient that is 0 outside some rows.

        If the rule `rests`, only these rows are touched: the same numbers, and far cheaper.

        Parameters
        ----------
        g : array of shape (k, ..., d)
        rows : int array of shape (k,)
            Each row at most once (see `lessons_lib.large.coalesce`).
        """
        if not self.sparse:
            whole = np.zeros_like(self.x)
            whole[rows] = g
            self.x, self.state = self.opt.advance(self.x, whole, self.state)
            return
        part = {s: v if s == "t" else v[rows] for s, v in self.state.items()}
        self.x[rows], part = self.opt.advance(self.x[rows], g, part)
        for symbol in self.opt.slots:
            self.state[symbol][rows] = part[symbol]
        self.state["t"] = part["t"]
