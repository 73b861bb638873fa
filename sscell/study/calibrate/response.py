"""What a study's cells give at points of its unknowns: the values beside all data, and their slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sscell.cell import Cell
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, FAST_MESH, FAST_TOLERANCE, IMPEDANCE_MESH, Mesh
from sscell.engines.neighbours import simulate_rows, spectra_of_rows
from sscell.engines.rest import NOT_SETTLED
from sscell.engines.result import SimulationResult
from sscell.errors import InputError
from sscell.interface import InterfaceState
from sscell.protocol import Protocol
from sscell.records import CellState
from sscell.study.calibrate.evidence import Datum, Picture, Taken
from sscell.study.calibrate.schema import Study
from sscell.study.calibrate.unknowns import Key, Point, Unknowns
from sscell.study.jobs import JobResult
from sscell.threads import cores


class Fineness(NamedTuple):
    """Meshes of cycling and of spectra, and the tolerance of time steps."""

    mesh: Mesh
    impedance_mesh: Mesh
    tolerance: float


# Roughly is enough to find where to look: 0.2 % of a capacity, 0.3 % of an impedance, at half the cost.
ROUGH = Fineness(Mesh(8, 14, 16, 1.1, 0.8), IMPEDANCE_MESH, 3e-4)
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
    states: dict[tuple[Key, tuple[int, int]], list[CellState]] = field(default_factory=dict)
    spectra: dict[Taken, np.ndarray] = field(default_factory=dict)
    problem: str = ""

    @property
    def width(self) -> int:
        """Of the longest row."""
        return max(map(len, self.cells.values()), default=0)


class _Asked(NamedTuple):
    """Cells to run through a plan, with the trace of so many cycles, to where `until` says.

    results: whether data look at its cycles; else only a spectrum follows where it ends.
    """

    plan: Protocol
    keys: list[Key]
    traced: int
    until: tuple[int, int]
    results: bool

    def batches(self, points: Sequence[_Rows]) -> list[_Batch]:
        """Rows of equal length of all points."""
        members = [(point, key) for point in points for key in self.keys if not point.problem]
        widths = dict.fromkeys(len(point.cells[key]) for point, key in members)
        return [_Batch(self, [(p, key) for p, key in members if len(p.cells[key]) == width]) for width in widths]

    def keep(self, point: _Rows, key: Key, row: list[SimulationResult]) -> None:
        """Put the results where they are looked for."""
        if self.results:
            point.results[key] = row
        point.states[key, self.until] = [result.final_state for result in row]


class _Batch(NamedTuple):
    """Rows that run together."""

    asked: _Asked
    members: list[tuple[_Rows, Key]]


class Responder:
    """All data of a study; points are answered many at once, in one batch a protocol.

    unknowns: those of a study of which these are but some of the data (None: those of these data).
    """

    def __init__(
        self, study: Study, data: Sequence[Datum], fineness: Fineness, unknowns: Unknowns | None = None
    ) -> None:
        self.study, self.data, self.fineness = study, list(data), fineness
        self._cycled = list(dict.fromkeys(key for datum in data for key in datum.cells))
        some_run = next(iter(study.runs))
        bare = [(sample, some_run) for datum in data if not datum.cells for sample in datum.samples]
        self.keys = list(dict.fromkeys([*self._cycled, *bare]))
        self.unknowns = unknowns or Unknowns(study, self.keys)

    def answers(self, points: Sequence[Point], slopes: bool) -> list[Response]:
        """The response at each point."""
        lanes = {key: self.unknowns.lanes(key) if slopes else [] for key in self.keys}
        rows = [self._rows(point, lanes) for point in points]
        self._simulate(rows)
        return [self._observed(point, row, lanes, slopes) for point, row in zip(points, rows, strict=True)]

    def beside(self, rows: Sequence[Sequence[Point]]) -> list[list[Response]]:
        """The values at the points of each row, all on the time steps of its first.

        They are smooth in what separates them from it; those of `answers` differ by the noise of step control as well.
        """
        found: list[dict[int, Response]] = [{} for _ in rows]
        cells: list[dict[int, dict[Key, Cell]]] = [{} for _ in rows]
        for row, failed, made in zip(rows, found, cells, strict=True):
            for k, point in enumerate(row):
                try:
                    made[k] = {key: self.unknowns.cell(key, point) for key in self.keys}
                except InputError as error:
                    failed[k] = Response([], [], str(error))
        runs = [_Rows({key: [own[key] for own in made.values()] for key in self.keys}) for made in cells]
        self._simulate([run for run, made in zip(runs, cells, strict=True) if made])
        for run, made, responses in zip(runs, cells, found, strict=True):
            responses |= {k: self._of_lane(run, lane) for lane, k in enumerate(made)}
        return [[responses[k] for k in range(len(row))] for row, responses in zip(rows, found, strict=True)]

    def _of_lane(self, rows: _Rows, lane: int) -> Response:
        """The values of one lane of all rows."""
        if rows.problem:
            return Response([], [], rows.problem)
        if problem := _left_behind(rows, lane):
            return Response([], [], problem)
        every = {key: lane for key in self.keys}
        return Response([_observe(datum, rows, self._keys(datum), every) for datum in self.data], [])

    def _keys(self, datum: Datum) -> tuple[Key, ...]:
        return datum.cells or tuple(key for key in self.keys if key[0] in datum.samples)

    def _simulate(self, rows: Sequence[_Rows]) -> None:
        """All that the data look at."""
        self._cycle(rows)
        for frequency_Hz, fresh in dict.fromkeys((t.frequency_Hz, t.until is None) for t in self._spectra):
            self._impedance(frequency_Hz, fresh, rows)

    def _rows(self, point: Point, lanes: Mapping[Key, list[int]]) -> _Rows:
        try:
            return _Rows({key: self.unknowns.row(key, point, lanes[key]) for key in self.keys})
        except InputError as error:  # a step beyond what an input may be
            return _Rows({}, problem=str(error))

    @property
    def _spectra(self) -> list[Taken]:
        return [datum.spectrum for datum in self.data if datum.spectrum]

    def _cycle(self, points: Sequence[_Rows]) -> None:
        """Run all that has to be run, the longest first; batches share the cores, as a long one of few cells has but
        one to fill."""
        batches = [batch for asked in self._runs() for batch in asked.batches(points)]
        batches.sort(key=lambda batch: -len(batch.asked.plan))
        with ThreadPoolExecutor(max_workers=cores()) as pool:
            found = list(pool.map(self._simulated, batches))
        for batch, results in zip(batches, found, strict=True):
            for (point, key), row in zip(batch.members, results, strict=True):
                batch.asked.keep(point, key, row)
                if row[0].message and not point.problem:
                    point.problem = f"{key[0]}, {key[1]}: {row[0].message}"

    def _runs(self) -> list[_Asked]:
        """Runs as far as the data need them, and others up to where a spectrum is taken."""
        asked = []
        for run, spec in self.study.runs.items():
            plan = spec.plan()
            data = [d for d in self.data if d.spectrum is None and any(key[1] == run for key in d.cells)]
            if data:
                cycles = min(max(d.cycles or len(plan) for d in data), len(plan))
                keys = [key for key in self._cycled if key[1] == run and any(key in d.cells for d in data)]
                cut = Protocol(plan.cycles[:cycles], plan.name)
                asked.append(_Asked(cut, keys, max(d.traced for d in data), (cycles, 0), True))
            for until in dict.fromkeys(t.until for t in self._spectra if t.until and t.cell[1] == run):
                there = {key for other in asked if other.until == until for key in other.keys if key[1] == run}
                own = [t.cell for t in self._spectra if t.until == until and t.cell[1] == run and t.cell not in there]
                if own:
                    asked.append(_Asked(_up_to(plan, until), list(dict.fromkeys(own)), 0, until, False))
        return asked

    def _simulated(self, batch: _Batch) -> list[list[SimulationResult]]:
        return simulate_rows(
            [point.cells[key] for point, key in batch.members],
            batch.asked.plan,
            trace_cycles=batch.asked.traced,
            mesh=self.fineness.mesh,
            tolerance=self.fineness.tolerance,
        )

    def _impedance(self, frequency_Hz: tuple[float, ...], fresh: bool, points: Sequence[_Rows]) -> None:
        wanted = [t for t in self._spectra if t.frequency_Hz == frequency_Hz and (t.until is None) == fresh]
        able = [(point, taken) for point in points for taken in wanted if not point.problem]
        for width in dict.fromkeys(len(point.cells[taken.cell]) for point, taken in able):
            chosen = [(point, taken) for point, taken in able if len(point.cells[taken.cell]) == width]
            found = spectra_of_rows(
                [point.cells[taken.cell] for point, taken in chosen],
                np.array(frequency_Hz),
                states=[p.states[t.cell, t.until] for p, t in chosen if t.until is not None] or None,
                rest_h=0.0 if fresh else self.study.eis.rest_h,
                mesh=self.fineness.impedance_mesh,
                rest_mesh=self.fineness.mesh,
                tolerance=self.fineness.tolerance,
            )
            for (point, taken), z, problem in zip(chosen, found.impedance_ohm, found.problems, strict=True):
                point.spectra[taken] = z
                point.problem = point.problem or problem

    def _observed(self, point: Point, rows: _Rows, lanes: Mapping[Key, list[int]], slopes: bool) -> Response:
        problem = rows.problem or next(filter(None, (_left_behind(rows, k) for k in range(1, rows.width))), "")
        if problem:
            return Response([], [], problem)
        steps, apart = self.unknowns.steps(point.u), point.apart.shape[1]
        values, by = [], []
        for datum in self.data:
            keys = self._keys(datum)
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
                    column = shared + self.unknowns.keys.index(key) * apart + s
                    moves.append((column, float(steps[shared + s]), {key: 1 + lanes[key].index(shared + s)}))
        return moves


def _up_to(plan: Protocol, until: tuple[int, int]) -> Protocol:
    cycle, step = until
    last = plan.cycles[cycle - 1]
    return Protocol((*plan.cycles[: cycle - 1], last[:step] if step else last), plan.name)


def _left_behind(rows: _Rows, lane: int) -> str:
    """What keeps a neighbour from being compared with its leader: '' or a problem."""
    for (sample, run), results in rows.results.items():
        if lane < len(results) and results[lane].message:
            return f"{sample}, {run}: {results[lane].message}"
    for taken, z in rows.spectra.items():
        if lane < len(z) and not np.isfinite(z[lane]).all():
            return f"{taken.cell[0]}, {taken.cell[1]}: {NOT_SETTLED}"
    return ""


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
