"""Spikes in a spectrum: they bend a least-squares fit, and hardly a robust one."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import ONE_ARC, ONE_VALUES, fit, one_arc, spectrum

from sscell.records import Spectrum

SPIKES = {5: 1.4 + 0.2j, 17: 0.7, 23: 1.0 + 0.5j, 30: 1.5, 41: 1.3 - 0.3j}


def spiked(sample: Spectrum) -> Spectrum:
    z = sample.impedance_ohm.copy()
    for k, factor in SPIKES.items():
        z[k] *= factor
    return spectrum(z)


def shifts(seed: int, robust: bool) -> np.ndarray:
    """How far the spikes move each value, in standard errors of the fit without them."""
    clean, bent = fit(ONE_ARC, one_arc(seed=seed)), fit(ONE_ARC, spiked(one_arc(seed=seed)), robust=robust)
    return np.array([abs(bent.values[n] - clean.values[n]) / clean.standard_errors[n] for n in ONE_VALUES])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_robust_fit_withstands_spikes(seed: int) -> None:
    """Each of 5 spikes among 48 points pulls with 2.5 standard deviations at most: they move a value by two or three
    errors, where squares move one by some ten."""
    assert shifts(seed, robust=True).max() < 3.0
    assert shifts(seed, robust=False).max() > 8.0


def test_without_outliers_the_robust_fit_is_the_plain_one() -> None:
    """But for the 4 % of points that noise carries beyond 2.5 standard deviations."""
    plain, robust = fit(ONE_ARC, one_arc()), fit(ONE_ARC, one_arc(), robust=True)
    for name, error in plain.standard_errors.items():
        assert robust.values[name] == pytest.approx(plain.values[name], abs=0.5 * error)
        assert robust.standard_errors[name] == pytest.approx(error, rel=0.15)


def with_outliers(count: int, seed: int) -> Spectrum:
    """Some of 48 points off by 20 % in any direction of the plane."""
    rng = np.random.default_rng(10_000 + seed)
    z = one_arc(seed=seed).impedance_ohm.copy()
    z[rng.choice(z.size, count, replace=False)] *= 1 + 0.2 * np.exp(2j * np.pi * rng.random(count))
    return spectrum(z)


@pytest.mark.parametrize("outliers", [0, 4, 8])
def test_intervals_of_the_robust_fit_cover_the_truth(outliers: int) -> None:
    """200 spectra, three values: 95 % ± 1.5 % each; outliers leave the noise less Gaussian, so 90 to 98 % will do.

    The scatter of 200 over its error is 1 ± 0.05; errors from the misfit itself would give 0.4 to 0.5.
    """
    results = fit(ONE_ARC, [with_outliers(outliers, k) for k in range(200)], robust=True, starts=2)
    for name, truth in ONE_VALUES.items():
        covered = np.mean([r.intervals[name][0] <= truth <= r.intervals[name][1] for r in results])
        assert 0.90 <= covered <= 0.985
        pulls = [np.log(r.values[name] / truth) * r.values[name] / r.standard_errors[name] for r in results]
        assert np.std(pulls) == pytest.approx(1.0, abs=0.17)
