"""Coating materials: what a recipe's coating is made of and how it changes in the anneal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sscell.errors import InputError, nearest_key
from sscell.provenance import ASSUMED, STUDY, calibrated, check_parameters, parameter


@dataclass(frozen=True, kw_only=True)
class CoatingMaterial:
    """A coating with its growth, anneal and conduction constants; ZrO2 by ALD is the default.

    Doses are hours at the reference temperature of each process; conductivities hold at 318.15 K (45 °C).
    `sources` names where a changed value comes from.
    """

    name: str = "ZrO2"
    density_kg_per_m3: float = parameter(6100.0, "kg/m3", f"{STUDY}: tetragonal ZrO2, crystallographic")
    mass_fraction_per_ald_cycle: float = parameter(9.0e-4, "kg/kg", f"{STUDY}, Fig. 1", at_least=0.0)
    real_to_nominal_thickness: float = parameter(1.5, "1", f"{STUDY}: TEM 4-5 nm against 2.9 nm nominal")
    crystallite_as_coated_m: float = parameter(4.5e-9, "m", f"{STUDY}, Fig. S4: 4-5 nm")
    crystallite_growth_m2: float = parameter(6.0e-17, "m2/h", f"{STUDY}, Fig. S4: 7-8 nm after 550 °C", at_least=0.0)
    crystallite_energy_J_per_mol: float = parameter(120e3, "J/mol", ASSUMED, at_least=0.0)
    coverage_thickness_m: float = calibrated("coverage_thickness_m", "m")
    quality_as_coated: float = calibrated("quality_as_coated", "1", at_least=0.0, at_most=1.0)
    quality_dense: float = calibrated("quality_dense", "1", at_least=0.0, at_most=1.0)
    densification_per_h: float = calibrated("densification_per_h", "1/h at 300 °C", at_least=0.0)
    densification_energy_J_per_mol: float = calibrated("densification_energy_J_per_mol", "J/mol", at_least=0.0)
    roughening_per_h: float = calibrated("roughening_per_h", "1/h at 550 °C", at_least=0.0)
    roughening_energy_J_per_mol: float = calibrated("roughening_energy_J_per_mol", "J/mol", at_least=0.0)
    rocksalt_growth_m2_per_h: float = calibrated("rocksalt_growth_m2_per_h", "m2/h at 700 °C", at_least=0.0)
    rocksalt_energy_J_per_mol: float = calibrated("coating.rocksalt_energy_J_per_mol", "J/mol")
    inactivation_per_h: float = calibrated("inactivation_per_h", "1/h at 700 °C", at_least=0.0)
    inactivation_energy_J_per_mol: float = calibrated("inactivation_energy_J_per_mol", "J/mol", at_least=0.0)
    cation_diffusivity_m2_per_s: float = parameter(3.8e-20, "m2/s at 700 °C", f"{STUDY}, Fig. 5", at_least=0.0)
    cation_diffusion_energy_J_per_mol: float = parameter(
        270e3, "J/mol", f"{STUDY}: none detectable after 550 °C, so at least 2.8 eV"
    )
    conductivity_S_per_m: float = calibrated("coating.conductivity_S_per_m", "S/m at 45 °C")
    conductivity_energy_J_per_mol: float = parameter(50e3, "J/mol", ASSUMED, at_least=0.0)
    relative_permittivity: float = parameter(
        25.0, "1", "Wilk, Wallace, Anthony, J. Appl. Phys. 89 (2001) 5243: ZrO2 25"
    )
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)


@dataclass(frozen=True, kw_only=True)
class CathodeSurface:
    """What the interface needs to know of the bare CAM: its BET area and native rocksalt layer."""

    bet_area_m2_per_kg: float = parameter(710.0, "m2/kg", f"{STUDY}: BET")
    native_rocksalt_m: float = parameter(
        2.0e-9, "m", f"{STUDY}, Fig. 6: 2 nm after coating; assumed for the bare CAM", at_least=0.0
    )
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_parameters(self)


ZRO2 = CoatingMaterial()
COATINGS = {"ZrO2": ZRO2}


def coating_named(name: str) -> CoatingMaterial:
    """The known coating of that name; raises InputError that lists what is known."""
    if name not in COATINGS:
        raise InputError(
            f"Coating '{name}' is not known (known: {', '.join(COATINGS)}){nearest_key(name, COATINGS)}; "
            "describe it with ss.CoatingMaterial(name=..., density_kg_per_m3=..., ...) and give that to "
            "ss.interface_from_recipe(recipe, coating=...)."
        )
    return COATINGS[name]
