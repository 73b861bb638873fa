"""The search of a calibration: the right minimum, bounds, outliers, and the same answer after a stop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sscell.study.calibrate.response import Response
from sscell.study.calibrate.search import Problem, search
from sscell.study.calibrate.unknowns import Point

rng = np.random.default_rng(3)
MATRIX = rng.normal(size=(12, 4))
DATA = MATRIX @ np.array([0.5, -0.3, 0.2, 0.1]) + 0.1 * rng.normal(size=12)
NAMES = [f"datum {k}" for k in range(12)]
FREE = np.full(4, -np.inf), np.full(4, np.inf)


def answers(points: Sequence[Point]) -> list[Response]:
    """Linear in the unknowns, but for a little curvature; three of them shared, one of a cell."""
    found = []
    for point in points:
        u = np.concatenate([point.u, point.apart.ravel()])
        bent = u + 0.1 * u**2
        found.append(Response(MATRIX @ bent - DATA, np.arange(12), MATRIX * (1 + 0.2 * u)))
    return found


def problem(bounds: tuple[np.ndarray, np.ndarray] = FREE, robust: float | None = None) -> Problem:
    return Problem(answers, (3, 1, 1), np.ones(4), bounds, robust)


def test_finds_the_minimum_with_priors() -> None:
    """Zero gradient of half the squares of residuals and coordinates."""
    (found,) = search(problem(), [np.zeros(4)], NAMES, 30)
    assert found.status == "converged"
    u = np.array(found.u)
    (response,) = answers([problem().point(u)])
    # What is left to gain is below a thousandth of a standard deviation squared.
    matrix, gradient = problem().normal(response, u)
    assert 0.5 * gradient @ np.linalg.solve(matrix, gradient) < 1e-3
    assert found.cost == pytest.approx(0.5 * np.sum(response.residuals**2) + 0.5 * np.sum(u**2), rel=1e-12)


def test_bounds_hold() -> None:
    low, high = np.full(4, -np.inf), np.array([0.2, np.inf, np.inf, np.inf])
    (found,) = search(problem((low, high)), [np.zeros(4)], NAMES, 30)
    assert found.u[0] == 0.2 and found.status == "converged"


def test_an_outlier_counts_less() -> None:
    """One datum forty standard deviations off moves a robust fit much less."""
    sound = np.array(search(problem(), [np.zeros(4)], NAMES, 40)[0].u)
    DATA[0] += 40
    try:
        plain = np.array(search(problem(), [np.zeros(4)], NAMES, 40)[0].u)
        robust = np.array(search(problem(robust=2.0), [np.zeros(4)], NAMES, 40)[0].u)
    finally:
        DATA[0] -= 40
    assert np.linalg.norm(robust - sound) < 0.3 * np.linalg.norm(plain - sound)


def test_a_start_that_cannot_be_simulated_is_named_and_harms_no_other() -> None:
    def some(points: Sequence[Point]) -> list[Response]:
        failed = Response(np.zeros(0), np.zeros(0, int), np.zeros((0, 4)), {}, "uncoated, rate_test: it was emptied")
        return [failed if p.u[0] > 5 else answers([p])[0] for p in points]

    wild = Problem(some, (3, 1, 1), np.ones(4), FREE, None)
    first, second = search(wild, [np.array([9.0, 0, 0, 0]), np.zeros(4)], NAMES, 30)
    assert first.status == "no response: uncoated, rate_test: it was emptied" and not np.isfinite(first.cost)
    assert second.u == search(problem(), [np.zeros(4)], NAMES, 30)[0].u


@pytest.mark.parametrize("after", [1, 2])
def test_a_stopped_search_goes_on_to_the_same_answer(after: int, tmp_path: Path) -> None:
    starts = [np.zeros(4), np.array([1.0, -1.0, 0.5, 0.0])]
    whole = search(problem(), starts, NAMES, 30)
    kept, calls = tmp_path / "kept.json", []

    def stops(points: Sequence[Point]) -> list[Response]:
        calls.append(len(points))
        if len(calls) > after:
            raise KeyboardInterrupt
        return answers(points)

    with pytest.raises(KeyboardInterrupt):
        search(Problem(stops, (3, 1, 1), np.ones(4), FREE, None), starts, NAMES, 30, kept)
    assert len(json.loads(kept.read_text())) == 2
    resumed = search(problem(), starts, NAMES, 30, kept, resume=True)
    assert [start.u for start in resumed] == [start.u for start in whole]
    assert [start.cost for start in resumed] == [start.cost for start in whole]
