"""BioLogic .mpr files, read with galvani (GPL-3, an optional extra, imported only when one is read)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from sscell.data.columns import columns_from_names
from sscell.data.detect import FileFormat
from sscell.data.source import SourceFile
from sscell.data.table import Table, si_values
from sscell.errors import InputError, require

# First byte of the settings; the names are those in the header of EC-Lab's text export.
TECHNIQUES = {
    0x04: "Galvanostatic Cycling with Potential Limitation",
    0x0B: "Open Circuit Voltage",
    0x18: "Chronoamperometry / Chronocoulometry",
    0x19: "Chronopotentiometry",
    0x1D: "Potentio Electrochemical Impedance Spectroscopy",
    0x1E: "Galvano Electrochemical Impedance Spectroscopy",
    0x7F: "Modulo Bat",
}
# Widths that galvani tries for a column whose type it does not know.
TRIED_BYTES = (8, 4, 2, 1)


class Measured(NamedTuple):
    """What galvani found: a structured array of rows, the settings block, the day."""

    rows: np.ndarray
    settings: bytes
    day: str


def table_from_mpr(source: SourceFile) -> Table:
    """Read a .mpr file; raises InputError without galvani and for damaged or unknown content."""
    measured = _measured(source)
    names = tuple(name for name in measured.rows.dtype.names or () if name != "flags")
    notes = _guess_notes(source, measured.rows, names)
    columns = columns_from_names(names, source.name)
    return Table(
        source=source,
        format=FileFormat.BIOLOGIC_MPR.value,
        names=names,
        columns=columns,
        values={q: si_values(measured.rows[c.name].astype(float), c) for q, c in columns.items()},
        places=np.arange(1, measured.rows.size + 1),
        place="row",
        texts={},
        signs_known=True,
        technique=TECHNIQUES.get(measured.settings[0]) if measured.settings else None,
        acquired=measured.day,
        assumptions=notes,
    )


def _measured(source: SourceFile) -> Measured:
    try:
        from galvani import BioLogic
    except ImportError as error:
        raise InputError(
            "Reading BioLogic .mpr files needs an optional reader; install it from the folder of sscell's source: "
            ".venv/bin/pip install -e '.[biologic]'"
        ) from error
    # galvani raises whatever its parsing stumbles on (AssertionError, OSError, ...) and warns of its guesses.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            modules = list(BioLogic.read_VMP_modules(BytesIO(_after_magic(source, BioLogic))))
            file = BioLogic.MPRfile(BytesIO(_without_log(source, BioLogic, modules)))
        settings = next(m["data"] for m in modules if m["shortname"] == b"VMP Set   ")
        return Measured(file.data, settings, file.startdate.isoformat())
    except Exception as error:
        reason = " ".join(str(error).split())[:100] or "its parts do not fit together"
        raise InputError(
            f"{source.name} is not a complete BioLogic .mpr file ({reason!a}); copy it again, or export it as "
            "text (.mpt) in EC-Lab."
        ) from error


def _after_magic(source: SourceFile, galvani: Any) -> bytes:
    return source.content[len(galvani.MPR_MAGIC) :]


def _without_log(source: SourceFile, galvani: Any, modules: Sequence[dict[str, Any]]) -> bytes:
    """The file up to the end of its data: galvani refuses files for a clock it cannot find in their log."""
    data = next(m for m in modules if m["shortname"] == b"VMP data  ")
    return source.content[: len(galvani.MPR_MAGIC) + int(data["offset"]) + int(data["length"])]


def _guess_notes(source: SourceFile, rows: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """galvani fits columns it does not know by their width; raises InputError when they fit in other ways."""
    unknown = [name for name in names if name.startswith("unknown_colID")]
    if not unknown:
        return ()
    listed = ", ".join(name.removeprefix("unknown_colID_") for name in unknown)
    total = sum(rows.dtype[name].itemsize for name in unknown)
    fits = sum(sum(widths) == total for widths in product(TRIED_BYTES, repeat=len(unknown)))
    require(
        fits == 1,
        f"{source.name} has columns that the .mpr reader does not know (numbers {listed}), so the others "
        "could be misread; export it as text (.mpt) in EC-Lab.",
    )
    return (f"Columns with the numbers {listed} are unknown to the .mpr reader and were left out.",)
