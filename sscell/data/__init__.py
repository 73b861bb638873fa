"""Readers of measured files: `read_spectra` and `read_cycling` give records, whatever the format.

detect.py says which format a file has, one file a format reads it to a `Table`, and spectra.py and cycling.py
make records of tables. A new format is a new reader, an entry in detect.py and one in reading.READERS.
`inspect_file` says what is in a file.
"""

from __future__ import annotations

import os

import numpy as np

from sscell.data.cycling import trace_from_table
from sscell.data.inspection import CyclingFacts, Inspection, Kind, SweepFacts, inspect_file
from sscell.data.reading import table_from_path
from sscell.data.spectra import require_area, spectra_from_table
from sscell.records import CyclingTrace, Spectrum

__all__ = ["CyclingFacts", "Inspection", "Kind", "SweepFacts", "inspect_file", "read_cycling", "read_spectra"]


def read_spectra(path: str | os.PathLike[str], area_m2: float | None = None) -> list[Spectrum]:
    """The impedance spectra of a file, one a sweep; impedance in ohm with its true sign.

    Of a cycling file only the impedance points are taken. area_m2: the cell's, as files rarely know it; with it
    `impedance_ohm_cm2` is there. What was assumed is in provenance["assumptions"].
    Raises InputError for anything that cannot be read without guessing.
    """
    require_area(area_m2)
    # Absurd numbers overflow to infinity, which is then refused by name; NumPy need not warn as well.
    with np.errstate(over="ignore", invalid="ignore"):
        return spectra_from_table(table_from_path(path), area_m2)


def read_cycling(path: str | os.PathLike[str]) -> CyclingTrace:
    """Time, current (positive on discharge), voltage and cycle of a file; its impedance points are left out.

    What was assumed is in provenance["assumptions"].
    Raises InputError for anything that cannot be read without guessing.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return trace_from_table(table_from_path(path))
