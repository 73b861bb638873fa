"""Thermal dose of an anneal: the time-temperature integral of an activated process over ramp, dwell and ramp."""

from __future__ import annotations

from typing import Any

import numpy as np

from sscell.constants import GAS_J_PER_MOL_K, ZERO_CELSIUS_K

ROOM_TEMPERATURE_K = 25.0 + ZERO_CELSIUS_K
# 32 Gauss-Legendre nodes integrate the ramp of any activation energy below 400 kJ/mol to 1e-10 relative.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)


def thermal_dose_h(
    activation_energy_J_per_mol: Any,
    dwell_temperature_K: Any,
    dwell_s: Any,
    ramp_K_per_s: Any,
    reference_temperature_K: float,
    xp: Any = np,
) -> Any:
    """θ(E) = ∫ exp[-(E/R)(1/T(t) - 1/T_ref)] dt, in hours at the reference temperature.

    Both ramps are linear between 25 °C and the dwell temperature. Up to the constant factor exp(E/R T_ref) this is
    ∫ exp(-E/RT) dt. Valid for one dwell; the ALD hours at 250 °C are part of every as-coated value instead.
    """
    span_K = dwell_temperature_K - ROOM_TEMPERATURE_K
    # Ramp nodes crowd towards the dwell, where nearly all of a strongly activated dose falls.
    fraction = 1.0 - (0.5 * (_NODES + 1.0)) ** 3
    weight = 0.5 * _WEIGHTS * 3.0 * (0.5 * (_NODES + 1.0)) ** 2
    ramp_temperature_K = ROOM_TEMPERATURE_K + span_K * fraction
    ramp_s = span_K / ramp_K_per_s

    def rate(temperature_K: Any) -> Any:
        inverse = 1.0 / temperature_K - 1.0 / reference_temperature_K
        return xp.exp(-activation_energy_J_per_mol / GAS_J_PER_MOL_K * inverse)

    ramps = 2.0 * ramp_s * xp.sum(weight * rate(ramp_temperature_K))
    return (ramps + dwell_s * rate(dwell_temperature_K)) / 3600.0
