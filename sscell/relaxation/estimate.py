"""From impedances on one frequency grid to distributions: smoothing strength, local scale, non-negative fit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sscell.relaxation.basis import blurring_matrix
from sscell.relaxation.evidence import strength_from_evidence
from sscell.relaxation.nonnegative import nonnegative_solution
from sscell.relaxation.problem import ELASTANCE, INDUCTANCE, RESISTANCE, Grid, NormalEquations, normal_equations
from sscell.relaxation.products import product

ADAPTATIONS = 2
# The smoothness is measured relative to γ itself, blurred by this much, plus a floor (share of its largest value):
# 0.01 for the estimate; 0.5 for its intervals, since the estimate must not vouch for itself.
_BLUR_DECADES = 0.15
_FLOOR = 0.01
_INTERVAL_FLOOR = 0.5


class Estimate(NamedTuple):
    """Distributions of B spectra on one grid of m relaxation times; γ per natural logarithm of τ.

    elastance_per_F: zero unless blocked; strength: λ; impedance_ohm: (B, n) fitted; noise: standard deviation of the
    residuals in units of the weighting (B,); plain_noise: the same for a smooth distribution of either sign;
    covariance: (B, 1 + m, 1 + m) of series resistance and γ, if asked for.
    """

    tau_s: np.ndarray
    blocked: bool
    gamma_ohm: np.ndarray
    resistance_ohm: np.ndarray
    inductance_H: np.ndarray
    elastance_per_F: np.ndarray
    strength: np.ndarray
    impedance_ohm: np.ndarray
    noise: np.ndarray
    plain_noise: np.ndarray
    covariance: np.ndarray | None


def estimate_from_impedances(
    grid: Grid, impedance_ohm: np.ndarray, deviation_ohm: np.ndarray, *, covariance: bool
) -> Estimate:
    """Distributions of impedances (B, n); deviation_ohm (B, n): their standard deviations up to a factor."""
    equations = normal_equations(grid, impedance_ohm, deviation_ohm)
    strength = strength_from_evidence(equations, grid)
    smooth = _smooth_solution(equations, grid, strength)
    explained = np.sum(equations.right * smooth, axis=1)
    plain_noise = np.sqrt(np.maximum(equations.square - explained, 0) / (grid.points - grid.first))
    blur = blurring_matrix(grid.tau_s, _BLUR_DECADES)
    shape = _shape(smooth, grid, blur)
    for _ in range(ADAPTATIONS):
        amplitude = _amplitude(shape, grid, _FLOOR)
        adapted = equations.amplified(amplitude)
        strength = strength_from_evidence(adapted, grid, around=strength)
        smooth = _smooth_solution(adapted, grid, strength)
        shape = _shape(smooth * amplitude, grid, blur)
    unknown = nonnegative_solution(_hessian(adapted, grid, strength), adapted.right, smooth)
    values = unknown * adapted.scale
    fitted = _impedance(grid, values)
    misfit = np.sum(np.abs(fitted - impedance_ohm) ** 2 / deviation_ohm**2, axis=1)
    roughness = strength * np.sum(product(unknown, grid.penalty) * unknown, axis=1)
    variance = (misfit + roughness) / (grid.points - grid.first)
    wide = equations.amplified(_amplitude(shape, grid, _INTERVAL_FLOOR)) if covariance else None
    return Estimate(
        tau_s=grid.tau_s,
        blocked=grid.blocked,
        gamma_ohm=values[:, grid.first :],
        resistance_ohm=values[:, RESISTANCE],
        inductance_H=values[:, INDUCTANCE] / (2 * np.pi * grid.frequency_Hz[-1]),
        elastance_per_F=values[:, ELASTANCE] * (2 * np.pi * grid.frequency_Hz[0] if grid.blocked else 0.0),
        strength=strength,
        impedance_ohm=fitted,
        noise=np.sqrt(variance),
        plain_noise=plain_noise,
        covariance=None if wide is None else _covariance(wide, grid, strength, variance),
    )


def _hessian(equations: NormalEquations, grid: Grid, strength: np.ndarray) -> np.ndarray:
    return np.asarray(equations.gram + strength[:, None, None] * grid.penalty)


def _smooth_solution(equations: NormalEquations, grid: Grid, strength: np.ndarray) -> np.ndarray:
    """The most probable unknowns (B, k) when negative ones are allowed."""
    return np.asarray(np.linalg.solve(_hessian(equations, grid, strength), equations.right[..., None])[..., 0])


def _shape(unknown: np.ndarray, grid: Grid, blur: np.ndarray) -> np.ndarray:
    """Positive part of the nodes, blurred, with its largest value at one (B, m); flat where nothing is positive."""
    shape = product(np.maximum(unknown[:, grid.first :], 0.0), blur.T)
    top = shape.max(axis=1, keepdims=True)
    return np.where(top > 0, shape / np.where(top > 0, top, 1.0), 1.0)


def _amplitude(shape: np.ndarray, grid: Grid, floor: float) -> np.ndarray:
    """Scale (B, k) of each unknown: the shape and a floor for the nodes, one for the others."""
    return np.hstack([np.ones((shape.shape[0], grid.first)), shape + floor])


def _impedance(grid: Grid, values: np.ndarray) -> np.ndarray:
    """Impedance (B, n) of the unknowns in ohms (B, k)."""
    real, imaginary = np.split(product(values, grid.design.T), 2, axis=1)
    return np.asarray(real + 1j * imaginary)


def _covariance(equations: NormalEquations, grid: Grid, strength: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Posterior covariance (B, 1 + m, 1 + m) in ohm² of series resistance and nodes, without the sign constraint."""
    inverse = np.linalg.inv(_hessian(equations, grid, strength))
    kept = np.r_[RESISTANCE, grid.first : grid.penalty.shape[0]]
    scale = equations.scale[:, kept] * np.sqrt(variance)[:, None]
    return np.asarray(inverse[:, kept[:, None], kept] * (scale[:, :, None] * scale[:, None, :]))
