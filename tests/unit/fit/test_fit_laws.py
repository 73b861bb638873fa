"""What must not change a fit: units of Z and f, the order of points; and what the weights mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, ONE_ARC, ONE_VALUES, fit, impedance_of, noisy, one_arc, spectrum
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from sscell.circuit import Circuit
from sscell.errors import InputError
from sscell.fit import Weighting

ARC = "R0-p(R1,CPE1)"
ARC_VALUES = {"R0": 10.0, "R1": 50.0, "CPE1_0": 1e-4, "CPE1_1": 0.85}


def arc(z_scale: float = 1.0, f_scale: float = 1.0) -> Any:
    return spectrum(z_scale * noisy(impedance_of(ARC, ARC_VALUES), 0.005, 6), f_scale * FREQUENCY_HZ)


def assert_same_fit(one: Any, other: Any, scales: dict[str, float]) -> None:
    """Values by their scale, all else unchanged; 1 % of an error is what the search's tolerance leaves open."""
    assert other.status is one.status
    assert other.aicc == pytest.approx(one.aicc, abs=1e-3)
    assert other.chi_square == pytest.approx(one.chi_square, rel=1e-5)
    for name, value in one.values.items():
        scale, error = scales.get(name, 1.0), one.standard_errors[name]
        assert other.values[name] == pytest.approx(scale * value, abs=0.01 * scale * error)
        assert other.standard_errors[name] == pytest.approx(scale * error, rel=0.01)


@settings(max_examples=8)
@given(power=st.floats(-5, 5))
def test_scaled_impedance_scales_resistance_and_admittance(power: float) -> None:
    a = 10**power
    assert_same_fit(fit(ARC, arc()), fit(ARC, arc(z_scale=a)), {"R0": a, "R1": a, "CPE1_0": 1 / a})


@settings(max_examples=8)
@given(power=st.floats(-3, 3))
def test_scaled_frequency_scales_time(power: float) -> None:
    """Q (jω)^α is what stays the same."""
    b, one = 10**power, fit(ARC, arc())
    other = fit(ARC, arc(f_scale=b))
    assert other.values["CPE1_0"] * b ** other.values["CPE1_1"] == pytest.approx(
        one.values["CPE1_0"], rel=0.05 * one.standard_errors["CPE1_0"] / one.values["CPE1_0"]
    )
    for name in ("R0", "R1", "CPE1_1"):
        assert other.values[name] == pytest.approx(one.values[name], abs=0.01 * one.standard_errors[name])
        assert other.standard_errors[name] == pytest.approx(one.standard_errors[name], rel=0.01)
    assert other.aicc == pytest.approx(one.aicc, abs=1e-3)


def test_order_of_points_does_not_matter() -> None:
    sample, order = arc(), np.random.default_rng(0).permutation(48)
    mixed = spectrum(sample.impedance_ohm[order], FREQUENCY_HZ[order])
    one, other = fit(ARC, sample), fit(ARC, mixed)
    assert dict(one.values) == dict(other.values)
    np.testing.assert_array_equal(one.impedance_ohm[order], other.impedance_ohm)
    np.testing.assert_array_equal(one.residuals[order], other.residuals)
    part_one, part_other = (fit(ARC, s, band=(10.0, 1e4)) for s in (sample, mixed))
    np.testing.assert_array_equal(part_one.used[order], part_other.used)
    assert dict(part_one.values) == dict(part_other.values)


def peer(sample: Any, real_weight: Any, imaginary_weight: Any) -> np.ndarray:
    """SciPy's values under these weights, from the truth."""
    names = Circuit(ONE_ARC).parameter_names

    def residuals(u: np.ndarray) -> np.ndarray:
        r = impedance_of(ONE_ARC, dict(zip(names, np.exp(u), strict=True))) - sample.impedance_ohm
        return np.concatenate([r.real * real_weight, r.imag * imaginary_weight])

    return np.exp(least_squares(residuals, np.log(list(ONE_VALUES.values())), xtol=1e-13, ftol=1e-13).x)


@pytest.mark.parametrize("name", ["modulus", "proportional", "unit"])
def test_weights_are_what_their_names_say(name: str) -> None:
    """The optima under the three weights are some errors apart, and each is SciPy's under the written weights."""
    sample = one_arc(noise=0.03, seed=2)
    z = sample.impedance_ohm
    # Noise takes no part of these data below a hundredth of |Z|, where the proportional weight would be cut off.
    smallest = np.abs(z) / 100
    weights = {
        "modulus": (1 / np.abs(z), 1 / np.abs(z)),
        "proportional": (1 / np.maximum(np.abs(z.real), smallest), 1 / np.maximum(np.abs(z.imag), smallest)),
        "unit": (np.ones(48), np.ones(48)),
    }
    result = fit(ONE_ARC, sample, weights=name)
    for value, expected, error in zip(
        result.values.values(), peer(sample, *weights[name]), result.standard_errors.values(), strict=True
    ):
        assert value == pytest.approx(expected, abs=3e-3 * error)
    others = [peer(sample, *w) for key, w in weights.items() if key != name]
    errors = np.array(list(result.standard_errors.values()))
    assert all((np.abs(o - list(result.values.values())) > 0.05 * errors).any() for o in others)
    assert fit(ONE_ARC, sample, weights=Weighting(name)).values == result.values


def test_noise_weights_follow_the_noise() -> None:
    """Noise of 0.1 ohm at every frequency beside |Z| from 10 to 60 ohm: the weights are even, χ² about one a datum."""
    z = impedance_of(ONE_ARC, ONE_VALUES)
    rng = np.random.default_rng(8)
    sample = spectrum(z + 0.1 * (rng.normal(size=48) + 1j * rng.normal(size=48)))
    result = fit(ONE_ARC, sample, weights="noise")
    assert result.weights == "noise"
    assert result.reduced_chi_square == pytest.approx(1.0, rel=0.4)
    for name, truth in ONE_VALUES.items():
        assert result.values[name] == pytest.approx(truth, abs=3.5 * result.standard_errors[name])


def test_zero_impedance_needs_unit_weights() -> None:
    z = impedance_of(ONE_ARC, ONE_VALUES).copy()
    z[7] = 0
    for weights in ("modulus", "proportional"):
        with pytest.raises(InputError, match=f"weights='{weights}' needs impedances other than 0; remove these points"):
            fit(ONE_ARC, spectrum(z), weights=weights)
    assert np.isfinite(fit(ONE_ARC, spectrum(z), weights="unit").chi_square)
