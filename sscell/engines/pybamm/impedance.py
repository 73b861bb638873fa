"""Impedance of the very same model, linearised about any state after a rest, and its budget."""

from __future__ import annotations

import numpy as np

from sscell.cell import Cell, fresh_state
from sscell.engines.budget import ImpedanceBudget
from sscell.engines.mesh import CYCLING_MESH, IMPEDANCE_MESH, Mesh
from sscell.engines.pybamm.compiled import compiled_cell
from sscell.engines.pybamm.linearise import Linearised, linearised
from sscell.engines.pybamm.parts import budget_parts
from sscell.engines.pybamm.response import response
from sscell.engines.pybamm.simulate import simulate
from sscell.engines.rest import Rested, rest_step, rested_after, spectrum_after
from sscell.protocol import Protocol
from sscell.records import CellState, Spectrum


def impedance(
    cell: Cell, frequency_Hz: np.ndarray, state: CellState | None, rest_h: float, mesh: Mesh = IMPEDANCE_MESH
) -> Spectrum:
    """Spectrum at a state after a rest; rest, voltage and drift travel in `Spectrum.state`."""
    rest, linear = _linearised_at_rest(cell, state, rest_h, mesh)
    z, _ = response(linear, cell.structure, mesh, frequency_Hz, every_unknown=False)
    return spectrum_after(
        cell, frequency_Hz, z + lead_impedance(cell, frequency_Hz), linear.voltage_V, rest, rest_h, "pybamm"
    )


def impedance_budget(
    cell: Cell, frequency_Hz: np.ndarray, state: CellState | None, rest_h: float, mesh: Mesh = IMPEDANCE_MESH
) -> ImpedanceBudget:
    """The same impedance with its parts, by Tellegen's theorem on the discrete network."""
    rest, linear = _linearised_at_rest(cell, state, rest_h, mesh)
    z, x = response(linear, cell.structure, mesh, frequency_Hz)
    leads = lead_impedance(cell, frequency_Hz)
    parts = {"leads": leads, **budget_parts(cell, compiled_cell(cell.structure, mesh), linear, x)}
    spectrum = spectrum_after(cell, frequency_Hz, z + leads, linear.voltage_V, rest, rest_h, "pybamm")
    return ImpedanceBudget(spectrum=spectrum, parts=parts)


def lead_impedance(cell: Cell, frequency_Hz: np.ndarray) -> np.ndarray:
    """iωL. A series element: it acts only while the current changes, so cycling does not see it."""
    return 2j * np.pi * frequency_Hz * cell.design.lead_inductance_H


def _linearised_at_rest(cell: Cell, state: CellState | None, rest_h: float, mesh: Mesh) -> tuple[Rested, Linearised]:
    rest = rested(cell, state, rest_h, mesh)
    assert rest.state is not None
    return rest, linearised(cell, rest.state, mesh)


def rested(cell: Cell, state: CellState | None, rest_h: float, mesh: Mesh) -> Rested:
    """The state after `rest_h` hours at open circuit."""
    if rest_h <= 0:
        return Rested(state if state is not None else fresh_state(cell, mesh.edges))
    start = state if state is not None else fresh_state(cell, CYCLING_MESH.edges)
    return rested_after(simulate(cell, Protocol(((rest_step(rest_h),),)), state=start))
