"""The list of a series: which file is of which condition and which cell, as CSV or TOML."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sscell.errors import InputError, nearest_key, require

OWN_KEYS = ("file", "cell", "sweep")
LARGEST_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One line: a file, its condition, its cell (None: each file is a cell of its own), one sweep or all (None)."""

    file: Path
    condition: float | str
    cell: str | None
    sweep: int | None


@dataclass(frozen=True, kw_only=True)
class SeriesList:
    """along: the name of the column that was varied."""

    along: str
    lines: tuple[Listed, ...]


def series_list_from_file(path: Path, along: str | None = None) -> SeriesList:
    """Columns (TOML: keys of each [[spectra]]) file, what was varied, and optionally cell and sweep.

    Paths start at the list's folder. along: which column was varied, if there are several. Conditions are numbers if
    all of them are, labels if none is. Raises InputError for anything else.
    """
    rows = _rows(path)
    require(len(rows) > 0, f"{path.name} lists no spectra; give a line for each file.")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    require(
        "file" in columns,
        f"{path.name} needs a column 'file'; it has {', '.join(columns) or 'none'}; rename "
        "the one that holds the file names.",
    )
    chosen = _along(path, columns, along)
    conditions = _conditions(path, chosen, [_text(path, k, row, chosen) for k, row in enumerate(rows, start=1)])
    lines = [
        Listed(
            file=path.parent / _text(path, k, row, "file"),
            condition=condition,
            cell=str(row["cell"]).strip() or None if "cell" in row else None,
            sweep=_sweep(path, k, row.get("sweep", "")),
        )
        for k, (row, condition) in enumerate(zip(rows, conditions, strict=True), start=1)
    ]
    return SeriesList(along=chosen, lines=tuple(lines))


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        require(path.stat().st_size <= LARGEST_BYTES, f"--series '{path}' is larger than 10 MB, which is no list.")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"--series '{path}' does not exist; give a list of files as CSV or TOML.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--series '{path}' cannot be read as text: {error}.") from None
    return _toml_rows(path, text) if path.suffix.lower() == ".toml" else _csv_rows(path, text)


def _csv_rows(path: Path, text: str) -> list[dict[str, Any]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    separator = max(",;\t", key=(lines[0] if lines else "").count)
    table = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    if not table:
        return []
    head = table[0]
    require(len(set(head)) == len(head), f"{path.name}: a column name stands twice in '{lines[0]}'; name each once.")
    for k, row in enumerate(table[1:], start=1):
        require(
            len(row) == len(head),
            f"{path.name}, spectrum {k}: {len(row)} cells, but {len(head)} columns ({', '.join(head)}).",
        )
    return [dict(zip(head, row, strict=True)) for row in table[1:]]


def _toml_rows(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name} is not valid TOML: {error}.") from None
    rows = found.get("spectra")
    good = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    require(good, f"{path.name} needs a table [[spectra]] for each file; it has {', '.join(found) or 'nothing'}.")
    assert isinstance(rows, list)
    return rows


def _along(path: Path, columns: Sequence[str], along: str | None) -> str:
    varied = [c for c in columns if c not in OWN_KEYS]
    if along is not None:
        require(
            along in varied,
            f"--along {along}: {path.name} has no such column{nearest_key(along, varied)}; it has {', '.join(varied)}.",
        )
        return along
    require(
        len(varied) == 1,
        f"{path.name} must have one column for what was varied, as in 'file,anneal_temperature_C,cell', but it has "
        f"{', '.join(varied) or 'none'}; choose one with --along.",
    )
    return varied[0]


def _text(path: Path, line: int, row: Mapping[str, Any], key: str) -> str:
    value = str(row.get(key, "")).strip()
    require(bool(value), f"{path.name}, spectrum {line}: no {key}; give one for every spectrum.")
    return value


def _conditions(path: Path, along: str, texts: Sequence[str]) -> list[float | str]:
    """All as numbers, or all as they are; where only some are numbers, one of the others may be a slip of the pen."""
    numbers = [_number(text) for text in texts]
    known = [number for number in numbers if number is not None]
    if len(known) == len(texts):
        return [int(number) if number.is_integer() else number for number in known]
    odd = numbers.index(None)
    require(
        not known,
        f"{path.name}, spectrum {odd + 1}: {along} is {texts[odd]!r}, which is no number, but others are; correct it, "
        "or make all of them labels, such as '150 C' in place of 150.",
    )
    return list(texts)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _sweep(path: Path, line: int, value: Any) -> int | None:
    text = str(value).strip()
    if not text:
        return None
    require(
        text.isascii() and text.isdigit() and int(text) >= 1,
        f"{path.name}, spectrum {line}: sweep must be a whole number from 1 on, got {text!r}.",
    )
    return int(text)
