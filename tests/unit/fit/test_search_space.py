"""The search space and the small linear systems of a fit."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import problem_of
from hypothesis import given
from hypothesis import strategies as st

from sscell.fit.cholesky import lower_pairs, solution


@given(size=st.integers(1, 9), seed=st.integers(0, 10_000))
def test_small_systems_are_solved_as_by_lapack(size: int, seed: int) -> None:
    """Condition numbers up to about 1e6: six digits may go."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(5, size, size)) * 10 ** rng.uniform(-1, 1, (5, 1, size))
    matrix = root @ root.transpose(0, 2, 1) + 1e-3 * np.eye(size)
    right = rng.normal(size=(5, size))
    lower = [matrix[:, i, j] for i, j in lower_pairs(size)]
    x = np.array(solution(lower, list(right.T), np)).T
    expected = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    np.testing.assert_allclose(np.einsum("bij,bj->bi", matrix, x), right, atol=1e-6)
    np.testing.assert_allclose(x, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


CONSTRAINTS = {
    "free": {},
    "fixed": {"fixed": {"R0": 7.0, "CPE1_1": 0.9}},
    "tied": {"ties": {"R2": ("R1", 2.5), "CPE2_1": "CPE1_1"}},
    "bounded": {"bounds": {"R1": (1.0, 30.0), "CPE2_1": (0.5, 0.95)}},
    "all of them": {
        "fixed": {"R0": 7.0},
        "ties": {"CPE2_1": "CPE1_1", "CPE2_0": ("CPE1_0", 40.0)},
        "bounds": {"R2": (1.0, 30.0)},
    },
    "tied to a fixed one": {"fixed": {"R1": 4.0}, "ties": {"R2": ("R1", 2.5)}},
}
TWO_ZARCS = "R0-p(R1,CPE1)-p(R2,CPE2)"


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_coordinates_and_values_are_inverse_to_each_other(name: str) -> None:
    space = problem_of(TWO_ZARCS, **CONSTRAINTS[name]).space
    share = np.random.default_rng(3).uniform(0.2, 0.8, (space.size, 6))
    u = space.lower[:, None] + share * (space.upper - space.lower)[:, None]
    np.testing.assert_allclose(space.coordinates_from_values(np.array(space.values(u, np))), u, rtol=1e-12)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_columns_are_the_derivatives_of_the_values(name: str) -> None:
    """With a linear model, whose partials are constants: central differences, error (1e-6)² of the value."""
    space = problem_of(TWO_ZARCS, **CONSTRAINTS[name]).space
    partials = list(np.random.default_rng(4).normal(size=len(space.parameters)))
    u = 0.5 * (space.lower + space.upper)

    def model(u: np.ndarray) -> float:
        return sum(p * v for p, v in zip(partials, space.values(u, np), strict=True))

    steps = 1e-6 * np.eye(space.size)
    expected = [(model(u + h) - model(u - h)) / 2e-6 for h in steps]
    values = np.array(space.values(u, np))
    np.testing.assert_allclose(space.columns(partials, list(values)), expected, rtol=1e-6, atol=1e-7 * values.max())


def test_values_outside_the_bounds_start_at_the_bound() -> None:
    space = problem_of(TWO_ZARCS, bounds={"R1": (1.0, 30.0)}).space
    values = np.array([5.0, 400.0, 1e-6, 0.1, 5.0, 1e-3, 0.9])
    back = np.array(space.values(space.coordinates_from_values(values), np))
    np.testing.assert_allclose(back, [5.0, 30.0, 1e-6, 0.3, 5.0, 1e-3, 0.9])
