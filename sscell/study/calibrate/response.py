"""What a study's cells give at points of its unknowns: residuals of all data, and their slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sscell.cell import Cell
from sscell.engines.neighbours import simulate_rows, spectra_of_rows
from sscell.engines.result import SimulationResult
from sscell.interface import InterfaceState
from sscell.protocol import Protocol
from sscell.study.calibrate.evidence import Datum, SpectrumDatum
from sscell.study.calibrate.schema import Study
from sscell.study.calibrate.unknowns import Key, Point, Unknowns
from sscell.study.jobs import JobResult


class Response(NamedTuple):
    """At one point: residuals (R,), which datum each belongs to (R,), their slopes (R, Q + cells S); values by datum.

    problem: why there is no response, else ''.
    """

    residuals: np.ndarray
    datum: np.ndarray
    slopes: np.ndarray
    values: Mapping[str, np.ndarray] = {}
    problem: str = ""


@dataclass
class _Runs:
    """The rows of one point: results and spectra by cell."""

    cells: dict[Key, list[Cell]] = field(default_factory=dict)
    results: dict[Key, list[SimulationResult]] = field(default_factory=dict)
    spectra: dict[tuple[Key, str], np.ndarray] = field(default_factory=dict)
    problem: str = ""


class Responder:
    """All data of a study; points are answered many at once, in one batch a protocol."""

    def __init__(self, study: Study, data: Sequence[Datum], spectra: Sequence[SpectrumDatum]) -> None:
        self.study, self.data, self.spectra = study, list(data), list(spectra)
        needed = [key for datum in data for key in datum.cells] + [datum.cell for datum in spectra]
        process = [(sample, next(iter(study.runs))) for sample in study.samples] if self._any_process else []
        self.keys = list(dict.fromkeys([*needed, *process]))
        self.simulated = list(dict.fromkeys(needed))
        self.unknowns = Unknowns(study, self.keys)
        self.names = [*(datum.name for datum in data), *(datum.name for datum in spectra)]

    @property
    def _any_process(self) -> bool:
        return any(not datum.cells for datum in self.data)

    def answers(self, points: Sequence[Point]) -> list[Response]:
        """The response at each point."""
        runs = [_Runs({key: self.unknowns.row(key, point) for key in self.keys}) for point in points]
        for run, spec in self.study.runs.items():
            keys = [key for key in self.simulated if key[1] == run]
            if keys:
                self._cycle(run, spec.plan(), keys, runs)
        for datum in self.spectra:
            self._impedance(datum, runs)
        return [self._judged(point, run) for point, run in zip(points, runs, strict=True)]

    def _cycle(self, run: str, plan: Protocol, keys: Sequence[Key], runs: Sequence[_Runs]) -> None:
        cycles, traced = self._cycles(run, len(plan)), self._traced(run)
        if cycles == 0:
            return
        plan = Protocol(plan.cycles[:cycles], plan.name)
        rows = [(point, key) for point in runs for key in keys]
        found = simulate_rows([point.cells[key] for point, key in rows], plan, trace_cycles=traced)
        for (point, key), results in zip(rows, found, strict=True):
            point.results[key] = results
            if results[0].message and not point.problem:
                point.problem = f"{key[0]}, {key[1]}: {results[0].message}"

    def _cycles(self, run: str, whole: int) -> int:
        """How many cycles of a run the data ask for."""
        asked = [d.cycles or whole for d in self.data if any(key[1] == run for key in d.cells)]
        asked += [whole if d.state == "aged" else 0 for d in self.spectra if d.cell[1] == run]
        return min(max(asked, default=0), whole)

    def _traced(self, run: str) -> int:
        """Of how many cycles the trace is needed."""
        return max((d.cycles for d in self.data if d.needs_trace and any(k[1] == run for k in d.cells)), default=0)

    def _impedance(self, datum: SpectrumDatum, runs: Sequence[_Runs]) -> None:
        able = [point for point in runs if not point.problem]
        if not able:
            return
        states = None
        if datum.state == "aged":
            states = [[result.final_state for result in point.results[datum.cell]] for point in able]
        rows = [point.cells[datum.cell] for point in able]
        found = spectra_of_rows(
            rows, datum.spectrum.frequency_Hz, states=states, rest_h=self.study.eis.rest_h if states else 0.0
        )
        for point, z, problem in zip(able, found.impedance_ohm, found.problems, strict=True):
            point.spectra[datum.cell, datum.state] = z
            point.problem = problem

    def _judged(self, point: Point, runs: _Runs) -> Response:
        if runs.problem:
            return Response(np.zeros(0), np.zeros(0, int), np.zeros((0, 0)), {}, runs.problem)
        residuals, datum_of, slopes, values = [], [], [], {}
        everything: list[Datum | SpectrumDatum] = [*self.data, *self.spectra]
        for number, datum in enumerate(everything):
            judged = self._fact(point, datum, runs) if isinstance(datum, Datum) else self._spectrum(point, datum, runs)
            if judged is None:
                problem = f"{datum.name}: nothing was simulated to set beside it"
                return Response(np.zeros(0), np.zeros(0, int), np.zeros((0, 0)), {}, problem)
            value, residual, slope = judged
            values[datum.name] = value
            residuals.append(residual)
            slopes.append(slope)
            datum_of.append(np.full(residual.size, number))
        return Response(np.concatenate(residuals), np.concatenate(datum_of), np.concatenate(slopes), values)

    def _fact(self, point: Point, datum: Datum, runs: _Runs) -> tuple[np.ndarray, ...] | None:
        value = self._observed(datum, runs, {})
        if value is None:
            return None
        residual, by_value = datum.judge(value)
        steps, shared = self.unknowns.steps(point.u), point.u.size
        by_unknown = np.zeros((value.size, shared + point.apart.size))
        places = [self.keys.index(key) for key in datum.cells]
        moves: list[tuple[int, float, dict[Key, int]]] = [
            (k, steps[k], {key: 1 + k for key in self.keys}) for k in range(shared)
        ]
        for place in places:
            for s in range(point.apart.shape[1]):
                column = shared + place * point.apart.shape[1] + s
                moves.append((column, steps[shared + s], {self.keys[place]: 1 + shared + s}))
        for column, step, lanes in moves:
            moved = self._observed(datum, runs, lanes)
            if moved is not None and moved.shape == value.shape:
                by_unknown[:, column] = (moved - value) / step
        return value, residual, by_value @ by_unknown

    def _observed(self, datum: Datum, runs: _Runs, lanes: Mapping[Key, int]) -> np.ndarray | None:
        """The datum's values with some cells replaced by a neighbour."""
        jobs = {
            key: JobResult(
                sample=key[0],
                run=key[1],
                cell=runs.cells[key][lanes.get(key, 0)],
                cycling=runs.results[key][lanes.get(key, 0)],
            )
            for key in datum.cells
        }
        interfaces: dict[str, InterfaceState] = {}
        if not datum.cells:
            for key in self.keys:
                interface = runs.cells[key][lanes.get(key, 0)].interface
                if interface is not None:
                    interfaces.setdefault(key[0], interface)
        return datum.observe(jobs, interfaces)

    def _spectrum(self, point: Point, datum: SpectrumDatum, runs: _Runs) -> tuple[np.ndarray, ...]:
        z = runs.spectra[datum.cell, datum.state]
        residual, weight = datum.judge(z[0])
        steps, shared, spread = self.unknowns.steps(point.u), point.u.size, point.apart.shape[1]
        by_lane = (z[1:] - z[0]) / steps[:, None]
        split = np.concatenate([by_lane.real, by_lane.imag], axis=1).T * weight[:, None]
        slope = np.zeros((residual.size, shared + point.apart.size))
        slope[:, :shared] = split[:, :shared]
        first = shared + self.keys.index(datum.cell) * spread
        slope[:, first : first + spread] = split[:, shared:]
        return z[0], residual, slope
