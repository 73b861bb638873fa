"""Errors, intervals, information criteria and warnings of one fit."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import (
    FREQUENCY_HZ,
    ONE_ARC,
    ONE_VALUES,
    TWO_ARCS,
    fit,
    impedance_of,
    noisy,
    one_arc,
    problem_of,
    spectrum,
    stacked_residuals,
    two_arcs,
)
from scipy.stats import t as student

from sscell.fit import FitStatus
from sscell.fit.determination import determinations
from sscell.fit.warnings_in_words import warnings_of_fit
from sscell.rounding import rounded


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
    [said] = [text for text in halves.warnings if "told apart" in text]
    assert said.startswith("R0 and R1 can hardly be told apart: one can be traded for the other (correlation -")
    assert "product" not in said
    assert not any(text.startswith(("R2 ", "C2 ")) for text in (*found.warnings, *halves.warnings))


def test_a_branch_that_is_not_there_is_reported() -> None:
    """An arc too many: its parameters cannot all be determined."""
    result = fit("R0-p(R1,C1)-p(R2,C2)", one_arc())
    assert any(text.split()[0] in {"R1", "C1", "R2", "C2"} for text in result.warnings)
    assert sum("told apart" in text for text in result.warnings) <= 1
    assert result.chi_square <= fit(ONE_ARC, one_arc()).chi_square * (1 + 1e-6)


def test_a_circuit_that_is_too_simple_is_reported() -> None:
    result = fit(ONE_ARC, one_arc(noise=0.002), fixed={"R0": 30.0})
    assert any("The residuals follow each other" in text for text in result.warnings)


def test_rounding_is_no_structure() -> None:
    """Without noise, residuals of 1e-16 follow each other, which says nothing about the circuit."""
    result = fit(ONE_ARC, one_arc(noise=0.0))
    assert result.chi_square < 1e-20
    assert result.warnings == ()


@pytest.mark.parametrize("points", [1, 2])
def test_with_no_more_data_than_parameters_nothing_is_known(points: int) -> None:
    """One or two points and four parameters are met exactly, which says nothing of the noise."""
    circuit, f = "R0-p(R1,CPE1)", np.geomspace(1e3, 1e2, 2)[:points]
    values = {"R0": 10.0, "R1": 50.0, "CPE1_0": 1e-5, "CPE1_1": 0.9}
    result = fit(circuit, spectrum(impedance_of(circuit, values, f), f))
    said = (
        f"R0, R1, CPE1_0 and CPE1_1 are not determined by these data: there are {2 * points} data for 4 free parameters"
    )
    assert [text.partition(";")[0] for text in result.warnings if "not converge" not in text] == [said]
    assert result.degrees_of_freedom == 0
    assert all(np.isinf(list(result.standard_errors.values())))
    for c in result.task.problem.space.coordinates:
        assert result.intervals[c.name] == pytest.approx((c.lower, c.upper), rel=1e-12)
    assert np.isnan(result.reduced_chi_square)
    assert np.isnan(result.covariance).all()
    assert result.aicc == result.bic == np.inf
    assert "R1" in repr(result)


def test_one_datum_more_than_parameters_is_the_least() -> None:
    f = np.geomspace(1e4, 1e2, 2)
    result = fit(ONE_ARC, spectrum(noisy(impedance_of(ONE_ARC, ONE_VALUES, f), 0.01, 0), f))
    assert result.degrees_of_freedom == 1
    assert np.isfinite(list(result.standard_errors.values())).all()
    assert np.isfinite(result.reduced_chi_square)


def test_a_misfit_of_exactly_zero() -> None:
    result = fit("R0", spectrum(np.ones(48, complex)), initial={"R0": 1.0})
    assert result.chi_square == 0.0
    assert result.warnings == ()
    assert result.standard_errors == {"R0": 0.0}
    assert result.intervals["R0"] == (result.values["R0"], result.values["R0"])
    assert result.correlation == pytest.approx(np.ones((1, 1)))
    assert np.isfinite([result.aicc, result.bic, result.residual_correlation, result.reduced_chi_square]).all()
    robust = fit("R0", spectrum(np.ones(48, complex)), initial={"R0": 1.0}, robust=True)
    assert robust.standard_errors == {"R0": 0.0}
    assert robust.warnings == ()


def words_of(errors: list[float], correlation: np.ndarray, circuit: str = "R0-p(R1,CPE1)-Wo1") -> list[str]:
    """The sentences on exchange, for errors and correlations in search coordinates."""
    space = problem_of(circuit).space
    u, flat = (space.lower + space.upper) / 2, np.zeros((2, space.size), dtype=bool)
    error = np.array(errors)
    known = determinations(space, u, error, error, flat)
    found = warnings_of_fit(space, u, error, correlation, error, flat, known, FitStatus.CONVERGED, 0.0, 96)
    return [text for text in found if "told apart" in text]


def said_of_r0(error: float, further: tuple[float, float] = (0.0, 0.0)) -> str:
    """The sentence on R0 = 10, whose logarithm has this error and twice this half width."""
    space = problem_of("R0-p(R1,CPE1)-Wo1").space
    errors, reach = np.full(space.size, 0.01), np.zeros((2, space.size))
    u = (space.lower + space.upper) / 2
    u[0], errors[0], reach[:, 0] = np.log(10.0), error, further
    half, apart = 2 * errors, np.eye(space.size)
    known = determinations(space, u, errors, half, reach)
    found = warnings_of_fit(space, u, errors, apart, half, reach, known, FitStatus.CONVERGED, 0.0, 96)
    return " ".join(found)


@pytest.mark.parametrize(
    ("error", "further", "said"),
    [
        (0.14, (0, 0), ""),
        (0.2, (0, 0), "R0 is poorly determined (± 20 %): its 95 % interval is 6.7 to 14.9."),
        (0.6, (0, 0), "R0 is not determined by these data: its 95 % interval is 3.01 to 33.2."),
        (
            0.05,
            (0.14, 0),
            "R0 is poorly determined downwards (± 5 %): its 95 % interval from the curvature is 9.05 to 11.1, but the "
            "misfit rises more slowly than that and allows values down to about 8.69.",
        ),
        (
            0.05,
            (0, np.inf),
            "R0 is not determined by these data upwards: its 95 % interval from the curvature is 9.05 to 11.1, but at "
            "27.2 the misfit still is within the limit; profile_likelihood shows its course.",
        ),
    ],
)
def test_words_follow_error_and_reach(error: float, further: tuple[float, float], said: str) -> None:
    assert said_of_r0(error, further) == said


def correlated(*pairs: tuple[int, int, float], size: int = 6) -> np.ndarray:
    out = np.eye(size)
    for i, j, value in pairs:
        out[i, j] = out[j, i] = value
    return out


def test_parameters_that_can_be_traded_make_one_sentence_a_group() -> None:
    """Joined through R1, though R0 and CPE1_0 themselves are less correlated."""
    said = words_of(
        [0.5, 0.5, 0.5, 0.01, 0.3, 0.3], correlated((0, 1, -0.999), (1, 2, 0.998), (0, 2, 0.9), (4, 5, 0.999))
    )
    assert said == [
        "R0, R1 and CPE1_0 can hardly be told apart: they can be traded for each other and leave the fit as it is.",
        "Wo1_0 and Wo1_1 can hardly be told apart: one can be traded for the other (correlation 0.9990), near these "
        "values only their ratio is determined.",
    ]


@pytest.mark.parametrize(
    ("errors", "pair", "ending"),
    [
        pytest.param({4: 0.5, 5: 0.52}, (4, 5, -0.999), "only their product is determined.", id="equal errors"),
        pytest.param({4: 0.5, 5: 1.0}, (4, 5, 0.999), "(correlation 0.9990).", id="a power of one goes with the other"),
        pytest.param({0: 0.5, 1: 0.5}, (0, 1, -0.999), "(correlation -0.9990).", id="the sum of two resistances"),
        pytest.param({2: 0.5, 3: 0.5}, (2, 3, -0.999), "(correlation -0.9990).", id="an exponent"),
    ],
)
def test_a_product_is_named_where_it_is_one(errors: dict[int, float], pair: tuple, ending: str) -> None:
    [said] = words_of([errors.get(k, 0.01) for k in range(6)], correlated(pair))
    assert said.endswith(ending)


def test_an_order_that_bounds_prevent_is_reported() -> None:
    """The first arc can be no slower than 35 µs, the second no faster than 4.5 ms."""
    bounds = {"R1": (25.0, 35.0), "C1": (1e-7, 1e-6), "R2": (45.0, 55.0), "C2": (1e-4, 1e-3)}
    result = fit(TWO_ARCS, two_arcs(), order=("R2", "R1"), bounds=bounds)
    [said] = [
        text for text in result.warnings if text.startswith("The order asked for is not kept: p(R2,C2) ended with")
    ]
    assert f"{result.values['R2'] * result.values['C2']:.3g} s, p(R1,C1) with" in said
    assert f"{result.values['R1'] * result.values['C1']:.3g} s;" in said
    assert not any("order" in text for text in fit(TWO_ARCS, two_arcs(), order=("R1", "R2")).warnings)


def test_a_table_and_a_text_of_the_result() -> None:
    result = fit(ONE_ARC, one_arc(), fixed={"R0": 10.0})
    table = result.to_pandas()
    assert table.index.tolist() == ["R0", "R1", "C1"]
    assert table["unit"].tolist() == ["ohm", "ohm", "F"]
    assert table["free"].tolist() == [False, True, True]
    assert table.loc["C1", "lower_95"] == result.intervals["C1"][0]
    text = repr(result)
    lines = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in text.splitlines()[1:4]}
    assert lines["R0"].split() == ["10.00", "ohm", "(fixed)"]
    for name in ("R1", "C1"):  # two digits of the error, the value to the same place
        assert lines[name].startswith(rounded(result.values[name], result.standard_errors[name]).text)
    assert "modulus weights" in text
    assert result.name == "spectrum"


def test_the_fitted_circuit_at_other_frequencies() -> None:
    result = fit(ONE_ARC, one_arc())
    np.testing.assert_allclose(result.impedance(FREQUENCY_HZ[::-1]), result.impedance_ohm[::-1], rtol=1e-12)
