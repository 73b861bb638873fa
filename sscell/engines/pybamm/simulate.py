"""Running a protocol on the reference engine: one IDAKLU solve a step, cycle by cycle."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pybamm

from sscell.cell import Cell, CellStructure, fresh_state
from sscell.engines.mesh import CYCLING_MESH, Mesh
from sscell.engines.pybamm.compiled import NO_LIMIT_V, CompiledCell, Control, compiled_cell
from sscell.engines.result import CycleSummary, SimulationResult
from sscell.protocol import Protocol, Step
from sscell.records import CellState, CyclingTrace

RTOL, ATOL = 1e-6, 1e-6
# A step without a time limit may last this many times the time to pass the full theoretical capacity.
PATIENCE = 1.5
OUTPUTS = ("Voltage [V]",)


class StepRun(NamedTuple):
    """One step as it ran: times from its start, current and voltage along it, the last state vector."""

    time_s: np.ndarray
    current_A: np.ndarray
    voltage_V: np.ndarray
    y: np.ndarray
    problem: str


@dataclass
class Recorder:
    """What a run has gathered so far."""

    active_mass_kg: float
    rows: list[CycleSummary] = field(default_factory=list)
    states: list[CellState] = field(default_factory=list)
    pieces: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def trace(self) -> CyclingTrace:
        """All finished steps as one record."""
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
    """Run the protocol from `state` (None: the cell's own, else fresh); see `SimulationResult`."""
    compiled = compiled_cell(cell.structure, mesh)
    solver = _solver(cell.structure, mesh, rtol, atol)
    start = state if state is not None else cell.state
    now = (start if start is not None else fresh_state(cell, compiled.edges)).on(compiled.edges)
    recorder = Recorder(cell.design.active_mass_kg)
    for number, steps in enumerate(protocol.cycles, start=1):
        runs: list[tuple[Step, StepRun]] = []
        before = now
        for position, step in enumerate(steps, start=1):
            run = _run_step(cell, compiled, solver, step, now)
            if run.problem:
                message = (
                    f"The run stopped in cycle {number}, step {position} ('{step.text}'): {run.problem}; the cell was "
                    f"at {run.voltage_V[-1]:.3f} V{_where(now)}. Cycles 1 to {number - 1} are kept."
                )
                return _result(recorder, before, complete=False, message=message)
            if run.time_s.size == 1 and not step.is_rest:
                recorder.notes.append(f"cycle {number}: '{step.text}' ended at once, its limit was already passed")
            runs.append((step, run))
            now = compiled.state_from(run.y, now.time_s + float(run.time_s[-1]))
        elapsed = before.time_s
        for _, run in runs:
            t = elapsed + run.time_s
            recorder.pieces.append((t, run.current_A, run.voltage_V, np.full(t.size, number)))
            elapsed = float(t[-1])
        recorder.rows.append(_summary(cell, number, [run for _, run in runs], before, now))
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
    return pybamm.IDAKLUSolver(rtol=rtol, atol=atol, options={"suppress_algebraic_error": True})


def _run_step(cell: Cell, compiled: CompiledCell, solver: pybamm.IDAKLUSolver, step: Step, state: CellState) -> StepRun:
    control, duration_s = _control(cell, step)
    inputs = compiled.inputs(cell.numbers, state, control)
    y0 = compiled.y_from(state, control.current_A)
    if control.hold_voltage:
        y0[compiled.current_index] = _holding_current(compiled, y0, inputs, control.voltage_V)
    voltage = float(compiled.evaluate(OUTPUTS, y0, inputs)[0, 0])
    if not control.lowest_V < voltage < control.highest_V:
        here = np.array([voltage])
        return StepRun(np.zeros(1), np.array([y0[compiled.current_index]]), here, y0, "")
    try:
        solution = solver.solve(compiled.model, np.array([0.0, duration_s]), inputs=inputs)
    except pybamm.SolverError as error:
        reason = " ".join(str(error).split())[:200]
        return StepRun(
            np.zeros(1),
            y0[compiled.current_index : compiled.current_index + 1],
            np.array([voltage]),
            y0,
            f"the solver failed ({reason})",
        )
    y = solution.y
    v = compiled.evaluate(OUTPUTS, y, inputs)[0]
    problem = ""
    if step.duration_s is None and solution.termination == "final time":
        problem = f"no limit was reached within {duration_s / 3600:.0f} h"
    if not np.isfinite(v).all():
        problem = "the solution is not finite"
    # Copies: a view would keep every state of every step in memory.
    return StepRun(np.array(solution.t), y[compiled.current_index].copy(), v, y[:, -1].copy(), problem)


def _control(cell: Cell, step: Step) -> tuple[Control, float]:
    one_C_A = cell.design.one_C_A
    if step.current is None:
        assert step.voltage_V is not None
        cut_off = step.until_current.ampere(one_C_A) if step.until_current is not None else -1.0
        longest = step.duration_s if step.duration_s is not None else 200 * 3600.0
        return Control(hold_voltage=True, voltage_V=step.voltage_V, cut_off_A=cut_off), longest
    current = step.current.ampere(one_C_A)
    limit = step.until_voltage_V
    control = Control(
        current_A=current,
        lowest_V=limit if limit is not None and current > 0 else -NO_LIMIT_V,
        highest_V=limit if limit is not None and current < 0 else NO_LIMIT_V,
    )
    if step.duration_s is not None:
        return control, step.duration_s
    return control, PATIENCE * _theoretical_charge_C(cell) / abs(current)


def _theoretical_charge_C(cell: Cell) -> float:
    from sscell.cell import CompositeCathode

    positive = cell.design.positive
    if not isinstance(positive, CompositeCathode):
        return 3600.0
    return cell.design.active_mass_kg * positive.material.theoretical_capacity_Ah_per_kg * 3600.0


def _holding_current(compiled: CompiledCell, y: np.ndarray, inputs: dict, voltage_V: float) -> float:
    """The current at which the voltage is `voltage_V` now; the voltage is linear in it at a given state."""
    trial = np.stack([y, y], axis=1)
    trial[compiled.current_index] = [0.0, 1.0]
    at_zero, at_one = compiled.evaluate(OUTPUTS, trial, inputs)[0]
    return float((voltage_V - at_zero) / (at_one - at_zero))


def _where(state: CellState) -> str:
    if "stoichiometry" not in state.profiles:
        return ""
    return (
        f", mean lithium content {state.mean('stoichiometry'):.3f}, {1e9 * state.mean('decomposition_m'):.1f} nm of "
        f"decomposition layer, at {state.time_s / 3600:.2f} h"
    )


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
