"""The least-squares problem behind a distribution, for many spectra on one frequency grid.

Unknowns x (k), in this order: series resistance, inductance, elastance 1/C where the low-frequency end is open,
and the m nodes of γ; each divided by a scale of its own so that all are of order one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sscell.relaxation.basis import (
    kernel_from_grid,
    relaxation_times_from_frequencies,
    roughness_matrix,
    spacing_from_times,
)
from sscell.relaxation.ends import low_end
from sscell.relaxation.products import gram_matrices, product

RESISTANCE, INDUCTANCE, ELASTANCE = 0, 1, 2
# Normal equations are squared: this share of the diagonal is their rounding error with some reserve.
_ROUNDING = 1e-12


class Grid(NamedTuple):
    """What spectra on the same frequencies (ascending) share.

    design (2n, k): real parts above imaginary ones; penalty (k, k): zero for all but the nodes, which begin at
    `first`; level_map (m, n): from logarithms at the measured points to those at the nodes.
    """

    frequency_Hz: np.ndarray
    blocked: bool
    tau_s: np.ndarray
    first: int
    design: np.ndarray
    penalty: np.ndarray
    level_map: np.ndarray

    @property
    def points(self) -> int:
        """Real numbers a spectrum consists of, 2n."""
        return 2 * self.frequency_Hz.size


class NormalEquations(NamedTuple):
    """Weighted problem of each spectrum: min ‖W(design·scale·x − z)‖² = x'Gx − 2c'x + b.

    gram G (B, k, k), right c (B, k), square b (B,), scale (B, k): x times scale is in ohms.
    """

    gram: np.ndarray
    right: np.ndarray
    square: np.ndarray
    scale: np.ndarray

    def amplified(self, amplitude: np.ndarray) -> NormalEquations:
        """The same problem with every unknown in units of `amplitude` (B, k)."""
        gram = self.gram * (amplitude[:, :, None] * amplitude[:, None, :])
        return NormalEquations(gram, self.right * amplitude, self.square, self.scale * amplitude)


def grid_from_frequencies(frequency_Hz: np.ndarray, *, blocked: bool) -> Grid:
    """Relaxation times, design and penalty for frequencies in ascending order; `blocked`: with a series capacitor."""
    tau = relaxation_times_from_frequencies(frequency_Hz, blocked=blocked)
    omega = 2 * np.pi * frequency_Hz
    series = [np.ones(omega.size), 1j * omega / omega[-1], -1j * omega[0] / omega][: 3 if blocked else 2]
    columns = np.hstack([np.stack(series, axis=1), kernel_from_grid(frequency_Hz, tau)])
    first, k = len(series), columns.shape[1]
    penalty = np.zeros((k, k))
    penalty[first:, first:] = roughness_matrix(tau.size, spacing_from_times(tau), blocked=blocked)
    return Grid(
        frequency_Hz=frequency_Hz,
        blocked=blocked,
        tau_s=tau,
        first=first,
        design=np.vstack([columns.real, columns.imag]),
        penalty=penalty,
        level_map=_level_map(frequency_Hz, tau, blocked),
    )


def _level_map(frequency_Hz: np.ndarray, tau_s: np.ndarray, blocked: bool) -> np.ndarray:
    """Linear interpolation (m, n) at ω = 1/τ; constant beyond the ends, on the straight line beyond an open one."""
    at, points = -np.log(2 * np.pi * tau_s), np.log(frequency_Hz)
    weights = np.stack([np.interp(at, points, unit) for unit in np.eye(points.size)], axis=1)
    if blocked:
        end = low_end(frequency_Hz)
        x = points[end] - points[end].mean()
        beyond = at < points[0]
        weights[np.ix_(beyond, np.arange(end.stop))] += (at[beyond] - points[0])[:, None] * x / np.sum(x**2)
    return weights


def normal_equations(grid: Grid, impedance_ohm: np.ndarray, deviation_ohm: np.ndarray) -> NormalEquations:
    """Normal equations for impedances (B, n) with standard deviations known up to a factor (B, n).

    Nodes are scaled with the deviation at ω = 1/τ: the smoothness asked for is relative to what the data resolve
    there.
    """
    weight = np.tile(deviation_ohm**-2.0, 2)
    data = np.concatenate([impedance_ohm.real, impedance_ohm.imag], axis=1)
    gram = gram_matrices(grid.design, weight)
    np.einsum("bii->bi", gram)[...] *= 1 + _ROUNDING
    scale = np.empty(gram.shape[:2])
    scale[:, grid.first :] = np.exp(product(np.log(deviation_ohm), grid.level_map.T))
    scale[:, : grid.first] = np.sqrt(grid.frequency_Hz.size / np.einsum("bii->bi", gram)[:, : grid.first])
    right = product(weight * data, grid.design)
    square = np.sum(weight * data**2, axis=1)
    return NormalEquations(gram, right, square, np.ones_like(scale)).amplified(scale)
