"""How a layer conducts and stores charge, per area."""

from __future__ import annotations

from typing import Any

import numpy as np

from sscell.constants import GAS_J_PER_MOL_K, VACUUM_PERMITTIVITY_F_PER_M

REFERENCE_TEMPERATURE_K = 318.15  # 45 °C, where the study's cells run


def arrhenius(
    reference_value: Any,
    activation_energy_J_per_mol: Any,
    temperature_K: Any,
    reference_temperature_K: Any = REFERENCE_TEMPERATURE_K,
    xp: Any = np,
) -> Any:
    """k(T) = k_ref exp[-(E/R)(1/T - 1/T_ref)], the unit of `reference_value`."""
    inverse = 1.0 / temperature_K - 1.0 / reference_temperature_K
    return reference_value * xp.exp(-activation_energy_J_per_mol / GAS_J_PER_MOL_K * inverse)


def layer_resistance_ohm_m2(thickness_m: Any, conductivity_S_per_m: Any) -> Any:
    """R = δ/σ."""
    return thickness_m / conductivity_S_per_m


def layer_time_constant_s(conductivity_S_per_m: Any, relative_permittivity: Any) -> Any:
    """τ = R C = ε0 ε/σ, whatever the thickness (C = ε0 ε/δ)."""
    return VACUUM_PERMITTIVITY_F_PER_M * relative_permittivity / conductivity_S_per_m
