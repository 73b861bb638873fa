"""Peaks and arcs read off a distribution, and what is not one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from drt_samples import FREQUENCY_HZ, Arc, drawn_arcs, impedance_of, noisy, spectrum_of

from sscell.errors import InputError
from sscell.records import Spectrum
from sscell.relaxation import Peak, arcs_from_distribution, drt, relaxation_from_impedances, zarc_distribution
from sscell.relaxation.peaks import exponent_from_peak, peaks_from_distribution

TAU_S = np.logspace(-8, 1, 91)
STEP = np.log(TAU_S[1] / TAU_S[0])
WHOLE = (TAU_S[0], TAU_S[-1])


def bell(centre_s: float, width_decades: float, area: float) -> np.ndarray:
    """Gaussian in log τ of this standard deviation and area over ln τ."""
    x = (np.log10(TAU_S) - np.log10(centre_s)) / width_decades
    return area * np.exp(-0.5 * x**2) / (width_decades * np.log(10) * np.sqrt(2 * np.pi))


def peaks_of(gamma: np.ndarray, covariance: np.ndarray, measured_s: tuple[float, float] = WHOLE) -> tuple[Peak, ...]:
    counted = np.ones(TAU_S.size, dtype=bool)
    return peaks_from_distribution(TAU_S, gamma, covariance, counted=counted, measured_s=measured_s)


def test_peak_of_a_bell() -> None:
    """Area exact for sampled Gaussians (1e-6); place between nodes 1 % of a decade; width 2.355 standard deviations."""
    gamma = bell(3.3e-4, 0.3, 7.0)
    (peak,) = peaks_of(gamma, 1e-6 * np.eye(TAU_S.size))
    assert peak.resistance_ohm == pytest.approx(7.0, rel=1e-6)
    assert np.log10(peak.tau_s / 3.3e-4) == pytest.approx(0, abs=0.01)
    assert peak.frequency_Hz == pytest.approx(1 / (2 * np.pi * peak.tau_s), rel=1e-12)
    assert peak.width_decades == pytest.approx(2.355 * 0.3, rel=0.02)
    assert peak.height_ohm == gamma.max()


def test_area_error_is_that_of_the_sum() -> None:
    """Independent nodes of error e: the area's is e·Δln τ·√m, here with one peak over all m nodes."""
    (peak,) = peaks_of(bell(1e-3, 0.3, 7.0), 0.01**2 * np.eye(TAU_S.size))
    lower, upper = peak.resistance_interval_ohm
    assert (upper - lower) / 2 == pytest.approx(1.96 * 0.01 * STEP * np.sqrt(TAU_S.size), rel=1e-3)


def test_peaks_share_the_whole_area() -> None:
    gamma = bell(1e-6, 0.3, 2.0) + bell(1e-4, 0.4, 5.0) + bell(1e-2, 0.3, 1.0)
    peaks = peaks_of(gamma, 1e-8 * np.eye(TAU_S.size))
    assert len(peaks) == 3
    assert sum(p.resistance_ohm for p in peaks) == pytest.approx(STEP * gamma.sum(), rel=1e-9)


def test_what_is_no_peak() -> None:
    """A ripple, an area that noise could make, a rise to the end of the axis, nothing at all."""
    ripple = bell(1e-4, 0.5, 5.0) * (1 + 0.04 * np.sin(8 * np.log(TAU_S)))
    small = bell(1e-4, 0.3, 5.0) + bell(1e-1, 0.2, 0.02)
    rising = bell(1e-5, 0.3, 5.0) + TAU_S
    tight, loose = 1e-10 * np.eye(TAU_S.size), 0.02**2 * np.eye(TAU_S.size)
    assert len(peaks_of(ripple, tight)) == 1
    assert len(peaks_of(small, tight)) == 2
    assert len(peaks_of(small, loose)) == 1
    assert len(peaks_of(rising, tight)) == 1
    assert peaks_of(np.zeros(TAU_S.size), tight) == ()


def test_top_outside_the_measured_range_is_marked() -> None:
    gamma, covariance = bell(1e-7, 0.2, 1.0) + bell(1e-3, 0.2, 1.0), 1e-8 * np.eye(TAU_S.size)
    assert [p.extrapolated for p in peaks_of(gamma, covariance, (1e-6, 1.0))] == [True, False]


@pytest.mark.parametrize("exponent", [0.5, 0.7, 0.9])
def test_exponent_from_the_top_of_a_zarc(exponent: float) -> None:
    top = zarc_distribution(np.array([1.0]), 5.0, 1.0, exponent)
    assert exponent_from_peak(5.0, top[0]) == pytest.approx(exponent, rel=1e-12)


def test_arcs_of_drawn_spectra() -> None:
    """300 drawn spectra of two arcs 1.2 decades apart, 0.5 % noise: good enough to start a fit (τ within half a decade,
    R within 2.5 times) in at least 95 %; in the median within 0.05 decades, 5 % and 0.05 of the exponent."""
    rng = np.random.default_rng(7)
    truth = np.array([drawn_arcs(rng, 2, 1.2) for _ in range(300)])
    z = np.stack([noisy(impedance_of([Arc(*a) for a in arcs], FREQUENCY_HZ), 0.005, rng) for arcs in truth])
    estimate = relaxation_from_impedances(FREQUENCY_HZ, z, blocked=False)
    found = arcs_from_distribution(estimate.tau_s, estimate.gamma_ohm, 2)
    assert np.all(np.diff(found.tau_s, axis=1) >= 0)
    tau, resistance = (
        np.abs(np.log10(found.tau_s / truth[:, :, 1])),
        np.abs(np.log10(found.resistance_ohm / truth[:, :, 0])),
    )
    assert np.mean((tau.max(axis=1) < 0.5) & (resistance.max(axis=1) < 0.4)) > 0.95
    assert np.median(tau) < 0.05
    assert np.median(resistance) < np.log10(1.05)
    assert np.median(np.abs(found.exponent - truth[:, :, 2])) < 0.05


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_arcs_are_as_many_as_asked_for(count: int) -> None:
    """A shoulder without a maximum of its own, one peak, and no distribution at all."""
    gamma = np.stack([bell(1e-4, 0.3, 5.0) + bell(6e-4, 0.3, 2.0), bell(1e-4, 0.3, 5.0), np.zeros(TAU_S.size)])
    arcs = arcs_from_distribution(TAU_S, gamma, count)
    assert all(values.shape == (3, count) and np.all(np.isfinite(values)) and values.min() > 0 for values in arcs)
    assert np.all((arcs.exponent >= 0.5) & (arcs.exponent <= 0.98))


def test_shoulder_gives_a_second_arc() -> None:
    """1e-4 s and, without a maximum, 1e-3 s at a third of it: the second arc lies beyond the top, not before it."""
    gamma = zarc_distribution(TAU_S, 6.0, 1e-4, 0.8) + zarc_distribution(TAU_S, 2.0, 1e-3, 0.8)
    arcs = arcs_from_distribution(TAU_S, gamma[None], 2)
    assert arcs.tau_s[0, 0] == pytest.approx(1e-4, rel=0.3)
    assert 5e-4 < arcs.tau_s[0, 1] < 1e-2


def test_tables() -> None:
    d = drt(spectrum_of([Arc(40, 3e-6, 0.8), Arc(25, 1e-3, 0.85)], noise=0.003))
    curve, peaks = d.to_pandas(), d.peaks_to_pandas()
    assert list(curve) == ["tau_s", "gamma_ohm", "lower_ohm", "upper_ohm"]
    assert np.array_equal(curve["gamma_ohm"], d.gamma_ohm)
    assert peaks["tau_lower_s"].to_list() == [p.tau_interval_s[0] for p in d.peaks]
    assert peaks["resistance_upper_ohm"].to_list() == [p.resistance_interval_ohm[1] for p in d.peaks]
    bare = dataclasses.replace(d, peaks=())
    assert list(bare.peaks_to_pandas()) == list(peaks)
    with pytest.raises(ValueError, match="read-only"):
        d.gamma_ohm[0] = 1.0


@pytest.mark.parametrize(
    ("spectrum", "options", "message"),
    [
        (
            FREQUENCY_HZ,
            {"weights": "moduls"},
            r"weights must be modulus or unit, got 'moduls' \(did you mean 'modulus'",
        ),
        (FREQUENCY_HZ[:7], {}, "needs at least 8 points, got 7"),
        (FREQUENCY_HZ[:9], {}, "must span at least 1 decade of frequency, got 0.9"),
    ],
)
def test_bad_input(spectrum: np.ndarray, options: dict[str, str], message: str) -> None:
    z = impedance_of([Arc(40, 1e-4, 0.8)], spectrum)
    with pytest.raises(InputError, match=message):
        drt(Spectrum(frequency_Hz=spectrum, impedance_ohm=z), **options)  # type: ignore[arg-type]


def test_zero_impedance_and_other_things() -> None:
    z = impedance_of([Arc(40, 1e-4, 0.8)], FREQUENCY_HZ)
    z[3] = 0
    with pytest.raises(InputError, match=r"must not be zero, but it is at 3\.2\d+e\+06 Hz"):
        drt(Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=z))
    with pytest.raises(InputError, match="drt: a Spectrum or a list of them is needed, but item 0 is an object"):
        drt([z])  # type: ignore[list-item]


def test_a_distribution_prints_its_peaks() -> None:
    """One line a peak, no arrays; the arc of 50 ohm and 1 ms has its top at 1/(2π τ) = 159 Hz."""
    frequency_Hz = np.geomspace(1e5, 0.1, 61)
    impedance = 10 + 50 / (1 + 2e-3j * np.pi * frequency_Hz)
    found = drt(Spectrum(frequency_Hz=frequency_Hz, impedance_ohm=impedance, provenance={"file": "a.mpr"}))
    lines = repr(found).splitlines()
    assert lines[0] == "DistributionOfRelaxationTimes of a.mpr: 61 points, 0.1 to 1e+05 Hz"
    assert lines[1].startswith("  in series 10.0 ohm (95 %: ")
    assert lines[2].startswith("  under the curve 50.0 ohm (95 %: ")
    assert [line.startswith("  peak at ") for line in lines[3:4]] == [True]
    assert f"{found.peaks[0].frequency_Hz:.0f} Hz): {found.peaks[0].resistance_ohm:.1f} ohm" in lines[3]
