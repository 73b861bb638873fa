"""The report page of fits: one HTML file that needs nothing else."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

from sscell.fit.series_result import Comparison, ConditionMean, SeriesResult
from sscell.report.canvas import ReportFigure
from sscell.report.columns import unbroken
from sscell.report.fitted.contents import Entry, FitReport
from sscell.report.fitted.lines import (
    LOOSE,
    circuit_lines,
    common_exponent,
    note_of,
    number_of,
    parameter_lines,
    peak_lines,
    quality_words,
    scatter_text,
    sentences,
    weight_text,
)
from sscell.report.fitted.slopes import slope_text
from sscell.report.fitted.spectrum_figure import overview_figure, spectrum_figure
from sscell.report.fitted.tables import condition_of
from sscell.report.fitted.trend_figure import spread_text, trend_figures, words_of
from sscell.report.fitted.units import unit_text
from sscell.report.fitted.words import outcome, summed_warnings
from sscell.report.style import style_sheet
from sscell.rounding import interval_text, power_text, rounded, short

Progress = Callable[[int, int, str], None]
# So few spectra stand beside each other, with a line a parameter, if these are more than so many.
FEW_SPECTRA, MANY_PARAMETERS = 3, 5
PACKAGES = ("sscell", "jax", "numpy", "scipy")


def drawn_figures(report: FitReport, progress: Progress | None = None) -> dict[str, ReportFigure]:
    """Key -> figure: trends and overview where there are any, and one a spectrum."""
    figures = [*(trend_figures(report.series) if report.series is not None else []), *overview_figure(report)]
    for k, entry in enumerate(report.entries):
        if progress is not None:
            progress(k, len(report.entries), "drawing")
        figures.append(spectrum_figure(entry))
    return {figure.key: figure for figure in figures}


def report_html(report: FitReport, figures: dict[str, ReportFigure]) -> str:
    """The whole page; the same report gives the same text."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"unbroken": unbroken}
    text = files("sscell.report").joinpath("fit_report.html").read_text(encoding="utf-8")
    content = {
        "style": style_sheet(),
        "report": report,
        "figures": figures,
        "outcome": outcome(report),
        "warnings": summed_warnings(report),
        "circuits": circuit_lines(report),
        "values": [_values_table(report, circuit) for circuit in report.circuits],
        "series": _series(report.series) if report.series is not None else None,
        "comparisons": [_comparison(pair) for pair in report.comparisons],
        "spectra": [_spectrum(report, entry) for entry in report.entries],
        "hashes": _hashes(report),
        "versions": {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()},
    }
    return environment.from_string(text).render(content)


def _values_table(report: FitReport, circuit: str) -> dict[str, Any]:
    """Heading and rows of one circuit's table: a row a spectrum, powers of ten in the heading where they are common."""
    found = [(e, r.fit) for e in report.entries for r in e.fits if r.fit.circuit == circuit]
    parameters = found[0][1].model.parameters
    power = {p.name: common_exponent([fit for _, fit in found], p.name) for p in parameters}
    rows = []
    for entry, fit in found:
        cells = []
        for p in parameters:
            note, number = note_of(fit, p), number_of(fit, p.name, power[p.name])
            text = number._replace(exponent=0).text if power[p.name] is not None else number.text
            cells.append({"text": text, "note": note, "loose": note in LOOSE})
        rows.append(
            {
                "key": entry.key,
                "name": entry.name,
                "conditions": [_condition_text(c) for c in condition_of(report, entry).values()],
                "cells": cells,
                "scatter": scatter_text(fit),
                "converged": fit.converged,
            }
        )
    heads = [(p.name, f"{power_text(power[p.name])} {unit_text(p.unit)}".strip(), p.meaning) for p in parameters]
    along = [words_of(report.series.along)] if report.series is not None else []
    across = len(rows) <= FEW_SPECTRA and len(parameters) > MANY_PARAMETERS
    return {"circuit": circuit, "along": along, "heads": heads, "rows": rows, "across": across}


def _condition_text(condition: float | str) -> str:
    return condition if isinstance(condition, str) else f"{condition:g}"


def _series(series: SeriesResult) -> dict[str, Any]:
    """A row a condition, a column a parameter; the spread and the slope below."""
    trends = list(series.trends.values())
    means = trends[0].means if trends else ()
    unknown = {trend.name: all(mean.used == 0 for mean in trend.means) for trend in trends}
    unit = words_of(series.along).partition(" / ")[2]
    return {
        "along": words_of(series.along),
        "heads": [(trend.name, unit_text(trend.unit)) for trend in trends],
        "rows": [(_condition_text(mean.condition), mean.cells, [_mean(t.means[k]) for t in trends])
                 for k, mean in enumerate(means)],
        "spreads": ["–" if unknown[t.name] else spread_text(t) for t in trends]
        if any(t.spread is not None for t in trends)
        else [],
        "slopes": ["–" if unknown[t.name] else slope_text(t, unit) for t in trends]
        if any(t.slope is not None for t in trends)
        else [],
        "shared": series.shared,
        "warnings": series.warnings,
    }  # fmt: skip


def _mean(mean: ConditionMean) -> dict[str, Any]:
    """Value ± error as in the table of values, its note, and of how many cells it is, where not of all."""
    some = f"{mean.used} of {mean.cells} cells" if 0 < mean.used < mean.cells else ""
    return {
        "text": rounded(mean.value, mean.standard_error, digits=3).text,
        "note": ", ".join(filter(None, (mean.note, some))),
        "loose": mean.note in LOOSE,
    }


def _comparison(pair: Comparison) -> dict[str, Any]:
    rows = []
    for d in pair.differences.values():
        unit = unit_text(d.unit)
        if d.obstacle:
            change = f"not comparable: {d.obstacle}"
        elif d.ratio is not None and d.ratio_interval is not None:
            low, high = d.ratio_interval
            change = f"× {short(d.ratio, 3)} ({short(low, 3)} to {short(high, 3)})"
        else:
            low, high = d.difference_interval
            change = f"{short(d.difference, 2)} ({interval_text(low, high, (high - low) / 4)})"
        rows.append(
            {
                "name": d.name,
                "unit": unit,
                "a": short(d.value_a, 3),
                "b": short(d.value_b, 3),
                "change": change,
                "verdict": "–" if d.obstacle else "yes" if d.distinct else "no",
            }
        )
    return {
        "a": _short_name(pair.a),
        "b": _short_name(pair.b),
        "summary": pair.summary,
        "notes": pair.notes,
        "rows": rows,
    }


def _short_name(condition: str) -> str:
    """'anneal_temperature_C = 400' -> '400': what was varied stands in the heading."""
    return condition.rpartition(" = ")[2]


def _spectrum(report: FitReport, entry: Entry) -> dict[str, Any]:
    best = entry.best
    found = entry.distribution
    state = entry.spectrum.state
    facts = [f"{key} {_condition_text(value)}" for key, value in condition_of(report, entry).items()]
    if state.get("voltage_V") is not None:
        facts.append(f"{state['voltage_V']:.3f} V".replace("-", "−"))
    if entry.spectrum.temperature_K is not None:
        facts.append(f"{entry.spectrum.temperature_K - 273.15:.1f} °C")
    if entry.spectrum.area_m2 is not None:
        facts.append(f"{entry.spectrum.area_m2 * 1e4:g} cm²")
    return {
        "key": entry.key,
        "name": entry.name,
        "facts": ", ".join(facts),
        "circuit": best.circuit,
        "warnings": sentences(best.warnings),
        "quality": quality_words(entry, best),
        "kramers_kronig": entry.verdict.summary if entry.verdict is not None else
        "Too few frequencies, or an impedance of zero: no Kramers-Kronig test could be made.",
        "notes": [*sentences(best.notes), *entry.spectrum.provenance.get("assumptions", ())],
        "parameters": parameter_lines(best),
        "areal": any(line.per_area for line in parameter_lines(best)),
        "others": [
            (r.fit.circuit, f"{r.difference:.1f}" if r.difference is not None else "–", weight_text(r.weight),
             len(r.fit.warnings))
            for r in entry.fits
        ]
        if len(entry.fits) > 1
        else [],
        "peaks": peak_lines(found, entry.spectrum.area_m2) if found is not None else [],
        "has_distribution": found is not None,
        "drt_warnings": sentences(found.warnings) if found is not None else [],
    }  # fmt: skip


def _hashes(report: FitReport) -> dict[str, str]:
    given = [e.spectrum.provenance for e in report.entries]
    return {p["file"]: p["sha256"] for p in given if p.get("file") and p.get("sha256")}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
