"""Profile likelihood: the least cost as a function of one unknown, all others free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sscell.study.calibrate.problem import Problem
from sscell.study.calibrate.search import Progress, Start, pinned_at, search, spread_of
from sscell.study.calibrate.unknowns import Unknown

# Where it is traced, in standard deviations of the covariance.
STEPS = (-3.0, -2.0, -1.3, -0.7, 0.7, 1.3, 2.0, 3.0)
# By how much the cost may rise within a 95 % interval: half of the chi-squared quantile of one degree of freedom.
RISE_95 = 1.920729


class ProfileLikelihood(NamedTuple):
    """value: (K,) rising; rise: (K,) of the cost above its least; low, high: the 95 % interval, NaN where not reached.

    Priors count in it, its own too.
    """

    name: str
    value: np.ndarray
    rise: np.ndarray
    low: float
    high: float


def profiles(
    problem: Problem,
    unknowns: Sequence[Unknown],
    best: Start,
    names: Sequence[str],
    most_rounds: int,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> list[ProfileLikelihood]:
    """Trace some unknowns; each point goes on from where the covariance expects it."""
    spread, u = spread_of(problem, best), np.array(best.u)
    numbers = {unknown.name: k for k, unknown in enumerate(unknowns)}
    starts = []
    for name in names:
        k = numbers[name]
        own = spread[k, k] if spread[k, k] > 0 else 1.0
        along = spread[:, k] / own if spread[k, k] > 0 else np.eye(u.size)[k]
        for step in STEPS:
            there = np.clip(u + along * step * np.sqrt(own), *problem.bounds)
            if there[k] != u[k]:
                starts.append(pinned_at(best, there, k))
    found = search(problem, starts, most_rounds, kept, progress)
    return [_profile(unknowns[numbers[name]], numbers[name], best, found) for name in names]


def _profile(unknown: Unknown, number: int, best: Start, found: Sequence[Start]) -> ProfileLikelihood:
    points = {float(best.u[number]): 0.0}
    for state in found:
        if state.pinned == [number] and state.status in ("converged", "far enough", "no descent"):
            points[float(state.u[number])] = state.cost - best.cost
    u = np.array(sorted(points))
    rise = np.array([points[x] for x in u.tolist()])
    middle = int(np.flatnonzero(u == best.u[number])[0])
    low = _crossing(u[: middle + 1][::-1], rise[: middle + 1][::-1])
    high = _crossing(u[middle:], rise[middle:])
    value = np.array([unknown.value(x) for x in u.tolist()])
    ends = [unknown.value(x) if np.isfinite(x) else np.nan for x in (low, high)]
    return ProfileLikelihood(unknown.name, value, rise, ends[0], ends[1])


def _crossing(u: np.ndarray, rise: np.ndarray) -> float:
    """Where, going outwards, the rise first passes its limit; the root of a parabola's rise is straight."""
    root = np.sign(rise) * np.sqrt(np.abs(rise))
    limit = np.sqrt(RISE_95)
    beyond = np.flatnonzero(root > limit)
    if beyond.size == 0:
        return np.nan
    k = int(beyond[0])
    share = (limit - root[k - 1]) / (root[k] - root[k - 1])
    return float(u[k - 1] + share * (u[k] - u[k - 1]))
