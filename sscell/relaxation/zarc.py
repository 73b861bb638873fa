"""The distribution of a ZARC (resistor beside a constant phase element), the arc real cells show."""

from __future__ import annotations

import numpy as np


def zarc_distribution(
    tau_s: np.ndarray, resistance_ohm: np.ndarray | float, centre_s: np.ndarray | float, exponent: np.ndarray | float
) -> np.ndarray:
    """γ(ln τ) in ohm of R/(1 + (jωτ₀)ⁿ), 0 < n < 1: R/2π · sin((1−n)π)/(cosh(n ln(τ/τ₀)) − cos((1−n)π)).

    Cole, Cole, J. Chem. Phys. 9 (1941) 341. The arguments broadcast.
    """
    angle = (1 - np.asarray(exponent)) * np.pi
    distance = exponent * np.log(tau_s / np.asarray(centre_s))
    return np.asarray(resistance_ohm / (2 * np.pi) * np.sin(angle) / (np.cosh(distance) - np.cos(angle)))
