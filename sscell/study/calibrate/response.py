"""What a study's cells give at points of its unknowns: the values beside all data, and their slopes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sscell.cell import Cell
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, FAST_MESH, FAST_TOLERANCE, Mesh
from sscell.engines.neighbours import simulate_rows, spectra_of_rows
from sscell.engines.result import SimulationResult
from sscell.interface import InterfaceState
from sscell.protocol import Protocol
from sscell.study.calibrate.evidence import Datum, Picture, Taken
from sscell.study.calibrate.schema import Study
from sscell.study.calibrate.unknowns import Key, Point, Unknowns
from sscell.study.jobs import JobResult


class Fineness(NamedTuple):
    """Meshes of cycling and of spectra, and the tolerance of time steps."""

    mesh: Mesh
    impedance_mesh: Mesh
    tolerance: float


USUAL = Fineness(FAST_MESH, FAST_IMPEDANCE_MESH, FAST_TOLERANCE)
FINER = Fineness(Mesh(16, 48, 40, 1.1, 0.92), Mesh(48, 90, 60, 1.15, 0.93), FAST_TOLERANCE / 4)


class Response(NamedTuple):
    """At one point, by datum: values (n,), and their slopes (n, P) by all coordinates; problem: why there are none."""

    values: list[np.ndarray]
    slopes: list[np.ndarray]
    problem: str = ""


@dataclass
class _Rows:
    """What became of one point: rows of cells (the cell itself, then its neighbours), and what they gave."""

    cells: dict[Key, list[Cell]]
    results: dict[Key, list[SimulationResult]] = field(default_factory=dict)
    spectra: dict[Taken, np.ndarray] = field(default_factory=dict)
    problem: str = ""


class Responder:
    """All data of a study; points are answered many at once, in one batch a protocol."""

    def __init__(self, study: Study, data: Sequence[Datum], fineness: Fineness = USUAL) -> None:
        self.study, self.data, self.fineness = study, list(data), fineness
        self._cycled = list(dict.fromkeys(key for datum in data for key in datum.cells))
        some_run = next(iter(study.runs))
        bare = [(sample, some_run) for datum in data if not datum.cells for sample in datum.samples]
        self.keys = list(dict.fromkeys([*self._cycled, *bare]))
        self.unknowns = Unknowns(study, self.keys)

    def finer(self) -> Responder:
        """The same on finer meshes and with smaller time steps, to see what the usual ones leave."""
        return Responder(self.study, self.data, FINER)

    def answers(self, points: Sequence[Point], slopes: bool) -> list[Response]:
        """The response at each point."""
        lanes = {key: self.unknowns.lanes(key) if slopes else [] for key in self.keys}
        rows = [_Rows({key: self.unknowns.row(key, point, lanes[key]) for key in self.keys}) for point in points]
        for run, spec in self.study.runs.items():
            self._cycle(run, spec.plan(), rows)
        for frequency_Hz, fresh in dict.fromkeys(
            (d.spectrum.frequency_Hz, d.spectrum.until is None) for d in self.data if d.spectrum
        ):
            self._impedance(frequency_Hz, fresh, rows)
        return [self._observed(point, row, lanes, slopes) for point, row in zip(points, rows, strict=True)]

    def _cycle(self, run: str, plan: Protocol, points: Sequence[_Rows]) -> None:
        data = [d for d in self.data if d.spectrum is None and any(key[1] == run for key in d.cells)]
        if not data:
            return
        cycles = min(max(d.cycles or len(plan) for d in data), len(plan))
        keys = [key for key in self._cycled if key[1] == run and any(key in d.cells for d in data)]
        plan = Protocol(plan.cycles[:cycles], plan.name)
        found = self._simulated(points, keys, plan, max(d.traced for d in data))
        for (point, key), results in found:
            point.results[key] = results

    def _impedance(self, frequency_Hz: tuple[float, ...], fresh: bool, points: Sequence[_Rows]) -> None:
        wanted = [
            d.spectrum
            for d in self.data
            if d.spectrum and d.spectrum.frequency_Hz == frequency_Hz and (d.spectrum.until is None) == fresh
        ]
        states: dict[tuple[int, Taken], list] = {}
        by_plan: dict[tuple, list[Taken]] = defaultdict(list)
        for taken in wanted:
            by_plan[taken.cell[1], taken.until].append(taken)
        for (run, until), group in by_plan.items():
            if until is not None:
                plan = _up_to(self.study.runs[run].plan(), until)
                for (point, key), results in self._simulated(points, [taken.cell for taken in group], plan, 0):
                    for taken in group:
                        if taken.cell == key:
                            states[id(point), taken] = [result.final_state for result in results]
        able = [(point, taken) for point in points for taken in wanted if not point.problem]
        for width in dict.fromkeys(len(point.cells[taken.cell]) for point, taken in able):
            chosen = [(point, taken) for point, taken in able if len(point.cells[taken.cell]) == width]
            found = spectra_of_rows(
                [point.cells[taken.cell] for point, taken in chosen],
                np.array(frequency_Hz),
                states=None if fresh else [states[id(point), taken] for point, taken in chosen],
                rest_h=0.0 if fresh else self.study.eis.rest_h,
                mesh=self.fineness.impedance_mesh,
            )
            for (point, taken), z, problem in zip(chosen, found.impedance_ohm, found.problems, strict=True):
                point.spectra[taken] = z
                point.problem = point.problem or problem

    def _simulated(
        self, points: Sequence[_Rows], keys: Sequence[Key], plan: Protocol, traced: int
    ) -> list[tuple[tuple[_Rows, Key], list[SimulationResult]]]:
        """The rows of some cells of all points, those of equal length in one batch."""
        wanted = [(point, key) for point in points for key in dict.fromkeys(keys) if not point.problem]
        out = []
        for width in dict.fromkeys(len(point.cells[key]) for point, key in wanted):
            chosen = [(point, key) for point, key in wanted if len(point.cells[key]) == width]
            found = simulate_rows(
                [point.cells[key] for point, key in chosen],
                plan,
                trace_cycles=traced,
                mesh=self.fineness.mesh,
                tolerance=self.fineness.tolerance,
            )
            for (point, key), results in zip(chosen, found, strict=True):
                if results[0].message and not point.problem:
                    point.problem = f"{key[0]}, {key[1]}: {results[0].message}"
                out.append(((point, key), results))
        return out

    def _observed(self, point: Point, rows: _Rows, lanes: Mapping[Key, list[int]], slopes: bool) -> Response:
        if rows.problem:
            return Response([], [], rows.problem)
        steps, apart = self.unknowns.steps(point.u), point.apart.shape[1]
        values, by = [], []
        for datum in self.data:
            keys = datum.cells or tuple(key for key in self.keys if key[0] in datum.samples)
            value = _observe(datum, rows, keys, {})
            values.append(value)
            if slopes:
                by.append(np.zeros((value.size, point.u.size + point.apart.size)))
                for column, step, moved in self._moves(keys, lanes, steps, apart):
                    there = _observe(datum, rows, keys, moved)
                    by[-1][:, column] = np.nan_to_num((there - value) / step)
        return Response(values, by)

    def _moves(
        self, keys: Sequence[Key], lanes: Mapping[Key, list[int]], steps: np.ndarray, apart: int
    ) -> list[tuple[int, float, dict[Key, int]]]:
        """Column, step and the neighbour that stands for each cell: of what is shared all cells move, else one."""
        shared = steps.size - apart
        moves = []
        for k in range(shared):
            moved = {key: 1 + lanes[key].index(k) for key in keys if k in lanes[key]}
            if moved:
                moves.append((k, float(steps[k]), moved))
        for key in keys:
            for s in range(apart):
                if shared + s in lanes[key]:
                    column = shared + self.keys.index(key) * apart + s
                    moves.append((column, float(steps[shared + s]), {key: 1 + lanes[key].index(shared + s)}))
        return moves


def _up_to(plan: Protocol, until: tuple[int, int]) -> Protocol:
    cycle, step = until
    last = plan.cycles[cycle - 1]
    return Protocol((*plan.cycles[: cycle - 1], last[:step] if step else last), plan.name)


def _observe(datum: Datum, rows: _Rows, keys: Sequence[Key], moved: Mapping[Key, int]) -> np.ndarray:
    """The datum's values with some cells replaced by a neighbour."""
    jobs: dict[Key, JobResult] = {}
    interfaces: dict[str, InterfaceState] = {}
    for key in keys:
        lane = moved.get(key, 0)
        cell = rows.cells[key][lane]
        cycling = rows.results[key][lane] if key in rows.results else None
        jobs[key] = JobResult(sample=key[0], run=key[1], cell=cell, cycling=cycling)
        if cell.interface is not None:
            interfaces.setdefault(key[0], cell.interface)
    taken = datum.spectrum
    spectra = {} if taken is None else {taken: rows.spectra[taken][moved.get(taken.cell, 0)]}
    return datum.observe(Picture(jobs, interfaces, spectra))
