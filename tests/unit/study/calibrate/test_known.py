"""What is said of unknowns after a fit."""

from __future__ import annotations

import numpy as np
import pytest

from sscell.study.calibrate.known import covariance, known, reach, told_together
from sscell.study.calibrate.schema import ParameterSpec
from sscell.study.calibrate.unknowns import Unknown


def unknown(name: str, **values: object) -> Unknown:
    given = {"value": 2.0, "spread": 3.0, "source": "test", **values}
    return Unknown(name, ParameterSpec.model_validate(given))


SIGMA = unknown("conductivity")
THICK = unknown("coverage")
DEEP = unknown("depth", scale="linear", value=1.0, spread=0.5, low=0.0)
FREE, NONE = np.zeros(3, bool), np.zeros(3)


def test_coordinates_and_values() -> None:
    assert SIGMA.value(1.0) == pytest.approx(6.0) and SIGMA.coordinate(6.0) == pytest.approx(1.0)
    assert DEEP.value(-1.0) == pytest.approx(0.5) and DEEP.coordinate(0.5) == pytest.approx(-1.0)
    assert DEEP.bounds == (-2.0, np.inf)


def test_what_is_at_its_bound_is_not_beyond_it() -> None:
    """0.85 - 8.5 × 0.1 is below zero by rounding."""
    near = unknown("x", scale="linear", value=0.85, spread=0.1, low=0.0, high=0.999)
    assert 0.85 + 0.1 * near.bounds[0] < 0
    assert near.value(near.bounds[0]) == 0.0 and near.value(near.bounds[1]) == 0.999


def test_a_flat_prior_that_nothing_narrows_is_told_by_its_bounds() -> None:
    flat = unknown("x", flat=True, low=0.02, high=200.0)
    rows = known([flat, SIGMA], ["1"] * 2, np.zeros(2), np.diag([1e6, 0.01]), FREE[:2], NONE[:2])
    assert (rows[0].word, rows[0].low, rows[0].high) == ("told by its bounds", 0.02, 200.0)


def test_steps_lead_away_from_a_bound() -> None:
    near = unknown("x", high=2.0)
    assert near.step(0.0) < 0 < near.step(-1.0)


def test_intervals_are_those_of_the_covariance_and_stay_inside_bounds() -> None:
    rows = known([SIGMA, THICK, DEEP], ["1"] * 3, np.array([0.0, 1.0, -1.8]), np.diag([0.01, 0.81, 0.04]), FREE, NONE)
    assert rows[0].low == pytest.approx(2.0 * 3.0 ** (-0.196), rel=1e-3)
    assert rows[0].word == "" and rows[1].word == "told by its prior"
    assert rows[2].low == 0.0


def test_a_pair_that_only_its_product_knows() -> None:
    """Data that see the sum of two logarithms: a correlation near -1, and the error of the product alone."""
    matrix = np.eye(3)
    row = np.array([1.0, 1.0, 0.0]) / 0.01
    spread = covariance(matrix + np.outer(row, row), FREE)
    (sentence,) = told_together([SIGMA, THICK, DEEP], spread, FREE)
    assert sentence.startswith("conductivity and coverage cannot be told apart by these data: only their product, ±")
    error = float(sentence.split("±")[1].split(" %")[0])
    assert error == pytest.approx(100 * np.expm1(0.01 * np.log(3)), rel=0.05)


def test_a_pair_that_only_its_ratio_knows() -> None:
    row = np.array([1.0, -1.0, 0.0]) / 0.01
    (sentence,) = told_together([SIGMA, THICK, DEEP], covariance(np.eye(3) + np.outer(row, row), FREE), FREE)
    assert "only their ratio" in sentence


def test_what_is_at_its_bound_has_no_error_and_no_partner() -> None:
    held = np.array([False, False, True])
    spread = covariance(np.eye(3) * 4, held)
    assert spread[2, 2] == 0 and spread[0, 0] == pytest.approx(0.25)
    assert known([SIGMA, THICK, DEEP], ["1"] * 3, np.zeros(3), spread, held, NONE)[2].word == "at its bound"


@pytest.mark.parametrize("gradient", [1e-12, 0.7, 5.0, 1e3])
def test_what_is_at_its_bound_reaches_inside(gradient: float) -> None:
    """95 of 100 by quadrature of exp(-cost) inside the bound, the other unknowns free."""
    matrix = np.array([[2.0, 0.6, 0.0], [0.6, 1.5, 0.3], [0.0, 0.3, 1.0]])
    found = reach(matrix, np.array([0.0, 0.0, gradient]), np.array([False, False, True]))
    assert found[0] == found[1] == 0
    curvature = 1 / np.linalg.inv(matrix)[2, 2]
    d = np.linspace(0, min(12.0, 40 / gradient), 200_001)
    share = np.cumsum(np.exp(-gradient * d - curvature * d**2 / 2))
    assert found[2] == pytest.approx(d[np.searchsorted(share, 0.95 * share[-1])], rel=1e-3)
    rows = known([SIGMA, THICK, DEEP], ["1"] * 3, np.array([0.0, 0.0, -2.0]), np.zeros((3, 3)), FREE, found)
    assert rows[2].low == 0.0
    held = known([SIGMA, THICK, DEEP], ["1"] * 3, np.array([0.0, 0.0, -2.0]), np.zeros((3, 3)), found != 0, found)[2]
    assert (held.low, held.high) == (0.0, pytest.approx(0.5 * found[2]))
