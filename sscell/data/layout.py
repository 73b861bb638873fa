"""How a text table is laid out: separator, column names, first line of numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sscell.data.columns import recognised_columns
from sscell.data.source import SourceFile, shown
from sscell.data.units import name_and_unit, unit_from_text
from sscell.errors import InputError, require

# In this order: a comma may be a decimal comma where a semicolon or tab separates. None: blanks.
SEPARATORS = (";", "\t", ",", None)
LONGEST_PREAMBLE = 300
LONGEST_HEADER = 2
# Above these a file is no table of a measurement, and splitting it would take minutes and gigabytes.
MOST_LINES = 5_000_000
LONGEST_LINE = 100_000
MOST_COLUMNS = 1_000
EXAMPLE_NAMES = "'freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm' or 'time/s,I/mA,Ewe/V'"


class Layout(NamedTuple):
    """names: () when the file names no columns; start: index of the first line of numbers."""

    separator: str | None
    names: tuple[str, ...]
    start: int
    notes: tuple[str, ...] = ()


def lines_from_source(source: SourceFile) -> list[str]:
    """The lines of a text file (UTF-8, marked UTF-16 or Latin-1); raises InputError for binary or endless ones."""
    content = source.content
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    else:
        require(
            b"\0" not in content,
            f"{source.name} is not text (byte {content.find(bytes(1))} is zero); give the text export, or "
            "the original file with its own extension.",
        )
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    require(
        text.count("\n") < MOST_LINES,
        f"{source.name} has more than {MOST_LINES:,} lines, more than is read at once; export it in parts.",
    )
    lines = text.split("\n")
    longest = max(range(len(lines)), key=lambda index: len(lines[index]))
    require(
        len(lines[longest]) <= LONGEST_LINE,
        f"{source.name}, line {longest + 1} has {len(lines[longest]):,} characters where a row of a table has "
        f"{LONGEST_LINE:,} at most; export it again with one row a line.",
    )
    return lines


def only_lines(lines: Sequence[str], kept: Iterable[range]) -> list[str]:
    """The same lines, blank outside `kept`: what is left keeps its line numbers."""
    masked = [""] * len(lines)
    for block in kept:
        masked[block.start : block.stop] = lines[block.start : block.stop]
    return masked


def fields_of(line: str, separator: str | None) -> list[str]:
    """The cells of a line; quotes around a cell are taken off."""
    if separator is None:
        return line.split()
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    except csv.Error:
        return [cell.strip() for cell in line.split(separator)]


def is_blank(line: str) -> bool:
    """Blank lines and comment lines hold no row."""
    return not line.strip() or line.lstrip().startswith(("#", "%"))


def is_number(text: str) -> bool:
    """A number with a decimal point or comma."""
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def layout_from_lines(lines: Sequence[str], file_name: str) -> Layout:
    """Find the column names, or, without any, the first line of numbers; raises InputError for neither."""
    for index, line in enumerate(lines[:LONGEST_PREAMBLE]):
        named = named_separator(line)
        if named is not None:
            return layout_with_names(lines, index, named)
    for index, line in enumerate(lines):
        if not is_blank(line):
            separator = numeric_separator(line)
            require(
                separator != "",
                f"{file_name}: no column names were recognised, and line {index + 1} reads {shown(line)}; "
                f"begin the file with names such as {EXAMPLE_NAMES}.",
            )
            return Layout(separator, (), index)
    raise InputError(f"{file_name} holds only blank lines and comments; export it again.")


def named_separator(line: str) -> str | None:
    """The separator under which a line names most columns we know ('' for blanks); None if it names none."""
    best, most = None, 1
    for separator in SEPARATORS:
        names = names_from_line(line, separator)
        if len(names) > MOST_COLUMNS:
            continue
        known = len({column.quantity for column in recognised_columns(names)})
        # Prose has letters that look like names: blanks separate only where every word is one.
        if separator is None and known < len(names):
            continue
        if known > most:
            best, most = separator or "", known
    return best


def layout_with_names(lines: Sequence[str], index: int, separator: str | None) -> Layout:
    """The layout below a line of column names; a line of units is used, one of remarks skipped and noted."""
    separator = separator or None
    names = names_from_line(lines[index], separator)
    notes: list[str] = []
    start = index + 1
    for number, line in enumerate(lines[start : start + LONGEST_HEADER], start=start):
        cells = fields_of(line, separator)
        if is_blank(line):
            continue
        if _is_unit_line(cells):
            names = tuple(with_unit(n, u) for n, u in zip(names, [*cells, *[""] * len(names)], strict=False))
            notes.append(f"Line {number + 1} was read as the units of the columns.")
        elif _is_remark(cells, names):
            notes.append(f"Line {number + 1}, {shown(line.strip())}, is not numbers and was skipped.")
        else:
            break
        start = number + 1
    return Layout(separator, names, start, tuple(notes))


def names_from_line(line: str, separator: str | None) -> tuple[str, ...]:
    """The cells of a line of column names, printable and without empty ones at its end."""
    names = [name.replace("\t", " ") for name in fields_of(printable(line).lstrip("#%"), separator)]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def printable(line: str) -> str:
    """For what ends up in messages and on terminals: control characters become question marks, spaces plain ones."""
    return "".join(c if c.isprintable() or c == "\t" else " " if c.isspace() else "?" for c in line)


def _is_unit_line(cells: Sequence[str]) -> bool:
    written = [cell.strip("()[]") for cell in cells if cell]
    return len(written) >= 2 and all(unit_from_text(w) for w in written) and not any(map(is_number, written))


def with_unit(name: str, unit: str) -> str:
    """'Freq' and 'Hz' -> 'Freq/Hz', unless the name already has a unit."""
    return name if name_and_unit(name)[1] or not unit else f"{name}/{unit.strip('()[]')}"


def _is_remark(cells: Sequence[str], names: Sequence[str]) -> bool:
    """No number at all, and not even a cell for every known column: not a damaged row."""
    known = [column.position for column in recognised_columns(names)]
    filled = all(position < len(cells) and cells[position] for position in known)
    return not filled and not any(is_number(cell) for cell in cells if cell)


def numeric_separator(line: str) -> str | None:
    """The separator under which a line is numbers, blanks for a single one; '' when it is no row of numbers."""
    for separator in SEPARATORS:
        cells = fields_of(line, separator)
        if all(map(is_number, cells)) and len(cells) >= (1 if separator is None else 2):
            return separator
    return ""
