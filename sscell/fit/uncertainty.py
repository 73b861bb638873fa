"""How well parameters are known: from the curvature of the misfit at its minimum, in search coordinates.

Intervals are symmetric in the search coordinate, so those of a resistance are a factor up and down and stay positive.
The noise level comes from the misfit itself (χ² over the degrees of freedom), whatever the weights stand for; where
there are no more data than parameters nothing says how large it is, and no error is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sscell.fit.cholesky import full_matrix
from sscell.fit.levenberg_marquardt import Optima
from sscell.fit.pressed import pressed_against_bound
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.robust import robust_moments

CONFIDENCE = 0.95
# Directions in which the misfit is flatter than this share of the steepest are lost in rounding.
FLATTEST = 1e-14


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Of S fits with Q coordinates, in search coordinates.

    standard_error: (Q, S), NaN at a bound, infinite where there are no more data than parameters; correlation
    (Q, Q, S); at_bound (Q, S); half_width: (Q, S) of the 95 % interval; degrees: (S,) of freedom, 0 where there are no
    more data than parameters.
    """

    standard_error: np.ndarray
    correlation: np.ndarray
    at_bound: np.ndarray
    half_width: np.ndarray
    degrees: np.ndarray


def uncertainty_from_optima(problem: Problem, batch: SpectrumBatch, optima: Optima, data: np.ndarray) -> Uncertainty:
    """Of one fit a spectrum; data: (S,) real numbers fitted, two a point."""
    from scipy.stats import t as student

    space = problem.space
    at_bound = pressed_against_bound(optima.u, optima.gradient, space.lower[:, None], space.upper[:, None])
    free = ~at_bound
    degrees = np.where(data > space.size, data - free.sum(0), 0)
    inverse = inverse_matrices(full_matrix(optima.matrix, space.size, np), free)
    size, correlation = errors_and_correlation(inverse)
    error = np.where(free, size * np.sqrt(noise_variance(problem, batch, optima.u, optima.cost, degrees)), np.nan)
    error = np.where(degrees > 0, error, np.inf)
    half = error * student.ppf(0.5 + CONFIDENCE / 2, np.maximum(degrees, 1))
    return Uncertainty(error, correlation, at_bound, half, degrees)


def noise_variance(
    problem: Problem, batch: SpectrumBatch, u: np.ndarray, cost: np.ndarray, degrees: np.ndarray
) -> np.ndarray:
    """(S,) s² by which (JᵀJ)⁻¹ is multiplied, at optima u (Q, S) with misfits cost (S,)."""
    if problem.robust:
        return robust_moments(problem, batch, u).variance(degrees)
    return cost / np.maximum(degrees, 1)


def rise_at_one_error(
    problem: Problem, batch: SpectrumBatch, u: np.ndarray, cost: np.ndarray, degrees: np.ndarray
) -> np.ndarray:
    """(S,) by how much the misfit rises where a parameter is one standard error off: s² for least squares."""
    if problem.robust:
        return robust_moments(problem, batch, u).rise(degrees)
    return cost / np.maximum(degrees, 1)


def errors_and_correlation(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors (Q, S) and correlations (Q, Q, S) from covariances (S, Q, Q)."""
    error = np.sqrt(np.maximum(np.einsum("sii->is", covariance), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return error, np.moveaxis(covariance, 0, -1) / error[:, None] / error[None]


def inverse_matrices(matrices: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Inverses (S, Q, Q) over the free coordinates (Q, S), 0 elsewhere; near-singular directions become very large."""
    both = free.T[:, :, None] & free.T[:, None, :]
    identity = np.eye(matrices.shape[1])
    held = np.where(both, matrices, identity * ~both)
    scale = np.sqrt(np.einsum("sii->si", held))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(held / scale[:, :, None] / scale[:, None, :])
    values = np.maximum(values, FLATTEST * values[:, -1:])
    inverse = np.einsum("sik,sk,sjk->sij", vectors, 1 / values, vectors)
    return np.where(both, inverse / scale[:, :, None] / scale[:, None, :], 0.0)
