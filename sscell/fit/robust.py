"""The robust loss: outliers count linearly, so that a spike does not bend the fit."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.response import responses

# In standard deviations of one part, estimated from the median residual.
LINEAR_BEYOND = 2.5
# Median of the modulus of a residual whose parts have standard deviation 1: sqrt(2 ln 2).
MEDIAN_MODULUS = float(np.sqrt(2 * np.log(2)))


def with_loss_scale(problem: Problem, batch: SpectrumBatch, u: np.ndarray) -> tuple[SpectrumBatch, Problem]:
    """Batch and problem of the robust loss, its scale taken from the residuals at u (Q, S)."""
    modulus, used = np.sqrt(_squares(problem, batch, u)), _used(batch)
    scatter = np.array([np.median(m[w]) for m, w in zip(modulus.T, used.T, strict=True)]) / MEDIAN_MODULUS
    size = np.hypot(batch.z.real * batch.real_weight, batch.z.imag * batch.imaginary_weight).max(0)
    scale = np.maximum(LINEAR_BEYOND * scatter, 1e-12 * size)
    return replace(batch, loss_scale=scale), replace(problem, robust=True)


@dataclass(frozen=True, eq=False)
class RobustMoments:
    """Sums over the points of S spectra at a robust optimum: points, w = ρ', ψ' and |ψ|² with ψ = w r; each (S,).

    Of an M-estimator, Huber, Ann. Stat. 1 (1973) 799, for residuals of two parts. The misfit itself would not do: its
    linear tails count each outlier in full.
    """

    points: np.ndarray
    weight: np.ndarray
    slope: np.ndarray
    square: np.ndarray

    def together(self) -> RobustMoments:
        """Those of all spectra in one, (1,)."""
        return RobustMoments(*(getattr(self, f.name).sum(keepdims=True) for f in fields(self)))

    def variance(self, degrees: np.ndarray) -> np.ndarray:
        """s² for cov = s²(JᵀwJ)⁻¹, J weighted by w: mean(w) Σ|ψ|²/ν / mean(ψ')²."""
        return self.rise(degrees) * self.weight / self.slope

    def rise(self, degrees: np.ndarray) -> np.ndarray:
        """By how much the misfit rises at one standard error, Σ|ψ|²/ν / mean(ψ'): its curvature is JᵀJ mean(ψ')."""
        return self.square / np.maximum(degrees, 1) * self.points / self.slope


def robust_moments(problem: Problem, batch: SpectrumBatch, u: np.ndarray) -> RobustMoments:
    """At coordinates u (Q, S), under the batch's loss scales."""
    assert batch.loss_scale is not None
    square, used = _squares(problem, batch, u), _used(batch)
    root = np.sqrt(1 + square / batch.loss_scale**2)
    # ψ' is a matrix of 2 by 2: w along the circle, w + 2 s w' along the residual; here the mean of the two.
    slope = (1 + 1 / root**2) / (2 * root)
    return RobustMoments(used.sum(0), *((part * used).sum(0) for part in (1 / root, slope, square / root**2)))


def _squares(problem: Problem, batch: SpectrumBatch, u: np.ndarray) -> np.ndarray:
    """(F, S) squared moduli of the weighted residuals."""
    difference = responses(problem, batch, u, np.arange(batch.count)) - batch.z
    return (difference.real * batch.real_weight) ** 2 + (difference.imag * batch.imaginary_weight) ** 2


def _used(batch: SpectrumBatch) -> np.ndarray:
    return (batch.real_weight > 0) | (batch.imaginary_weight > 0)
