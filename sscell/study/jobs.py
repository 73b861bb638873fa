"""One job of a study: one sample through one run, its cycling and its spectra."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sscell.cell import Cell
from sscell.engines.budget import ImpedanceBudget
from sscell.engines.impedance import impedance_budget
from sscell.engines.result import SimulationResult
from sscell.engines.simulate import simulate
from sscell.errors import ExtrapolationWarning, SscellError
from sscell.records import CellState
from sscell.study.schema import EisSpec, Scenario


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one worker does; everything in it is data."""

    sample: str
    run: str
    scenario: Scenario
    quick: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledSpectrum:
    """A simulated spectrum with its budget and the state it belongs to ('fresh' or 'aged')."""

    label: str
    after_cycle: int
    budget: ImpedanceBudget


@dataclass(frozen=True, kw_only=True, eq=False)
class JobResult:
    """What a job gave; `problem` names what went wrong, with everything finished before it kept."""

    sample: str
    run: str
    cell: Cell
    cycling: SimulationResult | None
    spectra: Sequence[LabelledSpectrum] = ()
    problem: str = ""
    warnings: Sequence[str] = field(default_factory=tuple)


def cell_of(scenario: Scenario, sample: str, run: str) -> Cell:
    """The virtual cell of a sample in a run."""
    spec, design = scenario.samples[sample], scenario.cell_design(scenario.runs[run])
    if scenario.runs[run].cell == "electrolyte_pellet":
        return Cell(design=design)
    return Cell.from_recipe(spec.recipe(), design=design, coating=scenario.coating(spec.coating))


def untold_cell(job: Job) -> Cell:
    """The cell of a job without its warnings, which the job itself tells."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cell_of(job.scenario, job.sample, job.run)


def run_job(job: Job) -> JobResult:
    """Do one job; whatever fails inside it becomes its `problem`, so that no other job is lost."""
    spec = job.scenario.runs[job.run]
    cycling, problem = None, ""
    spectra: list[LabelledSpectrum] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cell = cell_of(job.scenario, job.sample, job.run)
        try:
            cycling = simulate(cell, spec.plan(job.quick), engine=job.scenario.engine)
            problem = cycling.message
            for label in spec.spectra:
                if label == "fresh":
                    spectra.append(_spectrum(cell, job, label, 0, None))
                elif cycling.complete:
                    spectra.append(_spectrum(cell, job, label, len(cycling.states), cycling.final_state))
        except SscellError as error:
            problem = str(error)
        except Exception as error:  # a defect or a library's failure: named, and kept to this job
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    notes = [str(w.message) for w in caught if issubclass(w.category, ExtrapolationWarning)]
    notes += _told(job.run, cycling.notes) if cycling is not None else []
    return JobResult(
        sample=job.sample,
        run=job.run,
        cell=cell,
        cycling=cycling,
        spectra=tuple(spectra),
        problem=problem,
        warnings=tuple(dict.fromkeys(notes)),
    )


def _told(run: str, notes: Sequence[str]) -> list[str]:
    """The first of a run's notes, and how many more there are."""
    more = f" (and {len(notes) - 1} more such steps)" if len(notes) > 1 else ""
    return [f"{run}, {notes[0]}{more}"] if notes else []


def frequencies(eis: EisSpec, quick: bool = False) -> np.ndarray:
    """The frequencies of a scenario's spectra, from high to low."""
    decades = np.log10(eis.highest_Hz / eis.lowest_Hz)
    per_decade = min(eis.points_per_decade, 4) if quick else eis.points_per_decade
    points = max(2, 1 + round(decades * per_decade))
    return np.geomspace(eis.highest_Hz, eis.lowest_Hz, points)


def _spectrum(cell: Cell, job: Job, label: str, cycle: int, state: CellState | None) -> LabelledSpectrum:
    eis, engine = job.scenario.eis, job.scenario.engine
    budget = impedance_budget(cell, frequencies(eis, job.quick), state=state, rest_h=eis.rest_h, engine=engine)
    return LabelledSpectrum(label=label, after_cycle=cycle, budget=budget)
