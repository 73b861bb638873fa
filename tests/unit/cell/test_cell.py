"""The cell: the paper's areal figures, the numbers of every structure, provenance, and what is refused."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import replace

import numpy as np
import pytest

import sscell as ss
from sscell.cell import CellStructure, electrolyte_conductivity_S_per_m, fresh_state
from sscell.cell.design import Composite
from sscell.constants import FARADAY_C_PER_MOL, GAS_J_PER_MOL_K
from sscell.engines.mesh import Mesh
from sscell.errors import InputError
from sscell.interface import CathodeSurface, CoatingMaterial
from sscell.layers import LayerMaterials

RECIPE = ss.Recipe(ald_cycles=15, anneal_temperature_C=550)
CELL = ss.Cell.from_recipe(RECIPE)
DESIGN = CELL.design
CM2 = DESIGN.area_m2 * 1e4
PAPER = 0.02  # the paper rounds to two digits


def dense(part):
    return replace(part, porosity=0.0)


def test_areal_capacity() -> None:
    """12 mg of composite on 10 mm: 2.9 mAh/cm² at 274 mAh/g (Kitsche et al. 2022)."""
    capacity_mAh = DESIGN.positive.material.theoretical_capacity_Ah_per_kg * DESIGN.active_mass_kg * 1e3
    assert capacity_mAh / CM2 == pytest.approx(2.9, rel=PAPER)


@pytest.mark.parametrize(("rate", "mA_per_cm2"), [(0.1, 0.2), (0.5, 1.0), (1.0, 2.0)])
def test_current_density(rate: float, mA_per_cm2: float) -> None:
    """1C = 190 mA per g of CAM (Kitsche et al. 2022)."""
    assert rate * DESIGN.one_C_A * 1e3 / CM2 == pytest.approx(mA_per_cm2, rel=PAPER)


def test_sphere_area() -> None:
    """a L A over the CAM's mass is 3/(Rρ): 0.36 m²/g at 3.5 µm, about half the BET area."""
    area_m2_per_g = CELL.cathode_area_ratio * DESIGN.area_m2 / DESIGN.active_mass_kg * 1e-3
    assert area_m2_per_g == pytest.approx(0.36, rel=PAPER)
    assert area_m2_per_g == pytest.approx(3 / (1.75e-6 * 4780) * 1e-3, rel=1e-12)


def test_dense_thicknesses() -> None:
    """Without pores: separator 0.685 mm, LTO composite 0.382 mm, cathode 47 µm (arithmetic on the paper's masses)."""
    design = replace(
        DESIGN,
        positive=dense(DESIGN.positive),
        negative=dense(DESIGN.negative),
        separator=dense(DESIGN.separator),
    )
    numbers = replace(CELL, design=design).numbers
    assert numbers["cathode_thickness_m"] == pytest.approx(47e-6, rel=PAPER)
    assert numbers["anode_thickness_m"] == pytest.approx(0.382e-3, rel=2e-3)
    conductivity = electrolyte_conductivity_S_per_m(design)
    assert numbers["separator_resistance_ohm_m2"] * conductivity == pytest.approx(0.685e-3, rel=2e-3)


def test_volume_fractions() -> None:
    """CAM : SE : C = 46.5 : 51.9 : 1.6 before porosity; the rest of the layer is pores."""
    mix, densities = DESIGN.positive.composite, (4780.0, 1860.0)
    solid = 1 - mix.porosity
    assert mix.active_volume_fraction(*densities) / solid == pytest.approx(0.465, abs=5e-4)
    assert mix.electrolyte_volume_fraction(*densities) / solid == pytest.approx(0.519, abs=5e-4)


def test_capacity_of_the_lattice() -> None:
    """Every CAM site filled or emptied passes the theoretical capacity: F c_max V = 274 mAh/g of mass ρV."""
    n = CELL.numbers
    active_volume = n["cathode_area_per_volume_per_m"] * n["particle_radius_m"] / 3
    charge_C = FARADAY_C_PER_MOL * n["maximum_concentration_mol_per_m3"] * active_volume
    charge_C *= n["cathode_thickness_m"] * n["area_m2"]
    assert charge_C / 3.6 / (DESIGN.active_mass_kg * 1e3) == pytest.approx(274, rel=1e-9)


@pytest.mark.parametrize("state_given", [False, True])
def test_interface_resistance(state_given: bool) -> None:
    """(ΣR_k + RT/(F j0))/(a L θ) in Ω m² of pellet, of the fresh cell or of a state."""
    n, theta, decomposition_m, state = CELL.numbers, CELL.fresh["active_fraction"], 0.0, None
    if state_given:
        edges = Mesh(cathode=3, particle=3, anode=3).edges
        state = fresh_state(CELL, edges)
        theta, decomposition_m = 0.7, 12e-9
        profiles = dict(state.profiles)
        for name, value in (("active_fraction", theta), ("decomposition_m", decomposition_m)):
            profiles[name] = profiles[name]._replace(values=np.full(3, value))
        state = replace(state, profiles=profiles)
    stack = CELL.layers.resistance_ohm_m2 + decomposition_m / CELL.layers.growing.conductivity_S_per_m
    charge_transfer = GAS_J_PER_MOL_K * n["temperature_K"] / FARADAY_C_PER_MOL / n["exchange_current_density_A_per_m2"]
    area = n["cathode_area_per_volume_per_m"] * n["cathode_thickness_m"] * theta
    expected = (stack + charge_transfer) / area
    assert CELL.interface_resistance_ohm_m2(state) == pytest.approx(expected, rel=1e-9)


def test_passivation_slows_the_oxidation() -> None:
    """The rate carries (1 - p); bare, it is the electrolyte's own."""
    bare = ss.Cell.from_recipe(ss.Recipe()).numbers["oxidation_A_per_m2"]
    assert bare == pytest.approx(DESIGN.electrolyte.oxidation_A_per_m2)
    assert CELL.numbers["oxidation_A_per_m2"] == pytest.approx((1 - CELL.interface.passivation) * bare)


def test_everything_slows_in_the_cold() -> None:
    """Conductivities, rates and diffusivity are activated; lengths and capacitances are not."""
    cold, warm = (replace(CELL, design=replace(DESIGN, temperature_K=t)).numbers for t in (273.15, 318.15))
    faster = {name for name in cold if warm[name] > cold[name]} - {"temperature_K"}
    slower = {name for name in cold if warm[name] < cold[name]}
    assert faster == {
        "cathode_ionic_conductivity_S_per_m",
        "anode_ionic_conductivity_S_per_m",
        "diffusivity_m2_per_s",
        "exchange_current_density_A_per_m2",
        "anode_exchange_current_density_A_per_m2",
        "decomposition_conductivity_S_per_m",
        "oxidation_A_per_m2",
    }
    assert slower == {
        "separator_resistance_ohm_m2",
        "separator_time_constant_s",
        "coating_resistance_ohm_m2",
        "coating_time_constant_s",
        "NiO_resistance_ohm_m2",
        "NiO_time_constant_s",
        "decomposition_time_constant_s",
    }


@pytest.mark.parametrize(
    ("design", "structure"),
    [
        (ss.CellDesign(), ("composite", "composite")),
        (ss.CellDesign(negative=ss.INDIUM_LITHIUM), ("composite", "metal")),
        (ss.liquid_half_cell(), ("composite", "metal")),
        (ss.CellDesign(negative=ss.BlockingElectrode()), ("composite", "blocking")),
        (ss.electrolyte_pellet(), ("blocking", "blocking")),
    ],
)
def test_structures(design: ss.CellDesign, structure: tuple[str, str]) -> None:
    """Numbers never change a structure, so that a sweep compiles its model once."""
    interface = CELL.interface if isinstance(design.positive, ss.CompositeCathode) else None
    cell = ss.Cell(interface=interface, design=design)
    assert isinstance(cell.structure, CellStructure)
    assert (cell.structure.positive, cell.structure.negative) == structure
    warmer = ss.Cell(interface=interface, design=replace(design, temperature_K=350.0))
    assert warmer.structure == cell.structure
    assert hash(warmer.structure) == hash(cell.structure)
    assert all(math.isfinite(value) for value in cell.numbers.values())


def test_liquid_half_cell() -> None:
    """8 mg CAM per cm²; the liquid does not react; against lithium."""
    design = ss.liquid_half_cell()
    assert design.active_mass_kg * 1e6 / (design.area_m2 * 1e4) == pytest.approx(8, rel=1e-12)
    assert design.negative.potential_V == 0
    numbers = ss.Cell(interface=CELL.interface, design=design).numbers
    assert (numbers["oxidation_A_per_m2"], numbers["isolation_m2_per_C"]) == (0, 0)


def test_electrolyte_pellet() -> None:
    """Its resistance is thickness over conductivity: 0.685 mm at 2 mS/cm and 25 °C are 34 Ω cm²."""
    cell = ss.Cell(design=ss.electrolyte_pellet())
    assert cell.numbers["separator_resistance_ohm_m2"] * 1e4 == pytest.approx(0.0685 / 2e-3, rel=2e-3)
    assert cell.design.one_C_A == 0
    with pytest.raises(InputError, match="an electrolyte pellet has no interface layers"):
        _ = cell.layers


def test_fresh_state() -> None:
    """Uniform lithium, at equilibrium, nothing decomposed, nothing passed."""
    state, fresh = fresh_state(CELL, Mesh(cathode=4, particle=5, anode=3).edges), CELL.fresh
    for name in ("stoichiometry", "active_fraction", "anode_stoichiometry"):
        assert state.mean(name) == pytest.approx(fresh[name], rel=1e-13)
    for name in ("decomposition_m", "coating_V", "NiO_V", "separator_V", "discharged_charge_C"):
        assert state.mean(name) == 0
    law, origin = DESIGN.positive.material.open_circuit, CELL.numbers["stoichiometry_at_4V3"]
    assert state.mean("interface_V") == pytest.approx(law(fresh["stoichiometry"], origin, np))


PARTS = (
    ss.CellDesign,
    ss.CompositeCathode,
    ss.CompositeAnode,
    ss.MetalAnode,
    ss.BlockingElectrode,
    ss.Separator,
    ss.CathodeMaterial,
    ss.AnodeMaterial,
    ss.Electrolyte,
    LayerMaterials,
    CoatingMaterial,
    CathodeSurface,
)


@pytest.mark.parametrize("part", PARTS)
def test_every_number_of_a_part_states_unit_and_source(part: type) -> None:
    """A new number without provenance fails here."""
    for field in dataclasses.fields(part):
        if "float" in str(field.type):
            assert field.metadata.get("unit"), f"{part.__name__}.{field.name}"
            assert field.metadata.get("source"), f"{part.__name__}.{field.name}"


def test_every_parameter_has_unit_and_source() -> None:
    records = CELL.parameters
    names = [record.name for record in records]
    assert len(names) == len(set(names))
    assert all(record.unit and record.source and math.isfinite(record.value) for record in records)
    assert {"coating.density_kg_per_m3", "positive.material.diffusivity_m2_per_s", "temperature_K"} <= set(names)


def test_open_circuit_laws_are_parameters_too() -> None:
    """A curve is many numbers: each is listed with the curve's source, and so is its error."""
    found = {r.name: r for r in CELL.parameters if r.name.startswith("positive.material.open_circuit.")}
    law = DESIGN.positive.material.open_circuit
    assert {record.source for record in found.values()} == {law.source}
    assert found["positive.material.open_circuit.error_V"].value == law.error_V
    listed = sorted(record.value for record in found.values())
    scalars = [law.plateau_V, law.low_V, law.low_width, law.high_V, law.high_width, law.error_V]
    assert listed == sorted([*scalars, *(number for wave in law.waves for number in wave)])


def source_of(name: str, cell: ss.Cell) -> str:
    return next(record.source for record in cell.parameters if record.name == name)


def test_changed_value_carries_its_source() -> None:
    """Given, or said to be missing; unchanged values keep theirs."""
    material = ss.CathodeMaterial(
        density_kg_per_m3=4800.0,
        double_layer_F_per_m2=0.3,
        sources={"density_kg_per_m3": "pycnometer, our lab"},
    )
    cell = ss.Cell.from_recipe(RECIPE, design=ss.CellDesign(positive=ss.CompositeCathode(material=material)))
    assert source_of("positive.material.density_kg_per_m3", cell) == "pycnometer, our lab"
    assert source_of("positive.material.double_layer_F_per_m2", cell) == "user, no source stated"
    assert source_of("positive.mass_kg", cell) == source_of("positive.mass_kg", CELL)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ss.Cell(), "a composite cathode needs an interface; make one with ss.interface_from_recipe"),
        (lambda: ss.CellDesign(diameter_m=0.0), "CellDesign pellet: diameter_m must be above 0 .m., got 0"),
        (
            lambda: ss.CellDesign(temperature_K=-1.0),
            "temperature_K must be at least 173.15 and at most 573.15 .*, got -1",
        ),
        (lambda: ss.CellDesign(lead_inductance_H=-1e-9), "lead_inductance_H must be at least 0 .H., got -1e-09"),
        (
            lambda: ss.CellDesign(positive=ss.BlockingElectrode()),
            "a blocking positive electrode needs a blocking negative one",
        ),
        (lambda: ss.CompositeCathode(mass_kg=-1e-6), "CompositeCathode: mass_kg must be above 0 .kg., got -1e-06"),
        (lambda: ss.CompositeCathode(porosity=1.0), "porosity must be at least 0 and at most 0.95 .no unit., got 1"),
        (lambda: ss.CompositeAnode(active_mass_fraction=0.5), "mass fractions must sum to 1, got 1.2"),
        (lambda: ss.CompositeAnode(tortuosity_factor=0.5), "tortuosity_factor must be at least 1 .no unit., got 0.5"),
        (lambda: ss.Separator(mass_kg=0.0), "Separator: mass_kg must be above 0 .kg., got 0"),
        (lambda: ss.MetalAnode(exchange_current_density_A_per_m2=-1.0), "MetalAnode InLi: exchange_current_.* above 0"),
        (lambda: ss.CompositeCathode(active_mass_fraction=0.99, electrolyte_mass_fraction=0.0), "must be above 0"),
        (lambda: ss.CathodeSurface(native_rocksalt_m=-1e-9), "CathodeSurface: native_rocksalt_m must be at least 0"),
        (lambda: ss.CellDesign(diameter_m="10"), "diameter_m must be a finite number in m, got '10'"),
        (
            lambda: ss.Separator(porosity=-0.1),
            "Separator: porosity must be at least 0 and at most 0.95 .no unit., got -0.1",
        ),
        (
            lambda: ss.Electrolyte(conductivity_S_per_m=0.0),
            "Electrolyte LPSCl: conductivity_S_per_m must be above 0 .S/m at 25 °C., got 0",
        ),
        (lambda: ss.Electrolyte(oxidation_A_per_m2=-1.0), "oxidation_A_per_m2 must be at least 0 .*, got -1"),
        (
            lambda: ss.CathodeMaterial(particle_diameter_m=math.nan),
            "particle_diameter_m must be a finite number in m, got nan",
        ),
        (
            lambda: ss.CathodeMaterial(fresh_stoichiometry=1.1),
            "stoichiometry_at_4V3 < fresh_stoichiometry <= 1 must hold, got .* and 1.1",
        ),
        (lambda: ss.AnodeMaterial(fresh_stoichiometry=0.0), "fresh_stoichiometry must be above 0 .no unit., got 0"),
    ],
)
def test_refused(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_composite_keeps_its_mass() -> None:
    """Area times thickness times fractions times densities is the mass that was weighed."""
    mix = Composite(
        mass_kg=2e-5,
        active_mass_fraction=0.6,
        electrolyte_mass_fraction=0.4,
        carbon_mass_fraction=0.0,
        porosity=0.2,
        tortuosity_factor=2.0,
        electronic_conductivity_S_per_m=1.0,
    )
    volume = 1e-4 * mix.thickness_m(1e-4, 5000.0, 2000.0)
    parts = (mix.active_volume_fraction(5000.0, 2000.0), mix.electrolyte_volume_fraction(5000.0, 2000.0))
    assert sum(parts) == pytest.approx(1 - 0.2, rel=1e-12)
    assert volume * (5000 * parts[0] + 2000 * parts[1]) == pytest.approx(2e-5, rel=1e-12)


def test_roughness_is_bet_over_sphere_area() -> None:
    """0.71 m2/g by BET over 0.36 m2/g of spheres with d50 = 3.5 µm: about 2."""
    cell = ss.Cell.from_recipe(ss.Recipe())
    assert cell.roughness == pytest.approx(0.71 / 0.36, rel=0.01)
    with pytest.raises(InputError, match="no roughness"):
        _ = ss.Cell(design=ss.electrolyte_pellet()).roughness
