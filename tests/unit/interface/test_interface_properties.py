"""Laws that hold for every recipe of the study's range: finite, bounded, monotone, differentiable."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sscell as ss
from sscell.interface import ZRO2, CathodeSurface, interface_values, recipe_values

# Dwells and ramps other than the study's own extrapolate, and say so; here the laws are tried beyond them.
pytestmark = pytest.mark.filterwarnings("ignore::sscell.errors.ExtrapolationWarning")

CYCLES = st.floats(0, 15)
ANNEAL_C = st.floats(250, 700)
DWELL_MIN = st.floats(15, 60)
RAMP = st.floats(1, 50)
RECIPES = st.builds(
    ss.Recipe,
    ald_cycles=CYCLES,
    anneal_temperature_C=st.none() | ANNEAL_C,
    anneal_time_min=DWELL_MIN,
    ramp_K_per_min=RAMP,
)
CELL_C = st.floats(-20, 80)

# What an anneal can only make larger.
GROWING = (
    "rocksalt_thickness_m",
    "inactive_fraction",
    "crystallite_size_m",
    "cation_diffusion_length_m",
)


def numbers(**recipe: Any) -> Mapping[str, float]:
    return {k: v for k, v in vars(ss.interface_from_recipe(ss.Recipe(**recipe))).items() if isinstance(v, float)}


def never_less(more: float, less: float) -> bool:
    """more >= less, up to the last bits of a double."""
    return more >= less * (1 - 1e-12)


@given(RECIPES)
def test_every_number_is_finite_and_not_negative(recipe: ss.Recipe) -> None:
    values = {k: v for k, v in vars(ss.interface_from_recipe(recipe)).items() if isinstance(v, float)}
    assert len(values) == 10
    assert all(math.isfinite(v) and v >= 0 for v in values.values()), values


@given(RECIPES)
def test_fractions_are_fractions(recipe: ss.Recipe) -> None:
    state = ss.interface_from_recipe(recipe)
    assert 0 <= state.coverage < 1
    assert 0 <= state.passivation <= state.coverage
    assert 0 <= state.film_quality <= 1
    assert 0 <= state.inactive_fraction < 1


@given(CYCLES, CYCLES, st.none() | ANNEAL_C)
def test_more_cycles_more_coating(a: float, b: float, temperature_C: float | None) -> None:
    """Thickness, mass and coverage rise with the cycles, and with them what needs a coating to happen."""
    low, high = sorted((a, b))
    less = numbers(ald_cycles=low, anneal_temperature_C=temperature_C)
    more = numbers(ald_cycles=high, anneal_temperature_C=temperature_C)
    for name in (
        "coating_mass_fraction",
        "nominal_thickness_m",
        "coating_thickness_m",
        "coverage",
        "passivation",
        "rocksalt_thickness_m",
        "inactive_fraction",
    ):
        assert never_less(more[name], less[name]), name
    assert more["coating_thickness_m"] == pytest.approx(1.5 * more["nominal_thickness_m"])


@given(CYCLES, ANNEAL_C, ANNEAL_C, DWELL_MIN, RAMP)
def test_hotter_reacts_more(cycles: float, a: float, b: float, minutes: float, ramp: float) -> None:
    low, high = sorted((a, b))
    given = {"ald_cycles": cycles, "anneal_time_min": minutes, "ramp_K_per_min": ramp}
    less, more = numbers(anneal_temperature_C=low, **given), numbers(anneal_temperature_C=high, **given)
    for name in GROWING:
        assert never_less(more[name], less[name]), name


@given(CYCLES, ANNEAL_C, DWELL_MIN, DWELL_MIN)
def test_longer_reacts_more(cycles: float, temperature_C: float, a: float, b: float) -> None:
    low, high = sorted((a, b))
    given = {"ald_cycles": cycles, "anneal_temperature_C": temperature_C}
    less, more = numbers(anneal_time_min=low, **given), numbers(anneal_time_min=high, **given)
    for name in GROWING:
        assert never_less(more[name], less[name]), name


@given(CYCLES, ANNEAL_C, RAMP, RAMP)
def test_slower_ramps_react_more(cycles: float, temperature_C: float, a: float, b: float) -> None:
    low, high = sorted((a, b))
    given = {"ald_cycles": cycles, "anneal_temperature_C": temperature_C}
    less, more = numbers(ramp_K_per_min=high, **given), numbers(ramp_K_per_min=low, **given)
    for name in GROWING:
        assert never_less(more[name], less[name]), name


@given(RECIPES, CELL_C, CELL_C)
def test_stack_conducts_better_when_warm(recipe: ss.Recipe, a: float, b: float) -> None:
    low, high = sorted((a, b))
    state = ss.interface_from_recipe(recipe)
    cold, warm = (ss.layer_stack_from_interface(state, t + 273.15).resistance_ohm_m2 for t in (low, high))
    assert 0 < warm <= cold * (1 + 1e-12) < math.inf


@given(RECIPES, CELL_C)
def test_numbers_of_the_cell_are_positive(recipe: ss.Recipe, temperature_C: float) -> None:
    """Everything the engines divide by, or take as a rate, length or capacitance, is positive; only what a bare
    material lacks is zero."""
    cell = ss.Cell.from_recipe(recipe, design=ss.CellDesign(temperature_K=temperature_C + 273.15))
    may_vanish = {"coating_resistance_ohm_m2"}
    for name, value in cell.numbers.items():
        assert math.isfinite(value), name
        assert value >= 0 if name in may_vanish else value > 0, name
    assert all(0 < value <= 1 for value in cell.fresh.values()), cell.fresh


@given(RECIPES)
def test_values_of_the_state_are_the_values_of_the_law(recipe: ss.Recipe) -> None:
    """`interface_from_recipe` adds names and checks, no numbers."""
    values = interface_values(recipe_values(recipe), ZRO2, CathodeSurface())
    state = ss.interface_from_recipe(recipe)
    assert all(getattr(state, name) == value for name, value in values.items())


VARIED = ("ald_cycles", "dwell_temperature_K", "dwell_s", "ramp_K_per_s")
FRACTIONS = ("coverage", "film_quality", "passivation", "inactive_fraction")


def outputs(x: Any, xp: Any) -> dict[str, Any]:
    """Every number of the interface at the four continuous inputs of an annealed ALD recipe."""
    given = {"thickness_m": None, "mass_fraction": None}
    return interface_values(given | {name: x[k] for k, name in enumerate(VARIED)}, ZRO2, CathodeSurface(), xp)


@functools.cache
def jacobian() -> Callable[[np.ndarray], Mapping[str, Any]]:
    import jax
    import jax.numpy as jnp

    return jax.jit(jax.jacfwd(lambda x: outputs(x, jnp)))


@pytest.mark.parametrize("temperature_C", [260, 400, 550, 690])
@pytest.mark.parametrize("cycles", [0.5, 7.0, 14.0])
def test_gradients_agree_with_central_differences(cycles: float, temperature_C: float) -> None:
    """d(every output)/d(every input) by jax.numpy, to 1e-5.

    The steepest output, the film's quality at 690 °C, goes as T^-14000: relative steps of 3e-7 leave 3e-6 of
    truncation, and rounding leaves a few 1e-16 (of the value, of 1 for a fraction) over the step.
    """
    import jax

    recipe = recipe_values(ss.Recipe(ald_cycles=cycles, anneal_temperature_C=temperature_C))
    point = np.array([float(recipe[name]) for name in VARIED])
    with jax.enable_x64(True):
        gradients = {name: np.asarray(value) for name, value in jacobian()(point).items()}
    for k, name in enumerate(VARIED):
        step = 3e-7 * point[k] * np.eye(len(point))[k]
        high, low = outputs(point + step, np), outputs(point - step, np)
        for output in high:
            difference = (float(high[output]) - float(low[output])) / (2 * step[k])
            rounding = 5e-16 * (1 if output in FRACTIONS else abs(float(high[output]))) / step[k]
            assert gradients[output][k] == pytest.approx(difference, rel=1e-5, abs=rounding), (output, name)
