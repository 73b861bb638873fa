"""Rows of the tables that people read: parameters with error and interval, circuits beside each other, peaks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sscell.circuit.model import CircuitParameter
from sscell.fit.determination import Determination
from sscell.fit.result import FitResult
from sscell.relaxation import DistributionOfRelaxationTimes
from sscell.report.fitted.contents import Entry, FitReport
from sscell.report.fitted.ranking import differences_and_weights
from sscell.report.fitted.relaxation_panel import time_words
from sscell.report.fitted.units import area_power, per_area, unit_text
from sscell.report.spectrum_panels import frequency_words
from sscell.rounding import Rounded, interval_text, rounded, short

OPEN = tuple(str(word) for word in Determination if word.open)
LOOSE = (*OPEN, str(Determination.POOR))


class ParameterLine(NamedTuple):
    """One parameter of a fit; note: fixed, tied, or its determination; loose: not to be relied on."""

    name: str
    meaning: str
    number: Rounded
    unit: str
    interval: str
    per_area: str
    note: str
    loose: bool


class CircuitLine(NamedTuple):
    """One circuit, over all spectra that every circuit was fitted to on the same points."""

    circuit: str
    free: int
    aicc: str
    difference: str
    bic: str
    weight: str
    best_of: str
    clean: str


class PeakLine(NamedTuple):
    """One peak of the relaxation times."""

    tau: str
    frequency: str
    resistance: str
    interval: str
    exponent: str
    note: str


def parameter_lines(fit: FitResult) -> list[ParameterLine]:
    """The parameters in the circuit's order."""
    return [_parameter_line(fit, p) for p in fit.model.parameters]


def number_of(fit: FitResult, name: str, exponent: int | None = None) -> Rounded:
    """Value and error, rounded together; the error of what is not determined says nothing and is left out."""
    value, error = fit.values[name], fit.standard_errors[name]
    open_ = name in fit.free and fit.determination[name].open
    known = error if _known(error, value) and not open_ else math.nan
    return rounded(value, known, digits=4 if error == 0 else 3, exponent=exponent)


def common_exponent(fits: Sequence[FitResult], name: str) -> int | None:
    """One power of ten for a column of values, where some need one and all are within three decades; else None."""
    own = [number_of(fit, name).exponent for fit in fits]
    sizes = [abs(fit.values[name]) for fit in fits if fit.values[name]]
    if not any(own) or not sizes or max(sizes) > 1e3 * min(sizes):
        return None
    return math.floor(math.log10(float(np.median(sizes))))


def note_of(fit: FitResult, parameter: CircuitParameter) -> str:
    """'fixed', 'tied', or how well it is determined: '' if well."""
    if parameter.name not in fit.free:
        return "fixed" if fit.standard_errors[parameter.name] == 0 else "tied"
    return str(fit.determination[parameter.name])


def _known(error: float, value: float) -> bool:
    return math.isfinite(error) and 0 < error < 10 * abs(value)


def _parameter_line(fit: FitResult, parameter: CircuitParameter) -> ParameterLine:
    name, unit = parameter.name, parameter.unit
    error = fit.standard_errors[name]
    note = note_of(fit, parameter)
    area_m2, power = fit.spectrum.area_m2, area_power(unit)
    areal = ""
    if area_m2 is not None and power is not None:
        scale = (area_m2 * 1e4) ** power
        value = fit.values[name] * scale
        known = _known(error * scale, value) and note not in OPEN
        areal = f"{rounded(value, error * scale if known else math.nan, digits=3).text} {unit_text(per_area(unit))}"
    return ParameterLine(
        name=name,
        meaning=parameter.meaning,
        number=number_of(fit, name),
        unit=unit_text(unit),
        interval="" if note in ("fixed", Determination.AT_BOUND) else interval_text(*fit.intervals[name], error),
        per_area=areal,
        note=note,
        loose=note in LOOSE,
    )


def circuit_lines(report: FitReport) -> list[CircuitLine]:
    """Circuits by AICc summed over the spectra on which all of them compare; none where there is one circuit."""
    comparable = [e for e in report.entries if len(e.fits) == len(report.circuits) and e.fits[0].weight is not None]
    if len(report.circuits) < 2 or not comparable:
        return []
    fits = {c: [r.fit for e in comparable for r in e.fits if r.fit.circuit == c] for c in report.circuits}
    aicc = np.array([sum(f.aicc for f in own) for own in fits.values()])
    both = differences_and_weights(aicc)
    lines = []
    for k in np.argsort(aicc, kind="stable"):
        circuit, own = list(fits.items())[k]
        difference, weight = both[k]
        lines.append(
            CircuitLine(
                circuit=circuit,
                free=len(own[0].free),
                aicc=criterion_text(float(aicc[k])),
                difference=f"{difference:.1f}" if difference is not None else "–",
                bic=criterion_text(float(sum(f.bic for f in own))),
                weight=weight_text(weight),
                best_of=f"{sum(e.best.circuit == circuit for e in comparable)} of {len(comparable)}",
                clean=f"{sum(not f.warnings for f in own)} of {len(own)}",
            )
        )
    return lines


def criterion_text(value: float) -> str:
    """AICc or BIC, infinite where there are too few points for so many parameters."""
    return f"{value:.1f}".replace("-", "−") if math.isfinite(value) else "– (too few points)"


def scatter_text(fit: FitResult) -> str:
    """Relative scatter of the residuals in percent; '–' where nothing says how large it is."""
    known = fit.weights == "modulus" and math.isfinite(fit.reduced_chi_square)
    return f"{100 * math.sqrt(max(fit.reduced_chi_square, 0.0)):.2g}" if known else "–"


def weight_text(weight: float | None) -> str:
    """'0.97', '< 0.001', '–' where fits do not compare."""
    if weight is None:
        return "–"
    return f"{weight:.3f}" if weight >= 0.0005 else "< 0.001"


def peak_lines(found: DistributionOfRelaxationTimes, area_m2: float | None) -> list[PeakLine]:
    """The peaks from fast to slow, per area where it is known."""
    scale = 1.0 if area_m2 is None else area_m2 * 1e4
    unit = "Ω" if area_m2 is None else "Ω cm²"
    return [
        PeakLine(
            tau=time_words(p.tau_s),
            frequency=frequency_words(p.frequency_Hz),
            resistance=f"{short(scale * p.resistance_ohm, 3)} {unit}",
            interval=" to ".join(short(scale * end, 3) for end in p.resistance_interval_ohm) + f" {unit}",
            exponent=f"{p.exponent:.2f}",
            note="top outside the measured range" if p.extrapolated else "",
        )
        for p in found.peaks
    ]


def quality_words(entry: Entry, fit: FitResult) -> str:
    """Status, misfit, criteria and starts in one line."""
    used = entry.spectrum.frequency_Hz[fit.used]
    scatter = scatter_text(fit)
    size = f"residuals about {scatter} % of |Z|" if scatter != "–" else f"{fit.weights} weights"
    ended = fit.status.message.partition(":")[0].partition(";")[0].capitalize()
    range_Hz = f"{frequency_words(used.min())} to {frequency_words(used.max())}"
    led = round(fit.share_of_starts * fit.starts)
    return (
        f"{ended}; {fit.points} of {len(entry.spectrum)} points, {range_Hz}; χ² {short(fit.chi_square, 3)}, {size}; "
        f"AICc {criterion_text(fit.aicc)}, BIC {criterion_text(fit.bic)}; {led} of {fit.starts} starts led to the best "
        "fit."
    )


def sentences(parts: Sequence[str]) -> list[str]:
    """Each sentence once, in order."""
    return list(dict.fromkeys(part for part in parts if part))
