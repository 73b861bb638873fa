"""Excel files, made part by part: cells, sheets, what is left out, and archives that would fill the memory."""

from __future__ import annotations

import traceback
import zipfile
from collections.abc import Callable
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from reader_samples import cell_impedance_ohm
from vendor_samples import F, spectrum_cells, workbook_bytes

from sscell.data import excel, read_cycling, read_spectra
from sscell.errors import InputError

Write = Callable[..., Path]


def test_numbers_keep_every_digit(write: Write) -> None:
    (spectrum,) = read_spectra(write("a.xlsx", workbook_bytes({"data": spectrum_cells(F)})))
    np.testing.assert_array_equal(spectrum.frequency_Hz, F)
    np.testing.assert_array_equal(spectrum.impedance_ohm, cell_impedance_ohm(F))
    assert spectrum.provenance["format"] == "Excel .xlsx"
    assert spectrum.provenance["assumptions"] == (
        "Sheet 'data' was read.",
        "'-Im(Z)/Ohm' was read as minus the imaginary part, as its name says.",
    )


def test_file_of_openpyxl_with_units_text_numbers_and_a_side_note(write: Write, tmp_path: Path) -> None:
    """Decimal commas in text cells, a line of units, a title above, an empty row, and a remark beside the table."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "notes"
    book.active.append(["sample 7, annealed"])
    sheet = book.create_sheet("EIS")
    sheet.append(["Spectrum of sample 7"])
    sheet.append(["freq", 'Z"', "Zre"])
    sheet.append(["kHz", "Ohm", "mOhm"])
    z = cell_impedance_ohm(F)
    for i, (f, x) in enumerate(zip(F.tolist(), z.tolist(), strict=True)):
        sheet.append(
            [str(f / 1e3).replace(".", ","), str(x.imag).replace(".", ","), str(1e3 * x.real).replace(".", ",")]
        )
        if i == 2:
            sheet.cell(row=sheet.max_row, column=6, value="a remark")
            sheet.append([])
    book.save(tmp_path / "a.xlsx")
    (spectrum,) = read_spectra(tmp_path / "a.xlsx")
    np.testing.assert_allclose(spectrum.frequency_Hz, F, rtol=1e-14)
    np.testing.assert_allclose(spectrum.impedance_ohm, z, rtol=1e-14)
    assert spectrum.provenance["assumptions"][:3] == (
        "Sheet 'EIS' was read; not its 1 other sheet.",
        "Line 3 was read as the units of the columns.",
        "Commas inside numbers were read as decimal points.",
    )


@pytest.mark.parametrize(
    "moments",
    [
        [datetime(2025, 5, 15, 1, 18, 45) + timedelta(seconds=30 * i) for i in range(4)],
        [timedelta(seconds=30 * i) for i in range(4)],
        [time(0, 0, 0), time(0, 0, 30), time(0, 1, 0), time(0, 1, 30)],
        [0.0, 30, 60, 90],
    ],
    ids=["date", "duration", "time of day", "number"],
)
def test_cycling_with_dates_and_durations(tmp_path: Path, moments: list) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in [("Time", "Current (mA)", "Voltage (V)"), *((m, 1.0, 3 + 0.1 * i) for i, m in enumerate(moments))]:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    trace = read_cycling(tmp_path / "a.xlsx")
    np.testing.assert_allclose(trace.time_s, [0, 30, 60, 90], atol=1e-6)
    np.testing.assert_allclose(trace.current_A, -1e-3)


def test_stored_value_of_a_formula_is_read_and_nothing_is_evaluated(write: Write) -> None:
    cells = [["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"], [10, "=1+1", 1], [1, '=WEBSERVICE("http://localhost")', 2]]
    (spectrum,) = read_spectra(write("a.xlsm", workbook_bytes({"data": cells})))
    np.testing.assert_array_equal(spectrum.impedance_ohm, [7 - 1j, 7 - 2j])


@pytest.mark.parametrize(
    ("bad", "shown"), [("#N/A", r"'Excel error #N/A'"), ("#DIV/0!", r"'Excel error #DIV/0!'"), (None, "an empty cell")]
)
def test_bad_cell_is_named_by_row(write: Write, bad: str | None, shown: str) -> None:
    """Although a line of text that begins with '#' would be a comment."""
    cells = [["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"], [10, 1, 1], [bad, 1, 2], [1, 3, 1]]
    with pytest.raises(InputError, match=rf"a\.xlsx, row 3, column 'freq/Hz': {shown} is not a finite number"):
        read_spectra(write("a.xlsx", workbook_bytes({"data": cells})))


def test_mirrored_column_is_refused_as_in_a_text_table(write: Write) -> None:
    cells = spectrum_cells(F, ("freq", "Zreal", "Zimag"))
    with pytest.raises(InputError, match=r"column 'Zimag' makes 100% .*rename it to '-Im\(Z\)/Ohm'"):
        read_spectra(write("a.xlsx", workbook_bytes({"data": cells})))


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        ({"data": []}, r"a\.xlsx has no sheet with cells"),
        ({}, r"a\.xlsx (has no sheet with cells|is not a complete Excel file)"),
        ({"notes": [["hello", "there"]]}, r"a\.xlsx: no column names were recognised, and line 1 reads"),
    ],
)
def test_workbook_without_a_table_is_refused(write: Write, sheets: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_spectra(write("a.xlsx", workbook_bytes(sheets)))


def test_zip_bomb_is_refused_before_it_is_unpacked(write: Write) -> None:
    bomb = workbook_bytes({"data": spectrum_cells(F)}, {"xl/bomb.xml": "0" * (excel.LARGEST_UNPACKED_BYTES + 1)})
    assert len(bomb) < 1e6
    with pytest.raises(InputError, match=r"a\.xlsx unpacks to 100 MB, more than the 100 MB that are read .* as CSV"):
        read_spectra(write("a.xlsx", bomb))


def test_understated_size_does_not_help_a_bomb(write: Write) -> None:
    """The directory says 10 bytes; no more is unpacked, and the sum of the part is wrong."""
    content = workbook_bytes({"data": [*spectrum_cells(F), *[[1, 1, 1]] * 1000]})
    with zipfile.ZipFile(BytesIO(content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = content.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != content
    with pytest.raises(InputError, match=r"a\.xlsx is not a complete Excel file"):
        read_spectra(write("a.xlsx", lying))


def test_entity_bomb_is_refused(write: Write) -> None:
    """Ten entities of ten entities each, nine times, would be 4 GB of text."""
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    sheet = (
        f'<!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row><c t="inlineStr"><is><t>&e9;</t></is></c></row></sheetData></worksheet>'
    )
    with pytest.raises(InputError, match=r"a\.xlsx is not a complete Excel file") as caught:
        read_spectra(write("a.xlsx", workbook_bytes({"data": []}, {"xl/worksheets/sheet1.xml": sheet})))
    assert "EntitiesForbidden" in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("place", ['r="900000000"', 'r="2000000"'])
def test_row_number_beyond_excel_is_refused(write: Write, place: str) -> None:
    """A single row that claims to be the 900 millionth is not reached through empty ones."""
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"<row {place}><c><v>1</v></c></row></sheetData></worksheet>"
    )
    with pytest.raises(InputError, match=r"a\.xlsx has a sheet of more than 1,048,576 rows or 10,000,000 cells"):
        read_spectra(write("a.xlsx", workbook_bytes({"data": []}, {"xl/worksheets/sheet1.xml": sheet})))


def test_rows_stretched_by_one_far_cell_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MOST_CELLS", 100_000)
    rows = "".join(f'<row r="{i}"><c r="ZZZ{i}"><v>1</v></c></row>' for i in range(1, 50))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{rows}</sheetData></worksheet>"
    )
    with pytest.raises(InputError, match=r"rows or 100,000 cells, more than is read at once"):
        read_spectra(write("a.xlsx", workbook_bytes({"data": []}, {"xl/worksheets/sheet1.xml": sheet})))


def test_large_packed_file_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "LARGEST_PACKED_BYTES", 100)
    with pytest.raises(InputError, match=r"a\.xlsx is larger than 0 MB, more than is read of an Excel file; save its"):
        read_spectra(write("a.xlsx", workbook_bytes({"data": spectrum_cells(F)})))
