"""A misfit that lies flat on one side is noticed, though its curvature promises a short interval."""

from __future__ import annotations

import numpy as np
import pytest

import sscell as ss
from sscell.fit.determination import Determination

CIRCUIT = ss.Circuit("R0-p(R1,CPE1)-Wo1")
FREQUENCY_HZ = np.geomspace(1e5, 0.1, 61)


def fitted(diffusion_time_s: float) -> ss.FitResult:
    rng = np.random.default_rng(0)
    z = np.asarray(CIRCUIT.impedance([5, 20, 1e-5, 0.8, 60, diffusion_time_s], FREQUENCY_HZ))
    noise = 0.004 * (rng.normal(size=z.size) + 1j * rng.normal(size=z.size))
    return ss.fit_circuit(
        CIRCUIT, ss.Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=z + np.abs(z) * noise), band="all"
    )


def test_time_constant_near_the_end_of_the_window_reaches_further_upwards() -> None:
    """τ = 16 s, where ωτ is 10 at 0.1 Hz: the misfit rises steeply below 13 s, and slowly above 18 s. The warning's
    end is from one point of the profile, good to a third of what the interval lacks."""
    fit = fitted(16.0)
    [said] = [text for text in fit.warnings if text.startswith("Wo1_1 is poorly determined upwards (± 9 %)")]
    low, high = fit.intervals["Wo1_1"]
    profile = ss.profile_likelihood(fit, "Wo1_1")["Wo1_1"]
    assert profile.interval[0] == pytest.approx(low, rel=0.03)
    assert profile.interval[1] > 1.05 * high
    assert float(said.rstrip(".").rpartition(" ")[2]) == pytest.approx(profile.interval[1], abs=0.5)
    assert fit.determination["Wo1_1"] is Determination.POOR
    # Twice as far out above as below, in logarithms, and still the smaller misfit.
    far, near = np.interp([4 * high, low / 2], profile.values, profile.chi_square)
    assert far < near


def test_time_constant_beyond_the_window_is_open_upwards() -> None:
    """τ = 20 s: the curvature gives 14.8 to 28.4 s, a standard error of 16 %, but there is no upper limit."""
    fit = fitted(20.0)
    assert any(text.startswith("Wo1_1 is not determined by these data upwards: its 95 %") for text in fit.warnings)
    assert fit.standard_errors["Wo1_1"] < 0.2 * fit.values["Wo1_1"]
    assert ss.profile_likelihood(fit, "Wo1_1")["Wo1_1"].limited == (True, False)
    assert fit.determination["Wo1_1"] is Determination.NOT


def test_time_constant_within_the_window_carries_no_warning() -> None:
    fit = fitted(6.0)
    assert fit.warnings == ()
    assert fit.determination["Wo1_1"] is Determination.WELL
    assert ss.profile_likelihood(fit, "Wo1_1")["Wo1_1"].limited == (True, True)
