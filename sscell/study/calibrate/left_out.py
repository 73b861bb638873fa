"""Prediction tests: the search goes on without the data of a sample or a run, and those data are then predicted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sscell.study.calibrate.evidence import Datum
from sscell.study.calibrate.known import TWO_SIDED_95
from sscell.study.calibrate.problem import Problem
from sscell.study.calibrate.search import Progress, Start, search, spread_of, without

# Of a datum with more values than this (a curve, a spectrum) only how far off it is on the whole is told.
MOST_VALUES = 8


class Predicted(NamedTuple):
    """One value that was left out: what was measured, what the rest foretells (95 % interval) and what a fit gives.

    off: residual in standard deviations of the measurement and the prediction together. status: of the search without
    those data.
    """

    left_out: str
    datum: str
    measured: str
    predicted: float
    low: float
    high: float
    fitted: float
    off: float
    status: str


def predictions(
    problem: Problem,
    best: Start,
    groups: Sequence[str],
    most_rounds: int,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> list[Predicted]:
    """Leave out each group (a sample or a run) in turn."""
    chosen = {name: speaking_of(problem.data, name) for name in groups}
    chosen = {name: numbers for name, numbers in chosen.items() if numbers}
    starts = [without(problem, best, numbers) for numbers in chosen.values()]
    found = search(problem, starts, most_rounds, kept, progress)
    return [row for name, state in zip(chosen, found, strict=True) for row in _rows(problem, best, state, name)]


def speaking_of(data: Sequence[Datum], name: str) -> list[int]:
    """The numbers of the data that speak of a sample, or of a run."""
    return [k for k, d in enumerate(data) if d.judge and (name in d.samples or any(name == run for _, run in d.cells))]


def interval(problem: Problem, state: Start, number: int) -> tuple[np.ndarray, np.ndarray]:
    """A datum's values where a start ended, and their standard deviations from the unknowns and from cell to cell."""
    spread = spread_of(problem, state)
    slopes = np.array(state.slopes[number])
    return np.array(state.values[number]), np.sqrt(np.maximum(np.einsum("ip,pq,iq->i", slopes, spread, slopes), 0.0))


def _rows(problem: Problem, best: Start, state: Start, name: str) -> list[Predicted]:
    rows = []
    for number in state.left_out:
        datum = problem.data[number]
        assert datum.judge is not None
        values, errors = interval(problem, state, number)
        residual, by_value = datum.judge(values)
        by = by_value @ np.array(state.slopes[number])
        width = np.sqrt(1 + np.einsum("ip,pq,iq->i", by, spread_of(problem, state), by))
        off = np.abs(residual) / width
        if values.size > MOST_VALUES:
            scale, whole = float(np.sqrt(np.mean(residual**2))), float(np.sqrt(np.mean(off**2)))
            fitted = float(np.sqrt(np.mean(datum.judge(np.array(best.values[number]))[0] ** 2)))
            rows.append(
                Predicted(name, f"{datum.name}: RMS residual", "1", scale, np.nan, np.nan, fitted, whole, state.status)
            )
            continue
        for k in range(values.size):
            label = datum.labels[k] if len(datum.labels) == values.size else ""
            low, high = (float(values[k] + z * errors[k]) for z in (-TWO_SIDED_95, TWO_SIDED_95))
            title = f"{datum.name}, {label}" if label and values.size > 1 else datum.name
            rows.append(
                Predicted(
                    name,
                    title,
                    datum.words,
                    float(values[k]),
                    low,
                    high,
                    float(best.values[number][k]),
                    float(np.max(off[datum.judge.matrix[:, k] != 0], initial=0.0)),
                    state.status,
                )
            )
    return rows
