"""The data of a calibration, each with its error model: what a point of the unknowns is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sscell.errors import InputError
from sscell.interface import InterfaceState
from sscell.records import Spectrum
from sscell.study.calibrate.schema import MethodSpec, SpectraSpec, Study
from sscell.study.calibrate.unknowns import Key
from sscell.study.factfile import Fact, sides
from sscell.study.facts import allowed, sample_and_run, simulated_values
from sscell.study.jobs import JobResult

Jobs = Mapping[Key, JobResult]
Interfaces = Mapping[str, InterfaceState]
# What an ordering must hold by, in standard deviations.
MARGIN = 0.25
# The tolerance of a bound that stands for words, over the bound.
WORDS = 0.1


@dataclass(frozen=True)
class Datum:
    """One piece of evidence.

    cells: those it needs; cycles: how many cycles of each. observe: jobs and interfaces -> simulated values (n,), or
    None where something is missing; judge: values -> residuals in standard deviations (m,), and their slopes (m, n).
    """

    name: str
    cells: tuple[Key, ...]
    cycles: int
    needs_trace: bool
    observe: Callable[[Jobs, Interfaces], np.ndarray | None]
    judge: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    counts: int
    """How many measured numbers it stands for."""


@dataclass(frozen=True)
class SpectrumDatum:
    """A measured spectrum of a cell before or after its run; error: one standard deviation over |Z|."""

    name: str
    cell: Key
    state: str
    spectrum: Spectrum
    error: float

    def judge(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals (2F,) of the real and the imaginary part, and what a unit of either is worth (2F,)."""
        measured = self.spectrum.impedance_ohm
        weight = 1 / (self.error * np.abs(measured))
        gap = (z - measured) * weight
        return np.concatenate([gap.real, gap.imag]), np.concatenate([weight, weight])


def data_from_facts(facts: Sequence[Fact], study: Study) -> list[Datum]:
    """The facts that are to be fitted, and the orderings among the others if they are to be held."""
    found = []
    for fact in facts:
        if fact.entry.get("measure") is None or not _is_simulated(fact, study):
            continue
        if "relations" in fact.entry:
            if study.method.hold_orders and (fact.tolerance or fact.relative):
                found.append(_ordering(fact, study.method))
        elif fact.entry["use"] == "fit":
            found.append(_figure(fact, study.method))
    return found


def spectra_from_files(specs: Sequence[SpectraSpec], folder: Path) -> list[SpectrumDatum]:
    """The measured spectra of a study."""
    from sscell.data import read_spectra

    found = []
    for spec in specs:
        spectra = read_spectra(folder / spec.file)
        if spec.pick > len(spectra):
            raise InputError(f"Spectra '{spec.file}' has {len(spectra)} spectra, got pick = {spec.pick}; count from 1.")
        whole = spectra[spec.pick - 1]
        f = whole.frequency_Hz
        use = (f >= (spec.lowest_Hz or 0)) & (f <= (spec.highest_Hz or np.inf))
        if not use.any():
            raise InputError(f"Spectra '{spec.file}': no frequency lies in the band that is asked for; widen it.")
        kept = Spectrum(frequency_Hz=f[use], impedance_ohm=whole.impedance_ohm[use])
        name = f"{spec.sample}, {spec.run}, {spec.state} spectrum"
        found.append(SpectrumDatum(name, (spec.sample, spec.run), spec.state, kept, spec.error_percent / 100))
    return found


def _is_simulated(fact: Fact, study: Study) -> bool:
    if fact.entry["protocol"] == "process":
        return all(name in study.samples for name in fact.samples)
    return all(run in study.runs and sample in study.samples for sample, run in _cells(fact))


def _cells(fact: Fact) -> tuple[Key, ...]:
    entry = fact.entry
    names = [*fact.samples, *([entry["reference"]] if "reference" in entry else [])]
    names += [side for relation in entry.get("relations", []) for side in sides(relation)]
    return tuple(dict.fromkeys(sample_and_run(name, entry["protocol"]) for name in names))


def _figure(fact: Fact, method: MethodSpec) -> Datum:
    low, high = allowed(fact)
    sigma = _sigma(fact, low, high) / method.sigmas
    centred = fact.entry["kind"] in ("eq", "approx") and not isinstance(fact.entry["value"], list)

    def judge(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if centred and low is not None and high is not None:
            return (values - (low + high) / 2) / sigma, np.eye(values.size) / sigma
        below = values < low if low is not None else np.zeros(values.size, bool)
        above = values > high if high is not None else np.zeros(values.size, bool)
        gap = np.where(below, values - (low or 0.0), np.where(above, values - (high or 0.0), 0.0))
        return gap / sigma, np.diag((below | above) / sigma)

    return _datum(fact, judge)


def _ordering(fact: Fact, method: MethodSpec) -> Datum:
    pairs = [sides(relation) for relation in fact.entry["relations"]]
    labels = list(dict.fromkeys(side for pair in pairs for side in pair))
    signs = np.zeros((len(pairs), len(labels)))
    for row, (a, b) in enumerate(pairs):
        signs[row, labels.index(a)], signs[row, labels.index(b)] = 1.0, -1.0

    def judge(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        relative = np.mean(np.abs(values)) * (fact.relative or 0.0)
        sigma = (fact.tolerance if fact.tolerance else relative) / method.sigmas
        gap = np.minimum(signs @ values / sigma - MARGIN, 0.0)
        return gap, signs / sigma * (gap < 0)[:, None]

    return _datum(fact, judge, labels)


def _datum(fact: Fact, judge: Any, labels: Sequence[str] | None = None) -> Datum:
    process = fact.entry["protocol"] == "process"

    def observe(jobs: Jobs, interfaces: Interfaces) -> np.ndarray | None:
        values = simulated_values(fact, jobs, interfaces)
        if not values or (labels is not None and set(values) != set(labels)):
            return None
        return np.array([values[name] for name in (labels or values)], dtype=float)

    return Datum(
        name=fact.entry["id"],
        cells=() if process else _cells(fact),
        cycles=_last_cycle(fact),
        needs_trace=fact.entry["measure"] == "relithiation_peak",
        observe=observe,
        judge=judge,
        counts=0 if labels is not None else 1,
    )


def _last_cycle(fact: Fact) -> int:
    """How many cycles a fact needs; 0: all."""
    return 0 if fact.entry["measure"] == "fade_share" else int(fact.entry.get("cycle", 1))


def _sigma(fact: Fact, low: float | None, high: float | None) -> float:
    """What counts as the tolerance: the file's, or of a range half its width."""
    if fact.tolerance:
        return fact.tolerance
    value = fact.entry.get("bound", fact.entry["value"])
    if fact.relative and not isinstance(value, list):
        return fact.relative * abs(float(value))
    if low is not None and high is not None and high > low:
        return (high - low) / 2
    if "bound" in fact.entry and not isinstance(value, list):
        return WORDS * abs(float(value))
    raise InputError(
        f"Fact '{fact.entry['id']}' has no tolerance, so it cannot be fitted; add its unit to [tolerance] of the facts "
        'file, or give it use = "check".'
    )
