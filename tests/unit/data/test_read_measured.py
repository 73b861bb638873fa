"""The measured files: known numbers of each, and one spectrum that three programs wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sscell.data import read_cycling, read_spectra
from sscell.errors import InputError

pytestmark = pytest.mark.measured
LPSCL = (
    "PEIS_LPSCl_IonBlocking_-25C.mpr",
    "PEIS_LPSCl_IonBlocking_-25C.txt",
    "PEIS_LPSCl_IonBlocking_-25C_RelaxIS.txt",
)


@pytest.mark.parametrize("name", LPSCL)
def test_lpscl_pellet(measured: Path, name: str) -> None:
    """-25 C, 7 MHz to 0.1 Hz: the grain resistance ends near 1456 ohm, then the electrodes block."""
    (spectrum,) = read_spectra(measured / "hybrid-drt" / name)
    falling = np.argsort(-spectrum.frequency_Hz)
    f, z = spectrum.frequency_Hz[falling], spectrum.impedance_ohm[falling]
    assert f.size == 79
    assert f[[0, -1]] == pytest.approx([7000018.5, 0.10002181], rel=1e-7)
    assert z[0] == pytest.approx(359.24146 - 290.92038j, rel=1e-6)
    assert z[-1] == pytest.approx(1799427.6 - 8093785.5j, rel=1e-6)
    plateau = z.real[(f > 1e4) & (f < 3e4)]
    assert plateau.size == 5
    assert plateau.min() > 1456
    assert plateau.max() < 1488
    assert z.imag.max() == pytest.approx(-132.1611, rel=1e-6)


def test_lpscl_files_agree(measured: Path) -> None:
    """EC-Lab's two files are identical to the 8 digits of the text, RelaxIS's is in the other order."""
    mpr, text, relaxis = (read_spectra(measured / "hybrid-drt" / name)[0] for name in LPSCL)
    for other in (text, relaxis):
        order = np.argsort(-other.frequency_Hz)
        np.testing.assert_allclose(other.frequency_Hz[order], mpr.frequency_Hz, rtol=1e-7)
        np.testing.assert_allclose(other.impedance_ohm[order], mpr.impedance_ohm, rtol=1e-7)
    assert mpr.state["technique"] == text.state["technique"] == "Potentio Electrochemical Impedance Spectroscopy"
    assert mpr.state["voltage_V"] == pytest.approx(text.state["voltage_V"], rel=1e-7)
    assert mpr.state["voltage_V"] == pytest.approx(-0.0800, abs=1e-4)
    assert text.provenance["acquired"].startswith(mpr.provenance["acquired"])
    assert len({s.provenance["sha256"] for s in (mpr, text, relaxis)}) == 3


def test_ncm_cell_at_rest_has_10_sweeps(measured: Path) -> None:
    spectra = read_spectra(measured / "hybrid-drt" / "Sample2_PEIS_AtRest.csv")
    assert [len(s) for s in spectra] == [89] * 10
    assert [s.provenance["sweep"] for s in spectra] == list(range(1, 11))
    assert spectra[0].provenance["dropped_zero_frequency_rows"] == 10
    first = 50.752583 * np.exp(-1j * np.deg2rad(20.75998))
    assert spectra[0].impedance_ohm[0] == pytest.approx(first, rel=1e-12)
    assert [abs(s.impedance_ohm[-1]) for s in spectra[::9]] == pytest.approx([539.09515, 534.33167], rel=1e-12)
    assert spectra[1].state["start_time_s"] == pytest.approx(1352.296544712779)
    for spectrum in spectra:
        assert spectrum.frequency_Hz[[0, -1]] == pytest.approx([7000018.5, 0.009997264])
        assert spectrum.state["voltage_V"] == pytest.approx(3.0624, abs=2e-3)
        assert np.mean(spectrum.impedance_ohm.imag < 0) > 0.95


def test_current_steps(measured: Path) -> None:
    """8.4 uA steps of a cell near 2.92 V; a positive current lowers the voltage."""
    path = measured / "hybrid-drt" / "CP_SSB.mpr"
    trace = read_cycling(path)
    assert len(trace) == 30208
    assert trace.time_s[[0, -1]] == pytest.approx([19.894800577, 50.095999814])
    assert (trace.current_A.min(), trace.current_A.max()) == pytest.approx((-8.387e-6, 8.428e-6), rel=1e-3)
    discharging, charging = trace.current_A > 8e-6, trace.current_A < -8e-6
    assert discharging.sum() > 5000
    assert charging.sum() > 5000
    assert trace.voltage_V[discharging].mean() < 2.922 < trace.voltage_V[charging].mean()
    assert np.unique(trace.cycle).tolist() == [1, 2, 3, 4]
    with pytest.raises(InputError, match=r"CP_SSB\.mpr holds no impedance points; use read_cycling\."):
        read_spectra(path)


def test_cycling_with_impedance_and_reference_electrode(measured: Path) -> None:
    path = measured / "cellpy" / "biol.mpr"
    spectra = read_spectra(path)
    assert [len(s) for s in spectra] == [64, 64, 64, 64, 54]
    assert spectra[0].impedance_ohm[0] == pytest.approx(6.651092 - 0.19453004j, rel=1e-6)
    assert spectra[0].provenance["impedance_columns"] == ("Re(Zwe-ce)/Ohm", "-Im(Zwe-ce)/Ohm")
    trace = read_cycling(path)
    assert len(trace) == 23561 - 310
    assert trace.provenance["dropped_impedance_rows"] == 310
    assert trace.voltage_V[0] == pytest.approx(0.12348722 + 0.00056709, abs=1e-7)
    assert trace.current_A.min() == pytest.approx(-0.3252e-3, rel=1e-3)
    assert trace.time_s[-1] == pytest.approx(76139.104)


def test_cut_copies_of_real_mpr_files_are_refused(measured: Path, tmp_path: Path) -> None:
    for name in ("PEIS_LPSCl_IonBlocking_-25C.mpr", "CP_SSB.mpr"):
        content = (measured / "hybrid-drt" / name).read_bytes()
        for share in (0.01, 0.3, 0.9, 0.999):
            (tmp_path / name).write_bytes(content[: int(share * len(content))])
            with pytest.raises(InputError, match=r"is not a complete BioLogic \.mpr file"):
                read_spectra(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "sweeps", "points", "first", "last"),
    [
        ("PyEIS/ex1.mpt", 2, 59, 428.90558 - 372.31183j, None),
        ("PyEIS/ex2.mpt", 2, 59, None, None),
        ("impedance.py/exampleDataBioLogic.mpt", 1, 43, 65.470886 - 0.38998979j, None),
        ("impedance.py/exampleData.csv", 1, 66, 0.0494998977640506 - 0.02043869854441892j, None),
        ("impedance.py/exampleDataCHInstruments.txt", 1, 73, 98.91 - 2.748j, None),
        ("impedance.py/exampleDataPowersuite.txt", 1, 30, 423929.46 - 49014.063j, None),
        ("impedance.py/exampleDataParstat.txt", 1, 31, -0.00049816280376104 + 0.0175143479976367j, None),
        ("AutoEIS/test_data.csv", 1, 67, 130.4171 - 34.680012j, None),
        ("GP-DRT/EIS_experiment.csv", 1, 81, 1.5069847670456664 + 0.0002989077294106179j, None),
        ("pyDRTtools/1ZARC.csv", 1, 81, 59.20397431908595 + 0.5913301898954791j, None),
        ("pyDRTtools/zarc_data.txt", 1, 81, 9.953881 - 0.020948j, None),
        ("bayes-drt/Z_2RC_noiseless.csv", 1, 81, None, 3.0),
        ("bayes-drt/Z_2ZARC_noiseless.csv", 1, 81, None, 3.0),
        ("bayes-drt/Z_Gerischer_noiseless.csv", 1, 81, None, 2.0),
        ("bayes-drt/Z_trunc_noiseless_FullRange.csv", 1, 91, 5.88361501708353 + 0.7690982431987273j, None),
    ],
)
def test_files_of_other_projects(
    measured: Path, name: str, sweeps: int, points: int, first: complex | None, last: float | None
) -> None:
    spectra = read_spectra(measured / name)
    assert [len(s) for s in spectra] == [points] * sweeps
    z = spectra[0].impedance_ohm
    if first is not None:
        assert z[0] == pytest.approx(first, rel=1e-7)
    if last is not None:
        assert z.real[-1] == pytest.approx(last, rel=1e-3)


def test_every_bayes_drt_file_is_read_with_its_true_sign(measured: Path) -> None:
    files = sorted((measured / "bayes-drt").glob("*.csv"))
    assert len(files) == 29
    for file in files:
        (spectrum,) = read_spectra(file)
        assert len(spectrum) in (41, 53, 81, 91)
        assert any("the numbers agree" in note for note in spectrum.provenance["assumptions"]), file.name


@pytest.mark.parametrize(
    ("name", "rows", "last_time_s", "lowest_V", "highest_A"),
    [
        ("Sample_data_biologic_CA1.txt", 1397, 139.5240066270344, 3.4854481, 0.90006274),
        ("Sample_data_biologic_timestamped.txt", 8, 12.464, 4.1465597, 0.0),
        ("Sample_data_biologic_no_header.mpt", 13, 281792.502129958, 2.9343958, 0.0),
    ],
)
def test_bt_lab_cycling(
    measured: Path, name: str, rows: int, last_time_s: float, lowest_V: float, highest_A: float
) -> None:
    trace = read_cycling(measured / "PyProBE" / name)
    assert len(trace) == rows
    assert trace.time_s[-1] == pytest.approx(last_time_s, rel=1e-9)
    assert trace.voltage_V.min() == pytest.approx(lowest_V)
    assert trace.current_A.max() == pytest.approx(highest_A)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hybrid-drt/EISGALV_EISTest3.DTA", "kind 'Gamry', which has no reader yet"),
        ("impedance.py/exampleDataZPlot.z", "kind 'ZView', which has no reader yet"),
        ("impedance.py/exampleDataAutolab.txt", "kind 'ZView', which has no reader yet"),
        ("impedance.py/exampleDataVersaStudio.par", "kind 'VersaStudio', which has no reader yet"),
        ("Zahner/rc-data.ism", "kind 'Zahner', which has no reader yet"),
        ("nleis.py/Z1s_30a.txt", "has 132 columns without names"),
        ("nleis.py/freq_30a.txt", "no column names were recognised"),
        ("OCP/LTO.csv", "has 2 columns without names"),
        ("pyDRTtools/gamma_data.csv", "no column names were recognised, and line 1 reads 'tau,gamma'"),
        ("hybrid-drt/sample_info_tutorials.txt", "no column names were recognised"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(measured: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_spectra(measured / name)
