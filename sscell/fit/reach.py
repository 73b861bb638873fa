"""Does the misfit rise as its curvature promises? Looked at well outside the interval of each loosely known parameter.

The curvature sees a parabola; where a time constant lies near the end of the measured range the misfit rises on one
side and lies flat on the other, and the interval from the curvature is far too short.
"""

from __future__ import annotations

import numpy as np

from sscell.fit.levenberg_marquardt import Optima, optima_from_starts
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.uncertainty import Uncertainty, rise_at_one_error

# Parameters known better than this lie in a narrow valley whose shape the curvature knows: 4 %, exponents to 0.015.
LOOSE_RELATIVE, LOOSE_LINEAR = 0.04, 0.015
# How far out, in half widths of the interval, and what share of the rise that a parabola has there is too little.
DISTANCE, TOO_LITTLE = 2.0, 0.5
TOLERANCE, MOST_STEPS = 1e-3, 25


def reaches_further(problem: Problem, batch: SpectrumBatch, optima: Optima, uncertainty: Uncertainty) -> np.ndarray:
    """(2, Q, S) whether the misfit rises much less than it should below and above the interval."""
    space = problem.space
    limit = np.where(space.logarithmic, LOOSE_RELATIVE, LOOSE_LINEAR)[:, None]
    error = uncertainty.standard_error
    loose = np.isfinite(error) & (error > limit)
    out = np.zeros((2, *loose.shape), dtype=bool)
    coordinate, spectrum = np.nonzero(loose)
    if coordinate.size == 0:
        return out
    side = np.repeat([0, 1], coordinate.size)
    coordinate, spectrum = np.tile(coordinate, 2), np.tile(spectrum, 2)
    away = np.where(side == 0, -DISTANCE, DISTANCE) * uncertainty.half_width[coordinate, spectrum]
    starts = _along_the_valley(optima.u[:, spectrum], uncertainty, coordinate, spectrum, away)
    lower, upper = (np.repeat(a[:, None], starts.shape[1], axis=1) for a in (space.lower, space.upper))
    lane = np.arange(starts.shape[1])
    held = np.clip(starts[coordinate, lane], space.lower[coordinate], space.upper[coordinate])
    lower[coordinate, lane] = upper[coordinate, lane] = held
    there = optima_from_starts(
        problem, batch, starts, spectrum, tolerance=TOLERANCE, most_steps=MOST_STEPS, lower=lower, upper=upper
    )
    rise = there.cost - optima.cost[spectrum]
    moved = np.abs(held - optima.u[coordinate, spectrum]) / error[coordinate, spectrum]
    one = rise_at_one_error(problem, batch, optima.u, optima.cost, uncertainty.degrees)
    parabola = moved**2 * one[spectrum]
    flat = rise < TOO_LITTLE * parabola
    out[side[flat], coordinate[flat], spectrum[flat]] = True
    return out


def _along_the_valley(
    u: np.ndarray, uncertainty: Uncertainty, coordinate: np.ndarray, spectrum: np.ndarray, away: np.ndarray
) -> np.ndarray:
    """Coordinates (Q, N) with one moved by `away` (N,) and the others as the covariance says they follow."""
    error = np.nan_to_num(uncertainty.standard_error[:, spectrum], nan=0.0)
    lane = np.arange(spectrum.size)
    follow = np.nan_to_num(uncertainty.correlation[:, coordinate, spectrum]) * error / error[coordinate, lane]
    follow[coordinate, lane] = 1.0
    return u + follow * away
