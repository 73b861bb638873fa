"""Text tables: CSV, TSV and TXT with comma, semicolon, tab or blanks, decimal points or commas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sscell.data.columns import Column, columns_from_names
from sscell.data.detect import FileFormat
from sscell.data.layout import (
    EXAMPLE_NAMES,
    Layout,
    fields_of,
    is_blank,
    is_number,
    layout_from_lines,
    lines_from_source,
    printable,
)
from sscell.data.source import SourceFile
from sscell.data.table import Table, si_values
from sscell.data.timestamps import clock_times
from sscell.data.units import Unit
from sscell.errors import InputError, require

UNNAMED = ("frequency_Hz", "real_ohm", "imaginary_ohm")
UNNAMED_NOTE = "The columns have no names: they were read as frequency/Hz, Re Z/ohm and Im Z/ohm."


class Cells(NamedTuple):
    """Cells of the recognised columns, with the number of each line in the file."""

    texts: dict[str, list[str]]
    line_numbers: np.ndarray


def table_from_text(source: SourceFile) -> Table:
    """Read a text table; raises InputError for content that is no table of known columns."""
    lines = lines_from_source(source)
    return table_from_lines(source, lines, layout_from_lines(lines, source.name), FileFormat.DELIMITED)


def table_from_lines(
    source: SourceFile,
    lines: Sequence[str],
    layout: Layout,
    file_format: FileFormat,
    *,
    signs_known: bool = False,
    technique: str | None = None,
    acquired: str | None = None,
) -> Table:
    """The lines below a layout as a table; raises InputError for rows of unequal length and for no rows."""
    columns, width, notes = _columns(source, lines, layout)
    cells = _cells(source, lines, layout, columns, width)
    values, more_notes = _values(source, cells, columns, layout.separator)
    return Table(
        source=source,
        format=file_format.value,
        names=layout.names,
        columns=columns,
        values=values,
        places=cells.line_numbers,
        texts=cells.texts,
        signs_known=signs_known,
        technique=printable(technique) if technique else None,
        acquired=printable(acquired) if acquired else None,
        assumptions=(*layout.notes, *notes, *more_notes),
    )


def _columns(
    source: SourceFile, lines: Sequence[str], layout: Layout
) -> tuple[dict[str, Column], int, tuple[str, ...]]:
    """Recognised columns, the number of columns, and what was assumed."""
    if layout.names:
        return columns_from_names(layout.names, source.name), len(layout.names), ()
    width = len(_without_trailing_blanks(fields_of(lines[layout.start], layout.separator)))
    require(
        width == len(UNNAMED),
        f"{source.name} has {width} column{'s' * (width != 1)} without names; only 3 (frequency, real, imaginary part) "
        f"are understood without, so add a first line with names such as {EXAMPLE_NAMES}.",
    )
    si = (Unit("frequency"), Unit("impedance"), Unit("impedance"))
    columns = {q: Column(i, "", q, 0, unit, 1.0) for i, (q, unit) in enumerate(zip(UNNAMED, si, strict=True))}
    return columns, width, (UNNAMED_NOTE,)


def _cells(source: SourceFile, lines: Sequence[str], layout: Layout, columns: dict[str, Column], width: int) -> Cells:
    texts: dict[str, list[str]] = {quantity: [] for quantity in columns}
    targets = [(column.position, texts[quantity]) for quantity, column in columns.items()]
    numbers = []
    for number, line in enumerate(lines[layout.start :], start=layout.start + 1):
        if is_blank(line):
            continue
        cells = fields_of(line, layout.separator)
        if len(cells) != width and (len(cells) < width or any(cells[width:])):
            raise InputError(
                f"{source.name}, line {number}: {len(_without_trailing_blanks(cells))} cells where there are "
                f"{width} columns; correct or remove that line (decimal commas need ';' or tabs between "
                "cells)."
            )
        for position, target in targets:
            target.append(cells[position])
        numbers.append(number)
    require(len(numbers) > 0, f"{source.name} has column names but no rows of numbers; export it again.")
    return Cells(texts, np.array(numbers))


def _without_trailing_blanks(cells: Sequence[str]) -> list[str]:
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _values(
    source: SourceFile, cells: Cells, columns: dict[str, Column], separator: str | None
) -> tuple[dict[str, np.ndarray], list[str]]:
    """SI values of every recognised column, and what was assumed about decimals and clock times."""
    values, notes = {}, []
    if separator != "," and _has_decimal_commas(source, cells):
        notes.append("Commas inside numbers were read as decimal points.")
        pointed = {q: [t.replace(",", ".") for t in texts] for q, texts in cells.texts.items()}
        cells = Cells(pointed, cells.line_numbers)
    for quantity, column in columns.items():
        texts = cells.texts[quantity]
        clock = clock_times(texts) if quantity == "time_s" else None
        if clock is not None:
            notes.append(f"'{column.name}' holds clock times, read as month/day/year, from {clock.first} on.")
            values[quantity] = clock.time_s
        else:
            values[quantity] = si_values(_numbers(texts), column)
    return values, notes


def _has_decimal_commas(source: SourceFile, cells: Cells) -> bool:
    """Whether numbers are written 1,5; raises InputError if points are there too (1.000 may be 1000)."""
    comma, point = (_first_row_with(mark, cells) for mark in ",.")
    if comma is not None and point is not None:
        raise InputError(
            f"{source.name} has numbers with commas (line {comma}) and with points (line {point}); write "
            "all with one decimal mark and no thousands mark."
        )
    return comma is not None


def _first_row_with(mark: str, cells: Cells) -> int | None:
    """Line number of the first number written with a mark, column by column."""
    for texts in cells.texts.values():
        for row, text in enumerate(texts):
            if mark in text and is_number(text):
                return int(cells.line_numbers[row])
    return None


def _numbers(texts: Sequence[str]) -> np.ndarray:
    """Texts as numbers; what is none becomes NaN, and is an error only where a number is needed."""
    try:
        return np.array(texts, dtype=float)
    except ValueError:
        return np.array([_number(text) for text in texts])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
