"""What must not change a verdict: units of Z and f, the order of points; and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from validation_samples import FREQUENCY_HZ, circuits, drifting_cell, spectrum, with_noise

from sscell.errors import InputError
from sscell.records import Spectrum
from sscell.validation import KramersKronigResult, kramers_kronig, z_hit

KINDS = st.sampled_from(["cell", "sharp arcs", "Randles", "inductive loop", "blocking CPE", "drift"])
TESTS = st.sampled_from([{}, {"c": 0.85}, {"representation": "admittance"}, {"c": 0.85, "fit": "real"}])


def sample(kind: str, seed: int) -> np.ndarray:
    z = drifting_cell(0.6) if kind == "drift" else circuits(seed)[kind]
    return with_noise(z, 0.004, seed)


def assert_same(one: KramersKronigResult, other: KramersKronigResult) -> None:
    """Equal up to rounding, which branches close together enlarge."""
    assert one.M == other.M
    assert one.mu == pytest.approx(other.mu, abs=1e-5)
    np.testing.assert_array_equal(one.valid, other.valid)
    np.testing.assert_allclose(one.residuals, other.residuals, atol=1e-7)
    assert one.noise.relative == pytest.approx(other.noise.relative, rel=1e-5)


@settings(max_examples=25)
@given(kind=KINDS, seed=st.integers(0, 50), test=TESTS, factor=st.floats(1e-6, 1e6))
def test_scale_of_impedance(kind: str, seed: int, test: dict[str, object], factor: float) -> None:
    z = sample(kind, seed)
    assert_same(kramers_kronig(spectrum(z), **test), kramers_kronig(spectrum(factor * z), **test))


@settings(max_examples=25)
@given(kind=KINDS, seed=st.integers(0, 50), test=TESTS, factor=st.floats(1e-3, 1e3))
def test_scale_of_frequency(kind: str, seed: int, test: dict[str, object], factor: float) -> None:
    z = sample(kind, seed)
    scaled = kramers_kronig(spectrum(z, factor * FREQUENCY_HZ), **test)
    assert_same(kramers_kronig(spectrum(z), **test), scaled)


@settings(max_examples=25)
@given(kind=KINDS, seed=st.integers(0, 50), test=TESTS)
def test_order_of_points(kind: str, seed: int, test: dict[str, object]) -> None:
    z = sample(kind, seed)
    order = np.random.default_rng(seed).permutation(z.size)
    straight = kramers_kronig(spectrum(z), **test)
    mixed = kramers_kronig(spectrum(z[order], FREQUENCY_HZ[order]), **test)
    np.testing.assert_array_equal(mixed.valid, straight.valid[order])
    np.testing.assert_allclose(mixed.residuals, straight.residuals[order], atol=1e-7)
    np.testing.assert_allclose(mixed.threshold, straight.threshold[order], rtol=1e-5)


@settings(max_examples=20)
@given(kind=KINDS.filter(lambda kind: kind != "drift"), seed=st.integers(0, 50), resistance=st.floats(1, 1e4))
def test_series_resistance_keeps_a_spectrum_valid(kind: str, seed: int, resistance: float) -> None:
    """Exact data: the fit moves by that resistance, within the 0.1 % that a fit of bounded branches may be off."""
    z = circuits(seed)[kind]
    before, after = kramers_kronig([spectrum(z), spectrum(z + resistance)])
    assert before.valid.all()
    assert after.valid.all()
    shift = (after.impedance_ohm - before.impedance_ohm - resistance) / np.abs(z + resistance)
    np.testing.assert_allclose(shift, 0, atol=1e-3)


def test_repeated_frequencies() -> None:
    """Each point measured twice: both are judged, and a spoilt one of the two is found."""
    f = np.repeat(FREQUENCY_HZ, 2)
    z = with_noise(circuits(2, f)["cell"], 0.002, 2)
    z[40] *= 1.2
    assert np.flatnonzero(~kramers_kronig(spectrum(z, f)).valid).tolist() == [40]
    assert not kramers_kronig(spectrum(z, f), c=0.85).valid[40]
    assert np.isfinite(z_hit(spectrum(z, f)).modulus_ohm).all()


@pytest.mark.parametrize("points", [8, 15, 400])
def test_sparse_and_dense_grids(points: int) -> None:
    """One point a decade says little and accepts; 400 points must keep their false alarms low."""
    f = np.geomspace(7e6, 0.5, points)
    for z in circuits(1, f).values():
        assert (~kramers_kronig(spectrum(with_noise(z, 0.01, 1), f)).valid).sum() <= 1


@pytest.mark.parametrize("function", [kramers_kronig, z_hit])
def test_too_few_frequencies_are_refused(function: object) -> None:
    f = np.repeat(np.geomspace(1e5, 1, 7), 3)
    with pytest.raises(InputError, match=r"needs at least 8 different frequencies, got 7; measure more points"):
        function(Spectrum(frequency_Hz=f, impedance_ohm=1 / f))


@pytest.mark.parametrize("function", [kramers_kronig, z_hit])
def test_zero_impedance_is_refused(function: object) -> None:
    z = circuits(0)["cell"]
    z[-1] = 0
    with pytest.raises(InputError, match=r"the impedance at 0\.1 Hz is zero.*remove that point"):
        function(spectrum(z))


@pytest.mark.parametrize(
    ("given_settings", "message"),
    [
        ({"c": 1.0}, r"c must be below 1 \(usual: 0\.85\), got 1\.0"),
        ({"max_M": 0}, r"max_M must be at least 1, got 0"),
        (
            {"c": 0.8, "fit": "reel"},
            r"fit must be one of complex, real, imaginary, got 'reel' \(did you mean 'real'\?\)",
        ),
        ({"representation": "modulus"}, r"representation must be one of impedance, admittance, got 'modulus'"),
        ({"fit": "real"}, r"fit='real' belongs to the test with the criterion μ <= c; give c=0\.85"),
        ({"floor": 1.0}, r"floor must lie between 0 and 1 .*got 1\.0"),
        ({"false_alarm": 0.0}, r"false_alarm must lie between 0 and 0\.5, got 0\.0"),
    ],
)
def test_settings_out_of_range_are_refused(given_settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        kramers_kronig(spectrum(circuits(0)["cell"]), **given_settings)


def test_empty_list_gives_an_empty_list() -> None:
    assert kramers_kronig([]) == []
    assert kramers_kronig([], c=0.85) == []
    assert z_hit([]) == []
