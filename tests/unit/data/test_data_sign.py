"""What the numbers say of the sign of Im Z and of a current."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sscell.data.sign import Sign, current_sign, imaginary_sign, kramers_kronig_agreement, reactance_rise

F = np.logspace(6, -2, 81)
OMEGA = 2j * np.pi * F


@given(
    st.floats(0.1, 1e4),
    st.floats(1e-5, 1e1),
    st.floats(0.5, 1.0),
    st.floats(0.0, 1e-7),
)
def test_any_arc_with_a_lead_inductance_shows_its_sign(
    resistance: float, tau_s: float, exponent: float, inductance_per_ohm: float
) -> None:
    """dRe Z/dln f and Im Z of a Cole-Cole arc have one sign at every frequency; 0.1 uH an ohm do not hide it."""
    arc = resistance / (1 + (OMEGA * tau_s) ** exponent)
    z = resistance + arc + OMEGA * inductance_per_ohm * resistance
    agreement = kramers_kronig_agreement([(F, arc)])
    assert agreement > 0.99
    assert kramers_kronig_agreement([(F, arc.conj())]) == pytest.approx(-agreement)
    assert imaginary_sign([(F, z)]) is Sign.TRUE
    assert imaginary_sign([(F, z.conj())]) is Sign.MIRRORED


def test_order_of_points_does_not_matter() -> None:
    z = 1 / (1 + OMEGA)
    assert imaginary_sign([(F, z), (F[::-1], z[::-1])]) is Sign.TRUE
    assert imaginary_sign([(F, z.conj()), (F[::-1], z.conj()[::-1])]) is Sign.MIRRORED


def test_inductive_loop_is_true_and_flat_real_part_goes_by_majority() -> None:
    assert imaginary_sign([(F, OMEGA * 1e-3 / (1 + OMEGA * 1e-3))]) is Sign.TRUE
    assert imaginary_sign([(F, 5 + 1 / OMEGA)]) is Sign.TRUE
    assert imaginary_sign([(F, 5 + OMEGA * 1e-6)]) is Sign.COIL
    assert imaginary_sign([(F, 5 - 1 / OMEGA)]) is Sign.INDUCTIVE
    assert imaginary_sign([(F, 5 + 1j * np.sin(np.arange(81)))]) is Sign.UNCLEAR


@given(st.floats(1e-9, 1e3), st.floats(1e-9, 1e3))
def test_reactance_of_a_lossless_circuit_rises(inductance_H: float, capacitance_F: float) -> None:
    """Foster: from -∞ to ∞, whatever the order of the points."""
    z = 1 / (OMEGA * capacitance_F) + OMEGA * inductance_H
    assert reactance_rise([(F, z), (F[::-1], z[::-1])]) == pytest.approx(1)
    assert reactance_rise([(F, z.conj())]) == pytest.approx(-1)


def test_current_that_raises_the_voltage_is_turned() -> None:
    current = np.full(100, 1e-3)
    rising = np.linspace(3.0, 4.0, 100)
    assert current_sign(current, rising) is Sign.MIRRORED
    assert current_sign(current, rising[::-1]) is Sign.TRUE
    assert current_sign(-current, rising) is Sign.TRUE


def test_rest_and_noise_show_no_current_sign() -> None:
    noise = np.random.default_rng(1).normal(size=1000)
    assert current_sign(np.zeros(100), np.linspace(3, 4, 100)) is Sign.UNCLEAR
    assert current_sign(np.ones(1000), 3 + 1e-4 * noise) is Sign.UNCLEAR
