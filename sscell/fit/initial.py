"""Values to start from, as users give them, into search coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sscell.circuit import Circuit
from sscell.errors import nearest_key, require
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.search import BestFits, best_fits, fits_from
from sscell.fit.space import SearchSpace

# Values of an earlier fit, written and read again, may miss a bound or a fixed value by so much.
ROUNDING = 1e-9


def coordinates_from_initial(space: SearchSpace, initial: Any, circuit: str) -> dict[int, float]:
    """Index of a free coordinate -> where it starts, for those that are named, or that a named one is tied to.

    Raises InputError for unknown names, values outside the bounds, and values that a fixed or tied parameter cannot
    have.
    """
    require(
        isinstance(initial, Mapping),
        f"initial: values must be given by name, e.g. {{{space.coordinates[0].name!r}: 1.0}}, got {initial!r}.",
    )
    links = {p.name: (p, link) for p, link in zip(space.parameters, space.links, strict=True)}
    found: dict[int, float] = {}
    for name, given in initial.items():
        require(
            name in links,
            f"initial: {name!r} is no parameter of {circuit}{nearest_key(name, links)}; it has {', '.join(links)}.",
        )
        parameter, link = links[name]
        value = _number(name, given)
        if link.coordinate is None:
            require(
                _equal(value, link.factor),
                f"initial: {name} is held at {link.factor:g} {parameter.unit}, got {value:g}; leave it out of initial.",
            )
            continue
        coordinate, start = space.coordinates[link.coordinate], value / link.factor
        low, high = coordinate.lower, coordinate.upper
        inside = low <= start <= high or _equal(start, low) or _equal(start, high)
        require(
            inside,
            f"initial: {name} ({parameter.meaning}) must lie within its bounds, {low * link.factor:g} to "
            f"{high * link.factor:g} {parameter.unit}, got {value:g}; start within them, or give others by "
            f"bounds={{{coordinate.name!r}: (lower, upper)}}.",
        )
        start = min(max(start, low), high)
        u = float(np.log(start)) if coordinate.logarithmic else start
        known = found.setdefault(link.coordinate, u)
        require(
            bool(np.isclose(known, u, rtol=ROUNDING, atol=ROUNDING)),
            f"initial: {name} is tied to a parameter that starts elsewhere, got {value:g}; leave one of the two out.",
        )
    return found


def fits_from_initial(
    problem: Problem, circuit: Circuit, batch: SpectrumBatch, initial: Mapping[int, float], starts: int, seed: int
) -> BestFits:
    """Fits from the given coordinates; the others start where the best search with the given ones held ends."""
    space = problem.space
    u = np.empty((space.size, batch.count))
    u[list(initial)] = np.array(list(initial.values()))[:, None]
    if len(initial) == space.size:
        return fits_from_each(problem, batch, u)
    rest = best_fits(replace(problem, space=space.holding(initial)), circuit, batch, starts, seed)
    u[[i for i in range(space.size) if i not in initial]] = rest.optima.u
    return replace(rest, optima=fits_from(problem, batch, u))


def fits_from_each(problem: Problem, batch: SpectrumBatch, u: np.ndarray) -> BestFits:
    """Fits from one start a spectrum, u (Q, S)."""
    return BestFits(fits_from(problem, batch, u), np.ones(batch.count), 1)


def _number(name: str, given: Any) -> float:
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = np.nan
    require(bool(np.isfinite(value)), f"initial: {name} must be one finite number, got {given!r}.")
    return value


def _equal(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=ROUNDING, atol=0.0))
