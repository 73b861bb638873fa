"""The facts of a paper beside the simulation: each fact names its measure, samples, run and cycle in the facts file."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sscell.errors import InputError, nearest_key
from sscell.interface import InterfaceState
from sscell.interface.zirconium import detection_depth_m
from sscell.records import CyclingTrace
from sscell.study.jobs import JobResult

KINDS = ("eq", "approx", "lower_bound", "upper_bound", "range", "order", "words")
USES = ("input", "fit", "check")
_RELATION = re.compile(r"\s*(\S+)\s*>\s*(\S+)\s*")
DETECTABLE_FRACTION = 0.01  # of the surface concentration; about the limit of STEM-EDS

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


class Fact(NamedTuple):
    """A fact as its file gives it."""

    entry: Mapping[str, Any]
    tolerance: float | None  # half-width in the fact's unit
    relative: float | None  # half-width relative to the value

    @property
    def samples(self) -> Sequence[str]:
        """Names of the samples it speaks of."""
        return self.entry["samples"]


def read_facts(path: str | Path) -> list[Fact]:
    """Read a facts file; InputError for a file that is not TOML or names an unknown measure."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"Facts file '{path}' does not exist; correct the scenario's key 'facts'.")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"Facts file '{path}' is not valid TOML: {error}.") from None
    entries, widths = raw.get("fact", []), raw.get("tolerance", {})
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"Facts file '{path}': each fact is a table of its own, headed [[fact]].")
    for unit, width in widths.items():
        if not isinstance(width, dict) or set(width) not in ({"absolute"}, {"relative"}):
            raise InputError(
                f"Facts file '{path}': tolerance '{unit}' must read {{ absolute = ... }} or {{ relative = ... }}, "
                f"got {width!r}."
            )
    facts = []
    for entry in entries:
        missing = {"id", "samples", "protocol", "quantity", "value", "kind", "use"} - set(entry)
        if missing:
            names = ", ".join(sorted(missing))
            raise InputError(f"Facts file '{path}', fact '{entry.get('id', '?')}': {names} missing.")
        if problem := _problem(entry):
            raise InputError(f"Facts file '{path}', fact '{entry['id']}': {problem}.")
        width = _width(entry, widths)
        facts.append(Fact(entry, width.get("absolute"), width.get("relative")))
    return facts


def _problem(entry: Mapping[str, Any]) -> str:
    """What keeps an entry from being compared, found before anything runs; '' if nothing does."""
    for key, known in (("kind", KINDS), ("use", USES)):
        if entry[key] not in known:
            return f"unknown {key} '{entry[key]}'{nearest_key(str(entry[key]), known)}"
    value, measure, relations = entry["value"], entry.get("measure"), entry.get("relations", [])
    if isinstance(value, list) and (len(value) != 2 or not all(isinstance(v, (int, float)) for v in value)):
        return f"a range must be two numbers, got {value}"
    if not isinstance(entry["samples"], list):
        return f"samples must be a list of names, got {entry['samples']!r}"
    for relation in relations:
        if _RELATION.fullmatch(relation) is None:
            return f"relation '{relation}' must read 'A > B'"
    if measure is None:
        return ""
    process = entry["protocol"] == "process"
    known_measures = PROCESS_MEASURES if process else RUN_MEASURES
    if measure not in known_measures:
        return (
            f"unknown measure '{measure}' of {'a recipe' if process else 'a run'}{nearest_key(measure, known_measures)}"
        )
    if measure == "discharge_gain" and ("reference" not in entry or relations):
        return "measure 'discharge_gain' needs the key 'reference', a sample, and takes no relations"
    if measure == "interface_resistance_ratio" and (len(entry["samples"]) != 2 or relations):
        return "measure 'interface_resistance_ratio' needs two samples and takes no relations"
    return ""


def _width(entry: Mapping[str, Any], table: Mapping[str, Any]) -> Mapping[str, float]:
    if entry.get("measure") == "coulomb_efficiency":
        return table.get("Coulomb efficiency", {})
    if "resolution" in entry:
        return {"absolute": entry["resolution"]}
    return table.get(entry.get("unit", ""), {})


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


def _row(fact: Fact, jobs: Jobs, interfaces: Mapping[str, InterfaceState]) -> FactRow:
    entry = fact.entry
    unit = entry.get("unit", "")
    value = entry["value"]
    paper = f"{value[0]:g} to {value[1]:g} {unit}" if isinstance(value, list) else f"{value} {unit}".strip()
    simulated = _simulated(fact, jobs, interfaces)
    difference, within = _verdict(fact, simulated)
    return FactRow(
        id=entry["id"],
        use=entry["use"],
        kind=entry["kind"],
        quantity=entry["quantity"],
        samples=", ".join(fact.samples),
        paper=paper,
        simulated=_words(fact, simulated),
        difference=difference,
        within=within,
        scored=entry["use"] == "fit" and within is not None,
    )


def _simulated(fact: Fact, jobs: Jobs, interfaces: Mapping[str, InterfaceState]) -> dict[str, Any]:
    """Sample (or pair) -> simulated value; samples or cycles that were not simulated are left out."""
    measure = fact.entry.get("measure")
    if measure is None:
        return {}
    entry, values = fact.entry, {}
    if entry["protocol"] == "process":
        return {name: MEASURES[measure](interfaces[name]) for name in fact.samples if name in interfaces}
    if "relations" in entry:
        wanted = {side: [side] for relation in entry["relations"] for side in _sides(relation)}
    elif measure == "interface_resistance_ratio":
        wanted = {"/".join(fact.samples): list(fact.samples)}
    else:
        wanted = {name: [name, *([entry["reference"]] if "reference" in entry else [])] for name in fact.samples}
    for label, involved in wanted.items():
        found = [jobs.get(_sample_and_run(name, entry["protocol"])) for name in involved]
        if any(job is None or job.cycling is None for job in found):
            continue
        value = MEASURES[measure](entry.get("cycle", 1), *found)
        if value is not None:
            values[label] = value
    return values


def _sample_and_run(name: str, run: str) -> tuple[str, str]:
    """'Z400' is a sample in the fact's own run, 'Z400@rate_test' one in another."""
    sample, _, other = name.partition("@")
    return sample, other or run


def _verdict(fact: Fact, simulated: Mapping[str, Any]) -> tuple[float, bool | None]:
    entry, nothing = fact.entry, (math.nan, None)
    numbers = {k: v for k, v in simulated.items() if isinstance(v, (int, float)) and math.isfinite(v)}
    if "relations" in entry:
        sides = [_sides(relation) for relation in entry["relations"]]
        if not all(a in numbers and b in numbers for a, b in sides):
            return nothing
        return min(numbers[a] - numbers[b] for a, b in sides), all(numbers[a] > numbers[b] for a, b in sides)
    if len(numbers) < (1 if entry.get("measure") == "interface_resistance_ratio" else len(fact.samples)):
        return nothing
    low, high = _allowed(fact)
    if low is None and high is None:
        return nothing
    misses = [
        max(0.0, (low - v) if low is not None else 0.0, (v - high) if high is not None else 0.0)
        for v in numbers.values()
    ]
    value = entry["value"]
    worst = max(numbers.values(), key=lambda v: abs(v - value)) if isinstance(value, (int, float)) else None
    difference = worst - value if worst is not None and isinstance(value, (int, float)) else max(misses)
    return difference, max(misses) <= 1e-12


def _allowed(fact: Fact) -> tuple[float | None, float | None]:
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


def _sides(relation: str) -> tuple[str, str]:
    match = _RELATION.fullmatch(relation)
    assert match is not None  # read_facts has checked it
    return match.group(1), match.group(2)


def _words(fact: Fact, simulated: Mapping[str, Any]) -> str:
    def one(value: Any) -> str:
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    alone = len(fact.samples) == 1 or fact.entry.get("measure") == "interface_resistance_ratio"
    if len(simulated) == 1 and alone:
        return one(next(iter(simulated.values())))
    return ", ".join(f"{name} {one(value)}" for name, value in simulated.items())


# -- measures of a run: (cycle, job, reference job) -> number, None when that cycle was not simulated -----------------


def _of_cycle(column: str) -> Callable[..., float | None]:
    def measure(cycle: int, job: JobResult, *_: JobResult) -> float | None:
        assert job.cycling is not None
        row = next((r for r in job.cycling.summaries if r.cycle == cycle), None)
        return None if row is None else float(getattr(row, column))

    return measure


_discharge = _of_cycle("discharge_capacity_mAh_per_g")


def _ratio_to_first(cycle: int, job: JobResult, *_: JobResult) -> float | None:
    first, last = _discharge(1, job), _discharge(cycle, job)
    return 100 * last / first if first and last is not None else None


def _fade_share(cycle: int, job: JobResult, *_: JobResult) -> float | None:
    assert job.cycling is not None
    last = job.cycling.summaries[-1].cycle if job.cycling.summaries else 0
    first, here, end = _discharge(1, job), _discharge(cycle, job), _discharge(last, job)
    if first is None or here is None or end is None or last <= cycle:
        return None
    return 100 * (first - here) / (first - end)


def _gain(cycle: int, job: JobResult, reference: JobResult) -> float | None:
    here, there = _discharge(cycle, job), _discharge(cycle, reference)
    return here - there if here is not None and there is not None else None


def _areal(cycle: int, job: JobResult, *_: JobResult) -> float | None:
    here = _discharge(cycle, job)
    return None if here is None else here * job.cell.design.active_mass_kg * 1e3 / (job.cell.design.area_m2 * 1e4)


def _resistance_ratio(cycle: int, job: JobResult, other: JobResult) -> float | None:
    column = _of_cycle("interface_resistance_ohm_cm2")
    here, there = column(cycle, job), column(cycle, other)
    return here / there if here is not None and there else None


def _oxidation_so_far(cycle: int, job: JobResult, *_: JobResult) -> float | None:
    assert job.cycling is not None
    rows = [r for r in job.cycling.summaries if r.cycle <= cycle]
    return sum(r.oxidation_charge_mAh_per_g for r in rows) if len(rows) >= cycle else None


def _relithiation_peak(cycle: int, job: JobResult, *_: JobResult) -> float | None:
    assert job.cycling is not None
    return relithiation_peak_V(job.cycling.trace, cycle)


def relithiation_peak_V(trace: CyclingTrace, cycle: int, below_V: float = 2.05) -> float | None:
    """Voltage of the largest dQ/dV maximum on discharge below `below_V`, on a 2 mV grid smoothed over 10 mV."""
    use = (trace.cycle == cycle) & (trace.current_A > 0)
    if use.sum() < 20:
        return None
    voltage, charge, bins = differential_capacity(trace, cycle, discharge=True)
    low = voltage < below_V
    if low.sum() < 20:
        return None
    v, q = voltage[low], bins[low]
    inner = np.flatnonzero((q[1:-1] > q[:-2]) & (q[1:-1] >= q[2:])) + 1
    del charge
    return float(v[inner[np.argmax(q[inner])]]) if inner.size else None


def differential_capacity(
    trace: CyclingTrace, cycle: int, discharge: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voltage grid (2 mV), charge in mAh/g passed at it, and |dQ/dV| in mAh/g/V of one half-cycle."""
    use = (trace.cycle == cycle) & ((trace.current_A > 0) if discharge else (trace.current_A < 0))
    t, v, i = trace.time_s[use], trace.voltage_V[use], np.abs(trace.current_A[use])
    if t.size < 3 or np.ptp(v) < 0.01:  # fewer bins than the smoothing takes
        return np.zeros(0), np.zeros(0), np.zeros(0)
    mass_g = (trace.active_mass_kg or 1e-3) * 1e3
    charge = np.concatenate([[0.0], np.cumsum((i[1:] + i[:-1]) / 2 * np.diff(t))]) / 3.6 / mass_g
    order = np.argsort(v, kind="stable")
    grid = np.arange(v.min(), v.max(), 0.002)
    at = np.interp(grid, v[order], charge[order])
    slope = np.abs(np.gradient(at, grid))
    kernel = np.ones(5) / 5
    return grid, at, np.convolve(slope, kernel, mode="same")


RUN_MEASURES: dict[str, Callable[..., Any]] = {
    "discharge_capacity": _discharge,
    "charge_capacity": _of_cycle("charge_capacity_mAh_per_g"),
    "coulomb_efficiency": _of_cycle("coulomb_efficiency_percent"),
    "ratio_to_first": _ratio_to_first,
    "fade_share": _fade_share,
    "discharge_gain": _gain,
    "areal_discharge_capacity": _areal,
    "interface_resistance_ratio": _resistance_ratio,
    "oxidation_charge": _oxidation_so_far,
    "relithiation_peak": _relithiation_peak,
}


# -- measures of a recipe -------------------------------------------------------------------------------------------


def _nanometres(name: str) -> Callable[[InterfaceState], float]:
    return lambda interface: 1e9 * float(getattr(interface, name))


PROCESS_MEASURES: dict[str, Callable[[InterfaceState], Any]] = {
    "crystallite_size": _nanometres("crystallite_size_m"),
    "rocksalt_thickness": _nanometres("rocksalt_thickness_m"),
    "nominal_thickness": _nanometres("nominal_thickness_m"),
    "coating_thickness": _nanometres("coating_thickness_m"),
    "phase": lambda interface: interface.phase,
    "cation_depth": lambda interface: 1e9 * detection_depth_m(interface.cation_diffusion_length_m, DETECTABLE_FRACTION),
}

MEASURES = RUN_MEASURES | PROCESS_MEASURES
