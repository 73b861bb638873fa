"""Errors, intervals, information criteria and warnings of one fit."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, ONE_ARC, ONE_VALUES, fit, impedance_of, one_arc, spectrum, stacked_residuals
from scipy.stats import t as student


def covariance_in_numpy(values: list[float], sample: object) -> np.ndarray:
    """s²(JᵀJ)⁻¹ in logarithms, J by central differences."""
    u = np.log(values)
    steps = 1e-5 * np.eye(u.size)
    rows = [
        stacked_residuals(ONE_ARC, np.exp(u + h), sample) - stacked_residuals(ONE_ARC, np.exp(u - h), sample)  # type: ignore[arg-type]
        for h in steps
    ]
    jacobian = np.array(rows).T / 2e-5
    r = stacked_residuals(ONE_ARC, list(np.exp(u)), sample)  # type: ignore[arg-type]
    return r @ r / (r.size - u.size) * np.linalg.inv(jacobian.T @ jacobian)


def test_covariance_errors_and_intervals() -> None:
    sample = one_arc()
    result = fit(ONE_ARC, sample)
    expected = covariance_in_numpy(list(result.values.values()), sample)
    np.testing.assert_allclose(result.covariance, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    relative = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(result.correlation, expected / np.outer(relative, relative), atol=1e-4)
    assert result.degrees_of_freedom == 2 * 48 - 3
    quantile = student.ppf(0.975, result.degrees_of_freedom)
    for name, error in zip(result.free, relative, strict=True):
        value = result.values[name]
        assert result.standard_errors[name] == pytest.approx(value * error, rel=1e-4)
        ends = value * np.exp(quantile * error * np.array([-1, 1]))
        assert result.intervals[name] == pytest.approx(ends, rel=1e-5)


def test_misfit_and_information_criteria() -> None:
    """Hurvich and Tsai's AICc with the noise level as one more parameter, written out."""
    sample = one_arc()
    result = fit(ONE_ARC, sample)
    r = stacked_residuals(ONE_ARC, list(result.values.values()), sample)
    n, k, cost = 96, 4, r @ r
    assert result.chi_square == pytest.approx(cost, rel=1e-9)
    assert result.reduced_chi_square == pytest.approx(cost / 93, rel=1e-9)
    assert result.aicc == pytest.approx(n * np.log(cost / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1), rel=1e-9)
    assert result.bic == pytest.approx(n * np.log(cost / n) + k * np.log(n), rel=1e-9)
    assert np.sqrt(result.reduced_chi_square) == pytest.approx(0.005, rel=0.25)  # 1/sqrt(2·93) is 7 %
    complex_r = r[:48] + 1j * r[48:]
    np.testing.assert_allclose(result.residuals, -complex_r, atol=1e-12)


def test_intervals_cover_the_truth() -> None:
    """240 spectra, three parameters: 95 % ± 1.4 % each; the limits are three standard deviations wide."""
    samples = [one_arc(noise=0.01, seed=1000 + k) for k in range(240)]
    results = fit(ONE_ARC, samples, starts=2)
    for name, truth in ONE_VALUES.items():
        covered = np.mean([r.intervals[name][0] <= truth <= r.intervals[name][1] for r in results])
        assert 0.907 <= covered <= 0.993
        pulls = np.array([np.log(r.values[name] / truth) / (r.standard_errors[name] / r.values[name]) for r in results])
        assert np.std(pulls) == pytest.approx(1.0, abs=0.14)
    assert not any(r.warnings for r in results[:50])


def test_two_resistors_in_series_cannot_be_told_apart() -> None:
    """Only their sum is determined, so each could be anything from nothing to the sum; the search may end anywhere."""
    found = fit("R0-R1-p(R2,C2)", one_arc())
    assert found.values["R0"] + found.values["R1"] == pytest.approx(10.0, rel=0.01)
    assert any(text.startswith(("R0 ", "R1 ")) for text in found.warnings)
    halves = fit("R0-R1-p(R2,C2)", one_arc(), initial={"R0": 5.0, "R1": 5.0, "R2": 50.0, "C2": 1e-5})
    for name in ("R0", "R1"):
        assert any(text.startswith(f"{name} is not determined by these data: its 95 %") for text in halves.warnings)
        assert halves.intervals[name][0] < 0.1
        assert halves.intervals[name][1] > 9.9
    assert any(text.startswith("R0 and R1 can hardly be told apart") for text in halves.warnings)
    assert not any(text.startswith(("R2 ", "C2 ")) for text in (*found.warnings, *halves.warnings))


def test_a_branch_that_is_not_there_is_reported() -> None:
    """An arc too many: its parameters cannot all be determined."""
    result = fit("R0-p(R1,C1)-p(R2,C2)", one_arc())
    assert any(text.split()[0] in {"R1", "C1", "R2", "C2"} for text in result.warnings)
    assert result.chi_square <= fit(ONE_ARC, one_arc()).chi_square * (1 + 1e-6)


def test_a_circuit_that_is_too_simple_is_reported() -> None:
    result = fit(ONE_ARC, one_arc(noise=0.002), fixed={"R0": 30.0})
    assert any("The residuals follow each other" in text for text in result.warnings)


def test_rounding_is_no_structure() -> None:
    """Without noise, residuals of 1e-16 follow each other, which says nothing about the circuit."""
    result = fit(ONE_ARC, one_arc(noise=0.0))
    assert result.chi_square < 1e-20
    assert result.warnings == ()


def test_more_parameters_than_data_are_reported() -> None:
    f = np.array([1e3])
    result = fit(ONE_ARC, spectrum(impedance_of(ONE_ARC, ONE_VALUES, f), f))
    assert any(t.startswith("There are 2 data for 3 free parameters: fix some or add points.") for t in result.warnings)
    assert result.degrees_of_freedom >= 1


def test_a_table_and_a_text_of_the_result() -> None:
    result = fit(ONE_ARC, one_arc(), fixed={"R0": 10.0})
    table = result.to_pandas()
    assert table.index.tolist() == ["R0", "R1", "C1"]
    assert table["unit"].tolist() == ["ohm", "ohm", "F"]
    assert table["free"].tolist() == [False, True, True]
    assert table.loc["C1", "lower_95"] == result.intervals["C1"][0]
    text = repr(result)
    assert "fixed" in text
    assert "modulus weights" in text
    assert result.name == "spectrum"


def test_the_fitted_circuit_at_other_frequencies() -> None:
    result = fit(ONE_ARC, one_arc())
    np.testing.assert_allclose(result.impedance(FREQUENCY_HZ[::-1]), result.impedance_ohm[::-1], rtol=1e-12)
