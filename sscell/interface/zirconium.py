"""Diffusion of Zr from the coating into the CAM."""

from __future__ import annotations

from typing import Any

import numpy as np

ROUNDING_M = 1e-13  # keeps the root's slope finite at zero dose


def diffusion_length_m(diffusivity_m2_per_s: float, dose_h: Any) -> Any:
    """ℓ = sqrt(4 D θ), with D at the reference temperature of the dose: D(700 °C) = 3.8e-16 cm²/s is an input."""
    return (4.0 * diffusivity_m2_per_s * 3600.0 * dose_h + ROUNDING_M**2) ** 0.5 - ROUNDING_M


def zirconium_profile(depth_m: Any, length_m: Any) -> Any:
    """c/c_surface = erfc(x/ℓ) for a source that does not run out; 1 at the surface, 0 below it when ℓ = 0."""
    from scipy.special import erfc

    return erfc(np.asarray(depth_m, dtype=float) / np.maximum(length_m, 1e-15))


def detection_depth_m(length_m: float, detectable_fraction: float) -> float:
    """Depth at which the profile falls below `detectable_fraction` of the surface value."""
    from scipy.special import erfcinv

    return float(length_m * erfcinv(detectable_fraction))
