"""A scenario file becomes a study result: its jobs in parallel, resumed where they were stopped."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from sscell.engines.simulate import check_engine
from sscell.errors import InputError
from sscell.study.checkpoint import Checkpoints
from sscell.study.factfile import read_facts
from sscell.study.facts import compare
from sscell.study.jobs import Job, JobResult, run_job, untold_cell
from sscell.study.output import check_study_folder
from sscell.study.result import MeasuredRecord, StudyResult
from sscell.study.schema import MeasuredSpec, read_scenario
from sscell.study.tables import summary_table

Progress = Callable[[int, int, str], None]


def run_jobs(
    path: str | Path,
    out: str | Path | None = None,
    *,
    quick: bool = False,
    workers: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Read a scenario, run its jobs and compare with its facts; see `sscell.run_study`.

    Finished jobs wait beside `out`, so that a study that was stopped goes on where it was; nothing else is written.
    """
    path = Path(path)
    if engine is not None:
        check_engine(engine)
    scenario = read_scenario(path)
    if engine is not None:
        scenario = scenario.model_copy(update={"engine": engine})
    if out is not None:
        check_study_folder(Path(out))
    names = [scenario.facts, *(m.file for m in scenario.measured)]
    facts = read_facts(path.parent / scenario.facts) if scenario.facts else []
    measured = [_measured(path.parent, spec) for spec in scenario.measured]
    inputs = {path.name: path.read_bytes(), **{n: (path.parent / n).read_bytes() for n in names if n is not None}}
    jobs = [
        Job(sample=sample, run=run, scenario=scenario, quick=quick)
        for run, spec in scenario.runs.items()
        for sample in scenario.samples_of(spec)
    ]
    kept = None if out is None else Checkpoints.beside(Path(out))
    results = list(_run_all(jobs, workers, progress, kept))
    order = {(job.sample, job.run): k for k, job in enumerate(jobs)}
    results.sort(key=lambda r: order[r.sample, r.run])
    interfaces = {j.sample: j.cell.interface for j in results if j.cell.interface is not None}
    return StudyResult(
        path=path,
        scenario=scenario,
        quick=quick,
        jobs=tuple(results),
        facts=tuple(compare(facts, {(j.sample, j.run): j for j in results}, interfaces)),
        measured=tuple(measured),
        summary=summary_table(scenario, results, quick),
        inputs=inputs,
    )


def _run_all(
    jobs: Sequence[Job], workers: int | None, progress: Progress | None, kept: Checkpoints | None
) -> Iterator[JobResult]:
    done, open_jobs = 0, []
    for job in jobs:
        result = kept.load(job) if kept is not None else None
        if result is None:
            open_jobs.append(job)
            continue
        done += 1
        yield result
    for job, result in _computed(open_jobs, min(workers or _workers(jobs[0].scenario.engine), len(open_jobs))):
        done += 1
        if kept is not None:
            kept.save(job, result)
        if progress:
            progress(done, len(jobs), f"{job.run}, {job.sample}")
        yield result


def _workers(engine: str) -> int:
    """Processes when nobody says how many: with "jax" one, as each would compile for longer than it then runs."""
    return 1 if engine == "jax" else min(os.cpu_count() or 1, 8)


def _computed(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, JobResult]]:
    if workers <= 1:
        yield from ((job, run_job(job)) for job in jobs)
        return
    # Fresh interpreters: forking a process that has run the solver's threads is not safe.
    context, parent = get_context("spawn"), os.getpid()
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_die_with, initargs=(parent,)) as pool:
        longest_first = sorted(jobs, key=lambda j: -len(j.scenario.runs[j.run].plan(j.quick)))
        futures = {pool.submit(run_job, job): job for job in longest_first}
        for future in as_completed(futures):
            job = futures[future]
            try:
                yield job, future.result()
            except BrokenProcessPool:
                yield job, _lost(job)


def _die_with(parent: int) -> None:
    """In a worker: end when the process that made it is gone, so that a killed study leaves nobody behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _lost(job: Job) -> JobResult:
    return JobResult(
        sample=job.sample,
        run=job.run,
        cell=untold_cell(job),
        cycling=None,
        problem="the worker process died (out of memory, or killed); run again, or with fewer workers",
    )


def _measured(folder: Path, spec: MeasuredSpec) -> MeasuredRecord:
    from sscell.data import read_cycling, read_spectra

    path = folder / spec.file
    if not path.is_file():
        raise InputError(
            f"Measured file '{spec.file}' does not exist in '{folder}'; paths in [[measured]] start at the scenario's "
            "folder."
        )
    label = spec.label or path.stem
    if spec.kind == "spectra":
        area = None if spec.area_cm2 is None else spec.area_cm2 * 1e-4
        spectra = [replace(s, area_m2=area if area is not None else s.area_m2) for s in read_spectra(path)]
        if any(s.area_m2 is None for s in spectra):
            raise InputError(
                f"Measured file '{spec.file}' has no area, so it cannot be laid over ohm cm2; give area_cm2 in "
                "[[measured]]."
            )
        return MeasuredRecord(label=label, spectra=tuple(spectra))
    mass = None if spec.active_mass_mg is None else spec.active_mass_mg * 1e-6
    trace = read_cycling(path)
    return MeasuredRecord(label=label, trace=replace(trace, active_mass_kg=mass or trace.active_mass_kg))
