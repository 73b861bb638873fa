"""`sscell inspect`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sscell.cli.files import Area, AsJson, area_m2, names_of, read_each
from sscell.cli.output import printed_wide
from sscell.progress import progress_bar


def inspect(
    files: Annotated[list[Path], typer.Argument(help="Measured files: impedance, cycling or both.")],
    area: Area = None,
    plot: Annotated[bool, typer.Option("--plot", help="Draw a picture of each file as well.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of the pictures.")] = Path("results/inspect"),
    as_json: AsJson = False,
) -> None:
    """Show what is in measured files and whether it can be trusted."""
    from sscell.data import inspect_file
    from sscell.report.inspected.contents import inspected_from
    from sscell.report.inspected.record import record_from_inspected

    area_si = area_m2(area)
    if plot:
        from sscell.report.inspected.picture import check_picture_folder

        check_picture_folder(out)
    names = names_of(files)
    with progress_bar(quiet=as_json) as progress:
        tell = progress or (lambda *_: None)
        read, refused = read_each(
            files, lambda f: inspect_file(f, area_si), lambda k: tell(k, len(files), f"reading {names[k]}")
        )
        found = [inspected_from(inspection, names[k]) for k, inspection in read]
        if plot:
            from sscell.report.inspected.picture import write_pictures

            found = write_pictures(found, out, tell)
    if as_json:
        print(json.dumps(record_from_inspected(found, refused), indent=1))
    else:
        from sscell.report.inspected.terminal import print_inspected

        print_inspected(found, refused, printed_wide())
    if refused:
        raise typer.Exit(1)
