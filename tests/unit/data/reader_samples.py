"""Samples for the readers, made here: a known cell, text tables, and .mpr files byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np

# Numbers that EC-Lab gives its columns, with their type.
COLUMN_IDS = {
    "time/s": (4, "<f8"),
    "Ewe/V": (6, "<f4"),
    "I/mA": (8, "<f4"),
    "Ece/V": (9, "<f4"),
    "cycle number": (24, "<f8"),
    "freq/Hz": (32, "<f4"),
    "Phase(Z)/deg": (35, "<f4"),
    "|Z|/Ohm": (36, "<f4"),
    "Re(Z)/Ohm": (37, "<f4"),
    "-Im(Z)/Ohm": (38, "<f4"),
    "<Ewe>/V": (77, "<f4"),
    "Re(Zce)/Ohm": (100, "<f4"),
    "Re(Zwe-ce)/Ohm": (432, "<f4"),
    "-Im(Zwe-ce)/Ohm": (433, "<f4"),
    "half cycle": (468, "<u4"),
}
PEIS = 0x1D


def cell_impedance_ohm(frequency_Hz: np.ndarray) -> np.ndarray:
    """10 ohm in series with (100 ohm parallel 16 uF): 110 ohm at low frequency, peak near 100 Hz."""
    return 10 + 100 / (1 + 2j * np.pi * np.asarray(frequency_Hz) * 100 * 16e-6)


def table_text(names: Sequence[str], columns: Sequence[np.ndarray], separator: str = ",") -> str:
    """A text table with a line of names (none if empty)."""
    rows = [separator.join(repr(float(x)) for x in row) for row in zip(*columns, strict=True)]
    return "\n".join([separator.join(names)] * bool(names) + rows) + "\n"


def mpt_text(names: Sequence[str], columns: Sequence[np.ndarray], decimal: str = ".") -> bytes:
    """What EC-Lab exports as .mpt: Latin-1, CRLF, a counted header, tabs, a tab after the last name."""
    header = [
        "EC-Lab ASCII FILE",
        "Nb header lines : 8                         ",
        "",
        "Potentio Electrochemical Impedance Spectroscopy",
        "Acquisition started on : 05/15/2025 01:18:45.867",
        "Electrode surface area : 0.001 cm²",
        "",
        "\t".join(names) + "\t",
    ]
    rows = ["\t".join(f"{x:.15E}" for x in row).replace(".", decimal) for row in zip(*columns, strict=True)]
    return ("\r\n".join([*header, *rows]) + "\r\n").encode("latin-1")


def mpr_module(short: bytes, body: bytes, version: int) -> bytes:
    """One block of a .mpr file as EC-Lab before 11.50 writes it."""
    head = short.ljust(10) + b"VMP".ljust(25) + struct.pack("<II", len(body), version) + b"05/15/25"
    return b"MODULE" + head + body


def mpr_bytes(
    columns: Mapping[str, np.ndarray], *, technique: int = PEIS, extra: Sequence[tuple[int, str]] = ()
) -> bytes:
    """A .mpr file; extra: (number, type) of further columns, filled with zeros.

    Its log has no clock time, which galvani refuses.
    """
    ids = [*(COLUMN_IDS[name] for name in columns), *extra]
    n = len(next(iter(columns.values())))
    rows = np.zeros(n, dtype=[(str(number), kind) for number, kind in ids])
    for (number, _), values in zip(ids, columns.values(), strict=False):
        rows[str(number)] = values
    head = struct.pack("<IB", n, len(ids)) + struct.pack(f"<{len(ids)}H", *(i for i, _ in ids))
    return (
        b"BIO-LOGIC MODULAR FILE\x1a".ljust(48)
        + bytes(4)
        + mpr_module(b"VMP Set", bytes([technique]).ljust(100, b"\0"), 0)
        + mpr_module(b"VMP data", head.ljust(405, b"\0") + rows.tobytes(), 2)
        + mpr_module(b"VMP LOG", bytes(600), 0)
    )
