"""The tables of a study: a row a sample, a row a cycle, a row a spectrum point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sscell.engines.result import CycleSummary
from sscell.protocol import Step
from sscell.records import Spectrum
from sscell.study.arc import arc_widths_ohm_cm2
from sscell.study.jobs import JobResult
from sscell.study.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


def summary_table(scenario: Scenario, jobs: Sequence[JobResult], quick: bool = False) -> pd.DataFrame:
    """A row a sample; NaN where the scenario did not ask for the figure.

    Rates are read off the protocols, not off names: 0.1C and 1C figures come from the pellet run that has both, the
    0.5C and 200-cycle ones from the pellet run whose first cycle is at 0.5C. `interface_resistance_*`:
    (ΣR_k + R_ct at x = 0.5)/(aLθ); `arc_width_*`: what a circuit fit of the simulated spectrum reads; aged: after
    the longest run of the sample, named by `aged_after`.
    """
    import pandas as pd

    rows = [_summary_row(scenario, name, [j for j in jobs if j.sample == name], quick) for name in scenario.samples]
    _fill_in_arc_widths(rows)
    return pd.DataFrame(rows)


def cycles_table(jobs: Sequence[JobResult]) -> pd.DataFrame:
    """A row a finished cycle of every sample and run."""
    import pandas as pd

    rows = [(j.sample, j.run, *r) for j in jobs if j.cycling is not None for r in j.cycling.summaries]
    return pd.DataFrame(rows, columns=["sample", "run", *CycleSummary._fields])


def spectra_table(jobs: Sequence[JobResult]) -> pd.DataFrame:
    """A row a frequency of every spectrum: impedance and its parts in ohm cm² of pellet."""
    import pandas as pd

    pieces = []
    for job in jobs:
        for labelled in job.spectra:
            area_cm2 = job.cell.design.area_m2 * 1e4
            budget = labelled.budget
            columns: dict[str, Any] = {
                "sample": job.sample,
                "run": job.run,
                "state": labelled.label,
                "after_cycle": labelled.after_cycle,
                "frequency_Hz": budget.frequency_Hz,
                "impedance_real_ohm_cm2": budget.impedance_ohm.real * area_cm2,
                "impedance_imag_ohm_cm2": budget.impedance_ohm.imag * area_cm2,
            }
            for part, z in budget.parts.items():
                key = part.replace(" ", "_")
                columns[f"{key}_real_ohm_cm2"] = z.real * area_cm2
                columns[f"{key}_imag_ohm_cm2"] = z.imag * area_cm2
            pieces.append(pd.DataFrame(columns))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()


def _summary_row(scenario: Scenario, name: str, jobs: Sequence[JobResult], quick: bool) -> dict[str, Any]:
    pellet = [j for j in jobs if scenario.runs[j.run].cell == "pellet" and j.cycling is not None]
    tenth = _first_with(scenario, pellet, 0.1, quick)
    half = _first_with(scenario, pellet, 0.5, quick)
    first = _row(tenth, 1)
    one_C = _row(tenth, _last_cycle_at(scenario, tenth, 1.0, quick))
    half_first, half_200 = _row(half, 1), _row(half, 200)
    aged = max(pellet, key=lambda j: len(j.cycling.states) if j.cycling else 0, default=None)
    spectra = {s.label: s for s in aged.spectra} if aged is not None else {}
    done = len(aged.cycling.states) if aged is not None and aged.cycling else 0
    aged_after = f"{aged.run}, {done} cycle{'s' * (done != 1)}" if aged is not None and done else ""
    last = aged.cycling.summaries[-1] if aged is not None and aged.cycling and aged.cycling.summaries else None
    liquid = next((j for j in jobs if scenario.runs[j.run].cell == "liquid_half_cell" and j.cycling is not None), None)
    return {
        "sample": name,
        "first_charge_mAh_per_g": _value(first, "charge_capacity_mAh_per_g"),
        "first_discharge_mAh_per_g": _value(first, "discharge_capacity_mAh_per_g"),
        "first_coulomb_efficiency_percent": _value(first, "coulomb_efficiency_percent"),
        "discharge_1C_mAh_per_g": _value(one_C, "discharge_capacity_mAh_per_g"),
        "ratio_1C_percent": _percent(one_C, first),
        "discharge_05C_first_mAh_per_g": _value(half_first, "discharge_capacity_mAh_per_g"),
        "retention_200_percent": _percent(half_200, half_first),
        "interface_resistance_fresh_ohm_cm2": (
            1e4 * aged.cell.interface_resistance_ohm_m2() if aged is not None else math.nan
        ),
        "interface_resistance_aged_ohm_cm2": _value(last, "interface_resistance_ohm_cm2"),
        "arc_width_fresh_ohm_cm2": spectra["fresh"].budget.spectrum if "fresh" in spectra else math.nan,
        "arc_width_aged_ohm_cm2": spectra["aged"].budget.spectrum if "aged" in spectra else math.nan,
        "aged_after": aged_after,
        "liquid_first_charge_mAh_per_g": _value(_row(liquid, 1), "charge_capacity_mAh_per_g"),
        "liquid_first_discharge_mAh_per_g": _value(_row(liquid, 1), "discharge_capacity_mAh_per_g"),
        "coating_thickness_nm": _interface_nm(jobs, "coating_thickness_m"),
        "rocksalt_thickness_nm": _interface_nm(jobs, "rocksalt_thickness_m"),
        "passivation": _interface(jobs, "passivation"),
        "inactive_fraction": _interface(jobs, "inactive_fraction"),
    }


def _fill_in_arc_widths(rows: Sequence[dict[str, Any]]) -> None:
    """Put the width of its arcs in the place of each spectrum; all are fitted at once."""
    places = [(row, key) for row in rows for key, value in row.items() if isinstance(value, Spectrum)]
    widths = arc_widths_ohm_cm2([row[key] for row, key in places])
    for (row, key), width in zip(places, widths, strict=True):
        row[key] = width


def _rate(steps: Sequence[Step]) -> float | None:
    """The C-rate of a cycle's discharge."""
    rates = [s.current.value for s in steps if s.current is not None and s.current.unit == "C" and s.current.value > 0]
    return rates[-1] if rates else None


def _first_with(scenario: Scenario, jobs: Sequence[JobResult], rate: float, quick: bool) -> JobResult | None:
    """The job whose first cycle is at `rate`, the longest if there are several."""
    fitting = [j for j in jobs if _rate(scenario.runs[j.run].plan(quick).cycles[0]) == rate]
    return max(fitting, key=lambda j: len(scenario.runs[j.run].plan(quick)), default=None)


def _last_cycle_at(scenario: Scenario, job: JobResult | None, rate: float, quick: bool) -> int:
    """The last cycle of a job at `rate`; 0 if there is none."""
    if job is None:
        return 0
    cycles = scenario.runs[job.run].plan(quick).cycles
    return max((k for k, steps in enumerate(cycles, start=1) if _rate(steps) == rate), default=0)


def _row(job: JobResult | None, cycle: int) -> CycleSummary | None:
    if job is None or job.cycling is None:
        return None
    return next((r for r in job.cycling.summaries if r.cycle == cycle), None)


def _value(row: CycleSummary | None, column: str) -> float:
    return float(getattr(row, column)) if row is not None else math.nan


def _percent(row: CycleSummary | None, first: CycleSummary | None) -> float:
    if row is None or first is None or first.discharge_capacity_mAh_per_g <= 0:
        return math.nan
    return 100 * row.discharge_capacity_mAh_per_g / first.discharge_capacity_mAh_per_g


def _interface(jobs: Sequence[JobResult], name: str) -> float:
    return float(getattr(jobs[0].cell.interface, name)) if jobs and jobs[0].cell.interface is not None else math.nan


def _interface_nm(jobs: Sequence[JobResult], name: str) -> float:
    return 1e9 * _interface(jobs, name)
