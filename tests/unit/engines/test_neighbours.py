"""Cells next to each other on the same time steps: differences are the derivatives that `sensitivities` gives."""

from __future__ import annotations

import numpy as np
import pytest

import sscell as ss
from sscell.cell import full_name
from sscell.engines import neighbours
from sscell.engines.mesh import Mesh
from sscell.engines.neighbours import simulate_rows, spectra_of_rows
from sscell.protocol import protocol_from

MESH = Mesh(cathode=4, particle=8, anode=6, electrode_ratio=1.1)
SPECTRUM_MESH = Mesh(cathode=6, particle=10, anode=8, electrode_ratio=1.1)
CELL = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
UNCOATED = ss.Cell.from_recipe(ss.Recipe())
NAMES = [full_name(CELL, name) for name in ("diffusivity_m2_per_s", "temperature_K", "oxidation_A_per_m2")]
SMALL = 1e-6
CYCLES = protocol_from(["Charge at C/2 until 2.75 V", "Discharge at C/2 until 1.35 V"], 2)
HOLD = protocol_from(["Charge at C/2 until 2.75 V", "Hold at 2.75 V until C/12", "Discharge at C/2 until 1.35 V"])
FREQUENCY_HZ = np.array([1e4, 1.0, 1e-2])


def row(cell: ss.Cell) -> list[ss.Cell]:
    """The cell, and for each input one in which it is larger."""
    inputs = ss.continuous_inputs(cell)
    return [cell, *(ss.with_inputs(cell, {name: inputs[name] * (1 + SMALL)}) for name in NAMES)]


@pytest.mark.parametrize("plan", [CYCLES, HOLD], ids=["limits", "hold"])
def test_differences_are_derivatives(plan: ss.Protocol) -> None:
    """Within 0.1 % of the largest effect."""
    (found,) = simulate_rows([row(CELL)], plan, mesh=MESH)
    exact = ss.sensitivities(CELL, plan, NAMES, mesh=MESH)
    for what in ("charge_capacity_mAh_per_g", "discharge_capacity_mAh_per_g", "discharge_mean_voltage_V"):
        values = np.array([[getattr(summary, what) for summary in result.summaries] for result in found])
        ours = (values[1:] - values[0]) / SMALL
        theirs = exact[f"d {what}"].values * exact["input"].values[:, None]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3 * np.max(np.abs(theirs)))


def test_spectra_after_a_run_and_a_rest() -> None:
    """Of two cells at once; derivatives of the first's spectrum go through its run and its rest: 0.1 %."""
    runs = simulate_rows([row(CELL), row(UNCOATED)], CYCLES, mesh=MESH)
    states = [[result.final_state for result in results] for results in runs]
    z = spectra_of_rows([row(CELL), row(UNCOATED)], FREQUENCY_HZ, states=states, mesh=SPECTRUM_MESH, rest_h=0.0)
    assert z.problems == ["", ""]
    exact = ss.sensitivities(
        CELL, CYCLES, NAMES, frequency_Hz=FREQUENCY_HZ, rest_h=0.0, mesh=MESH, impedance_mesh=SPECTRUM_MESH
    )
    ours = (z.impedance_ohm[0, 1:] - z.impedance_ohm[0, 0]) / SMALL
    theirs = exact["d impedance_ohm"].values * exact["input"].values[:, None]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3 * np.max(np.abs(theirs)))


def test_the_first_of_a_row_runs_as_alone() -> None:
    (found,) = simulate_rows([row(CELL)], CYCLES, mesh=MESH, trace_cycles=1)
    alone = ss.simulate(CELL, CYCLES, engine="jax", mesh=MESH)
    np.testing.assert_allclose(np.array(found[0].summaries), np.array(alone.summaries), rtol=1e-8)
    first = alone.trace.cycle == 1
    np.testing.assert_allclose(found[0].trace.voltage_V, alone.trace.voltage_V[first], rtol=0, atol=1e-8)
    # The error of a step is a small difference: rounding moves steps by more than what they lead to.
    np.testing.assert_allclose(found[0].trace.time_s, alone.trace.time_s[first], rtol=1e-7)


def test_a_long_row_is_cut_to_fill_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one piece and in two: the same results in the same order."""
    near = row(CELL)
    cells = [*near, *near[:0:-1], *near[1:3], *near[2:]]
    results = []
    for count in (1, 3):
        monkeypatch.setattr(neighbours, "cores", lambda count=count: count)
        (found,) = simulate_rows([cells], CYCLES, mesh=MESH, trace_cycles=1)
        results.append(np.array([result.summaries for result in found]))
    assert results[0].shape[0] == len(cells) == 11
    np.testing.assert_allclose(results[1], results[0], rtol=1e-8)


def test_a_row_stops_with_its_first_cell_and_harms_no_other() -> None:
    """More rows than lanes; one has a twentieth of the cathode for the same current."""
    broken = ss.with_inputs(CELL, {"design.positive.mass_kg": 0.6e-6})
    rows = [row(CELL)] * 20 + [row(broken)] + [row(UNCOATED)]
    timed = protocol_from(["Charge at 0.8 mA for 60 minutes", "Discharge at 0.8 mA for 30 minutes"])
    found = simulate_rows(rows, timed, mesh=MESH)
    assert [bool(results[0].message) for results in found] == [False] * 20 + [True, False]
    assert all(result.message for result in found[20])
    np.testing.assert_array_equal(np.array(found[0][1].summaries), np.array(found[19][1].summaries))


def test_rows_of_unequal_length_are_refused() -> None:
    with pytest.raises(ss.InputError, match=r"one length of at least 1, got \[1, 4\]"):
        simulate_rows([row(CELL), [CELL]], CYCLES)


def test_a_neighbour_too_far_away_says_so() -> None:
    """It would reach its limits long before the first: no numbers instead of wrong ones; the first is as alone."""
    inputs = ss.continuous_inputs(CELL)
    far = ss.with_inputs(CELL, {NAMES[0]: 1e-3 * inputs[NAMES[0]]})
    ((first, other),) = simulate_rows([[CELL, far]], CYCLES, mesh=MESH, trace_cycles=1)
    alone = ss.simulate(CELL, CYCLES, engine="jax", mesh=MESH)
    assert first.complete and first.summaries[-1] == pytest.approx(alone.summaries[-1], rel=1e-6)
    assert not other.complete and "too far from the first cell" in other.message
    assert len(other.trace) == 0
