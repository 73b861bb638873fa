"""VersaStudio .par files: sections as in XML, each <SegmentN> a comma-separated table named by its Definition."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sscell.data.delimited import table_from_lines
from sscell.data.detect import FileFormat
from sscell.data.layout import Layout, is_number, lines_from_source, names_from_line, only_lines
from sscell.data.source import SourceFile
from sscell.data.table import Table
from sscell.errors import require

SEGMENT = re.compile(r"<Segment\d+>\s*$")
DEFINITION = "Definition="


def table_from_par(source: SourceFile) -> Table:
    """Read all segments of a .par file; raises InputError where it has none or they have different columns."""
    lines = lines_from_source(source)
    segments = [i for i, line in enumerate(lines) if SEGMENT.match(line)]
    definitions = [found for start in segments if (found := _definition(lines, start)) is not None]
    require(
        len(definitions) > 0,
        f"{source.name} has no <Segment1> with a line '{DEFINITION}...' that names its columns; copy the file again.",
    )
    named = {lines[i].removeprefix(DEFINITION) for i in definitions}
    require(
        len(named) == 1,
        f"{source.name}: its {len(definitions)} segments have different columns; export one segment a file.",
    )
    rows = [range(i + 1, _section_end(lines, i)) for i in definitions]
    actions = [value for line in lines if (value := line.removeprefix("Name=")) != line]
    return table_from_lines(
        source,
        only_lines(lines, rows),
        Layout(",", _names(named.pop()), rows[0].start),
        FileFormat.VERSASTUDIO,
        technique=actions[-1].strip() or None if actions else None,
        acquired=_acquired(lines),
    )


def _names(definition: str) -> tuple[str, ...]:
    """The list of names ends with a number, which is no column."""
    names = names_from_line(definition, ",")
    return names[:-1] if names and is_number(names[-1]) else names


def _definition(lines: Sequence[str], start: int) -> int | None:
    """Index of the line that names the columns of the section beginning at `start`."""
    section = range(start + 1, _section_end(lines, start))
    return next((i for i in section if lines[i].startswith(DEFINITION)), None)


def _section_end(lines: Sequence[str], start: int) -> int:
    return next((i for i in range(start + 1, len(lines)) if lines[i].startswith("<")), len(lines))


def _acquired(lines: Sequence[str]) -> str | None:
    """Date and time as they are written."""
    keys = ("DateAcquired=", "TimeAcquired=")
    found = (line.removeprefix(key).strip() for key in keys for line in lines if line.startswith(key))
    return " ".join(found) or None
