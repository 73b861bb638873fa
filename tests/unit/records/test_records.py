"""Records: checked at the door, the same integrals on every mesh, Battery Data Format at the exit."""

from __future__ import annotations

import numpy as np
import pytest

from sscell import CellState, CyclingTrace, Spectrum
from sscell.errors import InputError
from sscell.records import Profile
from sscell.records.spectrum import several_spectra

F = np.array([1e3, 1e2, 1e1])
Z = np.array([10 - 1j, 12 - 4j, 20 - 2j])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"frequency_Hz": [1e3, 0.0, 10.0]}, "frequency_Hz must be positive and finite, got 0.0 Hz; leave that point"),
        ({"frequency_Hz": [1e3, -1.0, 10.0]}, "got -1.0 Hz"),
        ({"frequency_Hz": [1e3, np.nan, 10.0]}, "got nan Hz"),
        ({"frequency_Hz": []}, "must be a non-empty list of numbers"),
        ({"frequency_Hz": F[:2]}, r"impedance_ohm has shape \(3,\) but frequency_Hz has \(2,\)"),
        ({"impedance_ohm": [1, np.nan, 3]}, r"must be finite, but 1 points are not \(the first is point 1\)"),
        ({"area_m2": 0.0}, "area_m2 must be positive, got 0.0; leave it out"),
    ],
)
def test_refused_spectrum(given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Spectrum(**({"frequency_Hz": F, "impedance_ohm": Z} | given))


def test_area_of_a_spectrum() -> None:
    """1 cm² turns ohm into ohm cm² one to one; without an area nothing is guessed."""
    spectrum = Spectrum(frequency_Hz=F, impedance_ohm=Z, area_m2=1e-4)
    assert spectrum.impedance_ohm_cm2 == pytest.approx(Z)
    with pytest.raises(InputError, match="the area is unknown, so ohm cm2 cannot be given"):
        _ = Spectrum(frequency_Hz=F, impedance_ohm=Z).impedance_ohm_cm2


def test_spectrum_as_tables() -> None:
    spectrum = Spectrum(frequency_Hz=F, impedance_ohm=Z)
    frame, dataset = spectrum.to_pandas(), spectrum.to_xarray()
    assert list(frame.columns) == ["Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm"]
    assert frame["Imaginary Impedance / ohm"].to_numpy() == pytest.approx(Z.imag)
    both = dataset["impedance_real_ohm"] + 1j * dataset["impedance_imag_ohm"]
    assert both.to_numpy() == pytest.approx(Z)


def trace(**given) -> CyclingTrace:
    values = {"time_s": [0, 1, 2], "current_A": [-1, 0, 2], "voltage_V": [2.0, 2.1, 2.0], "cycle": [1, 1, 1]}
    return CyclingTrace(**(values | given))


def test_sign_of_the_current() -> None:
    """Ours discharges when positive; Battery Data Format counts charge positive."""
    assert list(trace().to_pandas()["Current / A"]) == [1, 0, -2]
    assert list(trace().to_xarray()["current_A"].to_numpy()) == [-1, 0, 2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"voltage_V": [2.0, 2.1]}, r"voltage_V has shape \(2,\) but time_s has \(3,\)"),
        ({"time_s": [0, 2, 1]}, "time_s must not fall, but it does after row 1"),
    ],
)
def test_refused_trace(given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        trace(**given)


def state(cells: int) -> CellState:
    """Stoichiometry 1 - r² in the particle, growing across the cathode; exact cell averages."""
    r, x = np.linspace(0, 1, 2 * cells + 1), np.linspace(0, 1, cells + 1)
    shell = np.diff(r**3)
    average = 1 - 0.6 * np.diff(r**5) / shell
    across = 1 + 0.1 * (x[1:] + x[:-1]) / 2
    profile = Profile(("cathode", "particle"), np.outer(across, average))
    return CellState(profiles={"stoichiometry": profile}, edges={"cathode": x, "particle": r})


def test_mean_weighs_shells() -> None:
    """⟨1 - r²⟩ over a sphere is 1 - 3/5; across the cathode ⟨1 + 0.1 x⟩ is 1.05."""
    assert state(5).mean("stoichiometry") == pytest.approx(0.4 * 1.05, rel=1e-13)
    with pytest.raises(InputError, match="has no profile 'lithium'; it has stoichiometry"):
        state(5).mean("lithium")


def test_another_mesh_keeps_every_integral() -> None:
    """Lithium is neither made nor lost in going to another mesh and back; profiles agree to their resolution."""
    fine = state(20)
    edges = {"cathode": np.array([0, 0.2, 0.5, 0.7, 1.0]), "particle": 1 - 0.8 ** np.arange(15) * 1.0}
    edges["particle"] = np.append(edges["particle"], 1.0)
    coarse = fine.on(edges)
    assert coarse.profiles["stoichiometry"].values.shape == (4, 15)
    assert coarse.mean("stoichiometry") == pytest.approx(fine.mean("stoichiometry"), rel=1e-13)
    assert coarse.on(fine.edges).mean("stoichiometry") == pytest.approx(fine.mean("stoichiometry"), rel=1e-13)
    back = coarse.on(fine.edges).profiles["stoichiometry"].values
    assert np.abs(back - fine.profiles["stoichiometry"].values).max() < 0.02


def test_records_print_short() -> None:
    """What it is, how much of it, over which range; never the arrays."""
    about = {"file": "a.mpr", "sweep": 2, "sweeps": 3}
    spectrum = Spectrum(frequency_Hz=F, impedance_ohm=Z, area_m2=1e-4, state={"voltage_V": 3.7}, provenance=about)
    assert repr(spectrum) == "Spectrum of a.mpr #2: 3 points, 10 to 1000 Hz, |Z| 10 to 20.1 ohm, 1 cm2, voltage_V 3.7"
    assert repr(Spectrum(frequency_Hz=F, impedance_ohm=Z)) == "Spectrum: 3 points, 10 to 1000 Hz, |Z| 10 to 20.1 ohm"
    assert repr(trace(time_s=[0, 1800, 3600])) == "CyclingTrace: 3 rows over 1 h, 2 to 2.1 V, 1 cycle"
    profile = Profile(("cathode",), np.array([0.2, 0.4]))
    state = CellState(profiles={"filling": profile}, edges={"cathode": np.array([0.0, 0.5, 1.0])}, time_s=7200)
    assert repr(state).splitlines() == ["CellState after 2 h at 0 A; means:", "  filling  0.3"]


@pytest.mark.parametrize(
    ("given", "got"),
    [
        ("a.csv", "got the text 'a.csv'"),
        (None, "got None"),
        (Z, "got an object of type ndarray"),
        ([Spectrum(frequency_Hz=F, impedance_ohm=Z), 3], "but item 1 is an object of type int"),
    ],
)
def test_what_is_no_spectrum_is_named(given: object, got: str) -> None:
    with pytest.raises(InputError, match=f"drt: a Spectrum or a list of them is needed, {got}; make one with ss.Spec"):
        several_spectra(given, "drt")
