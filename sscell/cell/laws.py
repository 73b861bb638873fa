"""The constitutive laws, each once: pure functions of an array namespace, law(x, xp).

xp is numpy, jax.numpy or pybamm; all have exp, tanh, sinh and sqrt. Potentials in V against Li, current densities in
A per m² of CAM sphere area (positive: oxidation, the CAM gives lithium away).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sscell.constants import FARADAY_C_PER_MOL, GAS_J_PER_MOL_K
from sscell.layers.conduction import arrhenius, layer_resistance_ohm_m2, layer_time_constant_s
from sscell.provenance import ParameterRecord

__all__ = [
    "OpenCircuitVoltage",
    "arrhenius",
    "butler_volmer",
    "decomposition_growth_m_per_s",
    "diffusivity",
    "exchange_current_density",
    "isolation_per_s",
    "layer_resistance_ohm_m2",
    "layer_time_constant_s",
    "oxidation_current_density",
    "thermal_voltage_V",
]


@dataclass(frozen=True)
class OpenCircuitVoltage:
    """U(y) = U0 - B exp((y-1)/w_B) + A exp(-y/w_A) - Σ a_k tanh((y - c_k)/w_k), y = (x - x_0)/(1 - x_0).

    Smooth and falling on all of x, so that solvers may step outside 0..1. x_0 stretches the stoichiometry scale: the
    law's own `origin` if it has one (a table does), else the cell's parameter. `waves` holds (a_k in V, c_k, w_k).
    """

    plateau_V: float
    low_V: float
    low_width: float
    high_V: float
    high_width: float
    waves: tuple[tuple[float, float, float], ...]
    source: str
    error_V: float
    origin: float | None = None

    def __call__(self, stoichiometry: Any, origin: Any, xp: Any) -> Any:
        """Potential in V against Li at lithium content `stoichiometry` of the full host."""
        start = origin if self.origin is None else self.origin
        y = (stoichiometry - start) / (1 - start)
        u = self.plateau_V - self.low_V * xp.exp((y - 1) / self.low_width) + self.high_V * xp.exp(-y / self.high_width)
        for amplitude, centre, width in self.waves:
            u = u - amplitude * xp.tanh((y - centre) / width)
        return u

    def parameter_records(self, prefix: str) -> list[ParameterRecord]:
        """Every constant of the law, and its error, with the law's source."""
        units = {
            "plateau_V": "V",
            "low_V": "V",
            "low_width": "1",
            "high_V": "V",
            "high_width": "1",
            "error_V": "V, RMS",
        }
        values = {name: (getattr(self, name), unit) for name, unit in units.items()}
        for k, wave in enumerate(self.waves, start=1):
            for part, value, unit in zip(("V", "centre", "width"), wave, ("V", "1", "1"), strict=True):
                values[f"wave_{k}_{part}"] = value, unit
        return [ParameterRecord(f"{prefix}{name}", value, unit, self.source) for name, (value, unit) in values.items()]


def exchange_current_density(stoichiometry: Any, reference_A_per_m2: Any, xp: Any) -> Any:
    """j0(x) = j0(½) 2 sqrt(x(1-x)); the root is rounded off within 2e-3 of empty and full."""
    product = stoichiometry * (1 - stoichiometry)
    rounded = (product + xp.sqrt(product * product + 4e-6)) / 2
    return reference_A_per_m2 * 2 * xp.sqrt(rounded)


def thermal_voltage_V(temperature_K: Any) -> Any:
    """RT/F."""
    return GAS_J_PER_MOL_K * temperature_K / FARADAY_C_PER_MOL


def butler_volmer(exchange_A_per_m2: Any, overpotential_V: Any, temperature_K: Any, xp: Any) -> Any:
    """j_F = 2 j0 sinh(Fη/2RT), symmetric charge transfer from a single-ion conductor."""
    thermal_V = thermal_voltage_V(temperature_K)
    return 2 * exchange_A_per_m2 * xp.sinh(overpotential_V / (2 * thermal_V))


def diffusivity(stoichiometry: Any, high_m2_per_s: Any, drop_decades: Any, midpoint: Any, width: Any, xp: Any) -> Any:
    """D(x): from `high` it falls by `drop_decades` over `width` around `midpoint` towards full lithiation."""
    step = 0.5 * (1 + xp.tanh((stoichiometry - midpoint) / (2 * width)))
    return high_m2_per_s * xp.exp(-2.302585092994046 * drop_decades * step)


def oxidation_current_density(
    interface_voltage_V: Any,
    decomposition_m: Any,
    reference_A_per_m2: Any,
    transfer_coefficient: Any,
    reference_voltage_V: Any,
    self_limiting_m: Any,
    exponent: Any,
    temperature_K: Any,
    xp: Any,
) -> Any:
    """j_ox = i_ox exp(αF(φ_s - φ_e - U_ref)/RT) / (1 + δ/δ_ref)^m: LPSCl oxidation, limited by its own products.

    The reference current already holds the factor (1 - p) of a passivating coating.
    """
    thermal_V = thermal_voltage_V(temperature_K)
    driving = transfer_coefficient * (interface_voltage_V - reference_voltage_V) / thermal_V
    limiting = exponent * xp.log(1 + decomposition_m / self_limiting_m)
    return reference_A_per_m2 * xp.exp(driving - limiting)


def decomposition_growth_m_per_s(oxidation_A_per_m2: Any, volume_m3_per_C: Any) -> Any:
    """dδ/dt = Ω j_ox: the products stay where they form."""
    return volume_m3_per_C * oxidation_A_per_m2


def isolation_per_s(active_fraction: Any, oxidation_A_per_m2: Any, isolation_m2_per_C: Any) -> Any:
    """-dθ/dt = k θ j_ox: active material that loses contact as the electrolyte around it oxidises."""
    return isolation_m2_per_C * active_fraction * oxidation_A_per_m2
