"""Spectra at the edge: inductors, capacitors, resistors, any scale, mostly noise, a swapped sign."""

from __future__ import annotations

import numpy as np
import pytest
from validation_samples import arc, circuits, spectrum, with_noise

from sscell.validation import kramers_kronig, smooth_verdict

FREQUENCY_HZ = np.geomspace(1e6, 0.1, 64)
OMEGA = 2 * np.pi * FREQUENCY_HZ
SEEDS = range(6)
SIMPLE = {
    "inductor": 1j * OMEGA * 1e-6,
    "leads of 0.1 mohm": 1e-4 + 1j * OMEGA * 1e-6,
    "short circuit": 1e-6 + 1j * OMEGA * 1e-3,
    "damped inductor": 1e-3 + 1 / (1 + 1 / (1j * OMEGA * 1e-6)),
    "capacitor": 1 / (1j * OMEGA * 1e-6),
    "resistor and capacitor": 10 + 1 / (1j * OMEGA * 1e-6),
    "resistor": np.full(64, 10 + 0j),
}
ARC = 10 + arc(100, 1e-3, 0.9, OMEGA)


@pytest.mark.parametrize("representation", ["impedance", "admittance"])
@pytest.mark.parametrize("kind", SIMPLE)
@pytest.mark.parametrize("level", [0, 0.003, 0.02])
def test_single_elements_are_valid(kind: str, representation: str, level: float) -> None:
    """Exact or noisy; |Z| spans up to seven decades. 384 points of noise, nominal false alarms 0.03 %: at most 2.

    The noise of six spectra together has a standard error of 3 %. Where the prior fits less well (a damped inductor,
    resonance-like in 1/Z), model errors of up to 0.04 % add to it.
    """
    spectra = [spectrum(with_noise(SIMPLE[kind], level, seed), FREQUENCY_HZ) for seed in SEEDS]
    results = kramers_kronig(spectra, representation=representation)
    assert sum(int((~each.valid).sum()) for each in results) <= (2 if level else 0)
    noise = np.mean([each.noise.relative for each in results])
    assert noise == pytest.approx(level, rel=0.12, abs=5e-4)


@pytest.mark.parametrize("decades", [7, 10, 14])
@pytest.mark.parametrize("level", [0, 0.003])
def test_coil_and_its_dual_over_many_decades(decades: int, level: float) -> None:
    """R + iωL, its dual and their admittances; 1/Z then falls by up to ten decades, which branches must follow.

    768 to 1,524 points of noise, nominal false alarms 0.03 %: at most 3 (of 1/(R + iωL) over 14 decades every point was
    flagged while branches had to cancel). Model errors stay below 0.5 %, 0.1 % as noise; noise adds 5 sigma.
    """
    f = np.geomspace(10.0 ** (9 - decades), 1e9, 9 * decades + 1)
    s = 2j * np.pi * f
    series = [1 + s * inductance for inductance in (1e-6, 1e-3, 1.0)]
    flagged = 0
    for k, z in enumerate([*series, *(1 / each for each in series)]):
        for representation in ("impedance", "admittance"):
            result = kramers_kronig(spectrum(with_noise(z, level, k), f), representation=representation)
            flagged += int((~result.valid).sum())
            assert np.abs(result.impedance_ohm / z - 1).max() < 5e-3 + 5 * level
            assert result.noise.relative == pytest.approx(level, rel=0.25, abs=1e-3)
    assert flagged <= (3 if level else 0)


@pytest.mark.parametrize("kind", SIMPLE)
def test_single_elements_under_the_mu_criterion(kind: str) -> None:
    """It may fit poorly, but always comes to a verdict with numbers."""
    result = kramers_kronig(spectrum(with_noise(SIMPLE[kind], 0.003, 1), FREQUENCY_HZ), c=0.85)
    assert np.isfinite(result.residuals).all()
    assert np.isfinite(result.noise.relative)


@pytest.mark.parametrize("factor", [1e-200, 1e-12, 1e12, 1e150])
@pytest.mark.parametrize("kind", ["inductor", "capacitor", "resistor"])
def test_any_scale_of_impedance(kind: str, factor: float) -> None:
    z = with_noise(SIMPLE[kind], 0.003, 2)
    plain, scaled = kramers_kronig([spectrum(z, FREQUENCY_HZ), spectrum(factor * z, FREQUENCY_HZ)])
    assert scaled.valid.all()
    np.testing.assert_allclose(scaled.residuals, plain.residuals, atol=1e-7)


def test_lead_resistance_and_inductance_come_back() -> None:
    """Of a fit to exact data, from its two ends, where each of them is nearly all of Z."""
    fitted = kramers_kronig(spectrum(SIMPLE["leads of 0.1 mohm"], FREQUENCY_HZ)).impedance_ohm
    assert fitted[0].imag / OMEGA[0] == pytest.approx(1e-6, rel=1e-4)
    assert fitted[-1].real == pytest.approx(1e-4, rel=1e-4)


def test_spoilt_points_of_an_inductor_are_found() -> None:
    """The other way to solve, for spectra of this kind, must not accept everything."""
    for seed in SEEDS:
        z = with_noise(SIMPLE["leads of 0.1 mohm"], 0.003, seed)
        z[[10, 50]] *= 1.1
        assert set(np.flatnonzero(~kramers_kronig(spectrum(z, FREQUENCY_HZ)).valid)) >= {10, 50}


def test_spectrum_without_any_valid_point() -> None:
    """A constant phase of -225 degrees is that of no stable element; what passes is cut off by more bad points."""
    f = np.geomspace(1e6, 0.1, 40)
    z = (2j * np.pi * f) ** -2.5
    result = kramers_kronig(spectrum(z, f))
    assert not result.valid.any()
    assert result.band is None
    assert result.summary.startswith("0 of 40 points")
    assert np.isfinite(result.noise.relative)


def test_numerical_failure_spoils_no_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """No measured spectrum is known to fail, so one failure is made."""
    judge, calls = smooth_verdict.judgement, []

    def failing_once(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        return judge(*arguments)

    monkeypatch.setattr(smooth_verdict, "judgement", failing_once)
    before, failed, after = kramers_kronig([spectrum(with_noise(ARC, 0.003, s), FREQUENCY_HZ) for s in range(3)])
    assert "All 64 points" in before.summary
    assert "All 64 points" in after.summary
    assert failed.summary.startswith("This spectrum could not be judged")
    assert failed.valid.all()
    assert failed.band is not None
    assert failed.band.mask.all()
    assert (failed.band.lowest_Hz, failed.band.highest_Hz) == pytest.approx((0.1, 1e6))
    assert failed.noise.degrees_of_freedom == 0
    np.testing.assert_array_equal(failed.model.impedance(FREQUENCY_HZ), failed.impedance_ohm)


@pytest.mark.parametrize("test", [{}, {"c": 0.85}])
def test_pure_noise_is_not_called_valid(test: dict[str, object]) -> None:
    """10 ohm with 5 ohm of noise in each part: nothing is known about it, and the summary says so."""
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        z = 10 + 5 * (rng.normal(size=64) + 1j * rng.normal(size=64))
        summary = kramers_kronig(spectrum(z, FREQUENCY_HZ), **test).summary
        assert "this test says nothing" in summary
        assert "points hide in noise" in summary
        assert "are Kramers-Kronig valid" not in summary


@pytest.mark.parametrize(("level", "words"), [(0.02, ""), (0.07, ""), (0.15, "this test says little: errors up to")])
def test_how_much_noise_lets_the_test_say(level: float, words: str) -> None:
    summary = kramers_kronig(spectrum(with_noise(ARC, level, 3), FREQUENCY_HZ)).summary
    assert (words in summary) if words else ("test says" not in summary)


@pytest.mark.parametrize("test", [{}, {"c": 0.85}])
@pytest.mark.parametrize(("offset", "where"), [(0, "all"), (12, "most")])
def test_swapped_sign_is_asked_about(offset: float, where: str, test: dict[str, object]) -> None:
    """-Z is as consistent as Z. An offset lifts Re Z of the high frequencies above zero."""
    summary = kramers_kronig(spectrum(with_noise(offset - ARC, 0.003, 1), FREQUENCY_HZ), **test).summary
    assert f"Re Z is negative at {where} points: was the sign of the file swapped?" in summary


def test_sign_is_not_doubted_without_reason() -> None:
    """Noise alone makes half of a capacitor's real parts negative; single negative points are no reason either."""
    for level in (0.001, 0.02, 0.2):
        for kind in ("capacitor", "inductor", "resistor"):
            spectra = [spectrum(with_noise(SIMPLE[kind], level, seed), FREQUENCY_HZ) for seed in SEEDS]
            assert not any("sign" in each.summary for each in kramers_kronig(spectra))
    for z in circuits(0, FREQUENCY_HZ).values():
        assert "sign" not in kramers_kronig(spectrum(z, FREQUENCY_HZ)).summary
