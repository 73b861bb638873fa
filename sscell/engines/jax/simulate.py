"""One cell through a protocol, with its trace and the state after every cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sscell.cell import Cell, fresh_state
from sscell.engines.jax.alone import Alone
from sscell.engines.jax.cathode import Cathode
from sscell.engines.jax.compiled import equations_of
from sscell.engines.jax.equations import Equations, State
from sscell.engines.jax.lanes import lanes_from_states, lanes_of, states_from_lanes
from sscell.engines.jax.problems import numbered
from sscell.engines.jax.program import program_from
from sscell.engines.jax.tally import Tally, current_at_end, cycle_of_steps, numbers_of_lane, trace_columns
from sscell.engines.mesh import FAST_MESH, FAST_TOLERANCE, Mesh
from sscell.engines.result import CycleSummary, SimulationResult, ended_at_once, stopped
from sscell.engines.state import state_on
from sscell.protocol import Protocol
from sscell.records import CellState, CyclingTrace


def simulate(
    cell: Cell,
    protocol: Protocol,
    *,
    state: CellState | None = None,
    mesh: Mesh = FAST_MESH,
    tolerance: float = FAST_TOLERANCE,
) -> SimulationResult:
    """Run the protocol from `state` (None: fresh); see `SimulationResult`."""
    equations, numbers = equations_of(cell.structure, mesh), lanes_of([cell])
    fresh = fresh_state(cell, mesh.edges)
    start = fresh if state is None else state_on(state, fresh.profiles, mesh.edges)
    y = lanes_from_states(equations, [start], numbers)
    run = Alone(cell.structure, mesh, numbers, protocol, y, start.time_s, tolerance)
    program = run.program
    tally = Tally(protocol, program, 1)
    before = {"charge_C": float(y.series[1, 0]), "oxidised": float(oxidised(equations, y)[0])}
    records: list[np.ndarray] = []
    states: list[CellState] = []
    for last in tally.cycle_starts[1:]:
        for record in run.until(int(last))[0]:
            records.append(record)
            tally.add(record, numbers["one_C_A"])
        now = State(*map(np.asarray, run.y))
        final = states_from_lanes(equations, mesh.edges, now, numbers, run.clock.time_s)[0]
        final = replace(final, current_A=current_at_end(records[-1], program, numbers))
        if run.stopped:
            break
        states.append(final)
    table = tally.summary(0, numbers_of_lane(numbers, 0), cell.structure, before)
    rows = zip(*(table[name].tolist() for name in CycleSummary._fields), strict=True)
    trace = trace_of(cell, protocol, records)
    return SimulationResult(
        summaries=tuple(CycleSummary(*row) for row in rows),
        trace=trace,
        states=tuple(states),
        final_state=final,
        complete=len(states) == len(protocol),
        message=stopped(*run.stopped, float(trace.voltage_V[-1]), final) if run.stopped else "",
        notes=tuple(ended_at_once(*numbered(protocol)[k][::2]) for k in tally.ended_at_once(0)),
    )


def oxidised(equations: Equations, y: State) -> Any:
    """Mean charge oxidised per area of CAM, (lanes,)."""
    if not isinstance(equations.positive, Cathode):
        return np.zeros(np.shape(y.series)[-1])
    return np.diff(equations.positive.edges) @ np.asarray(equations.positive.parts(y.positive).oxidised)


def trace_of(cell: Cell, protocol: Protocol, records: Sequence[np.ndarray]) -> CyclingTrace:
    """The trace of what passes recorded of a cell, each (passes, fields of Row, 1); empty without records."""
    columns: tuple[np.ndarray, ...] = (np.zeros(0),) * 4
    if records:
        columns = trace_columns(records, 0, program_from(protocol), cell.design.one_C_A, cycle_of_steps(protocol))
    return CyclingTrace(
        time_s=columns[0],
        current_A=columns[1],
        voltage_V=columns[2],
        cycle=columns[3].astype(int),
        active_mass_kg=cell.design.active_mass_kg or None,
        provenance={"source": "simulated", "engine": "jax"},
    )
