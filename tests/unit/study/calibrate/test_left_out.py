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


def unknown(name: str) -> SimpleNamespace:
    free = -np.inf, np.inf
    spec = SimpleNamespace(flat=False, source="assumed")
    return SimpleNamespace(name=name, spec=spec, prior="", bounds=free, ends=free, value=lambda u: u)


def test_one_figure_gives_way() -> None:
    free = np.array([-np.inf]), np.array([np.inf])
    problem = Problem(answers, DATA, (1, 0, 0), np.zeros(1), free, None)
    method = SimpleNamespace(leave_out=("high", "lower"), most_iterations=30, sigmas=2.0)
    unknowns = SimpleNamespace(free=[unknown("x")], units=["1"])
    task = SimpleNamespace(rough=problem, problem=problem, unknowns=unknowns, study=SimpleNamespace(method=method))
    (best,) = search(problem, [Start(u=[0.0])], 30)
    rows, trades, widened = predictions(task, best, best)
    assert [(trade.left_out, trade.met, trade.figures, trade.unmet) for trade in trades] == [
        ("", 0, 3, ("low", "lower", "high")),
        ("high", 2, 2, ()),
        ("lower", 0, 2, ("low", "high")),
    ]
    assert rows[0].predicted == pytest.approx(0.25, abs=1e-3)
    assert rows[0].fitted == pytest.approx(3.5, abs=1e-3)
    assert rows[0].off == pytest.approx(9.75 / np.sqrt(1.5), rel=1e-3)
    assert not widened  # two figures know it nearly as well as three
    assert rows[0].high - rows[0].low == pytest.approx(2 * 1.96 * np.sqrt(0.5), rel=1e-2)


def test_data_are_found_by_name_and_sample() -> None:
    assert speaking_of(DATA, "high") == [2] and speaking_of(DATA, "other") == []


def test_a_parameter_that_one_figure_told_is_known_less_without_it() -> None:
    """x is seen by all, y by the last alone, three times as sharply as by its prior: without it, its prior is left."""

    def both(points: Sequence[Point], slopes: bool) -> list[Response]:
        by = np.array([[[1.0, 0.0]], [[1.0, 0.0]], [[0.0, 3.0]]])
        return [Response(list(by @ point.u), list(by) if slopes else []) for point in points]

    problem = Problem(both, DATA, (2, 0, 0), np.ones(2), (np.full(2, -np.inf), np.full(2, np.inf)), None)
    method = SimpleNamespace(leave_out=("high",), most_iterations=30, sigmas=2.0)
    unknowns = SimpleNamespace(free=[unknown("x"), unknown("y")], units=["1", "nm"])
    task = SimpleNamespace(rough=problem, problem=problem, unknowns=unknowns, study=SimpleNamespace(method=method))
    (best,) = search(problem, [Start(u=[0.0, 0.0])], 30)
    (row,) = predictions(task, best, best).widened
    assert (row.left_out, row.parameter, row.unit) == ("high", "y", "nm")
    assert [row.low, row.high] == pytest.approx([-1.96, 1.96], abs=0.02)
    assert row.high_with - row.low_with == pytest.approx(2 * 1.96 / np.sqrt(10), rel=1e-3)
