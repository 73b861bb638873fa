"""Layers: resistance, capacitance and time constant; Arrhenius; the stack of an interface."""

from __future__ import annotations

import math

import numpy as np
import pytest

import sscell as ss
from sscell.constants import GAS_J_PER_MOL_K, VACUUM_PERMITTIVITY_F_PER_M
from sscell.errors import InputError
from sscell.layers import Layer, LayerMaterials, layer_stack_from_interface
from sscell.layers.conduction import REFERENCE_TEMPERATURE_K, arrhenius


def layer(**given) -> Layer:
    values = {"name": "film", "thickness_m": 4e-9, "conductivity_S_per_m": 2e-8, "relative_permittivity": 25.0}
    return Layer(**(values | given))


def test_resistance_capacitance_and_time_constant() -> None:
    """R = δ/σ: 4 nm at 2e-8 S/m are 0.2 Ω m²; C = ε0 ε/δ; τ = RC does not know the thickness."""
    film = layer()
    assert film.resistance_ohm_m2 == pytest.approx(0.2, rel=1e-14)
    assert film.capacitance_F_per_m2 == pytest.approx(8.8541878128e-12 * 25 / 4e-9, rel=1e-14)
    assert film.time_constant_s == pytest.approx(film.resistance_ohm_m2 * film.capacitance_F_per_m2, rel=1e-14)
    assert layer(thickness_m=8e-9).time_constant_s == film.time_constant_s
    assert film.time_constant_s == pytest.approx(VACUUM_PERMITTIVITY_F_PER_M * 25 / 2e-8)


def test_layer_that_is_not_there() -> None:
    """No resistance and, as a plate capacitor without gap, no limit to its capacitance."""
    nothing = layer(thickness_m=0.0)
    assert nothing.resistance_ohm_m2 == 0
    assert nothing.capacitance_F_per_m2 == math.inf
    assert nothing.time_constant_s == layer().time_constant_s


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"thickness_m": -1e-9}, "Layer film: thickness_m must not be negative, got -1e-09"),
        ({"thickness_m": math.nan}, "Layer film: thickness_m must not be negative, got nan"),
        ({"conductivity_S_per_m": 0.0}, "Layer film: conductivity_S_per_m must be positive, got 0.0"),
        ({"relative_permittivity": -1.0}, "Layer film: relative_permittivity must be positive, got -1.0"),
    ],
)
def test_refused_layer(given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        layer(**given)


def test_arrhenius() -> None:
    """The slope of ln k over 1/T is -E/R; at the reference, 45 °C, k is its reference value."""
    energy, temperatures = 42e3, np.array([270.0, 300.0, 330.0])
    logs = np.log(arrhenius(3.0, energy, temperatures))
    assert np.diff(logs) / np.diff(1 / temperatures) == pytest.approx(-energy / GAS_J_PER_MOL_K, rel=1e-12)
    assert arrhenius(3.0, energy, REFERENCE_TEMPERATURE_K) == 3.0
    assert REFERENCE_TEMPERATURE_K == 45 + 273.15
    assert arrhenius(2.0, energy, 300.0, 300.0) == 2.0


STATE = ss.interface_from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=550))


def test_stack_of_an_interface() -> None:
    """From the electrolyte: decomposition layer (none when fresh), coating, NiO, with the interface's thicknesses."""
    stack = layer_stack_from_interface(STATE)
    assert [entry.name for entry in stack.layers] == ["decomposition layer", "coating", "NiO"]
    assert [entry.thickness_m for entry in stack.layers] == [
        0.0,
        STATE.coating_thickness_m,
        STATE.rocksalt_thickness_m,
    ]


def test_resistances_of_a_stack_add() -> None:
    aged = layer_stack_from_interface(STATE, decomposition_thickness_m=10e-9)
    assert aged.resistance_ohm_m2 == pytest.approx(sum(e.thickness_m / e.conductivity_S_per_m for e in aged.layers))
    growth = aged.resistance_ohm_m2 - layer_stack_from_interface(STATE).resistance_ohm_m2
    assert growth == pytest.approx(10e-9 / LayerMaterials().decomposition_conductivity_S_per_m)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_each_layer_has_its_own_activation(position: int) -> None:
    """The ratio of a layer's conductivities at 25 and 45 °C is exp[-(E/R)(1/T1 - 1/T2)] with its own E."""
    materials = LayerMaterials(decomposition_energy_J_per_mol=31e3, rocksalt_energy_J_per_mol=57e3)
    energy = (31e3, STATE.coating.conductivity_energy_J_per_mol, 57e3)[position]
    cold, warm = (layer_stack_from_interface(STATE, t, materials).layers[position] for t in (298.15, 318.15))
    expected = math.exp(-energy / GAS_J_PER_MOL_K * (1 / 298.15 - 1 / 318.15))
    assert cold.conductivity_S_per_m / warm.conductivity_S_per_m == pytest.approx(expected, rel=1e-12)
