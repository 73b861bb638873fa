"""From a table to a cycling trace: cycling rows, current sign, voltage of the cell, cycle numbers."""

from __future__ import annotations

import numpy as np

from sscell.data.sign import Sign, current_sign
from sscell.data.table import Table, cell_voltage_V, checked_values, impedance_rows, unnamed_units
from sscell.errors import InputError, require
from sscell.records import CyclingTrace

NEEDED = {
    "time": ("time_s",),
    "current": ("current_A",),
    "voltage": ("voltage_V", "cell_voltage_V"),
}
MOST_CYCLES = 1e9
# Battery Data Format: columns that every such file has, under their labels and under their machine-readable names.
# https://github.com/battery-data-alliance/battery-data-format
BATTERY_DATA_FORMAT = (
    {"Test Time / s", "Voltage / V", "Current / A"},
    {"test_time_second", "voltage_volt", "current_ampere"},
)


def trace_from_table(table: Table) -> CyclingTrace:
    """The rows that are not impedance points as one trace; raises InputError when it has no cycling."""
    _require_columns(table)
    impedance = impedance_rows(table)
    rows = ~impedance
    file = table.source.name
    require(
        bool(rows.any()) or not impedance.any(),
        f"{file} holds impedance points only ({impedance.sum()} rows); use read_spectra.",
    )
    require(
        bool(rows.sum() >= 2),
        f"{file} holds {rows.sum()} row of cycling; a trace needs at least 2, so export more.",
    )
    time_s = checked_values(table, "time_s", rows)
    _require_rising(table, time_s, np.flatnonzero(rows))
    voltage_V, voltage_note = cell_voltage_V(table, rows)
    current_A, current_note = _discharge_current_A(table, rows, voltage_V)
    cycle, cycle_note = _cycle(table, rows)
    units = unnamed_units(table, [q for q in ("time_s", "current_A", "voltage_V") if table.has(q)])
    notes = (*table.assumptions, *units, voltage_note, current_note, cycle_note)
    return CyclingTrace(
        time_s=time_s,
        current_A=current_A,
        voltage_V=voltage_V,
        cycle=cycle,
        provenance=table.provenance() | {"dropped_impedance_rows": int(impedance.sum()), "assumptions": notes},
    )


def _require_columns(table: Table) -> None:
    missing = [name for name, any_of in NEEDED.items() if not any(table.has(q) for q in any_of)]
    if missing:
        impedance = table.has("frequency_Hz") and impedance_rows(table).any()
        step = "use read_spectra" if impedance else "name them as in 'time/s', 'I/mA', 'Ewe/V'"
        raise InputError(
            f"{table.source.name} has no column for {' and '.join(missing)} (it has {table.listed_names()}); {step}."
        )


def _require_rising(table: Table, time_s: np.ndarray, rows: np.ndarray) -> None:
    falls = np.flatnonzero(np.diff(time_s) < 0)
    if falls.size:
        row = rows[falls[0] + 1]
        raise InputError(
            f"{table.source.name}: time must not fall, but at {table.where(row)} it goes from "
            f"{time_s[falls[0]]:g} s to {time_s[falls[0] + 1]:g} s; split the file there or export the total "
            "time."
        )


def _discharge_current_A(table: Table, rows: np.ndarray, voltage_V: np.ndarray) -> tuple[np.ndarray, str]:
    """Current with discharge positive: EC-Lab's and BDF's is turned, our own kept, another's as the voltage shows."""
    stored = checked_values(table, "current_A", rows)
    column = table.columns["current_A"].name
    turned = 0.0 - stored  # not -stored, which makes -0.0 of a rest
    if table.signs_known or _named_by_ec_lab(table):
        return turned, f"'{column}' counts charge positive (EC-Lab, cathode as working electrode), so turned."
    if column == "current_A":
        return stored, "'current_A' counts discharge positive, as in this package."
    sign = current_sign(stored, voltage_V)
    if any(required <= set(table.names) for required in BATTERY_DATA_FORMAT):
        doubt = "; the voltage shows the opposite, so check it" if sign is Sign.TRUE else ""
        return turned, f"'{column}' counts charge positive (Battery Data Format), so turned{doubt}."
    if sign is Sign.TRUE:
        return stored, f"'{column}' counts discharge positive, as the voltage shows."
    why = "as the voltage shows" if sign is Sign.MIRRORED else "as most cyclers do; the voltage does not tell"
    return turned, f"'{column}' counts charge positive ({why}), so turned."


def _named_by_ec_lab(table: Table) -> bool:
    voltages = [table.columns[q].name.lower() for q in NEEDED["voltage"] if table.has(q)]
    return any(name.startswith(("ewe", "<ewe", "ecell")) for name in voltages)


def _cycle(table: Table, rows: np.ndarray) -> tuple[np.ndarray, str]:
    """Cycle numbers from 1, or 0 throughout where the file does not count."""
    for quantity, per_cycle in (("cycle", 1), ("half_cycle", 2)):
        if not table.has(quantity):
            continue
        values = checked_values(table, quantity, rows)
        name = table.columns[quantity].name
        require(
            bool(np.all((values >= 0) & (values < MOST_CYCLES))),
            f"{table.source.name}: column '{name}' must count cycles from 0 or 1, but has values from "
            f"{values.min():g} to {values.max():g}; rename or correct it.",
        )
        counted = np.round(values).astype(int)
        if not counted.any():
            continue
        first = 1 if counted.min() == 0 or per_cycle == 2 else 0
        how = f"'{name}' counts cycles" if per_cycle == 1 else f"Two of '{name}' are a cycle"
        return counted // per_cycle + first, f"{how}{', from 1 on here' if first else ''}."
    return np.zeros(int(rows.sum()), dtype=int), "The file counts no cycles, so the cycle is 0 throughout."
