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
    difference = responses(problem, batch, u, np.arange(batch.count)) - batch.z
    modulus = np.hypot(difference.real * batch.real_weight, difference.imag * batch.imaginary_weight)
    used = (batch.real_weight > 0) | (batch.imaginary_weight > 0)
    scatter = np.array([np.median(m[w]) for m, w in zip(modulus.T, used.T, strict=True)]) / MEDIAN_MODULUS
    size = np.hypot(batch.z.real * batch.real_weight, batch.z.imag * batch.imaginary_weight).max(0)
    scale = np.maximum(LINEAR_BEYOND * scatter, 1e-12 * size)
    return replace(batch, loss_scale=scale), replace(problem, robust=True)
