"""Many fits side by side: each as SciPy's alone, and none of them aware of the others."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import (
    FREQUENCY_HZ,
    ONE_ARC,
    TWO_ARCS,
    TWO_VALUES,
    batch_of,
    fit,
    impedance_of,
    noisy,
    one_arc,
    problem_of,
    spectrum,
    stacked_residuals,
    two_arcs,
)
from scipy.optimize import least_squares

from sscell.fit.levenberg_marquardt import Optima, optima_from_starts
from sscell.fit.state import FitStatus

PROBLEM = problem_of(TWO_ARCS)
TRUTH = np.log(list(TWO_VALUES.values()))


def starts(count: int, spread: float, seed: int = 1) -> np.ndarray:
    return TRUTH[:, None] + spread * np.random.default_rng(seed).normal(size=(TRUTH.size, count))


def optima(samples: list, u: np.ndarray, which: np.ndarray, **options: object) -> Optima:
    settings = {"tolerance": 1e-12, "most_steps": 200, **options}
    return optima_from_starts(PROBLEM, batch_of(samples), u, which, **settings)  # type: ignore[arg-type]


def test_same_optimum_as_scipy_from_the_same_start() -> None:
    """From 20 starts within a factor of about 3; where both reach the noise they agree to 1e-6, the tolerances
    allowing for 1e-7 of a parameter."""
    sample, u = two_arcs(), starts(20, 1.0)
    ours = optima([sample], u, np.zeros(20, int))
    both = 0
    for k in range(20):
        peer = least_squares(
            lambda v: stacked_residuals(TWO_ARCS, np.exp(np.clip(v, -40, 40)), sample),
            u[:, k],
            method="lm",
            xtol=1e-12,
            ftol=1e-12,
        )
        if 2 * peer.cost < 0.01 and ours.cost[k] < 0.01:
            both += 1
            assert ours.cost[k] == pytest.approx(2 * peer.cost, rel=1e-9)
            np.testing.assert_allclose(ours.u[:, k], peer.x, atol=1e-6)
            assert ours.status[k] == FitStatus.CONVERGED
    assert both >= 14


def test_a_fit_does_not_depend_on_the_others_in_its_batch() -> None:
    """Alone, in a narrow group, in a wide one, and in any order: bit for bit the same path, up to the last digits
    that the compiler's vector width may change."""
    samples, u = [two_arcs(seed=k) for k in range(3)], starts(150, 1.0)
    which = np.arange(150) % 3
    together = optima(samples, u, which)
    order = np.random.default_rng(2).permutation(150)
    mixed = optima(samples, u[:, order], which[order])
    np.testing.assert_allclose(mixed.u, together.u[:, order], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(mixed.status, together.status[order])
    for k in (0, 1, 2, 140, 149):
        alone = optima([samples[which[k]]], u[:, [k]], np.zeros(1, int))
        np.testing.assert_allclose(alone.u[:, 0], together.u[:, k], rtol=1e-6, atol=1e-6)
        assert alone.status[0] == together.status[k]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_that_is_not_finite_hurts_nobody_else(bad: float) -> None:
    u = starts(6, 0.3)
    spoilt = u.copy()
    spoilt[2, 3] = np.nan if np.isnan(bad) else bad
    sample, which = [two_arcs()], np.zeros(6, int)
    good, mixed = optima(sample, u, which), optima(sample, spoilt, which)
    others = np.arange(6) != 3
    np.testing.assert_array_equal(mixed.u[:, others], good.u[:, others])
    assert (mixed.status[others] == FitStatus.CONVERGED).all()
    if np.isnan(bad):
        assert mixed.status[3] == FitStatus.NOT_FINITE
        assert "narrow the bounds" in FitStatus(mixed.status[3]).message
    else:  # beyond the bound: it starts there
        assert mixed.u[2, 3] <= PROBLEM.space.upper[2]
        assert np.isfinite(mixed.cost[3])


def test_too_few_steps_are_reported() -> None:
    ended = optima([two_arcs()], starts(4, 1.5), np.zeros(4, int), most_steps=3)
    assert (ended.status == FitStatus.TOO_MANY_STEPS).all()
    assert (ended.steps == 3).all()
    assert "not converged within the steps allowed" in FitStatus.TOO_MANY_STEPS.message


def test_cost_never_rises_with_more_steps() -> None:
    u, which = starts(30, 2.0), np.zeros(30, int)
    costs = [optima([two_arcs()], u, which, most_steps=n).cost for n in (2, 6, 15, 60)]
    for more, less in zip(costs[1:], costs[:-1], strict=True):
        assert (more <= less).all()


def test_held_coordinates_stay_where_they_are() -> None:
    u = starts(5, 0.5)
    lower, upper = (np.repeat(a[:, None], 5, 1) for a in (PROBLEM.space.lower, PROBLEM.space.upper))
    lower[1] = upper[1] = u[1]
    ended = optima([two_arcs()], u, np.zeros(5, int), lower=lower, upper=upper)
    np.testing.assert_array_equal(ended.u[1], u[1])
    assert (ended.u[0] != u[0]).all()


def test_grids_and_lengths_may_differ_within_a_call() -> None:
    """Fitted together, each as alone: padding and groups by frequency grid change nothing but the draw of starts."""
    others = [np.geomspace(3e5, 0.5, 41), np.geomspace(1e4, 2.0, 25), FREQUENCY_HZ[::-1]]
    samples = [one_arc(seed=9)] + [
        spectrum(noisy(impedance_of(ONE_ARC, {"R0": 10.0, "R1": 20.0 + k, "C1": 1e-5}, f), 0.005, k), f)
        for k, f in enumerate(others)
    ]
    together = fit(ONE_ARC, samples)
    for sample, result in zip(samples, together, strict=True):
        alone = fit(ONE_ARC, sample)
        assert result.points == len(sample) == alone.points
        for name, value in alone.values.items():  # tolerance of the search: 1e-6 of the cost is 1e-3 of an error
            assert result.values[name] == pytest.approx(value, abs=3e-3 * alone.standard_errors[name])
        assert result.chi_square == pytest.approx(alone.chi_square, rel=3e-6)
        model = impedance_of(ONE_ARC, result.values, sample.frequency_Hz)
        np.testing.assert_allclose(result.impedance_ohm, model, rtol=1e-10)
