"""Bounds, fixed values and ties, as users give them, into a search space."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from sscell.circuit import Circuit
from sscell.circuit.element import Scale
from sscell.circuit.model import CircuitParameter, ImpedanceModel
from sscell.errors import InputError, nearest_key, require
from sscell.fit.default_bounds import Measured, default_bounds, measured_from_spectra
from sscell.fit.space import Coordinate, Link, SearchSpace

Tie = str | tuple[str, float]


def space_from_constraints(
    model: ImpedanceModel,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    fixed: Mapping[str, float] | None = None,
    ties: Mapping[str, Tie] | None = None,
    spectra: Collection[Any] = (),
) -> SearchSpace:
    """The search space of a model.

    bounds: name -> (lower, upper); fixed: name -> value; ties: name -> other name, or (other name, factor), which it
    then equals times the factor. spectra: the Spectrum records to be fitted, to which default bounds are widened where
    need be (not those of a cell's circuit, whose parameters are physical). Raises InputError for unknown names,
    impossible values and nothing left free.
    """
    bounds, fixed, ties = dict(bounds or {}), dict(fixed or {}), dict(ties or {})
    parameters = {p.name: p for p in model.parameters}
    for what, given in (("bounds", bounds), ("fixed", fixed), ("ties", ties)):
        for name in given:
            _known(what, name, parameters, model)
    for name in bounds:
        require(name not in fixed, f"{name} has bounds and is fixed; give one of the two.")
    for name, tie in ties.items():
        _check_tie(name, tie, model, parameters, bounds, fixed, ties)
    measured = measured_from_spectra(list(spectra)) if spectra and isinstance(model, Circuit) else None
    coordinates: list[Coordinate] = []
    places: dict[str, int] = {}
    for name, parameter in parameters.items():
        if name not in fixed and name not in ties:
            places[name] = len(coordinates)
            lower, upper = _bounds(parameter, bounds.get(name), measured)
            followers = {t: _tie(t, tie)[1] for t, tie in ties.items() if _tie(t, tie)[0] == name}
            for follower, factor in followers.items():
                least, most = _law_range(parameters[follower])
                lower, upper = max(lower, least / factor), min(upper, most / factor)
            require(lower < upper, f"ties: no value of {name} is possible for {', '.join(followers)} as well.")
            coordinates.append(Coordinate(name, parameter.scale, lower, upper))
    require(len(coordinates) > 0, f"Nothing of {model.text} is left to fit: free at least one parameter.")
    links = []
    for name in parameters:
        if name in ties:
            other, factor = _tie(name, ties[name])
            if other in places:
                link = Link(places[other], factor)
            else:
                value = factor * _fixed(parameters, fixed, other)
                link = Link(None, _fixed(parameters, {name: value}, name))
        elif name in fixed:
            link = Link(None, _fixed(parameters, fixed, name))
        else:
            link = Link(places[name], 1.0)
        links.append(link)
    return SearchSpace(tuple(model.parameters), tuple(coordinates), tuple(links))


def _known(what: str, name: str, parameters: Mapping[str, Any], model: ImpedanceModel) -> None:
    require(
        name in parameters,
        f"{what}: {name!r} is no parameter of {model.text}{nearest_key(name, parameters)}; it has "
        f"{', '.join(parameters)}.",
    )


def _tie(name: str, tie: Any) -> tuple[str, float]:
    if isinstance(tie, str):
        return tie, 1.0
    try:
        other, factor = tie
        good, number = isinstance(other, str), float(factor)
    except (TypeError, ValueError):
        good, other, number = False, "", 0.0
    require(good, f"ties: {name} needs the name of another parameter or (name, factor), got {tie!r}.")
    return other, number


def _law_range(parameter: CircuitParameter) -> tuple[float, float]:
    """Where the law holds: from 0 up to its limit."""
    return 0.0, parameter.at_most if parameter.at_most is not None else np.inf


def _check_tie(
    name: str, tie: Tie, model: ImpedanceModel, parameters: Mapping[str, Any], bounds: Any, fixed: Any, ties: Any
) -> None:
    other, factor = _tie(name, tie)
    _known("ties", other, parameters, model)
    require(
        other not in ties, f"ties: {name} is tied to {other}, which is tied itself; tie both to one free parameter."
    )
    require(name not in fixed and name not in bounds, f"ties: {name} is tied, so it can neither be fixed nor bounded.")
    require(bool(np.isfinite(factor) and factor > 0), f"ties: the factor of {name} must be positive, got {factor}.")
    require(
        parameters[name].unit.replace("γ", "α") == parameters[other].unit.replace("γ", "α"),
        f"ties: {name} and {other} are in different units ({parameters[name].unit}, "
        f"{parameters[other].unit}); tie parameters of one unit.",
    )


def _bounds(parameter: CircuitParameter, given: Any, measured: Measured | None) -> tuple[float, float]:
    if given is None:
        return default_bounds(parameter, measured)
    try:
        low, high = (float(value) for value in given)
    except (TypeError, ValueError):
        low, high = np.nan, np.nan
    require(
        low < high,
        f"bounds: {parameter.name} needs (lower, upper), lower first, in {parameter.unit}, got {given!r}; "
        "use fixed={...} to hold it at one value.",
    )
    require(
        parameter.scale is Scale.LINEAR or low > 0,
        f"bounds: {parameter.name} is searched by its logarithm, so its lower bound must be positive, got {low:g}.",
    )
    require(
        parameter.scale is Scale.LOG or low >= parameter.lower,
        f"bounds: {parameter.name} ({parameter.meaning}) needs a lower bound from {parameter.lower:g} up, got {low:g}.",
    )
    require(
        parameter.at_most is None or high <= parameter.at_most,
        f"bounds: {parameter.name} ({parameter.meaning}) must be at most {parameter.at_most}, got {high:g}.",
    )
    return low, high


def _fixed(parameters: Mapping[str, CircuitParameter], fixed: Mapping[str, float], name: str) -> float:
    value, parameter = fixed[name], parameters[name]
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(
            f"fixed: {name} ({parameter.meaning}, {parameter.unit}) must be a number, got {value!r}."
        ) from None
    good = number > 0 or (number == 0 and parameter.zero_allowed)
    good = good and (parameter.at_most is None or number <= parameter.at_most)
    require(
        bool(np.isfinite(number) and good),
        f"fixed: {name} ({parameter.meaning}, {parameter.unit}) must be positive"
        f"{'' if parameter.at_most is None else f' and at most {parameter.at_most:g}'}, got {value!r}.",
    )
    return number
