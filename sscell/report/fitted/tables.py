"""Fits as tables for other programs: one row a spectrum and circuit, a point, a peak, a parameter and condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.relaxation import DistributionOfRelaxationTimes
from sscell.report.fitted.contents import Entry, FitReport
from sscell.report.fitted.ranking import Ranked
from sscell.report.fitted.units import area_power, per_area

if TYPE_CHECKING:
    import pandas as pd


def fits_frame(report: FitReport) -> pd.DataFrame:
    """One row a fit: where it is from, each parameter with error and 95 % interval, criteria, band, warnings."""
    import pandas as pd

    return pd.DataFrame([_fit_row(report, entry, r) for entry in report.entries for r in entry.fits])


def points_frame(report: FitReport) -> pd.DataFrame:
    """One row a point and fit: measured, fitted, residuals in percent of |Z|, whether it was used and is valid."""
    import pandas as pd

    return pd.concat([_points(entry, r) for entry in report.entries for r in entry.fits], ignore_index=True)


def peaks_frame(report: FitReport) -> pd.DataFrame:
    """One row a peak of the relaxation times."""
    return _of_distributions(report, DistributionOfRelaxationTimes.peaks_to_pandas)


def distributions_frame(report: FitReport) -> pd.DataFrame:
    """One row a relaxation time: γ with its 95 % interval."""
    return _of_distributions(report, DistributionOfRelaxationTimes.to_pandas)


def _of_distributions(
    report: FitReport, table: Callable[[DistributionOfRelaxationTimes], pd.DataFrame]
) -> pd.DataFrame:
    import pandas as pd

    frames = []
    for entry in report.entries:
        if entry.distribution is not None:
            rows = table(entry.distribution)
            frames.append(pd.concat([_named(entry, len(rows)), rows], axis=1))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def comparisons_frame(report: FitReport) -> pd.DataFrame:
    """One row a parameter and pair of conditions."""
    import pandas as pd

    rows = []
    for pair in report.comparisons:
        for d in pair.differences.values():
            ratio = d.ratio_interval or (np.nan, np.nan)
            rows.append(
                {
                    "a": pair.a,
                    "b": pair.b,
                    "parameter": d.name,
                    "unit": d.unit,
                    "value_a": d.value_a,
                    "value_b": d.value_b,
                    "ratio": d.ratio,
                    "ratio_lower_95": ratio[0],
                    "ratio_upper_95": ratio[1],
                    "difference": d.difference,
                    "difference_lower_95": d.difference_interval[0],
                    "difference_upper_95": d.difference_interval[1],
                    "distinct": d.distinct if not d.obstacle else None,
                    "cells_paired": d.pairs,
                    "not_comparable": d.obstacle,
                }
            )
    return pd.DataFrame(rows)


def where_from(entry: Entry) -> dict[str, Any]:
    """File and sweep of a spectrum, as its record says."""
    provenance = entry.spectrum.provenance
    return {"file": provenance.get("file", ""), "sweep": provenance.get("sweep", 1)}


def condition_of(report: FitReport, entry: Entry) -> dict[str, Any]:
    """What was varied and its value for this spectrum, {} outside a series."""
    series = report.series
    if series is None:
        return {}
    number = next(k for k, fit in enumerate(series.fits) if fit.spectrum is entry.spectrum)
    return {series.along: series.conditions[number]}


def _fit_row(report: FitReport, entry: Entry, ranked: Ranked) -> dict[str, Any]:
    fit, area_m2 = ranked.fit, entry.spectrum.area_m2
    row = where_from(entry) | condition_of(report, entry) | {"circuit": fit.circuit}
    if area_m2 is not None:
        row["area / cm2"] = area_m2 * 1e4
    for p in fit.model.parameters:
        unit = "" if p.unit == "1" else f" / {p.unit}"
        low, high = fit.intervals[p.name]
        row |= {
            f"{p.name}{unit}": fit.values[p.name],
            f"{p.name} standard error{unit}": fit.standard_errors[p.name],
            f"{p.name} lower 95{unit}": low,
            f"{p.name} upper 95{unit}": high,
        }
        power = area_power(p.unit)
        if area_m2 is not None and power is not None:
            row[f"{p.name} / {per_area(p.unit)}"] = fit.values[p.name] * (area_m2 * 1e4) ** power
    used = entry.spectrum.frequency_Hz[fit.used]
    return row | {
        "chi_square": fit.chi_square,
        "reduced_chi_square": fit.reduced_chi_square,
        "points": fit.points,
        "AICc": fit.aicc,
        "BIC": fit.bic,
        "AICc difference": ranked.difference,
        "Akaike weight": ranked.weight,
        "weights": fit.weights,
        "status": fit.status.name.lower(),
        "share_of_starts": fit.share_of_starts,
        "lowest_Hz": used.min(),
        "highest_Hz": used.max(),
        "kramers_kronig": entry.verdict.summary if entry.verdict is not None else "",
        "warnings": " ".join(fit.warnings),
    }


def _points(entry: Entry, ranked: Ranked) -> pd.DataFrame:
    fit = ranked.fit
    frame = entry.spectrum.to_pandas()
    names = _named(entry, len(frame)).assign(circuit=fit.circuit)
    for column, values in reversed(list(names.items())):
        frame.insert(0, column, values)
    valid = entry.verdict.valid if entry.verdict is not None else np.full(len(frame), None)
    return frame.assign(
        **{
            "Fitted Real Impedance / ohm": fit.impedance_ohm.real,
            "Fitted Imaginary Impedance / ohm": fit.impedance_ohm.imag,
            "Residual Real / %": 100 * fit.residuals.real,
            "Residual Imaginary / %": 100 * fit.residuals.imag,
            "Used": fit.used,
            "Valid": valid,
        }
    )


def _named(entry: Entry, rows: int) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([where_from(entry)] * rows, columns=["file", "sweep"])
