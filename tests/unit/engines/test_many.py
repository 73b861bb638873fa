"""Batches of cells: each as if it ran alone, whatever its neighbours do."""

from __future__ import annotations

import functools
import multiprocessing
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import sscell as ss
from sscell.engines import many
from sscell.engines.jax import batch
from sscell.engines.mesh import Mesh

# What is tested here holds on any mesh and any number of lanes; small ones compile and run quicker.
MESH = Mesh(cathode=4, particle=8, anode=6, electrode_ratio=1.1)
SPECTRUM_MESH = Mesh(cathode=6, particle=10, anode=8, electrode_ratio=1.1)
LANES, GROUPS = 8, 2
CELL = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
INDIUM = ss.Cell(interface=CELL.interface, design=ss.CellDesign(negative=ss.INDIUM_LITHIUM))
CYCLE = ["Charge at C/2 until 2.75 V", "Discharge at C/2 until 1.35 V"]
# In the second cycle a cell of high C-rate is empty before its time is over.
TIMED = [CYCLE, ["Charge at C/2 until 2.75 V", "Discharge at C/2 for 105 minutes"], CYCLE]
EMPTIED = (
    "stopped in cycle 2, step 2 ('Discharge at C/2 for 105 minutes'): the cell was emptied after 1.42 h of the step; "
    "add a limit, such as 'or until 1.35 V'"
)
FREQUENCY_HZ = np.geomspace(1e5, 1e-2, 5)
# One cell alone and many at once are two compilations: their rounding, seen by the error estimate, grows along a run to
# time steps that differ by 1e-5 and results by 2e-5, a small part of the tolerance of 2e-4.
SAME = 1e-4


@pytest.fixture(autouse=True, scope="module")
def two_narrow_groups() -> Iterator[None]:
    """The same on every machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "CPU_WIDTHS", (LANES,))
        patch.setattr(batch, "cores", lambda: GROUPS)
        yield


def run_many(*arguments: object, **named: object) -> xr.Dataset:
    return ss.simulate_many(*arguments, mesh=MESH, quiet=True, **named)


def run_alone(cell: ss.Cell, protocol: object, **named: object) -> ss.SimulationResult:
    return ss.simulate(cell, protocol, engine="jax", mesh=MESH, **named)


def assert_same_cycles(dataset: xr.Dataset, k: int, result: ss.SimulationResult) -> None:
    table = result.cycles
    for name in table.columns.drop("cycle"):
        ours = dataset[name].values[k, : len(table)]
        np.testing.assert_allclose(ours, table[name], rtol=SAME, err_msg=name)


def assert_same_states(ours: ss.CellState, theirs: ss.CellState, rtol: float = SAME) -> None:
    assert ours.time_s == pytest.approx(theirs.time_s, rel=rtol)
    assert ours.profiles.keys() == theirs.profiles.keys()
    for name, profile in ours.profiles.items():
        other = theirs.profiles[name]
        assert profile.axes == other.axes
        size = np.max(np.abs(other.values))
        np.testing.assert_allclose(profile.values, other.values, rtol=0, atol=rtol * size, err_msg=name)


# --- each as if alone


def test_every_cell_of_a_list_runs_as_it_does_alone_whatever_its_structure() -> None:
    cells = [
        CELL,
        ss.with_inputs(CELL, {"anneal_temperature_C": 600}),
        INDIUM,
        ss.with_inputs(INDIUM, {"diameter_m": 0.012}),
    ]
    charge = ["Charge at C/2 for 30 minutes", "Discharge at C/5 for 30 minutes"]
    dataset = run_many([cells[0], cells[2], cells[1], cells[3]], charge, cycles=2)
    assert dict(dataset.sizes)["cell"] == 4 and list(dataset["cycle"]) == [1, 2]
    ends = ss.final_states(dataset)
    for k, which in enumerate((0, 2, 1, 3)):
        alone = run_alone(cells[which], charge, cycles=2)
        assert dataset["problem"].values[k] == "" and dataset["finished_cycles"].values[k] == 2
        assert_same_cycles(dataset, k, alone)
        # The last current is no part of a batch's states.
        assert_same_states(ends[k], replace(alone.final_state, current_A=0.0))


def test_more_cells_than_lanes() -> None:
    """Lanes that are done take the next cell: 70 cells in two groups of eight, of unequal length."""
    count = 70
    rate = np.linspace(150, 450, count)
    order = np.random.default_rng(8).permutation(count)
    dataset = run_many(CELL, CYCLE, cycles=2, parameters={"one_C_A_per_kg": rate[order]})
    assert set(dataset["problem"].values) == {""}
    # Sorted by C-rate, what a cell gives falls and its time is shorter: no result went to another cell.
    back = np.argsort(order)
    assert np.all(np.diff(dataset["discharge_capacity_mAh_per_g"].values[back], axis=0) < 0)
    assert np.all(np.diff(dataset["time_s"].values[back]) < 0)
    for k in (0, 33, 69):
        alone = run_alone(ss.with_inputs(CELL, {"one_C_A_per_kg": rate[order][k]}), CYCLE, cycles=2)
        assert_same_cycles(dataset, k, alone)


def test_parameters_and_a_number_for_all_are_coordinates_of_the_cells() -> None:
    values = {"anneal_temperature_C": [300.0, 400.0, 500.0], "temperature_K": 310.0}
    dataset = run_many(CELL, CYCLE, parameters=values)
    np.testing.assert_array_equal(dataset["anneal_temperature_C"].values, [300, 400, 500])
    np.testing.assert_array_equal(dataset["temperature_K"].values, [310, 310, 310])
    assert dataset["temperature_K"].dims == ("cell",)
    assert dataset.attrs == {"engine": "jax", "protocol": dataset.attrs["protocol"]}
    cells = ss.cells_with(CELL, values)
    np.testing.assert_array_equal(
        run_many(cells, CYCLE)["discharge_capacity_mAh_per_g"], dataset["discharge_capacity_mAh_per_g"]
    )


def test_going_on_from_the_last_states_is_one_run() -> None:
    """A cycle begins with a new time step either way; a state holds all that a run goes on from."""
    values = {"anneal_temperature_C": [300.0, 400.0, 500.0]}
    cells = ss.cells_with(CELL, values)
    whole = run_many(CELL, CYCLE, cycles=3, parameters=values)
    first = run_many(cells, CYCLE)
    second = run_many(cells, CYCLE, cycles=2, states=ss.final_states(first))
    for name in whole.data_vars:
        if whole[name].dims == ("cell", "cycle"):
            both = np.concatenate([first[name].values, second[name].values], axis=1)
            np.testing.assert_allclose(both, whole[name].values, rtol=SAME, err_msg=str(name))
    for a, b in zip(ss.final_states(second), ss.final_states(whole), strict=True):
        assert_same_states(a, b)


# --- a cell that fails


def test_a_cell_that_fails_is_named_and_changes_no_neighbour() -> None:
    """To the last digit: lanes hold no common number."""
    rate = [150.0, 230.0, 190.0]
    dataset = run_many(CELL, TIMED, parameters={"one_C_A_per_kg": rate})
    assert dataset["problem"].values.tolist() == ["", EMPTIED, ""]
    np.testing.assert_array_equal(dataset["finished_cycles"], [3, 1, 3])
    without = run_many(CELL, TIMED, parameters={"one_C_A_per_kg": [150.0, 150.0, 190.0]})
    for name, variable in dataset.data_vars.items():
        if variable.dims == ("cell", "cycle"):
            assert np.isfinite(variable.values[1, 0]) and np.isnan(variable.values[1, 1:]).all(), name
        if name not in ("problem", "finished_cycles"):
            np.testing.assert_array_equal(variable.values[[0, 2]], without[name].values[[0, 2]], err_msg=str(name))
    alone = run_alone(ss.with_inputs(CELL, {"one_C_A_per_kg": 230.0}), TIMED)
    assert not alone.complete and dataset["problem"].values[1].split(": ", 1)[1] in alone.message
    assert_same_cycles(dataset, 1, alone)
    # Its last state is the one it stopped in.
    assert_same_states(ss.final_states(dataset)[1], replace(alone.final_state, current_A=0.0))


def test_a_state_that_is_not_finite_stays_in_its_lane() -> None:
    start = ss.final_states(run_many([CELL] * 3, ["Rest for 1 minute"]))
    odd = start[1].profiles["interface_V"]
    broken = {**start[1].profiles, "interface_V": odd._replace(values=np.full_like(odd.values, -1e4))}
    states = [start[0], replace(start[1], profiles=broken), start[2]]
    dataset = run_many([CELL] * 3, CYCLE, states=states)
    assert "stopped in cycle 1, step 1" in dataset["problem"].values[1]
    assert "not finite" in dataset["problem"].values[1] or "time step" in dataset["problem"].values[1]
    sound = run_many([CELL] * 3, CYCLE, states=start)
    for name in ("discharge_capacity_mAh_per_g", "duration_h", "final stoichiometry"):
        np.testing.assert_array_equal(dataset[name].values[[0, 2]], sound[name].values[[0, 2]])
    assert np.isnan(dataset["duration_h"].values[1]).all()


def test_steps_that_end_at_once_are_counted() -> None:
    dataset = run_many([CELL] * 2, ["Charge at 100C until 2.75 V", "Discharge at C/2 until 1.35 V"])
    np.testing.assert_array_equal(dataset["steps_ended_at_once"], [1, 1])
    np.testing.assert_array_equal(run_many([CELL], CYCLE)["steps_ended_at_once"], [0])


# --- spectra


def test_a_spectrum_that_is_not_finite_is_named_and_changes_no_other() -> None:
    """A cathode without anything active; and a state without numbers, on another mesh."""
    nothing = ss.with_inputs(CELL, {"interface.inactive_fraction": 1.0})
    found = ss.impedance_many([CELL, nothing], FREQUENCY_HZ, rest_h=0, mesh=SPECTRUM_MESH, quiet=True)
    assert found["problem"].values[0] == "" and "did not settle" in found["problem"].values[1]
    assert np.isfinite(found["impedance_ohm"].values[0]).all() and np.isnan(found["impedance_ohm"].values[1]).all()
    assert np.isnan(found["voltage_V"].values[1])
    start = ss.final_states(run_many([CELL] * 2, ["Rest for 1 minute"]))
    odd = start[1].profiles["stoichiometry"]
    broken = replace(
        start[1], profiles={**start[1].profiles, "stoichiometry": odd._replace(values=np.full_like(odd.values, np.nan))}
    )
    found = ss.impedance_many([CELL] * 2, FREQUENCY_HZ, states=[start[0], broken], mesh=SPECTRUM_MESH, quiet=True)
    assert found["problem"].values[0] == "" and found["problem"].values[1] != ""
    assert np.isfinite(found["impedance_ohm"].values[0]).all()


def test_spectra_of_many_equal_those_of_one() -> None:
    """Fresh cells and used ones in one list; both ways solve the same systems, so what is left is rounding."""
    annealed = ss.with_inputs(CELL, {"anneal_temperature_C": 600})
    cells = [annealed, CELL, CELL, annealed]
    used = run_alone(CELL, ["Charge at C/2 for 1 hour", "Rest for 1 hour"]).final_state
    states = [None, used, None, used]
    dataset = ss.impedance_many(cells, FREQUENCY_HZ, states=states, rest_h=0, mesh=SPECTRUM_MESH, quiet=True)
    assert dataset["impedance_ohm"].dims == ("cell", "frequency_Hz")
    np.testing.assert_array_equal(dataset["frequency_Hz"], FREQUENCY_HZ)
    for k, (cell, state) in enumerate(zip(cells, states, strict=True)):
        alone = ss.impedance(cell, FREQUENCY_HZ, state=state, rest_h=0, engine="jax", mesh=SPECTRUM_MESH)
        np.testing.assert_allclose(dataset["impedance_ohm"].values[k], alone.impedance_ohm, rtol=1e-8)
        assert dataset["voltage_V"].values[k] == pytest.approx(alone.state["voltage_V"], rel=1e-9)
    assert dataset["problem"].values.tolist() == [""] * 4


def test_spectra_are_taken_after_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "simulate_many", functools.partial(ss.simulate_many, mesh=MESH))
    start = ss.final_states(run_many([CELL] * 2, ["Charge at C/2 for 1 hour"]))
    ours = ss.impedance_many([CELL] * 2, FREQUENCY_HZ, states=start, rest_h=2, mesh=SPECTRUM_MESH, quiet=True)
    after = ss.final_states(run_many([CELL] * 2, ["Rest for 2 hours"], states=start))
    rested = ss.impedance_many([CELL] * 2, FREQUENCY_HZ, states=after, rest_h=0, mesh=SPECTRUM_MESH, quiet=True)
    np.testing.assert_allclose(ours["impedance_ohm"], rested["impedance_ohm"], rtol=1e-12)
    at_once = ss.impedance_many([CELL] * 2, FREQUENCY_HZ, states=start, rest_h=0, mesh=SPECTRUM_MESH, quiet=True)
    assert np.max(np.abs(at_once["impedance_ohm"].values / ours["impedance_ohm"].values - 1)) > 1e-4
    assert ours.attrs["rest_h"] == 2


# --- what is refused


@pytest.mark.parametrize(
    ("cells", "named", "message"),
    [
        ([], {}, "needs at least one cell; the list is empty"),
        ([CELL], {"parameters": {"temperature_K": [300.0]}}, "vary one cell; give that cell instead of a list"),
        (CELL, {}, "A batch of one cell needs `parameters`"),
        ([CELL, "x"], {}, "A batch is a list of ss.Cell, got str in it"),
        (None, {}, "A batch is a list of ss.Cell, or one cell with `parameters`, got NoneType"),
        ([CELL], {"states": 3}, "A batch's states are a list, one state a cell, got int"),
        ([CELL] * 2, {"states": [None]}, "one state a cell, got 1 states for 2 cells"),
        (CELL, {"parameters": {"anneal_temp": [300.0]}}, "'anneal_temp' is no continuous input of this cell"),
        (CELL, {"parameters": {"temperature_K": [300.0, 310], "diameter_m": [1.0]}}, "must have equal lengths"),
        (CELL, {"parameters": {"temperature_K": [300.0, -1.0]}}, "Row 1 of the parameters: "),
        ([CELL], {"mesh": 20}, "A mesh is an ss.Mesh, say "),
    ],
)
def test_bad_batches_are_refused(cells: object, named: dict, message: str) -> None:
    with pytest.raises(ss.InputError, match=message):
        ss.simulate_many(cells, CYCLE, quiet=True, **named)
    with pytest.raises(ss.InputError, match=message):
        ss.impedance_many(cells, [1.0], quiet=True, **named)


def test_bad_protocols_are_refused() -> None:
    with pytest.raises(ss.InputError, match="voltage limits are crossed"):
        run_many([CELL], ["Charge at C/10 until 1.35 V", "Discharge at C/10 until 2.75 V"])
    with pytest.raises(ss.InputError, match="no active material, so a C-rate means nothing"):
        run_many([CELL, ss.Cell(design=ss.electrolyte_pellet())], CYCLE)


def test_a_state_of_another_kind_of_cell_is_refused() -> None:
    state = ss.final_states(run_many([CELL], ["Rest for 1 minute"]))[0]
    with pytest.raises(ss.InputError, match="another kind of cell than this one"):
        run_many([INDIUM], CYCLE, states=[state])


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning", "ignore:.*fork.*:RuntimeWarning")
def test_a_forked_child_says_that_it_would_never_end() -> None:
    run_many([CELL], ["Rest for 1 minute"])
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_run_and_tell, args=(queue,))
    child.start()
    child.join(60)
    if child.is_alive():
        child.kill()
        pytest.fail("the child hangs")
    assert "forked from one that had computed already" in queue.get()


def _run_and_tell(queue: object) -> None:
    try:
        run_many([CELL], ["Rest for 1 minute"])
        queue.put("no error")
    except ss.InputError as error:
        queue.put(str(error))
