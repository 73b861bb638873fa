"""Profile likelihood: how much the misfit rises when one parameter is held off its optimum and all others follow.

Unlike intervals from the curvature it knows that the misfit is no parabola; Raue et al., Bioinformatics 25 (2009) 1923.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sscell.errors import nearest_key, require
from sscell.fit.levenberg_marquardt import optima_from_starts
from sscell.fit.result import FitResult
from sscell.fit.space import SearchSpace
from sscell.fit.uncertainty import CONFIDENCE, rise_at_one_error
from sscell.rounding import interval_text, short

# Where a parameter is held, in half widths of the interval from the curvature, on either side.
STATIONS = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0])
# Where the curvature says nothing, this is taken for a standard error: a factor of e, or 0.05 in an exponent.
WIDEST, WIDEST_LINEAR = 1.0, 0.05
# Fits within the step in which the misfit crosses its limit.
REFINED = 5
TOLERANCE, MOST_STEPS = 1e-8, 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """values: (n,) of the parameter, rising, the optimum among them; chi_square: (n,) with all others refitted.

    interval: where χ² (of a robust fit: the sum of its loss) has risen to its 95 % limit; an end that is the
    parameter's bound or the last value tried means that the data set no limit there (limited: (lower, upper), False in
    that case).
    """

    name: str
    values: np.ndarray
    chi_square: np.ndarray
    limit: float
    interval: tuple[float, float]
    limited: tuple[bool, bool]

    def __repr__(self) -> str:
        low, high = self.interval
        sides = [side for side, has in zip(("downwards", "upwards"), self.limited, strict=True) if not has]
        open_ends = f", without a limit {' and '.join(sides)}" if sides else ""
        return (
            f"Profile of {self.name}: 95 % interval {interval_text(low, high, (high - low) / 4)}{open_ends} "
            f"({self.values.size} fits from {short(self.values[0])} to {short(self.values[-1])})"
        )


def profile_likelihood(fit: FitResult, names: Sequence[str] | str | None = None) -> dict[str, Profile]:
    """Profiles of the named free parameters, of all by default.

    Raises InputError for a name that is not free, for a fit that shares parameters with others, and for one with
    no more data than free parameters.
    """
    from scipy.stats import t as student

    require(
        not fit.task.shared,
        f"profile_likelihood: this fit shares {', '.join(fit.task.shared)} with the other spectra of its series, which "
        "its own data know nothing of; profile a fit of its own by fit_circuit.",
    )
    require(
        fit.degrees_of_freedom > 0,
        f"profile_likelihood: {fit.points} points are too few for {len(fit.free)} free parameters, so the misfit says "
        "nothing of the noise; fix some, or widen the band.",
    )
    wanted = fit.free if names is None else (names,) if isinstance(names, str) else tuple(names)
    for name in wanted:
        require(
            name in fit.free,
            f"profile_likelihood: {name!r} is no free parameter of this fit{nearest_key(name, fit.free)}; free are "
            f"{', '.join(fit.free)}.",
        )
    t = float(student.ppf(0.5 + CONFIDENCE / 2, fit.degrees_of_freedom))
    limit = fit.chi_square + t**2 * _rise(fit)
    places = [fit.free.index(name) for name in wanted]
    curves = _held_fits(fit, {i: _stations(fit, i, t) for i in places}, {})
    between = {i: _between(curve, fit.task.coordinates[i], i, limit) for i, curve in curves.items()}
    curves = _held_fits(fit, {i: starts for i, starts in between.items() if starts.shape[1]}, curves)
    return {name: _profile(fit, i, curves[i], limit) for name, i in zip(wanted, places, strict=True)}


class _Curve(NamedTuple):
    """Fits with one coordinate held: coordinates (Q, n) in rising order of the held one, and cost (n,)."""

    u: np.ndarray
    cost: np.ndarray


def _space(fit: FitResult) -> SearchSpace:
    return fit.task.problem.space


def _rise(fit: FitResult) -> float:
    """Of the misfit, at one standard error."""
    task = fit.task
    cost, degrees = np.array([fit.chi_square]), np.array([fit.degrees_of_freedom])
    return float(rise_at_one_error(task.problem, task.data, task.coordinates[:, None], cost, degrees)[0])


def _stations(fit: FitResult, i: int, t: float) -> np.ndarray:
    """Coordinates (Q, n) to start from, coordinate i off its optimum and the others on the line of the covariance."""
    space, optimum, covariance = _space(fit), fit.task.coordinates, fit.covariance
    error = np.nan_to_num(fit.task.standard_errors[i], nan=np.inf)
    offsets = (
        np.concatenate([-STATIONS[::-1], STATIONS]) * t * min(error, WIDEST if space.logarithmic[i] else WIDEST_LINEAR)
    )
    held = np.clip(optimum[i] + offsets, space.lower[i], space.upper[i])
    with np.errstate(divide="ignore", invalid="ignore"):
        along = np.nan_to_num(covariance[:, i] / covariance[i, i], nan=0.0, posinf=0.0, neginf=0.0)
    starts = optimum[:, None] + along[:, None] * (held - optimum[i])
    starts = np.clip(starts, space.lower[:, None], space.upper[:, None])
    starts[i] = held
    return starts


def _between(curve: _Curve, optimum: float, i: int, limit: float) -> np.ndarray:
    """Coordinates (Q, n) to start from, evenly within the two steps in which the cost crosses the limit."""
    best = int(np.searchsorted(curve.u[i], optimum))
    shares = np.arange(1, REFINED + 1) / (REFINED + 1)
    found = [np.empty((curve.u.shape[0], 0))]
    for side in (range(best, -1, -1), range(best, curve.cost.size)):
        order = np.array(side)
        above = np.flatnonzero(curve.cost[order] >= limit)
        if above.size and above[0] > 0:
            inside, outside = curve.u[:, order[above[0] - 1]], curve.u[:, order[above[0]]]
            found.append(inside[:, None] + (outside - inside)[:, None] * shares)
    return np.concatenate(found, axis=1)


def _held_fits(fit: FitResult, starts: Mapping[int, np.ndarray], curves: Mapping[int, _Curve]) -> dict[int, _Curve]:
    """Curves, with the fits from these starts (held coordinate -> (Q, n)) added to them."""
    out = dict(curves)
    if not starts:
        return out
    task, space = fit.task, _space(fit)
    together = np.concatenate(list(starts.values()), axis=1)
    which = np.repeat(list(starts), [s.shape[1] for s in starts.values()])
    lane = np.arange(which.size)
    lower, upper = (np.repeat(a[:, None], which.size, axis=1) for a in (space.lower, space.upper))
    lower[which, lane] = upper[which, lane] = together[which, lane]
    optima = optima_from_starts(
        *(task.problem, task.data, together, np.zeros(which.size, dtype=int)),
        tolerance=TOLERANCE,
        most_steps=MOST_STEPS,
        lower=lower,
        upper=upper,
    )
    optimum = _Curve(task.coordinates[:, None], np.array([fit.chi_square]))
    for i in starts:
        known = out.get(i, optimum)
        own = which == i
        u, cost = np.concatenate([known.u, optima.u[:, own]], axis=1), np.concatenate([known.cost, optima.cost[own]])
        _, first = np.unique(u[i], return_index=True)
        out[i] = _Curve(u[:, first], cost[first])
    return out


def _profile(fit: FitResult, i: int, curve: _Curve, limit: float) -> Profile:
    coordinate, u, cost = _space(fit).coordinates[i], curve.u[i], curve.cost
    best = int(np.searchsorted(u, fit.task.coordinates[i]))
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
