"""Drawn transmission lines, no starting values given: the optimum that a start at the truth leads to is found."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_lines import SHAPES, DrawnLines, drawn_lines

import sscell as ss
from sscell.fit.assembly import joined
from sscell.fit.search import fits_from

SUCCESS = 1.02
# Main use and simplest line; the others are part of the long study.
QUICK = ("coated pore", "pore")
LEAST_SHARE = {"coated behind an arc": 0.88}


def misfit_over_that_from_the_truth(lines: DrawnLines) -> np.ndarray:
    """(N,) χ² found over χ² of the optimum that a start at the true values leads to."""
    fits = ss.fit_circuit(lines.circuit, lines.spectra(), band="all")
    problem, batch = fits[0].task.problem, joined([fit.task.data for fit in fits])
    truth = problem.space.coordinates_from_values(lines.values.T)
    found = np.array([fit.chi_square for fit in fits])
    return found / fits_from(problem, batch, truth, tolerance=1e-9).cost


@pytest.mark.parametrize("shape", QUICK)
def test_optimum_of_the_truth_is_reached(shape: str) -> None:
    """At least 34 of 40 come within 2 % of it: 98 % do, so fewer happens once in 1e5 seeds."""
    ratio = misfit_over_that_from_the_truth(drawn_lines(shape, 40, seed=3))
    assert np.sum(ratio <= SUCCESS) >= 34


@pytest.mark.study
@pytest.mark.parametrize("shape", SHAPES)
def test_share_that_reaches_the_optimum_of_the_truth(shape: str) -> None:
    """At least 95 % of 300; 88 % of the one with 14 parameters, where 91 % do and most others miss by 2 to 10 %."""
    ratio = misfit_over_that_from_the_truth(drawn_lines(shape, 300, seed=4))
    print(f"\n{shape}: {100 * np.mean(ratio <= SUCCESS):.1f} %, within 10 % {100 * np.mean(ratio <= 1.1):.1f} %")
    assert np.mean(ratio <= SUCCESS) >= LEAST_SHARE.get(shape, 0.95)
