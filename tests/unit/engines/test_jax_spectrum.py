"""Impedance of the JAX engine: the reference's spectra and parts, remapped states, derivatives, batches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import sscell as ss
from sscell.cell import fresh_state
from sscell.engines.jax.equations import Equations
from sscell.engines.jax.impedance import impedance, impedance_budget, spectra_of
from sscell.engines.jax.kept import compiler_options
from sscell.engines.jax.lanes import fresh_lanes, lanes_from_states, lanes_of
from sscell.engines.jax.remap import state_on
from sscell.engines.jax.settle import settled
from sscell.engines.jax.spectrum import spectra
from sscell.engines.pybamm import impedance as reference
from sscell.jax_setup import load_jax
from sscell.records import Profile

# Small meshes: the agreement is of the same discretisation, whatever its error.
MESH = ss.Mesh(cathode=5, particle=8, anode=6, electrode_ratio=1.3, particle_ratio=0.75)
STATE_MESH = ss.Mesh(cathode=4, particle=6, anode=5, electrode_ratio=1.1)
FREQUENCY_HZ = np.geomspace(7e6, 1e-3, 17)
COATED = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=550))
CELLS = {
    "coated": COATED,
    "bare": ss.Cell.from_recipe(ss.Recipe()),
    "InLi": ss.Cell(interface=COATED.interface, design=ss.CellDesign(negative=ss.INDIUM_LITHIUM)),
    "pellet": ss.Cell(design=ss.electrolyte_pellet()),
}


def aged(cell: ss.Cell, seed: int = 1) -> ss.CellState:
    """A state as after use: gradients of lithium, a film, lost particles; potentials far from balance."""
    rng = np.random.default_rng(seed)
    fresh = fresh_state(cell, STATE_MESH.edges)
    values = {name: np.array(profile.values) for name, profile in fresh.profiles.items()}
    if "stoichiometry" in values:
        shape = values["stoichiometry"].shape
        values["stoichiometry"] = 0.6 + 0.05 * np.arange(shape[1]) / shape[1] + 0.02 * rng.random((shape[0], 1))
        values["decomposition_m"] = 1e-9 * (5 + 10 * rng.random(shape[0]))
        values["active_fraction"] = 0.9 - 0.05 * rng.random(shape[0])
        values["interface_V"] = values["interface_V"] + 0.3
    if "anode_stoichiometry" in values:
        values["anode_stoichiometry"] = 0.3 + 0.1 * np.sort(rng.random(values["anode_stoichiometry"].size))
    return replace(fresh, profiles={k: Profile(p.axes, values[k]) for k, p in fresh.profiles.items()}, time_s=3.6e5)


def relative(z: Any, expected: Any) -> float:
    return float(np.max(np.abs(np.asarray(z) / np.asarray(expected) - 1)))


@pytest.mark.parametrize("kind", CELLS)
def test_same_spectrum_and_parts_as_the_reference(kind: str) -> None:
    """The same equations on the same mesh; what is left is rounding at low frequency and the settling's tolerance."""
    cell = CELLS[kind]
    state = aged(cell) if kind != "pellet" else None
    expected = reference.impedance_budget(cell, FREQUENCY_HZ, state, 0.0, MESH)
    plain = impedance(cell, FREQUENCY_HZ, state, 0.0, MESH)
    ours = impedance_budget(cell, FREQUENCY_HZ, state, 0.0, MESH)
    assert relative(plain.impedance_ohm, expected.impedance_ohm) < 1e-8
    assert relative(ours.impedance_ohm, plain.impedance_ohm) < 1e-10
    assert plain.state["voltage_V"] == pytest.approx(expected.spectrum.state["voltage_V"], abs=1e-10)
    assert plain.state["time_s"] == expected.spectrum.state["time_s"]
    assert list(ours.parts) == list(expected.parts)
    size = np.abs(expected.impedance_ohm)
    for name, part in expected.parts.items():
        assert np.max(np.abs(ours.parts[name] - part) / size) < 1e-8, name


def test_state_moves_between_meshes_as_the_record_does() -> None:
    equations, p = Equations(COATED.structure, MESH.edges), lanes_of([COATED, COATED])
    states = [aged(COATED, seed) for seed in (1, 2)]
    before = lanes_from_states(Equations(COATED.structure, STATE_MESH.edges), states, p)
    moved = load_jax().jit(lambda y: state_on(equations, y, STATE_MESH.edges, MESH.edges))(before)
    expected = lanes_from_states(equations, [state.on(MESH.edges) for state in states], p)
    for ours, theirs in zip(moved, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14 * np.max(np.abs(theirs)))


def test_settled_potentials_are_at_rest() -> None:
    """Rates of all potentials at zero current vanish, and the lithium has not moved."""
    equations, p = Equations(COATED.structure, STATE_MESH.edges), lanes_of([COATED])
    y = lanes_from_states(equations, [aged(COATED)], p)

    def rest(y: Any) -> Any:
        c = equations.cells(p)
        rested, done = settled(equations, c, y)
        return rested, done, equations.rates(c, rested, np.zeros(1))

    rested, done, rates = load_jax().jit(rest, compiler_options=compiler_options())(y)
    assert done.all()
    parts, rate = equations.positive.parts(rested.positive), equations.positive.parts(rates.positive)
    # Volts a second on time constants of 1e-6 s and less: 1e-5 V/s is a move of 1e-11 V.
    assert np.max(np.abs(rate.v)) < 1e-5 and np.max(np.abs(rate.layers)) < 1e-5
    assert np.max(np.abs(rates.negative[0])) < 1e-5
    np.testing.assert_array_equal(parts.x, equations.positive.parts(y.positive).x)


def test_batch_gives_what_each_cell_gives_alone() -> None:
    """Fresh cells and used ones mixed, more cells and frequencies than one chunk takes; tolerance as above."""
    cells = [ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400 + 10 * k)) for k in range(18)]
    states = [None, aged(COATED), aged(COATED, 2)] * 6
    frequency_Hz = np.geomspace(7e6, 1e-3, 70)
    batch = spectra_of(cells, frequency_Hz, states, MESH)
    assert batch.settled.all() and batch.impedance_ohm.shape == (18, 70)
    for k in (0, 1, 4, 9, 17):
        alone = reference.impedance(cells[k], frequency_Hz, states[k], 0.0, MESH)
        assert relative(batch.impedance_ohm[k], alone.impedance_ohm) < 1e-8
        assert batch.voltage_V[k] == pytest.approx(alone.state["voltage_V"], abs=1e-10)


def test_a_cell_that_does_not_settle_spoils_no_other() -> None:
    lost = aged(COATED)
    nowhere = Profile(("cathode", "particle"), np.full_like(lost.profiles["stoichiometry"].values, np.nan))
    lost = replace(lost, profiles={**lost.profiles, "stoichiometry": nowhere})
    batch = spectra_of([COATED, COATED], FREQUENCY_HZ, [lost, aged(COATED)], MESH)
    assert batch.settled.tolist() == [False, True]
    assert np.isnan(batch.impedance_ohm[0]).all()
    alone = impedance(COATED, FREQUENCY_HZ, aged(COATED), 0.0, MESH).impedance_ohm
    assert relative(batch.impedance_ohm[1], alone) < 1e-10
    with pytest.raises(ss.SscellError, match="did not settle at zero current"):
        impedance(COATED, FREQUENCY_HZ, lost, 0.0, MESH)


def test_states_of_other_cells_are_refused() -> None:
    with pytest.raises(ss.InputError, match="of another kind of cell"):
        impedance(COATED, FREQUENCY_HZ, aged(CELLS["InLi"]), 0.0, MESH)
    with pytest.raises(ss.InputError, match="state must be a CellState"):
        impedance(COATED, FREQUENCY_HZ, {"interface_V": 1.0}, 0.0, MESH)  # type: ignore[arg-type]


NAMES = (
    "area_m2",
    "temperature_K",
    "cathode_ionic_conductivity_S_per_m",
    "particle_radius_m",
    "diffusivity_m2_per_s",
    "exchange_current_density_A_per_m2",
    "cathode_double_layer_F_per_m2",
    "NiO_resistance_ohm_m2",
    "oxidation_reference_V",
    "decomposition_conductivity_S_per_m",
    "anode_exchange_current_density_A_per_m2",
    "separator_resistance_ohm_m2",
)


def test_derivatives_against_differences() -> None:
    """Forward mode against central differences of fourth order, reverse against forward; a fresh and an aged lane.

    Step 2e-4: what is left is rounding, 1e-11 of |Z| over the step, and the fourth power of the step.
    """
    jax, cells = load_jax(), [COATED, COATED]
    new, old = ss.Mesh(cathode=3, particle=5, anode=3).edges, STATE_MESH.edges
    equations, p = Equations(COATED.structure, new), lanes_of(cells)
    used = lanes_from_states(Equations(COATED.structure, old), [aged(COATED)] * 2, p)
    omega = 2 * np.pi * FREQUENCY_HZ

    def z_of(logarithms: Any) -> Any:
        q = {**p, **{name: p[name] * jax.numpy.exp(logarithms[k]) for k, name in enumerate(NAMES)}}
        states = fresh_lanes(equations, new, q), state_on(equations, used, old, new)
        y = jax.tree.map(lambda a, b: jax.numpy.stack([a[..., 0], b[..., 1]], axis=-1), *states)
        return spectra(equations, q, y, omega)[0]

    options = compiler_options()
    z = jax.jit(z_of, compiler_options=options)
    forward = jax.jit(lambda x, d: jax.jvp(z_of, (x,), (d,))[1], compiler_options=options)
    weights = np.random.default_rng(3).normal(size=(2, FREQUENCY_HZ.size, 2)) @ [1, 1j]
    reverse = jax.jit(jax.grad(lambda x: jax.numpy.sum((weights * z_of(x)).real)), compiler_options=options)
    here, step = np.zeros((len(NAMES), 2)), 2e-4
    gradient, size = np.asarray(reverse(here)), np.max(np.abs(z(here)), axis=1)
    for k, name in enumerate(NAMES):
        along = np.zeros_like(here)
        along[k] = 1
        slope = np.asarray(forward(here, along))
        near, far = (np.asarray(z(h * along)) - np.asarray(z(-h * along)) for h in (step, 2 * step))
        difference = (8 * near - far) / (12 * step)
        error = np.max(np.abs(slope - difference) / (np.abs(slope) + 1e-3 * np.abs(z(here))))
        assert error < 1e-6, name
        expected = np.sum((weights * slope).real, axis=1)
        assert np.all(np.abs(gradient[k] - expected) < 1e-8 * np.abs(expected) + 1e-10 * size), name
