"""Levenberg-Marquardt from many starts at once; every start on its own damping, its state on disk after each step."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from sscell.study.calibrate.response import Response
from sscell.study.calibrate.unknowns import Point

FIRST_DAMPING, EASIER, HARDER, MOST_DAMPING = 1e-2, 0.2, 5.0, 1e6
# A step that promises less than this of the cost, in units where one standard deviation costs a half, changes nothing
# that the data could tell.
ENOUGH = 1e-3
LONGEST = 2.0  # of a step in any coordinate


@dataclass
class Start:
    """One start: where it is (coordinates of all unknowns), cost, matrix and gradient there, and how it goes on."""

    u: list[float]
    cost: float = np.inf
    damping: float = FIRST_DAMPING
    trial: list[float] = field(default_factory=list)
    promised: float = np.inf
    matrix: list[list[float]] = field(default_factory=list)
    gradient: list[float] = field(default_factory=list)
    iterations: int = 0
    status: str = "running"
    worst: str = ""


class Problem:
    """Costs and steps of a calibration: residuals of data, priors and bounds.

    prior: (Q + cells S,) 1 where a coordinate has its prior, 0 where it is flat; robust: see `MethodSpec`.
    """

    def __init__(
        self,
        answers: Callable[[Sequence[Point]], list[Response]],
        shape: tuple[int, int, int],
        prior: np.ndarray,
        bounds: tuple[np.ndarray, np.ndarray],
        robust: float | None,
    ) -> None:
        self._answers, self.shape, self.prior, self.bounds, self.robust = answers, shape, prior, bounds, robust

    def at(self, coordinates: Sequence[np.ndarray]) -> list[Response]:
        """The responses at coordinates of all unknowns."""
        return self._answers([self.point(u) for u in coordinates])

    def point(self, u: np.ndarray) -> Point:
        """Coordinates as a point."""
        shared, cells, spread = self.shape
        return Point(np.array(u[:shared]), np.array(u[shared:]).reshape(cells, spread))

    def cost(self, response: Response, u: np.ndarray) -> float:
        """Half the sum of squares, of a large residual its robust equivalent; infinite without a response."""
        if response.problem or not np.isfinite(response.residuals).all():
            return np.inf
        r = np.abs(response.residuals)
        square = r**2 if self.robust is None else np.where(r <= self.robust, r**2, self.robust * (2 * r - self.robust))
        return float(0.5 * square.sum() + 0.5 * np.sum(self.prior * u**2))

    def weights(self, response: Response) -> np.ndarray:
        """What each residual counts (R,): 1, or less beyond the robust limit."""
        r = np.abs(response.residuals)
        return np.ones(r.size) if self.robust is None else np.minimum(1.0, self.robust / np.maximum(r, 1e-12))

    def normal(self, response: Response, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gauss-Newton's matrix and gradient, priors included."""
        w, slopes = self.weights(response), response.slopes
        matrix = slopes.T @ (w[:, None] * slopes) + np.diag(self.prior)
        return matrix, slopes.T @ (w * response.residuals) + self.prior * u

    def step(self, matrix: np.ndarray, gradient: np.ndarray, u: np.ndarray, damping: float) -> tuple[np.ndarray, float]:
        """A damped step inside the bounds, and by how much it should lower the cost."""
        low, high = self.bounds
        free = ~(((u <= low) & (gradient > 0)) | ((u >= high) & (gradient < 0)))
        diagonal = np.maximum(np.diag(matrix), 1e-9 * np.max(np.diag(matrix)))
        change = np.zeros(u.size)
        damped = matrix + damping * np.diag(diagonal)
        change[free] = np.linalg.solve(damped[np.ix_(free, free)], -gradient[free])
        change *= min(1.0, LONGEST / max(np.max(np.abs(change)), 1e-12))
        change = np.clip(u + change, low, high) - u
        return u + change, float(-gradient @ change - 0.5 * change @ matrix @ change)


def search(
    problem: Problem,
    starts: Sequence[np.ndarray],
    names: Sequence[str],
    most_iterations: int,
    kept: Path | None = None,
    resume: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Start]:
    """Minimise from all starts; kept: the file that holds their state, from which `resume` goes on."""
    states = _read(kept) if resume and kept is not None and kept.is_file() else None
    if states is None:
        states = [Start(u=list(map(float, u)), trial=list(map(float, u))) for u in starts]
    while running := [state for state in states if state.status == "running"]:
        responses = problem.at([np.array(state.trial) for state in running])
        for state, response in zip(running, responses, strict=True):
            _go_on(problem, state, response, names, most_iterations)
        if kept is not None:
            _write(kept, json.dumps([asdict(state) for state in states]))
        if progress:
            best = min(states, key=lambda state: state.cost)
            steps = max(state.iterations for state in states)
            progress(steps, most_iterations, f"cost {best.cost:.2f}, worst: {best.worst}")
    return states


def _write(kept: Path, text: str) -> None:
    """Whole or not at all."""
    beside = kept.with_name(f".{kept.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, kept)


def _read(kept: Path) -> list[Start]:
    return [Start(**state) for state in json.loads(kept.read_text(encoding="utf-8"))]


def _go_on(problem: Problem, state: Start, response: Response, names: Sequence[str], most: int) -> None:
    trial = np.array(state.trial)
    cost = problem.cost(response, trial)
    state.iterations += 1
    if cost < state.cost:
        gained = state.cost - cost
        state.u, state.cost = state.trial, cost
        state.damping = max(state.damping * EASIER, 1e-9)
        state.worst = names[response.datum[np.argmax(np.abs(response.residuals))]]
        nothing_left = gained < ENOUGH and state.promised < ENOUGH
        matrix, gradient = problem.normal(response, trial)
        state.matrix, state.gradient = matrix.tolist(), gradient.tolist()
    else:
        if not np.isfinite(state.cost):
            state.status = f"no response: {response.problem}"
            return
        state.damping *= HARDER
        nothing_left = state.promised < ENOUGH
    u = np.array(state.u)
    following, state.promised = problem.step(np.array(state.matrix), np.array(state.gradient), u, state.damping)
    state.trial = following.tolist()
    if nothing_left or (state.promised < ENOUGH and state.damping < 1e-2):
        state.status = "converged"
    elif state.damping > MOST_DAMPING:
        state.status = "no descent"
    elif state.iterations >= most:
        state.status = "too many steps"
