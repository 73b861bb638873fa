"""What is in files, on the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sscell.data import CyclingFacts
from sscell.report.inspected.contents import Inspected
from sscell.report.spectrum_panels import few_digits, frequency_words, prefixed
from sscell.rounding import short
from sscell.validation import KramersKronigResult

if TYPE_CHECKING:
    from rich.console import Console

ZERO_CELSIUS_K = 273.15


def print_inspected(found: Sequence[Inspected], refused: Sequence[str], console: Console) -> None:
    """A heading, a table of sweeps and the verdicts of each file, then the files that were refused."""
    from rich.markup import escape

    for each in found:
        console.print(escape(_heading(each)), style="bold", highlight=False, soft_wrap=True)
        if each.inspection.sweeps:
            _print_sweeps(each, console)
        for line, style in _lines(each):
            console.print(escape(line), style=style, highlight=False, soft_wrap=True)
        console.print()
    for sentence in refused:
        console.print(escape(f"Not read: {sentence}"), style="red", highlight=False, soft_wrap=True)


def _heading(each: Inspected) -> str:
    inspection = each.inspection
    held = {"impedance": "impedance", "cycling": "cycling", "both": "cycling with impedance"}[inspection.kind.value]
    return ", ".join(filter(None, [f"{each.name}: {held}", inspection.format, inspection.technique]))


def _print_sweeps(each: Inspected, console: Console) -> None:
    from rich.table import Table

    inspection = each.inspection
    area_m2 = inspection.spectra[0].area_m2
    unit = "Ω" if area_m2 is None else "Ω cm²"
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    volts = any(s.voltage_V is not None for s in inspection.sweeps)
    warm = any(s.temperature_K is not None for s in inspection.sweeps)
    for heading in ("Sweep", "Points", "Frequencies", "|Z|"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in (["Voltage"] if volts else []) + (["Temperature"] if warm else []):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("Valid", "Valid band", "Noise"):
        table.add_column(heading, justify="right", no_wrap=True)
    for k, (sweep, verdict) in enumerate(zip(inspection.sweeps, each.verdicts, strict=True), start=1):
        scale = 1.0 if area_m2 is None else area_m2 * 1e4
        state = ["–" if sweep.voltage_V is None else f"{sweep.voltage_V:.3f} V"] if volts else []
        if warm:
            kelvin = sweep.temperature_K
            state.append("–" if kelvin is None else f"{kelvin - ZERO_CELSIUS_K:.1f} °C")
        table.add_row(
            str(k),
            str(sweep.points),
            f"{frequency_words(sweep.highest_frequency_Hz)} to {frequency_words(sweep.lowest_frequency_Hz)}",
            _range(scale * sweep.smallest_modulus_ohm, scale * sweep.largest_modulus_ohm, unit),
            *state,
            *_verdict_cells(verdict),
        )
    console.print(table)


def _range(low: float, high: float, unit: str) -> str:
    """'359 Ω to 8.29 MΩ'."""
    ends = [(value / factor, name) for value in (low, high) for factor, name in [prefixed(value / 0.5, unit)]]
    return " to ".join(f"{few_digits(value)} {name}" for value, name in ends)


def _verdict_cells(verdict: KramersKronigResult | None) -> list[str]:
    """Valid points, band and noise of one sweep."""
    if verdict is None:
        return ["–", "not tested", "–"]
    band = verdict.band
    noise = verdict.noise
    level = f"{100 * noise.relative:.2g} %" if noise.constant_ohm is None else f"{short(noise.constant_ohm, 2)} Ω"
    words = "none" if band is None else f"{frequency_words(band.highest_Hz)} to {frequency_words(band.lowest_Hz)}"
    return [f"{int(verdict.valid.sum())}/{verdict.valid.size}", words, level]


def _is_hint(summary: str) -> bool:
    """Whether a summary of valid points says that the test said little."""
    return any(words in summary for words in ("says little", "says nothing", "the sign", "could not be judged"))


def _lines(each: Inspected) -> list[tuple[str, str]]:
    """Verdicts where points fail, cycling, assumptions, what could not be read, and where the picture lies."""
    many = len(each.verdicts) > 1
    lines = []
    for k, verdict in enumerate(each.verdicts, start=1):
        if verdict is not None and not verdict.valid.all():
            lines.append((f"{f'Sweep {k}: ' if many else ''}{verdict.summary}", "yellow"))
    if each.verdicts and all(v is not None and v.valid.all() for v in each.verdicts):
        summaries = list(dict.fromkeys(v.summary for v in each.verdicts if v is not None))
        words = summaries[0] if len(summaries) == 1 else "All points of all sweeps are valid."
        lines.append((f"Kramers-Kronig: {words}", "green"))
        lines += [(f"Kramers-Kronig: {s}", "yellow") for s in summaries if len(summaries) > 1 and _is_hint(s)]
    if each.inspection.cycling is not None:
        lines.append((_cycling_words(each.inspection.cycling), ""))
    lines += [(f"Assumed: {note}", "dim") for note in each.inspection.assumptions]
    lines += [(f"Not read: {why}", "yellow") for why in each.inspection.not_read]
    if each.picture is not None:
        lines.append((f"Picture: {each.picture}", ""))
    return lines


def _cycling_words(facts: CyclingFacts) -> str:
    cycles = f"{facts.cycles} cycle{'s' if facts.cycles > 1 else ''}" if facts.cycles else "cycles not counted"
    largest = max(abs(facts.lowest_current_A), abs(facts.highest_current_A))
    factor, unit = prefixed(2 * largest, "A") if largest > 0 else (1.0, "A")
    return (
        f"Cycling: {facts.rows:,} rows, {cycles}, {_duration(facts.duration_s)}; {facts.lowest_voltage_V:.3f} to "
        f"{facts.highest_voltage_V:.3f} V; {facts.lowest_current_A / factor:.3g} to "
        f"{facts.highest_current_A / factor:.3g} {unit} (positive: discharge)"
    )


def _duration(seconds: float) -> str:
    if not math.isfinite(seconds) or seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"
