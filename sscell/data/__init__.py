"""Readers of measured files: `read_spectra` and `read_cycling` give records, whatever the format.

detect.py says which format a file has, one file a format reads it to a `Table`, and spectra.py and cycling.py
make records of tables. A new format is a new reader, an entry in detect.py and one in READERS here.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from sscell.data.biologic_mpr import table_from_mpr
from sscell.data.biologic_mpt import table_from_mpt
from sscell.data.cycling import trace_from_table
from sscell.data.delimited import table_from_text
from sscell.data.detect import FileFormat, format_of
from sscell.data.source import SourceFile, source_from_path
from sscell.data.spectra import spectra_from_table
from sscell.data.table import Table
from sscell.records import CyclingTrace, Spectrum

__all__ = ["read_cycling", "read_spectra"]

READERS: dict[FileFormat, Callable[[SourceFile], Table]] = {
    FileFormat.BIOLOGIC_MPR: table_from_mpr,
    FileFormat.BIOLOGIC_MPT: table_from_mpt,
    FileFormat.DELIMITED: table_from_text,
}


def read_spectra(path: str | os.PathLike[str]) -> list[Spectrum]:
    """The impedance spectra of a file, one a sweep; impedance in ohm with its true sign.

    Of a cycling file only the impedance points are taken. What was assumed is in provenance["assumptions"].
    Raises InputError for anything that cannot be read without guessing.
    """
    # Absurd numbers overflow to infinity, which is then refused by name; NumPy need not warn as well.
    with np.errstate(over="ignore", invalid="ignore"):
        return spectra_from_table(_table(path))


def read_cycling(path: str | os.PathLike[str]) -> CyclingTrace:
    """Time, current (positive on discharge), voltage and cycle of a file; its impedance points are left out.

    What was assumed is in provenance["assumptions"].
    Raises InputError for anything that cannot be read without guessing.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return trace_from_table(_table(path))


def _table(path: str | os.PathLike[str]) -> Table:
    source = source_from_path(path)
    return READERS[format_of(source)](source)
