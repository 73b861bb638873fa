"""The cell: an interface in a design, and the numbers every engine runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sscell.cell.design import (
    BlockingElectrode,
    CellDesign,
    CompositeAnode,
    CompositeCathode,
    MetalAnode,
)
from sscell.cell.laws import OpenCircuitVoltage, arrhenius, layer_resistance_ohm_m2, thermal_voltage_V
from sscell.constants import VACUUM_PERMITTIVITY_F_PER_M
from sscell.errors import InputError
from sscell.interface import CathodeSurface, CoatingMaterial, InterfaceState, interface_from_recipe
from sscell.layers import LayerStack, layer_stack_from_interface
from sscell.provenance import ParameterRecord, parameter_records
from sscell.recipe import Recipe
from sscell.records import CellState, Profile

ELECTROLYTE_REFERENCE_K = 298.15


@dataclass(frozen=True)
class CellStructure:
    """What shapes the equations, apart from the numbers in them: cells of one structure share a compiled model."""

    positive: str
    negative: str
    fixed_layers: tuple[str, ...]
    cathode_open_circuit: OpenCircuitVoltage | None
    anode_open_circuit: OpenCircuitVoltage | None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One virtual cell. `interface` is None only for electrolyte pellets."""

    interface: InterfaceState | None = None
    design: CellDesign = field(default_factory=CellDesign)

    def __post_init__(self) -> None:
        if isinstance(self.design.positive, CompositeCathode) and self.interface is None:
            raise InputError(
                "Cell: a composite cathode needs an interface; make one with ss.interface_from_recipe(recipe) or use "
                "ss.Cell.from_recipe(recipe)."
            )

    @classmethod
    def from_recipe(
        cls,
        recipe: Recipe,
        *,
        design: CellDesign | None = None,
        coating: CoatingMaterial | None = None,
        surface: CathodeSurface | None = None,
    ) -> Cell:
        """The cell a recipe makes, in the study's pellet unless another design is given."""
        return cls(
            interface=interface_from_recipe(recipe, coating=coating, surface=surface),
            design=design if design is not None else CellDesign(),
        )

    @property
    def layers(self) -> LayerStack:
        """The fresh layer stack at the cell's temperature."""
        if self.interface is None:
            raise InputError("Cell: an electrolyte pellet has no interface layers.")
        return layer_stack_from_interface(self.interface, self.design.temperature_K, self.design.layer_materials)

    @property
    def structure(self) -> CellStructure:
        """The shape of this cell's equations."""
        positive, negative = self.design.positive, self.design.negative
        composite = isinstance(positive, CompositeCathode)
        anode = isinstance(negative, CompositeAnode)
        return CellStructure(
            positive="composite" if composite else "blocking",
            negative="composite" if anode else "metal" if isinstance(negative, MetalAnode) else "blocking",
            fixed_layers=tuple(layer.name for layer in self.layers.fixed) if composite else (),
            cathode_open_circuit=positive.material.open_circuit if isinstance(positive, CompositeCathode) else None,
            anode_open_circuit=negative.material.open_circuit if isinstance(negative, CompositeAnode) else None,
        )

    @property
    def numbers(self) -> dict[str, float]:
        """Every number of the equations, SI, at the cell's temperature; keys end in their unit."""
        design = self.design
        numbers = {"area_m2": design.area_m2, **_separator_numbers(design)}
        if not isinstance(design.negative, BlockingElectrode):
            numbers["temperature_K"] = design.temperature_K
        if isinstance(design.positive, CompositeCathode):
            numbers["temperature_K"] = design.temperature_K
            assert self.interface is not None
            numbers |= _cathode_numbers(design, design.positive)
            numbers |= _layer_numbers(self.layers)
            numbers |= _oxidation_numbers(design, self.interface)
        else:
            numbers["positive_double_layer_F_per_m2"] = design.positive.double_layer_F_per_m2
        if isinstance(design.negative, CompositeAnode):
            numbers |= _anode_numbers(design, design.negative)
        elif isinstance(design.negative, MetalAnode):
            numbers |= _metal_numbers(design, design.negative)
        else:
            numbers["negative_double_layer_F_per_m2"] = design.negative.double_layer_F_per_m2
        return {name: float(value) for name, value in numbers.items()}

    @property
    def fresh(self) -> dict[str, float]:
        """Where a fresh cell starts: lithium contents and the active fraction of the CAM."""
        start = {}
        if isinstance(self.design.positive, CompositeCathode) and self.interface is not None:
            start["stoichiometry"] = self.design.positive.material.fresh_stoichiometry
            start["active_fraction"] = 1 - self.interface.inactive_fraction
        if isinstance(self.design.negative, CompositeAnode):
            start["anode_stoichiometry"] = self.design.negative.material.fresh_stoichiometry
        return start

    @property
    def parameters(self) -> list[ParameterRecord]:
        """Every constant behind this cell with unit and source, for reports and provenance."""
        interface = self.interface.provenance if self.interface is not None else []
        return interface + parameter_records(self.design)

    @property
    def cathode_area_ratio(self) -> float:
        """CAM sphere area over pellet area, a L: turns ohm m² of CAM into ohm m² of pellet."""
        n = self.numbers
        return n["cathode_area_per_volume_per_m"] * n["cathode_thickness_m"]

    @property
    def roughness(self) -> float:
        """BET area over sphere area of the CAM: about 2.

        Currents and layers are counted per sphere area, so a rougher surface looks like better conducting layers: the
        roughness is degenerate with every layer's conductivity.
        """
        positive = self.design.positive
        if self.interface is None or not isinstance(positive, CompositeCathode):
            raise InputError("Cell: an electrolyte pellet has no active material, so it has no roughness.")
        cam = positive.material
        sphere_m2_per_kg = 6 / (cam.density_kg_per_m3 * cam.particle_diameter_m)
        return self.interface.surface.bet_area_m2_per_kg / sphere_m2_per_kg

    def interface_resistance_ohm_m2(self, state: CellState | None = None) -> float:
        """(ΣR_k + R_ct at x = 0.5)/(a L θ), per pellet area, of a state (None: fresh); the study's figure of merit.

        a L θ is the area that still carries current (θ: the active fraction), as in the measured arc.
        """
        return sum(self.interface_resistances_ohm_m2(state).values())

    def interface_resistances_ohm_m2(self, state: CellState | None = None) -> dict[str, float]:
        """The same by part: each layer, and charge transfer."""
        if self.interface is None:
            raise InputError("Cell: an electrolyte pellet has no interface, so it has no interface resistance.")
        decomposition_m = state.mean("decomposition_m") if state is not None else 0.0
        active = state.mean("active_fraction") if state is not None else self.fresh["active_fraction"]
        parts = _interface_parts(self.numbers, self.structure.fixed_layers, decomposition_m, active)
        return {name: float(part) for name, part in parts.items()}


def interface_resistance_ohm_m2(
    numbers: Mapping[str, Any], fixed_layers: Sequence[str], decomposition_m: Any, active_fraction: Any
) -> Any:
    """The same from `Cell.numbers` and means of the state, for arrays too."""
    return sum(_interface_parts(numbers, fixed_layers, decomposition_m, active_fraction).values())


def _interface_parts(
    numbers: Mapping[str, Any], fixed_layers: Sequence[str], decomposition_m: Any, active_fraction: Any
) -> dict[str, Any]:
    n = numbers
    area = n["cathode_area_per_volume_per_m"] * n["cathode_thickness_m"] * active_fraction
    parts = {"decomposition": layer_resistance_ohm_m2(decomposition_m, n["decomposition_conductivity_S_per_m"])}
    parts |= {name: n[f"{name}_resistance_ohm_m2"] for name in fixed_layers}
    parts["charge_transfer"] = thermal_voltage_V(n["temperature_K"]) / n["exchange_current_density_A_per_m2"]
    return {name: part / area for name, part in parts.items()}


def _separator_numbers(design: CellDesign) -> dict[str, Any]:
    electrolyte, separator = design.electrolyte, design.separator
    bulk = electrolyte_conductivity_S_per_m(design)
    volume_fraction = 1 - separator.porosity
    thickness = separator.mass_kg / (electrolyte.density_kg_per_m3 * design.area_m2 * volume_fraction)
    effective = bulk * volume_fraction / separator.tortuosity_factor
    return {
        "contact_resistance_ohm_m2": design.contact_resistance_ohm_m2,
        "separator_resistance_ohm_m2": thickness / effective,
        "separator_time_constant_s": VACUUM_PERMITTIVITY_F_PER_M * electrolyte.relative_permittivity / effective,
    }


def electrolyte_conductivity_S_per_m(design: CellDesign) -> float:
    """Bulk ionic conductivity at the cell's temperature."""
    electrolyte = design.electrolyte
    return float(
        arrhenius(
            electrolyte.conductivity_S_per_m,
            electrolyte.conductivity_energy_J_per_mol,
            design.temperature_K,
            ELECTROLYTE_REFERENCE_K,
        )
    )


def _cathode_numbers(design: CellDesign, cathode: CompositeCathode) -> dict[str, Any]:
    cam, mix, temperature = cathode.material, cathode.composite, design.temperature_K
    densities = cam.density_kg_per_m3, design.electrolyte.density_kg_per_m3
    radius = cam.particle_diameter_m / 2
    return {
        "cathode_thickness_m": mix.thickness_m(design.area_m2, *densities),
        "cathode_ionic_conductivity_S_per_m": electrolyte_conductivity_S_per_m(design)
        * mix.electrolyte_volume_fraction(*densities)
        / mix.tortuosity_factor,
        "cathode_electronic_conductivity_S_per_m": mix.electronic_conductivity_S_per_m,
        "cathode_area_per_volume_per_m": 3 * mix.active_volume_fraction(*densities) / radius,
        "particle_radius_m": radius,
        "maximum_concentration_mol_per_m3": cam.maximum_concentration_mol_per_m3,
        "stoichiometry_at_4V3": cam.stoichiometry_at_4V3,
        "diffusivity_m2_per_s": arrhenius(cam.diffusivity_m2_per_s, cam.diffusivity_energy_J_per_mol, temperature),
        "diffusivity_drop_decades": cam.diffusivity_drop_decades,
        "diffusivity_midpoint": cam.diffusivity_midpoint,
        "diffusivity_width": cam.diffusivity_width,
        "exchange_current_density_A_per_m2": arrhenius(
            cam.exchange_current_density_A_per_m2, cam.exchange_current_energy_J_per_mol, temperature
        ),
        "cathode_double_layer_F_per_m2": cam.double_layer_F_per_m2,
    }


def _layer_numbers(stack: LayerStack) -> dict[str, Any]:
    numbers = {
        "decomposition_conductivity_S_per_m": stack.growing.conductivity_S_per_m,
        "decomposition_time_constant_s": stack.growing.time_constant_s,
    }
    for layer in stack.fixed:
        numbers[f"{layer.name}_resistance_ohm_m2"] = layer.resistance_ohm_m2
        numbers[f"{layer.name}_time_constant_s"] = layer.time_constant_s
    return numbers


def _oxidation_numbers(design: CellDesign, interface: InterfaceState) -> dict[str, Any]:
    electrolyte = design.electrolyte
    rate = arrhenius(electrolyte.oxidation_A_per_m2, electrolyte.oxidation_energy_J_per_mol, design.temperature_K)
    return {
        "oxidation_A_per_m2": (1 - interface.passivation) * rate,
        "oxidation_transfer_coefficient": electrolyte.oxidation_transfer_coefficient,
        "oxidation_reference_V": electrolyte.oxidation_reference_V,
        "self_limiting_m": electrolyte.self_limiting_m,
        "self_limiting_exponent": electrolyte.self_limiting_exponent,
        "decomposition_volume_m3_per_C": electrolyte.decomposition_volume_m3_per_C,
        "isolation_m2_per_C": electrolyte.isolation_m2_per_C,
    }


def _anode_numbers(design: CellDesign, anode: CompositeAnode) -> dict[str, Any]:
    material, mix, temperature = anode.material, anode.composite, design.temperature_K
    densities = material.density_kg_per_m3, design.electrolyte.density_kg_per_m3
    fraction = mix.active_volume_fraction(*densities)
    return {
        "anode_thickness_m": mix.thickness_m(design.area_m2, *densities),
        "anode_ionic_conductivity_S_per_m": electrolyte_conductivity_S_per_m(design)
        * mix.electrolyte_volume_fraction(*densities)
        / mix.tortuosity_factor,
        "anode_electronic_conductivity_S_per_m": mix.electronic_conductivity_S_per_m,
        "anode_area_per_volume_per_m": 6 * fraction / material.particle_diameter_m,
        "anode_capacity_C_per_m3": fraction
        * material.density_kg_per_m3
        * material.theoretical_capacity_Ah_per_kg
        * 3600,
        "anode_exchange_current_density_A_per_m2": arrhenius(
            material.exchange_current_density_A_per_m2, material.exchange_current_energy_J_per_mol, temperature
        ),
        "anode_double_layer_F_per_m2": material.double_layer_F_per_m2,
    }


def _metal_numbers(design: CellDesign, metal: MetalAnode) -> dict[str, Any]:
    return {
        "metal_potential_V": metal.potential_V,
        "metal_exchange_current_density_A_per_m2": arrhenius(
            metal.exchange_current_density_A_per_m2, metal.exchange_current_energy_J_per_mol, design.temperature_K
        ),
        "metal_double_layer_F_per_m2": metal.double_layer_F_per_m2,
    }


def fresh_state(cell: Cell, edges: dict[str, np.ndarray]) -> CellState:
    """The cell as assembled: uniform lithium, no decomposition, every potential at equilibrium."""
    n, start, structure = cell.numbers, cell.fresh, cell.structure
    profiles: dict[str, Profile] = {}

    def uniform(name: str, value: float, *axes: str) -> None:
        profiles[name] = Profile(axes, np.full(tuple(edges[a].size - 1 for a in axes), float(value)))

    uniform("separator_V", 0.0)
    uniform("discharged_charge_C", 0.0)
    if structure.cathode_open_circuit is not None:
        x = start["stoichiometry"]
        uniform("stoichiometry", x, "cathode", "particle")
        uniform("interface_V", structure.cathode_open_circuit(x, n["stoichiometry_at_4V3"], np), "cathode")
        for name in ("decomposition layer", *structure.fixed_layers):
            uniform(f"{name}_V", 0.0, "cathode")
        uniform("oxidation_charge_C", 0.0)
        uniform("isolated_double_layer_C", 0.0)
        uniform("decomposition_m", 0.0, "cathode")
        uniform("active_fraction", start["active_fraction"], "cathode")
        uniform("isolated_lithium", x * (1 - start["active_fraction"]), "cathode")
    else:
        uniform("positive_V", 0.0)
    if structure.anode_open_circuit is not None:
        y = start["anode_stoichiometry"]
        uniform("anode_stoichiometry", y, "anode")
        uniform("anode_V", structure.anode_open_circuit(y, 0.0, np), "anode")
    elif structure.negative == "metal":
        uniform("negative_V", n["metal_potential_V"])
    else:
        uniform("negative_V", 0.0)
    return CellState(profiles=profiles, edges=edges)
