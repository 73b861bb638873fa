"""The fields of CycleSummary from the sums of protocol steps, as NumPy or JAX arrays (the latter differentiable)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sscell.cell import CellStructure, interface_resistance_ohm_m2
from sscell.engines.jax.lanes import cathode_surface_m2


class StepSums(NamedTuple):
    """Of each protocol step, (steps, lanes): charge passed (positive: discharged), energy given, duration."""

    passed_C: Any
    energy_J: Any
    duration_s: Any


class CycleEnds(NamedTuple):
    """At the end of each cycle, (cycles, lanes): voltage, and means over the cathode."""

    voltage_V: Any
    decomposition_m: Any
    active: Any
    oxidised: Any


def cycle_fields(
    sums: StepSums,
    ends: CycleEnds,
    oxidised_before: Any,
    starts: np.ndarray,
    numbers: Mapping[str, Any],
    structure: CellStructure,
    xp: Any,
) -> dict[str, Any]:
    """Every field but the cycle's number, (cycles, lanes); NaN where a field does not apply.

    starts: the first protocol step of each cycle, then their number; oxidised_before (lanes,).
    """
    steps = np.arange(starts[-1])
    member = ((steps >= starts[:-1, None]) & (steps < starts[1:, None])).astype(float)
    out_of, into = xp.where(sums.passed_C > 0, 1.0, 0.0), xp.where(sums.passed_C < 0, -1.0, 0.0)
    charge, discharge = member @ (into * sums.passed_C), member @ (out_of * sums.passed_C)
    charged, discharged = member @ (into * sums.energy_J), member @ (out_of * sums.energy_J)
    nothing = xp.full(charge.shape, xp.nan)
    mass = numbers["active_mass_kg"]

    def per_gram(charge_C: Any) -> Any:
        """mAh/g; NaN, and no derivative, without active material."""
        return xp.where(mass > 0, charge_C / (3.6e3 * xp.where(mass > 0, mass, 1.0)), xp.nan)

    def over(upper: Any, lower: Any) -> Any:
        return xp.where(lower > 0, upper / xp.where(lower > 0, lower, 1.0), xp.nan)

    fields = {
        "charge_capacity_mAh_per_g": per_gram(charge),
        "discharge_capacity_mAh_per_g": per_gram(discharge),
        "coulomb_efficiency_percent": 100 * over(discharge, charge),
        "charge_mean_voltage_V": over(charged, charge),
        "discharge_mean_voltage_V": over(discharged, discharge),
        "end_voltage_V": ends.voltage_V,
        "duration_h": member @ sums.duration_s / 3600,
        "oxidation_charge_mAh_per_g": nothing,
        "decomposition_thickness_nm": nothing,
        "active_fraction": nothing,
        "interface_resistance_ohm_cm2": nothing,
    }
    if structure.positive == "composite":
        before = xp.concatenate([xp.reshape(oxidised_before, (1, -1)), ends.oxidised[:-1]])
        resistance = interface_resistance_ohm_m2(numbers, structure.fixed_layers, ends.decomposition_m, ends.active)
        fields |= {
            "oxidation_charge_mAh_per_g": per_gram((ends.oxidised - before) * cathode_surface_m2(numbers)),
            "decomposition_thickness_nm": 1e9 * ends.decomposition_m,
            "active_fraction": ends.active,
            "interface_resistance_ohm_cm2": 1e4 * resistance,
        }
    return fields
