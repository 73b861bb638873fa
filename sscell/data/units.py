"""Units as they are written in column names: what they measure and how they become SI."""

from __future__ import annotations

import math
from typing import NamedTuple


class Unit(NamedTuple):
    """SI value = number * factor + offset; `dimension` is what the unit measures."""

    dimension: str
    factor: float = 1.0
    offset: float = 0.0


# Capitals count: mHz is not MHz. Spellings that hide it ('mhz', 'MOHM') are left out, not guessed.
PREFIXES = {"": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
PREFIXED = {
    "Hz": "frequency",
    "Ohm": "impedance",
    "ohm": "impedance",
    "Ohms": "impedance",
    "ohms": "impedance",
    "\u03a9": "impedance",
    "A": "current",
    "V": "voltage",
    "s": "time",
}
UNITS: dict[str, Unit] = {
    prefix + symbol: Unit(dimension, factor)
    for symbol, dimension in PREFIXED.items()
    for prefix, factor in PREFIXES.items()
} | {
    "hertz": Unit("frequency"),
    "hz": Unit("frequency"),
    "HZ": Unit("frequency"),
    "OHM": Unit("impedance"),
    "volt": Unit("voltage"),
    "mv": Unit("voltage", 1e-3),
    "ampere": Unit("current"),
    "ma": Unit("current", 1e-3),
    "second": Unit("time"),
    "sec": Unit("time"),
    "Sec": Unit("time"),
    "seconds": Unit("time"),
    "min": Unit("time", 60.0),
    "h": Unit("time", 3600.0),
    "hr": Unit("time", 3600.0),
    "hours": Unit("time", 3600.0),
    "d": Unit("time", 86400.0),
    "deg": Unit("angle", math.pi / 180),
    "degree": Unit("angle", math.pi / 180),
    "degrees": Unit("angle", math.pi / 180),
    "\u00b0": Unit("angle", math.pi / 180),
    "rad": Unit("angle"),
    "celsius": Unit("temperature", 1.0, 273.15),
    "degC": Unit("temperature", 1.0, 273.15),
    "\u00b0C": Unit("temperature", 1.0, 273.15),
    "\ufffdC": Unit("temperature", 1.0, 273.15),  # a degree sign lost in an earlier conversion
    "K": Unit("temperature"),
    "1": Unit("count"),
}
SPELLINGS = str.maketrans({"\u2126": "\u03a9", "\u00b5": "u", "\u03bc": "u"})
BRACKETS = {")": "(", "]": "["}


def unit_from_text(text: str) -> Unit | None:
    """The unit written so, or None."""
    return UNITS.get(text.strip().translate(SPELLINGS))


def name_and_unit(column: str) -> tuple[str, Unit | None]:
    """Split 'name/unit', 'name (unit)', 'name [unit]' and 'name_unit'; no known unit: (column, None)."""
    text = column.strip()
    opening = BRACKETS.get(text[-1:])
    splits = [text[:-1].rpartition(opening)] if opening else []
    splits += [text.rpartition("/"), text.rpartition("_")]
    for name, mark, written in splits:
        unit = unit_from_text(written)
        if mark and name.strip() and unit is not None:
            return name.strip(), unit
    return text, None
