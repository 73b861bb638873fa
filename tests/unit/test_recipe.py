"""Recipes: what they accept and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sscell import Recipe
from sscell.errors import InputError, SscellError


def test_defaults_are_the_study_s() -> None:
    """Kitsche et al. 2022: 30 min in O2, 10 K/min up and down; nothing given means bare and not annealed."""
    recipe = Recipe()
    assert (recipe.ald_cycles, recipe.anneal_temperature_C, recipe.anneal_time_min) == (0, None, 30)
    assert (recipe.ramp_K_per_min, recipe.atmosphere, recipe.coating) == (10, "O2", "ZrO2")


@pytest.mark.parametrize("number", [np.int64(15), np.float64(15), np.float32(15), 15, 15.0])
def test_numbers_of_any_kind(number: float) -> None:
    """Recipes are often drawn from NumPy arrays."""
    recipe = Recipe(ald_cycles=number, anneal_temperature_C=np.int64(400), anneal_time_min=np.float32(30))
    assert recipe == Recipe(ald_cycles=15, anneal_temperature_C=400)


def test_bare_in_every_way() -> None:
    """A coating of no thickness is a way to say bare."""
    assert Recipe(coating_thickness_nm=0).coating_thickness_nm == 0
    assert Recipe(coating_mass_fraction=0.0).coating_mass_fraction == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ald_cycles": -1}, "Recipe: ald_cycles must be a number of at least 0, got -1; use 0 for the bare material"),
        ({"ald_cycles": math.nan}, "ald_cycles must be a number of at least 0, got nan"),
        ({"ald_cycles": math.inf}, "ald_cycles must be a number of at least 0, got inf"),
        ({"ald_cycles": "15"}, "ald_cycles must be a number of at least 0, got '15'"),
        ({"coating_thickness_nm": -4.5}, "coating_thickness_nm must be a number of at least 0, got -4.5"),
        ({"coating_thickness_nm": math.nan}, "coating_thickness_nm must be a number of at least 0, got nan"),
        ({"coating_mass_fraction": -0.01}, "coating_mass_fraction must be a number of at least 0, got -0.01"),
        ({"coating_mass_fraction": 1.2}, "coating_mass_fraction must be below 1, got 1.2; it is kg of coating per kg"),
        ({"ald_cycles": 15, "coating_thickness_nm": 4.5}, "given twice, by ald_cycles and coating_thickness_nm"),
        ({"ald_cycles": 15, "coating_mass_fraction": 0.01}, "given twice, by ald_cycles and coating_mass_fraction"),
        (
            {"coating_thickness_nm": 4.5, "coating_mass_fraction": 0.01},
            "given twice, by coating_thickness_nm and coating_mass_fraction; keep one",
        ),
        ({"ald_cycles": 15, "coating_thickness_nm": 0}, "given twice, by ald_cycles and coating_thickness_nm"),
        ({"anneal_temperature_C": 0}, "must lie between 25 and 2000 °C, got 0; use None for an as-coated sample"),
        ({"anneal_temperature_C": 3000}, "must lie between 25 and 2000 °C, got 3000"),
        ({"anneal_temperature_C": math.nan}, "must lie between 25 and 2000 °C, got nan"),
        ({"anneal_temperature_C": "400"}, "must lie between 25 and 2000 °C, got '400'"),
        ({"anneal_time_min": -1}, "anneal_time_min must be a number of at least 0, got -1; use 0 for a ramp"),
        ({"ramp_K_per_min": 0}, "ramp_K_per_min must be positive and finite, got 0"),
        ({"ramp_K_per_min": math.inf}, "ramp_K_per_min must be positive and finite, got inf"),
        ({"ramp_K_per_min": "10"}, "ramp_K_per_min must be positive and finite, got '10'"),
    ],
)
def test_refused(given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Recipe(**given)


def test_one_family_of_errors() -> None:
    """What a user did wrong can be caught as ours or as Python's ValueError."""
    assert issubclass(InputError, SscellError)
    assert issubclass(InputError, ValueError)
