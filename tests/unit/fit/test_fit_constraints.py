"""Bounds, fixed values, ties and orders: they hold, and what cannot be is said in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fitted_samples import ONE_ARC, TWO_ARCS, fit, impedance_of, noisy, one_arc, problem_of, spectrum, two_arcs

from sscell.errors import InputError


def test_a_fixed_value_stays_exactly() -> None:
    result = fit(ONE_ARC, one_arc(), fixed={"R0": 10.5})
    assert result.values["R0"] == 10.5
    assert result.standard_errors["R0"] == 0.0
    assert result.intervals["R0"] == (10.5, 10.5)
    assert result.free == ("R1", "C1")
    assert result.correlation.shape == (2, 2)


def test_a_tied_value_is_the_factor_times_the_other() -> None:
    """True factor 2; the tie costs nothing then, and the error of the tied one follows."""
    sample = two_arcs(R1=25.0, R2=50.0)
    result = fit(TWO_ARCS, sample, ties={"R2": ("R1", 2.0)})
    assert result.values["R2"] == pytest.approx(2 * result.values["R1"], rel=1e-14)
    assert result.standard_errors["R2"] == pytest.approx(2 * result.standard_errors["R1"], rel=1e-12)
    assert result.intervals["R2"] == pytest.approx([2 * v for v in result.intervals["R1"]], rel=1e-12)
    assert result.values["R1"] == pytest.approx(25.0, abs=4 * result.standard_errors["R1"])
    assert result.standard_errors["R1"] < fit(TWO_ARCS, sample).standard_errors["R1"]


def test_tied_to_a_fixed_value() -> None:
    result = fit(TWO_ARCS, two_arcs(), fixed={"R1": 30.0}, ties={"R2": ("R1", 5 / 3)})
    assert result.values["R2"] == pytest.approx(50.0, rel=1e-14)
    assert "R2" not in result.free


def test_bounds_are_kept_and_an_active_one_is_reported() -> None:
    result = fit(ONE_ARC, one_arc(), bounds={"R1": (1.0, 40.0)})
    assert result.values["R1"] == pytest.approx(40.0, rel=1e-12)
    assert np.isnan(result.standard_errors["R1"])
    assert any("R1 ended at its upper bound 40" in text for text in result.warnings)
    low = fit(ONE_ARC, one_arc(), bounds={"R1": (60.0, 1e3)})
    assert low.values["R1"] == pytest.approx(60.0, rel=1e-12)
    assert any("R1 ended at its lower bound 60" in text for text in low.warnings)


def test_bounds_out_of_the_way_change_nothing() -> None:
    plain, bounded = fit(ONE_ARC, one_arc()), fit(ONE_ARC, one_arc(), bounds={"R1": (1.0, 400.0)})
    for name in plain.values:
        assert bounded.values[name] == pytest.approx(plain.values[name], abs=3e-3 * plain.standard_errors[name])


def time_constants(result: Any) -> tuple[float, float]:
    v = result.values
    return v["R1"] * v["C1"], v["R2"] * v["C2"]


def test_order_may_be_the_other_way_round() -> None:
    """The second name gets the fast arc, against the order in which names are given without it."""
    slow, fast = time_constants(fit(TWO_ARCS, two_arcs(), order=("C2", "C1")))
    assert (slow, fast) == (pytest.approx(1e-2, rel=0.02), pytest.approx(3e-5, rel=0.02))


def test_order_holds_where_the_data_want_otherwise() -> None:
    """Bounds that put the slow arc under the first name: the order then forbids what the data show, the fit is worse,
    and the violation stays small: it costs as much as a misfit of its size."""
    bounds = {"C1": (5e-5, 1e-2), "C2": (1e-8, 5e-6)}
    first, second = time_constants(fit(TWO_ARCS, two_arcs(), bounds=bounds))
    assert first > 100 * second
    result = fit(TWO_ARCS, two_arcs(), bounds=bounds, order=("R1", "R2"))
    first, second = time_constants(result)
    assert first <= 1.5 * second
    assert result.chi_square > 10 * fit(TWO_ARCS, two_arcs()).chi_square


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bounds": {"R11": (1, 2)}}, r"bounds: 'R11' is no parameter of R0-p\(R1,C1\).*R1.*it has R0, R1, C1"),
        ({"fixed": {"c1": 1.0}}, r"fixed: 'c1' is no parameter of R0-p\(R1,C1\).*C1"),
        ({"ties": {"R2": "R1"}}, r"ties: 'R2' is no parameter"),
        ({"ties": {"R1": "R3"}}, r"ties: 'R3' is no parameter"),
        ({"bounds": {"R1": (1, 2)}, "fixed": {"R1": 1.5}}, r"R1 has bounds and is fixed; give one of the two"),
        ({"bounds": {"R1": (2, 1)}}, r"bounds: R1 needs \(lower, upper\), lower first, in ohm, got \(2, 1\)"),
        ({"bounds": {"R1": 3}}, r"bounds: R1 needs \(lower, upper\)"),
        ({"bounds": {"R1": (1, 2, 3)}}, r"bounds: R1 needs \(lower, upper\)"),
        ({"bounds": {"R1": ("a", 2)}}, r"bounds: R1 needs \(lower, upper\)"),
        ({"bounds": {"R1": (float("nan"), 2)}}, r"bounds: R1 needs \(lower, upper\)"),
        ({"bounds": {"R1": (0, 2)}}, r"R1 is searched by its logarithm, so its lower bound must be positive, got 0"),
        ({"fixed": {"R1": -1}}, r"fixed: R1 \(resistance, ohm\) must be positive, got -1"),
        ({"fixed": {"R1": "big"}}, r"fixed: R1 \(resistance, ohm\) must be a number, got 'big'"),
        ({"fixed": {"R1": float("inf")}}, r"fixed: R1 .* must be positive, got inf"),
        ({"fixed": {"R0": 1, "R1": 1, "C1": 1}}, r"Nothing of R0-p\(R1,C1\) is left to fit: free at least one"),
        ({"ties": {"R0": "R1", "R1": "R0"}}, r"ties: R0 is tied to R1, which is tied itself"),
        ({"ties": {"R0": "R1"}, "fixed": {"R0": 1}}, r"ties: R0 is tied, so it can neither be fixed nor bounded"),
        ({"ties": {"R0": ("R1", 0)}}, r"ties: the factor of R0 must be positive, got 0"),
        ({"ties": {"R0": ("R1", -2)}}, r"ties: the factor of R0 must be positive"),
        ({"fixed": {"C": 1.0}}, r"'C' is no parameter"),
        ({"order": "R1,C1"}, r"order: give element names as a tuple, such as \('R1', 'R2'\), got the text 'R1,C1'"),
        ({"order": ("R1",)}, r"order: at least two elements must be named"),
        ({"order": ("R1", "R9")}, r"order: 'R9' is no element of R0-p\(R1,C1\).*it has R0, R1, C1"),
        ({"order": ("R0", "R1")}, r"order: 'R0' stands in a branch of R0-p\(R1,C1\) without a time constant"),
        ({"order": ("R1", "C1")}, r"order: two of \['R1', 'C1'\] stand in the same branch"),
        ({"initial": {"R2": 1.0}}, r"initial: 'R2' is no parameter of R0-p\(R1,C1\).*it has R0, R1, C1"),
        (
            {"initial": {"R0": 1.0, "R1": -1.0}},
            r"initial: R1 \(resistance\) must lie within its bounds, 1e-06 to 1e\+12 ohm, got -1; start within "
            r"them, or give others by bounds=\{'R1': \(lower, upper\)\}",
        ),
        ({"initial": {"R1": 60.0}, "bounds": {"R1": (1, 50)}}, r"initial: R1 .* its bounds, 1 to 50 ohm, got 60"),
        ({"initial": {"R1": 0.0}}, r"initial: R1 .* must lie within its bounds, 1e-06 to 1e\+12 ohm, got 0"),
        ({"initial": {"R1": "big"}}, r"initial: R1 must be one finite number, got 'big'"),
        ({"initial": {"R1": float("nan")}}, r"initial: R1 must be one finite number, got nan"),
        ({"initial": {"R1": [1.0, 2.0]}}, r"initial: R1 must be one finite number, got \[1.0, 2.0\]"),
        ({"initial": [10.0, 50.0, 1e-5]}, r"initial: values must be given by name, e.g. \{'R0': 1.0\}, got \[10.0"),
        ({"initial": {"R0": 1.0}, "fixed": {"R0": 2.0}}, r"initial: R0 is held at 2 ohm, got 1; leave it out of init"),
        (
            {"initial": {"R0": 1.0, "R1": 5.0}, "ties": {"R1": ("R0", 2.0)}},
            r"initial: R1 is tied to a parameter that starts elsewhere, got 5; leave one of the two out",
        ),
        ({"starts": 0}, r"starts must be a whole number from 1 to 4096, got 0"),
        ({"starts": 2.5}, r"starts must be a whole number"),
        ({"seed": -1}, r"seed must be"),
        ({"weights": "modulos"}, r"weights must be one of modulus, proportional, unit, noise, got 'modulos'.*modulus"),
        ({"band": "kk"}, r"band must be 'kramers-kronig', 'all' or \(lowest_Hz, highest_Hz\), got 'kk'"),
        ({"band": (10, 1)}, r"band must be .*lowest first, got \(10, 1\)"),
        ({"band": 3}, r"band must be"),
        ({"band": (1e-4, 1e-3)}, r"band: 0 points lie between 0.0001 and 0.001 Hz; the spectrum has 1 to 100000 Hz"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit(ONE_ARC, one_arc(), **options)


def test_kinds_of_parameters_and_their_limits() -> None:
    circuit, sample = "R0-p(R1,CPE1)", one_arc()
    with pytest.raises(
        InputError, match=r"ties: CPE1_1 and R1 are in different units \(1, ohm\); tie parameters of one"
    ):
        fit(circuit, sample, ties={"CPE1_1": "R1"})
    with pytest.raises(InputError, match=r"bounds: CPE1_1 \(exponent α\) must be at most 1"):
        fit(circuit, sample, bounds={"CPE1_1": (0.5, 1.2)})
    with pytest.raises(InputError, match=r"bounds: CPE1_1 .*lower"):
        fit(circuit, sample, bounds={"CPE1_1": (-1.0, 0.5)})
    with pytest.raises(InputError, match=r"fixed: CPE1_1 .* must be positive and at most 1, got 1.5"):
        fit(circuit, sample, fixed={"CPE1_1": 1.5})


@pytest.mark.parametrize(("ties", "names"), [({"R1": "C1"}, "R1 and C1"), ({"C1": ("R0", 1e-6)}, "C1 and R0")])
def test_parameters_of_different_units_cannot_be_tied(ties: dict[str, Any], names: str) -> None:
    with pytest.raises(InputError, match=f"ties: {names} are in different units"):
        fit(ONE_ARC, one_arc(), ties=ties)


@pytest.mark.parametrize("tie", [3.0, ("R1",), ("R1", "x"), ("R1", 2.0, 3.0), None])
def test_a_tie_that_is_none_is_refused(tie: Any) -> None:
    with pytest.raises(InputError, match="ties: R0"):
        fit(ONE_ARC, one_arc(), ties={"R0": tie})


def test_a_tied_exponent_stays_in_its_range() -> None:
    """At the upper bounds of the search nothing is above what its law holds for."""
    space = problem_of("R0-p(R1,CPE1)-p(R2,CPE2)", ties={"CPE2_1": ("CPE1_1", 1.5)}).space
    values = dict(zip((p.name for p in space.parameters), space.values(space.upper, np), strict=True))
    assert values["CPE2_1"] <= 1.0
    with pytest.raises(InputError, match="CPE2_1"):
        problem_of("R0-p(R1,CPE1)-p(R2,CPE2)", fixed={"CPE1_1": 0.9}, ties={"CPE2_1": ("CPE1_1", 1.5)})


def test_spectra_are_needed() -> None:
    with pytest.raises(InputError, match="no spectra were given; give one Spectrum or a list of them"):
        fit(ONE_ARC, [])
    with pytest.raises(InputError, match="item 1 is a str, not a Spectrum; make one with"):
        fit(ONE_ARC, [one_arc(), "file.mpr"])


def test_a_list_in_a_list_out() -> None:
    assert not isinstance(fit(ONE_ARC, one_arc()), list)
    assert [type(r).__name__ for r in fit(ONE_ARC, [one_arc()])] == ["FitResult"]


def test_the_same_seed_gives_the_same_fit() -> None:
    z = noisy(impedance_of(TWO_ARCS, {"R0": 10.0, "R1": 30.0, "C1": 1e-5, "R2": 50.0, "C2": 2e-5}), 0.01, 3)
    one, other = (fit(TWO_ARCS, spectrum(z), seed=4) for _ in range(2))
    assert dict(one.values) == dict(other.values)
    assert one.share_of_starts == other.share_of_starts
