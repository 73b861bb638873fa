"""How a circuit parameter goes with impedance and time, by its unit: what scaling, starting and bounding it rest on."""

from __future__ import annotations

from typing import Any

KNOWN = {"ohm": (1.0, 0.0), "ohm s^-1/2": (1.0, -0.5), "F": (-1.0, 1.0), "H": (1.0, 1.0), "s": (0.0, 1.0)}


def powers_of_unit(unit: str, alpha: Any) -> tuple[Any, Any]:
    """(p, q) of a parameter that goes as ohm^p s^q, in an element of exponent alpha; (0, 0) for shapes."""
    if unit.startswith("ohm^-1 s^"):
        return -1.0, alpha
    if unit.startswith("ohm^(1/"):
        return 1 / alpha, 1.0
    return KNOWN.get(unit, (0.0, 0.0))


def size_sign(unit: str) -> int:
    """+1: an impedance, -1: an admittance, 0: a shape."""
    power = powers_of_unit(unit, 1.0)[0]
    return (power > 0) - (power < 0)
