"""The distribution as a piecewise linear function of ln τ, and the impedance of its pieces."""

from __future__ import annotations

import numpy as np

POINTS_PER_DECADE = 10
# How far τ reaches beyond 1/ω on each side: half an arc whose top is just outside still has its place.
EXTENSION_DECADES = 0.5
# Beyond an open end γ goes on rising; what lies further out is a capacitor within 1e-3.
OPEN_EXTENSION_DECADES = 1.5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


def relaxation_times_from_frequencies(frequency_Hz: np.ndarray, *, blocked: bool) -> np.ndarray:
    """Relaxation times (m,) in s, equally spaced in ln τ, over the measured 1/ω and some way on each side."""
    first = -np.log10(2 * np.pi * frequency_Hz.max()) - EXTENSION_DECADES
    last = -np.log10(2 * np.pi * frequency_Hz.min()) + (OPEN_EXTENSION_DECADES if blocked else EXTENSION_DECADES)
    return np.asarray(np.logspace(first, last, int(np.ceil((last - first) * POINTS_PER_DECADE)) + 1))


def spacing_from_times(tau_s: np.ndarray) -> float:
    """Distance of neighbouring relaxation times in ln τ."""
    return float(np.log(tau_s[-1] / tau_s[0]) / (tau_s.size - 1))


def kernel_from_grid(frequency_Hz: np.ndarray, tau_s: np.ndarray) -> np.ndarray:
    """Impedance (n, m) of each piece: ∫ hat(s) ds / (1 + jωτ eˢ), hat(s) = 1 − |s|/h, over −h < s < h.

    Eight Gauss-Legendre points on each half are exact to 1e-14 at this spacing.
    """
    spacing = spacing_from_times(tau_s)
    shift = 0.5 * spacing * (_NODES + 1)
    weight = 0.5 * spacing * _WEIGHTS * (1 - shift / spacing)
    product = 2 * np.pi * frequency_Hz[:, None] * tau_s
    kernel = np.zeros(product.shape, dtype=complex)
    for s, w in zip(np.concatenate([-shift, shift]), np.tile(weight, 2), strict=True):
        kernel += w / (1 + 1j * np.exp(s) * product)
    return kernel


def roughness_matrix(count: int, spacing: float, *, blocked: bool) -> np.ndarray:
    """Matrix P (m, m) of ∫ (dg/d ln τ)² d ln τ = gᵀ P g for nodes g.

    g = 0 one step before the shortest τ, and one step after the longest unless that end is open.
    """
    matrix = 2 * np.eye(count) - np.eye(count, k=1) - np.eye(count, k=-1)
    if blocked:
        matrix[-1, -1] = 1.0
    return np.asarray(matrix / spacing)


def blurring_matrix(tau_s: np.ndarray, width_decades: float) -> np.ndarray:
    """Matrix (m, m) that averages nodes with a Gaussian of this standard deviation."""
    position = np.log10(tau_s)
    matrix = np.exp(-0.5 * ((position[:, None] - position) / width_decades) ** 2)
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))
