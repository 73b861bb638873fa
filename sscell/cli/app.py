"""The program and its entry point: user mistakes become one sentence and exit code 2."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import sscell
from sscell.cli.calibrate import calibrate
from sscell.cli.fit import fit
from sscell.cli.inspect import inspect
from sscell.cli.run import run
from sscell.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Solid-state cells with a coated cathode: from the coating recipe to cycling and impedance.",
)
# The base of all of Typer's own complaints about arguments, which it does not export by name.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sscell {sscell.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, and stop.")
    ] = False,
) -> None:
    """Solid-state cells with a coated cathode: from the coating recipe to cycling and impedance."""


for command in (run, inspect, fit, calibrate):
    app.command()(command)


def main() -> None:
    """Entry point: user mistakes become one sentence and exit code 2."""
    try:
        code = typer.main.get_command(app).main(prog_name="sscell", standalone_mode=False)
    except InputError as error:
        sys.exit(_refused(str(error)))
    except UsageError as error:
        sys.exit(_misused(error))
    except (typer.Abort, KeyboardInterrupt):
        print("sscell: stopped; nothing was written.", file=sys.stderr)
        sys.exit(130)
    sys.exit(code or 0)


def _misused(error: Exception) -> int:
    """One sentence with the help of the command whose arguments were wrong; without a command the help itself."""
    message = error.format_message()  # type: ignore[attr-defined]
    if message.startswith("Usage:"):
        print(message, file=sys.stderr)
        return 2
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "sscell"
    message = f"{message} See" if message.endswith("?") else f"{message.rstrip('.')}; see"
    return _refused(f"{message} '{command} --help'.")


def _refused(message: str) -> int:
    print(f"sscell: {message}", file=sys.stderr)
    return 2
