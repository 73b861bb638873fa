"""Files of Gamry, ZView, Zahner, VersaStudio, RelaxIS and other instruments, made as their programs write them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reader_samples import cell_impedance_ohm, table_text
from vendor_samples import (
    PAR_NAMES,
    ZVIEW_NAMES,
    F,
    bdf_text,
    chi_text,
    dta_bytes,
    ism_bytes,
    par_text,
    parstat_text,
    powersuite_text,
    relaxis_text,
    samples,
    versastat_text,
    z_text,
)

from sscell.data import read_cycling, read_spectra
from sscell.errors import InputError
from sscell.records import Spectrum

Write = Callable[..., Path]
# Autolab's preamble, and below it the names separated as the rows are and frequency in full.
AUTOLAB = z_text(F, "autolab").splitlines()
AUTOLAB_TABLE = [",".join(f'"{name}"' for name in ("Frequency (Hz)", *ZVIEW_NAMES[1:])), *AUTOLAB[11:]]
# 17 digits of text carry a double; modulus and phase cost the last digits of the parts.
EXACT = 1e-12


def assert_is_the_cell(spectrum: Spectrum, frequency_Hz: np.ndarray = F, rtol: float = EXACT) -> None:
    np.testing.assert_allclose(spectrum.frequency_Hz, frequency_Hz, rtol=rtol)
    np.testing.assert_allclose(spectrum.impedance_ohm, cell_impedance_ohm(frequency_Hz), rtol=rtol)


@pytest.mark.parametrize("name", sorted(set(samples()) - {"cycling.bdf"}))
def test_every_vendor_writes_the_same_cell(write: Write, name: str) -> None:
    (spectrum,) = read_spectra(write(name, samples()[name]))
    order = np.argsort(-spectrum.frequency_Hz)
    single = 1e-6  # .mpr files store single precision
    np.testing.assert_allclose(spectrum.frequency_Hz[order], F, rtol=single)
    np.testing.assert_allclose(spectrum.impedance_ohm[order], cell_impedance_ohm(F), rtol=single)
    assert spectrum.impedance_ohm.imag.max() < 0


def test_gamry_table_with_units_state_and_header(write: Write) -> None:
    (spectrum,) = read_spectra(write("a.DTA", dta_bytes(F)))
    assert_is_the_cell(spectrum)
    assert spectrum.state == {
        "technique": "Potentiostatic EIS",
        "start_time_s": 0.5,
        "voltage_V": pytest.approx(3.7, rel=EXACT),
    }
    assert spectrum.provenance["format"] == "Gamry .DTA"
    assert spectrum.provenance["acquired"] == "5/15/2025 01:18:45"
    assert spectrum.provenance["columns"][2:6] == ("Time/s", "Freq/Hz", "Zreal/ohm", "Zimag/ohm")
    assert spectrum.provenance["assumptions"] == ()


def test_gamry_aborted_run_gives_what_was_measured(write: Write) -> None:
    (spectrum,) = read_spectra(write("a.DTA", dta_bytes(F[:4], aborted=True)))
    assert_is_the_cell(spectrum, F[:4])
    assert spectrum.provenance["assumptions"] == (
        "The run was aborted; the table holds the points measured until then.",
    )


def test_gamry_decimal_commas_and_several_tables(write: Write) -> None:
    spectra = read_spectra(write("a.DTA", dta_bytes(F, tables=3, decimal=",")))
    assert len(spectra) == 3
    for spectrum in spectra:
        assert_is_the_cell(spectrum)


def test_gamry_inductive_points_are_believed(write: Write) -> None:
    """The format fixes the sign, so a coil is no reason to refuse."""
    content = dta_bytes(F)
    z = cell_impedance_ohm(F)
    for x in z.tolist():
        content = content.replace(f"{x.imag:.17g}".encode(), f"{-x.imag:.17g}".encode())
    (spectrum,) = read_spectra(write("a.DTA", content))
    np.testing.assert_allclose(spectrum.impedance_ohm, z.conj(), rtol=EXACT)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"ZCURVE", b"CURVE", r"a\.DTA has no table ZCURVE with impedance \(its tables are 'OCVCURVE', 'CURVE'\)"),
        (b"\tFreq\t", b"\tf\x1b[31mreq\t", r"a\.DTA needs a frequency column .*'f\?\[31mreq'|holds no impedance"),
        (b"\r\n\t5\t5.5\t", b"\r\n\t5\t5.5\tx", r"a\.DTA, line 18, column 'Freq/Hz': 'x0\.1.*' is not a finite number"),
    ],
)
def test_damaged_gamry_file_is_refused(write: Write, old: bytes, new: bytes, message: str) -> None:
    content = dta_bytes(F)
    assert old in content
    with pytest.raises(InputError, match=message):
        read_spectra(write("a.DTA", content.replace(old, new)))


def test_gamry_table_cut_in_its_head_or_in_a_row_is_refused(write: Write) -> None:
    content = dta_bytes(F)
    head = content[: content.index(b"ZCURVE") + 20]
    with pytest.raises(InputError, match=r"a\.DTA, line 10: below ZCURVE there should be a line of names and one of"):
        read_spectra(write("a.DTA", head))
    with pytest.raises(InputError, match=r"a\.DTA, line 18: \d cells where there are 12 columns"):
        read_spectra(write("a.DTA", content[: content.rindex(b"\t1\t")]))


@pytest.mark.parametrize(
    ("header", "technique", "acquired"),
    [
        ("long", "Sweep Frequency, Control Voltage", "15-05-2025 01:18:45"),
        ("short", "Sweep Frequency: Control Voltage", "15-05-2025 01:18:45"),
        ("autolab", None, None),
    ],
)
def test_zview_headers(write: Write, header: str, technique: str | None, acquired: str | None) -> None:
    (spectrum,) = read_spectra(write("a.txt", z_text(F, header)))
    assert_is_the_cell(spectrum)
    assert spectrum.state.get("technique") == technique
    assert spectrum.state["start_time_s"] == 0.5
    assert spectrum.provenance.get("acquired") == acquired
    assert spectrum.provenance["format"] == "ZView .z"
    assert not any("announces" in note for note in spectrum.provenance["assumptions"])


@pytest.mark.parametrize("header", ["long", "short"])
def test_zview_file_with_fewer_points_than_announced_says_so(write: Write, header: str) -> None:
    (spectrum,) = read_spectra(write("a.z", z_text(F, header, announced=79)))
    assert len(spectrum) == F.size
    assert "The header announces 79 points, but there are 6." in spectrum.provenance["assumptions"]


def test_zview_decimal_commas(write: Write) -> None:
    head, rows = z_text(F).split("End Comments")
    (spectrum,) = read_spectra(write("a.z", head + "End Comments" + rows.replace(".", ",")))
    assert_is_the_cell(spectrum)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ZPLOT2 ASCII\n", r"a\.z has no line 'Freq\(Hz\) \.\.\. Z'\(a\) Z''\(b\) \.\.\.' that names the columns"),
        (z_text(F).replace("1.0", "one"), r"a\.z, line \d+: a row of numbers should follow|is not a finite number"),
        (z_text(F[:0]), r"a\.z, line 9: a row of numbers should follow the names"),
    ],
)
def test_damaged_zview_file_is_refused(write: Write, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_spectra(write("a.z", content))


def test_zahner_voltage_time_and_start(write: Write) -> None:
    (spectrum,) = read_spectra(write("a.ism", ism_bytes(F)))
    assert_is_the_cell(spectrum)
    assert spectrum.state == {"start_time_s": 0.0, "voltage_V": pytest.approx(3.7, rel=EXACT)}
    assert spectrum.provenance["acquired"] == "2025-05-15T01:18:45"
    (without,) = read_spectra(write("b.ism", ism_bytes(F, voltage_V=None)))
    assert without.state == {"start_time_s": 0.0}


def test_zahner_lead_in_is_left_out_and_noted(write: Write) -> None:
    """Thales begins at 100 Hz, goes up, turns and goes down: the way down is the spectrum."""
    path = write("a.ism", ism_bytes(np.concatenate([[100.0, 1e3], F])))
    (spectrum,) = read_spectra(path)
    assert_is_the_cell(spectrum)
    assert spectrum.provenance["assumptions"] == (
        "2 points outside the way between the two ends of the frequency range were left out.",
    )
    assert spectrum.provenance["acquired"] == "2025-05-15T01:18:48"


def test_zahner_rising_sweep_keeps_its_order(write: Write) -> None:
    (spectrum,) = read_spectra(write("a.ism", ism_bytes(F[::-1])))
    assert_is_the_cell(spectrum, F[::-1])


@pytest.mark.parametrize("kept", [1, 11, 12, 50, 200, 0])
def test_cut_zahner_file_is_refused(write: Write, kept: int) -> None:
    with pytest.raises(InputError, match=r"a\.ism is (not a complete Zahner \.ism file \('|empty)"):
        read_spectra(write("a.ism", ism_bytes(F)[:kept]))


def test_zahner_count_beyond_the_file_is_refused(write: Write) -> None:
    """2**40 points are announced; nothing is allocated for them."""
    content = ism_bytes(F)
    with pytest.raises(InputError, match=r"a\.ism is not a complete Zahner \.ism file"):
        read_spectra(write("a.ism", content[:6] + (2**40).to_bytes(6, "big") + content[12:]))


def test_missing_zahner_reader_is_named_with_its_remedy(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zahner_analysis.file_import.ism_import", None)
    with pytest.raises(InputError, match=r"needs an optional reader; .*pip install -e '\.\[zahner\]'"):
        read_spectra(write("a.ism", ism_bytes(F)))


def test_versastudio_segments(write: Write) -> None:
    spectra = read_spectra(write("a.par", par_text(F, segments=2)))
    assert [s.state["start_time_s"] for s in spectra] == [100, 200]
    for spectrum in spectra:
        assert_is_the_cell(spectrum)
        assert spectrum.state["technique"] == "Potentiostatic EIS"
        assert spectrum.state["voltage_V"] == pytest.approx(3.7, rel=EXACT)
        assert spectrum.provenance["acquired"] == "Thursday, May 15, 2025 9:40:30 AM"


def test_versastudio_direct_current_rows_are_cycling(write: Write) -> None:
    text = par_text(F)
    for f in F.tolist():
        text = text.replace(f",53,{f:.17g},", ",53,0,")
    trace = read_cycling(write("a.par", text))
    np.testing.assert_array_equal(trace.time_s, 100 + np.arange(6))
    np.testing.assert_allclose(trace.voltage_V, 3.7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (par_text(F).replace("Definition=", "Columns="), r"a\.par has no <Segment1> with a line 'Definition="),
        (par_text(F, 2, (PAR_NAMES, PAR_NAMES + ", x")), r"a\.par: its 2 segments have different columns; export one"),
        (par_text(F[:0]), r"a\.par has column names but no rows of numbers"),
    ],
)
def test_damaged_versastudio_file_is_refused(write: Write, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_spectra(write("a.par", text))


def test_relaxis_state_is_read_and_said(write: Write) -> None:
    (spectrum,) = read_spectra(write("a.txt", relaxis_text(F)))
    assert_is_the_cell(spectrum, F[::-1])
    assert spectrum.state == {"voltage_V": pytest.approx(3.7, rel=EXACT)}
    assert spectrum.provenance["format"] == "RelaxIS text"
    assert "DC=3.7 was read as the cell's voltage in V." in spectrum.provenance["assumptions"]
    for remark in ("no state", "DC=--, TM=2", "DC=1e999, TM=2"):
        (other,) = read_spectra(write("b.txt", relaxis_text(F, remark)))
        assert other.state == {}


def test_relaxis_export_of_two_spectra_is_refused(write: Write) -> None:
    text = "\n".join(f"{line}\t{line}" for line in relaxis_text(F).split("\r\n"))
    with pytest.raises(InputError, match=r"a\.txt has two columns for frequency_Hz, .* or one spectrum a file"):
        read_spectra(write("a.txt", text))


def test_battery_data_format_current_is_turned_whatever_the_voltage_shows(write: Write) -> None:
    trace = read_cycling(write("a.bdf", bdf_text()))
    np.testing.assert_allclose(trace.current_A, np.repeat([-1e-3, 1e-3], 5))
    np.testing.assert_array_equal(trace.cycle, 1)
    note = "'Current / A' counts charge positive (Battery Data Format), so turned."
    assert note in trace.provenance["assumptions"]
    time_s = np.arange(100.0)
    names = ("test_time_second", "voltage_volt", "current_ampere", "cycle_count")
    odd = table_text(names, (time_s, 3 + time_s / 100, np.full(100, -1e-3), np.ones(100)))
    trace = read_cycling(write("b.csv", odd))
    np.testing.assert_allclose(trace.current_A, 1e-3)
    assert any(n.endswith("the voltage shows the opposite, so check it.") for n in trace.provenance["assumptions"])


@pytest.mark.parametrize(
    "names",
    [
        ("Frequency / Hz", "Absolute Impedance / ohm", "Phase / deg", "Surface Temperature / degC"),
        ("frequency_hertz", "absolute_impedance_ohm", "phase_degree", "temperature_t1_celsius"),
    ],
)
def test_battery_data_format_impedance(write: Write, names: tuple[str, ...]) -> None:
    z = cell_impedance_ohm(F)
    path = write("a.bdf", table_text(names, (F, abs(z), np.angle(z, deg=True), 25 + 0 * F)))
    (spectrum,) = read_spectra(path)
    assert_is_the_cell(spectrum)
    assert spectrum.temperature_K == pytest.approx(298.15)


def test_chi_parstat_and_powersuite(write: Write) -> None:
    assert_is_the_cell(read_spectra(write("chi.txt", chi_text(F)))[0])
    assert_is_the_cell(read_spectra(write("powersuite.txt", powersuite_text(F)))[0], F[::-1])
    parstat = write("parstat.txt", parstat_text(F))
    (spectrum,) = read_spectra(parstat)
    assert_is_the_cell(spectrum)
    assert spectrum.state["voltage_V"] == pytest.approx(3.6)
    trace = read_cycling(parstat)
    np.testing.assert_allclose(trace.voltage_V, 3.7 - 0.01 * np.arange(5))


@pytest.mark.parametrize(
    ("reader", "name", "content"),
    [
        ("readGamry", "a.DTA", dta_bytes(F, aborted=True)),
        ("readZPlot", "a.z", z_text(F)),
        ("readZPlot", "a.z", z_text(F, "short")),
        ("readAutolab", "a.txt", z_text(F, "autolab")),
        ("readAutolab", "a.txt", "\n".join([*AUTOLAB[:10], *AUTOLAB_TABLE])),
        ("readAutolab", "a.csv", "\n".join(AUTOLAB_TABLE)),
        ("readVersaStudio", "a.par", versastat_text(F)),
        ("readCHInstruments", "a.txt", chi_text(F)),
        ("readParstat", "a.txt", parstat_text(F)),
        ("readPowerSuite", "a.txt", powersuite_text(F)),
    ],
)
def test_impedance_py_reads_the_same(write: Write, reader: str, name: str, content: str | bytes) -> None:
    """The reference for what these instruments write: equal to the last digit."""
    from impedance import preprocessing

    path = write(name, content)
    frequency_Hz, impedance_ohm = getattr(preprocessing, reader)(path)
    (spectrum,) = read_spectra(path)
    np.testing.assert_array_equal(spectrum.frequency_Hz, frequency_Hz)
    np.testing.assert_array_equal(spectrum.impedance_ohm, impedance_ohm)


def test_a_moved_column_is_followed_by_its_name(write: Write) -> None:
    """Why impedance.py's positional readers are not used: here it takes the phase for the real part, in silence."""
    from impedance import preprocessing

    z = cell_impedance_ohm(F)
    phase_deg = np.angle(z, deg=True)
    moved = table_text(("Freq/Hz", "Phase/deg", "Z'/ohm", 'Z"/ohm'), (F, phase_deg, z.real, z.imag), ", ")
    path = write("chi.txt", "A.C. Impedance\n\n" + moved.replace("\n", "\n\n", 1))
    assert_is_the_cell(read_spectra(path)[0])
    assert preprocessing.readCHInstruments(path)[1].real.tolist() == phase_deg.tolist()
