"""Profile likelihoods: intervals of an unknown whose effect wears off, against where the cost itself says they end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sscell.study.calibrate.evidence import Datum, measured
from sscell.study.calibrate.problem import Problem
from sscell.study.calibrate.profile import STEPS, profiles
from sscell.study.calibrate.response import Response
from sscell.study.calibrate.search import Start, search
from sscell.study.calibrate.unknowns import Point

ERROR = 0.2
DATA = [
    Datum(name=name, samples=(), cells=(), observe=lambda _: None, judge=measured(np.array([x]), np.array([error])))
    for name, x, error in (("levels off", 0.5, ERROR), ("sum", 1.0, 0.1))
]
UNKNOWNS = [SimpleNamespace(name=name, value=lambda x: x) for name in ("a", "b")]


def answers(points: Sequence[Point], slopes: bool) -> list[Response]:
    """1 - e^-a, and a + b."""
    found = []
    for point in points:
        a, b = point.u
        values = [np.array([1 - np.exp(-a)]), np.array([a + b])]
        found.append(Response(values, [np.array([[np.exp(-a), 0.0]]), np.ones((1, 2))] if slopes else []))
    return found


def problem(highest: float) -> Problem:
    bounds = np.full(2, -np.inf), np.array([highest, np.inf])
    return Problem(answers, DATA, (2, 0, 0), np.zeros(2), bounds, None)


def test_it_is_traced_until_the_interval_ends(tmp_path: Path) -> None:
    (best,) = search(problem(np.inf), [Start(u=[0.5, 0.0])], 30)
    (found,) = profiles(problem(np.inf), UNKNOWNS, best, ["a"], 30, tmp_path / "kept.json")
    ends = [-np.log(0.5 + 1.96 * ERROR), -np.log(0.5 - 1.96 * ERROR)]
    assert [found.low, found.high] == pytest.approx(ends, abs=0.15)
    assert found.value.size > 1 + len(STEPS) and np.all(np.diff(found.value) > 0)
    residual = (1 - np.exp(-found.value) - 0.5) / ERROR
    assert found.rise == pytest.approx(0.5 * residual**2, abs=0.05)


def test_a_bound_ends_it() -> None:
    (best,) = search(problem(1.2), [Start(u=[0.5, 0.0])], 30)
    (found,) = profiles(problem(1.2), UNKNOWNS, best, ["a"], 30)
    assert np.isnan(found.high) and found.value[-1] == 1.2 and np.isfinite(found.low)
