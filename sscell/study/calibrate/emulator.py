"""Values of all data to second order about a point, by what was simulated around it: cheap to search and to draw from.

A run tells one number a value, slopes as many as there are unknowns: slopes somewhere else say how slopes change on the
way there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

# Of the second-order terms, over their spread among the points, a point (a term, where there are fewer points): keeps
# what the points cannot tell near nothing. Terms smaller than that are told by noise.
RIDGE, LEAST_SPREAD = 0.1, 0.05
# A point counts half where the cost, seen or foretold, is so much above that of the base.
HALF = 10.0


class Seen(NamedTuple):
    """A simulated point: coordinates (P,), values (V,) of all data one after the other, and slopes (V, P) if known."""

    u: np.ndarray
    values: np.ndarray
    slopes: np.ndarray | None = None


@dataclass(frozen=True)
class Emulator:
    """v(u) = v0 + S d + ½ Σ H_ab d_a d_b, d = u - u0, a and b among the shared unknowns; NaN where v0 is."""

    u0: np.ndarray
    values: np.ndarray
    slopes: np.ndarray
    bend: np.ndarray  # (V, K (K + 1) / 2)
    shared: int  # K; what varies from cell to cell comes after them, and is linear

    def at(self, u: Any, xp: Any = np) -> Any:
        """Values (V,) at coordinates (P,)."""
        d = u - self.u0
        return self.values + self.slopes @ d + self.bend @ products(d[: self.shared], xp)

    def slopes_at(self, u: np.ndarray) -> np.ndarray:
        """Slopes (V, P) at coordinates (P,)."""
        by = self.slopes.astype(float)
        by[:, : self.shared] += self.bend @ products_by((u - self.u0)[: self.shared])
        return by


def products(d: Any, xp: Any = np) -> Any:
    """½ d_a² and d_a d_b (a < b) of the last axis."""
    a, b = np.triu_indices(d.shape[-1])
    return d[..., a] * d[..., b] * xp.asarray(np.where(a == b, 0.5, 1.0))


def products_by(d: np.ndarray) -> np.ndarray:
    """Derivatives (T, K) of these products at d (K,)."""
    a, b = np.triu_indices(d.size)
    by, term = np.zeros((a.size, d.size)), np.arange(a.size)
    half = np.where(a == b, 0.5, 1.0)
    np.add.at(by, (term, a), half * d[b])
    np.add.at(by, (term, b), half * d[a])
    return by


def weights_of(rise: np.ndarray) -> np.ndarray:
    """The weight (N,) of points whose cost is so much above the base's (N,).

    What is missed is of third order in the distance, and its square of third order in the rise of the cost.
    """
    return np.asarray(1 / (1 + (np.maximum(rise, 0.0) / HALF) ** 3))


def emulator_about(base: Seen, seen: Sequence[Seen], weights: np.ndarray, shared: int) -> Emulator:
    """About a point whose slopes are known, from points seen, weighed (N,)."""
    assert base.slopes is not None
    by = np.nan_to_num(base.slopes)
    terms, missed = [np.zeros((0, shared * (shared + 1) // 2))], [np.zeros((0, base.values.size))]
    weight = [np.zeros(0)]
    for point, w in zip(seen, weights, strict=True):
        d = point.u - base.u
        terms.append(products(d[None, :shared]))
        missed.append((point.values - base.values - by @ d)[None])
        weight.append(np.array([w]))
        if point.slopes is not None:
            terms.append(products_by(d[:shared]).T)
            missed.append((point.slopes - by)[:, :shared].T + 0 * (base.values + point.values))  # NaN where one is
            weight.append(np.full(shared, w))
    bend = _solved(np.concatenate(terms), np.concatenate(missed), np.concatenate(weight))
    return Emulator(base.u, base.values, by, bend, shared)


def _solved(terms: np.ndarray, missed: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The second-order terms (V, T) that explain what slopes miss (N, V); each value from the points that have it."""
    bend = np.zeros((missed.shape[1], terms.shape[1]))
    if not weight.sum() > 0:
        return bend
    scale = np.maximum(np.sqrt(weight @ terms**2 / weight.sum()), LEAST_SPREAD)
    x, there = terms / scale, np.isfinite(missed)
    patterns, which = np.unique(there, axis=1, return_inverse=True)
    for k, known in enumerate(patterns.T):
        own = np.flatnonzero(which.ravel() == k)
        weighed = weight[known, None] * x[known]
        gram = x[known].T @ weighed + RIDGE * max(weight.sum(), scale.size) * np.eye(scale.size)
        bend[own] = np.linalg.solve(gram, weighed.T @ missed[np.ix_(known, own)]).T / scale
    return bend
