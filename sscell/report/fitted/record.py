"""Fits as one JSON value: what `sscell fit --json` prints and fits.json holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sscell.fit.series_result import Comparison, SeriesResult
from sscell.relaxation import DistributionOfRelaxationTimes
from sscell.report.fitted.contents import Entry, FitReport
from sscell.report.fitted.ranking import Ranked
from sscell.report.fitted.tables import condition_of, where_from
from sscell.report.plain_json import plain
from sscell.validation import KramersKronigResult


def record_from_report(report: FitReport, folder: Path | None) -> dict[str, Any]:
    """Every number of the report but the points; numbers that are not known are null."""
    return plain(
        {
            "title": report.title,
            "folder": str(folder) if folder is not None else None,
            "complete": not report.problems,
            "problems": report.problems,
            "circuits": report.circuits,
            "spectra": [_spectrum(report, entry) for entry in report.entries],
            "series": _series(report.series) if report.series is not None else None,
            "comparisons": [_comparison(c) for c in report.comparisons],
        }
    )


def _spectrum(report: FitReport, entry: Entry) -> dict[str, Any]:
    provenance = entry.spectrum.provenance
    return {
        "name": entry.name,
        **where_from(entry),
        "sha256": provenance.get("sha256"),
        "condition": condition_of(report, entry),
        "area_cm2": entry.spectrum.area_m2 * 1e4 if entry.spectrum.area_m2 is not None else None,
        "points": len(entry.spectrum),
        "assumptions": provenance.get("assumptions", ()),
        "kramers_kronig": kramers_kronig_record(entry.verdict),
        "fits": [_fit(ranked) for ranked in entry.fits],
        "relaxation_times": _distribution(entry.distribution),
    }


def kramers_kronig_record(verdict: KramersKronigResult | None) -> dict[str, Any] | None:
    """The verdict in numbers and words."""
    if verdict is None:
        return None
    band = verdict.band
    return {
        "summary": verdict.summary,
        "points": verdict.valid.size,
        "valid": int(verdict.valid.sum()),
        "invalid_frequency_Hz": verdict.frequency_Hz[~verdict.valid],
        "band_Hz": (band.lowest_Hz, band.highest_Hz) if band is not None else None,
        "noise_relative": verdict.noise.relative,
        "noise_ohm": verdict.noise.constant_ohm,
    }


def _fit(ranked: Ranked) -> dict[str, Any]:
    fit = ranked.fit
    used = fit.spectrum.frequency_Hz[fit.used]
    return {
        "circuit": fit.circuit,
        "values": fit.values,
        "units": {p.name: p.unit for p in fit.model.parameters},
        "standard_errors": fit.standard_errors,
        "intervals": fit.intervals,
        "free": fit.free,
        "correlation": fit.correlation,
        "chi_square": fit.chi_square,
        "reduced_chi_square": fit.reduced_chi_square,
        "points": fit.points,
        "degrees_of_freedom": fit.degrees_of_freedom,
        "aicc": fit.aicc,
        "bic": fit.bic,
        "aicc_difference": ranked.difference,
        "akaike_weight": ranked.weight,
        "status": fit.status.name.lower(),
        "converged": fit.converged,
        "weights": fit.weights,
        "starts": fit.starts,
        "share_of_starts": fit.share_of_starts,
        "band_Hz": (used.min(), used.max()),
        "notes": fit.notes,
        "warnings": fit.warnings,
    }


def _distribution(found: DistributionOfRelaxationTimes | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "resistance_ohm": found.resistance_ohm,
        "polarisation_ohm": found.polarisation_ohm,
        "peaks": [vars(peak) for peak in found.peaks],
        "warnings": found.warnings,
    }


def _series(series: SeriesResult) -> dict[str, Any]:
    return {
        "along": series.along,
        "conditions": series.conditions,
        "cells": series.cells,
        "shared": series.shared,
        "warnings": series.warnings,
        "trends": {
            name: {**vars(trend), "means": [vars(mean) for mean in trend.means]}
            for name, trend in series.trends.items()
        },
    }


def _comparison(pair: Comparison) -> dict[str, Any]:
    return {
        "a": pair.a,
        "b": pair.b,
        "summary": pair.summary,
        "notes": pair.notes,
        "differences": {name: vars(d) for name, d in pair.differences.items()},
    }
