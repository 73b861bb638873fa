"""Profile likelihood: how much the misfit rises when one parameter is held off its optimum and all others follow.

Unlike intervals from the curvature it knows that the misfit is no parabola; Raue et al., Bioinformatics 25 (2009) 1923.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sscell.errors import nearest_key, require
from sscell.fit.levenberg_marquardt import optima_from_starts
from sscell.fit.result import FitResult
from sscell.fit.space import SearchSpace
from sscell.fit.uncertainty import CONFIDENCE

# Where a parameter is held, in half widths of the interval from the curvature, on either side.
STATIONS = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0])
# A coordinate whose curvature says nothing is followed over this distance.
WIDEST = 3.0
TOLERANCE, MOST_STEPS = 1e-8, 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """values: (n,) of the parameter, rising, the optimum among them; chi_square: (n,) with all others refitted.

    interval: where χ² has risen to its 95 % limit; an end that is the parameter's bound or the last value tried means
    that the data set no limit there (limited: (lower, upper), False in that case).
    """

    name: str
    values: np.ndarray
    chi_square: np.ndarray
    limit: float
    interval: tuple[float, float]
    limited: tuple[bool, bool]


def profile_likelihood(fit: FitResult, names: Sequence[str] | None = None) -> dict[str, Profile]:
    """Profiles of the named free parameters, of all by default; raises InputError for a name that is not free."""
    from scipy.stats import t as student

    wanted = tuple(names) if names is not None else fit.free
    for name in wanted:
        require(
            name in fit.free,
            f"profile_likelihood: {name!r} is no free parameter of this fit{nearest_key(name, fit.free)}; free are "
            f"{', '.join(fit.free)}.",
        )
    half = _half_widths(fit) * float(student.ppf(0.5 + CONFIDENCE / 2, fit.degrees_of_freedom))
    places = [fit.free.index(name) for name in wanted]
    starts, which = _starts(fit, places, half)
    lower, upper = (np.repeat(a[:, None], starts.shape[1], axis=1) for a in (_space(fit).lower, _space(fit).upper))
    lane = np.arange(starts.shape[1])
    lower[which, lane] = upper[which, lane] = starts[which, lane]
    spectrum = np.zeros(starts.shape[1], dtype=int)
    task = fit.task
    optima = optima_from_starts(
        task.problem, task.data, starts, spectrum, tolerance=TOLERANCE, most_steps=MOST_STEPS, lower=lower, upper=upper
    )
    rise = 1 + float(student.ppf(0.5 + CONFIDENCE / 2, fit.degrees_of_freedom)) ** 2 / fit.degrees_of_freedom
    limit = fit.chi_square * rise
    return {
        name: _profile(fit, place, optima.u[place, which == place], optima.cost[which == place], limit)
        for name, place in zip(wanted, places, strict=True)
    }


def _space(fit: FitResult) -> SearchSpace:
    return fit.task.problem.space


def _half_widths(fit: FitResult) -> np.ndarray:
    """Standard errors, or a guess where there is none (a parameter at its bound)."""
    return np.minimum(np.where(np.isfinite(fit.task.standard_errors), fit.task.standard_errors, 0.1), WIDEST)


def _starts(fit: FitResult, places: Sequence[int], half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (Q, N) to start from, each with one coordinate `which` (N,) off its optimum; the others follow the
    straight line that the covariance gives."""
    space, optimum, covariance = _space(fit), fit.task.coordinates, fit.covariance
    starts, which = [], []
    for i in places:
        along = covariance[:, i] / covariance[i, i] if covariance[i, i] > 0 else np.zeros_like(optimum)
        along = np.where(np.isfinite(along), along, 0.0)
        along[i] = 1.0
        for offset in np.concatenate([-STATIONS[::-1], STATIONS]) * half[i]:
            held = np.clip(optimum[i] + offset, space.lower[i], space.upper[i])
            start = np.clip(optimum + along * (held - optimum[i]), space.lower, space.upper)
            start[i] = held
            starts.append(start)
            which.append(i)
    return np.array(starts).T, np.array(which)


def _profile(fit: FitResult, place: int, u: np.ndarray, cost: np.ndarray, limit: float) -> Profile:
    coordinate = _space(fit).coordinates[place]
    u = np.append(u, fit.task.coordinates[place])
    cost = np.append(cost, fit.chi_square)
    order = np.argsort(u, kind="stable")
    u, cost = u[order], cost[order]
    keep = np.concatenate([[True], np.diff(u) > 0])
    u, cost = u[keep], cost[keep]
    best = int(np.searchsorted(u, fit.task.coordinates[place]))
    low, has_low = _crossing(u[best::-1], cost[best::-1], limit)
    high, has_high = _crossing(u[best:], cost[best:], limit)
    ends = np.array([low, high])
    if coordinate.logarithmic:
        u, ends = np.exp(u), np.exp(ends)
    return Profile(
        name=coordinate.name,
        values=u,
        chi_square=cost,
        limit=limit,
        interval=(float(ends[0]), float(ends[1])),
        limited=(has_low, has_high),
    )


def _crossing(u: np.ndarray, cost: np.ndarray, limit: float) -> tuple[float, bool]:
    """Where the cost, starting at the optimum, first reaches the limit; straight in its root, which a parabola has."""
    above = np.flatnonzero(cost >= limit)
    if above.size == 0:
        return float(u[-1]), False
    k = int(above[0])
    if k == 0:
        return float(u[0]), True
    rise = np.sqrt(np.maximum(cost[[k - 1, k]] - cost[0], 0))
    share = (np.sqrt(limit - cost[0]) - rise[0]) / (rise[1] - rise[0])
    return float(u[k - 1] + share * (u[k] - u[k - 1])), True
