"""ZPlot and ZView .z files, with the long header (ZPLOT2 ASCII) or the short one, which Autolab writes too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sscell.data.delimited import table_from_lines
from sscell.data.detect import FileFormat
from sscell.data.layout import LONGEST_PREAMBLE, Layout, lines_from_source, names_from_line, numeric_separator
from sscell.data.source import SourceFile
from sscell.data.table import Table
from sscell.errors import InputError, require

# Z'(a) and Z''(b) are the parts in ohm; ZView's letters only pair them. Blanks, tabs, commas or quotes are between.
NAMES = re.compile(r"[\s\"]*Freq(?:uency)?\s*\(Hz\)[\s\",].*Z'\s*\(a\)[\s\",].*Z''\s*\(b\)")
BETWEEN_NAMES = re.compile(r"[\",]")
# The long header names the number of points, the short one gives it in the line above the names.
ANNOUNCED = re.compile(r"(?:\s*Data Points:)?\s*(\d{1,9})\s*$")
DATE, TIME = re.compile(r"\bDate:\s*(\S+)"), re.compile(r"\bTime:\s*(\S+)")


def table_from_z(source: SourceFile) -> Table:
    """Read a .z file; raises InputError where no line names frequency and impedance."""
    lines = lines_from_source(source)
    index = next((i for i, line in enumerate(lines[:LONGEST_PREAMBLE]) if NAMES.match(line)), None)
    if index is None:
        raise InputError(
            f"{source.name} has no line 'Freq(Hz) ... Z'(a) Z''(b) ...' that names the columns, so it holds no "
            "impedance that ZView could show; export it again with its impedance."
        )
    header = lines[: index + 1]
    # The long header ends with a line of its own.
    start = index + 2 if lines[index + 1 : index + 2] == ["End Comments"] else index + 1
    names = names_from_line(re.sub(r"\s+\(", "(", BETWEEN_NAMES.sub(" ", header[index])), None)
    table = table_from_lines(
        source,
        lines,
        Layout(_separator(source, lines, start), names, start),
        FileFormat.ZVIEW,
        signs_known=True,
        technique=_technique(header),
        acquired=_acquired(header),
    )
    return replace(table, assumptions=(*table.assumptions, *_missing_notes(header, table.places.size)))


def _missing_notes(header: Sequence[str], points: int) -> tuple[str, ...]:
    """A sentence when a run ended early or a file was cut."""
    announced = ANNOUNCED.match(header[-2]) if len(header) > 1 else None
    if announced is None or int(announced[1]) == points:
        return ()
    return (f"The header announces {announced[1]} points, but there are {points}.",)


def _separator(source: SourceFile, lines: Sequence[str], start: int) -> str | None:
    first = next((line for line in lines[start:] if line.strip()), "")
    separator = numeric_separator(first)
    require(
        separator != "",
        f"{source.name}, line {start + 1}: a row of numbers should follow the names; export the file again.",
    )
    return separator


def _technique(header: Sequence[str]) -> str | None:
    """'Sweep Frequency, Control Voltage', which either header has."""
    for line in header:
        if "Sweep Frequency" in line:
            return line.removeprefix("  Experiment Type:").strip(' "')
    return None


def _acquired(header: Sequence[str]) -> str | None:
    """Date and time as they are written: whether day or month comes first depends on the computer."""
    text = "\n".join(header)
    found = (pattern.search(text) for pattern in (DATE, TIME))
    return " ".join(match[1] for match in found if match) or None
