"""How strong the smoothing is to be: the λ under which the data are most probable (empirical Bayes)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.relaxation.problem import Grid, NormalEquations

# From wide open to stiff, then close by; the minimum between the values from a parabola.
COARSE_DECADES = (-7.0, -5.0, -3.0, -1.0, 1.0)
NEARBY_DECADES = (-1.0, 0.0, 1.0)
_LIMITS = (-8.0, 2.0)
# No measurement is better than 1e-4 of its value; keeps exact data from asking for no smoothing at all.
_LEAST_MISFIT = 1e-8


def strength_from_evidence(equations: NormalEquations, grid: Grid, *, around: np.ndarray | None = None) -> np.ndarray:
    """λ (B,) of highest evidence; searched one decade to each side of `around` (B,), or everywhere."""
    decades = COARSE_DECADES if around is None else NEARBY_DECADES
    middle = np.zeros(equations.right.shape[0]) if around is None else np.log10(around)
    cost = _costs(equations, grid, 10 ** (middle + np.array(decades)[:, None]))
    return np.asarray(10 ** np.clip(middle + _minimum(decades, cost), *_LIMITS))


def _costs(equations: NormalEquations, grid: Grid, strengths: np.ndarray) -> np.ndarray:
    """−2 ln p(data | λ) up to a constant, for strengths (L, B); noise and unpenalised unknowns integrated out.

    ln|G + λP| − m ln λ + (2n − first) ln Φ, Φ = min ‖W(design x − z)‖² + λ x'Px: determinant and Φ are both on the
    diagonal of the Cholesky factor of [[G + λP, c], [c', b]].
    """
    matrix = _bordered(equations)
    batch, size = matrix.shape[:2]
    # The penalty is tridiagonal, so only these change with λ (the factorisation reads the lower half alone).
    diagonal, below = matrix.reshape(batch, -1)[:, :: size + 1], matrix.reshape(batch, -1)[:, size :: size + 1]
    fixed_diagonal, fixed_below = diagonal.copy(), below.copy()
    penalty = np.pad(grid.penalty, (0, 1))
    costs = []
    for strength in strengths:
        diagonal[...] = fixed_diagonal + strength[:, None] * np.diag(penalty)
        below[...] = fixed_below + strength[:, None] * np.diag(penalty, -1)
        pivots = 2 * np.log(np.einsum("bii->bi", np.linalg.cholesky(matrix)))
        log_determinant, log_misfit = pivots[:, :-1].sum(axis=1), pivots[:, -1]
        smoothness = grid.tau_s.size * np.log(strength)
        costs.append(log_determinant - smoothness + (grid.points - grid.first) * log_misfit)
    return np.stack(costs)


def _bordered(equations: NormalEquations) -> np.ndarray:
    """[[G, c], [c', b]] (B, k + 1, k + 1)."""
    batch, k = equations.right.shape
    bordered = np.empty((batch, k + 1, k + 1))
    bordered[:, :k, :k] = equations.gram
    bordered[:, k, :k] = bordered[:, :k, k] = equations.right
    bordered[:, k, k] = equations.square * (1 + _LEAST_MISFIT)
    return bordered


def _minimum(at: Sequence[float], cost: np.ndarray) -> np.ndarray:
    """Place of the lowest cost (values, B) on an equidistant axis, refined by the parabola through its neighbours."""
    axis = np.asarray(at)
    best = np.clip(np.argmin(cost, axis=0), 1, axis.size - 2)
    column = np.arange(cost.shape[1])
    left, here, right = (cost[best + i, column] for i in (-1, 0, 1))
    bend = left - 2 * here + right
    slope = 0.5 * (left - right)
    step = np.where(bend > np.abs(slope), slope / np.where(bend > 0, bend, 1.0), np.sign(slope))
    return np.asarray(axis[best] + step * (axis[1] - axis[0]))
