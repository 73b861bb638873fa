"""What is said of a file: kind, sweeps, cycling, assumptions; and which sentence refuses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reader_samples import cell_impedance_ohm, table_text
from vendor_samples import F, bdf_text, dta_bytes, parstat_text

from sscell.data import Kind, inspect_file, read_spectra
from sscell.errors import InputError

Write = Callable[..., Path]
BOTH = (
    "time/s,I/mA,Ewe/V,freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n0,1,3.0,0,0,0\n{},1,3.1,0,0,0\n2,0,3.1,100,{},1\n3,0,3.1,10,2,1\n"
)


def test_impedance(write: Write) -> None:
    found = inspect_file(write("a.DTA", dta_bytes(F, tables=2)))
    assert (found.file, found.format, found.technique) == ("a.DTA", "Gamry .DTA", "Potentiostatic EIS")
    assert (found.kind, found.cycling, found.trace, found.not_read) == (Kind.IMPEDANCE, None, None, ())
    assert found.kind == "impedance"
    first, second = found.sweeps
    assert (first.points, first.highest_frequency_Hz, first.lowest_frequency_Hz) == (6, 1e4, 0.1)
    modulus = abs(cell_impedance_ohm(F))
    assert second.smallest_modulus_ohm == pytest.approx(modulus.min(), rel=1e-12)
    assert second.largest_modulus_ohm == pytest.approx(modulus.max(), rel=1e-12)
    assert first.voltage_V == pytest.approx(3.7)
    assert first.temperature_K is None
    assert first.state["technique"] == "Potentiostatic EIS"
    assert [len(s) for s in found.spectra] == [6, 6]


def test_cycling(write: Write) -> None:
    found = inspect_file(write("a.bdf", bdf_text()))
    assert (found.kind, found.sweeps, found.spectra) == (Kind.CYCLING, (), ())
    assert found.cycling is not None
    assert (found.cycling.rows, found.cycling.cycles, found.cycling.duration_s) == (10, 1, 9.0)
    assert (found.cycling.lowest_current_A, found.cycling.highest_current_A) == (-1e-3, 1e-3)
    assert (found.cycling.lowest_voltage_V, found.cycling.highest_voltage_V) == pytest.approx((2.9, 3.4))
    assert found.trace is not None
    assert len(found.trace) == 10
    assert any("Battery Data Format" in note for note in found.assumptions)


def test_both_with_each_assumption_once(write: Write) -> None:
    found = inspect_file(write("a.txt", parstat_text(F)))
    assert found.kind is Kind.BOTH
    assert found.cycling is not None
    assert (len(found.sweeps), found.cycling.rows, found.cycling.cycles) == (1, 5, 0)
    assert len(set(found.assumptions)) == len(found.assumptions) > 3


@pytest.mark.parametrize("sweeps", [1, 3])
def test_row_of_frequency_zero_before_a_sweep_is_no_cycling(write: Write, sweeps: int) -> None:
    names = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "time/s", "I/mA", "Ewe/V")
    f = np.tile(np.r_[0, F], sweeps)
    z = np.where(f > 0, cell_impedance_ohm(f), 0)
    found = inspect_file(write("a.csv", table_text(names, (f, z.real, -z.imag, np.arange(f.size), 0 * f, 3.7 + 0 * f))))
    assert (found.kind, found.trace, found.not_read) == (Kind.IMPEDANCE, None, ())
    assert len(found.sweeps) == sweeps


def test_half_that_cannot_be_read_is_said(write: Write) -> None:
    late = inspect_file(write("a.csv", BOTH.format("-1", "1") + "4,1,3,0,0,0\n"))
    assert late.kind is Kind.IMPEDANCE
    (why,) = late.not_read
    assert why.startswith("a.csv: time must not fall, but at line 3")
    odd = inspect_file(write("b.csv", BOTH.format("1", "x")))
    assert odd.kind is Kind.CYCLING
    (why,) = odd.not_read
    assert why.startswith("b.csv, line 4, column 'Re(Z)/Ohm': 'x' is not a finite number")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time/s,I/mA,Ewe/V\n0,1,3\n1,x,3\n", r"a\.csv, line 3, column 'I/mA': 'x' is not a finite number"),
        ("freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n10,1,1\n1,x,1\n", r"a\.csv, line 3, column 'Re\(Z\)/Ohm': 'x' is not"),
        ("freq/Hz,Zre\n10,1\nx,1\n", r"a\.csv, line 3, column 'freq/Hz': 'x' is not a finite number"),
        ("time/s,I/mA\n0,1\n1,1\n", r"a\.csv has no column for voltage"),
        ("time/s,Ewe/V\n0,1\n1,1\n", r"a\.csv has no column for current \(it has 'time/s', 'Ewe/V'\)"),
        ("x,Ewe/V,I/mA\n0,1,1\n1,1,1\n", r"a\.csv needs a frequency column as in 'freq/Hz'"),
        ("hello\n", r"a\.csv: no column names were recognised"),
    ],
)
def test_sentence_is_the_one_on_what_the_columns_promise(write: Write, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        inspect_file(write("a.csv", text))


def test_area_gives_areal_impedance(write: Write) -> None:
    path = write("a.DTA", dta_bytes(F))
    (spectrum,) = read_spectra(path, area_m2=0.785e-4)
    np.testing.assert_allclose(spectrum.impedance_ohm_cm2, 0.785 * cell_impedance_ohm(F), rtol=1e-12)
    assert inspect_file(path, area_m2=0.785e-4).spectra[0].area_m2 == 0.785e-4
    assert read_spectra(path)[0].area_m2 is None


@pytest.mark.parametrize("area_m2", [0, -1e-4, float("nan"), float("inf"), "1 cm2", True])
def test_area_must_be_positive(write: Write, area_m2: object) -> None:
    path = write("a.txt", parstat_text(F))
    for read in (read_spectra, inspect_file):
        with pytest.raises(InputError, match=r"area_m2 must be a positive number of square metres, got .*; 1 cm2 is"):
            read(path, area_m2=area_m2)
