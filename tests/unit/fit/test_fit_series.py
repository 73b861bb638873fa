"""A series of anneals with repeats, and what may be asked of it."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from fitted_samples import ONE_ARC, one_arc

from sscell.errors import InputError
from sscell.fit import SeriesResult, compare, fit_series
from sscell.fit.determination import Determination

ANNEALS_C = (250, 300, 350, 400, 500, 600)
SPREAD = 0.05


def anneals(seed: int, slope: float = 1 / 200, repeats: int = 3) -> tuple[list, list, list]:
    """Cells whose R1 grows by `slope` a kelvin in its logarithm; all of R0 and R1 vary by 5 % from cell to cell."""
    rng = np.random.default_rng(seed)
    spectra, conditions, cells = [], [], []
    for temperature in ANNEALS_C:
        for k in range(repeats):
            r0, r1 = np.exp(SPREAD * rng.normal(size=2))
            level = 50.0 * np.exp(slope * (temperature - 400)) * r1
            spectra.append(one_arc(noise=0.004, seed=int(rng.integers(1 << 31)), R0=10.0 * r0, R1=level))
            conditions.append(temperature)
            cells.append(f"{temperature} {k}")
    return spectra, conditions, cells


@functools.cache
def series(seed: int = 0, slope: float = 1 / 200, shared: tuple[str, ...] = ()) -> SeriesResult:
    spectra, conditions, cells = anneals(seed, slope)
    return fit_series(
        ONE_ARC,
        spectra,
        along="anneal_temperature_C",
        conditions=conditions,
        cells=cells,
        shared=shared,
        band="all",
        starts=4,
    )


def test_trend_spread_and_slope_are_recovered() -> None:
    """Means of three cells scatter by 3 %; the spread rests on 12 degrees of freedom: 20 %, taken three times."""
    result = series()
    trend = result.trends["R1"]
    assert (trend.unit, trend.relative) == ("ohm", True)
    assert [m.condition for m in trend.means] == list(ANNEALS_C)
    assert [m.cells for m in trend.means] == [3] * 6
    for mean in trend.means:
        truth = 50.0 * np.exp((mean.condition - 400) / 200)
        assert mean.value == pytest.approx(truth, rel=0.1)
        assert mean.interval[0] < mean.value < mean.interval[1]
        assert mean.fit_error < 0.1 * mean.standard_error
    assert trend.spread == pytest.approx(SPREAD, rel=0.6)
    assert trend.slope == pytest.approx(1 / 200, abs=3 * trend.slope_standard_error)
    assert trend.slope_standard_error == pytest.approx(SPREAD / np.sqrt(3) / np.sqrt(6) / np.std(ANNEALS_C), rel=0.6)
    assert result.trends["R0"].slope == pytest.approx(0.0, abs=3 * result.trends["R0"].slope_standard_error)
    assert result.warnings == ()


def test_errors_of_the_trend_hold_over_many_series() -> None:
    """30 series: pulls of the slope and of the six means with standard deviation 1 (13 % and 5 % known)."""
    results = [series(seed) for seed in range(30)]
    slopes = [(r.trends["R1"].slope - 1 / 200) / r.trends["R1"].slope_standard_error for r in results]
    assert np.std(slopes) == pytest.approx(1.0, abs=0.4)
    covered = [
        m.interval[0] <= 50.0 * np.exp((m.condition - 400) / 200) <= m.interval[1]
        for r in results
        for m in r.trends["R1"].means
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.05)


def test_a_true_change_is_found() -> None:
    """From 400 to 500 °C R1 grows by 1.65; its interval, from two means of three cells, is 9 % wide to either side."""
    comparison = compare(series(), 400, 500)
    changed = comparison.differences["R1"]
    assert changed.distinct
    assert changed.ratio == pytest.approx(np.exp(0.5), rel=0.15)
    assert changed.ratio_interval is not None
    assert changed.ratio_interval[0] < np.exp(0.5) < changed.ratio_interval[1]
    assert changed.difference == pytest.approx(changed.value_b - changed.value_a)
    assert changed.difference_interval == pytest.approx([changed.value_a * (r - 1) for r in changed.ratio_interval])
    assert comparison.summary.startswith("From 400 to 500: R1 is 1.")
    assert "Not shown to change: " in comparison.summary
    assert (comparison.a, comparison.b) == ("anneal_temperature_C = 400", "anneal_temperature_C = 500")
    assert comparison.notes[0].startswith("3 parameters are compared at 95 % each")


def test_the_other_way_round_is_the_inverse() -> None:
    there, back = (compare(series(), *pair).differences["R1"] for pair in ((400, 500), (500, 400)))
    assert there.ratio is not None
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert back.ratio_interval == pytest.approx([1 / r for r in reversed(there.ratio_interval or ())])


def test_false_alarms_are_as_rare_as_stated() -> None:
    """Without any trend, 40 series and the three independent pairs of conditions in each, for R0 and R1, whose cells
    vary, and C1, whose do not: 5 % each. 360 comparisons that hang together a little through the common spread."""
    pairs = ((250, 300), (350, 400), (500, 600))
    alarms = [
        d.distinct
        for seed in range(40)
        for pair in pairs
        for d in compare(series(1000 + seed, 0.0), *pair).differences.values()
    ]
    assert 0.02 <= np.mean(alarms) <= 0.09


def test_shared_parameters_are_one_for_the_series() -> None:
    result = series(shared=("C1",))
    assert len({fit.values["C1"] for fit in result.fits}) == 1
    assert result.fits[0].values["C1"] == pytest.approx(1e-5, abs=3 * result.fits[0].standard_errors["C1"])
    assert result.fits[0].standard_errors["C1"] < 0.4 * series().fits[0].standard_errors["C1"]
    assert set(result.trends) == {"R0", "R1"}


def aged_cells(cells: str = "abcabc", **options: Any) -> SeriesResult:
    """Three cells of quite different R1, each 1.3 times as large when aged."""
    levels = [60.0, 100.0, 160.0, 78.0, 130.0, 208.0]
    spectra = [one_arc(noise=0.002, seed=k, R1=level) for k, level in enumerate(levels)]
    labels = ["fresh"] * 3 + ["aged"] * 3
    return fit_series(
        ONE_ARC, spectra, along="state", conditions=labels, cells=list(cells), **{"band": "all", **options}
    )


def test_cells_under_both_conditions_are_compared_each_with_itself() -> None:
    """R1 is known to 0.06 % in a fit, so the mean of three changes to 0.05 %, with t at 2 degrees 4.3 times that."""
    comparison = compare(aged_cells(), "fresh", "aged")
    changed = comparison.differences["R1"]
    assert changed.ratio_interval is not None
    assert changed.ratio == pytest.approx(1.3, rel=0.003)
    assert changed.ratio_interval[0] < 1.3 < changed.ratio_interval[1]
    assert np.diff(changed.ratio_interval)[0] < 0.02
    assert (changed.distinct, changed.pairs) == (True, 3)
    assert changed.ratio == pytest.approx(changed.value_b / changed.value_a)
    assert changed.difference_interval == pytest.approx([changed.value_a * (r - 1) for r in changed.ratio_interval])
    assert comparison.notes[1:] == ("Compared within the 3 cells that were measured under both conditions.",)
    assert "R1" in repr(comparison)
    assert ", changed\n" in repr(comparison)


def test_cells_under_one_condition_only_are_left_out_of_pairs() -> None:
    """Of two pairs the interval, with t at 1 degree, still is far shorter than the 43 % between the cells."""
    changed = compare(aged_cells("abcabd"), "fresh", "aged").differences["R1"]
    assert (changed.pairs, changed.distinct) == (2, True)
    assert changed.ratio == pytest.approx(1.3, rel=0.003)


@pytest.mark.parametrize(("cells", "how_many"), [("abcdef", "no cell was"), ("abcade", "only one cell was")])
def test_without_two_pairs_the_means_are_compared(cells: str, how_many: str) -> None:
    """Means of three levels that differ by 49 % each: nothing can be said."""
    comparison = compare(aged_cells(cells), "fresh", "aged")
    changed = comparison.differences["R1"]
    assert (changed.pairs, changed.distinct) == (0, False)
    assert comparison.notes[1] == (
        f"The means of all cells under either condition are compared: {how_many} measured under both conditions."
    )


def test_a_value_at_its_bound_takes_its_cell_out_of_the_pairs() -> None:
    """R1 of the smallest fresh cell is at its bound; R0 and C1 are compared within three cells, R1 within two."""
    comparison = compare(aged_cells(bounds={"R1": (70.0, 1e4)}), "fresh", "aged")
    assert {name: d.pairs for name, d in comparison.differences.items()} == {"R0": 3, "R1": 2, "C1": 3}
    assert "R0, C1: compared within the 3 cells that were measured under both conditions." in comparison.notes


def one_cell(**options: Any) -> SeriesResult:
    """One cell at four cycles; its R1 grows by 10 ohm from each to the next."""
    spectra = [one_arc(seed=k, R1=40.0 + 10 * k) for k in range(4)]
    return fit_series(
        ONE_ARC, spectra, along="cycle", conditions=[1, 2, 3, 4], cells=["a"] * 4, **{"band": "all", **options}
    )


def test_one_cell_is_compared_with_itself() -> None:
    """Its interval is that of the two fits: 1.96 √(s1² + s2²)."""
    result = one_cell()
    comparison = compare(result, 1, 4)
    changed = comparison.differences["R1"]
    assert (changed.pairs, changed.distinct) == (1, True)
    errors = [result.fits[k].standard_errors["R1"] / result.fits[k].values["R1"] for k in (0, 3)]
    assert np.diff(np.log(changed.ratio_interval or ())) == pytest.approx([2 * 1.96 * np.hypot(*errors)], rel=1e-3)
    assert comparison.notes[1:] == (
        "Compared within the one cell that was measured under both conditions; the errors are those of its fits alone, "
        "and nothing is known of other cells.",
    )


def test_what_is_at_its_bound_is_not_compared() -> None:
    """R1 may not fall below 45, so that it is at its bound at cycle 1; R0 may not exceed 9 and is nowhere known."""
    result = one_cell(bounds={"R1": (45.0, 1e4), "R0": (1.0, 9.0)})
    mean = result.trends["R1"].means[0]
    assert (mean.cells, mean.used, mean.note) == (1, 0, "at its bound")
    assert np.isnan([mean.standard_error, *mean.interval]).all()
    assert (result.trends["R1"].means[1].used, result.trends["R1"].means[1].note) == (1, "")
    comparison = compare(result, 1, 3)
    assert "R1 (at its bound under 1)" in comparison.summary
    assert "R0 (at its bound under 1 and 3)" in comparison.summary
    assert comparison.notes[0].startswith("1 parameter is compared")
    assert not comparison.differences["R1"].distinct
    assert "not comparable, at its bound under 1" in repr(comparison)
    assert "45.0 at its bound" in repr(result)


def test_if_nothing_can_be_compared_the_summary_says_so() -> None:
    result = one_cell(fixed={"R0": 10.0, "C1": 1e-5}, bounds={"R1": (45.0, 1e4)})
    comparison = compare(result, 1, 2)
    assert comparison.summary == "From 1 to 2 no parameter could be compared: R1 (at its bound under 1)."
    assert comparison.notes == ()


def test_what_the_data_leave_open_has_no_mean() -> None:
    """An arc too many: where its parts are not determined, the means have the fits' values and no interval."""
    circuit = "R0-p(R1,C1)-p(R2,C2)"
    result = fit_series(
        circuit, [one_arc(seed=k) for k in range(3)], along="cycle", conditions=[1, 2, 3], band="all", starts=4
    )
    found = [
        (fit.determination[name], mean, fit.values[name])
        for name, trend in result.trends.items()
        for fit, mean in zip(result.fits, trend.means, strict=True)
    ]
    assert any(word is Determination.NOT for word, _, _ in found)
    for word, mean, value in found:
        assert mean.note == word
        assert mean.value == pytest.approx(value)
        assert mean.used == (0 if word.open else 1)
        assert np.isfinite(mean.interval).all() != word.open


def test_cells_that_do_not_determine_a_value_are_counted() -> None:
    """Of three fresh cells the one with the smallest R1 ends at the bound of 70."""
    means = aged_cells(bounds={"R1": (70.0, 1e4)}).trends["R1"].means
    assert [(mean.cells, mean.used) for mean in means] == [(3, 2), (3, 3)]


def test_conditions_are_written_without_idle_digits() -> None:
    result = fit_series(
        ONE_ARC, [one_arc(seed=k) for k in range(2)], along="T_C", conditions=[250.0, 300.5], band="all", starts=4
    )
    comparison = compare(result, 250.0, 300.5)
    assert (comparison.a, comparison.b) == ("T_C = 250", "T_C = 300.5")
    assert comparison.summary.startswith("From 250 to 300.5")


def test_a_series_prints_its_trends() -> None:
    lines = repr(series(shared=("C1",))).splitlines()
    assert lines[0] == f"SeriesResult along anneal_temperature_C: 18 fits of {ONE_ARC}"
    assert lines[1].split() == ["anneal_temperature_C", "R0", "/", "ohm", "R1", "/", "ohm"]
    assert [line.split()[0] for line in lines[2:9]] == [*map(str, ANNEALS_C), "spread"]
    first = series(shared=("C1",)).trends["R1"].means[0]
    assert lines[2].endswith(f"{first.value:.2f} ± {first.standard_error:.2f}")
    assert lines[9].startswith("  C1 ")
    assert lines[9].endswith("F, shared by all")


def test_a_long_series_prints_its_ends() -> None:
    spectra = [one_arc(seed=k) for k in range(14)]
    text = repr(fit_series(ONE_ARC, spectra, along="cycle", conditions=range(14), band="all", starts=2))
    assert [line.split()[0] for line in text.splitlines()[2:15]] == [*"012345", "…", *"89", "10", "11", "12", "13"]


def two_labels(**options: Any) -> SeriesResult:
    spectra = [one_arc(seed=k, R1=50.0 + 50.0 * (k % 2)) for k in range(4)]
    labels = ["fresh", "aged", "fresh", "aged"]
    return fit_series(ONE_ARC, spectra, along="state", conditions=labels, **{"band": "all", **options})


def test_labels_as_conditions() -> None:
    result = two_labels()
    trend = result.trends["R1"]
    assert [m.condition for m in trend.means] == ["fresh", "aged"]
    assert (trend.slope, trend.slope_standard_error) == (None, None)
    assert compare(result, "fresh", "aged").differences["R1"].ratio == pytest.approx(2.0, rel=0.02)
    table = result.to_pandas()
    assert table["state"].tolist()[:2] == ["fresh", "aged"]
    assert len(table) == 6
    assert compare(result, "fresh", "aged").to_pandas().loc["R1", "distinct"]


def test_without_repeats_the_series_says_so() -> None:
    spectra = [one_arc(seed=k, R1=40.0 + 10 * k) for k in range(3)]
    result = fit_series(ONE_ARC, spectra, along="cycle", conditions=[3, 1, 2], band="all")
    assert any("the spread from cell to cell is unknown" in text for text in result.warnings)
    assert [m.condition for m in result.trends["R1"].means] == [1, 2, 3]
    assert [m.value for m in result.trends["R1"].means] == pytest.approx([50.0, 60.0, 40.0], rel=0.02)
    comparison = compare(result, 1, 2)
    assert any("Without repeats" in text for text in comparison.notes)
    first = result.trends["R1"].means[0]
    assert first.standard_error == pytest.approx(result.fits[1].standard_errors["R1"])


def test_sweeps_of_one_cell_are_no_repeats() -> None:
    result = two_labels(cells=["a", "b", "a", "b"])
    assert [m.cells for m in result.trends["R1"].means] == [1, 1]
    assert result.trends["R1"].spread is None


def test_troubled_fits_are_counted() -> None:
    result = two_labels(bounds={"R0": (11.0, 1e3)})
    assert any(text.startswith("4 of 4 fits carry warnings of their own") for text in result.warnings)


def test_a_condition_at_its_bound_does_not_spoil_the_slope() -> None:
    """R1 may not fall below 45: the first condition ends there and has no error; the others still make a line."""
    spectra = [one_arc(seed=k, R1=40.0 + 10 * k) for k in range(4)]
    result = fit_series(
        ONE_ARC, spectra, along="cycle", conditions=[1, 2, 3, 4], band="all", bounds={"R1": (45.0, 1e4)}
    )
    trend = result.trends["R1"]
    assert trend.means[0].value == pytest.approx(45.0)
    assert trend.slope == pytest.approx(np.log(70 / 50) / 2, rel=0.1)
    assert trend.slope_standard_error > 0
    assert not compare(result, 1, 3).differences["R1"].distinct


def test_what_cannot_be_is_refused() -> None:
    two = [one_arc(seed=k) for k in range(2)]
    for options, message in (
        ({"spectra": two[:1], "conditions": [1]}, "a series needs at least 2 spectra, got 1; use fit_circuit"),
        ({"conditions": [1]}, "there are 2 spectra but 1 conditions; give one a spectrum"),
        ({"conditions": [1, 2], "cells": ["a"]}, "there are 2 spectra but 1 cells; give one a spectrum"),
        ({"conditions": [1, "b"]}, "conditions must be all numbers or all labels, not both"),
        ({"conditions": [None, None]}, "condition 0 is None; give each spectrum a number or a label"),
        ({"conditions": [1, float("nan")]}, "conditions must be finite numbers or labels"),
        ({"conditions": [1, 2], "shared": ["R9"]}, "shared 'R9' is no free parameter of R0-p.*free are R0, R1, C1"),
        ({"conditions": [1, 2], "shared": ["R0", "R1", "C1"]}, "leave at least one parameter unshared"),
    ):
        with pytest.raises(InputError, match=message):
            fit_series(ONE_ARC, **{"spectra": two, "along": "cycle", "band": "all", **options})  # type: ignore[arg-type]


def test_one_spectrum_is_no_series() -> None:
    with pytest.raises(InputError, match="a series needs at least 2 spectra, got 1; use fit_circuit"):
        fit_series(ONE_ARC, one_arc(), along="cycle", conditions=[1])  # type: ignore[arg-type]


def test_only_conditions_of_the_series_are_compared() -> None:
    with pytest.raises(
        InputError, match="compare: 450 is no condition of this series along anneal_temperature_C; it has"
    ):
        compare(series(), 450, 500)
    with pytest.raises(InputError, match="compare: both conditions are 400; name two different ones"):
        compare(series(), 400, 400)
