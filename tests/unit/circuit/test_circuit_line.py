"""Transmission lines against ladders, against the same line solved otherwise, and in their limits."""

from __future__ import annotations

import numpy as np
import pytest
from circuit_draws import line_by_matrix

from sscell.circuit import Circuit
from sscell.circuit.complexes import Parts
from sscell.circuit.line import line_from_branches

FREQUENCY_HZ = np.geomspace(1e-3, 10, 9)
S = 2j * np.pi * FREQUENCY_HZ
RUNG = 0.3 / (1 + 0.02 * S) + 1 / (0.5 * S + 1 / (0.8 + 0.4 / np.sqrt(S)))
ENDS = {"open": None, "shunt": 2.0 + 1 / (0.3 * S)}
Nullable = np.ndarray | None


def line(a: complex, b: complex, rung: np.ndarray, start: Nullable = None, end: Nullable = None) -> np.ndarray:
    one = np.ones_like(rung)
    branches = [None if z is None else Parts((z * one).real, (z * one).imag) for z in (a, b, rung, start, end)]
    return line_from_branches(*branches, np).impedance.to_complex(np)


def ladder(n: int, a: complex, b: complex, rung: complex, start: complex | None, end: complex | None) -> complex:
    """n cells by nodal analysis: rungs n*z inside, 2n*z at both ends (trapezoid), shunts beside the end rungs."""
    size = 2 * (n + 1)
    y = np.zeros((size, size), complex)

    def join(p: int, q: int, admittance: complex) -> None:
        y[p, p] += admittance
        y[q, q] += admittance
        y[p, q] -= admittance
        y[q, p] -= admittance

    for k in range(n):
        join(2 * k, 2 * k + 2, n / a)
        join(2 * k + 1, 2 * k + 3, n / b)
    for k in range(n + 1):
        join(2 * k, 2 * k + 1, (0.5 if k in (0, n) else 1.0) / (n * rung))
    for k, shunt in ((0, start), (n, end)):
        if shunt is not None:
            join(2 * k, 2 * k + 1, 1 / shunt)
    # Current in at the ionic rail's start, out at the electronic rail's end, which is the ground.
    source = np.zeros(size - 1, complex)
    source[0] = 1
    return np.linalg.solve(y[:-1, :-1], source)[0]


@pytest.mark.parametrize("start", ENDS)
@pytest.mark.parametrize("end", ENDS)
def test_ladder_converges_to_the_line(start: str, end: str) -> None:
    """With the square of the cell size, to 2e-4 at 120 cells."""
    a, b = 1.5, 0.4 + 0.01 * S
    exact = line(a, b, RUNG, ENDS[start], ENDS[end])
    errors = []
    for n in (30, 60, 120):
        points = [
            ladder(n, a, b[k], RUNG[k], *(None if ENDS[e] is None else ENDS[e][k] for e in (start, end)))
            for k in range(S.size)
        ]
        errors.append(np.max(np.abs(np.array(points) / exact - 1)))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.05)
    assert errors[2] < 2e-4


def test_line_against_forty_digits_over_many_sizes() -> None:
    """Blocking, resistive and shorting rungs, 1e-6 to 1e6 of the rails: 1e-12 of |Z|, and Re Z beside a huge Im Z."""
    rungs = np.concatenate([k / S for k in np.geomspace(1e-8, 1e8, 9)] + [np.geomspace(1e-6, 1e6, 9) + 0j])
    one = np.ones_like(rungs)
    for start, end in ((0, 0), (0, 0.5), (2.0, 0), (2.0, 0.5j)):
        expected = line_by_matrix(1.5 * one, (0.4 + 0.2j) * one, rungs, start * one, end * one)
        ends = [None if y == 0 else one / y for y in (start, end)]
        found = line(1.5, 0.4 + 0.2j, rungs, *ends)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        np.testing.assert_allclose(found.real, expected.real, rtol=1e-11)


def test_de_levie() -> None:
    """One rail: Z = sqrt(R z) coth sqrt(R/z); with a constant phase rung it is TLMQ."""
    values = {"R1": 3.0, "CPE1_0": 0.2, "CPE1_1": 0.8}
    found = Circuit("pore(R1,CPE1)").impedance(values, FREQUENCY_HZ)
    z = 1 / (0.2 * S**0.8)
    np.testing.assert_allclose(found, np.sqrt(3 * z) / np.tanh(np.sqrt(3 / z)), rtol=1e-12)
    same = Circuit("TLMQ1").impedance([3.0, 0.2, 0.8], FREQUENCY_HZ)
    np.testing.assert_allclose(found, same, rtol=1e-12)


def test_pore_with_a_shorted_end_is_diffusion_with_a_fixed_end() -> None:
    """R_pore = Z0, capacitance τ/Z0: coth becomes tanh when the far end is a short (1e-9 ohm)."""
    found = Circuit("pore(R1,C1,R2)").impedance([2.0, 3.0 / 2.0, 1e-9], FREQUENCY_HZ)
    np.testing.assert_allclose(found, Circuit("Ws1").impedance([2.0, 3.0], FREQUENCY_HZ), rtol=1e-8)
    opened = Circuit("pore(R1,C1)").impedance([2.0, 3.0 / 2.0], FREQUENCY_HZ)
    np.testing.assert_allclose(opened, Circuit("Wo1").impedance([2.0, 3.0], FREQUENCY_HZ), rtol=1e-12)


def test_limits_of_two_rails() -> None:
    """Fast rung: the rails in parallel; blocking rung: a third of each rail; no rail: the rung beside the ends."""
    one = np.ones(1, complex)
    assert line(3.0, 1.5, 1e-14 * one)[0] == pytest.approx(1.0, rel=1e-6)
    assert line(3.0, 1.5, -1e9j * one)[0].real == pytest.approx((3.0 + 1.5) / 3, rel=1e-12)
    assert line(0.0, 0.0, 2.0 * one, 3.0 * one, 6.0 * one)[0] == pytest.approx(1.0, rel=1e-14)


def test_rails_change_places_when_the_line_is_turned_round() -> None:
    np.testing.assert_allclose(
        line(1.5, 0.4, RUNG, ENDS["shunt"], None), line(0.4, 1.5, RUNG, None, ENDS["shunt"]), rtol=1e-13
    )


def test_slopes_sum_to_the_impedance() -> None:
    """Z is homogeneous of degree one in its branches, so Σ z_k ∂Z/∂z_k = Z."""
    values = [1.5 + 0 * S, 0.4 + 0.01 * S, RUNG, ENDS["shunt"], 0.7 + 0 * S]
    found = line_from_branches(*(Parts(z.real, z.imag) for z in values), np)
    total = sum(z * slope.to_complex(np) for z, slope in zip(values, found.slopes, strict=True))
    np.testing.assert_allclose(total, found.impedance.to_complex(np), rtol=1e-13)
