"""The core of the fast engine: its method, its eliminations, and what its loop does at limits and when a lane fails."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lithium_balance import anode_C, cathode_C

import sscell as ss
from sscell.cell import fresh_state
from sscell.engines.jax import rosenbrock
from sscell.engines.jax.batch import Outcome, run_batch
from sscell.engines.jax.cycler import cycler_at
from sscell.engines.jax.equations import Equations, State
from sscell.engines.jax.kept import compiler_options
from sscell.engines.jax.lanes import fresh_lanes, lanes_from_states, lanes_of
from sscell.engines.jax.problems import Status
from sscell.engines.jax.program import program_from
from sscell.engines.jax.simulate import simulate as fast
from sscell.engines.mesh import Mesh
from sscell.engines.pybamm.simulate import simulate as reference
from sscell.jax_setup import load_jax
from sscell.protocol import Protocol, protocol_from
from sscell.records import Profile

# What is tested here holds on any mesh; small ones compile and run quicker.
MESH = Mesh(cathode=4, particle=8, anode=6, electrode_ratio=1.1)
COATED = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
CELLS = {
    "LTO": COATED,
    "InLi": ss.Cell(interface=COATED.interface, design=ss.CellDesign(negative=ss.INDIUM_LITHIUM)),
    "liquid": ss.Cell(interface=COATED.interface, design=ss.liquid_half_cell(ss.CellDesign().positive.material)),
    "pellet": ss.Cell(design=ss.electrolyte_pellet()),
}
CYCLE = ["Charge at C/2 until 2.75 V", "Discharge at C/2 until 1.35 V"]


@functools.cache
def used() -> ss.SimulationResult:
    """Ends half charged with the current just off: gradients everywhere, some decomposition."""
    return fast(COATED, protocol_from([*CYCLE, "Charge at C/2 for 30 minutes"]), mesh=MESH)


# --- the method


def tableau() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """α, β = α + γ, b and b̂ of the method in its plain form, from the transformed one (Hairer and Wanner, IV.7.25)."""
    n = len(rosenbrock.A)
    square = {name: np.zeros((n, n)) for name in "AC"}
    for name, rows in (("A", rosenbrock.A), ("C", rosenbrock.C)):
        for i, row in enumerate(rows):
            square[name][i, : len(row)] = row
    gamma = np.linalg.inv(np.eye(n) / rosenbrock.GAMMA - square["C"])
    alpha = square["A"] @ gamma
    embedded = square["A"][-1] @ gamma
    return alpha, alpha + gamma, embedded + gamma[-1], embedded


def misses(alpha: np.ndarray, beta: np.ndarray, b: np.ndarray, order: int, share: float = 1.0) -> np.ndarray:
    """By how much the conditions of an order (autonomous; Hairer and Wanner, table IV.7.1) fail, at a share of it."""
    a, c = alpha.sum(axis=1), beta.sum(axis=1)
    conditions = (
        (1, b.sum(), 1),
        (2, b @ c, 2),
        (3, b @ a**2, 3),
        (3, b @ beta @ c, 6),
        (4, b @ a**3, 4),
        (4, b @ (a * (alpha @ c)), 8),
        (4, b @ beta @ a**2, 12),
        (4, b @ beta @ beta @ c, 24),
    )
    return np.array([value - share**p / part for p, value, part in conditions if p <= order])


def test_the_method_is_of_fourth_order_its_error_estimate_of_third() -> None:
    """Coefficients are given to 16 digits and are up to 30: 1e-13."""
    alpha, beta, b, embedded = tableau()
    assert np.max(np.abs(misses(alpha, beta, b, 4))) < 1e-13
    assert np.max(np.abs(misses(alpha, beta, embedded, 3))) < 1e-13
    assert np.max(np.abs(misses(alpha, beta, embedded, 4))) > 1e-3


def test_the_method_is_stiffly_accurate_and_damps_what_is_fast() -> None:
    """The end is the last stage; R(∞) = 0 for the method and its embedded one, |R(iy)| <= 1."""
    _, beta, b, embedded = tableau()
    np.testing.assert_allclose(b, beta[-1], atol=1e-14)
    one = np.ones(6)
    for weights in (b, embedded):
        assert 1 - weights @ np.linalg.solve(beta, one) == pytest.approx(0, abs=1e-12)
    for y in np.geomspace(1e-2, 1e4, 200):
        assert abs(1 + 1j * y * (b @ np.linalg.solve(np.eye(6) - 1j * y * beta, one))) <= 1 + 1e-12


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_path_within_a_step_is_of_third_order(share: float) -> None:
    alpha, beta, b, _ = tableau()
    gamma = beta - alpha
    bend, twist = (np.append(w, 0.0) @ gamma for w in (rosenbrock.BEND, rosenbrock.TWIST))
    weights = share * b + share * (1 - share) * (bend + share * twist)
    assert np.max(np.abs(misses(alpha, beta, weights, 3, share))) < 1e-12


@functools.cache
def fixed_steps(hold: bool) -> Callable[..., Any]:
    """Jitted: (state, program, time step, count) -> the state after that many equal steps."""
    jax = load_jax()
    equations, numbers = Equations(COATED.structure, MESH.edges), lanes_of([COATED])

    def run(y: State, program: Any, h: Any, count: Any) -> State:
        cycler = cycler_at(equations, equations.cells(numbers), program, np.zeros(1, dtype=int), hold)
        return jax.lax.fori_loop(0, count, lambda _, y: rosenbrock.step(cycler, y, h).y, y)

    return jax.jit(run, compiler_options=compiler_options())


@pytest.mark.parametrize("hold", [False, True], ids=["current", "voltage"])
def test_observed_order_in_the_cell(hold: bool) -> None:
    """Half an hour in ever smaller steps, after a minute in which the layers come to follow the current.

    Fourth order in the end, with 3.5 as what is seen at finite steps; below 1e-9 rounding takes over.
    """
    start = used().final_state
    step = f"Hold at {used().trace.voltage_V[-1]:.6f} V for 1 hour" if hold else "Charge at C/4 for 1 hour"
    equations, numbers = Equations(COATED.structure, MESH.edges), lanes_of([COATED])
    run, program = fixed_steps(hold), program_from(protocol_from([step]))
    begun = run(lanes_from_states(equations, [start], numbers), program, np.full(1, 0.5), 120)
    ends = [run(begun, program, np.full(1, 1800.0 / n), n).positive for n in (2, 4, 8, 64)]
    errors = [float(np.max(np.abs(end - ends[-1])[: equations.positive.grid.shells])) for end in ends[:-1]]
    assert errors[-1] > 1e-9, errors
    assert np.log2(errors[0] / errors[2]) / 2 > 3.5, errors


# --- the linear systems


def drawn_state(cell: ss.Cell, equations: Equations, seed: int) -> State:
    """Near the fresh state with every row moved at random."""
    rng = np.random.default_rng(seed)
    numbers = lanes_of([cell])
    y = State(*map(np.array, fresh_lanes(equations, MESH.edges, numbers)))
    y = State(*(a + 0.01 * rng.normal(size=a.shape) for a in y))
    if cell.structure.positive == "composite":
        n = equations.positive.grid.shells
        layers = len(equations.positive.layer_names)
        y.positive[:n] = 0.6 + 0.1 * rng.random(y.positive[:n].shape)
        y.positive[n + 1 + layers] = 1e-8 * (1 + rng.random(y.positive[0].shape))
        y.positive[n + 2 + layers] = 0.8 + 0.1 * rng.random(y.positive[0].shape)
    if cell.structure.negative == "composite":
        y.negative[1] = 0.4 + 0.1 * rng.random(y.negative[1].shape)
    return y


@pytest.mark.parametrize("g", [1 / 7.5, 40.0, 2j * np.pi * 0.01, 2j * np.pi * 1e4], ids=["slow", "fast", "mHz", "kHz"])
@pytest.mark.parametrize("kind", CELLS)
def test_folding_solves_the_whole_system(kind: str, g: complex) -> None:
    """Against a dense solve with the Jacobian by automatic differentiation, current constant and voltage held.

    Rows and columns are scaled to one; what is left is rounding times the condition, 1e-9 of each row's largest.
    """
    jax = load_jax()
    cell = CELLS[kind]
    equations, numbers = Equations(cell.structure, MESH.edges), lanes_of([cell])
    y, i = drawn_state(cell, equations, 3), np.array([3.0])
    cells = equations.cells(numbers)
    flat, back = jax.flatten_util.ravel_pytree(y)
    size = flat.size

    def rates(q: Any, i: Any) -> Any:
        return jax.flatten_util.ravel_pytree(equations.rates(cells, back(q), i))[0]

    def voltage(q: Any, i: Any) -> Any:
        return equations.voltage(cells, back(q), i)[0]

    bordered = np.zeros((size + 1, size + 1), dtype=complex)
    bordered[:size, :size] = g * np.eye(size) - np.asarray(jax.jacfwd(rates)(flat, i))
    bordered[:size, size] = -np.asarray(jax.jacfwd(rates, 1)(flat, i))[:, 0]
    bordered[size, :size] = np.asarray(jax.grad(voltage)(flat, i))
    bordered[size, size] = np.asarray(jax.grad(voltage, 1)(flat, i))[0]
    right = np.random.default_rng(4).normal(size=size) * np.maximum(np.abs(flat), 1e-9)
    r = State(*(q.astype(type(g)) for q in back(right)))
    factors = equations.factored(cells, equations.slopes(cells, y, i), np.array([g]))
    for hold in (None, np.ones(1)):
        n = size + (hold is not None)
        ours = np.asarray(jax.flatten_util.ravel_pytree(equations.solved(cells, factors, r, hold))[0])
        dense = balanced_solve(bordered[:n, :n], np.append(right, 0.0)[:n])[:size]
        for a, b in zip(rows(back, ours), rows(back, dense), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-9 * np.max(np.abs(b)))


def rows(back: Callable[[Any], State], flat: np.ndarray) -> list[np.ndarray]:
    """The rows of a flat state, real and imaginary part side by side."""
    parts = [back(np.real(flat)), back(np.imag(flat))]
    return [np.stack([np.asarray(part[k][row]) for part in parts]) for k in range(3) for row in range(len(parts[0][k]))]


def balanced_solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A dense solve with columns and rows scaled to one."""
    column = np.max(np.abs(matrix), axis=0)
    scaled = matrix / column
    row = np.max(np.abs(scaled), axis=1)
    scaled = scaled / row[:, None]
    x = np.linalg.solve(scaled, right / row)
    x += np.linalg.solve(scaled, right / row - scaled @ x)
    return x / column


# --- limits, holds and rests


@pytest.mark.parametrize(
    "steps",
    [["Charge at C/2 until 2.75 V"], ["Charge at C/10 until 2.7 V"], CYCLE, [*CYCLE, "Charge at 2C until 2.75 V"]],
    ids=["C/2", "C/10", "discharge", "2C"],
)
def test_limits_are_located_to_a_tenth_of_a_millivolt(steps: list[str]) -> None:
    """A step that is stopped by the clock at the same time takes a whole time step there, not a point of a path.

    At a tolerance of 5e-4 the C-rate of 2 misses it by 0.23 mV on this mesh.
    """
    limited = fast(COATED, protocol_from(steps), mesh=MESH, tolerance=2e-4)
    before = steps[:-1]
    begun_s = fast(COATED, protocol_from(before), mesh=MESH, tolerance=2e-4).final_state.time_s if before else 0.0
    last, limit = steps[-1].split(" until ")
    seconds = limited.final_state.time_s - begun_s
    timed = fast(COATED, protocol_from([*steps[:-1], f"{last} for {seconds!r} seconds"]), mesh=MESH, tolerance=2e-4)
    assert limited.trace.voltage_V[-1] == pytest.approx(float(limit.split()[0]), abs=1e-6)
    assert timed.trace.voltage_V[-1] == pytest.approx(limited.trace.voltage_V[-1], abs=1e-4)


HELD = ["Charge at C/2 until 2.7 V", "Hold at 2.7 V until C/20", "Rest for 1 hour", "Discharge at 1C for 10 minutes"]


def test_charge_hold_rest_and_discharge_as_the_reference() -> None:
    """The same equations, both at tight tolerance: what is left is their errors in time."""
    ours = fast(COATED, protocol_from(HELD), mesh=MESH, tolerance=1e-6)
    theirs = reference(COATED, protocol_from(HELD), mesh=MESH, rtol=1e-8, atol=1e-8)
    a, b = ours.trace, theirs.trace
    assert ours.final_state.time_s == pytest.approx(theirs.final_state.time_s, abs=0.1)
    times = np.linspace(1, b.time_s[-1] - 1, 2000)
    away = np.min(np.abs(times[:, None] - b.time_s[np.flatnonzero(np.abs(np.diff(b.current_A)) > 1e-6)]), axis=1) > 5
    v = np.interp(times, a.time_s, a.voltage_V) - np.interp(times, b.time_s, b.voltage_V)
    i = np.interp(times, a.time_s, a.current_A) - np.interp(times, b.time_s, b.current_A)
    np.testing.assert_allclose(ours.cycles.iloc[0], theirs.cycles.iloc[0], rtol=1e-5)
    assert np.max(np.abs(v[away])) < 1e-4
    assert np.max(np.abs(i[away])) < 1e-4 * COATED.design.one_C_A


def test_what_is_reported_of_a_cycle_is_what_the_trace_shows() -> None:
    """Charge, energy and duration by the trapezoid over the points of the trace, four a time step."""
    result = fast(COATED, protocol_from(HELD), mesh=MESH, tolerance=1e-5)
    trace, row = result.trace, result.cycles.iloc[0]
    dt = np.diff(trace.time_s)
    assert np.all(dt >= 0)
    current, power = trace.current_A, trace.current_A * trace.voltage_V
    # Between two steps of the protocol the current jumps at one time, so that nothing is counted there.
    charge = -np.sum(np.minimum(current[1:] + current[:-1], 0) / 2 * dt) / 3.6 / (1e3 * COATED.design.active_mass_kg)
    energy = -np.sum(np.minimum(power[1:] + power[:-1], 0) / 2 * dt) / 3.6 / (1e3 * COATED.design.active_mass_kg)
    assert row.charge_capacity_mAh_per_g == pytest.approx(charge, rel=1e-4)
    assert row.charge_mean_voltage_V == pytest.approx(energy / charge, rel=1e-5)
    assert row.duration_h == pytest.approx(trace.time_s[-1] / 3600, rel=1e-12)
    assert row.end_voltage_V == trace.voltage_V[-1]
    net = result.final_state.mean("discharged_charge_C") / 3.6 / (1e3 * COATED.design.active_mass_kg)
    assert row.discharge_capacity_mAh_per_g - row.charge_capacity_mAh_per_g == pytest.approx(net, abs=1e-9)


def test_steps_whose_limit_is_passed_end_at_once_and_are_noted() -> None:
    steps = ["Charge at C/10 until 1.5 V", "Hold at 2.0 V until 100 A", "Rest for 1 minute"]
    result = fast(COATED, protocol_from(steps), mesh=MESH)
    expected = reference(COATED, protocol_from(steps), mesh=MESH)
    assert result.complete and result.notes == expected.notes and len(result.notes) == 2
    assert result.cycles.charge_capacity_mAh_per_g[0] == 0
    assert result.final_state.time_s == 60


def test_a_limit_a_rounding_error_ahead_is_met() -> None:
    """The way there takes 1e-7 s or less, shorter than any time step."""
    first = fast(COATED, protocol_from(["Charge at C/2 until 2.6 V"]), mesh=MESH)
    for ahead_V in (1e-9, 1e-12):
        limit_V = first.trace.voltage_V[-1] + ahead_V
        again = fast(
            COATED, protocol_from([f"Charge at C/2 until {limit_V:.15f} V"]), state=first.final_state, mesh=MESH
        )
        assert again.complete, again.message
        assert again.trace.voltage_V[-1] == pytest.approx(limit_V, abs=1e-8)


def test_limits_just_after_a_switch_are_met() -> None:
    """The separator's drop builds up in a nanosecond, and a step's path over it swings: where the reference stops."""
    before = ["Charge at C/2 for 30 minutes", "Rest for 10 minutes"]
    state = fast(COATED, protocol_from(before), mesh=MESH).final_state
    switched_V = fast(COATED, protocol_from(["Charge at 2C for 1 second"]), state=state, mesh=MESH).trace.voltage_V[0]
    for ahead_mV in (1, 7, 20, 39, 60, 150):
        limit_V = round(switched_V + 1e-3 * ahead_mV, 6)
        result = fast(COATED, protocol_from([f"Charge at 2C until {limit_V} V"]), state=state, mesh=MESH)
        assert result.complete, result.message
        assert result.trace.voltage_V[-1] == pytest.approx(limit_V, abs=1e-6)


@pytest.mark.parametrize(
    "step", ["Discharge at 1 mA until -2 V", "Charge at 1 mA until 6.5 V", "Discharge at 30 mA until -0.9 V"]
)
def test_limits_beyond_the_engines_own_are_taken_as_they_are(step: str) -> None:
    result = fast(CELLS["pellet"], protocol_from([step]))
    expected = reference(CELLS["pellet"], protocol_from([step]))
    assert result.complete and expected.complete
    assert result.trace.voltage_V[-1] == pytest.approx(float(step.split()[-2]), abs=1e-6)
    assert result.states[-1].current_A == pytest.approx(expected.states[-1].current_A, rel=1e-12)


def test_a_hold_without_current_lasts_its_time() -> None:
    """At the very voltage the cell has."""
    rest_V = fast(COATED, protocol_from(["Rest for 1 second"]), mesh=MESH).trace.voltage_V[0]
    result = fast(COATED, protocol_from([f"Hold at {rest_V:.17f} V for 10 minutes"]), mesh=MESH)
    assert not result.notes and result.cycles.duration_h[0] == pytest.approx(1 / 6, rel=1e-9)


# --- failures


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (["Discharge at C/10 for 5 hours"], "the cell was emptied after"),
        (["Charge at C/10 for 20 hours"], "the cell was overcharged after"),
        (["Charge at 1000C for 1 second"], "the cell was overcharged after 0.00 h"),
        (["Hold at 2.75 V until 0.01 uA"], "no limit was reached within 200 h"),
    ],
    ids=["emptied", "overcharged", "overcharged at once", "no limit"],
)
def test_failures_are_named_as_by_the_reference(steps: list[str], words: str) -> None:
    result = fast(COATED, protocol_from([CYCLE, steps]), mesh=MESH)
    expected = reference(COATED, protocol_from([CYCLE, steps]), mesh=MESH)
    assert not result.complete and words in result.message
    # Hours to two digits, potentials to the millivolt: as far as two solvers at plain tolerance agree.
    assert result.message.split(";")[0] == expected.message.split(";")[0]
    assert len(result.states) == len(result.cycles) == 1


def test_a_tolerance_that_no_step_meets_is_a_failure_not_a_hang() -> None:
    result = fast(COATED, protocol_from(CYCLE), mesh=MESH, tolerance=1e-15)
    assert not result.complete
    assert "cycle 1, step 1" in result.message and "the solver failed after" in result.message


def test_what_is_not_finite_is_named_and_not_given_back() -> None:
    fresh = fresh_state(COATED, MESH.edges)
    nowhere = Profile(("anode",), np.full(MESH.anode, np.nan))
    state = replace(fresh, profiles={**fresh.profiles, "anode_V": nowhere})
    result = fast(COATED, protocol_from(CYCLE), state=state, mesh=MESH)
    assert not result.complete and "the solution is not finite" in result.message
    assert result.cycles.empty


# --- batches


def batch(cells: list[ss.Cell], protocol: Protocol, spoil: dict[str, tuple[int, float]] | None = None) -> Outcome:
    """Fresh cells; spoil: number -> (cell, value) written over it."""
    equations = Equations(COATED.structure, MESH.edges)
    numbers = lanes_of(cells)
    start = State(*map(np.array, fresh_lanes(equations, MESH.edges, numbers)))
    for name, (cell, value) in (spoil or {}).items():
        numbers[name][cell] = value
    return run_batch(COATED.structure, MESH, numbers, start, np.zeros(len(cells)), protocol)


def annealed(count: int) -> list[ss.Cell]:
    return [ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=300 + 20 * k)) for k in range(count)]


def test_a_batch_gives_what_each_cell_gives_alone() -> None:
    """More cells than lanes, so that lanes are used again; rounding differs with the width of the compiled

    loop, and with it the sizes of steps: 1e-5."""
    cells = annealed(20)
    together = batch(cells, protocol_from(CYCLE, 2))
    assert np.all(together.status == Status.RUNNING)
    for k in (0, 7, 19):
        alone = fast(cells[k], protocol_from(CYCLE, 2), mesh=MESH).cycles
        for name, values in together.table.items():
            np.testing.assert_allclose(values[k], alone[name], rtol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("diffusivity_m2_per_s", np.nan),
        ("temperature_K", np.nan),
        ("exchange_current_density_A_per_m2", 1e300),
        ("oxidation_A_per_m2", 1e30),
    ],
)
def test_an_absurd_cell_fails_by_name_and_its_neighbours_do_not_notice(name: str, value: float) -> None:
    """Bit by bit, as the other lanes take the same steps."""
    cells, protocol = annealed(5), protocol_from(CYCLE)
    clean = batch(cells, protocol)
    spoilt = batch(cells, protocol, {name: (2, value)})
    others = [0, 1, 3, 4]
    assert spoilt.status[2] != Status.RUNNING
    assert np.all(spoilt.status[others] == Status.RUNNING)
    for column in clean.table:
        assert np.isnan(spoilt.table[column][2]).all(), column
        np.testing.assert_array_equal(spoilt.table[column][others], clean.table[column][others])


def test_numbers_that_are_none_end_named_or_with_a_result() -> None:
    """Every number of a cell in turn nothing, negative, beyond all measure or not a number, all in one batch."""
    names, odd = list(lanes_of([COATED])), (0.0, -1.0, 1e300, 1e-300, np.inf, np.nan)
    count = 1 + len(names) * len(odd)
    numbers = {name: np.repeat(value, count) for name, value in lanes_of([COATED]).items()}
    start = State(*map(np.array, fresh_lanes(Equations(COATED.structure, MESH.edges), MESH.edges, numbers)))
    for lane, (name, value) in enumerate(itertools.product(names, odd), start=1):
        numbers[name][lane] = value
    outcome = run_batch(COATED.structure, MESH, numbers, start, np.zeros(count), protocol_from(CYCLE))
    done, table = outcome.status == Status.RUNNING, outcome.table
    assert done[0] and 0 < done.sum() < count
    no_mass = ~(numbers["active_mass_kg"] > 0)
    nothing_passed = (table["charge_capacity_mAh_per_g"] == 0).any(axis=1)
    for name, values in table.items():
        finite = np.isfinite(values).all(axis=1)
        assert finite[done & ~no_mass & ~nothing_passed].all(), name
    for array in outcome.final:
        assert np.isfinite(array[..., done]).all()


# --- conservation and states


def test_charge_and_lithium_are_kept_over_cycles() -> None:
    """To rounding: a Rosenbrock step keeps every linear invariant. The cathode's is linear up to lithium lost with

    particles and their double layers, products that are counted by their own rates: error of the steps, 1e-6.
    """
    fresh = fresh_state(COATED, MESH.edges)
    run = fast(COATED, protocol_from(CYCLE, 5), mesh=MESH)
    end = run.final_state
    passed_C = run.cycles.charge_capacity_mAh_per_g.sum() * 3.6 * COATED.design.active_mass_kg * 1e3
    discharged_C, oxidised_C = end.mean("discharged_charge_C"), end.mean("oxidation_charge_C")
    cathode = cathode_C(COATED, end) - cathode_C(COATED, fresh)
    anode = anode_C(COATED, end) - anode_C(COATED, fresh)
    assert anode == pytest.approx(-discharged_C, abs=1e-12 * passed_C)
    assert cathode - oxidised_C == pytest.approx(discharged_C, abs=1e-6 * passed_C)
    assert oxidised_C > 0.001 * passed_C


def test_a_run_cut_between_cycles_equals_one_run() -> None:
    """The state that is handed over holds everything that acts: to rounding."""
    whole = fast(COATED, protocol_from(CYCLE, 2), mesh=MESH)
    first = fast(COATED, protocol_from(CYCLE), mesh=MESH)
    second = fast(COATED, protocol_from(CYCLE), state=first.final_state, mesh=MESH)
    for name in ("charge_capacity_mAh_per_g", "discharge_capacity_mAh_per_g", "oxidation_charge_mAh_per_g"):
        assert second.cycles[name][0] == pytest.approx(whole.cycles[name][1], rel=1e-10)
    assert second.final_state.time_s == pytest.approx(whole.final_state.time_s, rel=1e-12)
    for name, profile in whole.final_state.profiles.items():
        np.testing.assert_allclose(second.final_state.profiles[name].values, profile.values, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("first", ["pybamm", "jax"])
def test_a_state_goes_on_in_the_other_engine(first: str) -> None:
    """On the same mesh both take the state as it is, so the second cycle is the one of an undivided run."""
    engines = {"pybamm": tight_reference, "jax": tight_fast}
    second = "jax" if first == "pybamm" else "pybamm"
    handed_over = engines[first](protocol_from(CYCLE), None).final_state
    ours = engines[second](protocol_from(CYCLE), handed_over).cycles
    whole = tight_reference(protocol_from(CYCLE, 2), None).cycles
    for name in ("charge_capacity_mAh_per_g", "discharge_capacity_mAh_per_g", "oxidation_charge_mAh_per_g"):
        assert ours[name][0] == pytest.approx(whole[name][1], rel=1e-5)


def tight_reference(protocol: Protocol, state: ss.CellState | None) -> ss.SimulationResult:
    return reference(COATED, protocol, state=state, mesh=MESH, rtol=1e-8, atol=1e-8)


def tight_fast(protocol: Protocol, state: ss.CellState | None) -> ss.SimulationResult:
    return fast(COATED, protocol, state=state, mesh=MESH, tolerance=1e-6)
