"""Which format a file has, from its extension and first bytes; nothing is read here."""

from __future__ import annotations

from enum import Enum
from pathlib import PurePath

from sscell.data.source import SourceFile
from sscell.errors import InputError


class FileFormat(Enum):
    """Formats with a reader; the value is the name that provenance carries."""

    BIOLOGIC_MPR = "BioLogic .mpr"
    BIOLOGIC_MPT = "BioLogic .mpt"
    DELIMITED = "delimited text"


READ_TODAY = "BioLogic .mpr and .mpt and text tables (.csv, .tsv, .txt) are read today"

MAGIC = {
    b"BIO-LOGIC MODULAR FILE": FileFormat.BIOLOGIC_MPR,
    b"EC-Lab ASCII FILE": FileFormat.BIOLOGIC_MPT,
    b"BT-Lab ASCII FILE": FileFormat.BIOLOGIC_MPT,
}
EXTENSIONS = {
    ".mpt": FileFormat.BIOLOGIC_MPT,
    ".csv": FileFormat.DELIMITED,
    ".tsv": FileFormat.DELIMITED,
    ".txt": FileFormat.DELIMITED,
}
# Known, but without a reader yet.
OTHER_MAGIC = {
    b"EXPLAIN": "Gamry",
    b"ZPLOT2": "ZView",
    b'"ZPlotW': "ZView",
    b'"Z60W': "ZView",
    b"<Application>": "VersaStudio",
    b"PK\x03\x04": "Excel or zip",
}
OTHER_EXTENSIONS = {
    ".dta": "Gamry",
    ".z": "ZView",
    ".ism": "Zahner",
    ".par": "VersaStudio",
    ".idf": "Ivium",
    ".ids": "Ivium",
    ".res": "Arbin",
    ".nda": "Neware",
    ".ndax": "Neware",
    ".mps": "EC-Lab settings",
    ".xls": "Excel",
    ".xlsx": "Excel",
}


def format_of(source: SourceFile) -> FileFormat:
    """The format of a file; raises InputError that names what is read when there is no reader for it."""
    head = source.content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    extension = PurePath(source.name).suffix.lower()
    for magic, known in MAGIC.items():
        if head.startswith(magic):
            return known
    other = next((v for k, v in OTHER_MAGIC.items() if head.startswith(k)), OTHER_EXTENSIONS.get(extension))
    if other is not None:
        raise InputError(
            f"{source.name} is a file of the kind '{other}', which has no reader yet; {READ_TODAY}, so "
            "export it as CSV with the columns 'freq/Hz', 'Re(Z)/Ohm', '-Im(Z)/Ohm' or 'time/s', 'I/mA', "
            "'Ewe/V'."
        )
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
