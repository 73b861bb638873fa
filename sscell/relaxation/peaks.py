"""The peaks of a distribution: where they are, how large, how sure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sscell.relaxation.basis import spacing_from_times

# A dip shallower than this share of the lower peak's height does not part two peaks.
_LEAST_PROMINENCE = 0.1
# A peak is listed when its area is so many standard errors: a curve has about ten places where noise could make one.
_SIGNIFICANT = 2.5
NORMAL_95 = 1.959964


@dataclass(frozen=True, kw_only=True)
class Peak:
    """One peak of γ(ln τ), from valley to valley; intervals are 95 %.

    resistance_ohm: its area; height_ohm: γ at its top; width_decades: full width at half height (or to the valley
    where that comes first); exponent: n of the ZARC of this area and height, 1 for a single RC;
    extrapolated: its top lies outside the measured 1/ω.
    """

    tau_s: float
    tau_interval_s: tuple[float, float]
    frequency_Hz: float
    resistance_ohm: float
    resistance_interval_ohm: tuple[float, float]
    height_ohm: float
    width_decades: float
    exponent: float
    extrapolated: bool


def peaks_from_distribution(
    tau_s: np.ndarray,
    gamma_ohm: np.ndarray,
    covariance: np.ndarray,
    *,
    counted: np.ndarray,
    measured_s: tuple[float, float],
) -> tuple[Peak, ...]:
    """Peaks in the order of τ whose area is at least 2.5 standard errors.

    covariance: (m, m) of γ; counted: (m,) nodes that may add to an area; measured_s: shortest and longest 1/ω.
    """
    spacing = spacing_from_times(tau_s)
    spans = peak_spans(gamma_ohm)
    if not spans:
        return ()
    share = spacing * counted * np.stack([span_weights(tau_s.size, first, last) for _, first, last in spans])
    areas = share @ gamma_ohm
    errors = np.sqrt(np.maximum(np.einsum("pi,pi->p", share @ covariance, share), 0.0))
    peaks = []
    for (top, first, last), area, error in zip(spans, areas.tolist(), errors.tolist(), strict=True):
        if area <= _SIGNIFICANT * error:
            continue
        step, step_error = _top(gamma_ohm, covariance, top)
        tau = float(tau_s[top] * np.exp(spacing * step))
        reach = float(np.exp(NORMAL_95 * spacing * step_error))
        peaks.append(
            Peak(
                tau_s=tau,
                tau_interval_s=(tau / reach, tau * reach),
                frequency_Hz=1 / (2 * np.pi * tau),
                resistance_ohm=area,
                resistance_interval_ohm=(area - NORMAL_95 * error, area + NORMAL_95 * error),
                height_ohm=float(gamma_ohm[top]),
                width_decades=float(_width(gamma_ohm, top, first, last) * spacing / np.log(10)),
                exponent=float(exponent_from_peak(area, gamma_ohm[top])),
                extrapolated=not measured_s[0] <= tau <= measured_s[1],
            )
        )
    return tuple(peaks)


def peak_spans(gamma_ohm: np.ndarray) -> list[tuple[int, int, int]]:
    """(top, first, last) node of every peak, from valley to valley; a rise to the end of the axis is no peak."""
    from scipy.signal import find_peaks

    end = gamma_ohm.size - 1
    tops, found = find_peaks(np.concatenate([[0.0], gamma_ohm, [0.0]]), prominence=0.0)
    tops = tops[found["prominences"] > _LEAST_PROMINENCE * gamma_ohm[tops - 1]] - 1
    valleys = [int(a + np.argmin(gamma_ohm[a : b + 1])) for a, b in pairwise(tops)]
    edges = [0, *valleys, end]
    return [(int(top), edges[i], edges[i + 1]) for i, top in enumerate(tops) if 0 < top < end]


def span_weights(count: int, first: int, last: int) -> np.ndarray:
    """Share (m,) of each node that belongs to a span; a valley is shared evenly, an end of the axis is not."""
    weights = np.zeros(count)
    weights[first : last + 1] = 1.0
    if first > 0:
        weights[first] = 0.5
    if last < count - 1:
        weights[last] = 0.5
    return weights


def exponent_from_peak(area_ohm: np.ndarray | float, height_ohm: np.ndarray | float) -> np.ndarray:
    """CPE exponent n of a ZARC with this area and height: γ(τ₀) = R tan(nπ/2)/2π."""
    return np.asarray(2 / np.pi * np.arctan(2 * np.pi * np.asarray(height_ohm) / np.asarray(area_ohm)))


def _top(gamma: np.ndarray, covariance: np.ndarray, top: int) -> tuple[float, float]:
    """Offset of the maximum from its node, in nodes, by the parabola through three nodes, and its standard error.

    The error is that of the slope over the curvature; it is at most one node, beyond which the parabola says nothing.
    """
    left, here, right = gamma[top - 1 : top + 2]
    bend = 2 * here - left - right
    slope = 0.5 * (right - left)
    c = covariance[top - 1 : top + 2, top - 1 : top + 2]
    error = 0.5 * np.sqrt(max(c[0, 0] + c[2, 2] - 2 * c[0, 2], 0.0))
    return (float(slope / bend), float(min(error / bend, 1.0))) if bend > 0 else (0.0, 1.0)


def _width(gamma: np.ndarray, top: int, first: int, last: int) -> float:
    """Full width at half height in nodes, cut at the valleys."""
    return _half(gamma[top : last + 1]) + _half(gamma[first : top + 1][::-1])


def _half(flank: np.ndarray) -> float:
    """Nodes from the top (first value) down to half of it, or to the end of the flank."""
    below = np.flatnonzero(flank <= 0.5 * flank[0])
    if below.size == 0:
        return float(flank.size - 1)
    i = int(below[0])
    return i - 1 + float((flank[i - 1] - 0.5 * flank[0]) / (flank[i - 1] - flank[i]))
