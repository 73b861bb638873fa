"""Spectra with known answers: circuits that are Kramers-Kronig valid by construction, and what spoils them."""

from __future__ import annotations

import numpy as np

from sscell.records import Spectrum

FREQUENCY_HZ = np.geomspace(7e6, 0.1, 71)


def spectrum(impedance_ohm: np.ndarray, frequency_Hz: np.ndarray = FREQUENCY_HZ) -> Spectrum:
    return Spectrum(frequency_Hz=frequency_Hz, impedance_ohm=impedance_ohm)


def with_noise(impedance_ohm: np.ndarray, level: float, seed: int) -> np.ndarray:
    """Normal noise of this share of |Z| in real and imaginary part each."""
    rng = np.random.default_rng(seed)
    n = impedance_ohm.shape
    return impedance_ohm + np.abs(impedance_ohm) * level * (rng.normal(size=n) + 1j * rng.normal(size=n))


def arc(resistance: float, tau: float, exponent: float, omega: np.ndarray) -> np.ndarray:
    return resistance / (1 + (1j * omega * tau) ** exponent)


def diffusion(resistance: float, tau: float, omega: np.ndarray, *, blocked: bool) -> np.ndarray:
    """Finite Warburg element, coth (blocked) or tanh (open)."""
    s = np.sqrt(1j * omega * tau)
    tanh = -np.expm1(-2 * s) / (1 + np.exp(-2 * s))
    return resistance / (s * tanh) if blocked else resistance * tanh / s


def circuits(seed: int, frequency_Hz: np.ndarray = FREQUENCY_HZ) -> dict[str, np.ndarray]:
    """One drawn circuit of each kind; impedance in ohm."""
    rng = np.random.default_rng(seed)
    w = 2 * np.pi * frequency_Hz

    def draw(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    def exponent() -> float:
        return float(rng.uniform(0.7, 1.0))

    two_arcs = draw(10, 100) + arc(draw(20, 500), draw(1e-6, 1e-4), exponent(), w)
    two_arcs = two_arcs + arc(draw(20, 500), draw(1e-3, 0.1), exponent(), w)
    cell = two_arcs + diffusion(draw(20, 200), draw(1, 100), w, blocked=True)
    pellet = draw(10, 1000) + arc(draw(100, 3000), draw(1e-7, 1e-6), 0.9, w)
    charge_transfer = draw(100, 500) + (1j * w) ** -0.5 / draw(1e-3, 1e-2)
    return {
        "cell": cell,
        "cell with leads": cell + 1j * w * draw(1e-8, 1e-6),
        "sharp arcs": 20 + arc(100, draw(1e-5, 1e-4), 1, w) + arc(100, draw(1e-2, 0.1), 1, w),
        "open diffusion": 10 + arc(100, 1e-4, 0.85, w) + diffusion(200, draw(1, 100), w, blocked=False),
        "Randles": draw(10, 100) + 1 / (1j * w * 1e-6 + 1 / charge_transfer),
        "Gerischer": 10 + draw(10, 100) / np.sqrt(1 + 1j * w * draw(1e-3, 1)),
        "inductive loop": 10 + arc(100, 1e-4, 0.9, w) - arc(30, draw(0.05, 0.5), 1, w),
        "blocking CPE": pellet + (1j * w) ** -rng.uniform(0.6, 0.98) / draw(1e-7, 1e-5),
        "blocking capacitor": pellet + 1 / (1j * w * draw(1e-7, 1e-5)),
        "resistor": np.full(w.size, 100.0 + 0j),
    }


def drifting_cell(growth: float, frequency_Hz: np.ndarray = FREQUENCY_HZ) -> np.ndarray:
    """Measured from high to low frequency while the slow arc's resistance grows by this share until the end.

    Three periods and half a second a point, so that most of the time is spent at the lowest frequencies.
    """
    w = 2 * np.pi * frequency_Hz
    time = np.cumsum(3 / frequency_Hz + 0.5)
    slow = 1 + growth * time / time[-1]
    fast = 20 + arc(100, 1e-5, 0.9, w)
    return fast + 200 * slow / (1 + (1j * w * 0.1 * slow) ** 0.85) + diffusion(60, 20, w, blocked=True)
