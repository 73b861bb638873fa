"""Quadratic programmes min ½x'Hx − c'x with x ≥ 0, many at once."""

from __future__ import annotations

import numpy as np

# What rounding leaves of a zero force, relative to the terms it is the sum of, and of a zero unknown.
_FORCE_ROUNDING = 1e-13
_UNKNOWN_ROUNDING = 1e-11
# Spectra with noise need about eight rounds; what takes more is going in circles.
_MOST_ROUNDS = 25


def nonnegative_solution(hessian: np.ndarray, right: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Minimisers (B, k) for positive definite `hessian` (B, k, k) and `right` (B, k); what is positive in `start`
    (B, k) is tried first.

    Block principal pivoting: Portugal, Júdice, Vicente, Math. Comp. 63 (1994) 625; Kim, Park, SIAM J. Sci. Comput.
    33 (2011) 3261. A problem leaves the batch when it is solved; those that circle go to Lawson and Hanson's method.
    """
    solution, free = np.zeros_like(right), start > 0
    open_ = np.arange(right.shape[0])
    for _ in range(_MOST_ROUNDS):
        x, wrong = _round(hessian[open_], right[open_], free[open_])
        done = ~wrong.any(axis=1)
        solution[open_[done]] = x[done]
        open_, wrong = open_[~done], wrong[~done]
        if open_.size == 0:
            break
        free[open_] ^= wrong
    for i in open_:
        solution[i] = _one_at_a_time(hessian[i], right[i])
    return np.maximum(solution, 0.0)


def _round(hessian: np.ndarray, right: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solution on the free unknowns and which unknowns are on the wrong side of their bound."""
    matrix = hessian * (free[:, :, None] & free[:, None, :])
    np.einsum("bii->bi", matrix)[~free] = 1.0
    x = np.linalg.solve(matrix, np.where(free, right, 0.0)[..., None])[..., 0]
    force = np.einsum("bij,bj->bi", hessian, x) - right
    largest = np.abs(x).max(axis=1, keepdims=True)
    terms = np.abs(right).max(axis=1, keepdims=True) + largest * np.einsum("bii->b", hessian)[:, None]
    return x, np.where(free, x < -_UNKNOWN_ROUNDING * largest, force < -_FORCE_ROUNDING * terms)


def _one_at_a_time(hessian: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The same minimum by an active-set method that always ends, on the triangular factor of one problem."""
    from scipy.optimize import nnls

    lower = np.linalg.cholesky(hessian)
    return np.asarray(nnls(lower.T, np.linalg.solve(lower, right), maxiter=100 * right.size)[0])
