"""Transmission lines drawn at random, with noise: what the recovery study of lines uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import sscell as ss

FREQUENCY_HZ = np.geomspace(7e6, 1e-2, 71)
NOISE = 0.005


@dataclass(frozen=True)
class DrawnLines:
    """values (N, P); impedance_ohm (N, 71) with noise."""

    circuit: ss.Circuit
    values: np.ndarray
    impedance_ohm: np.ndarray

    def spectra(self) -> list[ss.Spectrum]:
        return [ss.Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=z) for z in self.impedance_ohm]


@dataclass(frozen=True)
class Draws:
    """Parameters of N circuits, a row each."""

    count: int
    rng: np.random.Generator

    def logarithmic(self, low: float, high: float) -> np.ndarray:
        return 10 ** self.rng.uniform(np.log10(low), np.log10(high), self.count)

    def contact(self) -> list[np.ndarray]:
        return [self.logarithmic(1, 100)]

    def rails(self, number: int) -> list[np.ndarray]:
        return [self.logarithmic(10, 300) for _ in range(number)]

    def arc(self, tau_s: np.ndarray) -> list[np.ndarray]:
        """R, Q, exponent."""
        r, n = self.logarithmic(10, 300), self.rng.uniform(0.7, 0.95, self.count)
        return [r, tau_s**n / r, n]

    def slow_arc(self) -> list[np.ndarray]:
        return self.arc(self.logarithmic(1e-5, 1e-2))

    def arcs(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Two, 1.3 to 3 decades apart."""
        tau = self.logarithmic(1e-6, 1e-4)
        return self.arc(tau), self.arc(tau * self.logarithmic(20, 1000))

    def coated(self) -> list[np.ndarray]:
        """p(R,CPE)-p(R-Wo,CPE): coating, charge transfer with diffusion that ends within the measured range."""
        coating, (r, q, n) = self.arcs()
        return [*coating, r, self.logarithmic(20, 500), self.logarithmic(1, 100), q, n]

    def two_arcs(self) -> list[np.ndarray]:
        return [part for arc in self.arcs() for part in arc]


# Circuit -> its parameters. In the last one the electronic rail is too small to be seen, as with much carbon.
SHAPES: dict[str, tuple[str, Callable[[Draws], list[np.ndarray]]]] = {
    "arc": ("R0-tl(R1,R2,p(R3,CPE3))", lambda d: [*d.contact(), *d.rails(2), *d.slow_arc()]),
    "two arcs": ("R0-tl(R1,R2,p(R3,CPE3)-p(R4,CPE4))", lambda d: [*d.contact(), *d.rails(2), *d.two_arcs()]),
    "coated": ("R0-tl(R1,R2,p(R3,CPE3)-p(R4-Wo4,CPE4))", lambda d: [*d.contact(), *d.rails(2), *d.coated()]),
    "pore": ("R0-pore(R1,p(R2,CPE2))", lambda d: [*d.contact(), *d.rails(1), *d.slow_arc()]),
    "coated pore": ("R0-pore(R1,p(R2,CPE2)-p(R3-Wo3,CPE3))", lambda d: [*d.contact(), *d.rails(1), *d.coated()]),
    "behind an arc": (
        "R0-p(R1,CPE1)-tl(R2,R3,p(R4,CPE4))",
        lambda d: [*d.contact(), *d.arc(d.logarithmic(1e-7, 1e-6)), *d.rails(2), *d.slow_arc()],
    ),
    "coated behind an arc": (
        "R0-p(R1,CPE1)-tl(R2,R3,p(R4,CPE4)-p(R5-Wo5,CPE5))",
        lambda d: [*d.contact(), *d.arc(d.logarithmic(1e-7, 1e-6)), *d.rails(2), *d.coated()],
    ),
    "one rail counts": (
        "R0-tl(R1,R2,p(R3,CPE3)-p(R4-Wo4,CPE4))",
        lambda d: [*d.contact(), *d.rails(1), d.logarithmic(0.01, 0.3), *d.coated()],
    ),
}


def drawn_lines(shape: str, count: int, seed: int) -> DrawnLines:
    """Lines of one shape of SHAPES."""
    text, parameters = SHAPES[shape]
    rng = np.random.default_rng(seed)
    circuit = ss.Circuit(text)
    values = np.stack(parameters(Draws(count, rng)), axis=1)
    z = np.asarray(circuit.impedance(values, FREQUENCY_HZ))
    noise = rng.normal(size=z.shape) + 1j * rng.normal(size=z.shape)
    return DrawnLines(circuit, values, z + NOISE * np.abs(z) * noise)
