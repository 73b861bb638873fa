"""Gamry .DTA files: the impedance is the table ZCURVE, complete or as far as an aborted run got."""

from __future__ import annotations

from collections.abc import Sequence

from sscell.data.delimited import table_from_lines
from sscell.data.detect import FileFormat
from sscell.data.layout import Layout, fields_of, lines_from_source, names_from_line, only_lines, with_unit
from sscell.data.source import SourceFile, shown
from sscell.data.table import Table
from sscell.data.units import unit_from_text
from sscell.errors import InputError, require

IMPEDANCE = "ZCURVE"
ABORTED = "EXPERIMENTABORTED"
ABORTED_NOTE = "The run was aborted; the table holds the points measured until then."


def table_from_dta(source: SourceFile) -> Table:
    """Read the impedance of a .DTA file; raises InputError where it has none."""
    lines = lines_from_source(source)
    starts = _table_starts(source, lines)
    heads = {_names(source, lines, start) for start in starts}
    require(
        len(heads) == 1,
        f"{source.name}: its {len(starts)} {IMPEDANCE} tables have different columns; export one table a file.",
    )
    rows = [range(start + 3, _table_end(lines, start)) for start in starts]
    aborted = any(line.startswith(ABORTED) for line in lines)
    return table_from_lines(
        source,
        only_lines(lines, rows),
        Layout("\t", heads.pop(), rows[0].start, (ABORTED_NOTE,) if aborted else ()),
        FileFormat.GAMRY,
        signs_known=True,
        technique=_label(lines, "TITLE"),
        acquired=" ".join(filter(None, (_label(lines, "DATE"), _label(lines, "TIME")))) or None,
    )


def _table_starts(source: SourceFile, lines: Sequence[str]) -> list[int]:
    """Indices of the lines 'ZCURVE<tab>TABLE'; a file may have several."""
    tables = {i: line.split("\t")[0] for i, line in enumerate(lines) if "\tTABLE" in line}
    starts = [i for i, name in tables.items() if name.startswith(IMPEDANCE)]
    if not starts:
        others = f"its tables are {', '.join(map(shown, list(tables.values())[:8]))}" if tables else "it has no table"
        raise InputError(
            f"{source.name} has no table {IMPEDANCE} with impedance ({others}); of Gamry files only impedance is "
            "read, so export cycling as CSV."
        )
    return starts


def _names(source: SourceFile, lines: Sequence[str], start: int) -> tuple[str, ...]:
    """Below the line of the table stand its names, then their units; every line begins with a tab."""
    require(
        _table_end(lines, start) > start + 2,
        f"{source.name}, line {start + 1}: below {IMPEDANCE} there should be a line of names and one of units; "
        "copy the file again.",
    )
    names, units = names_from_line(lines[start + 1], "\t"), fields_of(lines[start + 2], "\t")
    units += [""] * len(names)
    return tuple(
        with_unit(name, unit) if unit_from_text(unit) else name for name, unit in zip(names, units, strict=False)
    )


def _table_end(lines: Sequence[str], start: int) -> int:
    """Index of the first line below a table."""
    return next((i for i in range(start + 1, len(lines)) if not lines[i].startswith("\t")), len(lines))


def _label(lines: Sequence[str], key: str) -> str | None:
    """The value in a header line such as 'TITLE<tab>LABEL<tab>Potentiostatic EIS<tab>...'."""
    for line in lines:
        cells = line.split("\t")
        if cells[0] == key and len(cells) > 2:
            return cells[2].strip() or None
    return None
