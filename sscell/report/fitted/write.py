"""`write_fit_report`: fits become a folder of tables, figures and a page."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sscell.errors import require
from sscell.fit.ranking import CircuitRanking
from sscell.fit.result import FitResult
from sscell.fit.series_result import Comparison, SeriesResult
from sscell.folder import check_folder, whole_folder
from sscell.report.canvas import ReportFigure
from sscell.report.fitted.contents import FitReport, report_from_fits
from sscell.report.fitted.page import Progress, drawn_figures, report_html
from sscell.report.fitted.record import record_from_report
from sscell.report.fitted.tables import (
    comparisons_frame,
    distributions_frame,
    fits_frame,
    peaks_frame,
    points_frame,
)
from sscell.report.fitted.text_tables import latex_from_report, markdown_from_report

if TYPE_CHECKING:
    import pandas as pd

OUR_FILES = frozenset(
    {
        "fits.csv", "fits.md", "fits.tex", "fits.json", "points.csv", "relaxation_times.csv", "peaks.csv", "trends.csv",
        "comparisons.csv", "report.html",
    }
)  # fmt: skip


def write_fit_report(
    fits: FitResult | Sequence[FitResult] | SeriesResult | CircuitRanking,
    out: str | os.PathLike[str],
    *,
    comparisons: Sequence[Comparison] = (),
    drt: bool = True,
    title: str = "Fits of measured spectra",
) -> Path:
    """Write tables (OUR_FILES), figures/ and report.html to a folder, all or none.

    fits: what ss.fit_circuit, ss.fit_series or ss.rank_circuits returns; several fits of one spectrum are set beside
    each other. comparisons: of a series, from ss.compare. drt: relaxation times of each spectrum as well. An earlier
    result in the folder is replaced. Raises InputError for anything but fits, and for a folder that holds others.
    """
    series = fits if isinstance(fits, SeriesResult) else None
    given = _given_fits(fits)
    check_fit_folder(Path(out))
    report = report_from_fits(given, title=title, series=series, comparisons=comparisons, drt=drt)
    write_report(report, Path(out))
    return Path(out)


def _given_fits(fits: Any) -> list[FitResult]:
    """One by one, whatever holds them; what a list holds is checked where it is grouped."""
    if isinstance(fits, FitResult):
        return [fits]
    if isinstance(fits, SeriesResult):
        return list(fits.fits)
    if isinstance(fits, CircuitRanking):
        return [fit for own in fits.fits for fit in own]
    require(
        isinstance(fits, Iterable) and not isinstance(fits, str),
        f"write_fit_report: fits are needed, got an object of type {type(fits).__name__}; give what ss.fit_circuit, "
        "ss.fit_series or ss.rank_circuits returns.",
    )
    return list(fits)


def check_fit_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made or holds anything else than results of a fit."""
    check_folder(folder, _is_ours)


def write_report(report: FitReport, folder: Path, progress: Progress | None = None) -> None:
    """Every file of the report, all or none."""
    with whole_folder(folder, _is_ours) as temporary:
        figures = drawn_figures(report, progress)
        _write_tables(report, temporary)
        (temporary / "fits.json").write_text(json.dumps(record_from_report(report, folder), indent=1), encoding="utf-8")
        (temporary / "fits.md").write_text(markdown_from_report(report), encoding="utf-8")
        (temporary / "fits.tex").write_text(latex_from_report(report), encoding="utf-8")
        (temporary / "report.html").write_text(report_html(report, figures), encoding="utf-8")
        (temporary / "figures").mkdir()
        for key, figure in figures.items():
            (temporary / "figures" / f"{key}.svg").write_bytes(_svg(figure))


def _write_tables(report: FitReport, folder: Path) -> None:
    tables: dict[str, pd.DataFrame] = {
        "fits.csv": fits_frame(report),
        "points.csv": points_frame(report),
        "relaxation_times.csv": distributions_frame(report),
        "peaks.csv": peaks_frame(report),
        "comparisons.csv": comparisons_frame(report),
    }
    if report.series is not None:
        tables["trends.csv"] = report.series.to_pandas()
    for name, frame in tables.items():
        if not frame.empty:
            frame.to_csv(folder / name, index=False)


def _svg(figure: ReportFigure) -> bytes:
    return base64.b64decode(figure.image.partition(",")[2])


def _is_ours(path: Path) -> bool:
    """A file of a report, or its folder of figures with nothing but figures in it."""
    if path.name == "figures" and path.is_dir() and not path.is_symlink():
        return all(p.suffix == ".svg" and p.is_file() for p in path.iterdir())
    return path.name in OUR_FILES
