"""The thermal dose against adaptive quadrature and the closed form of an isothermal hold."""

from __future__ import annotations

import itertools
import math

import pytest
from scipy.integrate import quad

from sscell.constants import GAS_J_PER_MOL_K, ZERO_CELSIUS_K
from sscell.interface.dose import ROOM_TEMPERATURE_K, thermal_dose_h

REFERENCE_K = 700 + ZERO_CELSIUS_K
ENERGIES = (1e3, 60e3, 118e3, 226.3e3, 270e3, 400e3)  # J/mol; the laws use 100 to 270


def rate(energy: float, temperature_K: float) -> float:
    return math.exp(-energy / GAS_J_PER_MOL_K * (1 / temperature_K - 1 / REFERENCE_K))


@pytest.mark.parametrize("energy", ENERGIES)
@pytest.mark.parametrize("dwell_C", [100, 250, 400, 700, 900])
def test_agrees_with_quadrature(energy: float, dwell_C: float) -> None:
    """Ramp, 30 min, ramp at 10 K/min; 1e-8 is asked, 32 nodes reach 1e-10."""
    dwell_K, dwell_s, ramp = dwell_C + ZERO_CELSIUS_K, 1800.0, 10 / 60
    ramp_s = (dwell_K - ROOM_TEMPERATURE_K) / ramp
    # Fractions near the dwell carry nearly all of a strongly activated dose, so they are integrated apart.
    breaks = [0.0, 0.5, 0.9, 1.0]
    one_ramp = sum(
        quad(
            lambda f: rate(energy, ROOM_TEMPERATURE_K + f * (dwell_K - ROOM_TEMPERATURE_K)),
            a,
            b,
            epsabs=0,
            epsrel=1e-12,
        )[0]
        for a, b in itertools.pairwise(breaks)
    )
    expected_h = (2 * ramp_s * one_ramp + dwell_s * rate(energy, dwell_K)) / 3600
    assert thermal_dose_h(energy, dwell_K, dwell_s, ramp, REFERENCE_K) == pytest.approx(expected_h, rel=1e-8)


@pytest.mark.parametrize("energy", ENERGIES)
def test_isothermal_hold(energy: float) -> None:
    """Ramps that take no time leave t exp[-(E/R)(1/T - 1/T_ref)]."""
    dwell_K, dwell_s = 550 + ZERO_CELSIUS_K, 7200.0
    expected_h = 2.0 * rate(energy, dwell_K)
    # At 1e9 K/s both ramps together last 1 µs of 7200 s.
    assert thermal_dose_h(energy, dwell_K, dwell_s, 1e9, REFERENCE_K) == pytest.approx(expected_h, rel=1e-9)


def test_without_activation_dose_is_time() -> None:
    """E = 0: the duration, ramps included."""
    dwell_K, ramp = ROOM_TEMPERATURE_K + 600, 10 / 60
    assert thermal_dose_h(0.0, dwell_K, 1800.0, ramp, REFERENCE_K) == pytest.approx(2.0 + 0.5, rel=1e-12)


def test_hold_at_the_reference_is_its_hours() -> None:
    assert thermal_dose_h(2e5, REFERENCE_K, 3600.0, 1e9, REFERENCE_K) == pytest.approx(1.0, rel=1e-9)


def test_no_anneal_no_dose() -> None:
    """As coated: the dwell is room temperature and takes no time."""
    assert thermal_dose_h(1e5, ROOM_TEMPERATURE_K, 0.0, 10 / 60, REFERENCE_K) == 0
