"""Figures that pull against each other: what is met once one is left out, and that one predicted."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest

from sscell.study.calibrate.evidence import Datum, measured, speaking_of
from sscell.study.calibrate.left_out import predictions
from sscell.study.calibrate.problem import Problem
from sscell.study.calibrate.response import Response
from sscell.study.calibrate.search import Start, search
from sscell.study.calibrate.unknowns import Point

TARGETS = {"low": 0.0, "lower": 0.5, "high": 10.0}
DATA = [
    Datum(name=name, samples=(name,), cells=(), observe=lambda _: None, judge=measured(np.array([x]), np.ones(1)))
    for name, x in TARGETS.items()
]


def answers(points: Sequence[Point], slopes: bool) -> list[Response]:
    """One unknown, which all three figures see as it is."""
    return [
        Response([point.u.copy() for _ in DATA], [np.ones((1, 1)) for _ in DATA] if slopes else []) for point in points
    ]


def test_one_figure_gives_way() -> None:
    free = np.array([-np.inf]), np.array([np.inf])
    problem = Problem(answers, DATA, (1, 0, 0), np.zeros(1), free, None)
    method = SimpleNamespace(leave_out=("high", "lower"), most_iterations=30, sigmas=2.0)
    task = SimpleNamespace(rough=problem, problem=problem, study=SimpleNamespace(method=method))
    (best,) = search(problem, [Start(u=[0.0])], 30)
    rows, trades = predictions(task, best, best)
    assert [(trade.left_out, trade.met, trade.figures, trade.unmet) for trade in trades] == [
        ("", 0, 3, ("low", "lower", "high")),
        ("high", 2, 2, ()),
        ("lower", 0, 2, ("low", "high")),
    ]
    assert rows[0].predicted == pytest.approx(0.25, abs=1e-3)
    assert rows[0].fitted == pytest.approx(3.5, abs=1e-3)
    assert rows[0].off == pytest.approx(9.75 / np.sqrt(1.5), rel=1e-3)
    assert rows[0].high - rows[0].low == pytest.approx(2 * 1.96 * np.sqrt(0.5), rel=1e-2)


def test_data_are_found_by_name_and_sample() -> None:
    assert speaking_of(DATA, "high") == [2] and speaking_of(DATA, "other") == []
