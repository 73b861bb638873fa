"""How a simulated value is taken from a run or from a recipe; facts files name these measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sscell.interface import InterfaceState
from sscell.interface.zirconium import detection_depth_m
from sscell.study.differential import relithiation_peak_V
from sscell.study.jobs import JobResult

DETECTABLE_FRACTION = 0.01  # of the surface concentration; about the limit of STEM-EDS


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
