"""Whatever the input, one sentence in an InputError."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sscell.data import read_cycling, read_spectra
from sscell.errors import InputError

Write = Callable[..., Path]
READERS = (read_spectra, read_cycling)
NAMES = "freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm\n"


@pytest.mark.parametrize("read", READERS)
def test_missing_file_folder_and_empty_file(write: Write, tmp_path: Path, read: Callable) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv does not exist; check the path"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match=r"is a folder; give one file inside it"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"empty\.mpr is empty \(0 bytes\)"):
        read(write("empty.mpr", ""))
    with pytest.raises(InputError, match=r"must be given as a path, got list"):
        read([1, 2])
    with pytest.raises(InputError, match=r"cannot be read"):
        read("x" * 5000 + ".csv")
    with pytest.raises(InputError, match=r"is not a regular file"):
        read(os.devnull)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.DTA", "EXPLAIN\nTAG\tEISPOT\n", r"a\.DTA has no table ZCURVE with impedance \(it has no table\)"),
        ("a.txt", "EXPLAIN\nTAG\tEISPOT\n", r"a\.txt has no table ZCURVE"),
        ("a.z", "ZPLOT2 ASCII\n", r"a\.z has no line 'Freq\(Hz\)"),
        ("a.par", "<Application>\n", r"a\.par has no <Segment1> with a line"),
        ("a.ism", b"\0\1\2", r"a\.ism is not a complete Zahner \.ism file \('.+'\); copy it again"),
        ("a.xlsx", b"PK\x03\x04abc", r"a\.xlsx is not a complete Excel file \('File is not a zip file'\)"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"a\.xlsx is an Excel file of before 2007 or one with a passw"),
        ("a.ndax", b"PK\x03\x04abc", r"a\.ndax is a file of the kind 'Neware', which has no reader; BioLogic"),
        ("a.mat", b"MATLAB 5.0", r"a\.mat is a file of the kind 'MATLAB'"),
        ("a.xyz", "1,2,3", r"a\.xyz has the unknown extension '\.xyz'; BioLogic \(\.mpr, \.mpt\), Gamry \(\.DTA\)"),
        ("noext", "1,2,3", r"noext has the unknown extension ''"),
        ("a.csv", b"\x80\x04\x95\0\0pickle", r"a\.csv is not text \(byte 3 is zero\)"),
        ("a.mpt", b"\x01\0\x02", r"a\.mpt is not text \(byte 1 is zero\)"),
        ("a.csv", "\n\n# only a remark\n", r"a\.csv holds only blank lines and comments"),
        (
            "a.csv",
            "Dear reader,\nhello\n",
            r"no column names were recognised, and line 1 reads 'Dear reader,'; begin",
        ),
        ("a.csv", "1,2\n3,4\n", r"a\.csv has 2 columns without names; only 3"),
        ("a.csv", "1\n2\n3\n", r"a\.csv has 1 column without names; only 3"),
        ("a.csv", "sto,ocp\n0,4.2\n", r"no column names were recognised, and line 1 reads 'sto,ocp'"),
        ("a.csv", NAMES, r"a\.csv has column names but no rows of numbers"),
    ],
)
def test_wrong_kind_of_file(write: Write, name: str, content: str | bytes, message: str, read: Callable) -> None:
    with pytest.raises(InputError, match=message):
        read(write(name, content))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "100,1,-1\n10,abc,-1\n",
            r"a\.csv, line 3, column 'Re\(Z\)/Ohm': 'abc' is not a finite number \(1 such row\)",
        ),
        ("abc,def,ghi\n10,1,-1\n1,2,-1\n", r"a\.csv, line 2, column 'freq/Hz': 'abc' is not a finite number"),
        ("100,1,-1\n10,NaN,-1\n", r"line 3, column 'Re\(Z\)/Ohm': 'NaN' is not a finite number"),
        ("100,1,-1\n10,1,-inf\n", r"line 3, column 'Im\(Z\)/Ohm': '-inf' is not a finite number"),
        ("100,1,-1\n10,,-1\n", r"line 3, column 'Re\(Z\)/Ohm': an empty cell is not a finite number"),
        ("100,1,-1\nnan,1,-1\n", r"line 3, column 'freq/Hz': 'nan' is not a finite number"),
        (
            "100,1,-1\n10,1\n",
            r"a\.csv, line 3: 2 cells where there are 3 columns; correct or remove that line",
        ),
        ("100,1,-1\n\n10,1,-1,7\n", r"a\.csv, line 4: 4 cells where there are 3 columns"),
        ("100,1,-1\n-10,1,-1\n", r"a frequency must not be negative, but line 3 has -10 Hz"),
        ("100,1,-1\n", r"a\.csv holds 1 impedance point; a spectrum needs at least 2"),
        ("0,1,-1\n0,1,-1\n", r"a\.csv holds no impedance points; use read_cycling"),
        ("100,0,0\n10,0,0\n", r"the impedance in column 'Re\(Z\)/Ohm' is zero throughout"),
        ("10,1e308,1e308\n1,-1e308,1e308\n", r"column 'Im\(Z\)/Ohm' makes 100%"),
    ],
)
def test_bad_rows(write: Write, rows: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_spectra(write("a.csv", NAMES + rows))


def test_a_column_without_a_name_is_named_by_its_place(write: Write) -> None:
    with pytest.raises(InputError, match=r"a\.csv, line 2, column 2: 'x' is not a finite number"):
        read_spectra(write("a.csv", "100,1,-1\n10,x,-1\n1,3,-1\n"))


def test_missing_columns(write: Write) -> None:
    with pytest.raises(InputError, match=r"a\.csv needs a frequency column as in 'freq/Hz' \(it has 'Zre', 'Zim'\)"):
        read_spectra(write("a.csv", "Zre,Zim\n1,-1\n1,-2\n"))
    with pytest.raises(InputError, match=r"a\.csv has frequencies but no impedance: .* has 'freq/Hz', 'time/s'; name"):
        read_spectra(write("a.csv", "freq/Hz,time/s\n10,1\n1,2\n"))
    with pytest.raises(InputError, match=r"a\.csv holds no impedance points; use read_cycling, or name a frequency"):
        read_spectra(write("a.csv", "time/s,I/mA,Ewe/V\n0,1,3\n1,1,3\n"))


def test_areal_impedance_is_not_taken_for_ohm(write: Write) -> None:
    with pytest.raises(InputError, match=r"has frequencies but no impedance: .*'Zre \[ohm cm2\]'"):
        read_spectra(write("a.csv", "freq/Hz,time/s,Zre [ohm cm2],Zim [ohm cm2]\n10,0,1,-1\n1,1,1,-1\n"))


def test_nothing_in_a_file_is_evaluated(write: Write) -> None:
    with pytest.raises(InputError, match=r"line 2, column 'Re\(Z\)/Ohm': \"__import__"):
        read_spectra(write("a.csv", NAMES + "100,\"__import__('os').getpid()\",-1\n10,1,-1\n"))


def test_message_is_one_line_whatever_the_file_says(write: Write) -> None:
    with pytest.raises(InputError) as caught:
        read_spectra(write("a.csv", "\x1b[31m\u202e" + "x" * 5000))
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < 400
    with pytest.raises(InputError) as caught:
        read_spectra(write("a.csv", "freq/Hz,time/s,\x1b[31m\u202e\n1,2,3\n1,2,3\n"))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("read", READERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    cells=st.lists(
        st.lists(
            st.one_of(
                st.floats(allow_nan=True, allow_infinity=True).map(repr),
                st.integers(-2, 3).map(str),
                st.text("0123456789eE+-.,;\t \"'/:nafi_", max_size=6),
            ),
            min_size=3,
            max_size=6,
        ),
        min_size=1,
        max_size=8,
    ),
    names=st.sampled_from(["", "freq/Hz,Zre,-Zim", "time/s,I/mA,Ewe/V,cycle", "f;|Z|;Phase/rad;t/s;V;I;half cycle"]),
    separator=st.sampled_from([",", ";", "\t", " "]),
)
def test_any_table_is_read_or_refused(
    tmp_path: Path, read: Callable, cells: list[list[str]], names: str, separator: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join([names, *(separator.join(row) for row in cells)]))
    try:
        result = read(path)
    except InputError as error:
        assert "a.csv" in str(error)
    else:
        for record in result if isinstance(result, list) else [result]:
            assert len(record) >= 2
            assert record.provenance["file"] == "a.csv"


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.mpt", "a.mpr", "a.DTA", "a.z", "a.ism", "a.par", "a.xlsx"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(content=st.binary(min_size=1, max_size=200))
def test_any_bytes_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\."):
        read_spectra(path)


def test_import_is_light() -> None:
    """What reads one format comes with the function that needs it, if at all."""
    late = ("pandas", "galvani", "xarray", "openpyxl", "zahner_analysis", "impedance")
    code = f"import sys, sscell.data; print([m for m in {late} if m in sys.modules])"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_records_are_finite(write: Write) -> None:
    (spectrum,) = read_spectra(write("a.csv", NAMES + "1e3,1,-1\n1e2,2,-1\n"))
    assert np.isfinite(spectrum.impedance_ohm).all()
