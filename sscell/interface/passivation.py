"""How well the film keeps the electrolyte from oxidising: coverage by thickness, quality by anneal."""

from __future__ import annotations

from typing import Any

import numpy as np


def coverage(thickness_m: Any, scale_m: float, xp: Any = np) -> Any:
    """f = 1 - exp(-t/t0), f(0) = 0. The ALD-cycle axis is nearly unconstrained by the published numbers."""
    return 1.0 - xp.exp(-thickness_m / scale_m)


def film_quality(
    as_coated: float,
    dense: float,
    densification_per_h: float,
    densification_dose_h: Any,
    roughening_per_h: float,
    roughening_dose_h: Any,
    xp: Any = np,
) -> Any:
    """q = [q0 + (q1 - q0)(1 - exp(-k_d θ_d))] exp(-k_r θ_r).

    Densification raises q from 250 to 400 °C, roughening and interdiffusion undo it above 500 °C
    (first-order kinetics in each thermal dose; read off the Coulomb efficiencies of Kitsche et al. 2022, Fig. 7a).
    """
    densified = 1.0 - xp.exp(-densification_per_h * densification_dose_h)
    return (as_coated + (dense - as_coated) * densified) * xp.exp(-roughening_per_h * roughening_dose_h)


def passivation(coverage_fraction: Any, quality: Any) -> Any:
    """p = f q, between 0 (bare) and 1 (no electrolyte oxidation)."""
    return coverage_fraction * quality
