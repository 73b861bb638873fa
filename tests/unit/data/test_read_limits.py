"""Files larger than a measurement are refused with a sentence, before they fill the memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sscell.data import delimited, layout, read_spectra, source, spectra
from sscell.errors import InputError

Write = Callable[..., Path]
NAMES = "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n"


def test_large_file_is_refused(tmp_path: Path) -> None:
    """A sparse file of just over the limit; it is read no further."""
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(source.LARGEST_BYTES + 1)
    with pytest.raises(InputError, match=r"a\.csv is larger than 200 MB, more than is read at once; export the meas"):
        read_spectra(path)


def test_many_lines_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_LINES", 1_000)
    text = NAMES + "10,1,1\n1,1,1\n" * 600
    with pytest.raises(InputError, match=r"a\.csv has more than 1,000 lines, more than is read at once; export it in"):
        read_spectra(write("a.csv", text))
    (spectrum, *_) = read_spectra(write("b.csv", NAMES + "10,1,1\n1,1,1\n" * 400))
    assert len(spectrum) == 2


def test_long_line_is_refused(write: Write) -> None:
    text = NAMES + "1," * 60_000
    with pytest.raises(
        InputError, match=r"a\.csv, line 2 has 120,000 characters where a row of a table has 100,000 at"
    ):
        read_spectra(write("a.csv", text))


def test_thousands_of_names_are_not_searched(write: Write) -> None:
    text = ",".join(["freq/Hz", *["x"] * layout.MOST_COLUMNS, "Re(Z)/Ohm", "-Im(Z)/Ohm"]) + "\n"
    with pytest.raises(InputError, match=r"no column names were recognised, and line 1 reads 'freq/Hz,x,x"):
        read_spectra(write("a.csv", text))


def test_frequency_that_turns_back_all_the_time_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectra, "MOST_SWEEPS", 10)
    with pytest.raises(InputError, match=r"a\.csv: the frequency turns back 19 times, which is no row of sweeps \(10 "):
        read_spectra(write("a.csv", NAMES + "10,1,1\n1,2,1\n" * 20))


def test_limits_leave_room_for_a_month_of_cycling() -> None:
    """One row a second for 31 days of some 40 characters each."""
    rows = 31 * 24 * 3600
    assert rows < layout.MOST_LINES
    assert 40 * rows < source.LARGEST_BYTES
    assert len(delimited.UNNAMED) < layout.MOST_COLUMNS
