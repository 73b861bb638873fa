"""Pieces of the distribution: their impedance, their norm, and the closed forms used as truth elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from sscell.relaxation import zarc_distribution
from sscell.relaxation.basis import (
    kernel_from_grid,
    relaxation_times_from_frequencies,
    roughness_matrix,
    spacing_from_times,
)
from sscell.relaxation.ends import open_ends

FREQUENCY_HZ = np.geomspace(0.1, 7e6, 71)


def test_kernel_is_the_integral_over_a_hat() -> None:
    """Against adaptive quadrature (1.5e-8 by default, asked for 1e-12), at ωτ from 1e-3 to 1e3."""
    tau = np.geomspace(1e-3, 1e3, 61)
    h = spacing_from_times(tau)
    f = np.array([1 / (2 * np.pi)])
    kernel = kernel_from_grid(f, tau)[0]
    for j in (0, 17, 30, 45, 60):
        parts = [
            quad(
                lambda s, j=j, p=p: p((1 - abs(s) / h) / (1 + 1j * tau[j] * np.exp(s))), -h, h, points=[0], epsabs=1e-13
            )[0]
            for p in (np.real, np.imag)
        ]
        assert kernel[j] == pytest.approx(complex(*parts), abs=1e-12)


@pytest.mark.parametrize(("blocked", "longer"), [(False, 0.5), (True, 1.5)])
def test_times_cover_the_measured_range_and_some_more(blocked: bool, longer: float) -> None:
    tau = relaxation_times_from_frequencies(FREQUENCY_HZ, blocked=blocked)
    measured = 1 / (2 * np.pi * FREQUENCY_HZ)
    assert np.log10(measured.min() / tau[0]) == pytest.approx(0.5, abs=1e-9)
    assert np.log10(tau[-1] / measured.max()) == pytest.approx(longer, abs=1e-9)
    assert np.ptp(np.diff(np.log(tau))) < 1e-12
    assert spacing_from_times(tau) <= np.log(10) / 10


@pytest.mark.parametrize("blocked", [False, True])
def test_roughness_is_the_integral_of_the_squared_slope(blocked: bool) -> None:
    """The slope of a piecewise linear g is constant between nodes, so the sum is the integral (rounding)."""
    g, h = np.random.default_rng(1).normal(size=12), 0.2
    nodes = np.concatenate([[0.0], g, [] if blocked else [0.0]])
    by_hand = np.sum((np.diff(nodes) / h) ** 2) * h
    assert g @ roughness_matrix(12, h, blocked=blocked) @ g == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("exponent", [0.6, 0.8, 0.95])
def test_zarc_distribution_gives_the_zarc_back(exponent: float) -> None:
    """∫γ d ln τ = R and ∫γ/(1 + jωτ) d ln τ = R/(1 + (jωτ₀)ⁿ); trapezoidal over 60 decades, tails below 1e-6."""
    ln_tau = np.linspace(-70, 70, 40_001)
    gamma = zarc_distribution(np.exp(ln_tau), 3.0, 1.0, exponent)
    assert np.trapezoid(gamma, ln_tau) == pytest.approx(3.0, rel=1e-6)
    for omega in (0.01, 1.0, 50.0):
        z = np.trapezoid(gamma / (1 + 1j * omega * np.exp(ln_tau)), ln_tau)
        assert z == pytest.approx(3 / (1 + (1j * omega) ** exponent), rel=1e-6)


def test_open_end_is_told_from_a_closed_one() -> None:
    """Capacitor, diffusion and a cut arc rise; a closed arc, a plateau with noise and an inductive loop do not."""
    omega = 2j * np.pi * FREQUENCY_HZ
    arc = 10 + 50 / (1 + (omega * 1e-3) ** 0.8)
    noise = 0.005 * np.random.default_rng(2).normal(size=(20, 71))
    open_ = np.stack([arc + 30 / omega, arc + 20 / np.sqrt(omega), arc + 500 / (1 + omega * 100)])
    closed = np.vstack([arc + 0 * open_[:1], arc * (1 + 1j * noise), arc[None] + 5 * omega / (1 + omega)])
    assert open_ends(FREQUENCY_HZ, open_).all()
    assert not open_ends(FREQUENCY_HZ, closed).any()
