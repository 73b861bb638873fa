"""`sscell calibrate`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from sscell.cli.output import printed_wide
from sscell.progress import progress_bar


def calibrate(
    study: Annotated[Path, typer.Argument(help="A study file (.toml): a scenario with [parameters] and data.")],
    out: Annotated[
        Path | None, typer.Option(help="Results folder [default: results/<study name>, -without-<names> if held out].")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the measured files [default: the study's own].")] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(
            help="A sample, run or fact whose data are not fitted but predicted; repeatable. The study's own "
            "leave_out, profiles and posterior are not done then."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run was stopped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
) -> None:
    """Find the cell parameters behind a series of samples, from cycling and impedance together."""
    from sscell.report.calibrated.terminal import print_calibration
    from sscell.report.calibrated.write import calibrate as run
    from sscell.report.calibrated.write import summary_json

    without = "".join(f"-without-{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}" for name in hold_out or ())
    folder = out if out is not None else Path("results") / f"{study.stem}{without}"
    with ExitStack() as stack:
        bar = stack.enter_context(progress_bar(quiet=as_json))

        def staged(stage: str) -> Callable[[int, int, str], None] | None:
            return None if bar is None else lambda done, total, what: bar(done, total, f"{stage}: {what}")

        found = run(study, folder, data=data, hold_out=hold_out or (), resume=resume, progress=staged)
    if as_json:
        print(json.dumps(summary_json(found), indent=1))
    else:
        print_calibration(found, printed_wide())
    if found.best.status != "converged":
        raise typer.Exit(1)
