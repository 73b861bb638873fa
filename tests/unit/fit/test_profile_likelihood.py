"""Profiles: where intervals from the curvature hold, and where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, ONE_ARC, fit, one_arc, spectrum, stacked_residuals
from scipy.optimize import least_squares
from scipy.stats import t as student

from sscell.errors import InputError
from sscell.fit import fit_series, profile_likelihood
from sscell.records import Spectrum
from sscell.rounding import interval_text


def test_equals_the_curvature_where_the_misfit_is_a_parabola() -> None:
    """At 0.5 % noise the intervals are about 1 % wide; the misfit bends by as much over them."""
    result = fit(ONE_ARC, one_arc())
    profiles = profile_likelihood(result)
    assert tuple(profiles) == result.free
    for name, profile in profiles.items():
        width = np.diff(result.intervals[name])[0]
        assert profile.interval == pytest.approx(result.intervals[name], abs=0.02 * width)
        assert profile.limited == (True, True)
        assert (np.diff(profile.values) > 0).all()
        assert profile.chi_square.min() == pytest.approx(result.chi_square, rel=1e-5)
        assert result.values[name] in profile.values


def test_chi_square_along_the_profile_is_what_scipy_finds() -> None:
    """R1 held, the two others refitted."""
    sample = one_arc()
    profile = profile_likelihood(fit(ONE_ARC, sample), ["R1"])["R1"]
    for k in (0, 5, 14, -1):
        held = profile.values[k]
        peer = least_squares(
            lambda v, held=held: stacked_residuals(ONE_ARC, [np.exp(v[0]), held, np.exp(v[1])], sample),
            np.log([10.0, 1e-5]),
            xtol=1e-12,
            ftol=1e-12,
        )
        assert profile.chi_square[k] == pytest.approx(2 * peer.cost, rel=1e-5)


def test_the_limit_is_that_of_the_t_distribution() -> None:
    result = fit(ONE_ARC, one_arc())
    profile = profile_likelihood(result, ["C1"])["C1"]
    assert profile.limit == pytest.approx(result.chi_square * (1 + student.ppf(0.975, 93) ** 2 / 93), rel=1e-9)


def with_spikes(seed: int) -> Spectrum:
    """4 of 48 points off by 20 % in any direction of the plane."""
    rng = np.random.default_rng(20_000 + seed)
    z = one_arc(seed=seed).impedance_ohm.copy()
    z[rng.choice(z.size, 4, replace=False)] *= 1 + 0.2 * np.exp(2j * np.pi * rng.random(4))
    return spectrum(z)


def test_robust_fits_have_profiles_by_their_own_variance() -> None:
    """As wide as the intervals from the M-estimator's covariance, but for the weights of the 48 points, which differ
    along the curve: 3 %. From the misfit's own size, which counts outliers in full, they would be 2.5 times as wide."""
    for result in fit(ONE_ARC, [one_arc(), *(with_spikes(k) for k in range(4))], robust=True, starts=4):
        for name, profile in profile_likelihood(result).items():
            width = np.diff(np.log(profile.interval))[0]
            assert width == pytest.approx(np.diff(np.log(result.intervals[name]))[0], rel=0.03)
            assert profile.limited == (True, True)


def test_one_sided_where_the_data_set_one_limit_only() -> None:
    """A resistor far below the noise, 2 % of the least |Z| of 0.16 ohm, may be anything from nothing up to some errors
    of 1.6 mohm; the curvature, in the logarithm, gives it a lower limit and an upper one too high."""
    result = fit(ONE_ARC, one_arc(noise=0.02, R0=1e-5, seed=1))
    profile = profile_likelihood(result, ["R0"])["R0"]
    assert profile.limited == (False, True)
    assert 2e-3 < profile.interval[1] < 8e-3
    assert result.intervals["R0"][0] > 5e-5
    assert result.intervals["R0"][1] > 2 * profile.interval[1]
    assert any(text.startswith("R0 is not determined") for text in result.warnings)


def test_the_upper_limit_is_found_from_the_lower_bound_too() -> None:
    """The same cell in another draw: R0 ends at 1 µohm, and the data still say that it is below some mohm."""
    result = fit(ONE_ARC, one_arc(noise=0.02, R0=1e-5, seed=3))
    assert any(text.startswith("R0 ended at its lower bound") for text in result.warnings)
    profile = profile_likelihood(result, ["R0"])["R0"]
    assert profile.limited == (False, True)
    assert 1e-3 < profile.interval[1] < 8e-3


def test_a_parameter_at_its_bound_has_a_profile() -> None:
    result = fit(ONE_ARC, one_arc(), bounds={"R0": (10.5, 1e3)})
    profile = profile_likelihood(result, ["R0"])["R0"]
    assert result.values["R0"] == pytest.approx(10.5)
    assert profile.interval[0] == pytest.approx(10.5)
    assert profile.limited[0] is False


def test_only_free_parameters_have_profiles() -> None:
    result = fit(ONE_ARC, one_arc(), fixed={"R0": 10.0})
    with pytest.raises(InputError, match=r"'R0' is no free parameter of this fit.*free are R1, C1"):
        profile_likelihood(result, ["R0"])
    assert tuple(profile_likelihood(result)) == ("R1", "C1")


def test_a_fit_that_shares_parameters_has_no_profile_of_its_own() -> None:
    spectra = [one_arc(seed=k) for k in range(2)]
    options = {"along": "cycle", "conditions": [1, 2], "band": "all", "starts": 4}
    shared = fit_series(ONE_ARC, spectra, shared=["C1"], **options).fits[0]  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"this fit shares C1 with the other.*profile a fit of its own by fit_"):
        profile_likelihood(shared)
    alone = fit_series(ONE_ARC, spectra, **options).fits[0]  # type: ignore[arg-type]
    assert tuple(profile_likelihood(alone, "R1")) == ("R1",)


def test_too_few_points_have_no_profile() -> None:
    few = fit("R0-p(R1,C1)-C2", spectrum(one_arc().impedance_ohm[::47], FREQUENCY_HZ[::47]), starts=2)
    with pytest.raises(InputError, match="2 points are too few for 4 free parameters"):
        profile_likelihood(few)


def test_a_profile_prints_its_interval() -> None:
    profile = profile_likelihood(fit(ONE_ARC, one_arc()), ["R1"])["R1"]
    low, high = profile.interval
    text = repr(profile)
    assert text.startswith(f"Profile of R1: 95 % interval {interval_text(low, high, (high - low) / 4)} (")
    assert "limit" not in text
    open_above = replace(profile, limited=(True, False))
    assert ", without a limit upwards (" in repr(open_above)
