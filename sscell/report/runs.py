"""What each run of a study is, read off its protocol and its cell, never off a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from sscell.cell import Cell
from sscell.cell.design import CompositeCathode
from sscell.constants import ZERO_CELSIUS_K
from sscell.engines.result import CycleSummary
from sscell.protocol import Current, Protocol, Step
from sscell.records import CyclingTrace
from sscell.study.jobs import JobResult
from sscell.study.result import StudyResult


class RunView(NamedTuple):
    """A run with the jobs that have cycled; rates: the discharge rate of each cycle, '' where there is not one."""

    name: str
    cell: str
    pellet: bool
    temperature_C: float
    plan: Protocol
    rates: tuple[str, ...]
    jobs: tuple[JobResult, ...]

    @property
    def is_rate_test(self) -> bool:
        """The discharge rate changes from cycle to cycle."""
        return len({rate for rate in self.rates if rate}) > 1

    @property
    def is_ageing_test(self) -> bool:
        """One discharge rate, several cycles."""
        return len(self.rates) > 1 and len(set(self.rates)) == 1 and bool(self.rates[0])

    @property
    def samples(self) -> list[str]:
        """Names of the samples that have cycled."""
        return [job.sample for job in self.jobs]


class FirstCycle(NamedTuple):
    """The same first cycle of several samples; jobs: sample -> job."""

    label: str
    view: RunView
    jobs: Mapping[str, JobResult]


def run_views(study: StudyResult) -> list[RunView]:
    """Every run in which at least one sample has cycled."""
    views = []
    for name, spec in study.scenario.runs.items():
        jobs = tuple(j for j in study.jobs if j.run == name and j.cycling is not None and len(j.cycling.trace))
        if not jobs:
            continue
        plan = spec.plan(study.quick)
        views.append(
            RunView(
                name=name,
                cell=cell_words(jobs[0].cell),
                pellet=spec.cell == "pellet",
                temperature_C=jobs[0].cell.design.temperature_K - ZERO_CELSIUS_K,
                plan=plan,
                rates=tuple(discharge_rate(steps) for steps in plan.cycles),
                jobs=jobs,
            )
        )
    return views


def first_cycles(views: Sequence[RunView]) -> list[FirstCycle]:
    """The distinct first cycles of a study: jobs whose cell and first steps agree stand together."""
    groups: dict[tuple, dict[str, JobResult]] = {}
    seen: dict[tuple, RunView] = {}
    for view in views:
        key = (view.cell, view.temperature_C, *(step.text for step in view.plan.cycles[0]))
        seen.setdefault(key, view)
        for job in view.jobs:
            groups.setdefault(key, {}).setdefault(job.sample, job)
    return [
        FirstCycle(", ".join(filter(None, [seen[key].cell, seen[key].rates[0]])), seen[key], jobs)
        for key, jobs in groups.items()
    ]


def common_ageing_run(views: Sequence[RunView]) -> RunView | None:
    """The pellet run that most samples share; of several, the longest."""
    pellet = [v for v in views if v.pellet and any(summaries(j) for j in v.jobs)]
    return max(pellet, key=lambda v: (len(v.jobs), len(v.plan)), default=None)


def summaries(job: JobResult) -> Sequence[CycleSummary]:
    """The finished cycles of a job; none when it never ran."""
    return job.cycling.summaries if job.cycling is not None else ()


def trace_of(job: JobResult) -> CyclingTrace:
    """The trace of a job that has cycled."""
    assert job.cycling is not None
    return job.cycling.trace


def cell_words(cell: Cell) -> str:
    """The cell from negative to positive, as 'LTO | LPSCl | NCM85'."""
    design = cell.design

    def name(electrode: object) -> str:
        return str(getattr(getattr(electrode, "material", electrode), "name", "?"))

    positive = design.positive
    return f"{name(design.negative)} | {design.electrolyte.name} | " + (
        positive.material.name if isinstance(positive, CompositeCathode) else name(positive)
    )


def discharge_rate(steps: Sequence[Step]) -> str:
    """The rate of a cycle's discharge in words; '' for none or several."""
    rates = {_rate_words(s.current) for s in steps if s.current is not None and s.current.value > 0}
    return rates.pop() if len(rates) == 1 else ""


def _rate_words(current: Current) -> str:
    return f"{current.value:.3g}C" if current.unit == "C" else f"{current.value * 1e3:.3g} mA"


def protocol_words(view: RunView) -> str:
    """How a run cycles: blocks of equal cycles, then the steps of the first."""
    blocks = [(rate, len(list(same))) for rate, same in groupby(view.rates)]
    counted = ", ".join(f"{count} × {rate}" for rate, count in blocks) if all(r for r, _ in blocks) else ""
    steps = view.plan.cycles[0]
    texts = [step.text[0].lower() + step.text[1:] for step in steps]
    shown = "; ".join(texts[:4]) + ("; …" if len(texts) > 4 else "")
    first = "first cycle: " if len(view.plan) > 1 else ""
    plural = "s" if len(view.plan) > 1 else ""
    cycles = counted if counted and plural else f"{len(view.plan)} cycle{plural}"
    return f"{cycles} ({first}{shown}), {view.temperature_C:g} °C"
