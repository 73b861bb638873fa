"""Growth of the rocksalt-like NiO layer under the coating."""

from __future__ import annotations

from typing import Any


def rocksalt_thickness_m(native_m: float, growth_m2_per_h: float, dose_h: Any, coverage_fraction: Any) -> Any:
    """δ = sqrt(δ0² + f k θ): parabolic growth that needs a coating (f: its coverage).

    The bare CAM went through 3 h at 750 °C before coating, so it keeps its native layer. About 2 nm as coated and
    8-10 nm after 700 °C by EELS in 2 nm steps (Kitsche et al. 2022, Fig. 6): k and its activation energy are
    correlated. Valid between 250 and 700 °C.
    """
    return (native_m**2 + coverage_fraction * growth_m2_per_h * dose_h) ** 0.5
