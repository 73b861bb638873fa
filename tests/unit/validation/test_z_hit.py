"""Z-HIT: the modulus from the phase, its accuracy on known circuits, and drift as a difference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from validation_samples import FREQUENCY_HZ, circuits, drifting_cell, spectrum, with_noise

from sscell.errors import InputError
from sscell.validation import kramers_kronig, z_hit


@pytest.mark.parametrize("exponent", [1.0, 0.8, 0.5])
def test_exact_for_constant_phase(exponent: float) -> None:
    """The formula holds exactly where the phase does not change."""
    z = (2j * np.pi * FREQUENCY_HZ) ** -exponent
    result = z_hit(spectrum(z))
    np.testing.assert_allclose(result.deviation, 0, atol=1e-9)
    np.testing.assert_allclose(result.phase_rad, -exponent * np.pi / 2, atol=1e-9)


@pytest.mark.parametrize(("level", "tolerance"), [(0, 0.04), (0.005, 0.06)])
def test_accuracy_on_known_circuits(level: float, tolerance: float) -> None:
    """The series ends after the first derivative: within 4 % for sharp arcs, measured 3.4 % at most."""
    for seed in range(4):
        for kind, z in circuits(seed).items():
            result = z_hit(spectrum(with_noise(z, level, seed)))
            assert np.abs(result.deviation).max() < tolerance, kind
            np.testing.assert_allclose(result.modulus_ohm * (1 + result.deviation), np.abs(with_noise(z, level, seed)))


def test_depressed_arc_is_reconstructed_well() -> None:
    """Gentle phase: within 1.5 %, as the derivatives left out are small."""
    assert np.abs(z_hit(spectrum(circuits(0)["Gerischer"])).deviation).max() < 0.015


def test_drift_shows_at_low_frequency() -> None:
    """The slow arc grows by 30 % in the sweep, which makes |Z| some 11 % too large for its phase at the end."""
    quiet, drifting = (z_hit(spectrum(with_noise(drifting_cell(growth), 0.001, 0))) for growth in (0, 0.3))
    assert abs(quiet.deviation[-1]) < 0.02
    assert 0.08 < drifting.deviation[-1] < 0.15
    np.testing.assert_allclose(drifting.deviation[:50], quiet.deviation[:50], atol=0.005)


def test_window_sets_where_both_agree() -> None:
    z = circuits(1)["cell"]
    inside = (FREQUENCY_HZ >= 10) & (FREQUENCY_HZ <= 1000)
    result = z_hit(spectrum(z), window_Hz=(1000, 10))
    assert result.window_Hz == pytest.approx((FREQUENCY_HZ[inside].min(), FREQUENCY_HZ[inside].max()))
    assert abs(np.median(np.log1p(result.deviation[inside]))) < 1e-9
    with pytest.raises(InputError, match=r"no frequency lies in window_Hz \(1e\+08, 1e\+09\)|no frequency lies in"):
        z_hit(spectrum(z), window_Hz=(1e8, 1e9))


def test_order_scale_and_list() -> None:
    z = with_noise(circuits(2)["cell"], 0.002, 2)
    order = np.random.default_rng(0).permutation(71)
    straight, mixed = z_hit([spectrum(z), spectrum(1e3 * z[order], FREQUENCY_HZ[order])])
    np.testing.assert_allclose(mixed.deviation, straight.deviation[order], atol=1e-9)


def test_results_print_short() -> None:
    """The size of the deviation and the verdict, not the arrays."""
    result, verdict = (method(spectrum(circuits(0)["Gerischer"])) for method in (z_hit, kramers_kronig))
    worst = 100 * result.deviation[np.abs(result.deviation).argmax()]
    head = f"Result of {FREQUENCY_HZ.size} points, "
    assert repr(result).startswith(f"ZHit{head}") and f"at most {worst:+.2g} % at" in repr(result)
    assert repr(verdict).startswith(f"KramersKronig{head}") and repr(verdict).endswith(verdict.summary)
    assert "array" not in repr(verdict.band) + repr(verdict.noise)


@pytest.mark.parametrize("method", [z_hit, kramers_kronig])
def test_anything_but_spectra_is_refused(method: Callable[[object], object]) -> None:
    with pytest.raises(InputError, match=r": a Spectrum or a list of them is needed, got .*ss\.read_spectra\(path\)"):
        method("aged.csv")
