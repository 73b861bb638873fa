"""Branches of one kind may change places: they come out fast to slow, with all that belongs to them."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, TWO_ARCS, TWO_VALUES, fit, problem_of, stacked_residuals, two_arcs

from sscell.circuit import Circuit
from sscell.fit.relabel import interchangeable

SWAPPED = {"R0": 10.0, "R1": 50.0, "C1": 2e-4, "R2": 30.0, "C2": 1e-6}


def test_fast_to_slow_wherever_the_fit_started() -> None:
    straight, swapped = (fit(TWO_ARCS, two_arcs(), initial=v) for v in (TWO_VALUES, SWAPPED))
    for result in (straight, swapped):
        assert result.values["R1"] * result.values["C1"] < result.values["R2"] * result.values["C2"]
    for name in straight.values:
        error = straight.standard_errors[name]
        assert swapped.values[name] == pytest.approx(straight.values[name], abs=1e-2 * error)
        assert swapped.standard_errors[name] == pytest.approx(error, rel=1e-3)
        assert swapped.intervals[name] == pytest.approx(straight.intervals[name], rel=1e-4)
    np.testing.assert_allclose(swapped.covariance, straight.covariance, rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(swapped.correlation, straight.correlation, atol=1e-4)
    np.testing.assert_allclose(swapped.impedance_ohm, straight.impedance_ohm, rtol=1e-5)


def test_covariance_belongs_to_the_values_after_the_change_of_places() -> None:
    """Against a covariance built here at the values returned; arcs of unequal error, so an exchange would show."""
    result = fit(TWO_ARCS, two_arcs(), initial=SWAPPED)
    u = np.log(list(result.values.values()))
    steps = 1e-5 * np.eye(u.size)
    columns = [
        stacked_residuals(TWO_ARCS, np.exp(u + h), result.spectrum)
        - stacked_residuals(TWO_ARCS, np.exp(u - h), result.spectrum)
        for h in steps
    ]
    jacobian = np.array(columns).T / 2e-5
    variance = result.chi_square / (2 * FREQUENCY_HZ.size - u.size)
    expected = variance * np.linalg.inv(jacobian.T @ jacobian)
    np.testing.assert_allclose(result.covariance, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert expected[1, 1] != pytest.approx(expected[3, 3], rel=0.2)


def test_the_task_stands_at_the_values() -> None:
    result = fit(TWO_ARCS, two_arcs(), initial=SWAPPED)
    np.testing.assert_allclose(np.exp(result.task.coordinates), list(result.values.values()))


def test_bounds_of_their_own_keep_branches_in_place() -> None:
    """What the user told apart is not exchanged."""
    result = fit(TWO_ARCS, two_arcs(), bounds={"C1": (5e-5, 1e-2), "C2": (1e-8, 5e-6)})
    assert result.values["R1"] == pytest.approx(50.0, rel=0.02)
    assert result.values["R2"] == pytest.approx(30.0, rel=0.02)


@pytest.mark.parametrize(
    ("circuit", "constraints", "groups"),
    [
        ("R0-p(R1,C1)-p(R2,C2)", {}, [["R1", "R2"]]),
        ("R0-p(R1,C1)-p(R2,CPE2)", {}, []),
        ("R0-p(R1,C1)-p(R2,CPE2)-p(R3,C3)-p(R4,CPE4)", {}, [["R1", "R3"], ["R2", "R4"]]),
        ("R0-p(R1,C1)-p(R2,C2)", {"fixed": {"R1": 1.0}}, []),
        ("R0-p(R1,C1)-p(R2,C2)", {"ties": {"R2": "R1"}}, []),
        ("R0-p(R1,C1)-p(R2,C2)", {"bounds": {"C2": (1e-6, 1e-3)}}, []),
        ("R0-p(R1,C1)-p(R2,C2)", {"bounds": {"C1": (1e-6, 1e-3), "C2": (1e-6, 1e-3)}}, [["R1", "R2"]]),
        ("R0-Zarc1-Zarc2-R3", {}, [["Zarc1_0", "Zarc2_0"]]),
    ],
)
def test_what_may_change_places(circuit: str, constraints: dict, groups: list[list[str]]) -> None:
    """Branches of one kind that the user did not tell apart; named here by their first parameter."""
    problem = problem_of(circuit, **constraints)
    assert isinstance(problem.model, Circuit)
    found = interchangeable(problem.space, problem.model)
    assert [[branch.parameters[0].name for branch in group] for group in found] == groups
