"""BioLogic .mpr files, made byte by byte, and what is said of broken ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reader_samples import cell_impedance_ohm, mpr_bytes

from sscell.data import read_cycling, read_spectra
from sscell.errors import InputError

Write = Callable[..., Path]
SINGLE = 1e-6  # .mpr files store single precision


def eis(frequency_Hz: np.ndarray, sweeps: int = 1) -> dict[str, np.ndarray]:
    f = np.tile(frequency_Hz, sweeps)
    z = cell_impedance_ohm(f)
    return {
        "freq/Hz": f,
        "Re(Z)/Ohm": z.real,
        "-Im(Z)/Ohm": -z.imag,
        "time/s": np.arange(f.size) * 2.0,
        "<Ewe>/V": np.full(f.size, 3.7),
        "cycle number": np.zeros(f.size),
    }


def test_32_sweeps_in_one_frame_come_apart(write: Write, frequency_Hz: np.ndarray) -> None:
    """Although the log has no clock time, at which galvani alone gives up."""
    spectra = read_spectra(write("a.mpr", mpr_bytes(eis(frequency_Hz, 32))))
    assert len(spectra) == 32
    assert spectra[31].provenance["sweep"] == 32
    assert spectra[31].state == {
        "technique": "Potentio Electrochemical Impedance Spectroscopy",
        "start_time_s": 31 * 31 * 2.0,
        "voltage_V": pytest.approx(3.7, rel=SINGLE),
    }
    assert spectra[0].provenance["acquired"] == "2025-05-15"
    for spectrum in spectra:
        np.testing.assert_allclose(spectrum.frequency_Hz, frequency_Hz, rtol=SINGLE)
        np.testing.assert_allclose(spectrum.impedance_ohm, cell_impedance_ohm(frequency_Hz), rtol=SINGLE)
        assert spectrum.impedance_ohm.imag.max() < 0


def test_cell_columns_and_cycling_around_the_impedance(write: Write, frequency_Hz: np.ndarray) -> None:
    """Two rows of charging, a sweep with a reference electrode, two rows of discharging."""
    n = frequency_Hz.size
    z = cell_impedance_ohm(frequency_Hz)

    def pad(x: np.ndarray) -> np.ndarray:
        return np.concatenate([[0, 0], x, [0, 0]])

    columns = {
        "time/s": np.arange(n + 4.0),
        "Ewe/V": np.full(n + 4, 4.2),
        "I/mA": np.concatenate([[2, 2], np.zeros(n), [-2, -2]]),
        "Ece/V": np.full(n + 4, 0.6),
        "half cycle": np.concatenate([[0, 0], np.zeros(n), [2, 3]]),
        "freq/Hz": pad(frequency_Hz),
        "|Z|/Ohm": pad(abs(z) / 2),
        "Phase(Z)/deg": pad(np.angle(z, deg=True)),
        "Re(Zwe-ce)/Ohm": pad(z.real),
        "-Im(Zwe-ce)/Ohm": pad(-z.imag),
    }
    path = write("a.mpr", mpr_bytes(columns, technique=0x7F))
    (spectrum,) = read_spectra(path)
    np.testing.assert_allclose(spectrum.impedance_ohm, z, rtol=SINGLE)
    assert spectrum.provenance["impedance_columns"] == ("Re(Zwe-ce)/Ohm", "-Im(Zwe-ce)/Ohm")
    assert spectrum.provenance["dropped_zero_frequency_rows"] == 4
    assert spectrum.state["voltage_V"] == pytest.approx(3.6, rel=SINGLE)
    trace = read_cycling(path)
    np.testing.assert_allclose(trace.current_A, [-2e-3, -2e-3, 2e-3, 2e-3], rtol=SINGLE)
    np.testing.assert_allclose(trace.voltage_V, 3.6, rtol=SINGLE)
    np.testing.assert_array_equal(trace.cycle, [1, 1, 2, 2])
    assert trace.provenance["dropped_impedance_rows"] == n
    assert trace.provenance["technique"] == "Modulo Bat"


def test_working_electrode_is_used_where_the_cell_is_zero(write: Write, frequency_Hz: np.ndarray) -> None:
    columns = eis(frequency_Hz) | {"Re(Zwe-ce)/Ohm": 0 * frequency_Hz, "-Im(Zwe-ce)/Ohm": 0 * frequency_Hz}
    (spectrum,) = read_spectra(write("a.mpr", mpr_bytes(columns)))
    np.testing.assert_allclose(spectrum.impedance_ohm, cell_impedance_ohm(frequency_Hz), rtol=SINGLE)


def test_one_unknown_column_is_noted(write: Write, frequency_Hz: np.ndarray) -> None:
    (spectrum,) = read_spectra(write("a.mpr", mpr_bytes(eis(frequency_Hz), extra=[(999, "<f4")])))
    np.testing.assert_allclose(spectrum.impedance_ohm, cell_impedance_ohm(frequency_Hz), rtol=SINGLE)
    assert any("999 are unknown" in note for note in spectrum.provenance["assumptions"])


def test_unknown_columns_of_unclear_width_are_refused(write: Write, frequency_Hz: np.ndarray) -> None:
    """2 + 4 bytes could be 4 + 2, and every column between them would be misread."""
    path = write("a.mpr", mpr_bytes(eis(frequency_Hz), extra=[(998, "<u2"), (999, "<f4")]))
    with pytest.raises(InputError, match=r"a\.mpr has columns that the \.mpr reader does not know .*998, 999"):
        read_spectra(path)


def test_value_that_is_no_number_is_named_by_row(write: Write, frequency_Hz: np.ndarray) -> None:
    columns = eis(frequency_Hz)
    columns["Re(Z)/Ohm"][4] = np.nan
    with pytest.raises(InputError, match=r"a\.mpr, row 5, column 'Re\(Z\)/Ohm': 'nan' is not a finite number"):
        read_spectra(write("a.mpr", mpr_bytes(columns)))


@pytest.mark.parametrize("kept", [30, 60, 150, 400, 0.5, 0.99])
def test_cut_file_is_refused(write: Write, frequency_Hz: np.ndarray, kept: float) -> None:
    content = mpr_bytes(eis(frequency_Hz))
    length = int(kept if kept > 1 else kept * len(content))
    with pytest.raises(InputError, match=r"cut\.mpr is not a complete BioLogic \.mpr file"):
        read_spectra(write("cut.mpr", content[:length]))


@pytest.mark.parametrize("seed", range(5))
def test_junk_after_the_magic_is_refused(write: Write, seed: int) -> None:
    magic = mpr_bytes({"time/s": np.zeros(1)})[:52]
    junk = np.random.default_rng(seed).bytes(2000)
    for content in (magic + junk, magic + b"MODULE" + junk):
        with pytest.raises(InputError, match=r"is not a complete BioLogic \.mpr file"):
            read_cycling(write("a.mpr", content))


def test_rows_announced_beyond_the_file_are_refused(write: Write, frequency_Hz: np.ndarray) -> None:
    """2**32 - 1 rows are announced; nothing is allocated for them."""
    content = mpr_bytes(eis(frequency_Hz))
    count = frequency_Hz.size.to_bytes(4, "little") + bytes([6])
    assert content.count(count) == 1
    with pytest.raises(InputError, match=r"a\.mpr is not a complete BioLogic \.mpr file"):
        read_spectra(write("a.mpr", content.replace(count, b"\xff" * 4 + bytes([6]))))


def test_other_content_under_the_extension_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match=r"a\.mpr is named \.mpr but does not begin with 'BIO-LOGIC MODULAR FILE'"):
        read_spectra(write("a.mpr", "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1,2,3\n"))


def test_missing_reader_is_named_with_its_remedy(
    write: Write, frequency_Hz: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "galvani", None)
    path = write("a.mpr", mpr_bytes(eis(frequency_Hz)))
    with pytest.raises(InputError, match=r"needs an optional reader; .*pip install -e '\.\[biologic\]'"):
        read_spectra(path)
