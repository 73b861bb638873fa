"""The facts of a paper beside the simulation: one row a fact, and the score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sscell.interface import InterfaceState
from sscell.study.factfile import Fact, sides
from sscell.study.jobs import JobResult
from sscell.study.measures import MEASURES

Jobs = Mapping[tuple[str, str], JobResult]  # (sample, run) -> job


class FactRow(NamedTuple):
    """One fact beside its simulated counterpart; `within` is None where nothing is simulated or compared."""

    id: str
    use: str
    kind: str
    quantity: str
    samples: str
    paper: str
    simulated: str
    difference: float
    within: bool | None
    scored: bool


def compare(facts: Sequence[Fact], jobs: Jobs, interfaces: Mapping[str, InterfaceState]) -> list[FactRow]:
    """One row a fact."""
    return [_row(fact, jobs, interfaces) for fact in facts]


def score(rows: Sequence[FactRow]) -> dict[str, int]:
    """How many scored facts are met: measured figures and lower bounds counted apart."""
    figures = [r for r in rows if r.scored and r.kind not in ("lower_bound", "upper_bound")]
    bounds = [r for r in rows if r.scored and r.kind in ("lower_bound", "upper_bound")]
    orders = [r for r in rows if not r.scored and r.within is not None]
    return {
        "figures_met": sum(bool(r.within) for r in figures),
        "figures": len(figures),
        "bounds_met": sum(bool(r.within) for r in bounds),
        "bounds": len(bounds),
        "checks_met": sum(bool(r.within) for r in orders),
        "checks": len(orders),
    }


def measured_words(fact: Fact) -> str:
    """The measured value and its unit."""
    unit, value = fact.entry.get("unit", ""), fact.entry["value"]
    if "relations" in fact.entry:  # its unit is that of the tolerance
        return str(value)
    unit = "" if unit == "1" else unit
    return f"{value[0]:g} to {value[1]:g} {unit}".strip() if isinstance(value, list) else f"{value} {unit}".strip()


def _row(fact: Fact, jobs: Jobs, interfaces: Mapping[str, InterfaceState]) -> FactRow:
    entry = fact.entry
    simulated = simulated_values(fact, jobs, interfaces)
    difference, within = _verdict(fact, simulated)
    return FactRow(
        id=entry["id"],
        use=entry["use"],
        kind=entry["kind"],
        quantity=entry["quantity"],
        samples=", ".join(fact.samples),
        paper=measured_words(fact),
        simulated=_words(fact, simulated),
        difference=difference,
        within=within,
        scored=entry["use"] == "fit" and within is not None,
    )


def simulated_values(fact: Fact, jobs: Jobs, interfaces: Mapping[str, InterfaceState]) -> dict[str, Any]:
    """Sample (or pair) -> simulated value; samples or cycles that were not simulated are left out."""
    measure = fact.entry.get("measure")
    if measure is None:
        return {}
    entry, values = fact.entry, {}
    if entry["protocol"] == "process":
        return {name: MEASURES[measure](interfaces[name]) for name in fact.samples if name in interfaces}
    if "relations" in entry:
        wanted = {side: [side] for relation in entry["relations"] for side in sides(relation)}
    elif measure == "interface_resistance_ratio":
        wanted = {"/".join(fact.samples): list(fact.samples)}
    else:
        wanted = {name: [name, *([entry["reference"]] if "reference" in entry else [])] for name in fact.samples}
    for label, involved in wanted.items():
        found = [jobs.get(sample_and_run(name, entry["protocol"])) for name in involved]
        if any(job is None or job.cycling is None for job in found):
            continue
        value = MEASURES[measure](entry.get("cycle", 1), *found)
        if value is not None:
            values[label] = value
    return values


def sample_and_run(name: str, run: str) -> tuple[str, str]:
    """'Z400' is a sample in the fact's own run, 'Z400@rate_test' one in another."""
    sample, _, other = name.partition("@")
    return sample, other or run


def _verdict(fact: Fact, simulated: Mapping[str, Any]) -> tuple[float, bool | None]:
    entry, nothing = fact.entry, (math.nan, None)
    numbers = {k: v for k, v in simulated.items() if isinstance(v, (int, float)) and math.isfinite(v)}
    if "relations" in entry:
        pairs = [sides(relation) for relation in entry["relations"]]
        if not all(a in numbers and b in numbers for a, b in pairs):
            return nothing
        return min(numbers[a] - numbers[b] for a, b in pairs), all(numbers[a] > numbers[b] for a, b in pairs)
    if len(numbers) < (1 if entry.get("measure") == "interface_resistance_ratio" else len(fact.samples)):
        return nothing
    low, high = allowed(fact)
    if low is None and high is None:
        return nothing
    misses = [_miss(v, low, high) for v in numbers.values()]
    within = all(abs(miss) <= 1e-12 for miss in misses)
    value = entry["value"]
    if isinstance(value, (int, float)):
        misses = [v - value for v in numbers.values()]
    return max(misses, key=abs), within


def _miss(value: float, low: float | None, high: float | None) -> float:
    """How far a value lies outside what is allowed: negative below, positive above, 0 inside."""
    if low is not None and value < low:
        return value - low
    return value - high if high is not None and value > high else 0.0


def allowed(fact: Fact) -> tuple[float | None, float | None]:
    """Between what a simulated figure counts as met; None where there is no limit."""
    entry = fact.entry
    value = entry.get("bound", entry["value"])
    if isinstance(value, list):
        low, high = (float(v) for v in value)
        slack = fact.tolerance if "resolution" in entry and fact.tolerance else 0.0
        return low - slack, high + slack
    if not isinstance(value, (int, float)):
        return None, None
    width = abs(value) * fact.relative if fact.relative is not None else fact.tolerance
    if entry["kind"] == "lower_bound":
        return float(value), None
    if entry["kind"] == "upper_bound":
        return None, float(value)
    return (value - width, value + width) if width is not None else (None, None)


def _words(fact: Fact, simulated: Mapping[str, Any]) -> str:
    def one(value: Any) -> str:
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    alone = len(fact.samples) == 1 or fact.entry.get("measure") == "interface_resistance_ratio"
    if len(simulated) == 1 and alone:
        return one(next(iter(simulated.values())))
    return ", ".join(f"{name} {one(value)}" for name, value in simulated.items())
