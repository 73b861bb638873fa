"""The cost of a point, and the step that lowers it: least squares of data and priors, robust, inside bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sscell.study.calibrate.emulator import Seen
from sscell.study.calibrate.evidence import Datum, Judged, judged
from sscell.study.calibrate.response import Response
from sscell.study.calibrate.unknowns import Point

LONGEST = 2.0  # of a step in any coordinate

Answers = Callable[[Sequence[Point], bool], list[Response]]
AnswersBeside = Callable[[Sequence[Sequence[Point]]], list[list[Response]]]


class Normal(NamedTuple):
    """Gauss-Newton's matrix (P, P) and gradient (P,) at coordinates u (P,)."""

    matrix: np.ndarray
    gradient: np.ndarray
    u: np.ndarray


def damped_by(matrix: np.ndarray) -> np.ndarray:
    """What damping adds to the diagonal (P,), Marquardt's; nothing is free of it."""
    diagonal = np.diag(matrix)
    return np.maximum(diagonal, 1e-9 * np.max(diagonal) + 1e-30)


class Problem:
    """Costs and steps of a calibration.

    shape: shared unknowns, cells, what varies a cell; coordinates (P,) are the unknowns', then the cells'. prior: (P,)
    1 where a coordinate has its prior, 0 where it is flat; robust: see `MethodSpec`. `seen`: all that was simulated so
    far; searches and the posterior learn from it, so what they find depends on what came before.
    """

    def __init__(
        self,
        answers: Answers,
        data: Sequence[Datum],
        shape: tuple[int, int, int],
        prior: np.ndarray,
        bounds: tuple[np.ndarray, np.ndarray],
        robust: float | None,
        beside: AnswersBeside | None = None,
    ) -> None:
        self._answers, self.data, self.shape, self.prior = answers, list(data), shape, prior
        self._beside = beside or (lambda rows: [answers(row, False) for row in rows])
        self.bounds, self.robust = bounds, robust
        self.seen: list[Seen] = []

    def answers(self, coordinates: Sequence[np.ndarray], slopes: bool) -> list[Response]:
        """The responses at coordinates of all unknowns."""
        found = self._answers([self.point(u) for u in coordinates], slopes) if coordinates else []
        for u, response in zip(coordinates, found, strict=True):
            self._remember(u, response)
        return found

    def beside(self, rows: Sequence[Sequence[np.ndarray]]) -> list[list[Response]]:
        """The values at the coordinates of each row, which are near its first, without the noise of separate steps."""
        found = self._beside([[self.point(u) for u in row] for row in rows]) if rows else []
        for row, responses in zip(rows, found, strict=True):
            for u, response in zip(row, responses, strict=True):
                self._remember(u, response)
        return found

    def _remember(self, u: np.ndarray, response: Response) -> None:
        if not response.problem:
            by = np.concatenate(response.slopes) if response.slopes else None
            self.seen.append(Seen(np.array(u), np.concatenate(response.values), by))

    def point(self, u: np.ndarray) -> Point:
        """Coordinates as a point."""
        shared, cells, spread = self.shape
        return Point(np.array(u[:shared]), np.array(u[shared:]).reshape(cells, spread))

    def judge(
        self, values: Sequence[np.ndarray], slopes: Sequence[np.ndarray] = (), left_out: Sequence[int] = ()
    ) -> Judged:
        """Residuals of the data but those left out."""
        every = judged(self.data, values, slopes)
        kept = ~np.isin(every.datum, left_out)
        return Judged(every.residuals[kept], every.datum[kept], every.slopes[kept] if slopes else every.slopes)

    def cost(self, residuals: np.ndarray, u: np.ndarray) -> float:
        """Half the sum of squares, of a large residual its robust equivalent; infinite where it is no number."""
        r = np.abs(residuals)
        if not np.isfinite(r).all():
            return np.inf
        square = r**2 if self.robust is None else np.where(r <= self.robust, r**2, self.robust * (2 * r - self.robust))
        return float(0.5 * square.sum() + 0.5 * np.sum(self.prior * u**2))

    def normal(self, found: Judged, u: np.ndarray) -> Normal:
        """Gauss-Newton's matrix and gradient, priors included; a residual beyond the robust limit counts less."""
        r = np.abs(found.residuals)
        w = np.ones(r.size) if self.robust is None else np.minimum(1.0, self.robust / np.maximum(r, 1e-12))
        matrix = found.slopes.T @ (w[:, None] * found.slopes) + np.diag(self.prior)
        return Normal(matrix, found.slopes.T @ (w * found.residuals) + self.prior * u, u)

    def information(self, found: Judged) -> np.ndarray:
        """The curvature (P, P) of the cost by slopes alone: a residual beyond the robust limit tells nothing more."""
        inside = np.ones(found.residuals.size) if self.robust is None else np.abs(found.residuals) <= self.robust
        return np.asarray(found.slopes.T @ (inside[:, None] * found.slopes) + np.diag(self.prior))

    def held(self, at: Normal, pinned: Sequence[int] = ()) -> np.ndarray:
        """Which coordinates are at a bound that they would leave, or pinned (P,)."""
        low, high = self.bounds
        held = ((at.u <= low) & (at.gradient > 0)) | ((at.u >= high) & (at.gradient < 0))
        held[list(pinned)] = True
        return held

    def step(self, at: Normal, damping: float, pinned: Sequence[int] = ()) -> tuple[np.ndarray, float]:
        """A damped step inside the bounds, and by how much it should lower the cost."""
        u, promised = self._step(at, damping, pinned, one_by_one=False)
        # Cut in several coordinates at once it may lead uphill.
        return (u, promised) if promised >= 0 else self._step(at, damping, pinned, one_by_one=True)

    def _step(self, at: Normal, damping: float, pinned: Sequence[int], one_by_one: bool) -> tuple[np.ndarray, float]:
        free = ~self.held(at, pinned)
        change = np.zeros(at.u.size)
        damped = at.matrix + damping * np.diag(damped_by(at.matrix))
        low, high = np.maximum(self.bounds[0] - at.u, -LONGEST), np.minimum(self.bounds[1] - at.u, LONGEST)
        while free.any():
            # What would pass its limit stays there, and the others make the best of it.
            change[free] = np.linalg.solve(
                damped[np.ix_(free, free)], -at.gradient[free] - damped[np.ix_(free, ~free)] @ change[~free]
            )
            beyond = free & ((change < low) | (change > high))
            if not beyond.any():
                break
            if one_by_one:
                further = np.where(beyond, np.maximum(low - change, change - high), 0.0)
                beyond &= further == further.max()
            change[beyond] = np.clip(change[beyond], low[beyond], high[beyond])
            free &= ~beyond
        return at.u + change, float(-at.gradient @ change - 0.5 * change @ at.matrix @ change)
