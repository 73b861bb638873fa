"""2,000 drawn circuits, no starting values given: the best optimum is found and the 95 % intervals are honest."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from drawn_circuits import CIRCUIT, FREQUENCY_HZ, Drawn, drawn, drawn_resolved

import sscell as ss
from sscell.fit.assembly import joined
from sscell.fit.search import fits_from

COUNT = 2000


@functools.cache
def sample() -> Drawn:
    return drawn_resolved(COUNT, seed=7)


@functools.cache
def fits() -> list[ss.FitResult]:
    return ss.fit_circuit(CIRCUIT, sample().spectra(), band="all")


def from_the_truth() -> np.ndarray:
    """χ² of the optimum that a start at the true values leads to."""
    problem, batch = fits()[0].task.problem, joined([fit.task.data for fit in fits()])
    return fits_from(problem, batch, problem.space.coordinates_from_values(sample().values.T), tolerance=1e-9).cost


def test_optimum_of_the_truth_is_reached() -> None:
    """At least 98 % come within 2 % of it."""
    found = np.array([fit.chi_square for fit in fits()])
    assert np.mean(found <= 1.02 * from_the_truth()) >= 0.98


def test_optimum_undercuts_the_truth() -> None:
    """An independent reference, as no fit is needed for it: χ² of the true values, which an optimum must be below."""
    z = np.asarray(CIRCUIT.impedance(sample().values, FREQUENCY_HZ))
    at_truth = (np.abs(z / sample().impedance_ohm - 1) ** 2).sum(1)
    assert np.mean([fit.chi_square <= t for fit, t in zip(fits(), at_truth, strict=True)]) >= 0.98


@pytest.mark.parametrize("name", CIRCUIT.parameter_names)
def test_intervals_cover_the_truth(name: str) -> None:
    """Nominal 95 %: 93 to 97 % of 2,000 (the binomial spread alone is 0.5 %)."""
    truth = sample().values[:, CIRCUIT.parameter_names.index(name)]
    covered = [fit.intervals[name][0] <= t <= fit.intervals[name][1] for fit, t in zip(fits(), truth, strict=True)]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_what_is_not_resolved_carries_a_warning() -> None:
    everything = drawn(COUNT, seed=11)
    rest = everything.only(np.flatnonzero(~everything.resolved))
    warned = [bool(fit.warnings) for fit in ss.fit_circuit(CIRCUIT, rest.spectra(), band="all")]
    assert len(warned) > 100
    assert np.mean(warned) >= 0.99
