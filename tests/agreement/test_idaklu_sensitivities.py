"""How the voltage of a charge changes with numbers of the cell: our derivatives against IDAKLU's forward ones."""

from collections.abc import Iterator

import numpy as np
import pybamm
import pytest
from scipy.interpolate import CubicSpline

import sscell as ss
from sscell.cell import fresh_state
from sscell.engines.jax import sensitivity
from sscell.engines.jax.lanes import numbers_of
from sscell.engines.mesh import FAST_TOLERANCE, Mesh
from sscell.engines.pybamm.compiled import Control, compiled_cell
from sscell.protocol import protocol_from

# Derivatives of the same finite volumes are compared, so a small mesh shows what a large one does.
MESH = Mesh(cathode=4, particle=8, anode=6, electrode_ratio=1.1)
pytestmark = pytest.mark.agreement

CELL = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
NUMBERS = ("diffusivity_m2_per_s", "exchange_current_density_A_per_m2", "NiO_resistance_ohm_m2")
MINUTE_S, TIGHT = 60.0, 1e-6


@pytest.fixture(scope="module")
def idaklu() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Times, voltage and its derivative by each number, of an hour's charge at C/2."""
    compiled = compiled_cell(CELL.structure, MESH)
    control = Control(current_A=-0.5 * CELL.design.one_C_A)
    inputs = {**compiled.inputs(CELL.numbers, control), **compiled.initial(fresh_state(CELL, compiled.edges))}
    time_s = np.linspace(0, 3600, 241)
    options = {"suppress_algebraic_error": True}
    solver = pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-8, output_variables=["Voltage [V]"], options=options)
    solution = solver.solve(
        compiled.model, time_s[[0, -1]], t_interp=time_s, inputs=inputs, calculate_sensitivities=list(NUMBERS)
    )
    voltage = solution["Voltage [V]"]
    by_number = {name: np.asarray(voltage.sensitivities[name]).ravel() for name in NUMBERS}
    return time_s, np.asarray(voltage.data).ravel(), by_number


@pytest.fixture(scope="module", params=[FAST_TOLERANCE, TIGHT], ids=["default", "tight"])
def ours(request: pytest.FixtureRequest) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Times, voltage and its derivatives (numbers, times), at the tolerance everyone gets and at a tight one."""
    numbers = numbers_of(CELL)
    slopes = {name: np.array([float(name == own) for own in NUMBERS]) for name in numbers}
    plan = protocol_from(["Charge at C/2 for 1 hour"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensitivity, "FAST_TOLERANCE", request.param)
        run = sensitivity.DifferentiableRun(CELL, numbers, plan, None, None, 0.0, MESH, MESH)
    values, tangents = run.with_tangents(slopes)
    yield run.step_time_s, values["voltage_V"], tangents["voltage_V"]


def test_the_same_charge(idaklu: tuple, ours: tuple) -> None:
    """Within the fast engine's own error, 1 mV."""
    late = ours[0] > MINUTE_S
    theirs = CubicSpline(idaklu[0], idaklu[1])(ours[0][late])
    np.testing.assert_allclose(ours[1][late], theirs, atol=1e-3)


@pytest.mark.parametrize("name", NUMBERS)
def test_voltage_sensitivities_equal_those_of_idaklu(
    name: str, idaklu: tuple, ours: tuple, request: pytest.FixtureRequest
) -> None:
    """Within 1 % of the largest, over equal times after the first minute, when the layers follow the current."""
    time_s, _, derivatives = ours
    late = time_s > MINUTE_S
    theirs = CubicSpline(idaklu[0], idaklu[2][name])(time_s[late])
    miss = np.max(np.abs(derivatives[NUMBERS.index(name)][late] - theirs)) / np.max(np.abs(theirs))
    print(f"{request.node.name}: {100 * miss:.3f} % of the largest, {np.count_nonzero(late)} times")
    assert miss < 0.01
