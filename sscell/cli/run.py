"""`sscell run`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sscell.progress import progress_bar


def run(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (.toml).")],
    out: Annotated[Path | None, typer.Option(help="Results folder [default: results/<scenario name>].")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A short version of every part, for a first look.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes [default: one a core, at most 8; 1 with jax].")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="pybamm or jax [default: the scenario's, else pybamm].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
) -> None:
    """Run a scenario: virtual cells, cycling, impedance, tables and report."""
    from sscell.report.run import run_study
    from sscell.study.output import summary_json

    folder = out if out is not None else Path("results") / scenario.stem
    with progress_bar(quiet=as_json) as progress:
        study = run_study(scenario, folder, quick=quick, workers=workers, engine=engine, progress=progress)
    if as_json:
        print(json.dumps(summary_json(study), indent=1))
    else:
        from rich.console import Console

        from sscell.report.tables import print_summary

        print_summary(study, Console())
    if study.problems:
        raise typer.Exit(1)
