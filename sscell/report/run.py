"""`run_study`: a scenario file becomes a folder of results with its report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sscell.report import html
from sscell.study.checkpoint import Checkpoints
from sscell.study.output import write_study
from sscell.study.result import StudyResult
from sscell.study.runner import Progress, run_jobs


def run_study(
    path: str | Path,
    out: str | Path | None = None,
    *,
    quick: bool = False,
    workers: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Run every job of a scenario, compare with its facts, and write the results to `out` (None: write nothing).

    quick: a short version of every part; workers: processes (None: one a core, at most 8; one with
    the engine "jax"); engine: None for the scenario's; progress(done, all, what).
    Raises InputError before anything runs if scenario, facts or measured files cannot be used. A sample that fails is
    named in `StudyResult.problems`; the rest is kept. A study that was stopped goes on where it was when it is run
    again into the same folder.
    """
    study = run_jobs(path, out, quick=quick, workers=workers, engine=engine, progress=progress)
    if out is None:
        return study
    folder = Path(out)
    write_study(study, folder, html.report_html)
    Checkpoints.beside(folder).clear()
    return replace(study, folder=folder)
