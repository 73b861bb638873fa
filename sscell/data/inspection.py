"""What is in a measured file: format, technique, sweeps and cycling with their ranges, and what was assumed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from sscell.data.cycling import trace_from_table
from sscell.data.reading import table_from_path
from sscell.data.spectra import require_area, spectra_from_table
from sscell.data.table import Table, impedance_rows
from sscell.errors import InputError
from sscell.records import CyclingTrace, Spectrum


class Kind(StrEnum):
    """What a file holds."""

    IMPEDANCE = "impedance"
    CYCLING = "cycling"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class SweepFacts:
    """One sweep in numbers; voltage and temperature are means over it, None where the file does not say."""

    points: int
    highest_frequency_Hz: float
    lowest_frequency_Hz: float
    smallest_modulus_ohm: float
    largest_modulus_ohm: float
    voltage_V: float | None
    temperature_K: float | None
    state: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class CyclingFacts:
    """A trace in numbers; cycles: 0 where the file does not count them; a positive current discharges."""

    rows: int
    cycles: int
    duration_s: float
    lowest_current_A: float
    highest_current_A: float
    lowest_voltage_V: float
    highest_voltage_V: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Inspection:
    """A file's content; spectra and trace are the records themselves, in the order of `sweeps`.

    not_read: why impedance or cycling that the file has could not be read, a sentence each.
    """

    file: str
    format: str
    technique: str | None
    kind: Kind
    sweeps: tuple[SweepFacts, ...]
    cycling: CyclingFacts | None
    assumptions: tuple[str, ...]
    not_read: tuple[str, ...]
    spectra: tuple[Spectrum, ...]
    trace: CyclingTrace | None


def inspect_file(path: str | os.PathLike[str], area_m2: float | None = None) -> Inspection:
    """Read everything a file holds, impedance, cycling or both.

    Raises InputError where neither can be had, with the sentence on what the file's columns promise.
    """
    require_area(area_m2)
    with np.errstate(over="ignore", invalid="ignore"):
        table = table_from_path(path)
        spectra, no_spectra = _spectra(table, area_m2)
        impedance, cycling = _promises(table, len(spectra))
        trace, no_trace = _trace(table) if cycling else (None, "")
    if not spectra and trace is None:
        raise InputError(no_trace if no_trace and not impedance else no_spectra)
    return Inspection(
        file=table.source.name,
        format=table.format,
        technique=table.technique,
        kind=_kind(spectra, trace),
        sweeps=tuple(map(_sweep_facts, spectra)),
        cycling=_cycling_facts(trace) if trace is not None else None,
        assumptions=_assumptions(spectra, trace),
        not_read=tuple(why for why in (no_spectra if impedance else "", no_trace) if why),
        spectra=spectra,
        trace=trace,
    )


def _spectra(table: Table, area_m2: float | None) -> tuple[tuple[Spectrum, ...], str]:
    """The spectra, or none and why not."""
    try:
        return tuple(spectra_from_table(table, area_m2)), ""
    except InputError as error:
        return (), str(error)


def _trace(table: Table) -> tuple[CyclingTrace | None, str]:
    try:
        return trace_from_table(table), ""
    except InputError as error:
        return None, str(error)


def _promises(table: Table, sweeps: int) -> tuple[bool, bool]:
    """Whether rows and columns are there for impedance and for cycling, be they readable or not."""
    try:
        points = impedance_rows(table)
    except InputError:
        return True, False
    columns = table.has("time_s") and (table.has("current_A") or not table.has("frequency_Hz"))
    # EC-Lab writes a row of frequency 0 before a sweep, which is no cycling.
    others = int(points.size - points.sum())
    return bool(points.any()), columns and others > sweeps


def _kind(spectra: Sequence[Spectrum], trace: CyclingTrace | None) -> Kind:
    if trace is None:
        return Kind.IMPEDANCE
    return Kind.BOTH if spectra else Kind.CYCLING


def _assumptions(spectra: Sequence[Spectrum], trace: CyclingTrace | None) -> tuple[str, ...]:
    """Every sentence once; all spectra of a file share theirs."""
    records: list[Spectrum | CyclingTrace] = [*spectra[:1], *([trace] if trace is not None else [])]
    return tuple(dict.fromkeys(note for record in records for note in record.provenance["assumptions"]))


def _sweep_facts(spectrum: Spectrum) -> SweepFacts:
    modulus_ohm = np.abs(spectrum.impedance_ohm)
    return SweepFacts(
        points=len(spectrum),
        highest_frequency_Hz=float(spectrum.frequency_Hz.max()),
        lowest_frequency_Hz=float(spectrum.frequency_Hz.min()),
        smallest_modulus_ohm=float(modulus_ohm.min()),
        largest_modulus_ohm=float(modulus_ohm.max()),
        voltage_V=spectrum.state.get("voltage_V"),
        temperature_K=spectrum.temperature_K,
        state=spectrum.state,
    )


def _cycling_facts(trace: CyclingTrace) -> CyclingFacts:
    return CyclingFacts(
        rows=len(trace),
        cycles=int(np.unique(trace.cycle[trace.cycle > 0]).size),
        duration_s=float(trace.time_s[-1] - trace.time_s[0]),
        lowest_current_A=float(trace.current_A.min()),
        highest_current_A=float(trace.current_A.max()),
        lowest_voltage_V=float(trace.voltage_V.min()),
        highest_voltage_V=float(trace.voltage_V.max()),
    )
