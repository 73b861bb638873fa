"""The command line. Exit code 0: done; 1: done, but parts failed (named in the result); 2: bad input, one sentence."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sscell.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Solid-state cells with a coated cathode: from the coating recipe to cycling and impedance.",
)
BAR_AFTER_S = 1.0
# The base of all of Typer's own complaints about arguments, which it does not export by name.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]


@app.callback()
def _root() -> None:
    """Solid-state cells with a coated cathode: from the coating recipe to cycling and impedance."""


@app.command()
def run(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (.toml).")],
    out: Annotated[Path | None, typer.Option(help="Results folder [default: results/<scenario name>].")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A short version of every part, for a first look.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes [default: one a core, at most 8].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
) -> None:
    """Run a scenario: virtual cells, cycling, impedance, tables and report."""
    from sscell.report.run import run_study
    from sscell.study.output import summary_json

    folder = out if out is not None else Path("results") / scenario.stem
    with _progress(quiet=as_json) as progress:
        study = run_study(scenario, folder, quick=quick, workers=workers, progress=progress)
    if as_json:
        print(json.dumps(summary_json(study), indent=1))
    else:
        from rich.console import Console

        from sscell.report.tables import print_summary

        print_summary(study, Console())
    if study.problems:
        raise typer.Exit(1)


@contextmanager
def _progress(quiet: bool) -> Iterator:
    """A bar on a terminal for what takes longer than a second; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("starting", total=None)
    started, shown = time.monotonic(), False

    def update(done: int, total: int, what: str) -> None:
        nonlocal shown
        if not shown and time.monotonic() - started > BAR_AFTER_S:
            bar.start()
            shown = True
        bar.update(task, completed=done, total=total, description=what)

    try:
        yield update
    finally:
        bar.stop()


def main() -> None:
    """Entry point: user mistakes become one sentence and exit code 2."""
    try:
        code = typer.main.get_command(app).main(standalone_mode=False)
    except InputError as error:
        sys.exit(_refused(str(error)))
    except UsageError as error:
        # Without a command the help has just been shown; everything else is one sentence.
        message = error.format_message()  # type: ignore[attr-defined]
        sys.exit(_refused(f"{message.rstrip('.')}; see 'sscell --help'.") if message else 2)
    except (typer.Abort, KeyboardInterrupt):
        print("sscell: stopped; nothing was written.", file=sys.stderr)
        sys.exit(130)
    sys.exit(code or 0)


def _refused(message: str) -> int:
    print(f"sscell: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
