"""Which format a file has, from its first bytes and its extension; nothing is read here."""

from __future__ import annotations

from enum import Enum
from pathlib import PurePath

from sscell.data.source import SourceFile
from sscell.errors import InputError, require


class FileFormat(Enum):
    """Formats with a reader; the value is the name that provenance carries."""

    BIOLOGIC_MPR = "BioLogic .mpr"
    BIOLOGIC_MPT = "BioLogic .mpt"
    GAMRY = "Gamry .DTA"
    ZVIEW = "ZView .z"
    ZAHNER = "Zahner .ism"
    VERSASTUDIO = "VersaStudio .par"
    RELAXIS = "RelaxIS text"
    WORKBOOK = "Excel .xlsx"
    DELIMITED = "delimited text"


READ_TODAY = (
    "BioLogic (.mpr, .mpt), Gamry (.DTA), ZView (.z), Zahner (.ism), VersaStudio (.par), Excel (.xlsx) and text "
    "tables (.csv, .tsv, .txt, .bdf) are read"
)

MAGIC = {
    b"BIO-LOGIC MODULAR FILE": FileFormat.BIOLOGIC_MPR,
    b"EC-Lab ASCII FILE": FileFormat.BIOLOGIC_MPT,
    b"BT-Lab ASCII FILE": FileFormat.BIOLOGIC_MPT,
    b"EXPLAIN": FileFormat.GAMRY,
    b"ZPLOT2": FileFormat.ZVIEW,
    b'"ZPlotW': FileFormat.ZVIEW,
    b'"Z60W': FileFormat.ZVIEW,  # Autolab writes this one, as .txt
    b"<Application>": FileFormat.VERSASTUDIO,
    b"RelaxIS": FileFormat.RELAXIS,
}
WORKBOOK_MAGIC = b"PK\x03\x04"
OLD_WORKBOOK_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
EXTENSIONS = {
    ".mpt": FileFormat.BIOLOGIC_MPT,
    ".dta": FileFormat.GAMRY,
    ".z": FileFormat.ZVIEW,
    ".ism": FileFormat.ZAHNER,
    ".par": FileFormat.VERSASTUDIO,
    ".xlsx": FileFormat.WORKBOOK,
    ".xlsm": FileFormat.WORKBOOK,
    ".csv": FileFormat.DELIMITED,
    ".tsv": FileFormat.DELIMITED,
    ".txt": FileFormat.DELIMITED,
    ".bdf": FileFormat.DELIMITED,
}
# Known, but without a reader.
OTHER_EXTENSIONS = {
    ".idf": "Ivium",
    ".ids": "Ivium",
    ".res": "Arbin",
    ".nda": "Neware",
    ".ndax": "Neware",
    ".mps": "EC-Lab settings",
    ".mat": "MATLAB",
    ".parquet": "Parquet",
    ".xls": "Excel before 2007",
    ".ods": "OpenDocument",
    ".zip": "zip archive",
    ".gz": "gzip archive",
}


def format_of(source: SourceFile) -> FileFormat:
    """The format of a file; raises InputError that names what is read when there is no reader for it."""
    head = source.content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    extension = PurePath(source.name).suffix.lower()
    for magic, known in MAGIC.items():
        if head.startswith(magic):
            return known
    if extension in OTHER_EXTENSIONS:
        raise InputError(
            f"{source.name} is a file of the kind '{OTHER_EXTENSIONS[extension]}', which has no reader; {READ_TODAY}, "
            "so export it as CSV with the columns 'freq/Hz', 'Re(Z)/Ohm', '-Im(Z)/Ohm' or 'time/s', 'I/mA', 'Ewe/V'."
        )
    require(
        not head.startswith(OLD_WORKBOOK_MAGIC),
        f"{source.name} is an Excel file of before 2007 or one with a password; save it as .xlsx without.",
    )
    if head.startswith(WORKBOOK_MAGIC):
        return FileFormat.WORKBOOK
    if extension == ".mpr":
        raise InputError(
            f"{source.name} is named .mpr but does not begin with 'BIO-LOGIC MODULAR FILE' (it begins with "
            f"{head[:16]!r}); copy the measured file again."
        )
    if extension not in EXTENSIONS:
        raise InputError(
            f"{source.name} has the unknown extension '{extension}'; {READ_TODAY}, so rename it if it is one."
        )
    return EXTENSIONS[extension]
