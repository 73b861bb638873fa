"""A small sinusoidal current in the time domain gives the impedance that the linearised model gives."""

import numpy as np
import pybamm
import pytest

import sscell as ss
from sscell.engines.mesh import CYCLING_MESH
from sscell.engines.pybamm.compiled import compiled_cell, discretised
from sscell.engines.pybamm.impedance import lead_impedance
from sscell.engines.pybamm.linearise import linearised
from sscell.engines.pybamm.model import LayeredCell

# Long enough for the switch-on transient of the slowest arc to fade before the last period, which is evaluated.
PERIODS = {1e3: 12, 1.0: 6, 1e-2: 4}
AMPLITUDE_A = 1e-6


@pytest.fixture(scope="module", params=["fresh", "aged"])
def cell_and_state(request: pytest.FixtureRequest) -> tuple[ss.Cell, ss.CellState | None]:
    """A coated cell, fresh and after three cycles at 0.5C, rested: mid-charge, where nothing drifts by itself."""
    cell = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
    half_charge = [["Charge at C/2 for 60 minutes", "Rest for 20 hours"]]
    cycles = [["Charge at C/2 until 2.75 V", "Discharge at C/2 until 1.35 V"]] * 3 if request.param == "aged" else []
    return cell, ss.simulate(cell, [*cycles, *half_charge]).final_state


@pytest.mark.parametrize("frequency_Hz", PERIODS)
def test_time_domain_response_agrees_with_the_frequency_domain(
    cell_and_state: tuple[ss.Cell, ss.CellState], frequency_Hz: float
) -> None:
    cell, state = cell_and_state
    edges = CYCLING_MESH.edges
    wave = AMPLITUDE_A * pybamm.sin(2 * np.pi * frequency_Hz * pybamm.t)
    layered = LayeredCell(cell.structure, edges, wave)
    model = discretised(layered.model, cell.structure, edges)

    compiled = compiled_cell(cell.structure, CYCLING_MESH)
    settled = compiled.state_from(linearised(cell, state, CYCLING_MESH).y, state.time_s)
    inputs = {**cell.numbers, **compiled.initial(settled)}

    periods = PERIODS[frequency_Hz]
    times = np.linspace(0, periods / frequency_Hz, 200 * periods + 1)
    solver = pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-12)
    solution = solver.solve(model, times, inputs=inputs)
    voltage = solution["Voltage [V]"](times)

    last = slice(-201, None)
    t, v = times[last] - times[-201], voltage[last]
    # Least squares on offset, drift and the two quadratures of the last period.
    omega = 2 * np.pi * frequency_Hz
    basis = np.column_stack([np.ones_like(t), t - t.mean(), np.sin(omega * t), np.cos(omega * t)])
    _, _, in_phase, quadrature = np.linalg.lstsq(basis, v, rcond=None)[0]
    z_time = -(in_phase + 1j * quadrature) / AMPLITUDE_A

    spectrum = ss.impedance(cell, [frequency_Hz], state=state, rest_h=0, mesh=CYCLING_MESH)
    # The current has no jumps the leads could act on here, so their iωL is left out of the comparison.
    z = spectrum.impedance_ohm[0] - lead_impedance(cell, spectrum.frequency_Hz)[0]
    assert abs(z_time - z) / abs(z) < 0.01
