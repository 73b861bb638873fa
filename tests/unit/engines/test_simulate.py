"""Running protocols: what a cycler does, failures that lose nothing, and input that is refused."""

import numpy as np
import pybamm
import pytest

import sscell as ss
from sscell.engines.pybamm import simulate as module
from sscell.protocol import protocol_from

CELL = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
CYCLE = ["Charge at C/2 until 2.75 V", "Discharge at C/2 until 1.35 V"]


class FailsAt:
    """A solver that gives up at its n-th solve."""

    def __init__(self, solver: pybamm.IDAKLUSolver, at: int) -> None:
        self.solver, self.left = solver, at

    def solve(self, *arguments: object, **named: object) -> pybamm.Solution:
        self.left -= 1
        if self.left == 0:
            raise pybamm.SolverError("IDA: the error test\nfailed repeatedly")
        return self.solver.solve(*arguments, **named)


def test_a_solver_failure_keeps_every_finished_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ss.simulate(CELL, CYCLE, cycles=2)
    real = module._solver
    failing = FailsAt(real(CELL.structure, module.CYCLING_MESH, module.RTOL, module.ATOL), at=6)
    monkeypatch.setattr(module, "_solver", lambda *_: failing)
    result = ss.simulate(CELL, CYCLE, cycles=5)
    assert not result.complete
    for words in ("cycle 3", "step 2", CYCLE[1], "error test failed repeatedly", "mean lithium", "Cycles 1 to 2"):
        assert words in result.message
    assert list(result.cycles.cycle) == [1, 2]
    np.testing.assert_allclose(result.cycles.discharge_capacity_mAh_per_g, whole.cycles.discharge_capacity_mAh_per_g)
    # What was done of the third cycle is in the trace and in the final state, not among the finished cycles.
    assert set(result.trace.cycle) == {1, 2, 3}
    assert len(result.states) == 2
    assert result.final_state.time_s > whole.final_state.time_s + 3600


def test_a_failure_in_the_first_cycle_says_that_none_was_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    real = module._solver(CELL.structure, module.CYCLING_MESH, module.RTOL, module.ATOL)
    monkeypatch.setattr(module, "_solver", lambda *_: FailsAt(real, at=1))
    result = ss.simulate(CELL, CYCLE)
    assert "No cycle was finished" in result.message and result.cycles.empty


def test_a_failure_within_a_step_keeps_the_step_until_there() -> None:
    """Tolerances no solver meets: the trace goes as far as the solver came."""
    result = module.simulate(CELL, protocol_from(CYCLE), rtol=1e-16, atol=1e-18)
    assert not result.complete and "cycle 1, step 1" in result.message
    assert len(result.trace) >= 1


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (["Discharge at C/10 for 5 hours"], "the cell was emptied after"),
        (["Charge at C/10 for 20 hours"], "the cell was overcharged after"),
    ],
)
def test_a_timed_step_does_not_run_out_of_the_cell(steps: list[str], words: str) -> None:
    result = ss.simulate(CELL, steps)
    assert not result.complete
    assert words in result.message and "add a limit, such as 'or until" in result.message
    assert result.trace.voltage_V.min() > -1.01 and result.trace.voltage_V.max() < 6.01


def test_a_current_that_no_cell_takes_is_named() -> None:
    result = ss.simulate(CELL, ["Charge at 1000C for 1 second"])
    assert not result.complete and "the cell was overcharged after 0.00 h" in result.message


def test_a_hold_whose_current_is_already_small_ends_at_once() -> None:
    result = ss.simulate(CELL, ["Charge at C/10 until 2.75 V", "Hold at 2.75 V until 1C"])
    assert result.complete
    assert "'Hold at 2.75 V until 1C' ended at once" in result.notes[0]


def test_voltage_limits_are_met_to_a_tenth_of_a_millivolt() -> None:
    trace = ss.simulate(CELL, CYCLE).trace
    assert trace.voltage_V.max() == pytest.approx(2.75, abs=1e-4)
    assert trace.voltage_V[-1] == pytest.approx(1.35, abs=1e-4)
    assert np.all(trace.current_A[trace.time_s > 1.5 * 3600][-20:] > 0)


def test_a_hold_keeps_the_voltage_and_ends_at_the_cut_off() -> None:
    steps = ["Charge at C/2 until 2.7 V", "Hold at 2.7 V until C/20", "Rest for 10 minutes"]
    result = ss.simulate(CELL, steps)
    one_C_A = CELL.design.one_C_A
    held = np.flatnonzero((result.trace.current_A < 0) & (result.trace.current_A > -0.499 * one_C_A))
    assert np.ptp(result.trace.voltage_V[held]) < 1e-5
    assert result.trace.current_A[held[-1]] == pytest.approx(-one_C_A / 20, rel=1e-3)
    assert result.cycles.duration_h[0] > 1.0
    assert result.trace.current_A[-1] == 0


def test_currents_in_ampere_and_in_c_rates_agree() -> None:
    one_C_mA = 1e3 * CELL.design.one_C_A
    rate = ss.simulate(CELL, ["Charge at 0.2C for 30 minutes"]).trace
    ampere = ss.simulate(CELL, [f"Charge at {0.2 * one_C_mA!r} mA for 0.5 hours"]).trace
    assert ampere.voltage_V[-1] == pytest.approx(rate.voltage_V[-1], abs=1e-9)


def test_a_limit_already_passed_ends_the_step_at_once_and_is_noted() -> None:
    result = ss.simulate(CELL, ["Charge at C/10 until 1.5 V", "Rest for 1 minute"])
    assert result.complete
    assert result.cycles.charge_capacity_mAh_per_g[0] == 0
    assert "cycle 1: 'Charge at C/10 until 1.5 V' ended at once" in result.notes[0]


def test_gitt_relaxes_between_pulses() -> None:
    trace = ss.simulate(CELL, ss.protocols.gitt(pulses=3)).trace
    at_rest = trace.current_A == 0
    assert at_rest.any()
    # After each charge pulse the voltage falls back during the rest.
    first_pulse_end = np.flatnonzero(~at_rest & (trace.cycle == 1))
    ends = [k for k in first_pulse_end if k + 1 < len(trace) and at_rest[k + 1]]
    assert len(ends) == 3
    for end in ends:
        rest_end = end + 1 + int(np.argmin(at_rest[end + 1 :])) if not at_rest[end + 1 :].all() else len(trace) - 1
        assert trace.voltage_V[rest_end - 1] < trace.voltage_V[end] - 0.01


def test_another_counter_electrode_cycles() -> None:
    design = ss.CellDesign(negative=ss.INDIUM_LITHIUM)
    cell = ss.Cell(interface=CELL.interface, design=design)
    rows = ss.simulate(cell, ["Charge at C/10 until 3.68 V", "Discharge at C/10 until 2.28 V"], cycles=2).cycles
    # The same window against Li, so the same capacity within what LTO's polarisation makes.
    lto = ss.simulate(CELL, ["Charge at C/10 until 2.74 V", "Discharge at C/10 until 1.34 V"], cycles=2).cycles
    np.testing.assert_allclose(rows.discharge_capacity_mAh_per_g, lto.discharge_capacity_mAh_per_g, rtol=0.02)


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        (["Charge at C/10 until 1.35 V", "Discharge at C/10 until 2.75 V"], "voltage limits are crossed"),
        ([["Charge at C/10 until 1.35 V", "Rest for 1 hour"], ["Discharge at C/10 until 2.75 V"]], "are crossed"),
        (["Charge at 0C until 2.75 V"], "C-rate must be positive"),
        ([], "at least one step"),
    ],
)
def test_bad_protocols_are_refused(protocol: list[str], message: str) -> None:
    with pytest.raises(ss.InputError, match=message):
        ss.simulate(CELL, protocol)


def test_several_windows_in_one_cycle_are_allowed() -> None:
    steps = ["Charge at 1C until 2.2 V", "Discharge at 1C until 1.5 V", "Charge at 1C until 2.7 V"]
    assert ss.simulate(CELL, [*steps, "Discharge at 1C until 2.3 V"]).complete


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ss.InputError, match="Engine 'jaxx' is not known; use one of: pybamm"):
        ss.simulate(CELL, CYCLE, engine="jaxx")
    with pytest.raises(ss.InputError, match="no active material, so a C-rate means nothing"):
        ss.simulate(ss.Cell(design=ss.electrolyte_pellet()), CYCLE)
    with pytest.raises(ss.InputError, match="no electrode that reacts, so 'Hold at 1 V for 1 minute'"):
        ss.simulate(ss.Cell(design=ss.electrolyte_pellet()), ["Hold at 1 V for 1 minute"])
    with pytest.raises(ss.InputError, match=r"state must be a CellState, .* got SimulationResult"):
        ss.simulate(CELL, CYCLE, state=ss.simulate(CELL, ["Rest for 1 minute"]))
    other = ss.Cell(interface=CELL.interface, design=ss.CellDesign(negative=ss.INDIUM_LITHIUM))
    with pytest.raises(ss.InputError, match=r"another kind of cell than this one .*negative_V"):
        ss.simulate(other, CYCLE, state=ss.simulate(CELL, ["Rest for 1 minute"]).final_state)
    for engine in ("pybamm", "jax"):
        with pytest.raises(ss.InputError, match=r"A mesh is an ss.Mesh, .* got 'fine'"):
            ss.simulate(CELL, CYCLE, engine=engine, mesh="fine")
    with pytest.raises(ss.InputError, match="cathode needs at least 3 cells, got 2"):
        ss.Mesh(2, 2, 2)
    with pytest.raises(ss.InputError, match="finished cycles 1 to 1"):
        ss.simulate(CELL, CYCLE).state_after(2)
