"""From what the passes record to a cycle's sums: charge, energy, durations, and what the state was at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sscell.cell import CellStructure
from sscell.engines.jax.advance import Row
from sscell.engines.jax.cycle_fields import CycleEnds, StepSums, cycle_fields
from sscell.engines.jax.program import Control, current_A
from sscell.protocol import Protocol

BOOLE = np.array([7, 32, 12, 32, 7]) / 90
# How long after a switch double layers and layers still swing.
SWINGS_S = 10.0
AT_END = ("charge_C", "decomposition_m", "active", "oxidised", "last")


class Tally:
    """Sums of every protocol step for some lanes; arrays (steps, lanes)."""

    def __init__(self, protocol: Protocol, program: np.ndarray, lanes: int) -> None:
        self.control = Control(*program)
        self.cycle_starts = np.cumsum([0, *(len(steps) for steps in protocol.cycles)])
        shape = self.cycle_starts[-1], lanes
        self.energy_J, self.duration_s = np.zeros(shape), np.zeros(shape)
        self.ended = np.zeros(shape, dtype=np.int8)
        self.at_end = {name: np.zeros(shape) for name in AT_END}

    def clear(self, lane: int) -> None:
        """Make a lane ready for another cell."""
        for array in (self.energy_J, self.duration_s, self.ended, *self.at_end.values()):
            array[:, lane] = 0

    def add(self, record: np.ndarray, one_C_A: np.ndarray) -> None:
        """Add a record (passes, fields of Row, lanes)."""
        rows = Row(*np.moveaxis(record, 1, 0))
        when, lane = np.nonzero(rows.kind > 0)
        row = Row(*(field[when, lane] for field in rows))
        step = row.step.astype(int)
        length = row.share * row.h
        mean = BOOLE @ np.stack([row.q0, row.q1, row.q2, row.q3, row.q4])
        held = self.control.hold[step] > 0
        fixed = np.where(held, self.control.voltage_V[step], current_A(self.control, step, one_C_A[lane]))
        with np.errstate(all="ignore"):
            np.add.at(self.energy_J, (step, lane), np.where(length > 0, mean * fixed, 0.0) * length)
        np.add.at(self.duration_s, (step, lane), length)
        ends = row.kind >= 2
        at = step[ends], lane[ends]
        self.ended[at] = row.kind[ends]
        row_last = np.where(held, self.control.voltage_V[step], row.q4)
        values = (row.charge_C, row.decomposition_m, row.active, row.oxidised, row_last)
        for name, value in zip(AT_END, values, strict=True):
            self.at_end[name][at] = value[ends]

    def finished_cycles(self, lane: int) -> int:
        """How many cycles a lane has finished."""
        done = np.append(self.ended[:, lane] > 0, False)
        return int(np.searchsorted(self.cycle_starts, np.argmin(done), side="right")) - 1

    def ended_at_once(self, lane: int) -> np.ndarray:
        """The protocol steps that ended at once."""
        return np.flatnonzero(self.ended[:, lane] == 3)

    def summary(
        self, lane: int, numbers: Mapping[str, float], structure: CellStructure, before: Mapping[str, float]
    ) -> dict[str, np.ndarray]:
        """The fields of CycleSummary for the finished cycles, up to the first that has a number which is not finite.

        before: charge_C and oxidised at the start.
        """
        count = self.finished_cycles(lane)
        starts = self.cycle_starts[: count + 1]
        steps, last, column = slice(0, starts[-1]), starts[1:] - 1, slice(lane, lane + 1)
        charge = self.at_end["charge_C"][steps, column]
        passed = np.diff(charge, axis=0, prepend=np.full((1, 1), before["charge_C"]))
        sums = StepSums(passed, self.energy_J[steps, column], self.duration_s[steps, column])
        names = ("last", "decomposition_m", "active", "oxidised")
        ends = CycleEnds(*(self.at_end[name][last, column] for name in names))
        with np.errstate(all="ignore"):
            fields = cycle_fields(sums, ends, np.array([before["oxidised"]]), starts, numbers, structure, np)
        sound = np.isfinite(np.stack([*ends, *(np.add.reduceat(q, starts[:-1]) for q in sums)])).all(axis=0)[:, 0]
        if structure.positive == "composite":
            sound &= np.isfinite(fields["interface_resistance_ohm_cm2"][:, 0])
        count = int(np.argmin(np.append(sound, False)))
        return {"cycle": np.arange(1, count + 1), **{name: values[:count, 0] for name, values in fields.items()}}


def trace_columns(
    records: Sequence[np.ndarray], lane: int, program: np.ndarray, one_C_A: float, cycle_of: np.ndarray
) -> tuple[np.ndarray, ...]:
    """time_s, current_A, voltage_V and cycle of a lane: four points a time step, the first of each protocol step.

    Where no time step was taken at all, the point at which the first was tried.
    """
    control = Control(*program)
    every = Row(*np.concatenate([record[:, :, lane] for record in records]).T)
    rows = Row(*(field[every.kind > 0] for field in every))
    if rows.step.size == 0:
        rows = Row(*(field[:1] for field in every))
    step = rows.step.astype(int)
    starts = np.flatnonzero(np.diff(step, prepend=-1))
    length = rows.share * rows.h
    times = rows.time_s[:, None] + length[:, None] * np.array([0, 0.25, 0.5, 0.75, 1])
    seen = np.stack([rows.q0, rows.q1, rows.q2, rows.q3, rows.q4], axis=1)
    held = (control.hold[step] > 0)[:, None]
    ordered = current_A(control, step, one_C_A)[:, None]
    current = np.where(held, seen, ordered)
    voltage = np.where(held, control.voltage_V[step][:, None], seen)
    # The first point of a time step is the last of the one before, but where the cycler has switched.
    keep = np.ones(times.shape, dtype=bool)
    keep[:, 0] = False
    keep[starts, 0] = True
    keep[rows.kind == 3, 1:] = False
    # Just after a switch the path may swing between its ends, which are right: inner points that turn are left out.
    moves = np.diff(seen, axis=1)
    turns = ~((moves <= 0).all(axis=1) | (moves >= 0).all(axis=1))
    began = rows.time_s[starts][np.searchsorted(starts, np.arange(step.size), side="right") - 1]
    keep[turns & (rows.time_s - began < SWINGS_S), 1:4] = False
    cycle = np.broadcast_to(cycle_of[step][:, None], times.shape)
    # A cell beside another may meet a limit a moment before the step in which the other meets it.
    return np.maximum.accumulate(times[keep]), current[keep], voltage[keep], cycle[keep]


def current_at_end(record: np.ndarray, program: np.ndarray, numbers: Mapping[str, np.ndarray]) -> float:
    """The current after the last pass of a cell alone, A."""
    last, control = Row(*record[-1, :, 0]), Control(*program)
    step = int(last.step)
    return float(last.q4 if control.hold[step] > 0 else current_A(control, step, numbers["one_C_A"][0]))


def cycle_of_steps(protocol: Protocol) -> np.ndarray:
    """The cycle, from 1, of each protocol step."""
    return np.repeat(np.arange(1, len(protocol) + 1), [len(steps) for steps in protocol.cycles])


def numbers_of_lane(numbers: Mapping[str, np.ndarray], lane: int) -> dict[str, Any]:
    """One lane's numbers."""
    return {name: values[lane] for name, values in numbers.items()}
