"""Means over repeated cells, with the spread from cell to cell apart from the errors of the fits."""

from __future__ import annotations

import numpy as np
import pytest

from sscell.fit.spread import group_means, slope

GROUP = np.repeat(np.arange(6), 3)
CELLS = [str(k) for k in range(18)]


def drawn(spread: float, error: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return GROUP * 0.1 + spread * rng.normal(size=18) + error * rng.normal(size=18)


@pytest.mark.parametrize(("spread", "error"), [(0.05, 0.01), (0.05, 0.05), (0.02, 0.005)])
def test_spread_is_found_apart_from_the_errors_of_the_fits(spread: float, error: float) -> None:
    """Mean of τ² over 2,000 series; its estimate from 12 degrees of freedom scatters by 41 % of τ² + s², 1 % in the
    mean, and is cut off at 0, which lifts it a little where s is as large as τ."""
    found = [group_means(drawn(spread, error, k), np.full(18, error), GROUP, CELLS).spread for k in range(2000)]
    assert np.mean(np.square(found)) == pytest.approx(spread**2, rel=0.06)


def test_intervals_of_the_means_cover() -> None:
    """95 % with t at 12 degrees of freedom; 2,000 series of 6 means scatter by 0.2 %, the rest is the normal theory of
    a variance that is cut off at 0."""
    from scipy.stats import t as student

    inside = []
    for k in range(2000):
        means = group_means(drawn(0.05, 0.02, k), np.full(18, 0.02), GROUP, CELLS)
        half = student.ppf(0.975, means.degrees) * means.standard_error
        inside.append(np.abs(means.mean - 0.1 * np.arange(6)) <= half)
    assert 0.93 < np.mean(inside) < 0.97


def test_without_repeats_the_errors_are_those_of_the_fits() -> None:
    y, error = np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.2, 0.3])
    means = group_means(y, error, np.arange(3), ["a", "b", "c"])
    assert means.spread is None
    assert means.degrees == np.inf
    np.testing.assert_allclose(means.mean, y)
    np.testing.assert_allclose(means.standard_error, error)
    np.testing.assert_allclose(means.fit_error, error)


def test_sweeps_of_one_cell_are_no_repeats() -> None:
    """Ten sweeps of a cell, weighted together, count as one; two such cells as two."""
    rng = np.random.default_rng(1)
    y = np.concatenate([1.0 + 0.01 * rng.normal(size=10), 1.3 + 0.01 * rng.normal(size=10)])
    means = group_means(y, np.full(20, 0.01), np.zeros(20, int), ["a"] * 10 + ["b"] * 10)
    assert means.cells.tolist() == [2]
    assert means.degrees == 1.0
    assert means.spread == pytest.approx(0.3 / np.sqrt(2), rel=0.05)
    assert means.standard_error[0] == pytest.approx(0.15, rel=0.05)
    alone = group_means(y[:10], np.full(10, 0.01), np.zeros(10, int), ["a"] * 10)
    assert alone.spread is None
    assert alone.standard_error[0] == pytest.approx(0.01 / np.sqrt(10))


def test_values_at_a_bound_are_left_out() -> None:
    """They say where the bound is, not where the cell is; a condition with nothing else has no error."""
    y, error = np.array([1.0, 9.0, 2.0, 3.0]), np.array([0.1, np.nan, 0.2, np.nan])
    means = group_means(y, error, np.array([0, 0, 1, 2]), ["a", "b", "c", "d"])
    assert means.cells.tolist() == [1, 1, 0]
    np.testing.assert_allclose(means.mean, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(means.standard_error, [0.1, 0.2, np.nan])
    nothing = group_means(y, np.full(4, np.nan), np.array([0, 0, 1, 2]), ["a", "b", "c", "d"])
    assert np.isnan(nothing.standard_error).all()
    assert nothing.spread is None


def test_weighted_slope_is_that_of_polyfit() -> None:
    """Where the line fits, the error is that of the weights; where not, it is widened by the misfit."""
    x, error = np.array([250.0, 300, 350, 400, 500, 600]), np.array([1.0, 2, 1, 3, 2, 1]) * 0.1
    y = 0.02 * x + error * np.array([0.3, -0.5, 0.2, 0.8, -0.6, 0.1])
    (expected, _), covariance = np.polyfit(x, y, 1, w=1 / error, cov="unscaled")
    value, standard_error = slope(x, y, error)
    assert (value, standard_error) == (pytest.approx(expected), pytest.approx(np.sqrt(covariance[0, 0])))
    bent = y + 20 * error * np.array([1.0, -1, 1, -1, 1, -1])
    (_, _), scaled = np.polyfit(x, bent, 1, w=1 / error, cov=True)
    assert slope(x, bent, error)[1] == pytest.approx(np.sqrt(scaled[0, 0]))
