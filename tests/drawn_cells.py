"""Cells drawn over the plausible range of their parameters, by a fixed seed."""

import warnings
from dataclasses import replace

import numpy as np

import sscell as ss

# Parameter -> factor that it may be larger or smaller by.
CATHODE_MATERIAL = {
    "diffusivity_m2_per_s": 3.0,
    "exchange_current_density_A_per_m2": 2.0,
    "particle_diameter_m": 1.3,
    "double_layer_F_per_m2": 2.0,
}
CATHODE = {"tortuosity_factor": 1.4, "electronic_conductivity_S_per_m": 3.0}
ELECTROLYTE = {"conductivity_S_per_m": 1.5, "oxidation_A_per_m2": 2.0, "isolation_m2_per_C": 1.5}
LAYERS = {"decomposition_conductivity_S_per_m": 1.5, "rocksalt_conductivity_S_per_m": 1.5}
# Parameter -> how far it may lie to either side.
SHIFTS = {"diffusivity_drop_decades": 0.4, "diffusivity_midpoint": 0.05, "stoichiometry_at_4V3": 0.02}


def drawn_cells(count: int, seed: int = 20221122, width: float = 1.0) -> list[ss.Cell]:
    """Cells in the study's pellet; `width` stretches every range (in the logarithm, where it is a factor)."""
    rng = np.random.default_rng(seed)
    return [_drawn(rng, width) for _ in range(count)]


def _drawn(rng: np.random.Generator, width: float) -> ss.Cell:
    def varied(thing: object, factors: dict[str, float]) -> object:
        return replace(thing, **{k: getattr(thing, k) * f ** (width * rng.uniform(-1, 1)) for k, f in factors.items()})

    coated = rng.random() < 0.8
    recipe = ss.Recipe(
        ald_cycles=int(rng.integers(3, 16)) if coated else 0,
        anneal_temperature_C=float(rng.uniform(250, 700)) if coated and rng.random() < 0.8 else None,
    )
    design = ss.CellDesign()
    material = varied(design.positive.material, CATHODE_MATERIAL)
    shifts = {k: getattr(material, k) + s * width * rng.uniform(-1, 1) for k, s in SHIFTS.items()}
    positive = replace(varied(design.positive, CATHODE), material=replace(material, **shifts))
    positive = replace(positive, tortuosity_factor=max(positive.tortuosity_factor, 1.0))
    design = replace(
        design,
        positive=positive,
        electrolyte=varied(design.electrolyte, ELECTROLYTE),
        layer_materials=varied(design.layer_materials, LAYERS),
        temperature_K=design.temperature_K + 10 * width * rng.uniform(-1, 1),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ss.ExtrapolationWarning)
        return ss.Cell.from_recipe(recipe, design=design)
