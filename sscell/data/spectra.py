"""From a table to spectra: impedance rows, the cell's columns, sweeps, and the sign of Im Z."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.data.sign import Sign, imaginary_sign, inductive_share
from sscell.data.sweeps import sweep_slices
from sscell.data.table import Table, cell_voltage_V, checked_values, impedance_rows, unnamed_units
from sscell.errors import InputError, require
from sscell.records import Spectrum

CARTESIAN = ("real_ohm", "imaginary_ohm")
POLAR = ("modulus_ohm", "phase_rad")
# The whole cell comes before the working electrode; parts before modulus and phase.
SOURCES = (
    ("cell_real_ohm", "cell_imaginary_ohm"),
    ("cell_modulus_ohm", "cell_phase_rad"),
    CARTESIAN,
    POLAR,
)


class Impedance(NamedTuple):
    """Impedance (n,) of the kept rows and the two quantities it was made from."""

    values_ohm: np.ndarray
    quantities: tuple[str, str]


def spectra_from_table(table: Table) -> list[Spectrum]:
    """One Spectrum a sweep, in the order of the file; raises InputError when there is none to be had."""
    rows = impedance_rows(table)
    _require_points(table, rows)
    frequency_Hz = table.values["frequency_Hz"][rows]
    impedance = _impedance(table, rows)
    slices = sweep_slices(frequency_Hz)
    kept = [s for s in slices if s.stop - s.start >= 2]
    require(
        len(kept) > 0,
        f"{table.source.name}: no sweep has 2 points or more; a spectrum needs at least 2, so export more.",
    )
    sweeps = [(frequency_Hz[s], impedance.values_ohm[s]) for s in kept]
    turn, notes = _sign_of_imaginary(table, impedance, sweeps)
    notes = [*table.assumptions, *unnamed_units(table, ("frequency_Hz", *impedance.quantities)), *notes]
    notes += _reference_notes(table, impedance)
    if len(kept) < len(slices):
        notes.append(f"{len(slices) - len(kept)} sweeps of a single point were left out.")
    shared = table.provenance() | {
        "impedance_columns": tuple(table.columns[q].name for q in impedance.quantities),
        "sweeps": len(kept),
        "dropped_zero_frequency_rows": int(rows.size - rows.sum()),
    }
    return [
        Spectrum(
            frequency_Hz=f,
            impedance_ohm=z.conj() if turn else z,
            temperature_K=_temperature_K(table, np.flatnonzero(rows)[s]),
            state=_state(table, np.flatnonzero(rows)[s]),
            provenance=shared | {"sweep": number, "assumptions": tuple(notes)},
        )
        for number, (s, (f, z)) in enumerate(zip(kept, sweeps, strict=True), start=1)
    ]


def _require_points(table: Table, rows: np.ndarray) -> None:
    file = table.source.name
    if not table.has("frequency_Hz"):
        cycling = " holds no impedance points; use read_cycling, or name" if table.has("time_s") else " needs"
        raise InputError(
            f"{file}{cycling} a frequency column as in 'freq/Hz' (its columns are {_listed(table.names)})."
        )
    require(bool(rows.any()), f"{file} holds no impedance points; use read_cycling.")
    require(
        bool(rows.sum() >= 2),
        f"{file} holds {rows.sum()} impedance point; a spectrum needs at least 2, so measure or export more.",
    )


def _listed(names: tuple[str, ...]) -> str:
    listed = [f"'{n[:40]}'" for n in names[:20]]
    return ", ".join(listed) + (", ..." if len(names) > 20 else "")


def _impedance(table: Table, rows: np.ndarray) -> Impedance:
    """The first source whose columns are there and not zero throughout (EC-Lab fills unused ones with 0)."""
    zero: list[str] = []
    for quantities in SOURCES:
        if not table.has(*quantities):
            continue
        first, second = (checked_values(table, q, rows) for q in quantities)
        if not np.any(first):
            zero.append(table.columns[quantities[0]].name)
            continue
        if quantities[1].endswith("imaginary_ohm"):
            return Impedance(first + 1j * second, quantities)
        _require_angle_unit(table, quantities[1])
        return Impedance(first * np.exp(1j * second), quantities)
    if zero:
        raise InputError(
            f"{table.source.name}: the impedance in '{zero[0]}' is zero throughout; export it again."
        )
    raise InputError(
        f"{table.source.name} has frequencies but no impedance: it needs columns for Re and Im or for "
        f"modulus and phase, and has {_listed(table.names)}; name them as in 'Re(Z)/Ohm', '-Im(Z)/Ohm'."
    )


def _require_angle_unit(table: Table, quantity: str) -> None:
    column = table.columns[quantity]
    require(
        column.unit is not None,
        f"{table.source.name}: column '{column.name}' does not say whether it is in degrees or radians; "
        "rename it to 'Phase(Z)/deg' or 'Phase(Z)/rad'.",
    )


def _sign_of_imaginary(
    table: Table, impedance: Impedance, sweeps: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[bool, list[str]]:
    """Whether to turn Im Z round, and what was assumed; raises InputError rather than mirror a spectrum."""
    if table.signs_known:
        return False, []
    column = table.columns[impedance.quantities[1]]
    sign = imaginary_sign(sweeps)
    share = inductive_share(sweeps)
    unnamed = column.name == ""
    if column.sign < 0:
        doubt = " although the numbers look mirrored" if sign is Sign.MIRRORED else ""
        return False, [f"'{column.name}' was read as minus the imaginary part, as its name says{doubt}."]
    if unnamed:
        return _sign_of_unnamed(table, sign, share)
    if sign is Sign.MIRRORED:
        better = "-Im(Z)/Ohm" if "imaginary" in column.quantity else "-Phase(Z)/deg"
        raise InputError(
            f"{table.source.name}: column '{column.name}' is positive (inductive) at {share:.0%} of the "
            "points and the real part does not bear it out, so it most likely stores the opposite sign; "
            f"rename it to '{better}', or, if the cell really is inductive, store minus these values under "
            "that name."
        )
    found = "the numbers agree" if sign is Sign.TRUE else "the numbers neither confirm nor refute it"
    return False, [f"'{column.name}' was read with its true sign (capacitive is negative); {found}."]


def _sign_of_unnamed(table: Table, sign: Sign, share: float) -> tuple[bool, list[str]]:
    """A column without a name is trusted only where the numbers tell its sign."""
    if sign is Sign.TRUE:
        return False, ["Column 3 is the imaginary part with its true sign, as the numbers show."]
    if sign is Sign.MIRRORED and share > 0.9:
        return True, ["Column 3 is minus the imaginary part, as the numbers show, and was turned round."]
    raise InputError(
        f"{table.source.name}: the sign of the imaginary part (column 3, without a name) cannot be told from "
        "its values; add a first line such as 'freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm' or '...,-Im(Z)/Ohm'."
    )


def _reference_notes(table: Table, impedance: Impedance) -> list[str]:
    if impedance.quantities[0].startswith("cell_") or not any("Zce" in name for name in table.names):
        return []
    return ["The impedance is the working electrode's against the reference: there are no Zwe-ce columns."]


def _state(table: Table, rows: np.ndarray) -> dict[str, Any]:
    """What is known of the cell during a sweep; columns with gaps say nothing."""
    state: dict[str, Any] = {"technique": table.technique} if table.technique else {}
    mask = np.zeros(table.places.size, dtype=bool)
    mask[rows] = True
    if table.has("time_s") and np.isfinite(table.values["time_s"][rows]).all():
        state["start_time_s"] = float(table.values["time_s"][rows][0])
    voltages = [q for q in ("voltage_V", "cell_voltage_V", "counter_voltage_V") if table.has(q)]
    complete = all(np.isfinite(table.values[q][rows]).all() for q in voltages)
    if complete and any(q != "counter_voltage_V" for q in voltages):
        state["voltage_V"] = float(cell_voltage_V(table, mask)[0].mean())
    return state


def _temperature_K(table: Table, rows: np.ndarray) -> float | None:
    """Mean of the temperature column; None where it has gaps or is 0 degC throughout (no probe)."""
    if not table.has("temperature_K"):
        return None
    values = table.values["temperature_K"][rows]
    probe = np.isfinite(values).all() and np.any(values != 273.15)
    return float(values.mean()) if probe else None
