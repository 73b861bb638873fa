"""Where a fit searches: free coordinates without units, and the model's parameters as functions of them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sscell.circuit.element import Scale
from sscell.circuit.model import CircuitParameter
from sscell.records.arrays import owned


@dataclass(frozen=True, eq=False)
class Coordinate:
    """One free coordinate: the logarithm of a parameter, or the parameter itself.

    Logarithms are equal whatever their bounds: compiled code is kept by problem, and takes these bounds as data, while
    the longest step along a linear coordinate is a share of its range.
    """

    name: str
    scale: Scale
    lower: float
    upper: float

    @property
    def logarithmic(self) -> bool:
        return self.scale is Scale.LOG

    @property
    def _compiled_in(self) -> tuple[Any, ...]:
        return (self.name, self.scale, *(() if self.logarithmic else (self.lower, self.upper)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Coordinate) and self._compiled_in == other._compiled_in

    def __hash__(self) -> int:
        return hash(self._compiled_in)


@dataclass(frozen=True)
class Link:
    """How one parameter of the model follows: factor times a coordinate's parameter, or a fixed value."""

    coordinate: int | None
    factor: float


@dataclass(frozen=True)
class SearchSpace:
    """coordinates: the free ones; links: one for each of the model's P parameters."""

    parameters: tuple[CircuitParameter, ...]
    coordinates: tuple[Coordinate, ...]
    links: tuple[Link, ...]

    @property
    def size(self) -> int:
        return len(self.coordinates)

    @functools.cached_property
    def lower(self) -> np.ndarray:
        """(Q,) in search coordinates."""
        return owned([_searched(c, c.lower) for c in self.coordinates], float)

    @functools.cached_property
    def upper(self) -> np.ndarray:
        """(Q,) in search coordinates."""
        return owned([_searched(c, c.upper) for c in self.coordinates], float)

    @property
    def logarithmic(self) -> np.ndarray:
        """(Q,) which coordinates are logarithms."""
        return np.array([c.logarithmic for c in self.coordinates], dtype=bool)

    def holding(self, held: Mapping[int, float]) -> SearchSpace:
        """The space without some coordinates (index -> value in search coordinates), their parameters fixed there."""
        kept = [i for i in range(self.size) if i not in held]
        place = {i: k for k, i in enumerate(kept)}

        def link(old: Link) -> Link:
            i = old.coordinate
            if i is None or i in place:
                return old if i is None else Link(place[i], old.factor)
            return Link(None, old.factor * (float(np.exp(held[i])) if self.coordinates[i].logarithmic else held[i]))

        return SearchSpace(self.parameters, tuple(self.coordinates[i] for i in kept), tuple(map(link, self.links)))

    def values(self, u: Any, xp: Any) -> list[Any]:
        """The model's P parameters at coordinates u (Q, ...)."""
        own = [xp.exp(u[i]) if c.logarithmic else u[i] for i, c in enumerate(self.coordinates)]
        fixed = xp.zeros_like(u[0])
        return [fixed + k.factor if k.coordinate is None else k.factor * own[k.coordinate] for k in self.links]

    def columns(self, partials: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        """Derivatives by the Q coordinates from those by the P parameters."""
        columns: list[Any] = [None] * self.size
        for link, partial, value in zip(self.links, partials, values, strict=True):
            i = link.coordinate
            if i is None:
                continue
            here = partial * (value if self.coordinates[i].logarithmic else link.factor)
            columns[i] = here if columns[i] is None else columns[i] + here
        return columns

    def coordinates_from_values(self, values: np.ndarray) -> np.ndarray:
        """u (Q, ...) from the model's parameters (P, ...), within the bounds; tied ones follow the first."""
        u = np.empty((self.size, *values.shape[1:]))
        seen = set()
        for k, link in enumerate(self.links):
            i = link.coordinate
            if i is None or i in seen:
                continue
            seen.add(i)
            c = self.coordinates[i]
            value = np.clip(values[k] / link.factor, c.lower, c.upper)
            u[i] = np.log(value) if c.logarithmic else value
        return u


def _searched(coordinate: Coordinate, value: float) -> float:
    return float(np.log(value)) if coordinate.logarithmic else float(value)
