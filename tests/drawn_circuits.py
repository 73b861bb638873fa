"""Circuits R0-p(R1,CPE1)-p(R2,CPE2)-Wo1 drawn at random, with noise: what the recovery study and the benchmark use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import sscell as ss
from sscell.circuit import impedance_and_partials
from sscell.jax_setup import load_jax

CIRCUIT = ss.Circuit("R0-p(R1,CPE1)-p(R2,CPE2)-Wo1")
FREQUENCY_HZ = np.geomspace(7e6, 0.1, 71)
NOISE = 0.005
EXPONENTS = np.array([name in ("CPE1_1", "CPE2_1") for name in CIRCUIT.parameter_names])
# A circuit is resolved if its data, at the truth, give every parameter to 20 %, exponents to 0.05 (Cramér, Rao).
RESOLVED = np.where(EXPONENTS, 0.05, 0.2)


@dataclass(frozen=True)
class Drawn:
    """values (N, 9); impedance_ohm (N, 71) with noise; error: (N, 9) least standard errors (exponents absolute)."""

    values: np.ndarray
    impedance_ohm: np.ndarray
    error: np.ndarray

    @property
    def resolved(self) -> np.ndarray:
        return (self.error < RESOLVED).all(1)

    def only(self, which: np.ndarray) -> Drawn:
        return Drawn(self.values[which], self.impedance_ohm[which], self.error[which])

    def spectra(self) -> list[ss.Spectrum]:
        return [ss.Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=z) for z in self.impedance_ohm]


def drawn(count: int, seed: int) -> Drawn:
    """Arcs of 10 to 300 ohm, 1.3 to 3 decades apart, and diffusion that begins within the measured range."""
    rng = np.random.default_rng(seed)

    def logarithmic(low: float, high: float) -> np.ndarray:
        return 10 ** rng.uniform(np.log10(low), np.log10(high), count)

    r0, r1, r2 = logarithmic(1, 100), logarithmic(10, 300), logarithmic(10, 300)
    tau1 = logarithmic(1e-6, 1e-4)
    tau2 = tau1 * logarithmic(20, 1000)
    n1, n2 = rng.uniform(0.7, 0.95, (2, count))
    z0, tau = logarithmic(20, 500), logarithmic(0.3, 30)
    values = np.stack([r0, r1, tau1**n1 / r1, n1, r2, tau2**n2 / r2, n2, z0, tau], axis=1)
    z = np.asarray(CIRCUIT.impedance(values, FREQUENCY_HZ))
    noise = rng.normal(size=z.shape) + 1j * rng.normal(size=z.shape)
    return Drawn(values, z + NOISE * np.abs(z) * noise, least_errors(values))


def drawn_resolved(count: int, seed: int) -> Drawn:
    """The first `count` resolved ones."""
    found = drawn(2 * count, seed)
    which = np.flatnonzero(found.resolved)[:count]
    assert which.size == count, f"only {which.size} of {2 * count} are resolved"
    return found.only(which)


def least_errors(values: np.ndarray) -> np.ndarray:
    """(N, 9) standard errors at the truth from the Fisher information, independent of the fit's code but for dZ/dp."""
    omega = 2 * np.pi * FREQUENCY_HZ[:, None]
    z, partials = load_jax().jit(lambda p: impedance_and_partials(CIRCUIT.tree, list(p), omega))(values.T)
    scale = np.where(EXPONENTS, 1.0, values).T[:, None, :]
    rows = np.asarray(partials) * scale / np.abs(np.asarray(z)) / NOISE
    stacked = np.concatenate([rows.real, rows.imag], axis=1)
    information = np.einsum("pfn,qfn->npq", stacked, stacked)
    size = np.sqrt(np.einsum("npp->np", information))
    inverse = np.linalg.inv(information / size[:, :, None] / size[:, None, :])
    return np.sqrt(np.abs(np.einsum("npp->np", inverse))) / size
