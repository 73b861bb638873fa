"""BioLogic text exports, made as EC-Lab writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reader_samples import cell_impedance_ohm, mpt_text, table_text

from sscell.data import read_cycling, read_spectra
from sscell.errors import InputError

Write = Callable[..., Path]
EIS_NAMES = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "time/s", "<Ewe>/V", "<I>/mA", "cycle number")


def eis_columns(frequency_Hz: np.ndarray, sweeps: int = 2) -> list[np.ndarray]:
    """Sweeps one below the other, the cycle number 0 throughout."""
    f = np.tile(frequency_Hz, sweeps)
    z = cell_impedance_ohm(f)
    return [f, z.real, -z.imag, np.arange(f.size) * 1.5, np.full(f.size, 3.7), 0 * f, 0 * f]


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("name", ["a.mpt", "a.txt"])
def test_spectra_with_header(write: Write, frequency_Hz: np.ndarray, decimal: str, name: str) -> None:
    spectra = read_spectra(write(name, mpt_text(EIS_NAMES, eis_columns(frequency_Hz), decimal)))
    assert [s.provenance["sweep"] for s in spectra] == [1, 2]
    for spectrum in spectra:
        np.testing.assert_allclose(spectrum.frequency_Hz, frequency_Hz, rtol=1e-14)
        np.testing.assert_allclose(spectrum.impedance_ohm, cell_impedance_ohm(frequency_Hz), rtol=1e-13)
        assert spectrum.state["technique"] == "Potentio Electrochemical Impedance Spectroscopy"
        assert spectrum.state["voltage_V"] == pytest.approx(3.7)
        assert spectrum.provenance["format"] == "BioLogic .mpt"
        assert spectrum.provenance["acquired"] == "2025-05-15T01:18:45.867000"
        assert spectrum.area_m2 is None  # 0.001 cm2 is EC-Lab's default, not an area


def test_headerless_is_known_by_its_columns(write: Write, frequency_Hz: np.ndarray) -> None:
    text = table_text(EIS_NAMES, eis_columns(frequency_Hz), "\t")
    assert len(read_spectra(write("a.mpt", text))) == 2


def test_coil_is_believed_of_ec_lab(write: Write, frequency_Hz: np.ndarray) -> None:
    """The format fixes the sign, so nothing is guessed from the numbers."""
    columns = [frequency_Hz, 0 * frequency_Hz + 5, -frequency_Hz * 1e-6]
    (spectrum,) = read_spectra(write("a.mpt", mpt_text(EIS_NAMES[:3], columns)))
    np.testing.assert_allclose(spectrum.impedance_ohm, 5 + 1e-6j * frequency_Hz, rtol=1e-14)


def test_cell_columns_are_used_unless_they_are_zero(write: Write, frequency_Hz: np.ndarray) -> None:
    """With a reference electrode Z is the working electrode; the cell is Zwe-ce, and Ewe - Ece."""
    z = cell_impedance_ohm(frequency_Hz)
    ones = np.ones_like(z.real)
    names = (*EIS_NAMES[:3], "Re(Zwe-ce)/Ohm", "-Im(Zwe-ce)/Ohm", "Re(Zce)/Ohm", "<Ewe>/V", "<Ece>/V")
    half = [frequency_Hz, z.real / 2, -z.imag / 2]
    (cell,) = read_spectra(
        write("a.mpt", mpt_text(names, [*half, z.real, -z.imag, z.real / 2, 4.2 * ones, 0.6 * ones]))
    )
    np.testing.assert_allclose(cell.impedance_ohm, z, rtol=1e-13)
    assert cell.provenance["impedance_columns"] == ("Re(Zwe-ce)/Ohm", "-Im(Zwe-ce)/Ohm")
    assert cell.state["voltage_V"] == pytest.approx(3.6)
    zero = 0 * ones
    (plain,) = read_spectra(write("b.mpt", mpt_text(names, [*half, zero, zero, zero, 4.2 * ones, zero])))
    np.testing.assert_allclose(plain.impedance_ohm, z / 2, rtol=1e-13)
    assert plain.state["voltage_V"] == pytest.approx(4.2)
    assert "there are no Zwe-ce columns" not in " ".join(cell.provenance["assumptions"])


def test_lone_working_electrode_is_noted(write: Write, frequency_Hz: np.ndarray) -> None:
    z = cell_impedance_ohm(frequency_Hz)
    names = (*EIS_NAMES[:3], "Re(Zce)/Ohm")
    (spectrum,) = read_spectra(write("a.mpt", mpt_text(names, [frequency_Hz, z.real, -z.imag, z.real])))
    assert "there are no Zwe-ce columns" in " ".join(spectrum.provenance["assumptions"])


@pytest.mark.parametrize("decimal", [".", ","])
def test_impedance_inside_cycling_with_a_reference_electrode(
    write: Write, frequency_Hz: np.ndarray, decimal: str
) -> None:
    """Charge, a sweep, discharge, a sweep: the cell is Ewe-Ece, and the sweeps are no part of the trace."""
    n = frequency_Hz.size
    z = cell_impedance_ohm(frequency_Hz)
    pause = np.zeros(3)
    rows = 2 * (n + 3)
    columns = [
        np.arange(rows) * 10.0,
        np.concatenate([pause + 2, 0 * z.real, pause - 2, 0 * z.real]),
        np.full(rows, 4.2),
        np.full(rows, 0.6),
        np.full(rows, 3.6),
        np.repeat([0.0, 1.0], n + 3),
        *(np.concatenate([pause, x, pause, 2 * x]) for x in (z.real, -z.imag)),
        np.concatenate([pause, frequency_Hz, pause, frequency_Hz]),
    ]
    names = ("time/s", "I/mA", "Ewe/V", "Ece/V", "Ewe-Ece/V", "cycle number", "Re(Z)/Ohm", "-Im(Z)/Ohm", "freq/Hz")
    path = write("a.mpt", mpt_text(names, columns, decimal))
    spectra = read_spectra(path)
    assert [len(s) for s in spectra] == [n, n]
    for number, spectrum in enumerate(spectra, start=1):
        np.testing.assert_allclose(spectrum.impedance_ohm, number * z, rtol=1e-13)
        assert spectrum.state["voltage_V"] == pytest.approx(3.6)
        assert spectrum.state["start_time_s"] == pytest.approx((number - 1) * (n + 3) * 10 + 30)
    trace = read_cycling(path)
    np.testing.assert_allclose(trace.current_A, np.repeat([-2e-3, 2e-3], 3))
    np.testing.assert_allclose(trace.voltage_V, 3.6)
    np.testing.assert_array_equal(trace.cycle, np.repeat([1, 2], 3))
    assert trace.provenance["dropped_impedance_rows"] == 2 * n


def test_charging_is_negative(write: Write) -> None:
    columns = [
        np.arange(3.0),
        np.array([2.0, 2.0, -1.0]),
        np.array([3.0, 3.1, 3.0]),
        np.array([0.0, 0.0, 1.0]),
    ]
    trace = read_cycling(write("a.mpt", mpt_text(("time/s", "I/mA", "Ewe/V", "cycle number"), columns)))
    np.testing.assert_allclose(trace.current_A, [-2e-3, -2e-3, 1e-3])
    np.testing.assert_array_equal(trace.cycle, [1, 1, 2])
    assert trace.provenance["technique"] == "Potentio Electrochemical Impedance Spectroscopy"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            b"Nb header lines : 8",
            b"Nb header lines : 999",
            r"the header should have 999 lines, but the file has",
        ),
        (
            b"Nb header lines : 8",
            b"Header: none",
            r"a\.mpt, line 2 should read 'Nb header lines : \.\.\.' but reads",
        ),
        (
            b"Nb header lines : 8",
            b"Nb header lines : 6",
            r"a\.mpt, line 6 should name the columns but reads 'Elec",
        ),
        (
            b"freq/Hz\tRe(Z)/Ohm",
            b"x\ty",
            r"needs a frequency column|holds no impedance points; use read_cycling",
        ),
    ],
)
def test_damaged_header_is_refused(
    write: Write, frequency_Hz: np.ndarray, old: bytes, new: bytes, message: str
) -> None:
    content = mpt_text(EIS_NAMES, eis_columns(frequency_Hz))
    assert old in content
    with pytest.raises(InputError, match=message):
        read_spectra(write("a.mpt", content.replace(old, new)))


def test_cut_in_a_row_names_the_line(write: Write, frequency_Hz: np.ndarray) -> None:
    content = mpt_text(EIS_NAMES, eis_columns(frequency_Hz, 1))
    with pytest.raises(InputError, match=r"a\.mpt, line 39: \d cells where there are 7 columns"):
        read_spectra(write("a.mpt", content[: content.rindex(b"\t")]))
