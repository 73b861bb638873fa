"""From a table to spectra: impedance rows, sweeps, and the state of the cell."""

from __future__ import annotations

import math
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from sscell.data.impedance import imaginary_turn, impedance_from_table, reference_notes
from sscell.data.sweeps import sweep_slices
from sscell.data.table import Table, cell_voltage_V, impedance_rows, unnamed_units
from sscell.errors import InputError, require
from sscell.records import Spectrum

MOST_SWEEPS = 100_000


def spectra_from_table(table: Table, area_m2: float | None = None) -> list[Spectrum]:
    """One Spectrum a sweep, in the order of the file; raises InputError when there is none to be had.

    Their provenance counts sweeps from 1; dropped_zero_frequency_rows are those of the whole file.
    """
    rows = impedance_rows(table)
    _require_points(table, rows)
    frequency_Hz = table.values["frequency_Hz"][rows]
    impedance = impedance_from_table(table, rows)
    slices = sweep_slices(frequency_Hz)
    require(
        len(slices) <= MOST_SWEEPS,
        f"{table.source.name}: the frequency turns back {len(slices) - 1:,} times, which is no row of sweeps "
        f"({MOST_SWEEPS:,} at most are read at once); sort the rows by sweep, or export them in parts.",
    )
    kept = [s for s in slices if s.stop - s.start >= 2]
    require(
        len(kept) > 0,
        f"{table.source.name}: no sweep has 2 points or more; a spectrum needs at least 2, so export more.",
    )
    sweeps = [(frequency_Hz[s], impedance.values_ohm[s]) for s in kept]
    turn, notes = imaginary_turn(table, impedance, sweeps)
    notes = [*table.assumptions, *unnamed_units(table, ("frequency_Hz", *impedance.quantities)), *notes]
    notes += reference_notes(table, impedance)
    if len(kept) < len(slices):
        notes.append(f"Sweeps of a single point were left out: {len(slices) - len(kept)}.")
    indices = np.flatnonzero(rows)
    parts = [_part(table, indices[s]) for s in kept]
    shared = table.provenance() | {
        "impedance_columns": tuple(table.columns[q].name for q in impedance.quantities),
        "sweeps": len(kept),
        "dropped_zero_frequency_rows": int(rows.size - rows.sum()),
    }
    return [
        Spectrum(
            frequency_Hz=f,
            impedance_ohm=z.conj() if turn else z,
            area_m2=area_m2,
            temperature_K=_temperature_K(part),
            state=_state(part),
            provenance=shared | {"sweep": number, "assumptions": tuple(notes)},
        )
        for number, (part, (f, z)) in enumerate(zip(parts, sweeps, strict=True), start=1)
    ]


def _require_points(table: Table, rows: np.ndarray) -> None:
    file = table.source.name
    if not table.has("frequency_Hz"):
        cycling = "holds no impedance points; use read_cycling"
        if table.has("time_s") and table.signs_known:
            raise InputError(f"{file} {cycling}.")
        step = f"{cycling}, or name" if table.has("time_s") else "needs"
        raise InputError(f"{file} {step} a frequency column as in 'freq/Hz' (it has {table.listed_names()}).")
    require(bool(rows.any()), f"{file} holds no impedance points; use read_cycling.")
    require(
        bool(rows.sum() >= 2),
        f"{file} holds {rows.sum()} impedance point; a spectrum needs at least 2, so measure or export more.",
    )


def require_area(area_m2: float | None) -> None:
    """Raise InputError unless an area given by the user is a positive number, or None (not known)."""
    number = isinstance(area_m2, Real) and not isinstance(area_m2, bool)
    require(
        area_m2 is None or (number and math.isfinite(area_m2) and area_m2 > 0),
        f"area_m2 must be a positive number of square metres, got {area_m2!r}; 1 cm2 is 1e-4.",
    )


def _part(table: Table, rows: np.ndarray) -> Table:
    """Some rows of a table, by their indices."""
    return replace(table, places=table.places[rows], values={q: v[rows] for q, v in table.values.items()}, texts={})


def _state(sweep: Table) -> dict[str, Any]:
    """What is known of the cell during a sweep; columns with gaps say nothing."""
    state: dict[str, Any] = {"technique": sweep.technique} if sweep.technique else {}
    if sweep.has("time_s") and np.isfinite(sweep.values["time_s"]).all():
        state["start_time_s"] = float(sweep.values["time_s"][0])
    voltages = [q for q in ("voltage_V", "cell_voltage_V", "counter_voltage_V") if sweep.has(q)]
    complete = all(np.isfinite(sweep.values[q]).all() for q in voltages)
    if complete and any(q != "counter_voltage_V" for q in voltages):
        everywhere = np.ones(sweep.places.size, dtype=bool)
        state["voltage_V"] = float(cell_voltage_V(sweep, everywhere)[0].mean())
    return state


def _temperature_K(sweep: Table) -> float | None:
    """Mean of the temperature column; None where it has gaps or is 0 degC throughout (no probe)."""
    if not sweep.has("temperature_K"):
        return None
    values = sweep.values["temperature_K"]
    probe = np.isfinite(values).all() and np.any(values != 273.15)
    return float(values.mean()) if probe else None
