"""Tiny files as the vendors' programs write them, made here of a known cell; `samples()` has one of every format."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape

import numpy as np
from reader_samples import cell_impedance_ohm, mpr_bytes, mpt_text, table_text

F = np.array([1e4, 1e3, 100.0, 10.0, 1.0, 0.1])
GAMRY_NAMES = ("Pt", "Time", "Freq", "Zreal", "Zimag", "Zsig", "Zmod", "Zphz", "Idc", "Vdc", "IERange")
GAMRY_UNITS = ("#", "s", "Hz", "ohm", "ohm", "V", "ohm", "°", "A", "V", "#")
ZVIEW_NAMES = ("Freq(Hz)", "Ampl", "Bias", "Time(Sec)", "Z'(a)", "Z''(b)", "GD", "Err", "Range")
PAR_NAMES = "Segment #, Point #, E(V), I(A), Elapsed Time(s), Status, Frequency(Hz), Z Real, Z Imag, E2(V), 0"
VERSASTAT_NAMES = (
    "Segment #, Point #, E(V), I(A), Elapsed Time(s), ADC Sync Input(V), Current Range, Status, E Applied(V), "
    "Frequency(Hz), E Real, E Imag, I Real, I Imag, Z Real, Z Imag, E2 Status, E2(V), E2 Real, E2 Imag, Z2 Real, "
    "Z2 Imag, ActionId, AC Amplitude, 0"
)
Cells = Sequence[Sequence[object]]


def dta_bytes(frequency_Hz: np.ndarray, *, tables: int = 1, aborted: bool = False, decimal: str = ".") -> bytes:
    """Gamry: header, a table of the rest, then ZCURVE; an aborted run has a line and a table below."""
    z = cell_impedance_ohm(frequency_Hz)
    lines = [
        "EXPLAIN",
        "TAG\tEISPOT",
        "TITLE\tLABEL\tPotentiostatic EIS\tTest &Identifier",
        "DATE\tLABEL\t5/15/2025\tDate",
        "TIME\tLABEL\t01:18:45\tTime",
        "OCVCURVE\tTABLE\t1",
        "\tPt\tT\tVf",
        "\t#\ts\tV vs. Ref.",
        "\t0\t0.25\t3.7",
    ]
    for _ in range(tables):
        lines += ["ZCURVE\tTABLE", "\t" + "\t".join(GAMRY_NAMES), "\t" + "\t".join(GAMRY_UNITS)]
        for i, (f, x) in enumerate(zip(frequency_Hz.tolist(), z.tolist(), strict=True)):
            cells = (i, i + 0.5, f, x.real, x.imag, 1, abs(x), np.angle(x, deg=True), 1e-6, 3.7, 9)
            lines.append("\t" + "\t".join(f"{c:.17g}" for c in cells).replace(".", decimal))
    if aborted:
        lines += [
            "EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted",
            "FRACURVE\tTABLE\t1",
            "\tPt\tT",
            "\t#\tS",
            "\t0\t1",
        ]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def z_text(frequency_Hz: np.ndarray, header: str = "long", announced: int | None = None) -> str:
    """ZPlot's long header ('long') or the short one ('short'), and Autolab's ('autolab')."""
    z = cell_impedance_ohm(frequency_Hz)
    n = frequency_Hz.size if announced is None else announced
    separator = {"long": "\t", "short": ", ", "autolab": ","}[header]
    names = '"  ' + "    ".join(ZVIEW_NAMES).replace("Freq(", "Freq (" if header == "autolab" else "Freq(") + '"'
    top = {
        "long": [
            "ZPLOT2 ASCII",
            "  Experiment Type:            Sweep Frequency, Control Voltage",
            "  Date:                       15-05-2025",
            "  Time:                       01:18:45",
            "    vs Time-Total Time:       100",
            f"  Data Points:                {n}",
            "  " + "\t".join(ZVIEW_NAMES),
            "End Comments",
        ],
        "short": [
            '"ZPlotW Data File: Version 3.2c"',
            '"Sweep Frequency: Control Voltage"',
            "Date: 15-05-2025    Time: 01:18:45",
            str(n),
            names,
        ],
        "autolab": ['"Z60W Data File: Version 1.1"', *['""'] * 7, "0,2,0,1,0.1,10000", str(n), names],
    }[header]
    rows = [
        separator.join(f"{c:.17g}" for c in (f, 0.01, 0, i + 0.5, x.real, x.imag, 0, 0, 4))
        for i, (f, x) in enumerate(zip(frequency_Hz.tolist(), z.tolist(), strict=True))
    ]
    return "\n".join([*top, *rows]) + "\n"


def par_text(frequency_Hz: np.ndarray, segments: int = 1, names: Sequence[str] = (PAR_NAMES,)) -> str:
    """VersaStudio: sections; `names` a segment, the last one for those beyond. The list of names ends with a 0."""
    z = cell_impedance_ohm(frequency_Hz)
    lines = ["<Application>", "Name=VersaStudio", "</Application>", "", "<Experiment>", "TimeAcquired=9:40:30 AM"]
    lines += [
        "DateAcquired=Thursday, May 15, 2025",
        "</Experiment>",
        "<Action1>",
        "Name=Potentiostatic EIS",
        "</Action1>",
    ]
    for number in range(1, segments + 1):
        lines += [f"<Segment{number}>", "Type=2", "Definition=" + names[min(number, len(names)) - 1]]
        for i, (f, x) in enumerate(zip(frequency_Hz.tolist(), z.tolist(), strict=True)):
            cells = (number - 1, i, 3.7, 1e-6, 100 * number + i, 53, f, x.real, x.imag, 0)
            lines.append(",".join(f"{c:.17g}" for c in cells))
        lines += [f"</Segment{number}>"]
    return "\r\n".join([*lines, '<?xml version="1.0"?>', "<DockingLayout>"]) + "\r\n"


def versastat_text(frequency_Hz: np.ndarray) -> str:
    """VersaStudio as a VersaSTAT 4 writes it: 24 columns, the number of segments, one action before the EIS."""
    z = cell_impedance_ohm(frequency_Hz)
    rows = [
        ",".join(f"{c:.17g}" for c in (0, i, 3.7, 1e-6, i, 0, -4, 53, 3.7, f, 0.01, 0, 1e-4, 1e-5, x.real, x.imag))
        + ",0,0,0,0,0,0,1,0.01"
        for i, (f, x) in enumerate(zip(frequency_Hz.tolist(), z.tolist(), strict=True))
    ]
    lines = ["<Application>", "Name=VersaStudio", "</Application>", "<Action0>", "Segments=0", "Name=Common"]
    lines += ["</Action0>", "<Action1>", "Name=Potentiostatic EIS", "Segments=1", "</Action1>"]
    lines += ["<Segment1>", "Type=2", "Version=3", "Definition=" + VERSASTAT_NAMES, *rows, "</Segment1>"]
    return "\r\n".join(lines) + "\r\n"


def ism_bytes(frequency_Hz: np.ndarray, *, voltage_V: float | None = 3.7, start: str = "2025-05-15T01:18:45") -> bytes:
    """Zahner: big-endian arrays, texts with length and swapped case, then voltage and current a point."""
    f = np.asarray(frequency_Hz, dtype=float)
    z = cell_impedance_ohm(f)
    since_1980 = (datetime.fromisoformat(start) - datetime(1980, 1, 1)).total_seconds()
    arrays = (f, abs(z), np.angle(z), since_1980 + 1.5 * np.arange(f.size))
    texts = ("150525", "cell", "3.7V", "1uA", "25C", "01:18:45 - 01:20:00", "", "", "", "", "1", "0")
    factors = np.zeros(32)
    factors[25], factors[27] = 10, 32768 if voltage_V is not None else 0
    pairs = np.column_stack([np.full(f.size, voltage_V or 0.0), np.full(f.size, 1e-6)])
    return b"".join(
        (
            (-2).to_bytes(6, "big", signed=True),
            (f.size - 1).to_bytes(6, "big"),
            *(a.astype(">f8").tobytes() for a in arrays),
            np.ones(f.size, dtype=">i2").tobytes(),
            *(struct.pack(">h", len(t)) + t.swapcase().encode() for t in texts),
            struct.pack(">h", 257 if voltage_V is not None else 0),
            factors.astype(">f8").tobytes(),
            pairs.astype(">f8").tobytes(),
        )
    )


def relaxis_text(frequency_Hz: np.ndarray, remark: str = "DC=3.7, TM=25, J=-5E-6, FV2=1") -> str:
    """RelaxIS writes the lowest frequency first, and what it knows of the cell below the names."""
    f = frequency_Hz[::-1]
    z = cell_impedance_ohm(f)
    names = ("Data: Frequency", "Data: Z'", "Data: Z''", "Data: |Z|", "Data: Theta (Z)")
    table = table_text(names, (f, z.real, z.imag, abs(z), np.angle(z, deg=True)), "\t").split("\n")
    head = ["RelaxIS 3.0 Spectrum export", "Date: 12/16/2025 2:29:15 PM", table[0]]
    return "\r\n".join([*head, f"{remark}\tModel: Unassigned\tpellet\t\t", *table[1:]])


def chi_text(frequency_Hz: np.ndarray) -> str:
    """CH Instruments: a preamble, names, an empty line, rows."""
    z = cell_impedance_ohm(frequency_Hz)
    columns = (frequency_Hz, z.real, z.imag, abs(z), np.angle(z, deg=True))
    rows = table_text((), columns, ", ")
    head = "May 15, 2025   01:18:45\nA.C. Impedance\nInstrument Model:  CHI660E\n\nHigh Frequency (Hz) = 1e+4\n\n"
    return head + "Freq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg\n\n" + rows


def parstat_text(frequency_Hz: np.ndarray) -> str:
    """Parstat: rows of current and voltage with frequency 0, then the sweep."""
    z = cell_impedance_ohm(frequency_Hz)
    names = ("Potential (V)", "Current (A)", "Elapsed Time (s)", "Frequency (Hz)", "Zre (ohms)", "Zim (ohms)")
    rest, ones = np.arange(5.0), np.ones(frequency_Hz.size)
    before = (3.7 - 0.01 * rest, -0.15 + 0 * rest, 10 * rest, 0 * rest, 0 * rest, 0 * rest)
    sweep = (3.6 * ones, 0 * ones, 100 + np.arange(ones.size), frequency_Hz, z.real, z.imag)
    return table_text(names, [np.concatenate(pair) for pair in zip(before, sweep, strict=True)], "\t")


def powersuite_text(frequency_Hz: np.ndarray) -> str:
    """PowerSuite: rising frequency, two carriage returns a line."""
    f = frequency_Hz[::-1]
    z = cell_impedance_ohm(f)
    return table_text(("Frequency", " Zre", " Zimg"), (f, z.real, z.imag), "\t").replace("\n", "\r\r\n")


def workbook_bytes(sheets: Mapping[str, Cells], raw: Mapping[str, str] | None = None) -> bytes:
    """A .xlsx with the cells given (texts, numbers, None); raw: parts of the archive written as they are."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kind}.worksheet+xml"/>' for i in numbers
    )
    named = "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(sheets, start=1))
    links = "".join(
        f'<Relationship Id="r{i}" Type="{office}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
    }
    for i, cells in enumerate(sheets.values(), start=1):
        rows = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in cells)
        parts[f"xl/worksheets/sheet{i}.xml"] = f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (parts | dict(raw or {})).items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str) and value.startswith("="):  # a formula, with the value stored last
        return f"<c><f>{escape(value[1:])}</f><v>7</v></c>"
    if isinstance(value, str) and value.startswith("#") and value.endswith(("!", "A")):
        return f'<c t="e"><v>{escape(value)}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value!r}</v></c>"


def spectrum_cells(frequency_Hz: np.ndarray, names: Sequence[str] = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm")) -> Cells:
    """Rows of a sheet: names, then the cell's spectrum with minus the imaginary part."""
    z = cell_impedance_ohm(frequency_Hz)
    return [list(names), *np.column_stack([frequency_Hz, z.real, -z.imag]).tolist()]


def bdf_text() -> str:
    """Battery Data Format: charge, then discharge; the charge current is positive."""
    current, voltage = np.repeat([1e-3, -1e-3], 5), np.r_[3.0:3.4:5j, 3.3:2.9:5j]
    names = ("Test Time / s", "Voltage / V", "Current / A", "Cycle Count / 1", "Ambient Temperature / degC")
    return table_text(names, (np.arange(10.0), voltage, current, np.ones(10), np.full(10, 25.0)))


def samples() -> dict[str, bytes]:
    """File name -> content, one a format and some more where a vendor has several."""
    z = cell_impedance_ohm(F)
    eis = {"freq/Hz": F, "Re(Z)/Ohm": z.real, "-Im(Z)/Ohm": -z.imag, "time/s": np.arange(6.0), "<Ewe>/V": 3.7 + 0 * F}
    texts = {
        "long.z": z_text(F),
        "short.z": z_text(F, "short"),
        "autolab.txt": z_text(F, "autolab"),
        "versastudio.par": par_text(F),
        "relaxis.txt": relaxis_text(F),
        "chi.txt": chi_text(F),
        "parstat.txt": parstat_text(F),
        "powersuite.txt": powersuite_text(F),
        "cycling.bdf": bdf_text(),
        "table.csv": table_text(("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"), (F, z.real, -z.imag)),
    }
    return {name: text.encode() for name, text in texts.items()} | {
        "biologic.mpr": mpr_bytes(eis),
        "biologic.mpt": mpt_text(tuple(eis), tuple(eis.values())),
        "gamry.DTA": dta_bytes(F),
        "aborted.DTA": dta_bytes(F, aborted=True),
        "zahner.ism": ism_bytes(F),
        "workbook.xlsx": workbook_bytes({"data": spectrum_cells(F)}),
    }
