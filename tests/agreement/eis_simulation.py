"""PyBaMM's own EISSimulation on our model, for tests and benchmarks."""

import numpy as np
import pybamm

import sscell as ss
from sscell.cell import fresh_state
from sscell.engines.mesh import IMPEDANCE_MESH
from sscell.engines.pybamm.compiled import spatial_setup
from sscell.engines.pybamm.model import LayeredCell


def eis_simulation(cell: ss.Cell) -> pybamm.EISSimulation:
    """EISSimulation of the cell's structure on the default impedance mesh; numbers and state are its inputs."""
    current = pybamm.FunctionParameter("Current function [A]", {"Time [s]": pybamm.t})
    model = LayeredCell(cell.structure, IMPEDANCE_MESH.edges, current).model
    model.param = pybamm.LithiumIonParameters()
    geometry, submeshes, points, methods = spatial_setup(cell.structure, IMPEDANCE_MESH.edges)
    values = {
        "Current function [A]": 0,
        "Nominal cell capacity [A.h]": cell.design.one_C_A,
        "Number of cells connected in series to make a battery": 1,
        "Number of electrodes connected in parallel to make a cell": 1,
    }
    return pybamm.EISSimulation(
        model,
        parameter_values=pybamm.ParameterValues(values),
        geometry=geometry,
        submesh_types=submeshes,
        var_pts=points,
        spatial_methods=methods,
        skip_surface_form_check=True,
    )


def eis_inputs(cell: ss.Cell) -> dict:
    """Numbers and fresh state, sorted by name as the compiled functions take them."""
    state = fresh_state(cell, IMPEDANCE_MESH.edges)
    initial = {
        f"initial {name}": profile.values.reshape(-1) if profile.axes else float(profile.values)
        for name, profile in state.profiles.items()
    }
    return dict(sorted({**cell.numbers, **initial}.items()))


def eis_impedance(simulation: pybamm.EISSimulation, cell: ss.Cell, frequency_Hz: np.ndarray) -> np.ndarray:
    """Spectrum by EISSimulation, ohm; the leads' iωL is not in it."""
    return np.asarray(simulation.solve(frequency_Hz, inputs=eis_inputs(cell)).impedance)
