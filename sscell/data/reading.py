"""From a path to a table: the format's reader, as detect.py finds it."""

from __future__ import annotations

import os
from collections.abc import Callable

from sscell.data.biologic_mpr import table_from_mpr
from sscell.data.biologic_mpt import table_from_mpt
from sscell.data.delimited import table_from_text
from sscell.data.detect import FileFormat, format_of
from sscell.data.excel import table_from_workbook
from sscell.data.gamry import table_from_dta
from sscell.data.relaxis import table_from_relaxis
from sscell.data.source import SourceFile, source_from_path
from sscell.data.table import Table
from sscell.data.versastudio import table_from_par
from sscell.data.zahner import table_from_ism
from sscell.data.zview import table_from_z

READERS: dict[FileFormat, Callable[[SourceFile], Table]] = {
    FileFormat.BIOLOGIC_MPR: table_from_mpr,
    FileFormat.BIOLOGIC_MPT: table_from_mpt,
    FileFormat.GAMRY: table_from_dta,
    FileFormat.ZVIEW: table_from_z,
    FileFormat.ZAHNER: table_from_ism,
    FileFormat.VERSASTUDIO: table_from_par,
    FileFormat.RELAXIS: table_from_relaxis,
    FileFormat.WORKBOOK: table_from_workbook,
    FileFormat.DELIMITED: table_from_text,
}


def table_from_path(path: str | os.PathLike[str]) -> Table:
    """Read a file to a table; raises InputError for what cannot be read without guessing."""
    source = source_from_path(path)
    return READERS[format_of(source)](source)
