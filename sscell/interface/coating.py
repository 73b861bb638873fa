"""How much coating an ALD recipe lays down: mass fraction, nominal thickness, real thickness."""

from __future__ import annotations

from typing import Any


def coating_mass_fraction(ald_cycles: Any, mass_fraction_per_cycle: float) -> Any:
    """w = g n: linear growth (Kitsche et al. 2022, Fig. 1: 0.09 wt% a cycle, 2-15 cycles)."""
    return mass_fraction_per_cycle * ald_cycles


def nominal_thickness_m(mass_fraction: Any, density_kg_per_m3: float, bet_area_m2_per_kg: float) -> Any:
    """t = w/(ρ A_BET): a dense film spread over the BET area, so a lower bound (Kitsche et al. 2022)."""
    return mass_fraction / (density_kg_per_m3 * bet_area_m2_per_kg)


def real_thickness_m(nominal_m: Any, real_to_nominal: float) -> Any:
    """t_real = r t: the film is less dense and the area it reaches smaller than BET says (TEM: 4-5 nm for 2.9)."""
    return real_to_nominal * nominal_m
