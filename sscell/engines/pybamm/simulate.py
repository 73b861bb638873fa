"""Running a protocol on the reference engine: one IDAKLU solve a step, cycle by cycle."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pybamm

from sscell.cell import Cell, CellStructure, fresh_state
from sscell.engines.limits import (
    EMPTY_V,
    HIGHEST_V,
    LONGEST_HOLD_S,
    LOWEST_V,
    OVERCHARGED_V,
    PATIENCE,
    theoretical_charge_C,
)
from sscell.engines.mesh import CYCLING_MESH, Mesh
from sscell.engines.pybamm.compiled import CompiledCell, Control, compiled_cell
from sscell.engines.result import CycleSummary, SimulationResult, ended_at_once, stopped
from sscell.protocol import Protocol, Step
from sscell.records import CellState, CyclingTrace

RTOL, ATOL = 1e-6, 1e-6
OUTPUTS = ("Voltage [V]",)


class StepRun(NamedTuple):
    """One step as it ran: times from its start, current and voltage along it, the last state vector.

    problem: why the run cannot go on ('' if it can); at_once: whether its limit was passed when it began.
    """

    time_s: np.ndarray
    current_A: np.ndarray
    voltage_V: np.ndarray
    y: np.ndarray
    problem: str = ""
    at_once: bool = False


@dataclass
class Recorder:
    """What a run has gathered so far."""

    active_mass_kg: float
    rows: list[CycleSummary] = field(default_factory=list)
    states: list[CellState] = field(default_factory=list)
    pieces: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, started_s: float, run: StepRun, cycle: int) -> None:
        """Append a step to the trace."""
        self.pieces.append((started_s + run.time_s, run.current_A, run.voltage_V, np.full(run.time_s.size, cycle)))

    def trace(self) -> CyclingTrace:
        """All steps so far as one record."""
        columns = [np.concatenate(c) for c in zip(*self.pieces, strict=True)] if self.pieces else [np.zeros(0)] * 4
        return CyclingTrace(
            time_s=columns[0],
            current_A=columns[1],
            voltage_V=columns[2],
            cycle=columns[3].astype(int),
            active_mass_kg=self.active_mass_kg or None,
            provenance={"source": "simulated", "engine": "pybamm"},
        )


def simulate(
    cell: Cell,
    protocol: Protocol,
    *,
    state: CellState | None = None,
    mesh: Mesh = CYCLING_MESH,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> SimulationResult:
    """Run the protocol from `state` (None: fresh); see `SimulationResult`."""
    compiled = compiled_cell(cell.structure, mesh)
    solver = _solver(cell.structure, mesh, rtol, atol)
    now = compiled.on_mesh(state if state is not None else fresh_state(cell, compiled.edges))
    recorder = Recorder(cell.design.active_mass_kg)
    for number, steps in enumerate(protocol.cycles, start=1):
        runs: list[StepRun] = []
        before = now
        for position, step in enumerate(steps, start=1):
            run = _run_step(cell, compiled, solver, step, now)
            started_s, now = now.time_s, compiled.state_from(run.y, now.time_s + float(run.time_s[-1]))
            recorder.add(started_s, run, number)
            runs.append(run)
            if run.problem:
                message = stopped(number, position, step, run.problem, float(run.voltage_V[-1]), now)
                return _result(recorder, now, complete=False, message=message)
            if run.at_once:
                recorder.notes.append(ended_at_once(number, step))
        recorder.rows.append(_summary(cell, number, runs, before, now))
        recorder.states.append(now)
    return _result(recorder, now)


def _result(recorder: Recorder, final: CellState, complete: bool = True, message: str = "") -> SimulationResult:
    return SimulationResult(
        summaries=tuple(recorder.rows),
        trace=recorder.trace(),
        states=tuple(recorder.states),
        final_state=final,
        complete=complete,
        message=message,
        notes=tuple(recorder.notes),
    )


@functools.lru_cache(maxsize=16)
def _solver(structure: CellStructure, mesh: Mesh, rtol: float, atol: float) -> pybamm.IDAKLUSolver:
    """One solver a compiled cell; IDAKLU ties itself to a model."""
    # The current's own equation is left out of the error test: at tight tolerance its jump at a step's start fails it.
    # A failure is not raised, so that what was solved before it is kept.
    return pybamm.IDAKLUSolver(rtol=rtol, atol=atol, on_failure="ignore", options={"suppress_algebraic_error": True})


def _run_step(cell: Cell, compiled: CompiledCell, solver: pybamm.IDAKLUSolver, step: Step, state: CellState) -> StepRun:
    control, duration_s = _control(cell, step)
    inputs = compiled.inputs(cell.numbers, control)
    y0 = compiled.y_from(state, control.current_A)
    if control.hold_voltage:
        y0[compiled.current_index] = _holding_current(compiled, y0, inputs, control.voltage_V)
    voltage_V = float(compiled.evaluate(OUTPUTS, y0, inputs)[0, 0])
    current_A = float(y0[compiled.current_index])
    here = StepRun(np.zeros(1), np.array([current_A]), np.array([voltage_V]), y0)
    if not control.lowest_V < voltage_V < control.highest_V or abs(current_A) <= control.cut_off_A:
        if step.until_voltage_V is None and not control.hold_voltage:
            return here._replace(problem=_run_away(control, 0.0))
        return here._replace(at_once=True)
    try:
        solution = solver.solve(
            compiled.model, np.array([0.0, duration_s]), inputs={**inputs, **compiled.initial(state)}
        )
    except pybamm.SolverError as error:
        return here._replace(problem=f"the solver failed ({' '.join(str(error).split())[:120]})")
    y = solution.y
    v = compiled.evaluate(OUTPUTS, y, inputs)[0]
    # Copies: a view would keep every state of every step in memory.
    run = StepRun(np.array(solution.t), y[compiled.current_index].copy(), v, y[:, -1].copy())
    return run._replace(problem=_problem(step, control, solution.termination, run))


def _problem(step: Step, control: Control, termination: str, run: StepRun) -> str:
    """Why a step that was solved does not count as done; '' if it does."""
    hours, last_V = run.time_s[-1] / 3600, run.voltage_V[-1]
    unlimited = step.until_voltage_V is None and not control.hold_voltage
    if termination == "failure":
        if unlimited and (last_V < EMPTY_V if control.current_A > 0 else last_V > OVERCHARGED_V):
            return _run_away(control, hours)
        return f"the solver failed after {hours:.2f} h of the step"
    if not np.isfinite(run.voltage_V).all():
        return f"the solution is not finite after {hours:.2f} h of the step"
    if termination.startswith("event") and unlimited:
        return _run_away(control, hours)
    if step.duration_s is None and termination == "final time":
        return f"no limit was reached within {hours:.0f} h"
    return ""


def _run_away(control: Control, hours: float) -> str:
    """A step without a limit of its own has come to the engine's."""
    state, limit = ("emptied", "1.35") if control.current_A > 0 else ("overcharged", "2.75")
    return f"the cell was {state} after {hours:.2f} h of the step; add a limit, such as 'or until {limit} V'"


def _control(cell: Cell, step: Step) -> tuple[Control, float]:
    one_C_A = cell.design.one_C_A
    if step.current is None:
        assert step.voltage_V is not None
        cut_off = step.until_current.ampere(one_C_A) if step.until_current is not None else -1.0
        longest = step.duration_s if step.duration_s is not None else LONGEST_HOLD_S
        return Control(hold_voltage=True, voltage_V=step.voltage_V, cut_off_A=cut_off), longest
    current = step.current.ampere(one_C_A)
    limit = step.until_voltage_V
    control = Control(
        current_A=current,
        lowest_V=limit if limit is not None and current > 0 else LOWEST_V,
        highest_V=limit if limit is not None and current < 0 else HIGHEST_V,
    )
    if step.duration_s is not None:
        return control, step.duration_s
    return control, PATIENCE * theoretical_charge_C(cell.design) / abs(current)


def _holding_current(compiled: CompiledCell, y: np.ndarray, inputs: dict, voltage_V: float) -> float:
    """The current at which the voltage is `voltage_V` now; the voltage is linear in it at a given state."""
    trial = np.stack([y, y], axis=1)
    trial[compiled.current_index] = [0.0, 1.0]
    at_zero, at_one = compiled.evaluate(OUTPUTS, trial, inputs)[0]
    return float((voltage_V - at_zero) / (at_one - at_zero))


def _summary(cell: Cell, number: int, runs: list[StepRun], before: CellState, after: CellState) -> CycleSummary:
    per_gram = 1 / (3.6e3 * cell.design.active_mass_kg) if cell.design.active_mass_kg else math.nan
    charge = discharge = charge_energy = discharge_energy = 0.0
    for run in runs:
        dt = np.diff(run.time_s)
        current = (run.current_A[1:] + run.current_A[:-1]) / 2
        power = (run.current_A[1:] * run.voltage_V[1:] + run.current_A[:-1] * run.voltage_V[:-1]) / 2
        charge -= float(np.sum(np.minimum(current, 0) * dt))
        discharge += float(np.sum(np.maximum(current, 0) * dt))
        charge_energy -= float(np.sum(np.where(current < 0, power, 0) * dt))
        discharge_energy += float(np.sum(np.where(current > 0, power, 0) * dt))
    has_cathode = "decomposition_m" in after.profiles
    oxidised = after.mean("oxidation_charge_C") - before.mean("oxidation_charge_C") if has_cathode else math.nan
    return CycleSummary(
        cycle=number,
        charge_capacity_mAh_per_g=charge * per_gram,
        discharge_capacity_mAh_per_g=discharge * per_gram,
        coulomb_efficiency_percent=100 * discharge / charge if charge > 0 else math.nan,
        charge_mean_voltage_V=charge_energy / charge if charge > 0 else math.nan,
        discharge_mean_voltage_V=discharge_energy / discharge if discharge > 0 else math.nan,
        end_voltage_V=float(runs[-1].voltage_V[-1]),
        duration_h=(after.time_s - before.time_s) / 3600,
        oxidation_charge_mAh_per_g=oxidised * per_gram,
        decomposition_thickness_nm=1e9 * after.mean("decomposition_m") if has_cathode else math.nan,
        active_fraction=after.mean("active_fraction") if has_cathode else math.nan,
        interface_resistance_ohm_cm2=1e4 * cell.interface_resistance_ohm_m2(after) if has_cathode else math.nan,
    )
