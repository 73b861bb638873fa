"""What a run gives, from the moments of its time steps and the state at its end; each with its derivatives."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from sscell.engines.jax.compiled import equations_of
from sscell.engines.jax.cycle_fields import CycleEnds, StepSums, cycle_fields
from sscell.engines.jax.equations import State
from sscell.engines.jax.program import Control, current_A
from sscell.engines.jax.remap import state_on as remapped
from sscell.engines.jax.replay import Moment
from sscell.engines.jax.spectrum import spectra
from sscell.engines.jax.tally import BOOLE
from sscell.engines.jax.walk import Before, Kind, jitted, numbers_in
from sscell.engines.mesh import Mesh
from sscell.jax_setup import load_jax


class Shape(NamedTuple):
    """What shapes the results: the kind of run, and the first protocol step of each cycle, then their number."""

    kind: Kind
    starts: tuple[int, ...]


class Given(NamedTuple):
    """What stays: program, what is counted from, of each time step its protocol step and whether it is one (the rest

    fills up), and the last time step of each protocol step (-1: none).
    """

    program: Any
    before: Before
    step: Any
    taken: Any
    last: Any


@functools.lru_cache(maxsize=16)
def fields(shape: Shape) -> Any:
    """(numbers, moments, given) -> results by name."""
    return jitted(lambda packed, moments, given: _results(shape, given, packed, moments, given.before))


@functools.lru_cache(maxsize=16)
def fields_along(shape: Shape) -> Any:
    """(numbers, moments, given, seeds, tangents of moments and of Before) -> tangents of results."""
    jax = load_jax()

    def run(packed: Any, moments: Moment, given: Given, seeds: Any, d_moments: Moment, d_before: Before) -> Any:
        def along(*tangents: Any) -> Any:
            return jax.jvp(functools.partial(_results, shape, given), (packed, moments, given.before), tangents)[1]

        return jax.vmap(along)(seeds, d_moments, d_before)

    return jitted(run)


@functools.lru_cache(maxsize=16)
def fields_back(shape: Shape) -> Any:
    """(numbers, moments, given, cotangents of results) -> those of numbers, moments, Before."""
    jax = load_jax()

    def run(packed: Any, moments: Moment, given: Given, weights: dict[str, Any]) -> Any:
        return jax.vjp(functools.partial(_results, shape, given), packed, moments, given.before)[1](weights)

    return jitted(run)


@functools.lru_cache(maxsize=16)
def spectrum(kind: Kind, mesh: Mesh) -> Any:
    """(numbers, last state, omega) -> impedance, (frequencies,), and whether the potentials settled."""
    return jitted(lambda packed, end, omega: _settled_spectrum(kind, mesh, omega, packed, end))


@functools.lru_cache(maxsize=16)
def spectrum_along(kind: Kind, mesh: Mesh) -> Any:
    """(numbers, last state, omega, seeds, tangents of the state) -> tangents (tangents, frequencies)."""
    jax = load_jax()

    def run(packed: Any, end: State, omega: Any, seeds: Any, dy: State) -> Any:
        def along(*tangents: Any) -> Any:
            return jax.jvp(functools.partial(_spectrum, kind, mesh, omega), (packed, end), tangents)[1]

        return jax.vmap(along)(seeds, dy)

    return jitted(run)


@functools.lru_cache(maxsize=16)
def spectrum_back(kind: Kind, mesh: Mesh) -> Any:
    """(numbers, last state, omega, cotangent) -> those of numbers and state."""
    jax = load_jax()

    def run(packed: Any, end: State, omega: Any, weights: Any) -> Any:
        return jax.vjp(functools.partial(_spectrum, kind, mesh, omega), packed, end)[1](weights)

    return jitted(run)


def _spectrum(kind: Kind, mesh: Mesh, omega: Any, packed: Any, end: State) -> Any:
    return _settled_spectrum(kind, mesh, omega, packed, end)[0]


def _settled_spectrum(kind: Kind, mesh: Mesh, omega: Any, packed: Any, end: State) -> tuple[Any, Any]:
    fine = equations_of(kind.structure, mesh)
    moved = remapped(fine, end, kind.mesh.edges, mesh.edges)
    z, _, done = spectra(fine, numbers_in(kind, packed), moved, omega)
    return z[0], done[0]


def _results(shape: Shape, given: Given, packed: Any, moments: Moment, before: Before) -> dict[str, Any]:
    """The fields of CycleSummary, (cycles,), and the voltage at the end of each time step, NaN where it is held."""
    jnp = load_jax().numpy
    p, steps, starts = numbers_in(shape.kind, packed), shape.starts[-1], np.array(shape.starts)
    control = Control(*given.program)
    which = given.step

    def total(of_time_steps: Any) -> Any:
        """The sum of each protocol step, (steps,)."""
        return jnp.zeros(steps).at[which].add(jnp.where(given.taken, of_time_steps, 0.0))

    held = control.hold[which] > 0
    ordered = current_A(control, which, p["one_C_A"][0])
    mean = jnp.tensordot(BOOLE, moments.seen[:, :, 0], axes=([0], [1]))
    energy = mean * jnp.where(held, control.voltage_V[which], ordered) * moments.passed_s[:, 0]

    def at_end(of_steps: Any, before: Any) -> Any:
        """The value at the end of each protocol step."""
        return jnp.concatenate([jnp.reshape(before, (1,)), of_steps])[given.last + 1]

    charge = at_end(moments.charge_C[:, 0], before.charge_C)
    passed = jnp.diff(charge, prepend=before.charge_C)
    sums = StepSums(passed[:, None], total(energy)[:, None], total(moments.passed_s[:, 0])[:, None])
    ends = starts[1:] - 1
    at = [at_end(values[:, 0], start)[ends, None] for values, start in zip(moments[3:], before[1:], strict=True)]
    # The voltage at a cycle's end is the protocol's choice, not a result.
    unsaid = jnp.full((ends.size, 1), jnp.nan)
    oxidised = jnp.reshape(before.oxidised, (1,))
    table = cycle_fields(sums, CycleEnds(unsaid, *at), oxidised, starts, p, shape.kind.structure, jnp)
    voltage = moments.seen[:, -1, 0]
    return {
        **{name: values[:, 0] for name, values in table.items() if name != "end_voltage_V"},
        "voltage_V": jnp.where(held, jnp.nan, voltage) if shape.kind.holds else voltage,
    }
