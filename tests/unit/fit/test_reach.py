"""A misfit that lies flat on one side is noticed, though its curvature promises a short interval."""

from __future__ import annotations

import numpy as np
import pytest

import sscell as ss

CIRCUIT = ss.Circuit("R0-p(R1,CPE1)-Wo1")
FREQUENCY_HZ = np.geomspace(1e5, 0.1, 61)


def fitted(diffusion_time_s: float) -> ss.FitResult:
    rng = np.random.default_rng(0)
    z = np.asarray(CIRCUIT.impedance([5, 20, 1e-5, 0.8, 60, diffusion_time_s], FREQUENCY_HZ))
    noise = 0.004 * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
    return ss.fit_circuit(
        CIRCUIT, ss.Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=z + np.abs(z) * noise), band="all"
    )


def test_time_constant_near_the_end_of_the_window_is_open_upwards() -> None:
    """τ = 16 s, where ωτ is 10 at 0.1 Hz: the misfit rises steeply below 13 s, and hardly above 18 s."""
    fit = fitted(16.0)
    assert any(text.startswith("Wo1_1 is not determined by these data upwards") for text in fit.warnings)
    low, high = fit.intervals["Wo1_1"]
    profile = ss.profile_likelihood(fit, "Wo1_1")["Wo1_1"]
    assert profile.interval[0] == pytest.approx(low, rel=0.03)
    assert profile.interval[1] > 1.05 * high
    # Twice as far out above as below, in logarithms, and still the smaller misfit.
    far, near = np.interp([4 * high, low / 2], profile.values, profile.chi_square)
    assert far < near


def test_time_constant_within_the_window_carries_no_warning() -> None:
    fit = fitted(6.0)
    assert fit.warnings == ()
    assert ss.profile_likelihood(fit, "Wo1_1")["Wo1_1"].limited == (True, True)
