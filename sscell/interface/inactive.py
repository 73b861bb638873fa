"""Active material that the coating's reaction with the CAM has made inactive."""

from __future__ import annotations

from typing import Any

import numpy as np

ROUNDING = 1e-6  # keeps the root's slope finite where there is no film or no anneal, at a cost of 1e-6 of the CAM


def inactive_fraction(rate_per_h: float, dose_h: Any, coverage_fraction: Any, xp: Any = np) -> Any:
    """φ = 1 - exp(-sqrt(f k θ)): controlled by diffusion as the NiO layer is, none without a coating (f: its coverage).

    A law of its own: a 10 nm shell is 1.7 % of the CAM by sphere and 3.4 % by BET area, while Z700 loses about
    35 mAh/g, in the liquid half cell too (Kitsche et al. 2022, Fig. 7c). Valid to 700 °C.
    """
    extent = coverage_fraction * rate_per_h * dose_h
    return 1.0 - xp.exp(-((extent + ROUNDING**2) ** 0.5 - ROUNDING))
