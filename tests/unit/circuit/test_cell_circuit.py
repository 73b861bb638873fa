"""Cells and layer stacks as circuits: the same impedance as the closed form, in thicknesses and conductivities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sscell as ss
from sscell.cell import INDIUM_LITHIUM, CathodeMaterial, fresh_state
from sscell.cell.design import electrolyte_pellet
from sscell.engines.cell_circuit import circuit_from_cell, circuit_from_layer_stack
from sscell.engines.mesh import IMPEDANCE_MESH
from sscell.errors import InputError
from sscell.jax_setup import load_jax
from sscell.records import CellState, Profile

FREQUENCY_HZ = np.geomspace(7e6, 1e-3, 40)
OMEGA = 2 * np.pi * FREQUENCY_HZ
COATED = ss.Recipe(ald_cycles=15, anneal_temperature_C=700)
CELLS = {
    "bare": ss.Cell.from_recipe(ss.Recipe()),
    "coated": ss.Cell.from_recipe(COATED),
    "half full, 25 °C, InLi": ss.Cell.from_recipe(
        COATED,
        design=ss.CellDesign(
            negative=INDIUM_LITHIUM,
            temperature_K=298.15,
            positive=ss.CompositeCathode(material=CathodeMaterial(fresh_stoichiometry=0.6)),
        ),
    ),
    "liquid": ss.Cell.from_recipe(COATED, design=ss.liquid_half_cell()),
    "pellet": ss.Cell(design=electrolyte_pellet(temperature_C=-25)),
}


def aged(cell: ss.Cell) -> CellState:
    """Half full, with 60 nm of decomposition layer and a tenth of the material lost; the LTO on its plateau's side."""
    state = fresh_state(cell, IMPEDANCE_MESH.edges)
    changed = {"decomposition_m": 6e-8, "active_fraction": 0.85, "stoichiometry": 0.5, "anode_stoichiometry": 0.2}
    profiles = {
        name: Profile(profile.axes, np.full_like(profile.values, changed[name])) if name in changed else profile
        for name, profile in state.profiles.items()
    }
    return replace(state, profiles=profiles)


@pytest.mark.parametrize("name", CELLS)
def test_circuit_equals_the_closed_form(name: str) -> None:
    cell = CELLS[name]
    for state in (None, aged(cell)):
        circuit = circuit_from_cell(cell, state)
        spectrum = circuit.spectrum(circuit.values, FREQUENCY_HZ)
        exact = ss.closed_form_impedance(cell, FREQUENCY_HZ, state)
        np.testing.assert_allclose(spectrum.impedance_ohm, exact.impedance_ohm, rtol=1e-10)
        assert (spectrum.area_m2, spectrum.temperature_K) == (exact.area_m2, exact.temperature_K)


@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        ("cathode_ionic_conductivity_S_per_m", None),
        ("exchange_current_density_A_per_m2", "exchange_current_density_A_per_m2"),
        ("diffusivity_m2_per_s", "diffusivity_m2_per_s"),
        ("cathode_double_layer_F_per_m2", "double_layer_F_per_m2"),
    ],
)
def test_changed_value_is_a_changed_cell(parameter: str, field: str | None) -> None:
    """A value set to 1.7 of the cell's gives the spectrum of the cell that has it."""
    cell = CELLS["coated"]
    circuit = circuit_from_cell(cell)
    positive = cell.design.positive
    assert isinstance(positive, ss.CompositeCathode)
    if field is None:
        changed = replace(positive, tortuosity_factor=positive.tortuosity_factor / 1.7)
    else:
        changed = replace(
            positive, material=replace(positive.material, **{field: 1.7 * getattr(positive.material, field)})
        )
    other = replace(cell, design=replace(cell.design, positive=changed))
    values = {**circuit.values, parameter: 1.7 * circuit.values[parameter]}
    exact = ss.closed_form_impedance(other, FREQUENCY_HZ).impedance_ohm
    np.testing.assert_allclose(circuit.impedance(values, FREQUENCY_HZ), exact, rtol=1e-10)


@pytest.mark.parametrize("name", ["coated", "pellet"])
def test_partials_against_differences(name: str) -> None:
    """Central differences in steps of 1e-5 of the value (1e-13 m for a layer that is not there): 1e-7 of the slope."""
    circuit = circuit_from_cell(CELLS[name])
    values = list(circuit.values.values())
    z, partials = load_jax().jit(lambda v: circuit.impedance_and_partials(v, OMEGA))(values)
    exact = ss.closed_form_impedance(CELLS[name], FREQUENCY_HZ).impedance_ohm
    np.testing.assert_allclose(z, exact, rtol=1e-10)
    response = load_jax().jit(lambda v: circuit.response(v, OMEGA))
    for k, (parameter, partial) in enumerate(zip(circuit.parameters, partials, strict=True)):
        step = 1e-5 * values[k] or 1e-4 * parameter.upper * 1e-3
        ends = [response([*values[:k], values[k] + sign * step, *values[k + 1 :]]) for sign in (1, -1)]
        slope = (np.asarray(ends[0]) - np.asarray(ends[1])) / (2 * step)
        rounding = 1e-15 * np.max(np.abs(z)) / step
        assert np.max(np.abs(partial - slope)) < 1e-7 * np.max(np.abs(slope)) + 10 * rounding, parameter.name


@pytest.mark.parametrize("name", CELLS)
def test_values_lie_within_their_bounds_and_units_are_in_the_names(name: str) -> None:
    circuit = circuit_from_cell(CELLS[name])
    ends = {"m": "_m", "S/m": "_S_per_m", "ohm m2": "_ohm_m2", "H": "_H", "A/m2": "_A_per_m2", "F/m2": "_F_per_m2"}
    for parameter in circuit.parameters:
        value = circuit.values[parameter.name]
        assert parameter.lower <= value <= parameter.upper or (value == 0 and parameter.zero_allowed), parameter.name
        assert parameter.name.endswith(ends.get(parameter.unit, ""))


def test_names_of_the_study_s_cell() -> None:
    """The names a fit will use: those of Cell.numbers where they stand there."""
    circuit = circuit_from_cell(CELLS["coated"])
    assert circuit.text == "L1-R2-K3-tl(R4,R5,K6-K7-K8-p(C9,R10-Sd11))-tl(R12,R13,p(C14,R15-C16))"
    names = set(circuit.parameter_names)
    assert names >= {
        f"{layer}_{quantity}"
        for layer in ("separator", "decomposition", "coating", "NiO")
        for quantity in ("thickness_m", "conductivity_S_per_m", "relative_permittivity")
    }
    numbers = CELLS["coated"].numbers
    shared = names & set(numbers)
    assert len(shared) >= 14
    assert {name: circuit.values[name] for name in shared} == {name: numbers[name] for name in shared}


def test_layer_stack_is_an_arc_a_layer() -> None:
    """p(R,C) each, R = δ/σ and C = ε0 ε/δ per m² of active material; a layer that is not there is nothing."""
    stack = CELLS["coated"].layers
    circuit = circuit_from_layer_stack(stack)
    assert circuit.text == "K1-K2-K3"
    values = [v for layer in stack.fixed for v in (layer.resistance_ohm_m2, layer.capacitance_F_per_m2)]
    plain = ss.Spectrum(
        frequency_Hz=FREQUENCY_HZ,
        impedance_ohm=sum(r / (1 + 1j * OMEGA * r * c) for r, c in (values[:2], values[2:])),
    )
    found = circuit.spectrum(circuit.values, FREQUENCY_HZ)
    np.testing.assert_allclose(found.impedance_ohm, plain.impedance_ohm, rtol=1e-13)
    small = circuit_from_layer_stack(stack, area_m2=1e-4)
    np.testing.assert_allclose(
        small.spectrum(small.values, FREQUENCY_HZ).impedance_ohm_cm2, found.impedance_ohm * 1e4, rtol=1e-13
    )


def test_a_layer_is_two_numbers_in_three_parameters() -> None:
    """R = δ/σ and τ = ε0 ε/σ: thickness, conductivity and permittivity times the same factor are the same layer."""
    circuit = circuit_from_layer_stack(CELLS["coated"].layers)
    same = circuit.spectrum(circuit.values, FREQUENCY_HZ).impedance_ohm
    doubled = {name: 2 * v if name.startswith("coating_") else v for name, v in circuit.values.items()}
    np.testing.assert_allclose(circuit.spectrum(doubled, FREQUENCY_HZ).impedance_ohm, same, rtol=1e-14)


def test_area_of_the_rung_is_known_only_with_what_is_per_area() -> None:
    """Twice the area with σ, ε, j0 and C_dl halved and the slope doubled is the same cell (the roughness)."""
    circuit = circuit_from_cell(CELLS["coated"])
    halved = {"cathode_double_layer_F_per_m2", "exchange_current_density_A_per_m2"}
    for layer in ("decomposition", "coating", "NiO"):
        halved |= {f"{layer}_conductivity_S_per_m", f"{layer}_relative_permittivity"}
    factors = dict.fromkeys(halved, 0.5) | {"cathode_area_per_volume_per_m": 2.0, "cathode_slope_V": 2.0}
    values = {name: value * factors.get(name, 1.0) for name, value in circuit.values.items()}
    same = circuit.spectrum(circuit.values, FREQUENCY_HZ).impedance_ohm
    np.testing.assert_allclose(circuit.spectrum(values, FREQUENCY_HZ).impedance_ohm, same, rtol=1e-12)


# What one spectrum of the coated cell determines where areas, thicknesses of electrodes and layers and the LTO's
# interface are known.
DETERMINED = (
    "lead_inductance_H",
    "separator_thickness_m",
    "cathode_ionic_conductivity_S_per_m",
    "cathode_electronic_conductivity_S_per_m",
    "coating_conductivity_S_per_m",
    "coating_relative_permittivity",
    "NiO_conductivity_S_per_m",
    "NiO_relative_permittivity",
    "cathode_double_layer_F_per_m2",
    "exchange_current_density_A_per_m2",
    "diffusivity_m2_per_s",
    "cathode_slope_V",
    "anode_ionic_conductivity_S_per_m",
)


def test_a_cell_with_thirteen_free_parameters_is_found_again() -> None:
    """From its own spectrum with 0.02 % noise and values 20 % off: 4 errors are exceeded once in 1000 such fits.

    χ² with n degrees of freedom has a spread of sqrt(2n), again taken four times.
    """
    circuit = circuit_from_cell(CELLS["coated"])
    noise, rng = 2e-4, np.random.default_rng(3)
    z = np.asarray(circuit.impedance(circuit.values, FREQUENCY_HZ))
    z = z + noise * np.abs(z) * (rng.normal(size=z.shape) + 1j * rng.normal(size=z.shape))
    fit = ss.fit_circuit(
        circuit,
        ss.Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=z),
        fixed={name: value for name, value in circuit.values.items() if name not in DETERMINED},
        initial={name: 1.2 * circuit.values[name] for name in DETERMINED},
        band="all",
    )
    assert fit.status.name == "CONVERGED"
    n = fit.degrees_of_freedom
    assert n == 2 * FREQUENCY_HZ.size - len(DETERMINED)
    assert abs(fit.chi_square / noise**2 - n) < 4 * np.sqrt(2 * n)
    for name in DETERMINED:
        error = fit.standard_errors[name]
        assert error < 0.2 * fit.values[name], name
        assert abs(fit.values[name] - circuit.values[name]) < 4 * error, name


def test_area_must_be_positive() -> None:
    with pytest.raises(InputError, match=r"circuit_from_layer_stack: area_m2 must be positive, got 0"):
        circuit_from_layer_stack(CELLS["bare"].layers, area_m2=0.0)
