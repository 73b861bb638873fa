"""The table of column names: which quantity a column holds, with unit and sign.

To teach the readers a new name, add it (lower case, without spaces and underscores) to QUANTITIES.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sscell.data.units import Unit, name_and_unit
from sscell.errors import InputError


class Quantity(NamedTuple):
    """What a column can hold: its dimension and its names, the preferred one first."""

    dimension: str
    names: tuple[str, ...]


QUANTITIES = {
    "frequency_Hz": Quantity("frequency", ("freq", "frequency", "frequencies", "f")),
    "real_ohm": Quantity(
        "impedance",
        (
            *("re(z)", "rez", "zre", "zreal", "real(z)", "realz", "z'", "z'(a)"),
            *("realimpedance", "impedancereal", "real", "re"),
        ),
    ),
    "imaginary_ohm": Quantity(
        "impedance",
        (
            *("im(z)", "imz", "zim", "zimag", "zimg", "imag(z)", "imagz", "z''", "z''(b)"),
            *("imaginaryimpedance", "impedanceimaginary", "impedanceimag", "imaginary", "imag", "im"),
        ),
    ),
    "modulus_ohm": Quantity("impedance", ("|z|", "zmod", "mod(z)", "modz", "zabs", "abs(z)", "absoluteimpedance")),
    "phase_rad": Quantity("angle", ("phase(z)", "phase", "theta(z)", "theta", "zphz", "arg(z)")),
    # With a reference electrode EC-Lab gives the whole cell beside the working electrode.
    "cell_real_ohm": Quantity("impedance", ("re(zwe-ce)",)),
    "cell_imaginary_ohm": Quantity("impedance", ("im(zwe-ce)",)),
    "cell_modulus_ohm": Quantity("impedance", ("|zwe-ce|",)),
    "cell_phase_rad": Quantity("angle", ("phase(zwe-ce)",)),
    "time_s": Quantity("time", ("time", "testtime", "elapsedtime", "totaltime", "t")),
    "current_A": Quantity("current", ("<i>", "i", "current")),
    "voltage_V": Quantity(
        "voltage",
        ("<ewe>", "ewe", "voltage", "cellvoltage", "terminalvoltage", "potential", "vdc", "v", "e", "u"),
    ),
    "cell_voltage_V": Quantity("voltage", ("<ewe-ece>", "<ewe>-<ece>", "ewe-ece", "ecell")),
    "counter_voltage_V": Quantity("voltage", ("<ece>", "ece")),
    "cycle": Quantity("count", ("cyclenumber", "cyclecount", "cycleindex", "cycle")),
    "half_cycle": Quantity("count", ("halfcycle",)),
    "temperature_K": Quantity(
        "temperature",
        (
            *("temperature", "celltemperature", "surfacetemperature", "temperaturet1", "surfacetemperaturet1"),
            *("ambienttemperature", "t"),
        ),
    ),
}
# Only these are ever stored with the opposite sign, as in '-Im(Z)/Ohm'.
NEGATABLE = ("imaginary_ohm", "phase_rad", "cell_imaginary_ohm", "cell_phase_rad")
SPELLINGS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2032": "'", "\u2019": "'", "\u2033": "''", '"': "''"})


class Column(NamedTuple):
    """A recognised column: where it stands (from 0), its name, unit (None: not named) and sign."""

    position: int
    name: str
    quantity: str
    rank: int
    unit: Unit | None
    sign: float

    @property
    def label(self) -> str:
        """What a message calls it: its name in quotes, or where it stands, from 1."""
        return f"'{self.name}'" if self.name else str(self.position + 1)


def recognised_column(position: int, name: str) -> Column | None:
    """The quantity that a column name stands for, or None."""
    written, unit = name_and_unit(name)
    plain = written.lower().translate(SPELLINGS).removeprefix("data:")
    plain = "".join(plain.split()).replace("_", "").rstrip(".:")
    for quantity, (dimension, names) in QUANTITIES.items():
        if unit is not None and unit.dimension != dimension:
            continue
        if unit is None and dimension == "temperature":  # kelvin or degrees Celsius is not guessed
            continue
        if plain in names:
            return Column(position, name, quantity, names.index(plain), unit, 1.0)
        if quantity in NEGATABLE and plain.startswith("-") and plain[1:] in names:
            return Column(position, name, quantity, names.index(plain[1:]), unit, -1.0)
    return None


def recognised_columns(names: Sequence[str]) -> list[Column]:
    """Every column whose name is known, in the order of the file."""
    found = (recognised_column(i, name) for i, name in enumerate(names))
    return [column for column in found if column is not None]


def columns_from_names(names: Sequence[str], file_name: str) -> dict[str, Column]:
    """Quantity -> its column, the preferred name first; raises InputError when two have the same claim."""
    chosen: dict[str, Column] = {}
    for column in recognised_columns(names):
        other = chosen.get(column.quantity)
        if other is not None and other.rank == column.rank:
            raise InputError(
                f"{file_name} has two columns for {column.quantity}, '{other.name}' and '{column.name}' "
                f"(columns {other.position + 1} and {column.position + 1}); keep one of them, or one "
                "spectrum a file."
            )
        if other is None or column.rank < other.rank:
            chosen[column.quantity] = column
    return chosen
