"""Prediction tests: the data of a sample, a run or a fact are held out from the start, or left out where a search

ended, which then goes on; those data are then predicted, and the rest may be met better.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sscell.study.calibrate.evidence import Datum, speaking_of
from sscell.study.calibrate.from_facts import MARGIN
from sscell.study.calibrate.known import TWO_SIDED_95, Known
from sscell.study.calibrate.search import Progress, Start, known_at, search, spread_of, without
from sscell.study.calibrate.task import Task

# Of a datum with more values than this (a curve, a spectrum) only how far off it is on the whole is told.
MOST_VALUES = 8
# Parameters are told of whose error grows by more than this.
WIDER = 2.0


class Predicted(NamedTuple):
    """One value that was left out: what was measured, what the rest foretells (95 % interval) and what a fit gives.

    Of orders only those that do not hold. fitted: NaN where it was never fitted. off: residual in standard deviations
    of the measurement and the prediction together. status: of the search without those data.
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


class Trade(NamedTuple):
    """Without some data (left_out; '': with all): how many of the single figures that stay are met, and which not.

    Met: within its tolerance, of a fact; else within as many standard deviations as a tolerance stands for.
    """

    left_out: str
    met: int
    figures: int
    unmet: tuple[str, ...]


class Widened(NamedTuple):
    """A parameter that is known much less without some data: its 95 % interval with all data, and without those."""

    left_out: str
    parameter: str
    unit: str
    low_with: float
    high_with: float
    low: float
    high: float


class LeftOut(NamedTuple):
    """What becomes of all that is left out in turn."""

    predicted: list[Predicted]
    trades: list[Trade]
    widened: list[Widened]


def held_out(task: Task, best: Start) -> list[Predicted]:
    """What is foretold of data that the search did not see."""
    spread = spread_of(task.problem, best)
    return [
        row
        for name, numbers in task.held_out.items()
        for row in _rows(task.data, numbers, None, best, _arrays(best.values), spread, name)
    ]


def predictions(
    task: Task, best: Start, near: Start, kept: Path | None = None, progress: Progress | None = None
) -> LeftOut:
    """Leave out each group (a sample, a run, a fact) in turn.

    The searches go on from `near`, on the rough mesh; what is foretold is simulated where they end as all else is.
    """
    rough, method = task.rough, task.study.method
    chosen = {name: speaking_of(rough.data, name) for name in method.leave_out}
    starts = [without(rough, near, numbers) for numbers in chosen.values()]
    found = search(rough, starts, method.most_iterations, kept, progress)
    responses = task.problem.answers([np.array(state.u) for state in found], False)
    rows: list[Predicted] = []
    trades = [_trade("", rough.data, _arrays(best.values), (), method.sigmas)]
    for name, state, response in zip(chosen, found, responses, strict=True):
        values = response.values or _arrays(state.values)
        rows += _rows(rough.data, state.left_out, best, state, values, spread_of(rough, state), name)
        trades.append(_trade(name, rough.data, values, state.left_out, method.sigmas))
    with_all = known_at(task.rough, task.unknowns, near)
    widened = [
        row
        for name, state in zip(chosen, found, strict=True)
        for row in _widened(name, with_all, known_at(task.rough, task.unknowns, state))
    ]
    return LeftOut(rows, trades if chosen and trades[0].figures else [], widened)


def _widened(name: str, with_all: Sequence[Known], without_it: Sequence[Known]) -> list[Widened]:
    return [
        Widened(name, row.name, row.unit, row.low, row.high, wide.low, wide.high)
        for row, wide in zip(with_all, without_it, strict=True)
        if wide.error > WIDER * row.error
    ]


def _trade(
    name: str, data: Sequence[Datum], values: Sequence[np.ndarray], left_out: Sequence[int], sigmas: float
) -> Trade:
    single = [k for k, datum in enumerate(data) if datum.judge and datum.counts == 1 and k not in left_out]
    unmet = [data[k].name for k in single if not data[k].met(values[k], sigmas)]
    return Trade(name, len(single) - len(unmet), len(single), tuple(unmet))


def _arrays(values: Sequence[Sequence[float]]) -> list[np.ndarray]:
    return [np.array(v) for v in values]


def _rows(
    data: Sequence[Datum],
    numbers: Sequence[int],
    best: Start | None,
    state: Start,
    predicted: Sequence[np.ndarray],
    spread: np.ndarray,
    name: str,
) -> list[Predicted]:
    """What a start foretells of some data; best: where all were fitted."""
    rows = []
    for number in numbers:
        datum, values, slopes = data[number], predicted[number], np.array(state.slopes[number])
        fitted = np.array(best.values[number]) if best else np.full(values.size, np.nan)
        assert datum.judge is not None
        # From the unknowns and from cell to cell.
        errors = np.sqrt(np.maximum(np.einsum("ip,pq,iq->i", slopes, spread, slopes), 0.0))
        residual, by_value = datum.judge(values)
        if datum.counts == 0 and np.max(np.abs(residual), initial=0.0) <= MARGIN:
            continue  # an order that holds
        by = by_value @ slopes
        width = np.sqrt(1 + np.einsum("ip,pq,iq->i", by, spread, by))
        off = np.abs(residual) / width
        if values.size > MOST_VALUES:
            scale, whole = float(np.sqrt(np.mean(residual**2))), float(np.sqrt(np.mean(off**2)))
            before = float(np.sqrt(np.mean(datum.judge(fitted)[0] ** 2))) if best else np.nan
            rows.append(
                Predicted(name, f"{datum.name}: RMS residual", "1", scale, np.nan, np.nan, before, whole, state.status)
            )
            continue
        for k in range(values.size):
            label = datum.labels[k] if len(datum.labels) == values.size else ""
            low, high = (float(values[k] + z * errors[k]) for z in (-TWO_SIDED_95, TWO_SIDED_95))
            own = datum.judge.matrix[:, k] != 0
            if datum.counts == 0 and np.max(np.abs(residual[own]), initial=0.0) <= MARGIN:
                continue  # the sample's part of it holds
            title = f"{datum.name}, {label}" if label and values.size > 1 else datum.name
            rows.append(
                Predicted(
                    name,
                    title,
                    datum.words_of(label),
                    float(values[k]),
                    low,
                    high,
                    float(fitted[k]),
                    float(np.max(off[own], initial=0.0)),
                    state.status,
                )
            )
    return rows
