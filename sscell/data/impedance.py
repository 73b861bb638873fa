"""The impedance in a table: which columns hold it, and with which sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sscell.data.columns import Column
from sscell.data.sign import NEARLY_ALL, Sign, imaginary_sign, inductive_share
from sscell.data.table import Table, checked_values
from sscell.errors import InputError, require

# The whole cell comes before the working electrode, parts before modulus and phase.
SOURCES = (
    ("cell_real_ohm", "cell_imaginary_ohm"),
    ("cell_modulus_ohm", "cell_phase_rad"),
    ("real_ohm", "imaginary_ohm"),
    ("modulus_ohm", "phase_rad"),
)
Sweeps = Sequence[tuple[np.ndarray, np.ndarray]]


class Impedance(NamedTuple):
    """Impedance (n,) of the kept rows and the two quantities it was made from."""

    values_ohm: np.ndarray
    quantities: tuple[str, str]


def impedance_from_table(table: Table, rows: np.ndarray) -> Impedance:
    """The first source whose columns are there and not zero throughout (EC-Lab fills unused ones with 0)."""
    zero: list[str] = []
    for quantities in SOURCES:
        if not table.has(*quantities):
            continue
        first, second = (checked_values(table, q, rows) for q in quantities)
        if not np.any(first):
            zero.append(table.columns[quantities[0]].label)
            continue
        if quantities[1].endswith("imaginary_ohm"):
            return Impedance(first + 1j * second, quantities)
        _require_angle_unit(table, quantities[1])
        name = table.columns[quantities[0]].name
        require(
            bool(np.all(first >= 0)),
            f"{table.source.name}: a modulus must not be negative, but column '{name}' has {first.min():g} ohm; "
            "correct that row or export the file again.",
        )
        return Impedance(first * np.exp(1j * second), quantities)
    if zero:
        raise InputError(f"{table.source.name}: the impedance in column {zero[0]} is zero throughout; export it again.")
    raise InputError(
        f"{table.source.name} has frequencies but no impedance: it needs columns for Re and Im or for "
        f"modulus and phase, and has {table.listed_names()}; name them as in 'Re(Z)/Ohm', '-Im(Z)/Ohm'."
    )


def _require_angle_unit(table: Table, quantity: str) -> None:
    column = table.columns[quantity]
    require(
        column.unit is not None,
        f"{table.source.name}: column {column.label} does not say whether it is in degrees or radians; "
        "rename it to 'Phase(Z)/deg' or 'Phase(Z)/rad'.",
    )


def imaginary_turn(table: Table, impedance: Impedance, sweeps: Sweeps) -> tuple[bool, list[str]]:
    """Whether to turn Im Z round, and what was assumed; raises InputError rather than mirror a spectrum."""
    if table.signs_known:
        return False, []
    column = table.columns[impedance.quantities[1]]
    sign, share = imaginary_sign(sweeps), inductive_share(sweeps)
    if not column.name:
        return _turn_of_unnamed(table, sign, share)
    if column.sign < 0:
        if sign is Sign.MIRRORED and share >= NEARLY_ALL:
            raise InputError(_mirrored_message(table, column, share))
        return False, [f"'{column.name}' was read as minus the imaginary part, as its name says."]
    if sign in (Sign.MIRRORED, Sign.INDUCTIVE):
        raise InputError(_mirrored_message(table, column, share))
    found = {
        Sign.TRUE: "the numbers agree",
        Sign.COIL: "it makes the cell inductive throughout, as a coil, a lead or a short is",
    }.get(sign, "the numbers neither confirm nor refute it")
    return False, [f"'{column.name}' was read with its true sign (capacitive negative); {found}."]


def _mirrored_message(table: Table, column: Column, share: float) -> str:
    minus = "" if column.sign < 0 else "-"
    better = f"{minus}Im(Z)/Ohm" if "imaginary" in column.quantity else f"{minus}Phase(Z)/deg"
    coil = f", or, if the cell really is a coil, store minus these values as '{better}'" if minus else ""
    return (
        f"{table.source.name}: column {column.label} makes {share:.0%} of the points inductive (Im Z > 0), "
        "which the other numbers do not bear out, so it most likely stores the opposite sign; "
        f"rename it to '{better}'{coil}."
    )


def _turn_of_unnamed(table: Table, sign: Sign, share: float) -> tuple[bool, list[str]]:
    """A column without a name is trusted only where the numbers tell its sign."""
    if sign is Sign.TRUE:
        return False, ["Column 3 is the imaginary part with its true sign, as the numbers show."]
    if sign is Sign.MIRRORED and share >= NEARLY_ALL:
        return True, ["Column 3 is minus the imaginary part, as the numbers show, and was turned round."]
    raise InputError(
        f"{table.source.name}: the sign of the imaginary part (column 3, without a name) cannot be told from "
        "its values; add a first line such as 'freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm' or '...,-Im(Z)/Ohm'."
    )


def reference_notes(table: Table, impedance: Impedance) -> list[str]:
    """A sentence when only the working electrode's impedance is there although a reference was used."""
    if impedance.quantities[0].startswith("cell_") or not any("Zce" in name for name in table.names):
        return []
    return ["The impedance is the working electrode's against the reference: there are no Zwe-ce columns."]
