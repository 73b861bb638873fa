"""Spectra whose distribution is known."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from sscell.records import Spectrum

FREQUENCY_HZ = np.geomspace(7e6, 0.1, 71)


class Arc(NamedTuple):
    """R/(1 + (jωτ)ⁿ)."""

    resistance_ohm: float
    tau_s: float
    exponent: float


def impedance_of(arcs: list[Arc], frequency_Hz: np.ndarray, series_ohm: float = 10.0) -> np.ndarray:
    omega = 2j * np.pi * frequency_Hz
    return series_ohm + sum(r / (1 + (omega * tau) ** n) for r, tau, n in arcs)


def noisy(z: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Noise in proportion to |Z|, `share` of it in each of real and imaginary part."""
    return z + np.abs(z) * share * (rng.normal(size=z.shape) + 1j * rng.normal(size=z.shape))


def spectrum_of(arcs: list[Arc], *, noise: float = 0.0, seed: int = 0, series_ohm: float = 10.0) -> Spectrum:
    z = impedance_of(arcs, FREQUENCY_HZ, series_ohm)
    return Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=noisy(z, noise, np.random.default_rng(seed)))


def drawn_arcs(rng: np.random.Generator, count: int, apart_decades: float) -> list[Arc]:
    """Arcs well inside the measured range, at least so far apart."""
    tau = rng.uniform(-6.8, -1.0, count)
    while count > 1 and np.diff(np.sort(tau)).min() < apart_decades:
        tau = rng.uniform(-6.8, -1.0, count)
    return [Arc(10 ** rng.uniform(0.5, 2), 10**t, rng.uniform(0.7, 0.95)) for t in np.sort(tau)]


def spectrum_from_file(path: Path, **layout: object) -> Spectrum:
    """Frequency, real and imaginary part from a reference file's columns (numpy.genfromtxt options in `layout`)."""
    f, real, imaginary = np.genfromtxt(path, unpack=True, **layout)  # type: ignore[call-overload]
    return Spectrum(frequency_Hz=f, impedance_ohm=real + 1j * imaginary)
