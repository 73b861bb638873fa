"""Laws that every distribution obeys, whatever the spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from drt_samples import FREQUENCY_HZ, drawn_arcs, spectrum_of
from hypothesis import given, settings
from hypothesis import strategies as st

import sscell.relaxation as relaxation
from sscell.records import Spectrum
from sscell.relaxation.basis import kernel_from_grid, spacing_from_times

seeds = st.integers(0, 10_000)
some = settings(max_examples=15)


def drawn(seed: int, noise: float = 0.005) -> Spectrum:
    rng = np.random.default_rng(seed)
    return spectrum_of(drawn_arcs(rng, int(rng.integers(1, 4)), 0.5), noise=noise, seed=seed)


@some
@given(seeds)
def test_parts_add_up(seed: int) -> None:
    """γ ≥ 0 within its interval; Σγ Δln τ is the polarisation; the parts give the fitted impedance (rounding)."""
    spectrum = drawn(seed)
    d = relaxation.drt(spectrum)
    assert d.gamma_ohm.min() >= 0
    assert d.lower_ohm.min() >= 0
    assert np.all((d.lower_ohm <= d.gamma_ohm) & (d.gamma_ohm <= d.upper_ohm))
    assert d.resistance_ohm >= 0 and d.inductance_H >= 0 and d.elastance_per_F is None
    assert d.polarisation_ohm == pytest.approx(spacing_from_times(d.tau_s) * d.gamma_ohm.sum(), rel=1e-12)
    by_parts = (
        d.resistance_ohm
        + 2j * np.pi * d.frequency_Hz * d.inductance_H
        + kernel_from_grid(d.frequency_Hz, d.tau_s) @ d.gamma_ohm
    )
    assert d.impedance_ohm == pytest.approx(by_parts, rel=1e-9)
    residuals = (spectrum.impedance_ohm - d.impedance_ohm) / np.abs(spectrum.impedance_ohm)
    assert d.residuals == pytest.approx(residuals, rel=1e-12)
    assert d.chi_square == pytest.approx(np.sum(np.abs(residuals) ** 2), rel=1e-12)


@some
@given(seeds, st.floats(-4, 6))
def test_scale_of_impedance_goes_through(seed: int, decades: float) -> None:
    """Nothing in the method has a resistance in it. λ is found by differences of logarithms: 1e-5 of the largest."""
    spectrum = drawn(seed)
    factor = 10**decades
    d = relaxation.drt(spectrum)
    big = relaxation.drt(Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=factor * spectrum.impedance_ohm))
    assert np.max(np.abs(big.gamma_ohm / factor - d.gamma_ohm)) < 1e-5 * d.gamma_ohm.max()
    assert big.regularisation_lambda == pytest.approx(d.regularisation_lambda, rel=1e-4)


@some
@given(seeds, st.floats(-6, 3))
def test_scale_of_frequency_moves_the_times(seed: int, decades: float) -> None:
    """Nothing in the method has a time in it."""
    spectrum = drawn(seed)
    factor = 10**decades
    d = relaxation.drt(spectrum)
    fast = relaxation.drt(Spectrum(frequency_Hz=factor * FREQUENCY_HZ, impedance_ohm=spectrum.impedance_ohm))
    assert fast.tau_s * factor == pytest.approx(d.tau_s, rel=1e-9)
    assert np.max(np.abs(fast.gamma_ohm - d.gamma_ohm)) < 1e-5 * d.gamma_ohm.max()


@some
@given(seeds, st.floats(0, 100))
def test_series_resistance_moves_only_itself(seed: int, added: float) -> None:
    """With unit weights; modulus weights change with the resistance, and γ with them. The least misfit the evidence
    allows is a share of Σ|Z|², which leaves 1e-3 of the largest γ."""
    spectrum = drawn(seed)
    d = relaxation.drt(spectrum, weights="unit")
    more = relaxation.drt(
        Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=spectrum.impedance_ohm + added), weights="unit"
    )
    assert np.max(np.abs(more.gamma_ohm - d.gamma_ohm)) < 1e-3 * d.gamma_ohm.max()
    assert more.resistance_ohm - added == pytest.approx(d.resistance_ohm, abs=1e-3 * d.polarisation_ohm)


@some
@given(seeds)
def test_order_of_points_is_irrelevant(seed: int) -> None:
    spectrum = drawn(seed)
    order = np.random.default_rng(seed).permutation(FREQUENCY_HZ.size)
    d = relaxation.drt(spectrum)
    shuffled = relaxation.drt(Spectrum(frequency_Hz=FREQUENCY_HZ[order], impedance_ohm=spectrum.impedance_ohm[order]))
    assert np.array_equal(shuffled.gamma_ohm, d.gamma_ohm)
    assert np.array_equal(shuffled.residuals, d.residuals[order])
    assert shuffled.warnings == d.warnings


def test_same_input_same_output() -> None:
    spectra = [drawn(seed) for seed in range(30)]
    first, second = relaxation.drt(spectra), relaxation.drt(spectra)
    assert all(np.array_equal(a.gamma_ohm, b.gamma_ohm) for a, b in zip(first, second, strict=True))
    assert [a.peaks for a in first] == [b.peaks for b in second]


def test_list_keeps_its_order_over_different_grids_and_ends() -> None:
    closed, other = drawn(1), Spectrum(frequency_Hz=FREQUENCY_HZ[5:], impedance_ohm=drawn(2).impedance_ohm[5:])
    blocked = Spectrum(
        frequency_Hz=FREQUENCY_HZ, impedance_ohm=drawn(3).impedance_ohm + 1e3 / (2j * np.pi * FREQUENCY_HZ)
    )
    results = relaxation.drt([blocked, other, closed])
    assert [d.elastance_per_F is None for d in results] == [False, True, True]
    for d, spectrum in zip(results, (blocked, other, closed), strict=True):
        assert np.array_equal(d.frequency_Hz, spectrum.frequency_Hz)
        assert np.array_equal(d.gamma_ohm, relaxation.drt(spectrum).gamma_ohm)
    assert relaxation.drt([]) == []


ODD = {
    "resistor": lambda w: np.full(w.size, 5.0 + 0j),
    "capacitor": lambda w: 1e3 / w,
    "inductor": lambda w: 1e-6 * w,
    "negative resistance": lambda w: -5 + 1 / (1 + w),
    "diffusion": lambda w: 100 / np.sqrt(w),
    "exact RC": lambda w: 10 + 50 / (1 + w * 1e-3),
    "noise alone": lambda w: (
        np.random.default_rng(0).normal(size=w.size) + 1j * np.random.default_rng(1).normal(size=w.size)
    ),
}


@pytest.mark.parametrize("weights", ["modulus", "unit"])
@pytest.mark.parametrize("name", ODD)
def test_odd_spectra_have_a_finite_answer(name: str, weights: str) -> None:
    """Few points, repeated frequencies, no arc at all: finite, non-negative, without a warning from the numerics."""
    for f in (np.geomspace(1e5, 1, 9), np.repeat(np.geomspace(1e6, 0.1, 40), 2)):
        spectrum = Spectrum(frequency_Hz=f, impedance_ohm=ODD[name](2j * np.pi * f))
        for blocked in (None, True, False):
            d = relaxation.drt(spectrum, weights=weights, blocked=blocked)
            assert np.all(np.isfinite(d.upper_ohm)) and np.all(np.isfinite(d.residuals))
            assert d.gamma_ohm.min() >= 0
            assert np.isfinite([*d.polarisation_interval_ohm, *d.resistance_interval_ohm]).all()
