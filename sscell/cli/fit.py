"""`sscell fit`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sscell.cli import pairs
from sscell.cli.files import Area, AsJson, area_m2
from sscell.cli.output import printed_wide
from sscell.cli.spectra import Gathered, gathered_from_files, gathered_from_list
from sscell.errors import require
from sscell.progress import progress_bar

if TYPE_CHECKING:
    from sscell.circuit import Circuit
    from sscell.fit import Comparison, FitResult, SeriesResult

Several = list[str] | None


def fit(
    files: Annotated[list[Path] | None, typer.Argument(help="Measured files; all their sweeps are fitted.")] = None,
    circuit: Annotated[
        Several, typer.Option(help='As "R0-p(R1,CPE1)-Wo1"; given again, circuits are compared.')
    ] = None,
    starts: Annotated[int, typer.Option(help="Starts a spectrum.")] = 16,
    weights: Annotated[str, typer.Option(help="modulus, proportional, unit or noise.")] = "modulus",
    band: Annotated[str, typer.Option(help="Points used: kramers-kronig, all or LOW:HIGH in Hz.")] = "kramers-kronig",
    fix: Annotated[Several, typer.Option(help="Hold a parameter: R0=10.")] = None,
    bound: Annotated[Several, typer.Option(help="Search between: R1=1:100.")] = None,
    tie: Annotated[Several, typer.Option(help="Make parameters equal: CPE2_1=CPE1_1, or R2=2*R1.")] = None,
    order: Annotated[str | None, typer.Option(help="Arcs from fast to slow: R1,R2.")] = None,
    robust: Annotated[bool, typer.Option("--robust", help="Outliers count less.")] = False,
    area: Area = None,
    drt: Annotated[bool, typer.Option("--drt/--no-drt", help="Relaxation times of each spectrum as well.")] = True,
    series: Annotated[
        Path | None, typer.Option(help="A list (CSV, TOML) with columns file, what was varied, and cell.")
    ] = None,
    along: Annotated[
        str | None, typer.Option(help="What was varied: a column of the list, or sweep, voltage_V or temperature_K.")
    ] = None,
    shared: Annotated[str | None, typer.Option(help="Parameters with one value for the whole series: R0,L1.")] = None,
    compare: Annotated[Several, typer.Option(help="Two conditions of the series to compare: 350:700.")] = None,
    out: Annotated[Path, typer.Option(help="Results folder.")] = Path("results/fit"),
    as_json: AsJson = False,
) -> None:
    """Fit equivalent circuits to measured spectra, one by one or as a series."""
    from sscell.report.fitted.contents import report_from_fits
    from sscell.report.fitted.record import record_from_report
    from sscell.report.fitted.terminal import print_fits
    from sscell.report.fitted.write import check_fit_folder, write_report

    circuits = _circuits(circuit or [])
    options = _options(circuits, starts, weights, band, fix or [], bound or [], tie or [], order, robust)
    area_si = area_m2(area)
    require(not (files and series), "give the files or a list of them with --series, not both.")
    require(bool(files or series), "no files were given; name measured files, or a list of them with --series.")
    is_series = series is not None or along is not None
    for name, given in (("--shared", shared), ("--compare", compare)):
        require(is_series or not given, f"{name} belongs to a series; say what was varied with --series or --along.")
    require(
        not is_series or len(circuits) == 1,
        f"a series is fitted with one circuit, but {len(circuits)} were given; compare circuits first, without "
        "--series and --along.",
    )
    check_fit_folder(out)
    with progress_bar(quiet=as_json) as progress:
        tell: Callable[[int, int, str], Any] = progress or (lambda *_: None)
        gathered = (
            gathered_from_list(series, along, area_si, tell)
            if series is not None
            else gathered_from_files(files or [], along, area_si, tell)
        )
        gathered = gathered.usable(options[0]["band"])
        fits, found, pairwise = _fits(circuits, options, gathered, pairs.listed(shared), compare or [], tell)
        failed = [
            f"{f.name}, {f.circuit}: {f.status.message}." for f in (found.fits if found else fits) if not f.converged
        ]
        report = report_from_fits(
            fits, title=_title(gathered), series=found, comparisons=pairwise, drt=drt,
            problems=[*gathered.problems, *failed],
        )  # fmt: skip
        write_report(report, out, tell)
    if as_json:
        print(json.dumps(record_from_report(report, out), indent=1))
    else:
        print_fits(report, out, printed_wide())
    if report.problems:
        raise typer.Exit(1)


def _circuits(texts: Sequence[str]) -> list[Circuit]:
    from sscell.circuit import Circuit

    require(len(texts) > 0, 'no circuit was given; name one, as in --circuit "R0-p(R1,CPE1)-Wo1".')
    circuits = [Circuit(text) for text in texts]
    known = [c.text for c in circuits]
    require(len(set(known)) == len(known), f"--circuit: one of {', '.join(known)} is given twice.")
    return circuits


def _options(
    circuits: Sequence[Circuit],
    starts: int,
    weights: str,
    band: str,
    fix: list[str],
    bound: list[str],
    tie: list[str],
    order: str | None,
    robust: bool,
) -> list[dict[str, Any]]:
    """What goes to the fit of each circuit, checked before any file is read."""
    from sscell.fit.circuit_fit import MOST_STARTS
    from sscell.fit.constraints import space_from_constraints
    from sscell.fit.order import order_from_names
    from sscell.fit.points import checked_band
    from sscell.fit.weights import weighting_from_name

    require(1 <= starts <= MOST_STARTS, f"--starts must be from 1 to {MOST_STARTS}, got {starts}.")
    names = {c.text: c.parameter_names for c in circuits}
    given: dict[str, tuple[str, dict[str, Any]]] = {
        "fixed": ("--fix", pairs.fixed_values(fix)),
        "bounds": ("--bound", pairs.bounds(bound)),
        "ties": ("--tie", pairs.ties(tie)),
    }
    common = {
        "starts": starts,
        "weights": weighting_from_name(weights),
        "band": checked_band(pairs.band(band)),
        "robust": robust,
        "order": pairs.listed(order) or None,
    }
    found = []
    for one in circuits:
        own = {
            key: pairs.for_circuit(one.parameter_names, values, flag, names) for key, (flag, values) in given.items()
        }
        space_from_constraints(one, **own)
        if common["order"] is not None:
            order_from_names(one, common["order"])
        found.append(common | own)
    return found


def _fits(
    circuits: Sequence[Circuit],
    options: Sequence[dict[str, Any]],
    gathered: Gathered,
    shared: Sequence[str],
    compare: Sequence[str],
    tell: Callable[[int, int, str], Any],
) -> tuple[list[FitResult], SeriesResult | None, list[Comparison]]:
    """All spectra in one call a circuit; a series in one problem."""
    from sscell.fit import fit_circuit, fit_series

    spectra = list(gathered.spectra)
    if gathered.along is not None:
        tell(0, 1, f"fitting {len(spectra)} spectra as a series")
        series = fit_series(
            circuits[0], spectra, along=gathered.along, conditions=gathered.conditions, cells=gathered.cells,
            shared=shared, **options[0],
        )  # fmt: skip
        return [], series, _comparisons(series, compare)
    fits: list[FitResult] = []
    for k, (circuit, own) in enumerate(zip(circuits, options, strict=True)):
        tell(k, len(circuits), f"fitting {circuit.text} to {len(spectra)} spectra")
        fits += fit_circuit(circuit, spectra, **own)
    return fits, None, []


def _comparisons(series: SeriesResult, given: Sequence[str]) -> list[Comparison]:
    """The pairs that were asked for; of a series of just two conditions, these two."""
    from sscell.fit import compare

    known = {(c if isinstance(c, str) else f"{c:g}"): c for c in series.conditions}
    asked = [text.partition(":") for text in given]
    if not asked and len(known) == 2:
        first, second = known
        asked = [(first, ":", second)]
    found = []
    for a, colon, b in asked:
        require(
            bool(colon) and a in known and b in known,
            f"--compare '{a}{colon}{b}' must name two conditions with a colon between; the series has "
            f"{', '.join(known)}.",
        )
        found.append(compare(series, known[a], known[b]))
    return found


def _title(gathered: Gathered) -> str:
    files = list(dict.fromkeys(str(s.provenance.get("file", "")) for s in gathered.spectra))
    if gathered.title:
        return gathered.title
    return f"Fit of {files[0]}" if len(files) == 1 else f"Fits of {len(files)} files"
