"""What physics says of extremes: arcs at their own RC times, the resistive limit, high and low frequencies."""

from dataclasses import replace

import numpy as np
import pytest

import sscell as ss
from sscell.cell import CathodeMaterial, CompositeCathode, fresh_state
from sscell.cell.laws import exchange_current_density
from sscell.constants import FARADAY_C_PER_MOL, GAS_J_PER_MOL_K
from sscell.engines.closed_form import cathode_impedance_ohm_m2, interface_impedance_ohm_m2
from sscell.engines.mesh import IMPEDANCE_MESH
from sscell.engines.pybamm.simulate import simulate
from sscell.layers import LayerMaterials
from sscell.protocol import protocol_from
from sscell.records import Profile

INERT = replace(ss.LPSCL, oxidation_A_per_m2=0.0)


def conducting_cell() -> ss.Cell:
    """κ, σ → ∞ in the composite: 1e6 times the study's, so that only the interface is left of the cathode.

    The three layers get RC times far apart: 1e-5, 1e-3 and 1e-1 s; charge transfer is fast, its double layer small.
    """
    eps0 = 8.8541878128e-12
    conductivity = {name: eps0 * 10 / tau for name, tau in (("film", 1e-3), ("NiO", 1e-1), ("products", 1e-5))}
    coating = ss.CoatingMaterial(conductivity_S_per_m=conductivity["film"], relative_permittivity=10.0)
    layers = LayerMaterials(
        decomposition_conductivity_S_per_m=conductivity["products"],
        decomposition_permittivity=10.0,
        rocksalt_conductivity_S_per_m=conductivity["NiO"],
        rocksalt_permittivity=10.0,
    )
    cam = CathodeMaterial(
        fresh_stoichiometry=0.6,
        exchange_current_density_A_per_m2=1e4,
        double_layer_F_per_m2=1e-3,
        diffusivity_m2_per_s=1e-8,
    )
    cathode = CompositeCathode(material=cam, electronic_conductivity_S_per_m=6e4, porosity=0.1, tortuosity_factor=4.3)
    electrolyte = replace(INERT, conductivity_S_per_m=2e5)
    design = ss.CellDesign(electrolyte=electrolyte, positive=cathode, layer_materials=layers)
    return ss.Cell.from_recipe(ss.Recipe(ald_cycles=15), design=design, coating=coating)


def test_each_layer_is_an_arc_at_its_own_time_constant() -> None:
    cell = conducting_cell()
    state = fresh_state(cell, IMPEDANCE_MESH.edges)
    film = Profile(("cathode",), np.full(IMPEDANCE_MESH.cathode, 30e-9))
    state = replace(state, profiles={**state.profiles, "decomposition_m": film})
    n, area_m2 = cell.numbers, cell.design.area_m2
    per_pellet = 1 / (cell.cathode_area_ratio * area_m2)
    layers = {
        "decomposition layer": (30e-9 / n["decomposition_conductivity_S_per_m"], n["decomposition_time_constant_s"]),
        "coating": (n["coating_resistance_ohm_m2"], n["coating_time_constant_s"]),
        "NiO": (n["NiO_resistance_ohm_m2"], n["NiO_time_constant_s"]),
    }
    for name, (resistance, tau) in layers.items():
        top = np.array([1 / (2 * np.pi * tau)])
        part = ss.impedance_budget(cell, top, state=state, rest_h=0).parts[name][0]
        # At ωτ = 1 an arc stands at R/2 (1 - i).
        assert part == pytest.approx(resistance * per_pellet * 0.5 * (1 - 1j), rel=1e-3), name
    assert len({round(np.log10(tau)) for _, tau in layers.values()}) == 3


def test_resistive_limit_against_a_small_constant_current() -> None:
    """Re Z(ω→0) = L/3κ + L/3σ + [ΣR_k + RT/(F j0) + R|dU/dc|/(5FD)]/(aL), and the overpotential of a small current."""
    stoichiometry = 0.6
    # A fast host (D 100 times up, flat) reaches its parabolic profile long before lithium has moved much.
    cam = CathodeMaterial(fresh_stoichiometry=stoichiometry, diffusivity_m2_per_s=2e-14, diffusivity_drop_decades=1e-9)
    design = ss.CellDesign(electrolyte=INERT, positive=CompositeCathode(material=cam), negative=ss.INDIUM_LITHIUM)
    cell = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15), design=design)
    n, aL = cell.numbers, cell.cathode_area_ratio
    thermal_V = GAS_J_PER_MOL_K * n["temperature_K"] / FARADAY_C_PER_MOL
    exchange = exchange_current_density(stoichiometry, n["exchange_current_density_A_per_m2"], np)
    ocv = cell.structure.cathode_open_circuit
    slope = (ocv(0.601, n["stoichiometry_at_4V3"], np) - ocv(0.599, n["stoichiometry_at_4V3"], np)) / 0.002
    per_concentration = -slope / n["maximum_concentration_mol_per_m3"]
    diffusion = n["particle_radius_m"] * per_concentration / (5 * FARADAY_C_PER_MOL * n["diffusivity_m2_per_s"])
    ohmic = (
        n["cathode_thickness_m"]
        / 3
        * (1 / n["cathode_ionic_conductivity_S_per_m"] + 1 / n["cathode_electronic_conductivity_S_per_m"])
    )
    limit_ohm_m2 = ohmic + (cell.layers.resistance_ohm_m2 + thermal_V / exchange + diffusion) / aL

    low_Hz = np.array([1e-5])
    assert cathode_impedance_ohm_m2(cell, low_Hz)[0].real == pytest.approx(limit_ohm_m2, rel=1e-3)
    others = n["separator_resistance_ohm_m2"] + n["contact_resistance_ohm_m2"]
    others += thermal_V / n["metal_exchange_current_density_A_per_m2"]
    z = ss.impedance(cell, low_Hz, rest_h=0).impedance_ohm[0].real
    assert z * n["area_m2"] == pytest.approx(limit_ohm_m2 + others, rel=2e-3)

    # The overpotential of a small current beyond what the moving mean lithium content explains.
    current_A, seconds = 1e-6, 6000.0
    pulse = protocol_from([f"Discharge at {current_A:g} A for {seconds:g} seconds"])
    run = simulate(cell, pulse, rtol=1e-9, atol=1e-10)
    before = ocv(stoichiometry, n["stoichiometry_at_4V3"], np)
    after = ocv(run.final_state.mean("stoichiometry"), n["stoichiometry_at_4V3"], np)
    overpotential = (before - n["metal_potential_V"]) - run.trace.voltage_V[-1] - (before - after)
    assert overpotential / current_A * n["area_m2"] == pytest.approx(limit_ohm_m2 + others, rel=5e-3)


def test_leads_and_separator_at_the_ends_of_the_range() -> None:
    cell = ss.Cell.from_recipe(ss.Recipe())
    n = cell.numbers
    budget = ss.impedance_budget(cell, [7e6, 1.0], rest_h=0)
    omega = 2 * np.pi * 7e6
    assert budget.parts["leads"][0] == pytest.approx(1j * omega * cell.design.lead_inductance_H)
    arc = n["separator_resistance_ohm_m2"] / n["area_m2"] / (1 + 1j * omega * n["separator_time_constant_s"])
    assert budget.parts["separator"][0] == pytest.approx(arc, rel=1e-9)
    assert budget.parts["separator"][0].imag < 0
    assert interface_impedance_ohm_m2(cell, np.array([1e12]), 0.9, 0.0)[0] == pytest.approx(0, abs=1e-6)
