"""What an element of a circuit is: a symbol, parameters with unit and bounds, and a law."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sscell.errors import require


class Scale(enum.Enum):
    """How a parameter is best searched: by its logarithm (positive, over decades) or as it is."""

    LOG = "log"
    LINEAR = "linear"


@dataclass(frozen=True, kw_only=True)
class ElementParameter:
    """One parameter: what it means, its unit, default bounds and scale.

    lower, upper: default bounds of a search. The law itself holds for positive values, for 0 where `zero_allowed`, and
    up to `at_most` where that is given.
    """

    meaning: str
    unit: str
    lower: float
    upper: float
    scale: Scale = Scale.LOG
    zero_allowed: bool = False
    at_most: float | None = None

    def __post_init__(self) -> None:
        require(
            self.lower < self.upper and (self.scale is Scale.LINEAR or self.lower > 0),
            f"ElementParameter {self.meaning}: 0 < lower < upper must hold (0 <= lower on a LINEAR scale), got "
            f"{self.lower:g} and {self.upper:g}.",
        )


@dataclass(frozen=True, kw_only=True)
class Element:
    """A two-terminal element.

    law(omega, p0, p1, ..., xp=numpy or jax.numpy): angular frequency in 1/s and parameters, broadcast together, give
    the complex impedance in ohm, true sign. equation: as text, in the parameters' order p0, p1, ...; source: where it
    is from.
    """

    symbol: str
    name: str
    parameters: tuple[ElementParameter, ...]
    equation: str
    source: str
    law: Callable[..., Any]

    def parameter_names(self, element_name: str) -> tuple[str, ...]:
        """Names in a circuit: the element's own if it has one parameter, else `CPE1_0`, `CPE1_1`, ..."""
        if len(self.parameters) == 1:
            return (element_name,)
        return tuple(f"{element_name}_{k}" for k in range(len(self.parameters)))


def amplitude(meaning: str, unit: str = "ohm") -> ElementParameter:
    """A factor in front of an impedance: 1 µΩ to 1 TΩ, or nothing."""
    return ElementParameter(meaning=meaning, unit=unit, lower=1e-6, upper=1e12, zero_allowed=True)


def time_constant(meaning: str) -> ElementParameter:
    """A time, 1 ns to 1e9 s."""
    return ElementParameter(meaning=meaning, unit="s", lower=1e-9, upper=1e9)


def exponent(meaning: str) -> ElementParameter:
    """An exponent of jω in 0..1."""
    return ElementParameter(
        meaning=meaning, unit="1", lower=0.0, upper=1.0, scale=Scale.LINEAR, zero_allowed=True, at_most=1.0
    )
