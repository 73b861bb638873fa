"""Values to start from: all of them instead of a search, or some of them beside one."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import ONE_ARC, TWO_ARCS, fit, impedance_of, noisy, one_arc, problem_of, spectrum, two_arcs

from sscell.circuit import Circuit, CircuitParameter, Formula, SubstitutedCircuit
from sscell.errors import InputError
from sscell.fit.initial import coordinates_from_initial
from sscell.fit.state import FitStatus

# The documented fit of impedance.py's example is such a place: two branches that can take over each other's part.
EITHER = "R0-p(R1,C1)-p(R2,CPE2)"
TRUTH = {"R0": 10.0, "R1": 30.0, "C1": 1e-6, "R2": 50.0, "CPE2_0": 5e-4, "CPE2_1": 0.8}


def test_all_values_replace_the_search() -> None:
    """From a start at the truth; share and number of starts say that nothing was searched."""
    result = fit(ONE_ARC, one_arc(), initial={"R0": 10.0, "R1": 50.0, "C1": 1e-5})
    searched = fit(ONE_ARC, one_arc())
    assert (result.starts, result.share_of_starts, result.status) == (1, 1.0, FitStatus.CONVERGED)
    assert result.chi_square == pytest.approx(searched.chi_square, rel=1e-5)


def test_values_of_an_earlier_fit_are_a_start() -> None:
    """Fixed, tied and those at a bound too, which rounding may carry across it: the fit stays where it was."""
    options = {"fixed": {"R0": 10.5}, "ties": {"R2": ("R1", 5 / 3)}, "bounds": {"C2": (3e-4, 1e-2)}}
    first = fit(TWO_ARCS, two_arcs(), **options)
    again = fit(TWO_ARCS, two_arcs(), **options, initial=first.values)
    assert (again.starts, again.values["R0"]) == (1, 10.5)
    assert first.values["C2"] == pytest.approx(3e-4, rel=1e-9)
    for name, value in first.values.items():
        assert again.values[name] == pytest.approx(value, abs=0.01 * np.nan_to_num(first.standard_errors[name]) + 1e-12)


def test_fixed_and_tied_parameters_need_no_value() -> None:
    """They follow from what was given already; a tied one stands for the other as well."""
    fixed = fit(ONE_ARC, one_arc(), fixed={"R0": 10.5}, initial={"R1": 50.0, "C1": 1e-5})
    assert (fixed.values["R0"], fixed.starts) == (10.5, 1)
    for name, value in (("R1", 25.0), ("R2", 50.0)):
        given = {"R0": 10.0, name: value, "C1": 1e-6, "C2": 2e-4}
        tied = fit(TWO_ARCS, two_arcs(R1=25.0), ties={"R2": ("R1", 2.0)}, initial=given)
        assert tied.values["R2"] == pytest.approx(50.0, rel=0.02)
        assert tied.starts == 1


@pytest.mark.parametrize("name", ["R1", "C2"])
def test_some_values_beside_a_search_for_the_rest(name: str) -> None:
    """From the truth of one parameter the whole fit is found, and every start counts."""
    values = {"R0": 10.0, "R1": 30.0, "C1": 1e-6, "R2": 50.0, "C2": 2e-4}
    searched, result = fit(TWO_ARCS, two_arcs()), fit(TWO_ARCS, two_arcs(), initial={name: values[name]}, starts=8)
    assert result.starts == 8
    assert result.chi_square == pytest.approx(searched.chi_square, rel=1e-5)


def test_a_named_value_leads_to_its_own_optimum() -> None:
    """The ideal capacitor started in the slow arc, whose residuals it leaves: a worse optimum than the search finds,
    near to where it was sent."""
    sample = spectrum(noisy(impedance_of(EITHER, TRUTH), 0.002, 1))
    searched, sent = fit(EITHER, sample), fit(EITHER, sample, initial={"C1": 3e-4})
    assert searched.values["C1"] == pytest.approx(1e-6, rel=0.05)
    assert sent.values["C1"] > 1e-4
    assert sent.chi_square > 2 * searched.chi_square


def test_nothing_named_is_a_search() -> None:
    assert fit(ONE_ARC, one_arc(), initial={}).values == fit(ONE_ARC, one_arc()).values


def test_starts_are_search_coordinates_of_the_free_ones() -> None:
    space = problem_of("R0-p(R1,CPE1)", fixed={"R0": 7.0}).space
    found = coordinates_from_initial(space, {"R0": 7.0, "R1": 20.0, "CPE1_1": 0.9}, "R0-p(R1,CPE1)")
    assert found == {0: pytest.approx(np.log(20.0)), 2: 0.9}


def by_time_constant() -> SubstitutedCircuit:
    """The arc by its time constant instead of its capacitance; its own values are off by factors."""
    given = {"R0": ("ohm", 3.0), "R1": ("ohm", 200.0), "tau": ("s", 5e-3)}
    return SubstitutedCircuit(
        circuit=Circuit(ONE_ARC),
        parameters=tuple(
            CircuitParameter(name=name, meaning=name, unit=unit, lower=1e-6, upper=1e6)
            for name, (unit, _) in given.items()
        ),
        values={name: value for name, (_, value) in given.items()},
        formulas={
            "R0": Formula(("R0",), lambda r: r),
            "R1": Formula(("R1",), lambda r: r),
            "C1": Formula(("R1", "tau"), lambda r, tau: tau / r),
        },
    )


def test_a_circuit_in_other_parameters_starts_the_rest_at_its_own_values() -> None:
    """One fit without a search, to the optimum of the circuit itself."""
    plain, result = fit(ONE_ARC, one_arc()), fit(by_time_constant(), one_arc(), initial={"tau": 1e-4})
    assert (result.starts, result.status) == (1, FitStatus.CONVERGED)
    assert result.chi_square == pytest.approx(plain.chi_square, rel=1e-5)
    assert result.values["tau"] == pytest.approx(plain.values["R1"] * plain.values["C1"], rel=1e-3)
    with pytest.raises(InputError, match=r"initial: tau .* must lie within its bounds, 1e-06 to 1e\+06 s, got 1e-09"):
        fit(by_time_constant(), one_arc(), initial={"tau": 1e-9})
