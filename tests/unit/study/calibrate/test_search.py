"""The search of a calibration: the right minimum, bounds, outliers, and the same answer after a stop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sscell.study.calibrate.evidence import Datum, measured
from sscell.study.calibrate.problem import Normal, Problem
from sscell.study.calibrate.response import Response
from sscell.study.calibrate.search import (
    CLOSE,
    ENDED,
    Start,
    _is_close,
    begun_roughly,
    drawn_about,
    normal_of,
    pinned_at,
    search,
)
from sscell.study.calibrate.unknowns import Point

rng = np.random.default_rng(3)
MATRIX = rng.normal(size=(12, 4))
MEASURED = MATRIX @ np.array([0.5, -0.3, 0.2, 0.1]) + 0.1 * rng.normal(size=12)
FREE = np.full(4, -np.inf), np.full(4, np.inf)


def data_of(numbers: np.ndarray) -> list[Datum]:
    """One datum a number, its error 1."""
    return [
        Datum(
            name=f"datum {k}", samples=(), cells=(), observe=lambda _: None, judge=measured(np.array([x]), np.ones(1))
        )
        for k, x in enumerate(numbers)
    ]


def values_at(u: np.ndarray, curvature: float = 0.1) -> np.ndarray:
    """Linear in the unknowns, but for a little curvature."""
    return MATRIX @ (u + curvature * u**2)


def answers(points: Sequence[Point], slopes: bool, curvature: float = 0.1) -> list[Response]:
    """Three unknowns shared, one of a cell."""
    found = []
    for point in points:
        u = np.concatenate([point.u, point.apart.ravel()])
        by = MATRIX * (1 + 2 * curvature * u)
        found.append(Response(list(values_at(u, curvature)[:, None]), list(by[:, None, :]) if slopes else []))
    return found


def problem(
    bounds: tuple[np.ndarray, np.ndarray] = FREE,
    robust: float | None = None,
    numbers: np.ndarray = MEASURED,
    answered: object = answers,
) -> Problem:
    return Problem(answered, data_of(numbers), (3, 1, 1), np.ones(4), bounds, robust)


def start(*u: float, **named: object) -> Start:
    return Start(u=list(u or [0.0] * 4), **named)


def test_finds_the_minimum_with_priors() -> None:
    """What is left to gain moves nothing by a fifth of its error."""
    (found,) = search(problem(), [start()], 30)
    assert found.status == "converged"
    u = np.array(found.u)
    residuals = values_at(u) - MEASURED
    slopes = MATRIX * (1 + 0.2 * u)
    gradient, matrix = slopes.T @ residuals + u, slopes.T @ slopes + np.eye(4)
    assert 0.5 * gradient @ np.linalg.solve(matrix, gradient) < 0.5 * 0.2**2
    assert found.cost == pytest.approx(0.5 * np.sum(residuals**2) + 0.5 * np.sum(u**2), rel=1e-12)
    assert np.allclose(normal_of(problem(), found).matrix, matrix, rtol=1e-9)  # the slopes at the end are exact


FAR = np.array([3.0, -3.0, 3.0, 0.0])


def test_a_rough_search_of_few_cells_from_one_start_ends_where_little_is_left() -> None:
    """Without slopes there; where several starts are to be compared it goes on."""
    asked = []

    def noted(points: Sequence[Point], slopes: bool) -> list[Response]:
        asked.append(slopes)
        return answers(points, slopes)

    (found,) = search(problem(answered=noted), begun_roughly(problem(), FAR[None]), 50)
    assert found.status == "far enough" and found.left < CLOSE and found.age > 0 and not asked[-1]
    first, _ = search(problem(answered=noted), begun_roughly(problem(), np.array([FAR, -FAR])), 50)
    assert first.status in ENDED and first.age == 0 and asked[-1]
    assert first.rounds > found.rounds and first.cost <= found.cost


def test_a_step_that_promises_nothing_is_no_end_of_a_rough_search() -> None:
    """Cut at the longest step in several coordinates it may promise less than nothing."""
    assert not any(_is_close(start(left=left, close=close)) for left in (-1.0, np.nan, 4.0) for close in (0.0, 3.0))
    assert _is_close(start(left=1.0, close=3.0)) and not _is_close(start(left=1.0))


def test_draws_of_what_data_leave_of_the_priors() -> None:
    """They have the covariance of what is shared, and the cell makes the best of each."""
    told = problem(answered=lambda points, slopes: answers(points, slopes, 0.0))
    (best,) = search(told, [start()], 50)
    matrix, u = normal_of(told, best).matrix, np.array(best.u)
    moved = drawn_about(told, best, np.vstack([np.zeros(3), np.eye(3)])) - u
    assert moved[0] == pytest.approx(np.zeros(4), abs=1e-12)
    root = moved[1:, :3]
    assert root @ root.T == pytest.approx(np.linalg.inv(matrix)[:3, :3], rel=1e-9)
    assert matrix[3] @ moved.T == pytest.approx(np.zeros(4), abs=1e-9)


def test_draws_spread_wider_by_what_the_model_leaves() -> None:
    """Residuals far above their errors tell less of each coordinate."""
    narrow, wide = (problem(numbers=size * MEASURED) for size in (1.0, 100.0))
    spread = []
    for asked in (narrow, wide):
        state = Start(u=[0.0] * 4, enough=np.inf)
        (there,) = search(asked, [state], 1)
        spread.append(drawn_about(asked, there, np.eye(3)))
    assert there.cost > 1e2
    assert np.trace(spread[1][:, :3]) > 2 * np.trace(spread[0][:, :3])


def test_draws_of_what_no_data_tell_stay_as_drawn_and_inside_bounds() -> None:
    untold = problem(
        bounds=(np.full(4, -np.inf), np.array([0.5, *[np.inf] * 3])),
        answered=lambda points, slopes: [_without_first(response) for response in answers(points, slopes)],
    )
    (best,) = search(untold, [start()], 50)
    draws = np.array([[-0.7, 0.0, 0.0], [0.7, 0.0, 0.0]])
    assert drawn_about(untold, best, draws)[:, 0] == pytest.approx([-0.7, 0.5], abs=1e-9)


def _without_first(response: Response) -> Response:
    """As if nothing depended on the first coordinate."""
    slopes = [np.where(np.arange(4) == 0, 0.0, by) for by in response.slopes]
    return Response([np.ones(1) for _ in response.values], slopes)


def test_slopes_are_asked_for_less_often_than_steps_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cells are many: in between they follow the values."""
    monkeypatch.setattr("sscell.study.calibrate.search.FEW", 0)
    asked = {True: 0, False: 0}

    def counted(points: Sequence[Point], slopes: bool) -> list[Response]:
        asked[slopes] += len(points)
        return answers(points, slopes)

    (found,) = search(problem(answered=counted, numbers=5 * MEASURED), [start()], 40)
    assert found.status == "converged" and asked[True] < asked[False] / 3  # three trials a step


def test_of_starts_in_one_minimum_one_goes_on_and_those_in_others_do() -> None:
    """u² is measured: minima at ±1, and of the three starts two are in the same."""

    def squared(points: Sequence[Point], slopes: bool) -> list[Response]:
        u = [np.concatenate([point.u, point.apart.ravel()]) for point in points]
        by = [np.diag(2 * x)[:, None, :] for x in u]
        return [Response(list(x[:, None] ** 2), list(s) if slopes else []) for x, s in zip(u, by, strict=True)]

    told = problem(answered=squared, numbers=10 * np.ones(4))
    found = search(told, [start(1, 1, 1, 1), start(2, 1.5, 2, 1.8), start(-1, 1, 1, 1.2)], 40)
    assert sorted(state.status for state in found) == ["converged", "converged", "set aside: where the best is"]
    ended = [np.array(state.u) for state in found if state.status == "converged"]
    assert np.max(np.abs(ended[0] - ended[1])) > 2


@pytest.mark.parametrize(("smooth", "status"), [(True, "converged"), (False, "no descent")])
def test_noise_from_point_to_point_hides_no_descent(smooth: bool, status: str) -> None:
    """Where neighbours share the noise of the point they are next to, the search goes on to the minimum beside it."""

    def shifted(base: Point, responses: Sequence[Response]) -> list[Response]:
        noise = 0.6 * np.sin(9e6 * (base.u.sum() + base.apart.sum()) + 3.3 * np.arange(12))
        return [Response([v + x for v, x in zip(r.values, noise, strict=True)], r.slopes) for r in responses]

    def noisy(points: Sequence[Point], slopes: bool) -> list[Response]:
        return [shifted(point, answers([point], slopes))[0] for point in points]

    def beside(rows: Sequence[Sequence[Point]]) -> list[list[Response]]:
        return [shifted(row[0], answers(row, False)) for row in rows]

    numbers = data_of(5 * MEASURED)
    told = Problem(noisy, numbers, (3, 1, 1), np.ones(4), FREE, None, beside if smooth else None)
    (found,) = search(told, [start(0.5, 0.5, 0.5, 0.5)], 40)
    assert found.status == status and (found.left < 0.1 if smooth else found.left > 0.2)


def test_bounds_hold() -> None:
    high = np.array([0.2, np.inf, np.inf, np.inf])
    (found,) = search(problem((FREE[0], high)), [start()], 30)
    assert found.u[0] == 0.2 and found.status == "converged"


def test_an_outlier_counts_less() -> None:
    """One datum forty standard deviations off moves a robust fit much less."""
    off = MEASURED + 40 * np.eye(12)[0]
    sound = np.array(search(problem(), [start()], 40)[0].u)
    plain = np.array(search(problem(numbers=off), [start()], 40)[0].u)
    robust = np.array(search(problem(numbers=off, robust=2.0), [start()], 40)[0].u)
    assert np.linalg.norm(robust - sound) < 0.3 * np.linalg.norm(plain - sound)


def test_pinned_coordinates_stay_and_data_left_out_do_not_count() -> None:
    """In one search with others: a pinned one ends where the rest is best beside it."""
    off = MEASURED + 40 * np.eye(12)[0]
    starts = [start(0.7, 0, 0, 0, pinned=[0]), start(left_out=[0])]
    pinned, without = search(problem(numbers=off), starts, 40)
    assert pinned.u[0] == 0.7 and pinned.status == without.status == "converged"
    assert abs(normal_of(problem(numbers=off), pinned).gradient[0]) > 0.1
    lacking = Problem(answers, data_of(off)[1:], (3, 1, 1), np.ones(4), FREE, None)
    lacking._answers = lambda points, slopes: [Response(r.values[1:], r.slopes[1:]) for r in answers(points, slopes)]
    (alone,) = search(lacking, [start()], 40)
    assert np.allclose(without.u, alone.u, atol=0.03)  # either is where no step gains a fifth of an error


def test_a_start_that_cannot_be_simulated_is_named_and_harms_no_other() -> None:
    def some(points: Sequence[Point], slopes: bool) -> list[Response]:
        failed = Response([], [], "uncoated, rate_test: it was emptied")
        return [failed if p.u[0] > 5 else answers([p], slopes)[0] for p in points]

    first, second = search(problem(answered=some), [start(9.0, 0, 0, 0), start()], 30)
    assert first.status == "no response: uncoated, rate_test: it was emptied" and not np.isfinite(first.cost)
    assert second.u == search(problem(), [start()], 30)[0].u


def test_a_trial_that_cannot_be_simulated_is_a_step_too_far() -> None:
    def some(points: Sequence[Point], slopes: bool) -> list[Response]:
        failed = Response([], [], "it was emptied")
        return [failed if np.max(np.abs(p.u)) > 0.3 else answers([p], slopes)[0] for p in points]

    (found,) = search(problem(answered=some), [start()], 60)
    assert found.status in ("no descent", "converged") and 0 < found.cost < np.inf
    assert found.cost < search(problem(), [start()], 1)[0].cost


def test_a_pinned_point_that_cannot_be_simulated_is_named() -> None:
    (best,) = search(problem(), [start()], 30)

    def none(points: Sequence[Point], slopes: bool) -> list[Response]:
        return [Response([], [], "it was emptied") for _ in points]

    beside = pinned_at(problem(), best, np.array([3.0, 0, 0, 0]), 0)
    assert search(problem(answered=none), [beside], 30)[0].status == "no response: it was emptied"


def test_what_would_pass_a_bound_stays_there_and_the_others_make_the_best_of_it() -> None:
    """The step of least cost inside the bounds, against a search over many points."""
    matrix = np.array([[2.0, 1.8], [1.8, 2.0]])
    at = Normal(matrix, np.array([-4.0, -3.0]), np.zeros(2))
    bounded = Problem(answers, [], (2, 1, 0), np.ones(2), (np.full(2, -9.0), np.array([0.5, 9.0])), None)
    u, promised = bounded.step(at, 0.0)
    grid = np.array([[x, y] for x in np.linspace(-2, 0.5, 101) for y in np.linspace(-2, 2, 401)])
    costs = grid @ at.gradient + 0.5 * np.einsum("ni,ij,nj->n", grid, matrix, grid)
    assert u == pytest.approx(grid[np.argmin(costs)], abs=0.02) and promised == pytest.approx(-costs.min(), rel=1e-3)


def test_a_step_cut_in_several_coordinates_leads_downhill() -> None:
    """Full it would be (100, -29); (2, -2) leads uphill."""
    at = Normal(np.array([[1.0, 3.0], [3.0, 10.0]]), np.array([-13.0, -10.0]), np.zeros(2))
    free = np.full(2, -np.inf), np.full(2, np.inf)
    u, promised = Problem(answers, [], (2, 0, 0), np.zeros(2), free, None).step(at, 0.0)
    assert u == pytest.approx([2.0, 0.4], abs=1e-9)
    assert promised == pytest.approx(24.8, rel=1e-9)


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("few", [64, 0])
def test_a_stopped_search_goes_on_to_the_same_answer(
    after: int, few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slopes after every step, and such that follow the values."""
    monkeypatch.setattr("sscell.study.calibrate.search.FEW", few)
    starts = [start(), start(1.0, -1.0, 0.5, 0.0)]
    far = 5 * MEASURED
    whole = search(problem(numbers=far), starts, 30)
    kept, calls = tmp_path / "kept.json", []

    def stops(points: Sequence[Point], slopes: bool) -> list[Response]:
        calls.append(len(points))
        if len(calls) > after:
            raise KeyboardInterrupt
        return answers(points, slopes)

    with pytest.raises(KeyboardInterrupt):
        search(problem(answered=stops, numbers=far), [start(), start(1.0, -1.0, 0.5, 0.0)], 30, kept)
    assert len(json.loads(kept.read_text())["starts"]) == 2
    resumed = search(problem(numbers=far), [], 30, kept)
    assert resumed == whole


def test_what_nothing_tells_stays_where_it_is() -> None:
    """All data left out, and no priors."""
    flat = Problem(answers, data_of(MEASURED), (3, 1, 1), np.zeros(4), FREE, None)
    (found,) = search(flat, [start(0.3, 0.2, 0.1, 0.0, left_out=list(range(12)))], 5)
    assert found.u == [0.3, 0.2, 0.1, 0.0] and found.status == "converged"
