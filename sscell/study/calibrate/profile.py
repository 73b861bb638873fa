"""Profile likelihood: the least cost as a function of one unknown, all others free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sscell.study.calibrate.problem import Problem
from sscell.study.calibrate.search import ENDED, Progress, Start, pinned_at, search, spread_of
from sscell.study.calibrate.unknowns import Unknown

# Where it is traced at first, in standard deviations of the covariance; where an interval does not end there, so much
# further out, so often.
STEPS, FURTHER, MOST_FURTHER = (-2.0, -1.0, 1.0, 2.0), 1.5, 3
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
    numbers = [next(k for k, unknown in enumerate(unknowns) if unknown.name == name) for name in names]
    starts = []
    for k in numbers:
        own = spread[k, k] if spread[k, k] > 0 else 1.0
        along = spread[:, k] / own if spread[k, k] > 0 else np.eye(u.size)[k]
        places = (u + along * step * np.sqrt(own) for step in STEPS)
        starts += [start for there in places if (start := _pinned(problem, best, best, there, k))]
    found: list[Start] = []
    for turn in range(1 + MOST_FURTHER):
        place = None if kept is None else kept.with_name(f"{kept.stem}-{turn}{kept.suffix}")
        found += search(problem, starts, most_rounds, place, progress)
        ends = [end for k in numbers for end in _open_ends(best, found, k)]
        further = ((state, u + FURTHER * (np.array(state.u) - u)) for state in ends)
        starts = [start for state, there in further if (start := _pinned(problem, best, state, there, state.pinned[0]))]
        if not starts:
            break
    return [_profile(unknowns[k], k, best, _traced(found, k)) for k in numbers]


def _pinned(problem: Problem, best: Start, near: Start, there: np.ndarray, number: int) -> Start | None:
    """A start at coordinates (P,), inside the bounds, that goes on from another; None if the other is at the bound."""
    inside = np.clip(there, *problem.bounds)
    return None if inside[number] in (near.u[number], best.u[number]) else pinned_at(problem, near, inside, number)


def _traced(found: Sequence[Start], number: int) -> list[Start]:
    return [s for s in found if s.pinned == [number] and s.status in (*ENDED, "no descent")]


def _open_ends(best: Start, found: Sequence[Start], number: int) -> list[Start]:
    """The outermost points on either side, where the cost has not risen by what ends an interval; none where a point

    could not be simulated, as others further out cannot either.
    """
    ends = []
    for side in (-1, 1):
        out = [s for s in found if s.pinned == [number] and side * (s.u[number] - best.u[number]) > 0]
        if any(not np.isfinite(state.cost) for state in out):
            continue
        out = _traced(out, number)
        outermost = max(out, key=lambda state: abs(state.u[number] - best.u[number]), default=None)
        if outermost is not None and max(state.cost for state in out) - best.cost < RISE_95:
            ends.append(outermost)
    return ends


def _profile(unknown: Unknown, number: int, best: Start, traced: Sequence[Start]) -> ProfileLikelihood:
    points = {float(best.u[number]): 0.0} | {float(s.u[number]): s.cost - best.cost for s in traced}
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
