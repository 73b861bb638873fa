"""The measured files: known numbers of each, and one spectrum that three programs wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sscell.data import inspect_file, read_cycling, read_spectra
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


# File -> points of its sweeps and rows of its cycling (None: none), or the sentence that refuses it.
TWO_COLUMNS = r"has 2 columns without names; only 3 \(frequency, real, imaginary part\) are understood without, so add"
NO_TABLE = r"no column names were recognised, and line 1 reads '"
MATLAB = r"of the kind 'MATLAB', which has no reader; .* export it as CSV"
CONTENT: dict[str, tuple[list[int], int | None] | str] = {
    "MANIFEST.md": r"has the unknown extension '\.md'",
    "AutoEIS/test_data.csv": ([67], None),
    "GP-DRT/EIS_experiment.csv": ([81], None),
    "OCP/LGM36_PE_coin_Cathode_Delithiation_0C02.mat": MATLAB,
    "OCP/LGM36_PE_coin_Cathode_Lithiation_0C02.mat": MATLAB,
    "OCP/LTO.csv": TWO_COLUMNS,
    "OCP/README_NMC.txt": NO_TABLE + "Dear user",
    "OCP/graphite_LGM50_ocp_Chen2020.csv": TWO_COLUMNS,
    "OCP/nca_ocp_Kim2011_data.csv": TWO_COLUMNS,
    "OCP/nmc_LGM50_ocp_Chen2020.csv": TWO_COLUMNS,
    "OCP/ocp_functions.json": r"has the unknown extension '\.json'",
    "PyEIS/ex1.mpt": ([59, 59], None),
    "PyEIS/ex2.mpt": ([59, 59], None),
    "PyProBE/Sample_data_biologic_CA1.txt": ([], 1397),
    "PyProBE/Sample_data_biologic_no_header.mpt": ([], 13),
    "PyProBE/Sample_data_biologic_timestamped.txt": ([], 8),
    **{f"Zahner/mvdc/{mV:03}_mvdc.ism": ([38], None) for mV in range(0, 301, 25)},
    "Zahner/rc-data.ism": ([55], None),
    "cellpy/biol.mpr": ([64, 64, 64, 64, 54], 23251),
    "hybrid-drt/CP_SSB.mpr": ([], 30208),
    "hybrid-drt/EISGALV_EISTest3.DTA": ([71], None),
    **dict.fromkeys((f"hybrid-drt/{name}" for name in LPSCL), ([79], None)),
    "hybrid-drt/Sample2_PEIS_AtRest.csv": ([89] * 10, None),
    "hybrid-drt/sample_info_tutorials.txt": NO_TABLE + "CP_SSB: Chrono",
    "hybrid-drt/sample_info_webinar.txt": NO_TABLE + "Both measurements",
    "impedance.py/Circuit1_EIS_1.z": ([48], None),
    "impedance.py/exampleData.csv": ([66], None),
    "impedance.py/exampleDataAutolab.txt": ([41], None),
    "impedance.py/exampleDataBioLogic.mpt": ([43], None),
    "impedance.py/exampleDataCHInstruments.txt": ([73], None),
    "impedance.py/exampleDataGamry.DTA": ([72], None),
    "impedance.py/exampleDataGamryABORT.DTA": ([72], None),
    "impedance.py/exampleDataParstat.txt": ([31], 781),
    "impedance.py/exampleDataPowersuite.txt": ([30], None),
    "impedance.py/exampleDataVersaStudio.par": ([61], None),
    "impedance.py/exampleDataZPlot.z": ([21], None),
    "impedance.py/exampleDataZPlot_noComments.z": ([31], None),
    "nleis.py/Z1s_30a.txt": r"has 132 columns without names; only 3",
    "nleis.py/Z2s_30a.txt": r"has 132 columns without names; only 3",
    "nleis.py/freq_30a.txt": r"has 1 column without names; only 3",
    **{f"pyDRTtools/{name}.csv": ([81], None) for name in ("1ZARC", "2ZARC0", "2ZARC2", "2ZARC5")},
    "pyDRTtools/gamma_data.csv": NO_TABLE + "tau,gamma",
    "pyDRTtools/zarc_data.txt": ([81], None),
}


def test_every_file_is_listed(measured: Path) -> None:
    """The simulated sets of bayes-drt have a test of their own, above."""
    files = {str(p.relative_to(measured)) for p in measured.rglob("*") if p.is_file()}
    assert {name for name in files if not name.startswith("bayes-drt/")} == set(CONTENT)


@pytest.mark.parametrize("name", CONTENT)
def test_every_file_is_read_or_refused_with_a_reason(measured: Path, name: str) -> None:
    expected = CONTENT[name]
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected):
            inspect_file(measured / name)
        return
    found = inspect_file(measured / name)
    assert ([sweep.points for sweep in found.sweeps], found.cycling and found.cycling.rows) == expected
    assert found.not_read == ()


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        ("readGamry", "exampleDataGamry.DTA"),
        ("readGamry", "exampleDataGamryABORT.DTA"),
        ("readGamry", "../hybrid-drt/EISGALV_EISTest3.DTA"),
        ("readZPlot", "Circuit1_EIS_1.z"),
        ("readZPlot", "exampleDataZPlot.z"),
        ("readZPlot", "exampleDataZPlot_noComments.z"),
        ("readAutolab", "exampleDataAutolab.txt"),
        ("readVersaStudio", "exampleDataVersaStudio.par"),
        ("readCHInstruments", "exampleDataCHInstruments.txt"),
        ("readParstat", "exampleDataParstat.txt"),
        ("readPowerSuite", "exampleDataPowersuite.txt"),
        ("readBioLogic", "exampleDataBioLogic.mpt"),
    ],
)
def test_impedance_py_reads_its_files_the_same(measured: Path, reader: str, name: str) -> None:
    """Every vendor it reads, equal to the last digit, sign included."""
    from impedance import preprocessing

    path = measured / "impedance.py" / name
    frequency_Hz, impedance_ohm = getattr(preprocessing, reader)(path)
    (spectrum,) = read_spectra(path)
    np.testing.assert_array_equal(spectrum.frequency_Hz, frequency_Hz)
    np.testing.assert_array_equal(spectrum.impedance_ohm, impedance_ohm)


def test_zahner_dummy_cell_and_bias_series(measured: Path) -> None:
    """About 100 Mohm beside a capacitor; then a junction whose resistance falls with the bias."""
    (dummy,) = read_spectra(measured / "Zahner" / "rc-data.ism")
    assert dummy.frequency_Hz[[0, -1]] == pytest.approx([1e5, 0.2])
    assert abs(dummy.impedance_ohm[-1]) == pytest.approx(99532618.28267004, rel=1e-12)
    assert dummy.impedance_ohm.imag.max() < 0
    assert dummy.state["voltage_V"] == pytest.approx(1.0, abs=1e-3)
    assert dummy.provenance["assumptions"][0].startswith("20 points outside the way")
    series = [read_spectra(measured / "Zahner" / "mvdc" / f"{mV:03}_mvdc.ism")[0] for mV in range(0, 301, 25)]
    bias = [s.state["voltage_V"] for s in series]
    assert np.diff(bias) == pytest.approx(0.025, abs=1e-3)
    assert np.all(np.diff([s.impedance_ohm[0].real for s in series]) < 0)


def test_states_of_vendor_files(measured: Path) -> None:
    (gamry,) = read_spectra(measured / "hybrid-drt" / "EISGALV_EISTest3.DTA")
    assert gamry.state["voltage_V"] == pytest.approx(1.4625, abs=1e-3)
    (aborted,) = read_spectra(measured / "impedance.py" / "exampleDataGamryABORT.DTA")
    assert "The run was aborted; the table holds the points measured until then." in aborted.provenance["assumptions"]
    (relaxis,) = read_spectra(measured / "hybrid-drt" / LPSCL[2])
    (mpr,) = read_spectra(measured / "hybrid-drt" / LPSCL[0])
    assert relaxis.state["voltage_V"] == pytest.approx(mpr.state["voltage_V"], abs=1e-6)
