"""One cell's run with derivatives: run once to find its time steps, replayed on them as a differentiable function."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from sscell.cell import Cell, CellStructure
from sscell.engines.jax.advance import Clock, first_clock, means_over_cathode
from sscell.engines.jax.compiled import PASSES_ALONE, advance_of, equations_of, padded
from sscell.engines.jax.cycle_fields import CycleEnds, StepSums, cycle_fields
from sscell.engines.jax.equations import State
from sscell.engines.jax.kept import compiler_options
from sscell.engines.jax.lanes import fresh_lanes, lanes_from_states, profile_names
from sscell.engines.jax.problems import Status, numbered, problem
from sscell.engines.jax.program import Control, current_A, has_holds, program_from
from sscell.engines.jax.remap import state_on as remapped
from sscell.engines.jax.replay import Moment, Schedule, replayed, schedule_from
from sscell.engines.jax.simulate import TOLERANCE
from sscell.engines.jax.spectrum import spectra
from sscell.engines.jax.tally import BOOLE
from sscell.engines.mesh import Mesh
from sscell.engines.rest import rest_step
from sscell.engines.state import state_on
from sscell.errors import SscellError
from sscell.jax_setup import load_jax
from sscell.protocol import Protocol
from sscell.records import CellState

# Schedules are padded to a multiple of this many time steps, tangents are taken so many at a time: compiled once.
STEPS, TANGENTS = 256, 8


class Plan(NamedTuple):
    """What shapes the compiled function, apart from array sizes."""

    structure: CellStructure
    names: tuple[str, ...]
    holds: bool
    starts: tuple[int, ...]
    fresh: bool
    mesh: Mesh
    impedance_mesh: Mesh | None


class Given(NamedTuple):
    """What stays: program, start, schedule, the last time step of each protocol step (-1: none), frequencies."""

    program: Any
    start: State
    schedule: Schedule
    last: Any
    omega: Any


class DifferentiableRun:
    """A run of one cell that can be differentiated; what it holds was found by running it once."""

    def __init__(
        self,
        cell: Cell,
        numbers: Mapping[str, float],
        protocol: Protocol,
        state: CellState | None,
        frequency_Hz: np.ndarray | None,
        rest_h: float,
        mesh: Mesh,
        impedance_mesh: Mesh,
    ) -> None:
        jax = load_jax()
        equations = equations_of(cell.structure, mesh)
        self.packed = np.array([[numbers[name]] for name in numbers])
        one = {name: jax.numpy.asarray(row) for name, row in zip(numbers, self.packed, strict=True)}
        if state is None:
            start = State(*map(np.asarray, fresh_lanes(equations, mesh.edges, one)))
        else:
            begin = state_on(state, profile_names(equations), mesh.edges)
            start = lanes_from_states(equations, [begin], {k: np.asarray(v) for k, v in one.items()})
        whole = _with_rest(protocol, rest_h) if frequency_Hz is not None and rest_h > 0 else protocol
        program = padded(program_from(whole))
        records = _run(cell.structure, mesh, tuple(numbers), whole, self.packed, program, start, state)
        schedule = schedule_from(records, 1)
        self.points = schedule.step.shape[0]
        starts = np.cumsum([0, *(len(steps) for steps in protocol.cycles)])
        self.plan = Plan(
            structure=cell.structure,
            names=tuple(numbers),
            holds=has_holds(whole),
            starts=tuple(int(k) for k in starts),
            fresh=state is None,
            mesh=mesh,
            impedance_mesh=impedance_mesh if frequency_Hz is not None else None,
        )
        step = schedule.step[:, 0]
        ended = np.searchsorted(step, np.arange(starts[-1]), side="right") - 1
        omega = None if frequency_Hz is None else 2 * np.pi * frequency_Hz
        self.given = Given(program, start, _padded(schedule), ended, omega)
        length = (schedule.share * schedule.h)[:, 0]
        end_s = np.cumsum(length)
        began = np.r_[0.0, end_s][np.searchsorted(step, step)]
        self.step_time_s, self.protocol_step = end_s - began, step + 1

    def with_tangents(self, slopes: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """All results, and their derivatives (parameters, ...) from d number / d parameter (parameters,)."""
        seeds = np.stack([slopes[name] for name in self.plan.names], axis=1)[:, :, None]
        count = seeds.shape[0]
        seeds = np.concatenate([seeds, np.zeros((-count % TANGENTS, *seeds.shape[1:]))])
        forward, pieces = _forward(self.plan), []
        for k in range(0, seeds.shape[0], TANGENTS):
            values, tangents = forward(self.packed, seeds[k : k + TANGENTS], self.given)
            pieces.append(tangents)
        whole = {name: np.concatenate([np.asarray(piece[name]) for piece in pieces])[:count] for name in values}
        return (
            self._cut({name: np.asarray(value) for name, value in values.items()}),
            self._cut(whole),
        )

    def with_gradient(self, loss: Callable[[Mapping[str, Any]], Any]) -> tuple[float, dict[str, float]]:
        """loss(results) and its derivative by each number."""
        jax = load_jax()
        values, backward = _values(self.plan)(self.packed, self.given), _backward(self.plan)
        value, weights = jax.value_and_grad(lambda r: loss(self._cut(r)))(values)
        slope = backward(self.packed, self.given, weights)
        return float(value), dict(zip(self.plan.names, np.asarray(slope)[:, 0].tolist(), strict=True))

    def _cut(self, results: Mapping[str, Any]) -> dict[str, Any]:
        """Without the points that only fill the schedule up."""
        return {name: q[..., : self.points] if name == "voltage_V" else q for name, q in results.items()}


def _with_rest(protocol: Protocol, rest_h: float) -> Protocol:
    return Protocol((*protocol.cycles, (rest_step(rest_h),)), protocol.name)


def _run(
    structure: CellStructure,
    mesh: Mesh,
    names: tuple[str, ...],
    protocol: Protocol,
    packed: np.ndarray,
    program: np.ndarray,
    start: State,
    state: CellState | None,
) -> list[np.ndarray]:
    """The records of the adaptive run; SscellError if it fails."""
    run = advance_of(structure, mesh, names, has_holds(protocol), TOLERANCE, PASSES_ALONE)
    y: Any = start
    clock: Any = first_clock(np.array([state.time_s if state is not None else 0.0]))
    last, records = sum(len(steps) for steps in protocol.cycles), []
    while clock.step[0] < last:
        passes, y, clock, record = run(packed, program, y, clock, last)
        clock = Clock(*map(np.asarray, clock))
        records.append(np.asarray(record)[: int(passes)])
        if clock.status[0] != Status.RUNNING:
            cycle, position, step = numbered(protocol)[clock.step[0]]
            what = problem(clock.status[0], clock.since_s[0])
            raise SscellError(
                f"There are no derivatives of a run that stopped: in cycle {cycle}, step {position} ('{step.text}'), "
                f"{what}."
            )
    return records


def _padded(schedule: Schedule) -> Schedule:
    missing = -schedule.step.shape[0] % STEPS

    def filled(values: np.ndarray, with_what: Any) -> np.ndarray:
        return np.concatenate([values, np.full((missing, *values.shape[1:]), with_what, dtype=values.dtype)])

    return Schedule(
        step=filled(schedule.step, schedule.step[-1, 0]),
        taken=filled(schedule.taken, False),
        met=filled(schedule.met, False),
        h=filled(schedule.h, 1.0),
        share=filled(schedule.share, 1.0),
    )


@functools.lru_cache(maxsize=16)
def _forward(plan: Plan) -> Any:
    """(numbers, seeds (TANGENTS, numbers, 1), given) -> results, tangents (TANGENTS, ...)."""
    jax = load_jax()

    def run(packed: Any, seeds: Any, given: Given) -> Any:
        def along(seed: Any) -> Any:
            return jax.jvp(lambda q: _results(plan, q, given), (packed,), (seed,))

        return jax.vmap(along, out_axes=(None, 0))(seeds)

    return jax.jit(run, compiler_options=compiler_options())


@functools.lru_cache(maxsize=16)
def _values(plan: Plan) -> Any:
    """(numbers, given) -> results."""
    return load_jax().jit(functools.partial(_results, plan), compiler_options=compiler_options())


@functools.lru_cache(maxsize=16)
def _backward(plan: Plan) -> Any:
    """(numbers, given, weights of all results) -> the derivative of their weighted sum by each number."""
    jax = load_jax()

    def run(packed: Any, given: Given, weights: Any) -> Any:
        return jax.vjp(lambda q: _results(plan, q, given), packed)[1](weights)[0]

    return jax.jit(run, compiler_options=compiler_options())


def _results(plan: Plan, packed: Any, given: Given) -> dict[str, Any]:
    """Everything a run gives, from the numbers (numbers, 1)."""
    jnp = load_jax().numpy
    p = dict(zip(plan.names, packed, strict=True))
    equations = equations_of(plan.structure, plan.mesh)
    start = fresh_lanes(equations, plan.mesh.edges, p) if plan.fresh else given.start
    end, moments = replayed(equations, p, given.program, start, given.schedule, plan.holds)
    results = _fields(plan, p, given, start, moments)
    held = Control(*jnp.take(given.program, given.schedule.step[:, 0], axis=1)).hold > 0
    results["voltage_V"] = jnp.where(held, jnp.nan, moments.seen[:, -1, 0])
    if not plan.holds:
        results["voltage_V"] = moments.seen[:, -1, 0]
    if plan.impedance_mesh is not None:
        fine = equations_of(plan.structure, plan.impedance_mesh)
        moved = remapped(fine, end, plan.mesh.edges, plan.impedance_mesh.edges)
        results["impedance_ohm"] = spectra(fine, p, moved, given.omega)[0][0]
    return results


def _fields(plan: Plan, p: dict[str, Any], given: Given, start: State, moments: Moment) -> dict[str, Any]:
    """The fields of CycleSummary, (cycles,)."""
    jnp = load_jax().numpy
    steps, starts = plan.starts[-1], np.array(plan.starts)
    control = Control(*given.program)
    which = given.schedule.step[:, 0]
    member = ((which == jnp.arange(steps)[:, None]) & given.schedule.taken[:, 0]).astype(float)
    held = control.hold[which] > 0
    ordered = current_A(control, which, p["one_C_A"][0])
    mean = jnp.tensordot(BOOLE, moments.seen[:, :, 0], axes=([0], [1]))
    energy = mean * jnp.where(held, control.voltage_V[which], ordered) * moments.passed_s[:, 0]

    def at_end(of_steps: Any, before: Any) -> Any:
        """The value at the end of each protocol step."""
        return jnp.concatenate([jnp.reshape(before, (1,)), of_steps])[given.last + 1]

    charge = at_end(moments.charge_C[:, 0], start.series[1, 0])
    passed = jnp.diff(charge, prepend=start.series[1, 0])
    sums = StepSums(passed[:, None], (member @ energy)[:, None], (member @ moments.passed_s[:, 0])[:, None])
    ends = starts[1:] - 1
    state = _means(plan, start)
    at = [at_end(values[:, 0], before)[ends, None] for values, before in zip(moments[3:], state, strict=True)]
    # The voltage at a cycle's end is the protocol's choice, not a result.
    unsaid = jnp.full((ends.size, 1), jnp.nan)
    fields = cycle_fields(sums, CycleEnds(unsaid, *at), state[-1][None], starts, p, plan.structure, jnp)
    return {name: values[:, 0] for name, values in fields.items() if name != "end_voltage_V"}


def _means(plan: Plan, y: State) -> list[Any]:
    return [values[0] for values in means_over_cathode(equations_of(plan.structure, plan.mesh), y)]
