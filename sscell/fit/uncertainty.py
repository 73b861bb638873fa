"""How well parameters are known: from the curvature of the misfit at its minimum, in search coordinates.

Intervals are symmetric in the search coordinate, so those of a resistance are a factor up and down and stay positive.
The noise level comes from the misfit itself (χ² over the degrees of freedom), whatever the weights stand for; where
there are no more data than parameters nothing says how large it is, and no error is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sscell.fit.cholesky import lower_pairs
from sscell.fit.levenberg_marquardt import Optima
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.robust import robust_variance
from sscell.fit.space import SearchSpace

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
    at_bound = held_at_bound(space, optima.u, optima.gradient)
    free = ~at_bound
    degrees = np.where(data > space.size, data - free.sum(0), 0)
    inverse = inverse_matrices(full_matrices(optima.matrix, space.size), free)
    size = np.sqrt(np.maximum(np.einsum("sii->is", inverse), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.moveaxis(inverse, 0, -1) / size[:, None] / size[None]
    error = np.where(free, size * np.sqrt(noise_variance(problem, batch, optima, degrees)), np.nan)
    error = np.where(degrees > 0, error, np.inf)
    half = error * student.ppf(0.5 + CONFIDENCE / 2, np.maximum(degrees, 1))
    return Uncertainty(error, correlation, at_bound, half, degrees)


def noise_variance(problem: Problem, batch: SpectrumBatch, optima: Optima, degrees: np.ndarray) -> np.ndarray:
    """(S,) by which (JᵀJ)⁻¹ is multiplied, and the misfit's rise at one standard error: s² for least squares."""
    if problem.robust:
        return robust_variance(problem, batch, optima.u, degrees)
    return optima.cost / np.maximum(degrees, 1)


def held_at_bound(space: SearchSpace, u: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """(Q, S) at a bound, and pressed against it by the data."""
    low, high = space.lower[:, None], space.upper[:, None]
    return ((u <= low) & (gradient > 0)) | ((u >= high) & (gradient < 0))


def full_matrices(lower: np.ndarray, size: int) -> np.ndarray:
    """(S, Q, Q) from lower triangles (Q(Q+1)/2, S)."""
    out = np.empty((lower.shape[1], size, size))
    for n, (i, j) in enumerate(lower_pairs(size)):
        out[:, i, j] = out[:, j, i] = lower[n]
    return out


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
