"""Impedance of the very same model, linearised about any state after a rest, and its budget."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sscell.cell import Cell, fresh_state
from sscell.engines.budget import ImpedanceBudget
from sscell.engines.mesh import CYCLING_MESH, IMPEDANCE_MESH, Mesh
from sscell.engines.pybamm.compiled import compiled_cell
from sscell.engines.pybamm.linearise import Linearised, linearised
from sscell.engines.pybamm.parts import budget_parts
from sscell.engines.pybamm.response import response
from sscell.engines.pybamm.simulate import simulate
from sscell.errors import SscellError
from sscell.protocol import Current, Protocol, Step
from sscell.records import CellState, Spectrum


class Rested(NamedTuple):
    """A state after its rest, and what is left of its drift."""

    state: CellState
    drift_V_per_h: float


def impedance(
    cell: Cell, frequency_Hz: np.ndarray, state: CellState | None, rest_h: float, mesh: Mesh = IMPEDANCE_MESH
) -> Spectrum:
    """Spectrum at a state after a rest; rest, voltage and drift travel in `Spectrum.state`."""
    rest = rested(cell, state, rest_h, mesh)
    linear = linearised(cell, rest.state, mesh)
    z, _ = response(linear, cell.structure, mesh, frequency_Hz, every_unknown=False)
    return _spectrum(cell, frequency_Hz, z + lead_impedance(cell, frequency_Hz), linear, rest, rest_h)


def impedance_budget(
    cell: Cell, frequency_Hz: np.ndarray, state: CellState | None, rest_h: float, mesh: Mesh = IMPEDANCE_MESH
) -> ImpedanceBudget:
    """The same impedance with its parts, by Tellegen's theorem on the discrete network."""
    rest = rested(cell, state, rest_h, mesh)
    linear = linearised(cell, rest.state, mesh)
    z, x = response(linear, cell.structure, mesh, frequency_Hz)
    leads = lead_impedance(cell, frequency_Hz)
    parts = {"leads": leads, **budget_parts(cell, compiled_cell(cell.structure, mesh), linear, x)}
    return ImpedanceBudget(spectrum=_spectrum(cell, frequency_Hz, z + leads, linear, rest, rest_h), parts=parts)


def lead_impedance(cell: Cell, frequency_Hz: np.ndarray) -> np.ndarray:
    """iωL. A series element: it acts only while the current changes, so cycling does not see it."""
    return 2j * np.pi * frequency_Hz * cell.design.lead_inductance_H


def rested(cell: Cell, state: CellState | None, rest_h: float, mesh: Mesh) -> Rested:
    """The state after `rest_h` hours at open circuit; without a rest nothing is known of the drift."""
    if rest_h <= 0:
        return Rested(state if state is not None else fresh_state(cell, mesh.edges), float("nan"))
    start = state if state is not None else fresh_state(cell, CYCLING_MESH.edges)
    rest = Step(f"Rest for {rest_h:g} hours", Current(0.0, "A"), None, rest_h * 3600.0)
    run = simulate(cell, Protocol(((rest,),)), state=start)
    if not run.complete:
        raise SscellError(f"The rest before the spectrum failed: {run.message}")
    t, v = run.trace.time_s, run.trace.voltage_V
    return Rested(run.final_state, float((v[-1] - v[-2]) / (t[-1] - t[-2]) * 3600.0))


def _spectrum(
    cell: Cell, frequency_Hz: np.ndarray, z: np.ndarray, linear: Linearised, rest: Rested, rest_h: float
) -> Spectrum:
    design = cell.design
    return Spectrum(
        frequency_Hz=frequency_Hz,
        impedance_ohm=z,
        area_m2=design.area_m2,
        temperature_K=design.temperature_K,
        state={
            "rest_h": rest_h,
            "voltage_V": linear.voltage_V,
            "drift_V_per_h": rest.drift_V_per_h,
            "time_s": rest.state.time_s,
        },
        provenance={"source": "simulated", "engine": "pybamm"},
    )
