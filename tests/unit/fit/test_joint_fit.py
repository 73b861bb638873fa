"""Many spectra in one problem with shared parameters: against SciPy on the whole of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fitted_samples import ONE_ARC, TWO_ARCS, batch_of, one_arc, problem_of, spectrum, stacked_residuals, two_arcs
from scipy.optimize import least_squares

from sscell.errors import InputError
from sscell.fit import fit_circuit, fit_series
from sscell.fit.joint import joint_fit, joint_uncertainty
from sscell.fit.state import FitStatus
from sscell.records import Spectrum

SAMPLES = [one_arc(seed=k, R0=8.0 + k, R1=40.0 + 10 * k) for k in range(4)]
SHARED = np.array([False, False, True])  # C1


def residuals(v: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """v: ln R0 of the four, ln R1 of the four, ln C1."""
    w = np.ones(4) if weight is None else weight
    parts = [w[k] * stacked_residuals(ONE_ARC, np.exp([v[k], v[4 + k], v[8]]), SAMPLES[k]) for k in range(4)]
    return np.concatenate(parts)


def peer(weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Optimum and covariance s²(JᵀJ)⁻¹ of the nine coordinates."""
    start = np.log([10.0] * 4 + [50.0] * 4 + [1e-5])
    found = least_squares(residuals, start, xtol=1e-14, ftol=1e-14, gtol=1e-14, args=(weight,))
    covariance = np.linalg.inv(found.jac.T @ found.jac) * 2 * found.cost / (4 * 96 - 9)
    return found.x, covariance


def test_optimum_and_covariance_are_those_of_the_whole_problem() -> None:
    """From a start off by factors; every spectrum's covariance, shared and own parts, is a block of SciPy's."""
    problem, batch = problem_of(ONE_ARC), batch_of(SAMPLES)
    u = np.log([[20.0] * 4, [30.0, 80.0, 50.0, 60.0], [3e-6, 1e-5, 2e-5, 1e-5]])
    fit = joint_fit(problem, batch, u, SHARED)
    x, covariance = peer()
    assert fit.status is FitStatus.CONVERGED
    np.testing.assert_allclose(fit.u[0], x[:4], atol=1e-5)
    np.testing.assert_allclose(fit.u[1], x[4:8], atol=1e-5)
    np.testing.assert_allclose(fit.u[2], x[8], atol=1e-5)
    known = joint_uncertainty(problem, batch, fit, SHARED, 4 * 96)
    assert known.degrees.tolist() == [4 * 96 - 9] * 4
    for k in range(4):
        block = covariance[np.ix_([k, 4 + k, 8], [k, 4 + k, 8])]
        error = np.sqrt(np.diag(block))
        np.testing.assert_allclose(known.standard_error[:, k], error, rtol=1e-3)
        np.testing.assert_allclose(known.correlation[:, :, k], block / np.outer(error, error), atol=1e-3)


def test_nothing_shared_is_each_alone() -> None:
    """To a hundredth of an error: a search ends where the misfit gains less than 1e-6 of itself."""
    problem, batch = problem_of(ONE_ARC), batch_of(SAMPLES)
    u = np.log(np.repeat([[10.0], [50.0], [1e-5]], 4, axis=1))
    fit = joint_fit(problem, batch, u, np.zeros(3, bool))
    alone = fit_circuit(ONE_ARC, SAMPLES, band="all")
    for k, result in enumerate(alone):
        error = np.array(list(result.standard_errors.values())) / np.array(list(result.values.values()))
        np.testing.assert_allclose(fit.u[:, k], np.log(list(result.values.values())), atol=1e-2 * error.min())


def series_of(spectra: list[Spectrum], **options: Any) -> Any:
    return fit_series(ONE_ARC, spectra, along="cycle", conditions=[1, 2, 3, 4], band="all", **options)


def series(**options: Any) -> Any:
    return series_of(SAMPLES, **options)


def test_shared_parameters_have_one_value_and_less_error() -> None:
    alone, joint = series(), series(shared=["C1"])
    assert len({fit.values["C1"] for fit in joint.fits}) == 1
    assert len({fit.values["C1"] for fit in alone.fits}) == 4
    assert joint.shared == ("C1",)
    assert set(joint.trends) == {"R0", "R1"}
    for one, other in zip(alone.fits, joint.fits, strict=True):
        for name in one.values:
            limit = 0.65 if name == "C1" else 1.15  # four spectra halve it; the noise levels are pooled
            assert other.standard_errors[name] < limit * one.standard_errors[name]
        assert other.converged


def test_each_spectrum_weighs_by_its_own_noise() -> None:
    """As in the whole problem with residuals over the scatter of each spectrum's own fit."""
    scatter = np.sqrt([fit.reduced_chi_square for fit in series().fits])
    x, covariance = peer(1 / scatter)
    joint = series(shared=["C1"])
    error = np.sqrt(np.diag(covariance))
    for k, fit in enumerate(joint.fits):
        for place, name in ((k, "R0"), (4 + k, "R1"), (8, "C1")):
            assert np.log(fit.values[name]) == pytest.approx(x[place], abs=3e-3 * error[place])
            assert fit.standard_errors[name] / fit.values[name] == pytest.approx(error[place], rel=1e-3)


def test_each_spectrum_keeps_its_own_scatter() -> None:
    """2 % noise: known to 7 % from 94 degrees of freedom, three times that; degrees add up to those of the whole."""
    spectra = [one_arc(noise=0.02, seed=k, R1=50.0 + 10 * k) for k in range(4)]
    options: dict[str, Any] = {"along": "cycle", "conditions": [1, 2, 3, 4], "band": "all", "starts": 4}
    alone = fit_series(ONE_ARC, spectra, **options)
    joint = fit_series(ONE_ARC, spectra, shared=["R0", "C1"], **options)
    assert [fit.degrees_of_freedom for fit in joint.fits] == [96 - 1 - 2 / 4] * 4
    for one, other in zip(alone.fits, joint.fits, strict=True):
        assert np.sqrt(other.reduced_chi_square) == pytest.approx(0.02, rel=0.2)
        assert other.reduced_chi_square == pytest.approx(one.reduced_chi_square, rel=0.05)
        parameters = 1 + 2 / 4 + 1  # and the noise level
        assert other.bic == pytest.approx(96 * np.log(other.chi_square / 96) + parameters * np.log(96))
        assert (one.task.shared, other.task.shared) == ((), ("R0", "C1"))


def test_a_fit_from_another_start_has_that_fits_steps() -> None:
    """The series looks again from every optimum: status and steps are those of the fit that was taken."""
    spectra = [*SAMPLES, one_arc(seed=9)]
    first = fit_circuit(ONE_ARC, spectra, band="all", initial={"R0": 1.0, "R1": 500.0, "C1": 1e-7})
    series = fit_series(
        ONE_ARC, spectra, along="cycle", conditions=range(5), band="all",
        initial={"R0": 1.0, "R1": 500.0, "C1": 1e-7},
    )  # fmt: skip
    for one, other in zip(first, series.fits, strict=True):
        assert other.converged
        if not np.array_equal(one.task.coordinates, other.task.coordinates):
            assert other.steps < one.steps


def test_a_spectrum_of_too_few_points_cannot_share() -> None:
    few = spectrum(SAMPLES[0].impedance_ohm[::47], SAMPLES[0].frequency_Hz[::47])
    with pytest.raises(InputError, match="spectrum 1 has 2 points to fit, too few for 5 free parameters"):
        fit_series(TWO_ARCS, [two_arcs(), few], along="cycle", conditions=[1, 2], band="all", starts=2, shared=["R0"])


@pytest.mark.parametrize("outliers", [(0, 0, 0, 0), (0, 0, 4, 8)])
def test_errors_of_robust_fits_that_share(outliers: tuple[int, ...]) -> None:
    """40 series of four spectra, some of whose 48 points are off by 20 %: the scatter over its error is 1, known to
    11 % (C1) and 4 % (the eight others); errors from the misfit itself would give 0.4."""
    pulls: dict[str, list[float]] = {"C1": [], "R0": [], "R1": []}
    for n in range(40):
        spectra = [with_outliers(4 * n + k, count, R1=50.0 + 10 * k) for k, count in enumerate(outliers)]
        fits = series_of(spectra, shared=["C1"], robust=True, starts=2).fits
        for k, fit in enumerate(fits):
            for name, truth in (("R0", 10.0), ("R1", 50.0 + 10 * k), ("C1", 1e-5)):
                if name != "C1" or k == 0:
                    value, error = fit.values[name], fit.standard_errors[name]
                    pulls[name].append(np.log(value / truth) * value / error)
    assert np.std(pulls["C1"]) == pytest.approx(1.0, abs=0.3)
    for name in ("R0", "R1"):
        assert np.std(pulls[name]) == pytest.approx(1.0, abs=0.17)


def with_outliers(seed: int, count: int, **changed: float) -> Spectrum:
    """Some points off by 20 % in any direction of the plane."""
    rng = np.random.default_rng(30_000 + seed)
    z = one_arc(seed=seed, **changed).impedance_ohm.copy()
    z[rng.choice(z.size, count, replace=False)] *= 1 + 0.2 * np.exp(2j * np.pi * rng.random(count))
    return spectrum(z)


def test_at_a_bound_only_if_pressed_against_it() -> None:
    """As in a fit of one spectrum; a shared parameter is pressed where all spectra together press it."""
    problem, batch = problem_of(ONE_ARC), batch_of(SAMPLES)
    low, high = problem.space.lower, problem.space.upper
    fit = joint_fit(problem, batch, np.log(np.repeat([[10.0], [50.0], [1e-5]], 4, axis=1)), SHARED)
    u, gradient = fit.u.copy(), np.zeros((3, 4))
    u[0, :2], u[1, 2:], u[2] = low[0], high[1], low[2]
    gradient[0, :2], gradient[1, 2:], gradient[2] = (1.0, -1.0), (1.0, -1.0), (3.0, -1.0, -1.0, -0.5)
    known = joint_uncertainty(problem, batch, replace(fit, u=u, gradient=gradient), SHARED, 4 * 96)
    np.testing.assert_array_equal(known.at_bound, [[1, 0, 0, 0], [0, 0, 0, 1], [1, 1, 1, 1]])
    np.testing.assert_array_equal(np.isnan(known.standard_error), known.at_bound)


def test_a_shared_parameter_at_its_bound() -> None:
    """C1 may not go where the data want it: it ends at the bound, and the others settle beside it."""
    result = series(shared=["C1"], bounds={"C1": (2e-5, 1e-3)})
    assert [fit.values["C1"] for fit in result.fits] == pytest.approx([2e-5] * 4)
    assert all(np.isnan(fit.standard_errors["C1"]) for fit in result.fits)
    assert all(any(text.startswith("C1 ended at its lower bound") for text in fit.warnings) for fit in result.fits)
    assert all(fit.standard_errors["R1"] > 0 for fit in result.fits)
