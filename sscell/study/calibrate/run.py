"""From a study file to its parameters: data read, starts drawn, the best of them described."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sscell.engines.neighbours import simulate_rows
from sscell.errors import SscellError
from sscell.interface import InterfaceState
from sscell.study.calibrate.evidence import data_from_facts, spectra_from_files
from sscell.study.calibrate.known import Known, covariance, known, told_together
from sscell.study.calibrate.response import Responder
from sscell.study.calibrate.schema import Study
from sscell.study.calibrate.search import Problem, Start, search
from sscell.study.calibrate.unknowns import Key, Point, Unknowns
from sscell.study.factfile import Fact, read_facts
from sscell.study.facts import FactRow, compare
from sscell.study.jobs import JobResult
from sscell.study.schema import read_as

# How far starts are drawn from the priors' centre, in their standard deviations; the first start is the centre.
DRAWN = 0.7

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """What a study's data say of its unknowns.

    known: one row an unknown; together: sentences on what cannot be told apart; facts: all facts of the study at the
    best point; starts: all of them, the best first; u and covariance: coordinates of all unknowns (Q + cells S,) at the
    best point, and their covariance; apart: (sample, run) -> how far that cell is from the mean, in standard
    deviations of `cell_spread`.
    """

    path: Path
    study: Study
    known: Sequence[Known]
    together: Sequence[str]
    facts: Sequence[FactRow]
    starts: Sequence[Start]
    u: np.ndarray
    covariance: np.ndarray
    apart: dict[Key, np.ndarray]

    @property
    def cost(self) -> float:
        """Half the sum of squares at the best point, priors included."""
        return self.starts[0].cost


def calibrate(
    path: str | Path, kept: Path | None = None, *, resume: bool = False, progress: Progress | None = None
) -> Calibration:
    """Find the unknowns of a study file; kept: the file in which the search waits if it is stopped."""
    path = Path(path)
    study = read_as(Study, path)
    facts = read_facts(path.parent / study.facts) if study.facts else []
    responder = Responder(study, data_from_facts(facts, study), spectra_from_files(study.spectra, path.parent))
    problem = problem_of(responder)
    starts = drawn_starts(responder.unknowns, study.method.starts, study.method.seed)
    name = f"{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}.json"
    place = None if kept is None else kept / name
    found = search(problem, starts, responder.names, study.method.most_iterations, place, resume, progress)
    ordered = sorted(found, key=lambda start: start.cost)
    best = ordered[0]
    if not np.isfinite(best.cost):
        raise SscellError(f"Calibration: no start could be simulated; the first says: {best.status}.")
    unknowns, u = responder.unknowns, np.array(best.u)
    shared = len(unknowns.free)
    low, high = problem.bounds
    gradient = np.array(best.gradient)
    at_bound = ((u <= low) & (gradient > 0)) | ((u >= high) & (gradient < 0))
    spread = covariance(np.array(best.matrix), at_bound)
    point = problem.point(u)
    return Calibration(
        path=path,
        study=study,
        known=known(unknowns.free, u[:shared], spread[:shared, :shared], at_bound[:shared]),
        together=told_together(unknowns.free, spread[:shared, :shared], at_bound[:shared]),
        facts=facts_at(study, facts, point, unknowns),
        starts=ordered,
        u=u,
        covariance=spread,
        apart=dict(zip(unknowns.keys, point.apart, strict=True)),
    )


def problem_of(responder: Responder) -> Problem:
    """The cost of a study's data and priors."""
    unknowns = responder.unknowns
    shape = len(unknowns.free), len(unknowns.keys), len(unknowns.spread)
    apart = shape[1] * shape[2]
    prior = np.array([*(0.0 if unknown.spec.flat else 1.0 for unknown in unknowns.free), *np.ones(apart)])
    low, high = unknowns.bounds
    bounds = np.append(low, np.full(apart, -np.inf)), np.append(high, np.full(apart, np.inf))
    return Problem(responder.answers, shape, prior, bounds, responder.study.method.robust)


def drawn_starts(unknowns: Unknowns, count: int, seed: int) -> list[np.ndarray]:
    """The priors' centre, and points drawn around it; cells do not differ from their mean at first."""
    rng = np.random.default_rng(seed)
    low, high = unknowns.bounds
    apart = np.zeros(len(unknowns.keys) * len(unknowns.spread))
    drawn = [np.zeros(low.size), *(DRAWN * rng.standard_normal(low.size) for _ in range(count - 1))]
    return [np.append(np.clip(u, low, high), apart) for u in drawn]


def facts_at(study: Study, facts: Sequence[Fact], point: Point, unknowns: Unknowns) -> list[FactRow]:
    """All facts of the study, fitted or not, at a point."""
    jobs: dict[Key, JobResult] = {}
    interfaces: dict[str, InterfaceState] = {}
    for run, spec in study.runs.items():
        keys = [(sample, run) for sample in study.samples_of(spec)]
        cells = [unknowns.cell(key, point) for key in keys]
        for key, cell, (result,) in zip(
            keys, cells, simulate_rows([[cell] for cell in cells], spec.plan(), trace_cycles=1), strict=True
        ):
            jobs[key] = JobResult(sample=key[0], run=run, cell=cell, cycling=result, problem=result.message)
            if cell.interface is not None:
                interfaces.setdefault(key[0], cell.interface)
    return compare(facts, jobs, interfaces)
