"""How well each unknown is known, and what the data cannot tell apart, in numbers and in words."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sscell.study.calibrate.unknowns import Unknown

TWO_SIDED_95 = 1.959963984540054
# An unknown whose error is this share of its prior's is told by its prior; correlations from which a pair is told so.
BY_PRIOR, TOGETHER = 0.8, 0.95
# The smallest part of a combination that is told.
PART = 0.3


class Known(NamedTuple):
    """An unknown after the fit: value, 95 % interval, its prior in words.

    error: one standard deviation over the prior's (or over `spread`, where it is flat). word: '', 'told by its prior'
    (flat: 'told by its bounds', the interval being all that they leave) or 'at its bound': its interval then begins
    there.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    prior: str
    error: float
    word: str
    source: str


def covariance(matrix: np.ndarray, at_bound: np.ndarray) -> np.ndarray:
    """The inverse of Gauss-Newton's matrix over the coordinates that are not held at a bound; 0 elsewhere."""
    free = np.flatnonzero(~at_bound)
    inverse = np.zeros_like(matrix)
    if free.size == 0:
        return inverse
    values, vectors = np.linalg.eigh(matrix[np.ix_(free, free)])
    values = np.maximum(values, 1e-14 * values[-1])
    inverse[np.ix_(free, free)] = (vectors / values) @ vectors.T
    return inverse


def reach(matrix: np.ndarray, gradient: np.ndarray, at_bound: np.ndarray) -> np.ndarray:
    """How far from its bound each coordinate that is held there may be, in 95 of 100 (P,), signed; 0 for the others.

    Inside its bound the cost rises by the gradient, and by the curvature with all else free.
    """
    from scipy.stats import norm

    found = np.zeros(gradient.size)
    for k in np.flatnonzero(at_bound & (gradient != 0)).tolist():
        own = at_bound.copy()
        own[k] = False
        sigma, slope = np.sqrt(covariance(matrix, own)[k, k]), abs(gradient[k])
        steep = slope * sigma
        inside = sigma * (norm.isf(0.05 * norm.sf(steep)) - steep) if steep < 30 else np.log(20) / slope
        found[k] = np.sign(gradient[k]) * inside
    return found


def known(
    unknowns: Sequence[Unknown],
    units: Sequence[str],
    u: np.ndarray,
    spread: np.ndarray,
    at_bound: np.ndarray,
    inside: np.ndarray,
) -> list[Known]:
    """One row an unknown; spread: covariance of their coordinates (Q, Q); inside: `reach` of those at a bound (Q,)."""
    rows = []
    for k, (unknown, unit) in enumerate(zip(unknowns, units, strict=True)):
        error = float(np.sqrt(spread[k, k]))
        ends = sorted((u[k], u[k] + inside[k])) if at_bound[k] else u[k] + np.array([-1, 1]) * TWO_SIDED_95 * error
        low, high = (unknown.value(float(end)) for end in np.clip(ends, *unknown.bounds))
        word = "at its bound" if at_bound[k] else ""
        if not word and (error > BY_PRIOR if not unknown.spec.flat else (low, high) == unknown.ends):
            word = "told by its bounds" if unknown.spec.flat else "told by its prior"
        value, source = unknown.value(u[k]), unknown.spec.source
        rows.append(Known(unknown.name, value, low, high, unit, unknown.prior, error, word, source))
    return rows


def told_together(unknowns: Sequence[Unknown], spread: np.ndarray, at_bound: np.ndarray) -> list[str]:
    """Sentences on pairs that the data know only together."""
    free = [k for k in range(len(unknowns)) if not at_bound[k]]
    found = []
    for a, b in itertools.combinations(free, 2):
        correlation = spread[a, b] / np.sqrt(spread[a, a] * spread[b, b])
        if abs(correlation) < TOGETHER:
            continue
        found.append((abs(correlation), _sentence(unknowns[a], unknowns[b], spread[np.ix_((a, b), (a, b))])))
    return [sentence for _, sentence in sorted(found, key=lambda pair: -pair[0])]


def _sentence(a: Unknown, b: Unknown, spread: np.ndarray) -> str:
    """What of a pair is known: of two logarithms their product or ratio, else a weighted sum."""
    opposed = spread[0, 1] < 0
    if a.spec.scale == b.spec.scale == "log":
        scale = np.log([a.spec.spread, b.spec.spread])
        in_logs = spread * np.outer(scale, scale)
        # The power of the second at which the combination is best known.
        power = -in_logs[0, 1] / in_logs[1, 1]
        error = float(np.sqrt(max(in_logs[0, 0] + power * in_logs[0, 1], 0.0)))
        what = "product" if opposed else "ratio"
        shown = "" if abs(abs(power) - 1) < 0.1 else f" (the second to the power of {abs(power):.2g})"
        return (
            f"{a.name} and {b.name} cannot be told apart by these data: only their {what}{shown}, "
            f"±{100 * np.expm1(error):.2g} %."
        )
    correlation = spread[0, 1] / np.sqrt(spread[0, 0] * spread[1, 1])
    return (
        f"{a.name} and {b.name} cannot be told apart by these data: only a {'sum' if opposed else 'difference'} of "
        f"both (correlation {correlation:.2f})."
    )


class Direction(NamedTuple):
    """A combination of unknowns, in units of their priors; error: what is left of one prior standard deviation."""

    error: float
    parts: tuple[tuple[str, float], ...]

    @property
    def words(self) -> str:
        """The combination, its largest parts first."""
        terms = [f"{weight:+.2f} {name}".replace("-", "−") for name, weight in self.parts]
        return f"{' '.join(terms)}: {100 * self.error:.2g} % of the prior's width is left"


def directions(unknowns: Sequence[Unknown], spread: np.ndarray, at_bound: np.ndarray) -> list[Direction]:
    """Combinations from best to worst known (the eigenvectors of the Fisher information); parts of at least 0.3."""
    free = [k for k in range(len(unknowns)) if not at_bound[k]]
    values, vectors = np.linalg.eigh(spread[np.ix_(free, free)])
    found = []
    for value, vector in zip(values, vectors.T, strict=True):
        order = [k for k in np.argsort(-np.abs(vector)).tolist() if abs(vector[k]) >= PART]
        sign = np.sign(vector[order[0]]) if order else 1.0
        parts = tuple((unknowns[free[k]].name, float(sign * vector[k])) for k in order)
        found.append(Direction(float(np.sqrt(max(value, 0.0))), parts))
    return found
