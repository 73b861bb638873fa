"""The recipe table: what was done to each sample and what interface that makes."""

from __future__ import annotations

import math
from typing import NamedTuple

from sscell.interface import InterfaceState
from sscell.recipe import Recipe
from sscell.study.result import StudyResult


class RecipeRow(NamedTuple):
    """One sample: its recipe in words, then what the laws make of it."""

    sample: str
    coating: str
    anneal: str
    coating_nm: float
    crystallite_nm: float
    phase: str
    passivation_percent: float
    rocksalt_nm: float
    inactive_percent: float


def recipe_rows(study: StudyResult) -> list[RecipeRow]:
    """A row a sample that has a cell."""
    simulated = {job.sample for job in study.jobs}
    return [
        _row(name, spec.recipe(), study.interface(name))
        for name, spec in study.scenario.samples.items()
        if name in simulated
    ]


def _row(sample: str, recipe: Recipe, interface: InterfaceState) -> RecipeRow:
    return RecipeRow(
        sample=sample,
        coating=_coating_words(recipe),
        anneal=_anneal_words(recipe),
        coating_nm=1e9 * interface.coating_thickness_m,
        crystallite_nm=1e9 * interface.crystallite_size_m if interface.coating_thickness_m else math.nan,
        phase=interface.phase,
        passivation_percent=100 * interface.passivation,
        rocksalt_nm=1e9 * interface.rocksalt_thickness_m,
        inactive_percent=100 * interface.inactive_fraction,
    )


def _coating_words(recipe: Recipe) -> str:
    if recipe.coating_thickness_nm:
        return f"{recipe.coating}, {recipe.coating_thickness_nm:g} nm"
    if recipe.coating_mass_fraction:
        return f"{recipe.coating}, {100 * recipe.coating_mass_fraction:g} wt%"
    if recipe.ald_cycles:
        return f"{recipe.coating}, {recipe.ald_cycles:g} ALD cycles"
    return "none"


def _anneal_words(recipe: Recipe) -> str:
    if recipe.anneal_temperature_C is None:
        return "none"
    return (
        f"{recipe.anneal_temperature_C:g} °C, {recipe.anneal_time_min:g} min, {recipe.ramp_K_per_min:g} K/min, "
        f"{recipe.atmosphere}"
    )
