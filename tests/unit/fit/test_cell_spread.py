"""Means over repeated cells, with the spread from cell to cell apart from the errors of the fits."""

from __future__ import annotations

import numpy as np
import pytest

from sscell.fit.spread import PairedMeans, group_means, paired_means, slope

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


def paired(change: np.ndarray, error: np.ndarray, seed: int) -> PairedMeans:
    """Cells whose levels differ by half their value, before and after a change, measured with these errors."""
    rng = np.random.default_rng(seed)
    level = 0.5 * rng.normal(size=change.size)
    y = np.concatenate([level, level + change]) + np.tile(error, 2) * rng.normal(size=2 * change.size)
    first = np.arange(y.size) < change.size
    means = paired_means(y, np.tile(error, 2), first, ~first, [str(k) for k in range(change.size)] * 2)
    assert means is not None
    return means


@pytest.mark.parametrize(
    ("cells", "spread", "errors", "lowest", "highest"),
    [
        (3, 0.05, (0.001, 0.001), 0.035, 0.065),  # the t test of pairs
        (4, 0.05, (0.05, 0.05), 0.02, 0.06),  # the floor by the errors of the fits makes it careful
        (5, 0.0, (0.01, 0.01), 0.01, 0.04),
        (5, 0.05, (0.01, 0.06), 0.03, 0.085),  # the scatter of five, of which two count little
    ],
)
def test_false_alarms_within_cells(
    cells: int, spread: float, errors: tuple[float, float], lowest: float, highest: float
) -> None:
    """No change on average; 1,000 comparisons know 5 % to 0.7 %."""
    error = np.geomspace(*errors, cells)
    changes = spread * np.random.default_rng(7).normal(size=(1000, cells))
    found = [paired(change, error, k) for k, change in enumerate(changes)]
    assert lowest <= np.mean([abs(p.second - p.first) > p.half_width for p in found]) <= highest


def test_within_cells_is_the_paired_t_test_where_fits_are_exact() -> None:
    from scipy.stats import ttest_rel

    y = np.array([1.0, 2.0, 4.0, 1.4, 2.3, 4.5])
    first = np.arange(6) < 3
    means = paired_means(y, np.full(6, 1e-6), first, ~first, list("abcabc"))
    assert means is not None
    low, high = ttest_rel(y[3:], y[:3]).confidence_interval(0.95)
    assert means.pairs == 3
    assert means.second - means.first == pytest.approx((low + high) / 2)
    assert means.half_width == pytest.approx((high - low) / 2, rel=1e-6)


def test_pairs_need_two_cells_with_known_values() -> None:
    """Sweeps of one cell count once; a value at its bound takes its cell out."""
    first = np.array([True, True, True, False, False])
    y, error = np.array([1.0, 1.2, 3.0, 2.0, 4.0]), np.full(5, 0.1)
    both = paired_means(y, error, first, ~first, list("aabab"))
    assert both is not None
    # The two changes, 0.9 and 1.0, agree within the errors of the fits.
    share = np.array([1 / 0.015, 1 / 0.02]) / (1 / 0.015 + 1 / 0.02)
    assert both.pairs == 2
    assert (both.first, both.second) == (pytest.approx(share @ [1.1, 3.0]), pytest.approx(share @ [2.0, 4.0]))
    assert paired_means(y, np.array([0.1, 0.1, np.nan, 0.1, 0.1]), first, ~first, list("aabab")) is None
    assert paired_means(y, error, first, ~first, list("aabac")) is None


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
