"""Excel .xlsx and .xlsm files, read with openpyxl: the stored values only, no formula and no macro.

A sheet becomes lines of tab-separated cells, so that column names, units and signs are found as in a text table.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from sscell.data.delimited import table_from_lines
from sscell.data.detect import FileFormat
from sscell.data.layout import LONGEST_PREAMBLE, is_blank, layout_from_lines, named_separator
from sscell.data.source import SourceFile, shown
from sscell.data.table import Table
from sscell.errors import InputError, require

LARGEST_PACKED_BYTES = 50_000_000
LARGEST_UNPACKED_BYTES = 100_000_000
MOST_ROWS = 1_048_576  # Excel's own
MOST_CELLS = 10_000_000
SEPARATOR = "\t"


def table_from_workbook(source: SourceFile) -> Table:
    """Read the first sheet that names columns; raises InputError for damaged and oversized files."""
    title, lines, others = _chosen_sheet(source)
    layout = layout_from_lines(lines, source.name)
    width = len(layout.names)
    if width:  # what stands beside the table is no part of it
        lines = [SEPARATOR.join([*line.split(SEPARATOR), *[""] * width][:width]) for line in lines]
    table = table_from_lines(source, lines, layout, FileFormat.WORKBOOK)
    beside = f"; not its {others} other sheet{'s' * (others > 1)}" if others else ""
    note = f"Sheet {shown(title)} was read{beside}."
    return replace(table, place="row", assumptions=(note, *table.assumptions))


def _chosen_sheet(source: SourceFile) -> tuple[str, list[str], int]:
    """Title and lines of the first sheet that names columns, else of the first that is not empty, and the others."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _require_unpackable(source)
            return _first_table(source)
    except InputError:
        raise
    # openpyxl raises whatever its parsing stumbles on (KeyError, TypeError, ParseError, BadZipFile, ...).
    except Exception as error:
        reason = " ".join(str(error).split())[:100] or "its parts do not fit together"
        raise InputError(
            f"{source.name} is not a complete Excel file ({reason!a}); save it again, or as CSV."
        ) from error


def _require_unpackable(source: SourceFile) -> None:
    """Refuse what would fill the memory; zipfile never unpacks more of a part than the sizes checked here."""
    require(
        len(source.content) <= LARGEST_PACKED_BYTES,
        f"{source.name} is larger than {LARGEST_PACKED_BYTES / 1e6:.0f} MB, more than is read of an Excel file; "
        "save its sheet as CSV.",
    )
    with ZipFile(BytesIO(source.content)) as archive:
        size = sum(part.file_size for part in archive.infolist())
    require(
        size <= LARGEST_UNPACKED_BYTES,
        f"{source.name} unpacks to {size / 1e6:.0f} MB, more than the {LARGEST_UNPACKED_BYTES / 1e6:.0f} MB that are "
        "read of an Excel file; save its sheet as CSV.",
    )


def _first_table(source: SourceFile) -> tuple[str, list[str], int]:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(source.content), read_only=True, data_only=True, keep_links=False)
    filled: tuple[str, list[str]] | None = None
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # the file's own statement of its size may be wrong
        lines = list(_lines(source, sheet.iter_rows(values_only=True)))
        if any(named_separator(line) is not None for line in lines[:LONGEST_PREAMBLE]):
            return sheet.title, lines, len(book.worksheets) - 1
        if filled is None and not all(map(is_blank, lines)):
            filled = (sheet.title, lines)
    if filled is None:
        raise InputError(f"{source.name} has no sheet with cells; save it again with the measured table.")
    return *filled, len(book.worksheets) - 1


def _lines(source: SourceFile, rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    cells = 0
    for number, row in enumerate(rows, start=1):
        cells += len(row)
        require(
            number <= MOST_ROWS and cells <= MOST_CELLS,
            f"{source.name} has a sheet of more than {MOST_ROWS:,} rows or {MOST_CELLS:,} cells, more than is read "
            "at once; save its table as CSV, in parts.",
        )
        yield SEPARATOR.join(map(_text, row)).rstrip(SEPARATOR)


def _text(value: Any) -> str:
    """A cell as it would stand in a text table."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, time):  # a duration of less than a day
        return repr(value.hour * 3600.0 + value.minute * 60 + value.second + value.microsecond / 1e6)
    # A cell stays one cell, and '#N/A' and the like stay visible: a line that begins with '#' is a comment.
    text = " ".join(str(value).split()).replace('"', "''")
    return f"Excel error {text}" if text.startswith("#") and text.endswith(("!", "?", "/A")) else text
