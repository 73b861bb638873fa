"""One step of Levenberg-Marquardt inside a box, for many fits at once: every fit on its own damping and step."""

from __future__ import annotations

from typing import Any

import numpy as np

from sscell.fit.cholesky import lower_indices, solution
from sscell.fit.damping import MOST_DAMPING, damping_after
from sscell.fit.normal_equations import NormalEquations, normal_equations
from sscell.fit.pressed import pressed_against_bound
from sscell.fit.problem import Problem
from sscell.fit.state import FitState, FitStatus
from sscell.jax_setup import load_jax

# Largest step: a factor of 20 in a logarithmic coordinate, a third of the range in a linear one.
LONGEST_LOGARITHMIC, LONGEST_SHARE = 3.0, 1 / 3
# Up to this damping (or the tolerance, if larger) a step is nearly that of Gauss and Newton, in flat directions too,
# and what it promises is all there is to gain.
TRUSTED_DAMPING = 3e-5
# A coordinate without influence is damped as if it had this share of the largest one.
LEAST_CURVATURE = 1e-9


def stepped(problem: Problem, state: FitState, columns: tuple, lower: Any, upper: Any, tolerance: Any) -> FitState:
    """Look at what every running fit tries, take it or not, and plan the next."""
    xp = load_jax().numpy
    old, new = state.equations, normal_equations(problem, state.trial, columns)
    begun, running = xp.isfinite(old.cost), state.status == FitStatus.RUNNING
    gain = old.cost - new.cost
    better = gain > 0
    take = running & better

    def taken(after: Any, before: Any) -> Any:
        return xp.where(take, after, before)

    u = taken(state.trial, state.u)
    equations = NormalEquations(*(taken(a, b) for a, b in zip(new, old, strict=True)))
    judged = begun & running
    eased = damping_after(state.damping, state.growth, gain, xp.where(judged, state.expected, 1.0), xp)
    damping, growth = (xp.where(judged, a, b) for a, b in zip(eased, (state.damping, state.growth), strict=True))
    trial = xp.clip(u + _damped_step(problem, u, equations, damping, lower, upper), lower, upper)
    expected = _expected_decrease(equations, trial - u, xp)
    # Over: the last step changed nothing and was not expected to, or the next one promises nothing and can be trusted.
    unchanged = begun & (state.expected <= tolerance * old.cost) & (gain <= tolerance * old.cost)
    promises_nothing = (expected <= tolerance * equations.cost) & (damping <= xp.maximum(TRUSTED_DAMPING, tolerance))
    converged = unchanged | (promises_nothing & (begun | better))
    status = xp.where(converged, int(FitStatus.CONVERGED), int(FitStatus.RUNNING))
    status = xp.where(~begun & ~xp.isfinite(new.cost), int(FitStatus.NOT_FINITE), status)
    status = xp.where(~converged & (damping > MOST_DAMPING), int(FitStatus.NO_DESCENT), status)
    return FitState(
        u,
        equations,
        xp.where(running, trial, state.trial),
        xp.where(running, expected, state.expected),
        damping,
        growth,
        xp.where(running, status, state.status),
        state.steps + running,
    )


def _damped_step(problem: Problem, u: Any, equations: NormalEquations, damping: Any, lower: Any, upper: Any) -> Any:
    """(A + λ diag A) δ = -g over the coordinates that are free to move; no longer than a step may be."""
    xp = load_jax().numpy
    size = problem.space.size
    gradient, matrix = equations.gradient, equations.matrix
    free = xp.where(pressed_against_bound(u, gradient, lower, upper), 0.0, 1.0)
    rows, columns, diagonals = lower_indices(size)
    diagonal = matrix[diagonals]
    damped = damping * xp.maximum(diagonal, LEAST_CURVATURE * xp.max(diagonal, 0))
    entries = list(matrix * free[rows] * free[columns])
    for k, more in zip(diagonals, damped + (1 - free), strict=True):
        entries[k] = entries[k] + more
    step = -free * xp.stack(solution(entries, list(gradient * free), xp))
    longest = np.where(
        problem.space.logarithmic, LONGEST_LOGARITHMIC, LONGEST_SHARE * (problem.space.upper - problem.space.lower)
    )
    return step / xp.maximum(1.0, xp.max(xp.abs(step) / longest[:, None], 0))


def _expected_decrease(equations: NormalEquations, change: Any, xp: Any) -> Any:
    """-(2 gᵀδ + δᵀAδ), the decrease of a linear model."""
    rows, columns, _ = lower_indices(change.shape[0])
    twice = np.where(rows == columns, 1.0, 2.0)[:, None]
    square = xp.sum(twice * equations.matrix * change[rows] * change[columns], 0)
    return -(2 * xp.sum(equations.gradient * change, 0) + square)
