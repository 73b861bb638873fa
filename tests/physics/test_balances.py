"""Charge and lithium are kept: what leaves one electrode is in the other, in lost particles, or in oxidised LPSCl."""

from dataclasses import replace

import pytest
from lithium_balance import anode_C, cathode_C

import sscell as ss
from sscell.engines.mesh import CYCLING_MESH
from sscell.engines.pybamm.simulate import simulate

RECIPES = {
    "bare": ss.Recipe(),
    "400 °C": ss.Recipe(ald_cycles=15, anneal_temperature_C=400),
    "700 °C": ss.Recipe(ald_cycles=15, anneal_temperature_C=700),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_charge_and_lithium_balance_over_a_cycle(recipe: ss.Recipe) -> None:
    cell = ss.Cell.from_recipe(recipe)
    fresh = ss.simulate(cell, ["Rest for 1 second"]).final_state
    # Tight enough that the solver's own error lies below the 1e-6 asked for.
    cycle = simulate(cell, ss.protocols.first_cycle(), mesh=CYCLING_MESH, rtol=1e-9, atol=1e-9)
    charged_C = cycle.cycles.charge_capacity_mAh_per_g[0] * 3.6 * cell.design.active_mass_kg * 1e3
    assert charged_C > 5.0
    end = cycle.final_state
    discharged_C, oxidised_C = end.mean("discharged_charge_C"), end.mean("oxidation_charge_C")
    cathode = cathode_C(cell, end) - cathode_C(cell, fresh)
    anode = anode_C(cell, end) - anode_C(cell, fresh)
    # The anode takes all the charge; the cathode gave it, less what the electrolyte gave.
    assert anode == pytest.approx(-discharged_C, abs=1e-6 * charged_C)
    assert cathode - oxidised_C == pytest.approx(discharged_C, abs=1e-6 * charged_C)
    assert oxidised_C > 0.01 * charged_C


def test_capacities_are_the_charge_that_passed() -> None:
    cell = ss.Cell.from_recipe(RECIPES["400 °C"])
    steps = ["Charge at C/5 until 2.75 V", "Hold at 2.75 V until C/20", "Discharge at C/5 until 1.35 V"]
    run = ss.simulate(cell, steps)
    row = run.cycles.iloc[0]
    net_mAh_per_g = run.final_state.mean("discharged_charge_C") / 3.6 / (cell.design.active_mass_kg * 1e3)
    # The trapezoid over the solver's own steps of the hold carries the difference.
    assert row.discharge_capacity_mAh_per_g - row.charge_capacity_mAh_per_g == pytest.approx(net_mAh_per_g, abs=0.01)


def test_isolated_particles_keep_their_lithium() -> None:
    electrolyte = replace(ss.LPSCL, isolation_m2_per_C=5e-3)
    cell = ss.Cell.from_recipe(RECIPES["bare"], design=ss.CellDesign(electrolyte=electrolyte))
    state = simulate(cell, ss.protocols.first_cycle(), mesh=CYCLING_MESH, rtol=1e-9, atol=1e-9).final_state
    lost = 1 - state.mean("active_fraction")
    assert 0.3 < lost < 0.9
    # What is lost was isolated while charging: its mean lithium content lies between charged and fresh.
    assert cell.numbers["stoichiometry_at_4V3"] < state.mean("isolated_lithium") / lost < cell.fresh["stoichiometry"]
