"""Does the misfit rise as its curvature promises? Looked at well outside the interval of each loosely known parameter.

The curvature sees a parabola; where a time constant lies near the end of the measured range the misfit rises on one
side and lies flat on the other, and the interval from the curvature is far too short.
"""

from __future__ import annotations

import numpy as np

from sscell.fit.determination import FURTHEST_LINEAR, FURTHEST_RELATIVE
from sscell.fit.levenberg_marquardt import Optima, optima_from_starts
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.uncertainty import Uncertainty, rise_at_one_error

# Parameters known better than this lie in a narrow valley whose shape the curvature knows: 4 %, exponents to 0.015.
LOOSE_RELATIVE, LOOSE_LINEAR = 0.04, 0.015
# How far out, in half widths of the interval, and what share of the rise that a parabola has there is too little.
DISTANCE, TOO_LITTLE = 2.0, 0.5
TOLERANCE, MOST_STEPS = 1e-3, 25


def reaches_further(problem: Problem, batch: SpectrumBatch, optima: Optima, uncertainty: Uncertainty) -> np.ndarray:
    """(2, Q, S) how far the 95 % interval reaches below and above the optimum, in search coordinates, where the misfit
    rises much less than it should (to the bound, where that is nearer); 0 where it rises as it should, infinite where
    no end was found: then a logarithm reaches further than 1, an exponent further than 0.3."""
    space = problem.space
    limit = np.where(space.logarithmic, LOOSE_RELATIVE, LOOSE_LINEAR)[:, None]
    error = uncertainty.standard_error
    out = np.zeros((2, *error.shape))
    coordinate, spectrum = np.nonzero(np.isfinite(error) & (error > limit))
    if coordinate.size == 0:
        return out
    side = np.repeat([0, 1], coordinate.size)
    coordinate, spectrum = np.tile(coordinate, 2), np.tile(spectrum, 2)
    distance, rise = _rise_at(problem, batch, optima, uncertainty, side, coordinate, spectrum, np.array(DISTANCE))
    flat = rise < TOO_LITTLE * distance**2
    side, coordinate, spectrum, distance, rise = (a[flat] for a in (side, coordinate, spectrum, distance, rise))
    if side.size == 0:
        return out
    at_bound = distance < 0.99 * DISTANCE
    end = np.where(at_bound & (rise < 1), distance, _end(distance, rise))
    half = uncertainty.half_width[coordinate, spectrum]
    furthest = np.where(space.logarithmic, FURTHEST_RELATIVE, FURTHEST_LINEAR)[coordinate] / half
    again = np.flatnonzero(np.isinf(end) & (furthest > DISTANCE))
    if again.size:
        lanes = side[again], coordinate[again], spectrum[again]
        far, risen = _rise_at(problem, batch, optima, uncertainty, *lanes, furthest[again])
        end[again] = _end_between(distance[again], rise[again], far, risen)
    out[side, coordinate, spectrum] = end * half
    return out


def _rise_at(
    problem: Problem,
    batch: SpectrumBatch,
    optima: Optima,
    uncertainty: Uncertainty,
    side: np.ndarray,
    coordinate: np.ndarray,
    spectrum: np.ndarray,
    distance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Each lane's coordinate is held so many half widths away, within its bounds, and the others are fitted again: how
    far away it was, and by how much the misfit rises, where 1 is the limit of the 95 % interval; all (N,)."""
    space = problem.space
    half = uncertainty.half_width[coordinate, spectrum]
    away = np.where(side == 0, -1.0, 1.0) * distance * half
    starts = _along_the_valley(optima.u[:, spectrum], uncertainty, coordinate, spectrum, away)
    lower, upper = (np.repeat(a[:, None], starts.shape[1], axis=1) for a in (space.lower, space.upper))
    lane = np.arange(starts.shape[1])
    held = np.clip(starts[coordinate, lane], space.lower[coordinate], space.upper[coordinate])
    lower[coordinate, lane] = upper[coordinate, lane] = held
    there = optima_from_starts(
        problem, batch, starts, spectrum, tolerance=TOLERANCE, most_steps=MOST_STEPS, lower=lower, upper=upper
    )
    one = rise_at_one_error(problem, batch, optima.u, optima.cost, uncertainty.degrees)[spectrum]
    limit = one * (half / uncertainty.standard_error[coordinate, spectrum]) ** 2
    rise = np.maximum(there.cost - optima.cost[spectrum], 0.0)
    return np.abs(held - optima.u[coordinate, spectrum]) / half, rise / limit


def _end(distance: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Where the rise is 1, in half widths, from what it is at a distance; infinite where it is less than 1 there.

    √rise = x (1 - k x): it begins as the parabola does and passes through the point.
    """
    ended = rise >= 1
    root = np.sqrt(np.where(ended, rise, 1.0))
    k = np.where(ended, (1 - root / np.where(ended, distance, 1.0)) / np.where(ended, distance, 1.0), 0.1)
    return np.where(ended, (1 - np.sqrt(np.maximum(1 - 4 * k, 0.0))) / (2 * k), np.inf)


def _end_between(near: np.ndarray, rise_near: np.ndarray, far: np.ndarray, rise_far: np.ndarray) -> np.ndarray:
    """Where the rise is 1, by a straight line of √rise between two distances; infinite where it is less at both."""
    low, high = np.sqrt(rise_near), np.sqrt(rise_far)
    share = (1 - low) / np.where(high > low, high - low, 1.0)
    return np.where(rise_far >= 1, near + np.clip(share, 0.0, 1.0) * (far - near), np.inf)


def _along_the_valley(
    u: np.ndarray, uncertainty: Uncertainty, coordinate: np.ndarray, spectrum: np.ndarray, away: np.ndarray
) -> np.ndarray:
    """Coordinates (Q, N) with one moved by `away` (N,) and the others as the covariance says they follow."""
    error = np.nan_to_num(uncertainty.standard_error[:, spectrum], nan=0.0)
    lane = np.arange(spectrum.size)
    follow = np.nan_to_num(uncertainty.correlation[:, coordinate, spectrum]) * error / error[coordinate, lane]
    follow[coordinate, lane] = 1.0
    return u + follow * away
