"""The cell as a circuit in closed form: uniform electrodes at rest, without electrolyte oxidation.

The independent check of the discretised model: two-rail transmission lines whose rung is the layer stack, charge
transfer beside its double layer, and spherical diffusion.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sscell.cell import Cell
from sscell.cell.laws import OpenCircuitVoltage, diffusivity, exchange_current_density, thermal_voltage_V
from sscell.constants import FARADAY_C_PER_MOL
from sscell.records import CellState, Spectrum
from sscell.records.spectrum import checked_frequencies


def closed_form_impedance(cell: Cell, frequency_Hz: Any, state: CellState | None = None) -> Spectrum:
    """Spectrum of the cell at the mean of a state (None: fresh), lithium and layers taken as uniform."""
    f = checked_frequencies(frequency_Hz)
    s = 2j * np.pi * f
    n, structure = cell.numbers, cell.structure
    total = n["contact_resistance_ohm_m2"] + n["separator_resistance_ohm_m2"] / (1 + s * n["separator_time_constant_s"])
    if structure.positive == "composite":
        total = total + cathode_impedance_ohm_m2(cell, f, state)
    else:
        total = total + 1 / (s * n["positive_double_layer_F_per_m2"])
    total = total + _negative_impedance_ohm_m2(cell, s, state)
    z = total / n["area_m2"] + s * cell.design.lead_inductance_H
    return Spectrum(
        frequency_Hz=f,
        impedance_ohm=z,
        area_m2=cell.design.area_m2,
        temperature_K=cell.design.temperature_K,
        provenance={"source": "closed form"},
    )


def cathode_impedance_ohm_m2(cell: Cell, frequency_Hz: np.ndarray, state: CellState | None = None) -> np.ndarray:
    """The composite cathode alone, per pellet area."""
    n = cell.numbers
    x = state.mean("stoichiometry") if state is not None else cell.fresh["stoichiometry"]
    active = state.mean("active_fraction") if state is not None else cell.fresh["active_fraction"]
    decomposition_m = state.mean("decomposition_m") if state is not None else 0.0
    rung = interface_impedance_ohm_m2(cell, frequency_Hz, x, decomposition_m)
    return transmission_line_ohm_m2(
        n["cathode_thickness_m"],
        n["cathode_ionic_conductivity_S_per_m"],
        n["cathode_electronic_conductivity_S_per_m"],
        n["cathode_area_per_volume_per_m"] * active,
        rung,
    )


def interface_impedance_ohm_m2(
    cell: Cell, frequency_Hz: np.ndarray, stoichiometry: float, decomposition_m: float
) -> np.ndarray:
    """One rung per CAM area: Σ R_k/(1 + iωτ_k) + C_dl beside (R_ct + Z_D)."""
    n, structure = cell.numbers, cell.structure
    s = 2j * np.pi * frequency_Hz
    stack = decomposition_m / n["decomposition_conductivity_S_per_m"] / (1 + s * n["decomposition_time_constant_s"])
    for name in structure.fixed_layers:
        stack = stack + n[f"{name}_resistance_ohm_m2"] / (1 + s * n[f"{name}_time_constant_s"])
    thermal_V = thermal_voltage_V(n["temperature_K"])
    exchange = exchange_current_density(stoichiometry, n["exchange_current_density_A_per_m2"], np)
    faradaic = thermal_V / exchange + diffusion_impedance_ohm_m2(cell, frequency_Hz, stoichiometry)
    return stack + 1 / (s * n["cathode_double_layer_F_per_m2"] + 1 / faradaic)


def diffusion_impedance_ohm_m2(cell: Cell, frequency_Hz: np.ndarray, stoichiometry: float) -> np.ndarray:
    """Z_D = -(dU/dc)(R/FD)/(s coth s - 1), s = R sqrt(iω/D): finite spherical diffusion, per CAM area."""
    n = cell.numbers
    open_circuit = cell.structure.cathode_open_circuit
    assert open_circuit is not None
    slope = slope_V(open_circuit, stoichiometry, n["stoichiometry_at_4V3"]) / n["maximum_concentration_mol_per_m3"]
    spread = diffusivity(
        stoichiometry,
        n["diffusivity_m2_per_s"],
        n["diffusivity_drop_decades"],
        n["diffusivity_midpoint"],
        n["diffusivity_width"],
        np,
    )
    radius = n["particle_radius_m"]
    s = radius * np.sqrt(2j * np.pi * frequency_Hz / spread)
    return -slope * radius / (FARADAY_C_PER_MOL * spread) / _s_coth_s_minus_1(s)


def transmission_line_ohm_m2(
    thickness_m: float, ionic_S_per_m: float, electronic_S_per_m: float, area_per_m: float, rung_ohm_m2: np.ndarray
) -> np.ndarray:
    """Two rails, all current ionic at one end and electronic at the other:

    Z = L/(κ+σ) [1 + (2 + (κ/σ + σ/κ) cosh ν)/(ν sinh ν)], ν = L sqrt(a(1/κ + 1/σ)/z).
    """
    kappa, sigma = ionic_S_per_m, electronic_S_per_m
    nu = thickness_m * np.sqrt(area_per_m * (1 / kappa + 1 / sigma) / rung_ohm_m2)
    # cosh/sinh and 1/sinh by exponentials that do not overflow at high frequency.
    decay = np.exp(-nu)
    over_sinh = 2 * decay / (1 - decay**2)
    coth = (1 + decay**2) / (1 - decay**2)
    return thickness_m / (kappa + sigma) * (1 + (2 * over_sinh + (kappa / sigma + sigma / kappa) * coth) / nu)


def _negative_impedance_ohm_m2(cell: Cell, s: np.ndarray, state: CellState | None) -> np.ndarray:
    n, structure = cell.numbers, cell.structure
    if structure.negative == "blocking":
        return 1 / (s * n["negative_double_layer_F_per_m2"])
    thermal_V = thermal_voltage_V(n["temperature_K"])
    if structure.negative == "metal":
        conductance = n["metal_exchange_current_density_A_per_m2"] / thermal_V
        return 1 / (s * n["metal_double_layer_F_per_m2"] + conductance)
    y = state.mean("anode_stoichiometry") if state is not None else cell.fresh["anode_stoichiometry"]
    assert structure.anode_open_circuit is not None
    slope = slope_V(structure.anode_open_circuit, y, 0.0)
    exchange = exchange_current_density(y, n["anode_exchange_current_density_A_per_m2"], np)
    # Particles without gradients: a capacitor behind the charge transfer.
    storage = -slope * n["anode_area_per_volume_per_m"] / (s * n["anode_capacity_C_per_m3"])
    rung = 1 / (s * n["anode_double_layer_F_per_m2"] + 1 / (thermal_V / exchange + storage))
    return transmission_line_ohm_m2(
        n["anode_thickness_m"],
        n["anode_ionic_conductivity_S_per_m"],
        n["anode_electronic_conductivity_S_per_m"],
        n["anode_area_per_volume_per_m"],
        rung,
    )


def slope_V(law: OpenCircuitVoltage, stoichiometry: float, origin: float) -> float:
    """dU/dx by a central difference."""
    step = 1e-6
    return (law(stoichiometry + step, origin, np) - law(stoichiometry - step, origin, np)) / (2 * step)


def _s_coth_s_minus_1(s: np.ndarray) -> np.ndarray:
    """s coth s - 1, by its series where cancellation would spoil it and without overflow where s is large."""
    small = np.abs(s) < 1e-2
    decay = np.exp(-2 * np.where(small, 1.0, s))
    large = s * (1 + decay) / (1 - decay) - 1
    return np.where(small, s**2 / 3 - s**4 / 45, large)
