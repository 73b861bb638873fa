"""What the recipe made: the interface LPSCl | coating | NCM85 as one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sscell.constants import ZERO_CELSIUS_K
from sscell.errors import extrapolates, require
from sscell.interface import coating as film
from sscell.interface.crystallites import crystallite_size_m, phase
from sscell.interface.dose import thermal_dose_h
from sscell.interface.inactive import inactive_fraction
from sscell.interface.materials import ZRO2, CathodeSurface, CoatingMaterial, coating_named
from sscell.interface.passivation import coverage, film_quality, passivation
from sscell.interface.rocksalt import rocksalt_thickness_m
from sscell.interface.zirconium import diffusion_length_m, zirconium_profile
from sscell.provenance import ParameterRecord, parameter_records
from sscell.recipe import Recipe

REFERENCE_K = {
    "crystallite": 550.0 + ZERO_CELSIUS_K,
    "densification": 300.0 + ZERO_CELSIUS_K,
    "roughening": 550.0 + ZERO_CELSIUS_K,
    "rocksalt": 700.0 + ZERO_CELSIUS_K,
    "inactivation": 700.0 + ZERO_CELSIUS_K,
    "cation_diffusion": 700.0 + ZERO_CELSIUS_K,
}
STUDY_ALD_CYCLES = (0, 15)
STUDY_ANNEAL_C = (250, 700)
STUDY_DWELL_MIN = 30.0
STUDY_RAMP_K_PER_MIN = 10.0


@dataclass(frozen=True, kw_only=True)
class InterfaceState:
    """Thicknesses in m, fractions in 0..1; made by `interface_from_recipe` or by hand.

    passivation: share of the electrolyte oxidation that the film stops; inactive_fraction: share of the CAM that
    takes no part; cation_diffusion_length_m: ℓ of the erfc profile of the coating's cation in the CAM.
    """

    coating: CoatingMaterial
    surface: CathodeSurface = field(default_factory=CathodeSurface)
    coating_mass_fraction: float
    nominal_thickness_m: float
    coating_thickness_m: float
    crystallite_size_m: float
    phase: str
    coverage: float
    film_quality: float
    passivation: float
    rocksalt_thickness_m: float
    inactive_fraction: float
    cation_diffusion_length_m: float
    recipe: Recipe | None = None

    def __post_init__(self) -> None:
        for name in (
            "coating_mass_fraction",
            "nominal_thickness_m",
            "coating_thickness_m",
            "rocksalt_thickness_m",
            "crystallite_size_m",
            "cation_diffusion_length_m",
        ):
            value = getattr(self, name)
            require(
                bool(np.isfinite(value)) and value >= 0,
                f"InterfaceState: {name} must be finite and not negative, got {value}; thicknesses are in metres.",
            )
        for name in ("coverage", "film_quality", "passivation", "inactive_fraction"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"InterfaceState: {name} must lie between 0 and 1, got {value}.")

    def cation_profile(self, depth_m: Any) -> np.ndarray:
        """Cation concentration at depth over that at the CAM's surface."""
        return np.asarray(zirconium_profile(depth_m, self.cation_diffusion_length_m))

    @property
    def provenance(self) -> list[ParameterRecord]:
        """Every constant behind this state, with unit and source."""
        return parameter_records(self.coating, "coating.") + parameter_records(self.surface, "surface.")


def interface_from_recipe(
    recipe: Recipe, *, coating: CoatingMaterial | None = None, surface: CathodeSurface | None = None
) -> InterfaceState:
    """The interface a recipe makes; `coating` overrides the material the recipe names.

    Warns with ExtrapolationWarning outside the study's range (0-15 ALD cycles, 250-700 °C, 30 min, 10 K/min).
    """
    material = coating if coating is not None else coating_named(recipe.coating)
    bare = surface if surface is not None else CathodeSurface()
    values = interface_values(recipe_values(recipe), material, bare)
    mass_fraction = float(values["coating_mass_fraction"])
    require(
        mass_fraction < 1,
        f"Recipe: this coating would weigh {mass_fraction:g} times the active material; give fewer ALD cycles or a "
        "thinner coating.",
    )
    _warn_outside_study(recipe, material, mass_fraction)
    dwell_K = None if recipe.anneal_temperature_C is None else recipe.anneal_temperature_C + ZERO_CELSIUS_K
    has_film = values["coating_thickness_m"] > 0
    return InterfaceState(
        coating=material,
        surface=bare,
        phase=phase(dwell_K) if has_film else "no coating",
        recipe=recipe,
        **{name: float(value) for name, value in values.items()},
    )


def recipe_values(recipe: Recipe) -> Mapping[str, Any]:
    """The continuous inputs of a recipe as plain numbers (temperature 25 °C and no dwell: as coated)."""
    dwell_C = recipe.anneal_temperature_C
    return {
        "ald_cycles": recipe.ald_cycles,
        "thickness_m": None if recipe.coating_thickness_nm is None else recipe.coating_thickness_nm * 1e-9,
        "mass_fraction": recipe.coating_mass_fraction,
        "dwell_temperature_K": (dwell_C if dwell_C is not None else 25.0) + ZERO_CELSIUS_K,
        "dwell_s": recipe.anneal_time_min * 60.0 if dwell_C is not None else 0.0,
        "ramp_K_per_s": recipe.ramp_K_per_min / 60.0,
    }


def interface_values(
    recipe: Mapping[str, Any], material: CoatingMaterial, surface: CathodeSurface, xp: Any = np
) -> dict[str, Any]:
    """All numbers of the interface from the numbers of a recipe, differentiable with xp = jax.numpy."""

    def dose_h(process: str, energy: float) -> Any:
        return thermal_dose_h(
            energy, recipe["dwell_temperature_K"], recipe["dwell_s"], recipe["ramp_K_per_s"], REFERENCE_K[process], xp
        )

    ratio, area = material.real_to_nominal_thickness, surface.bet_area_m2_per_kg
    if recipe["thickness_m"] is not None:
        mass_fraction = recipe["thickness_m"] / ratio * material.density_kg_per_m3 * area
    elif recipe["mass_fraction"] is not None:
        mass_fraction = recipe["mass_fraction"]
    else:
        mass_fraction = film.coating_mass_fraction(recipe["ald_cycles"], material.mass_fraction_per_ald_cycle)
    nominal_m = film.nominal_thickness_m(mass_fraction, material.density_kg_per_m3, area)
    thickness_m = film.real_thickness_m(nominal_m, ratio)
    covered = coverage(thickness_m, material.coverage_thickness_m, xp)
    quality = film_quality(
        material.quality_as_coated,
        material.quality_dense,
        material.densification_per_h,
        dose_h("densification", material.densification_energy_J_per_mol),
        material.roughening_per_h,
        dose_h("roughening", material.roughening_energy_J_per_mol),
        xp,
    )
    rocksalt_m = rocksalt_thickness_m(
        surface.native_rocksalt_m,
        material.rocksalt_growth_m2_per_h,
        dose_h("rocksalt", material.rocksalt_energy_J_per_mol),
        covered,
    )
    inactive = inactive_fraction(
        material.inactivation_per_h, dose_h("inactivation", material.inactivation_energy_J_per_mol), covered, xp
    )
    cation_dose = dose_h("cation_diffusion", material.cation_diffusion_energy_J_per_mol)
    crystallite = crystallite_size_m(
        material.crystallite_as_coated_m,
        material.crystallite_growth_m2,
        dose_h("crystallite", material.crystallite_energy_J_per_mol),
    )
    has_film = thickness_m > 0
    return {
        "coating_mass_fraction": mass_fraction,
        "nominal_thickness_m": nominal_m,
        "coating_thickness_m": thickness_m,
        "crystallite_size_m": crystallite * has_film,
        "coverage": covered,
        "film_quality": quality,
        "passivation": passivation(covered, quality),
        "rocksalt_thickness_m": rocksalt_m,
        "inactive_fraction": inactive,
        "cation_diffusion_length_m": diffusion_length_m(material.cation_diffusivity_m2_per_s, cation_dose) * has_film,
    }


def _warn_outside_study(recipe: Recipe, material: CoatingMaterial, mass_fraction: float) -> None:
    study = "the study behind the laws (Kitsche et al. 2022)"
    most = STUDY_ALD_CYCLES[1] * material.mass_fraction_per_ald_cycle
    if mass_fraction > 1.1 * most:  # the study's own films scatter by as much: 4-5 nm by TEM
        given = {
            "ald_cycles": f"{recipe.ald_cycles:g} ALD cycles extrapolate from 0-{STUDY_ALD_CYCLES[1]}",
            "coating_thickness_nm": f"a {recipe.coating_thickness_nm} nm coating extrapolates from 0-5 nm",
            "coating_mass_fraction": f"a coating of {100 * mass_fraction:g} wt% extrapolates from 0-{100 * most:g} wt%",
        }
        what = next(name for name in given if getattr(recipe, name))
        extrapolates(f"Recipe: {given[what]} in {study}.")
    foreign = material.name != ZRO2.name and mass_fraction > 0
    borrowed = (material.quality_as_coated, material.coverage_thickness_m)
    if foreign and borrowed == (ZRO2.quality_as_coated, ZRO2.coverage_thickness_m):
        extrapolates(f"Recipe: the passivation by {material.name} is extrapolated from ZrO2 in {study}.")
    temperature = recipe.anneal_temperature_C
    if temperature is None:
        return
    if not STUDY_ANNEAL_C[0] <= temperature <= STUDY_ANNEAL_C[1]:
        extrapolates(f"Recipe: an anneal at {temperature:g} °C extrapolates from 250-700 °C in {study}.")
    if recipe.anneal_time_min != STUDY_DWELL_MIN:
        extrapolates(
            f"Recipe: a dwell of {recipe.anneal_time_min:g} min extrapolates from {STUDY_DWELL_MIN:g} min, the only "
            f"one in {study}."
        )
    if recipe.ramp_K_per_min != STUDY_RAMP_K_PER_MIN:
        extrapolates(
            f"Recipe: a ramp of {recipe.ramp_K_per_min:g} K/min extrapolates from {STUDY_RAMP_K_PER_MIN:g} K/min, the "
            f"only one in {study}."
        )
    if recipe.atmosphere != "O2":
        extrapolates(
            f"Recipe: an anneal in {recipe.atmosphere} extrapolates from O2 in {study}; the laws do not know the gas."
        )
    if foreign:
        extrapolates(f"Recipe: the anneal laws of {material.name} are extrapolated from ZrO2 in {study}.")
