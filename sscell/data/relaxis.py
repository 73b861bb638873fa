"""Text exports of RelaxIS: a table like any other, with the cell's state in a line below the names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sscell.data.columns import Column
from sscell.data.delimited import table_from_lines
from sscell.data.detect import FileFormat
from sscell.data.layout import Layout, layout_from_lines, lines_from_source
from sscell.data.source import SourceFile
from sscell.data.table import Table
from sscell.data.units import Unit

DC_VOLTAGE = re.compile(r"\s*DC=([-+0-9.Ee]{1,30}),")


def table_from_relaxis(source: SourceFile) -> Table:
    """Read a RelaxIS export of one spectrum; raises InputError for several side by side."""
    lines = lines_from_source(source)
    layout = layout_from_lines(lines, source.name)
    table = table_from_lines(source, lines, layout, FileFormat.RELAXIS)
    voltage_V = _dc_voltage_V(lines, layout)
    if voltage_V is None:
        return table
    column = Column(-1, "DC", "voltage_V", 0, Unit("voltage"), 1.0)
    return replace(
        table,
        columns={**table.columns, "voltage_V": column},
        values={**table.values, "voltage_V": np.full(table.places.size, voltage_V)},
        assumptions=(*table.assumptions, f"DC={voltage_V:g} was read as the cell's voltage in V."),
    )


def _dc_voltage_V(lines: Sequence[str], layout: Layout) -> float | None:
    """What stands behind 'DC=' between the names and the numbers; other exports leave it out."""
    for line in lines[: layout.start]:
        written = DC_VOLTAGE.match(line)
        if written:
            try:
                return float(written[1])
            except ValueError:
                return None
    return None
