"""Growth of the coating's crystallites in the anneal, and the phase they take."""

from __future__ import annotations

from typing import Any

from sscell.constants import ZERO_CELSIUS_K

MONOCLINIC_FROM_K = 500.0 + ZERO_CELSIUS_K  # words of the study: some monoclinic after 550 °C, none after 400 °C
AMORPHOUS_FROM_K = 620.0 + ZERO_CELSIUS_K  # partly amorphous after 700 °C


def crystallite_size_m(as_coated_m: float, growth_m2: float, dose_h: Any) -> Any:
    """g = sqrt(g0² + k θ): parabolic (curvature-driven) grain growth; 4-5 nm as coated, 7-8 nm after 550 °C.

    Two points determine k at one assumed activation energy (Kitsche et al. 2022, Fig. S4); valid to 550 °C.
    """
    return (as_coated_m**2 + growth_m2 * dose_h) ** 0.5


def phase(dwell_temperature_K: float | None) -> str:
    """The ZrO2 phase by XRD and TEM, in words (Kitsche et al. 2022); it drives nothing in the model."""
    if dwell_temperature_K is None or dwell_temperature_K < MONOCLINIC_FROM_K:
        return "tetragonal"
    if dwell_temperature_K < AMORPHOUS_FROM_K:
        return "tetragonal, partly monoclinic"
    return "tetragonal, partly amorphous"
