"""Measured cycling as data: voltage curves of half-cycles, and capacities and Coulomb efficiencies cycle by cycle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from sscell.data import read_cycling
from sscell.errors import require
from sscell.records import CyclingTrace
from sscell.study.calibrate.evidence import Datum, Picture, measured
from sscell.study.calibrate.schema import CurveSpec, CyclesSpec, Study
from sscell.study.differential import half_cycle
from sscell.study.measures import RUN_MEASURES


def data_from_curves(study: Study, folder: Path) -> list[Datum]:
    """The voltage curves that a study names; files lie in `folder`."""
    for spec in study.curves:
        _check_planned(f"Curve '{spec.file}'", spec.run, spec.cycle, study)
    return [curve_datum(spec, _record(spec.file, spec.active_mass_mg, folder)) for spec in study.curves]


def data_from_cycles(study: Study, folder: Path) -> list[Datum]:
    """The capacities and efficiencies that a study names, a datum a cycle."""
    found = []
    for spec in study.cycles:
        table = _cycles_table(_record(spec.file, spec.active_mass_mg, folder))
        planned = len(study.runs[spec.run].plan())
        for cycle in [k for k in table if k <= planned] if spec.cycles is None else spec.cycles:
            _check_planned(f"Cycles '{spec.file}'", spec.run, cycle, study)
            require(
                cycle in table, f"Cycles '{spec.file}': cycle {cycle} is not in the file, or has but one direction."
            )
            found.append(cycle_datum(spec, cycle, table[cycle]))
    return found


def curve_datum(spec: CurveSpec, trace: CyclingTrace) -> Datum:
    """A half-cycle: the voltage at equal shares of the charge it passed, and that charge.

    Each curve is read at shares of its own charge, so that both are there at every one of them, whatever they pass.
    """
    of_cycle = spec.cycle if spec.of_cycle is None else spec.of_cycle
    charge, voltage, _ = half_cycle(trace, of_cycle, spec.direction == "discharge")
    require(
        charge.size >= 3 and charge[-1] > 0,
        f"Curve '{spec.file}': there is no {spec.direction} in its cycle {of_cycle}; name a cycle that has one.",
    )
    key, shares = (spec.sample, spec.run), (np.arange(spec.points) + 0.5) / spec.points
    target = np.append(np.interp(shares, charge / charge[-1], voltage), charge[-1])
    error = np.append(np.full(spec.points, 1e-3 * spec.error_mV), 1e-2 * spec.error_percent * charge[-1])

    def observe(picture: Picture) -> np.ndarray:
        cycling = picture.jobs[key].cycling
        assert cycling is not None
        q, v, _ = half_cycle(cycling.trace, spec.cycle, spec.direction == "discharge")
        if q.size < 2 or q[-1] <= 0:
            return np.full(spec.points + 1, np.nan)
        return np.append(np.interp(shares, q / q[-1], v), q[-1])

    return Datum(
        name=f"{spec.direction} curve of {spec.sample} in {spec.run}, cycle {spec.cycle}",
        samples=(spec.sample,),
        cells=(key,),
        cycles=spec.cycle,
        traced=spec.cycle,
        observe=observe,
        judge=measured(target, error),
        counts=target.size,
    )


def cycle_datum(spec: CyclesSpec, cycle: int, row: dict[str, float]) -> Datum:
    """One quantity of one cycle."""
    key, measure, target = (spec.sample, spec.run), RUN_MEASURES[spec.quantity], row[spec.quantity]

    def observe(picture: Picture) -> np.ndarray:
        value = measure(cycle, picture.jobs[key])
        return np.array([np.nan if value is None else value])

    return Datum(
        name=f"{spec.quantity} of {spec.sample} in {spec.run}, cycle {cycle}",
        samples=(spec.sample,),
        cells=(key,),
        cycles=cycle,
        observe=observe,
        judge=measured(np.array([target]), np.array([spec.error])),
        words=f"{target:.4g}",
    )


def _check_planned(named: str, run: str, cycle: int, study: Study) -> None:
    planned = len(study.runs[run].plan())
    require(cycle <= planned, f"{named}: run '{run}' has {planned} cycles, got cycle {cycle}.")


def _record(file: str, active_mass_mg: float | None, folder: Path) -> CyclingTrace:
    trace = read_cycling(folder / file)
    require(bool(np.any(trace.cycle > 0)), f"Cycling '{file}' does not say where its cycles begin; number them first.")
    if active_mass_mg is not None:
        trace = replace(trace, active_mass_kg=active_mass_mg * 1e-6)
    require(
        trace.active_mass_kg is not None,
        f"Cycling '{file}' does not say how much CAM the cell has; give active_mass_mg beside it.",
    )
    return trace


def _cycles_table(trace: CyclingTrace) -> dict[int, dict[str, float]]:
    """By cycle that has a charge and a discharge: what `CyclesSpec.quantity` names."""
    table = {}
    for cycle in np.unique(trace.cycle[trace.cycle > 0]).tolist():
        charge, discharge = (half_cycle(trace, cycle, side)[0] for side in (False, True))
        if charge.size > 1 and discharge.size > 1 and charge[-1] > 0:
            table[cycle] = {
                "charge_capacity": float(charge[-1]),
                "discharge_capacity": float(discharge[-1]),
                "coulomb_efficiency": float(100 * discharge[-1] / charge[-1]),
            }
    return table
