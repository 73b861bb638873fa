"""From a table to spectra: impedance rows, sweeps, and the state of the cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from sscell.data.impedance import imaginary_turn, impedance_from_table, reference_notes
from sscell.data.sweeps import sweep_slices
from sscell.data.table import Table, cell_voltage_V, impedance_rows, unnamed_units
from sscell.errors import InputError, require
from sscell.records import Spectrum


def spectra_from_table(table: Table) -> list[Spectrum]:
    """One Spectrum a sweep, in the order of the file; raises InputError when there is none to be had.

    Their provenance counts sweeps from 1; dropped_zero_frequency_rows are those of the whole file.
    """
    rows = impedance_rows(table)
    _require_points(table, rows)
    frequency_Hz = table.values["frequency_Hz"][rows]
    impedance = impedance_from_table(table, rows)
    slices = sweep_slices(frequency_Hz)
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
