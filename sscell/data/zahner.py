"""Zahner .ism files, read with Zahner's own zahner_analysis (MIT, an optional extra, imported only for them)."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from sscell.data.columns import columns_from_names
from sscell.data.detect import FileFormat
from sscell.data.source import SourceFile
from sscell.data.table import Table, si_values
from sscell.errors import InputError

NAMES = ("Frequency/Hz", "|Z|/Ohm", "Phase/rad", "time/s")
VOLTAGE = "Voltage/V"


class Measured(NamedTuple):
    """Columns (n,) between the two ends of the frequency range; first: points before it; left_out: outside it."""

    columns: dict[str, np.ndarray]
    first: int
    left_out: int
    start: str


def table_from_ism(source: SourceFile) -> Table:
    """Read a .ism file; raises InputError without zahner_analysis and for damaged content."""
    measured = _measured(source)
    names = tuple(measured.columns)
    columns = columns_from_names(names, source.name)
    n = measured.columns[names[0]].size
    return Table(
        source=source,
        format=FileFormat.ZAHNER.value,
        names=names,
        columns=columns,
        values={q: si_values(measured.columns[c.name], c) for q, c in columns.items()},
        places=np.arange(measured.first + 1, measured.first + n + 1),
        place="point",
        texts={},
        signs_known=True,
        acquired=measured.start,
        assumptions=_lead_in_notes(measured.left_out),
    )


def _measured(source: SourceFile) -> Measured:
    try:
        from zahner_analysis.file_import.ism_import import IsmImport
    except ImportError as error:
        raise InputError(
            "Reading Zahner .ism files needs an optional reader; install it from the folder of sscell's source: "
            ".venv/bin/pip install -e '.[zahner]'"
        ) from error
    # The library raises whatever its parsing stumbles on (TypeError, ValueError, OverflowError, ...).
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = IsmImport(source.content)
        ends = sorted((int(np.argmin(file.frequency)), int(np.argmax(file.frequency))))
        kept = slice(ends[0], ends[1] + 1)
        moments = file.measurementTimeStamp[kept]
        time_s = [(moment - moments[0]).total_seconds() for moment in moments]
        arrays = (file.frequency[kept], file.impedance[kept], file.phase[kept], time_s)
        columns = {name: np.array(values, dtype=float) for name, values in zip(NAMES, arrays, strict=True)}
        if VOLTAGE in file.acqChannels:
            columns[VOLTAGE] = np.array(file.acqChannels[VOLTAGE][kept], dtype=float)
        left_out = file.frequency.size - len(moments)
        return Measured(columns, ends[0], left_out, moments[0].isoformat(timespec="seconds"))
    except Exception as error:
        reason = " ".join(str(error).split())[:100] or "its parts do not fit together"
        raise InputError(
            f"{source.name} is not a complete Zahner .ism file ({reason!a}); copy it again, or export it as text."
        ) from error


def _lead_in_notes(left_out: int) -> tuple[str, ...]:
    """Thales may begin in the middle and turn round; its own software shows the longer way only."""
    if left_out == 0:
        return ()
    return (f"{left_out} points outside the way between the two ends of the frequency range were left out.",)
