"""From spectra to the arrays of a fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.fit.points import UsedPoints
from sscell.fit.problem import SpectrumBatch, padded
from sscell.fit.weights import Weighting, weights_from_spectrum
from sscell.records import Spectrum


def batch_from_spectra(spectra: Sequence[Spectrum], used: Sequence[UsedPoints], weighting: Weighting) -> SpectrumBatch:
    """The spectra side by side, highest frequency first; points that are not used have weight 0."""
    columns = [_column(s, u, weighting) for s, u in zip(spectra, used, strict=True)]
    frequencies = [c[0] for c in columns]
    same = all(np.array_equal(f, frequencies[0]) for f in frequencies)
    rows = max(f.size for f in frequencies)
    omega = 2 * np.pi * _stacked(frequencies[:1] if same else frequencies, rows, 1 / (2 * np.pi))
    parts = [_stacked([c[k] for c in columns], rows, fill) for k, fill in ((1, 1.0), (2, 0.0), (3, 0.0))]
    return padded(SpectrumBatch(omega, *parts))


def joined(batches: Sequence[SpectrumBatch]) -> SpectrumBatch:
    """Batches of one spectrum each (of one search) side by side."""
    omega = [b.omega for b in batches]
    same = all(np.array_equal(o, omega[0]) for o in omega)
    scales = [b.loss_scale for b in batches if b.loss_scale is not None]
    return SpectrumBatch(
        omega[0] if same else np.concatenate(omega, 1),
        np.concatenate([b.z for b in batches], 1),
        np.concatenate([b.real_weight for b in batches], 1),
        np.concatenate([b.imaginary_weight for b in batches], 1),
        np.concatenate(scales) if scales else None,
    )


def _column(spectrum: Spectrum, used: UsedPoints, weighting: Weighting) -> tuple[np.ndarray, ...]:
    order = np.argsort(-spectrum.frequency_Hz, kind="stable")
    weights = weights_from_spectrum(spectrum, weighting, _noise_ohm(spectrum, used))
    real, imaginary = (np.where(used.mask, w, 0.0)[order] for w in weights)
    return spectrum.frequency_Hz[order], spectrum.impedance_ohm[order], real, imaginary


def _noise_ohm(spectrum: Spectrum, used: UsedPoints) -> tuple[np.ndarray, np.ndarray] | None:
    """Standard deviations of both parts from the Kramers-Kronig test; of the modulus where there was none."""
    modulus = np.abs(spectrum.impedance_ohm)
    if used.verdict is None:
        return modulus, modulus
    noise = used.verdict.noise
    least = 1e-6 * modulus
    typical = np.maximum(noise.per_point * modulus, least)
    scale = noise.relative if noise.relative > 0 else 1.0
    parts = [noise.real if noise.real > 0 else scale, noise.imaginary if noise.imaginary > 0 else scale]
    return typical * parts[0] / scale, typical * parts[1] / scale


def _stacked(columns: Sequence[np.ndarray], rows: int, fill: float) -> np.ndarray:
    """(rows, S); shorter columns are filled up."""
    out = np.full((rows, len(columns)), fill, dtype=np.result_type(*columns))
    for k, column in enumerate(columns):
        out[: column.size, k] = column
    return out
