"""BioLogic text exports (.mpt, or .txt of EC-Lab and BT-Lab), with or without their header."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sscell.data.delimited import table_from_lines
from sscell.data.detect import FileFormat
from sscell.data.layout import (
    Layout,
    layout_from_lines,
    layout_with_names,
    lines_from_source,
    named_separator,
)
from sscell.data.source import SourceFile, shown
from sscell.data.table import Table
from sscell.data.timestamps import moment_from_text
from sscell.errors import InputError, require

HEADER_LINES = re.compile(r"Nb header lines\s*:\s*(\d{1,6})\s*$")
STARTED = re.compile(r"Acquisition started on\s*:\s*(.+?)\s*$")


def table_from_mpt(source: SourceFile) -> Table:
    """Read a BioLogic text file; without the EC-Lab header nothing but its column names is known.

    Raises InputError for a header that ends early and for columns that are not recognised.
    """
    lines = lines_from_source(source)
    if not lines[0].startswith(("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")):
        return table_from_lines(source, lines, layout_from_lines(lines, source.name), FileFormat.BIOLOGIC_MPT)
    layout = _layout(source, lines)
    header = lines[: layout.start]
    return table_from_lines(
        source,
        lines,
        layout,
        FileFormat.BIOLOGIC_MPT,
        signs_known=True,
        technique=header[3].strip() or None,
        acquired=_acquired(header),
    )


def _layout(source: SourceFile, lines: Sequence[str]) -> Layout:
    """The header says on its second line where the column names stand."""
    counted = HEADER_LINES.match(lines[1]) if len(lines) > 1 else None
    if counted is None:
        raise InputError(
            f"{source.name}, line 2 should read 'Nb header lines : ...' but reads "
            f"{shown(lines[1] if len(lines) > 1 else '')}; export the file again."
        )
    number = int(counted[1])
    require(
        4 < number < len(lines),
        f"{source.name}: the header should have {number} lines, but the file has {len(lines)} in all; export it again.",
    )
    separator = named_separator(lines[number - 1])
    if separator is None:
        raise InputError(
            f"{source.name}, line {number} should name the columns but reads {shown(lines[number - 1])}; "
            "export the file again with frequency and impedance, or time, current and voltage."
        )
    return layout_with_names(lines, number - 1, separator)


def _acquired(header: Sequence[str]) -> str | None:
    """When the measurement began, in ISO 8601 where the clock time can be read."""
    for line in header:
        started = STARTED.match(line)
        if started:
            moment = moment_from_text(started[1])
            return moment.isoformat() if moment else None
    return None
