"""Options of the form NAME=VALUE, each with its sentence for what cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sscell.errors import InputError, nearest_key, require


def fixed_values(given: Iterable[str]) -> dict[str, float]:
    """['R0=10'] -> {'R0': 10.0}."""
    return {name: _number("--fix", text, value) for text in given for name, value in [_pair("--fix", text, "R0=10")]}


def bounds(given: Iterable[str]) -> dict[str, tuple[float, float]]:
    """['R1=1:100'] -> {'R1': (1.0, 100.0)}."""
    found = {}
    for text in given:
        name, value = _pair("--bound", text, "R1=1:100")
        low, colon, high = value.partition(":")
        require(bool(colon), f"--bound {text!r} needs a lower and an upper bound with a colon between, as in R1=1:100.")
        ends = _number("--bound", text, low), _number("--bound", text, high)
        require(
            ends[0] < ends[1],
            f"--bound {text!r}: the lower bound comes first and must be below the upper one; --fix {name}=... holds a "
            "parameter at one value.",
        )
        found[name] = ends
    return found


def ties(given: Iterable[str]) -> dict[str, tuple[str, float]]:
    """['CPE2_1=CPE1_1'] -> {'CPE2_1': ('CPE1_1', 1.0)}; 'R2=2*R1' takes a factor."""
    found = {}
    for text in given:
        name, value = _pair("--tie", text, "CPE2_1=CPE1_1")
        factor, star, other = value.rpartition("*")
        found[name] = (other.strip(), _number("--tie", text, factor) if star else 1.0)
    return found


def band(text: str) -> str | tuple[float, float]:
    """'kramers-kronig', 'all' or 'LOW:HIGH' in Hz."""
    low, colon, high = text.partition(":")
    if colon:
        ends = _number("--band", text, low), _number("--band", text, high)
        require(0 <= ends[0] < ends[1], f"--band {text!r} must be LOW:HIGH in Hz, the lower end first, as in 1:1e5.")
        return ends
    known = ("kramers-kronig", "all")
    require(
        text in known,
        f"--band must be kramers-kronig, all or LOW:HIGH in Hz as in 1:1e5, got {text!r}{nearest_key(text, known)}.",
    )
    return text


def listed(text: str | None) -> list[str]:
    """'R1, R2' -> ['R1', 'R2']."""
    return [part.strip() for part in text.split(",") if part.strip()] if text else []


def for_circuit(
    names: Sequence[str], given: Mapping[str, Any], option: str, circuits: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The entries that a circuit has; raises InputError for a name that no circuit has."""
    everywhere = list(dict.fromkeys(name for own in circuits.values() for name in own))
    for name in given:
        require(
            name in everywhere,
            f"{option} {name}: no parameter of {' or '.join(circuits)} has this name{nearest_key(name, everywhere)}; "
            f"there are {', '.join(everywhere)}.",
        )
    return {name: value for name, value in given.items() if name in names}


def _pair(option: str, text: str, example: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    require(bool(equals and name and value), f"{option} {text!r} must be written as in {example}.")
    return name, value


def _number(option: str, text: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(f"{option} {text!r}: {value.strip()!r} is not a number.") from None
