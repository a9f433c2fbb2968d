"""An agent in a small grid world, trained by REINFORCE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..validation import whole_number
from .base import Model

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left


@dataclass(frozen=True)
class GridWorld(Model):
    """A policy with one softmax a cell, in a square world with a goal and a pit.

    The agent starts in the upper left corner. The goal, in the lower right corner, pays 1, the pit
    in the middle −1; either ends the episode. A wall stops a move. A reward after k steps counts
    γᵏ⁻¹ times, so that short ways are better. θ holds a score for each cell and move; the agent's
    moves are drawn from their softmax. REINFORCE with the mean return as baseline: Williams 1992,
    doi:10.1007/BF00992696.

    Parameters
    ----------
    side : int ≥ 3, default 5
    horizon : int ≥ 1, default 24
        Steps after which an episode ends in any case.
    discount : float, default 0.95
        γ.
    """

    side: int = 5
    horizon: int = 24
    discount: float = 0.95

    def __post_init__(self) -> None:
        whole_number("side", self.side, least=3)
        whole_number("horizon", self.horizon, least=1)
        if not 0 < self.discount <= 1:
            raise ValueError(f"discount must be in (0, 1]; got {self.discount!r}")

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {"scores": (self.side**2, len(MOVES))}

    @property
    def goal(self) -> int:
        return self.side**2 - 1

    @property
    def pit(self) -> int:
        return self.side**2 // 2

    def rewards(self) -> np.ndarray:
        """What entering each cell pays."""
        pay = np.zeros(self.side**2)
        pay[self.goal], pay[self.pit] = 1.0, -1.0
        return pay

    def neighbours(self) -> np.ndarray:
        """The cell that each move leads to, shape (cells, 4); goal and pit lead to themselves."""
        row, column = np.divmod(np.arange(self.side**2), self.side)
        to = np.stack(
            [
                np.clip(row + i, 0, self.side - 1) * self.side
                + np.clip(column + j, 0, self.side - 1)
                for i, j in MOVES
            ],
            axis=-1,
        )
        for end in (self.goal, self.pit):
            to[end] = end
        return to

    def draw(self, rng: np.random.Generator, episodes: int) -> tuple[np.ndarray]:
        """A ``data`` for `training.train`: the random numbers that decide an episode's moves."""
        return (rng.random((episodes, self.horizon)),)

    def check(self, data: tuple) -> None:
        (u,) = data
        if np.ndim(u) < 2 or np.shape(u)[-1] != self.horizon or not np.size(u):
            raise ValueError(
                f"the random numbers must have the shape (episodes, {self.horizon}); "
                f"got {np.shape(u)}"
            )

    def chances(self, theta: np.ndarray) -> np.ndarray:
        """The probability of each move in each cell: shape (..., cells, 4)."""
        z = self.split(theta)["scores"]
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def init(self, seeds):
        """All scores 0, whatever the seed: every move is as likely."""
        return np.zeros((*np.shape(seeds), self.size))

    def play(self, theta: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, ...]:
        """Let the agent move.

        Parameters
        ----------
        theta : array of shape (..., P)
        u : array of shape (..., episodes, horizon)
            Uniform random numbers, one for each move.

        Returns
        -------
        cells, moves : int arrays of shape (horizon, ..., episodes)
            Where it was and what it did; in an episode that is over the cell is its last.
        returns : array of shape (..., episodes)
            γᵏ⁻¹ times the reward that came after k steps.
        """
        likely = self.chances(theta).cumsum(axis=-1)
        to, pay = self.neighbours(), self.rewards()
        shape = (*theta.shape[:-1], u.shape[-2])
        cell, returns = np.zeros(shape, int), np.zeros(shape)
        cells, moves = [], []
        for k in range(self.horizon):
            here = np.take_along_axis(likely, cell[..., None], axis=-2)
            move = (here[..., :-1] < u[..., k, None]).sum(axis=-1)
            after = to[cell, move]
            returns += self.discount**k * np.where(after != cell, pay[after], 0.0)
            cells.append(cell)
            moves.append(move)
            cell = after
        return np.array(cells), np.array(moves), returns

    def loss_and_grad(self, theta: np.ndarray, batch: tuple) -> tuple[np.ndarray, np.ndarray]:
        """Minus the mean return of the episodes, and REINFORCE's estimate of its gradient."""
        (u,) = batch
        cells, moves, returns = self.play(theta, u)
        n = returns.shape[-1]
        advantage = returns - returns.mean(axis=-1, keepdims=True)
        return -returns.mean(axis=-1), -self.score(theta, cells, moves, advantage) / n

    def score(
        self, theta: np.ndarray, cells: np.ndarray, moves: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        """∇ Σ weight · log π(move | cell), over all moves before an episode's end.

        For each move it is onehot(move) − π(· | cell), in the row of its cell.
        """
        live = ~np.isin(cells, (self.goal, self.pit))
        C, M = self.shapes["scores"]
        runs = theta.shape[:-1]
        count = int(np.prod(runs, dtype=int))
        # One long vector: for each run, each cell and each move, the weights of the visits.
        run = np.arange(count).reshape(*runs, 1)
        at = (run * C + cells) * M + moves
        weight = np.broadcast_to(weights, cells.shape) * live
        visits = np.bincount(at.ravel(), weight.ravel(), minlength=count * C * M)
        visits = visits.reshape(*runs, C, M)
        grad = visits - visits.sum(axis=-1, keepdims=True) * self.chances(theta)
        return grad.reshape(*runs, C * M)

    def value(self, theta: np.ndarray) -> np.ndarray:
        """The expected return, exactly: shape (...)."""
        chances, to, pay = self.chances(theta), self.neighbours(), self.rewards()
        moving = to != np.arange(len(to))[:, None]
        V = np.zeros(chances.shape[:-1])
        for _ in range(self.horizon):  # backwards from the end of the episode
            later = self.discount * V[..., to]
            V = (chances * (np.where(moving, pay[to], 0.0) + later)).sum(axis=-1)
            V[..., [self.goal, self.pit]] = 0.0
        return V[..., 0]
