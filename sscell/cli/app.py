"""The program and its entry point: user mistakes become one sentence and exit code 2."""

from __future__ import annotations

import sys

import typer

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


@app.callback()
def _root() -> None:
    """Solid-state cells with a coated cathode: from the coating recipe to cycling and impedance."""


for command in (run, inspect, fit):
    app.command()(command)


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
