"""Spectra with known parameters. Few circuits and one grid of 48 rows, so that the tests share compiled code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sscell.circuit import Circuit
from sscell.fit.assembly import batch_from_spectra
from sscell.fit.circuit_fit import fit_circuit
from sscell.fit.constraints import space_from_constraints
from sscell.fit.order import order_from_names
from sscell.fit.points import points_for_fit
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.weights import Weighting
from sscell.records import Spectrum

FREQUENCY_HZ = np.geomspace(1e5, 1.0, 48)
ONE_ARC = "R0-p(R1,C1)"
ONE_VALUES = {"R0": 10.0, "R1": 50.0, "C1": 1e-5}
TWO_ARCS = "R0-p(R1,C1)-p(R2,C2)"
TWO_VALUES = {"R0": 10.0, "R1": 30.0, "C1": 1e-6, "R2": 50.0, "C2": 2e-4}


def impedance_of(circuit: str, values: Mapping[str, float], frequency_Hz: np.ndarray = FREQUENCY_HZ) -> np.ndarray:
    return np.asarray(Circuit(circuit).impedance(values, frequency_Hz))


def noisy(z: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Noise in proportion to |Z|, `share` of it in each of real and imaginary part."""
    rng = np.random.default_rng(seed)
    return z + np.abs(z) * share * (rng.normal(size=z.shape) + 1j * rng.normal(size=z.shape))


def spectrum(z: np.ndarray, frequency_Hz: np.ndarray = FREQUENCY_HZ) -> Spectrum:
    return Spectrum(frequency_Hz=frequency_Hz, impedance_ohm=z)


def one_arc(noise: float = 0.005, seed: int = 0, **changed: float) -> Spectrum:
    return spectrum(noisy(impedance_of(ONE_ARC, {**ONE_VALUES, **changed}), noise, seed))


def two_arcs(noise: float = 0.005, seed: int = 0, **changed: float) -> Spectrum:
    return spectrum(noisy(impedance_of(TWO_ARCS, {**TWO_VALUES, **changed}), noise, seed))


def fit(circuit: str, spectra: Any, **options: Any) -> Any:
    """All points, unless told otherwise: these tests are about the fit, not about its band."""
    return fit_circuit(circuit, spectra, **{"band": "all", **options})


def problem_of(circuit: str, order: Sequence[str] | None = None, robust: bool = False, **constraints: Any) -> Problem:
    model = Circuit(circuit)
    arcs = order_from_names(model, order) if order else None
    return Problem(model, space_from_constraints(model, **constraints), arcs, robust)


def batch_of(spectra: Sequence[Spectrum], weighting: Weighting = Weighting.MODULUS) -> SpectrumBatch:
    return batch_from_spectra(spectra, points_for_fit(spectra, "all", need_noise=False), weighting)


def stacked_residuals(circuit: str, values: Sequence[float], sample: Spectrum) -> np.ndarray:
    """(2n,) residuals with modulus weights in plain NumPy: what the fits minimise, written again."""
    model = Circuit(circuit)
    z = impedance_of(circuit, dict(zip(model.parameter_names, values, strict=True)), sample.frequency_Hz)
    r = (z - sample.impedance_ohm) / np.abs(sample.impedance_ohm)
    return np.concatenate([r.real, r.imag])
