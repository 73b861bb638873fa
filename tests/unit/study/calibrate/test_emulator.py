"""Values to second order about a point: exact where the values are, by as few points as they take."""

from __future__ import annotations

import numpy as np
import pytest

from sscell.study.calibrate.emulator import Emulator, Seen, emulator_about, products, products_by

rng = np.random.default_rng(5)
SHARED, ALL, VALUES = 3, 5, 7  # two coordinates are of cells: linear
START, SLOPES = rng.normal(size=VALUES), rng.normal(size=(VALUES, ALL))
BEND = rng.normal(size=(VALUES, SHARED, SHARED))
BEND += BEND.transpose(0, 2, 1)
BASE = rng.normal(size=ALL)


def values_at(u: np.ndarray) -> np.ndarray:
    d = u - BASE
    return START + SLOPES @ d + 0.5 * np.einsum("vab,a,b->v", BEND, d[:SHARED], d[:SHARED])


def slopes_at(u: np.ndarray) -> np.ndarray:
    by = SLOPES.copy()
    by[:, :SHARED] += BEND @ (u - BASE)[:SHARED]
    return by


def points(count: int, far: float = 1.0) -> np.ndarray:
    return BASE + far * rng.normal(size=(count, ALL))


def told_by(seen: list[Seen], weights: np.ndarray | None = None) -> Emulator:
    weights = np.ones(len(seen)) if weights is None else weights
    return emulator_about(Seen(BASE, values_at(BASE), slopes_at(BASE)), seen, weights, SHARED)


def missed(told: Emulator, far: float = 1.0) -> float:
    """RMS of the error at other points over that of slopes alone."""
    there = points(50, far)
    exact, linear = np.array([values_at(u) for u in there]), START + (there - BASE) @ SLOPES.T
    return float(np.std(np.array([told.at(u) for u in there]) - exact) / np.std(linear - exact))


def test_products_and_their_derivatives() -> None:
    d = rng.normal(size=4)
    matrix = rng.normal(size=(4, 4))
    matrix += matrix.T
    packed = matrix[np.triu_indices(4)]
    assert products(d) @ packed == pytest.approx(0.5 * d @ matrix @ d)
    assert packed @ products_by(d) == pytest.approx(matrix @ d)


def test_values_of_second_order_are_found_from_values_around() -> None:
    """What the ridge of a tenth leaves shrinks with the points."""
    told = told_by([Seen(u, values_at(u)) for u in points(400)])
    assert missed(told) < 0.12
    u = points(1)[0]
    assert told.slopes_at(u)[:, SHARED:] == pytest.approx(SLOPES[:, SHARED:])
    assert np.std(told.slopes_at(u) - slopes_at(u)) < 0.2 * np.std(SLOPES - slopes_at(u))


def test_slopes_elsewhere_tell_more_than_values() -> None:
    """The same four points, with and without their slopes."""
    four = points(4)
    with_slopes = told_by([Seen(u, values_at(u), slopes_at(u)) for u in four])
    without = told_by([Seen(u, values_at(u)) for u in four])
    assert missed(with_slopes) < 0.5 * missed(without)


def test_nothing_seen_is_no_second_order() -> None:
    assert not told_by([]).bend.any()
    assert not told_by([Seen(u, values_at(u)) for u in points(5)], np.zeros(5)).bend.any()


def test_a_value_is_told_by_the_points_that_have_it() -> None:
    """One value is missing in half of the points: the others are as without that, and it is told by the other half."""
    seen = [Seen(u, values_at(u)) for u in points(60)]
    lacking = [point._replace(values=np.where(np.arange(VALUES) == 2, np.nan, point.values)) for point in seen[:30]]
    told, whole, half = told_by([*lacking, *seen[30:]]), told_by(seen), told_by(seen[30:])
    others = np.arange(VALUES) != 2
    assert told.bend[others] == pytest.approx(whole.bend[others])
    assert 0 < np.linalg.norm(told.bend[2] - half.bend[2]) < 0.5 * np.linalg.norm(half.bend[2])


def test_a_value_missing_at_the_base_stays_missing() -> None:
    gone = np.where(np.arange(VALUES) == 4, np.nan, values_at(BASE))
    seen = [Seen(u, values_at(u), slopes_at(u)) for u in points(30)]
    told = emulator_about(Seen(BASE, gone, slopes_at(BASE)), seen, np.ones(30), SHARED)
    found = told.at(points(1)[0])
    assert np.isnan(found[4]) and np.isfinite(np.delete(found, 4)).all() and not told.bend[4].any()
