"""One problem over many spectra: some coordinates shared by all, the others each spectrum's own.

The normal matrix is an arrow: a block a spectrum, joined by the shared coordinates alone; each step eliminates the
blocks one by one (Schur complement), so the work grows with the number of spectra, not with its cube.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sscell.fit.cholesky import full_matrix
from sscell.fit.damping import FIRST_DAMPING, FIRST_GROWTH, MOST_DAMPING, damping_after
from sscell.fit.levenberg_marquardt import equations_at
from sscell.fit.pressed import pressed_against_bound
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.robust import robust_moments
from sscell.fit.state import FitStatus
from sscell.fit.step import LEAST_CURVATURE
from sscell.fit.uncertainty import CONFIDENCE, Uncertainty, errors_and_correlation, inverse_matrices

TOLERANCE, MOST_STEPS = 1e-8, 200


@dataclass(frozen=True, eq=False)
class JointFit:
    """u (Q, S) with equal rows where shared; cost: (S,); gradient (Q, S), matrix (S, Q, Q) of each spectrum's misfit;
    status, steps of the joint problem."""

    u: np.ndarray
    cost: np.ndarray
    gradient: np.ndarray
    matrix: np.ndarray
    status: FitStatus
    steps: int


def joint_fit(problem: Problem, batch: SpectrumBatch, u: np.ndarray, shared: np.ndarray) -> JointFit:
    """Minimise the sum of all costs from u (Q, S); shared: (Q,) which coordinates have one value for all."""
    u = _with_shared(u, shared)
    low, high = problem.space.lower[:, None], problem.space.upper[:, None]
    cost, gradient, matrix = _equations(problem, batch, u)
    damping, growth, status, steps = FIRST_DAMPING, FIRST_GROWTH, FitStatus.TOO_MANY_STEPS, 0
    while steps < MOST_STEPS:
        steps += 1
        held = _held(problem, u, gradient, shared)
        change = _step(gradient, matrix, held, shared, damping)
        trial = np.clip(u + change, low, high)
        change = trial - u
        expected = -(2 * (gradient * change).sum() + np.einsum("is,sij,js->", change, matrix, change))
        new_cost, new_gradient, new_matrix = _equations(problem, batch, trial)
        gain = cost.sum() - new_cost.sum()
        small = expected <= TOLERANCE * cost.sum()
        converged = small and gain <= TOLERANCE * cost.sum()
        damping, growth = damping_after(damping, growth, gain, expected, np)
        if gain > 0:
            u, cost, gradient, matrix = trial, new_cost, new_gradient, new_matrix
        if converged or damping > MOST_DAMPING:
            status = FitStatus.CONVERGED if converged else FitStatus.NO_DESCENT
            break
    return JointFit(u, cost, gradient, matrix, status, steps)


def joint_uncertainty(
    problem: Problem, batch: SpectrumBatch, fit: JointFit, shared: np.ndarray, data: int
) -> Uncertainty:
    """Errors of every spectrum's coordinates in the joint problem; data: real numbers fitted in all.

    The noise level is one for all spectra, whose weights are to see to that; the degrees of freedom are those of the
    whole problem, for Student's t.
    """
    from scipy.stats import t as student

    space, count = problem.space, fit.u.shape[1]
    at_bound = _held(problem, fit.u, fit.gradient, shared)
    free = ~at_bound
    own = inverse_matrices(fit.matrix, free & ~shared[:, None])
    degrees = max(data - int(free[~shared].sum()) - int(free[shared].any(1).sum()), 1)
    scale = _noise_variance(problem, batch, fit, degrees)
    across = np.where(shared[None, None, :], fit.matrix, 0.0)
    eliminated = np.einsum("sia,sij,sjb->ab", across, own, across)
    schur = (fit.matrix.sum(0) - eliminated)[np.ix_(shared, shared)]
    covariance_shared = np.zeros((space.size, space.size))
    free_shared = free[shared].all(1)
    covariance_shared[np.ix_(shared, shared)] = inverse_matrices(schur[None], free_shared[:, None])[0]
    spread = np.einsum("sij,sjb->sib", own, across)
    spread = spread - np.eye(space.size)[None] * shared  # how own coordinates follow, and the shared ones themselves
    covariance = (own + np.einsum("sia,ab,sjb->sij", spread, covariance_shared, spread)) * scale
    error, correlation = errors_and_correlation(covariance)
    error = np.where(free, error, np.nan)
    half = error * student.ppf(0.5 + CONFIDENCE / 2, degrees)
    return Uncertainty(error, correlation, at_bound, half, np.full(count, degrees))


def degrees_of_each(at_bound: np.ndarray, shared: np.ndarray, data: np.ndarray) -> np.ndarray:
    """(S,) degrees of freedom of each spectrum, which add up to those of the whole problem: its data (S,) less its own
    coordinates and its part of the shared ones; at_bound: (Q, S)."""
    free = ~at_bound
    return np.maximum(data - free[~shared].sum(0) - free[shared].any(1).sum() / at_bound.shape[1], 1)


def _with_shared(u: np.ndarray, shared: np.ndarray) -> np.ndarray:
    return np.where(shared[:, None], u.mean(1, keepdims=True), u)


def _equations(problem: Problem, batch: SpectrumBatch, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    equations = equations_at(problem, batch, u, np.arange(batch.count))
    return equations.cost, equations.gradient, full_matrix(equations.matrix, u.shape[0], np)


def _held(problem: Problem, u: np.ndarray, gradient: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """(Q, S) coordinates at a bound that want to go further; shared ones by what all spectra want."""
    slope = np.where(shared[:, None], gradient.sum(1, keepdims=True), gradient)
    return pressed_against_bound(u, slope, problem.space.lower[:, None], problem.space.upper[:, None])


def _noise_variance(problem: Problem, batch: SpectrumBatch, fit: JointFit, degrees: int) -> float:
    if problem.robust:
        return float(robust_moments(problem, batch, fit.u).together().variance(np.array([degrees]))[0])
    return float(fit.cost.sum() / degrees)


def _step(gradient: np.ndarray, matrix: np.ndarray, held: np.ndarray, shared: np.ndarray, damping: float) -> np.ndarray:
    """(Q, S) damped Gauss-Newton step, the same for all spectra in the shared coordinates."""
    diagonal = np.einsum("sii->si", matrix)
    damped = matrix + damping * np.maximum(diagonal, LEAST_CURVATURE * diagonal.max(1, keepdims=True))[
        :, :, None
    ] * np.eye(matrix.shape[1])
    free = ~held
    own = inverse_matrices(damped, free & ~shared[:, None])
    across = damped[:, :, shared]
    followed = np.einsum("sij,sja->sia", own, across)
    schur = (damped[:, shared][:, :, shared] - np.einsum("sja,sjb->sab", across, followed)).sum(0)
    right = -(gradient[shared].sum(1)) + np.einsum("sja,js->a", followed, gradient)
    together = inverse_matrices(schur[None], free[shared].all(1)[:, None])[0] @ right
    step = -np.einsum("sij,js->is", own, gradient) - np.einsum("sia,a->is", followed, together)
    step[shared] = together[:, None]
    return step
