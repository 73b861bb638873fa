"""A file as a table: columns of numbers in SI units, under the names of `columns.QUANTITIES`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sscell.data.columns import Column
from sscell.data.source import SourceFile, shown
from sscell.errors import InputError


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """What every reader returns.

    names: all column names of the file; columns, values: the recognised ones (what is no number is NaN);
    places: (n,) where each row stands, in units of `place` ('line', 'row' or 'point'); texts: the cells as written,
    for messages; signs_known: the format fixes the signs of Im Z and of the current, so none is detected.
    """

    source: SourceFile
    format: str
    names: tuple[str, ...]
    columns: Mapping[str, Column]
    values: Mapping[str, np.ndarray]
    places: np.ndarray
    place: str = "line"
    texts: Mapping[str, Sequence[str]]
    signs_known: bool = False
    technique: str | None = None
    acquired: str | None = None
    assumptions: tuple[str, ...] = ()

    def has(self, *quantities: str) -> bool:
        return all(q in self.values for q in quantities)

    def where(self, row: int) -> str:
        """The place of a row in words, e.g. 'line 7'."""
        return f"{self.place} {self.places[row]}"

    def listed_names(self) -> str:
        """The column names of the file for a message."""
        listed = ", ".join(f"'{name[:40]}'" for name in self.names[:20])
        return (listed or "columns without names") + (", ..." if len(self.names) > 20 else "")

    def provenance(self) -> dict[str, Any]:
        """Where the numbers are from; readers add what is theirs."""
        known = {"technique": self.technique, "acquired": self.acquired}
        return {
            "file": self.source.name,
            "sha256": self.source.sha256,
            "format": self.format,
            "columns": self.names,
            **{k: v for k, v in known.items() if v is not None},
        }


def si_values(numbers: np.ndarray, column: Column) -> np.ndarray:
    """Numbers of a column -> SI, with the sign its name gives."""
    if column.unit is None:
        return column.sign * numbers
    return column.sign * (numbers * column.unit.factor + column.unit.offset)


def checked_values(table: Table, quantity: str, rows: np.ndarray) -> np.ndarray:
    """The values of a quantity at `rows` (mask); raises InputError for the first that is no finite number."""
    values = table.values[quantity]
    bad = np.flatnonzero(rows & ~np.isfinite(values))
    if bad.size:
        text = table.texts[quantity][bad[0]] if quantity in table.texts else str(values[bad[0]])
        such = f"{bad.size} such rows" if bad.size > 1 else "1 such row"
        raise InputError(
            f"{table.source.name}, {table.where(bad[0])}, column {table.columns[quantity].label}: "
            f"{shown(text) if text else 'an empty cell'} is not a finite number ({such}); "
            "correct or remove these rows."
        )
    return values[rows]


def impedance_rows(table: Table) -> np.ndarray:
    """Mask of the rows with a positive frequency; raises InputError for frequencies that cannot be."""
    if not table.has("frequency_Hz"):
        return np.zeros(table.places.size, dtype=bool)
    everywhere = np.ones(table.places.size, dtype=bool)
    frequency_Hz = checked_values(table, "frequency_Hz", everywhere)
    negative = np.flatnonzero(frequency_Hz < 0)
    if negative.size:
        raise InputError(
            f"{table.source.name}: a frequency must not be negative, but {table.where(negative[0])} has "
            f"{frequency_Hz[negative[0]]:g} Hz; correct or remove that row."
        )
    return frequency_Hz > 0


def cell_voltage_V(table: Table, rows: np.ndarray) -> tuple[np.ndarray, str]:
    """Voltage of the whole cell at `rows`, and a sentence on where it is from.

    Not the working electrode's alone where a reference electrode is used. Columns that are zero throughout
    are not connected. Raises InputError for values that are no numbers.
    """
    for quantity in ("cell_voltage_V", "counter_voltage_V"):
        if not table.has(quantity):
            continue
        values = checked_values(table, quantity, rows)
        name = table.columns[quantity].name
        if quantity == "cell_voltage_V" and np.any(values != 0):
            return values, f"The cell voltage is column '{name}'."
        if table.has("voltage_V") and np.any(values != 0):
            working = checked_values(table, "voltage_V", rows)
            against = f"'{table.columns['voltage_V'].name}' minus '{name}'"
            return working - values, f"The cell voltage is {against} (there is a reference electrode)."
    quantity = "voltage_V" if table.has("voltage_V") else "cell_voltage_V"
    name = table.columns[quantity].name
    return checked_values(table, quantity, rows), f"The cell voltage is column '{name}'."


def unnamed_units(table: Table, used: Sequence[str]) -> list[str]:
    """One sentence on the used columns whose name gives no unit, none when all do."""
    silent = [f"'{table.columns[q].name}'" for q in used if table.columns[q].unit is None]
    return [f"These columns name no unit and were read in SI units: {', '.join(silent)}."] if silent else []
