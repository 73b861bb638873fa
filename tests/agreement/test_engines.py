"""The fast engine against the PyBaMM engine: equal rates, equal runs on one mesh, and its defaults against a converged

reference on 30 drawn cells. `make agreement` runs what takes minutes.
"""

from __future__ import annotations

import multiprocessing
from typing import Any

import numpy as np
import pytest
from drawn_cells import drawn_cells
from engine_agreement import (
    CAPACITY_PERCENT,
    EFFICIENCY_POINTS,
    FINER_MESH,
    IMPEDANCE_LIMIT,
    PROTOCOLS,
    RATES,
    REFERENCE_MESH,
    REFERENCE_TOLERANCE,
    VOLTAGE_MV,
    Difference,
    agreement_of_cell,
    difference,
    halves,
    reference_run,
    spectrum_difference,
    worst,
)

import sscell as ss
from sscell.engines.jax.equations import Equations, State
from sscell.engines.jax.lanes import lanes_from_states, lanes_of, profiles_from_lanes
from sscell.engines.jax.simulate import simulate as fast
from sscell.engines.mesh import Mesh
from sscell.engines.pybamm.compiled import Control, compiled_cell
from sscell.engines.pybamm.simulate import simulate as reference
from sscell.jax_setup import load_jax
from sscell.protocol import protocol_from

CELLS, IN_DEFAULT_RUN = 30, (0, 13, 27)
SMALL_MESH = Mesh(cathode=4, particle=8, anode=6, electrode_ratio=1.1)
COATED = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
KINDS = {
    "LTO": (COATED, ["Charge at C/2 until 2.75 V", "Discharge at C/2 for 30 minutes"], 2e-4),
    "InLi": (
        ss.Cell(interface=COATED.interface, design=ss.CellDesign(negative=ss.INDIUM_LITHIUM)),
        ["Charge at C/2 until 3.68 V", "Discharge at C/2 for 30 minutes"],
        2e-4,
    ),
    "liquid": (
        ss.Cell(interface=COATED.interface, design=ss.liquid_half_cell(ss.CellDesign().positive.material)),
        ["Charge at C/2 until 4.3 V", "Discharge at C/2 for 30 minutes"],
        2e-4,
    ),
    "pellet": (ss.Cell(design=ss.electrolyte_pellet()), ["Charge at 1 uA for 1 second"], 1e-6),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rates_are_those_of_the_reference(kind: str) -> None:
    """dy/dt and voltage of a used state on one mesh. Rounding: 1e-9 of each row's largest term, which for potentials

    is a difference of currents a thousand times larger than what is left.
    """
    cell, steps, current_A = KINDS[kind]
    compiled = compiled_cell(cell.structure, SMALL_MESH)
    state = reference(cell, protocol_from(steps), mesh=SMALL_MESH).final_state
    y = compiled.y_from(state, current_A)
    inputs = compiled.inputs(cell.numbers, Control(current_A=current_A))
    expected = compiled.right_hand_side(y, inputs)

    equations, numbers = Equations(cell.structure, SMALL_MESH.edges), lanes_of([cell])
    lanes = lanes_from_states(equations, [state], numbers)
    i = np.array([current_A]) / numbers["area_m2"]

    def at(y: State) -> tuple[Any, Any]:
        cells = equations.cells(numbers)
        return equations.rates(cells, y, i), equations.voltage(cells, y, i)

    rates, voltage = load_jax().jit(at)(lanes)
    ours = profiles_from_lanes(equations, State(*map(np.asarray, rates)), numbers)
    assert set(ours) == set(compiled.slices)
    for name, (where, scale, shape) in compiled.slices.items():
        theirs = (expected[where] * scale).reshape(shape)
        np.testing.assert_allclose(ours[name][1][..., 0], theirs, rtol=0, atol=1e-9 * np.max(np.abs(theirs)) + 1e-18)
    assert float(voltage[0]) == pytest.approx(float(compiled.evaluate(("Voltage [V]",), y, inputs)[0, 0]), abs=1e-12)


@pytest.mark.parametrize("which", [0, 15])
def test_same_run_on_the_same_mesh(which: int) -> None:
    """Both at tight tolerance: their errors in time, 1e-5 of the capacity and 0.05 mV."""
    cell, protocol = drawn_cells(CELLS)[which], ss.protocols.rate_test(8)
    ours = halves(fast(cell, protocol, mesh=SMALL_MESH, tolerance=1e-6))
    theirs = reference_run(cell, protocol, SMALL_MESH)
    found = difference(ours, theirs)
    assert found.capacity_percent < 1e-3
    assert found.voltage_mV < 0.05
    assert found.efficiency_points < 1e-3


@pytest.mark.parametrize("which", IN_DEFAULT_RUN)
def test_defaults_against_a_converged_reference(which: int) -> None:
    found = agreement_of_cell((which, CELLS, ("0.05C", "0.5C", "2C")))
    assert_close(worst(list(found.runs.values())))
    assert max(found.spectra.values()) < IMPEDANCE_LIMIT


def test_spectrum_of_an_aged_cell() -> None:
    """After 20 cycles: both engines at the state that the fast one came to, rested for an hour by the reference."""
    cell = drawn_cells(CELLS)[IN_DEFAULT_RUN[0]]
    aged = fast(cell, ss.protocols.stability_test(20)).final_state
    assert spectrum_difference(cell, aged, aged) < IMPEDANCE_LIMIT


@pytest.mark.agreement
def test_the_reference_is_converged() -> None:
    """Finer mesh and tighter tolerance: a quarter of what is asked of the fast engine."""
    cells = drawn_cells(CELLS)
    for which in IN_DEFAULT_RUN:
        for name in (*RATES[:4], "rate test"):
            run = reference_run(cells[which], PROTOCOLS[name])
            finer = reference_run(cells[which], PROTOCOLS[name], FINER_MESH)
            tighter = halves(
                reference(cells[which], PROTOCOLS[name], mesh=REFERENCE_MESH, rtol=REFERENCE_TOLERANCE / 10, atol=1e-9)
            )
            by_mesh, by_tolerance = difference(run, finer), difference(run, tighter)
            print(which, name, "mesh", show(by_mesh), "tolerance", show(by_tolerance), flush=True)
            for found in (by_mesh, by_tolerance):
                assert found.capacity_percent < CAPACITY_PERCENT / 4
                assert found.voltage_mV < VOLTAGE_MV / 4
                assert found.efficiency_points < EFFICIENCY_POINTS / 4


@pytest.mark.agreement
def test_thirty_drawn_cells() -> None:
    """All protocols; two processes, as the reference takes minutes."""
    tasks = [(which, CELLS, tuple(PROTOCOLS)) for which in range(CELLS)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = []
        for which, agreement in enumerate(pool.imap(agreement_of_cell, tasks)):
            found.append(agreement)
            runs = {name: show(d) for name, d in agreement.runs.items()}
            print(which, runs, {name: f"{d:.1e}" for name, d in agreement.spectra.items()}, flush=True)
    for name in PROTOCOLS:
        print(name, "largest:", show(worst([agreement.runs[name] for agreement in found])))
    for name in found[0].spectra:
        print(f"spectrum, {name}, largest: {max(agreement.spectra[name] for agreement in found):.1e}")
    assert_close(worst([d for agreement in found for d in agreement.runs.values()]))
    assert max(max(agreement.spectra.values()) for agreement in found) < IMPEDANCE_LIMIT


def show(d: Difference) -> str:
    return f"{d.capacity_percent:.3f} % {d.efficiency_points:.3f} points {d.voltage_mV:.2f} mV"


def assert_close(found: Difference) -> None:
    assert found.capacity_percent < CAPACITY_PERCENT, show(found)
    assert found.efficiency_points < EFFICIENCY_POINTS, show(found)
    assert found.voltage_mV < VOLTAGE_MV, show(found)
