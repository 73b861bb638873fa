"""`fit_series`: spectra of a series of samples or states in one problem, and each parameter along what was varied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sscell.circuit import Circuit
from sscell.fit.circuit_fit import fit_circuit
from sscell.fit.linking import linked
from sscell.fit.result import FitResult
from sscell.fit.series_checks import check_series, check_shared, listed
from sscell.fit.series_result import SeriesResult, Trend
from sscell.fit.sharing import jointly
from sscell.fit.trends import trends_from_fits
from sscell.records import Spectrum
from sscell.records.spectrum import several_spectra


def fit_series(
    circuit: Circuit | str | Any,
    spectra: Sequence[Spectrum] | Spectrum,
    *,
    along: str,
    conditions: Sequence[float | str],
    cells: Sequence[str] | None = None,
    shared: Sequence[str] | str = (),
    **options: Any,
) -> SeriesResult:
    """Fit a series of spectra together.

    along: what was varied, with its unit (anneal_temperature_C, cycle, state_of_charge_percent); conditions: its value
    for each spectrum, numbers or labels; cells: which cell each spectrum is from (default: each from its own), so that
    repeats under one condition give the spread from cell to cell; shared: parameters with one value for the whole
    series; options: as for `fit_circuit`. Raises InputError for lists of unequal length and unknown names.
    """
    several = several_spectra(spectra, "fit_series")
    shared = (shared,) if isinstance(shared, str) else tuple(listed("shared", shared))
    conditions = listed("conditions", conditions)
    names = [str(c) for c in (range(len(several)) if cells is None else listed("cells", cells))]
    check_series(several, conditions, names)
    fits = fit_circuit(circuit, several, **options)
    fits = linked(fits, several)
    check_shared(shared, fits[0])
    joint = jointly(fits, several, tuple(shared)) if shared else fits
    trends = trends_from_fits(joint, [name for name in joint[0].free if name not in shared], conditions, names)
    return SeriesResult(
        along=along,
        conditions=tuple(conditions),
        cells=tuple(names),
        fits=tuple(joint),
        shared=tuple(shared),
        trends=trends,
        warnings=_warnings(joint, trends, along),
    )


def _warnings(fits: Sequence[FitResult], trends: dict[str, Trend], along: str) -> tuple[str, ...]:
    words = []
    for name in trends:
        left_out = sum(fit.determination[name].open for fit in fits)
        if left_out:
            words.append(
                f"{name} ended at a bound or is not determined in {left_out} of {len(fits)} fits, which its course "
                f"along {along} leaves out."
            )
    if all(trend.spread is None for trend in trends.values()):
        words.append(
            "No condition was repeated on another cell: the spread from cell to cell is unknown, and the errors are "
            "those of the fits alone."
        )
    troubled = sum(bool(fit.warnings) for fit in fits)
    if troubled:
        words.append(f"{troubled} of {len(fits)} fits carry warnings of their own; look at them before the trends.")
    return tuple(words)
