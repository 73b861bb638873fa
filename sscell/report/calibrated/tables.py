"""The tables of a calibration, as files and as people read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sscell.rounding import short
from sscell.study.calibrate.left_out import MOST_VALUES
from sscell.study.calibrate.result import Beside, Calibration

if TYPE_CHECKING:
    import pandas as pd


QUANTILES = ("low", "median", "high")


class DatumLine(NamedTuple):
    """A datum beside its calibrated value; off: residual in standard deviations (off_low, off_high: at the interval's

    ends); shift: what mesh and steps leave.
    """

    datum: str
    measured: str
    calibrated: float
    low: float
    high: float
    off: float
    off_low: float
    off_high: float
    shift: float


def datum_lines(calibration: Calibration) -> list[DatumLine]:
    """A row a value; of curves and spectra one, the RMS of their residuals in standard deviations."""
    return [line for row in calibration.beside for line in _lines(row)]


def _lines(row: Beside) -> list[DatumLine]:
    datum = row.datum
    assert datum.judge is not None
    residuals, _ = datum.judge(row.values)
    if row.values.size > MOST_VALUES:
        rms = float(np.sqrt(np.mean(residuals**2)))
        none = math.nan
        return [DatumLine(f"{datum.name} (RMS residual)", "", rms, none, none, rms, none, none, row.shift)]
    lines = []
    for k, (value, low, high) in enumerate(zip(row.values, row.low, row.high, strict=True)):
        label = datum.labels[k] if len(datum.labels) == row.values.size > 1 else ""
        own = np.flatnonzero(datum.judge.matrix[:, k])
        off = off_low = off_high = 0.0
        if own.size:
            largest = own[np.argmax(np.abs(residuals[own]))]
            off, off_low, off_high = (
                float(datum.judge(_with(row.values, k, x))[0][largest]) for x in (value, low, high)
            )
        title = f"{datum.name}, {label}" if label else datum.name
        interval = float(low), float(high)
        lines.append(
            DatumLine(title, datum.words_of(label), float(value), *interval, off, off_low, off_high, row.shift)
        )
    return lines


def _with(values: np.ndarray, k: int, value: float) -> np.ndarray:
    """Values with one replaced."""
    return np.where(np.arange(values.size) == k, value, values)


def frames(calibration: Calibration) -> dict[str, pd.DataFrame]:
    """File name -> table; those without rows are left out."""
    import pandas as pd

    def table(rows: Any) -> pd.DataFrame:
        return pd.DataFrame([row._asdict() for row in rows])

    found = {
        "parameters.csv": calibration.parameters,
        "data.csv": table(datum_lines(calibration)),
        "facts.csv": table(calibration.facts),
        "starts.csv": pd.DataFrame(
            [
                {"status": s.status, "cost": s.cost, "left": s.left, "rounds": s.rounds, "worst": s.worst}
                for s in calibration.starts
            ]
        ),
        "cells.csv": pd.DataFrame(
            [
                {"sample": sample, "run": run, **dict(zip(calibration.study.cell_spread, apart.tolist(), strict=True))}
                for (sample, run), apart in calibration.apart.items()
            ]
        ),
        "left_out.csv": table(calibration.predicted),
        "trades.csv": pd.DataFrame([{**t._asdict(), "unmet": ", ".join(t.unmet)} for t in calibration.trades]),
        "widened.csv": table(calibration.widened),
        "profiles.csv": pd.DataFrame(
            [
                {"parameter": p.name, "value": value, "rise": rise}
                for p in calibration.profiles
                for value, rise in zip(p.value.tolist(), p.rise.tolist(), strict=True)
            ]
        ),
        "comparisons.csv": table(calibration.differences),
        "bands.csv": pd.DataFrame([row for band in calibration.bands for row in _band_rows(band)]),
    }
    return {name: frame for name, frame in found.items() if not frame.empty}


def _band_rows(band: Any) -> list[dict[str, Any]]:
    columns = [f"{what}_{which}" for what in ("discharge_mAh_per_g", "efficiency_percent") for which in QUANTILES]
    parts = zip(*band.discharge_mAh_per_g, *band.efficiency_percent, strict=True)
    return [
        {"sample": band.sample, "run": band.run, "cycle": k, **dict(zip(columns, map(float, row), strict=True))}
        for k, row in enumerate(parts, start=1)
    ]


def shown(value: float, digits: int = 3) -> str:
    """A number as people read it; an en dash for none."""
    return short(value, digits) if math.isfinite(value) else "–"


def between(low: float, high: float) -> str:
    """An interval."""
    return f"{shown(low)} to {shown(high)}" if math.isfinite(low) and math.isfinite(high) else "–"
