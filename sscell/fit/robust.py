"""The robust loss: outliers count linearly, so that a spike does not bend the fit."""

from __future__ import annotations

from dataclasses import replace

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


def robust_variance(problem: Problem, batch: SpectrumBatch, u: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """(S,) s² for cov = s²(JᵀwJ)⁻¹ at the robust optimum u (Q, S), J weighted by w = ρ': of an M-estimator.

    s² = mean(w) Σ|ψ|²/ν / mean(ψ')², ψ = w r; Huber, Ann. Stat. 1 (1973) 799, for residuals of two parts. The misfit
    itself would not do: its linear tails count each outlier in full.
    """
    assert batch.loss_scale is not None
    square, used = _squares(problem, batch, u), _used(batch)
    root = np.sqrt(1 + square / batch.loss_scale**2)
    # ψ' is a matrix of 2 by 2: w along the circle, w + 2 s w' along the residual; here the mean of the two.
    slope = (1 + 1 / root**2) / (2 * root)
    mean_weight, mean_slope = (_mean(of, used) for of in (1 / root, slope))
    return mean_weight * (square / root**2).sum(0) / np.maximum(degrees, 1) / mean_slope**2


def _squares(problem: Problem, batch: SpectrumBatch, u: np.ndarray) -> np.ndarray:
    """(F, S) squared moduli of the weighted residuals."""
    difference = responses(problem, batch, u, np.arange(batch.count)) - batch.z
    return (difference.real * batch.real_weight) ** 2 + (difference.imag * batch.imaginary_weight) ** 2


def _used(batch: SpectrumBatch) -> np.ndarray:
    return (batch.real_weight > 0) | (batch.imaginary_weight > 0)


def _mean(values: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(S,) over the points used."""
    return (values * used).sum(0) / used.sum(0)
