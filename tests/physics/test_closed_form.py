"""The discretised model against the two-rail transmission line in closed form, and its convergence with the mesh."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import sscell as ss
from sscell.cell import INDIUM_LITHIUM, CathodeMaterial, CompositeCathode, fresh_state
from sscell.cell.design import electrolyte_pellet
from sscell.engines.closed_form import cathode_impedance_ohm_m2
from sscell.engines.mesh import IMPEDANCE_MESH
from sscell.records import Profile

FREQUENCY_HZ = np.geomspace(7e6, 1e-3, 60)
# The closed form knows no oxidation and no gradients of lithium, so both are left out here.
INERT = replace(ss.LPSCL, oxidation_A_per_m2=0.0)
RECIPES = {
    "bare": ss.Recipe(),
    "as coated": ss.Recipe(ald_cycles=15),
    "700 °C": ss.Recipe(ald_cycles=15, anneal_temperature_C=700),
}


def cell_at(stoichiometry: float, recipe: ss.Recipe, **design: object) -> ss.Cell:
    cathode = CompositeCathode(material=CathodeMaterial(fresh_stoichiometry=stoichiometry))
    return ss.Cell.from_recipe(recipe, design=ss.CellDesign(electrolyte=INERT, positive=cathode, **design))


def aged(cell: ss.Cell, decomposition_m: float) -> ss.CellState:
    state = fresh_state(cell, IMPEDANCE_MESH.edges)
    film = Profile(("cathode",), np.full(IMPEDANCE_MESH.cathode, decomposition_m))
    return replace(state, profiles={**state.profiles, "decomposition_m": film})


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("stoichiometry", [0.25, 0.6, 0.9, 0.9887])
@pytest.mark.parametrize("decomposition_nm", [0.0, 60.0])
def test_default_mesh_within_half_a_percent_of_the_closed_form(
    recipe: ss.Recipe, stoichiometry: float, decomposition_nm: float
) -> None:
    cell = cell_at(stoichiometry, recipe)
    state = aged(cell, decomposition_nm * 1e-9)
    exact = ss.closed_form_impedance(cell, FREQUENCY_HZ, state).impedance_ohm
    error = np.abs(ss.impedance(cell, FREQUENCY_HZ, state=state, rest_h=0).impedance_ohm - exact)
    cathode = cathode_impedance_ohm_m2(cell, FREQUENCY_HZ, state) / cell.design.area_m2
    assert np.max(error / np.abs(exact)) < 0.005
    assert np.max(error / np.abs(cathode)) < 0.02


def test_error_falls_with_the_square_of_the_cell_size() -> None:
    # On uniform meshes; with D 500 times up, the cells resolve every boundary layer at and below 1 kHz.
    cam = CathodeMaterial(fresh_stoichiometry=0.6, diffusivity_m2_per_s=1e-11)
    design = ss.CellDesign(electrolyte=INERT, positive=CompositeCathode(material=cam), negative=INDIUM_LITHIUM)
    cell = ss.Cell.from_recipe(RECIPES["as coated"], design=design)
    frequency_Hz = np.array([1e2, 1e1, 1e-1, 1e-3])
    exact = ss.closed_form_impedance(cell, frequency_Hz).impedance_ohm
    error = [
        np.abs(ss.impedance(cell, frequency_Hz, rest_h=0, mesh=ss.Mesh(n, n, n, 1.0, 1.0)).impedance_ohm - exact)
        for n in (16, 32, 64)
    ]
    for coarse, fine in itertools.pairwise(error):
        order = np.log2(coarse / fine)
        assert np.all((order > 1.8) & (order < 2.2)), order


def test_metal_counter_electrode() -> None:
    cell = cell_at(0.6, RECIPES["bare"], negative=INDIUM_LITHIUM, temperature_K=298.15)
    exact = ss.closed_form_impedance(cell, FREQUENCY_HZ).impedance_ohm
    z = ss.impedance(cell, FREQUENCY_HZ, rest_h=0).impedance_ohm
    np.testing.assert_allclose(z, exact, atol=0.005 * np.abs(exact).min(), rtol=0.005)


def test_electrolyte_pellet_is_exact() -> None:
    cell = ss.Cell(design=electrolyte_pellet(temperature_C=-25))
    exact = ss.closed_form_impedance(cell, FREQUENCY_HZ).impedance_ohm
    np.testing.assert_allclose(ss.impedance(cell, FREQUENCY_HZ).impedance_ohm, exact, rtol=1e-9)


def test_liquid_half_cell() -> None:
    design = ss.liquid_half_cell(CathodeMaterial(fresh_stoichiometry=0.6))
    cell = ss.Cell.from_recipe(RECIPES["as coated"], design=design)
    exact = ss.closed_form_impedance(cell, FREQUENCY_HZ).impedance_ohm
    z = ss.impedance(cell, FREQUENCY_HZ, rest_h=0).impedance_ohm
    assert np.max(np.abs(z - exact) / np.abs(exact)) < 0.005
