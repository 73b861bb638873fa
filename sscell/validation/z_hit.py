"""Z-HIT: the modulus that the phase implies. Drift moves the modulus more than the phase, so there they part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from sscell.errors import require
from sscell.records import Spectrum
from sscell.records.spectrum import points_text, several_spectra

LEAST_FREQUENCIES = 8
WINDOW_SHARE = 1 / 3  # of the decades measured
FIRST_DERIVATIVE_WEIGHT = -np.pi / 6


@dataclass(frozen=True, kw_only=True, eq=False)
class ZHitResult:
    """Arrays (n,) in the order of the spectrum.

    modulus_ohm: |Z| from the phase; deviation: |Z| measured/reconstructed - 1; phase_rad: the smoothed phase;
    window_Hz: (lowest, highest) frequency between which the two were matched.
    """

    frequency_Hz: np.ndarray
    modulus_ohm: np.ndarray
    deviation: np.ndarray
    phase_rad: np.ndarray
    window_Hz: tuple[float, float]

    def __repr__(self) -> str:
        size = np.abs(self.deviation)
        worst = int(size.argmax())
        low, high = self.window_Hz
        return (
            f"ZHitResult of {points_text(self.frequency_Hz)}: |Z| differs from what the phase implies by "
            f"{100 * np.median(size):.2g} % in the median, at most {100 * self.deviation[worst]:+.2g} % at "
            f"{self.frequency_Hz[worst]:.3g} Hz; matched from {low:.3g} to {high:.3g} Hz"
        )


@overload
def z_hit(spectra: Spectrum, *, window_Hz: tuple[float, float] | None = ...) -> ZHitResult: ...
@overload
def z_hit(spectra: Sequence[Spectrum], *, window_Hz: tuple[float, float] | None = ...) -> list[ZHitResult]: ...
def z_hit(
    spectra: Spectrum | Sequence[Spectrum], *, window_Hz: tuple[float, float] | None = None
) -> ZHitResult | list[ZHitResult]:
    """ln|Z(ω)| = const + 2/π ∫ φ dlnω - π/6 dφ/dlnω (Ehm et al., ACH Models Chem. 137 (2000) 145).

    The constant is matched inside window_Hz; None: where the two run most parallel, over a third of the decades.
    A list in, a list out. Raises InputError for anything but spectra, fewer than 8 frequencies, an impedance of zero,
    an empty window.
    """
    results = [_reconstruction(spectrum, window_Hz) for spectrum in several_spectra(spectra, "z_hit")]
    return results[0] if isinstance(spectra, Spectrum) else results


def _reconstruction(spectrum: Spectrum, window_Hz: tuple[float, float] | None) -> ZHitResult:
    f, back = np.unique(spectrum.frequency_Hz, return_inverse=True)
    require(
        f.size >= LEAST_FREQUENCIES,
        f"z_hit: needs at least {LEAST_FREQUENCIES} different frequencies, got {f.size}; measure more points a decade.",
    )
    modulus = np.abs(spectrum.impedance_ohm)
    require(
        bool(modulus.min() > 0),
        f"z_hit: the impedance at {spectrum.frequency_Hz[modulus.argmin()]:g} Hz is zero; remove that point.",
    )
    log_omega, log_modulus = np.log(2 * np.pi * f), _mean(np.log(modulus), back)
    direction = spectrum.impedance_ohm / modulus
    phase_measured = np.unwrap(np.arctan2(_mean(direction.imag, back), _mean(direction.real, back)))
    shape, phase = _shape_from_phase(log_omega, phase_measured)
    apart = log_modulus - shape
    inside = _window(f, apart, window_Hz)
    reconstructed = np.exp(shape + np.median(apart[inside]))[back]
    return ZHitResult(
        frequency_Hz=spectrum.frequency_Hz,
        modulus_ohm=reconstructed,
        deviation=modulus / reconstructed - 1,
        phase_rad=phase[back],
        window_Hz=(float(f[inside].min()), float(f[inside].max())),
    )


def _mean(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Mean of the points measured at one frequency; directions are averaged as unit vectors, not as angles."""
    return np.bincount(group, values) / np.bincount(group)


def _shape_from_phase(log_omega: np.ndarray, phase_rad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln|Z| up to a constant, and the phase smoothed by a cubic spline with generalised cross-validation."""
    from scipy.interpolate import make_smoothing_spline

    spline = make_smoothing_spline(log_omega, phase_rad)
    integral = spline.antiderivative()(log_omega)
    shape = 2 / np.pi * integral + FIRST_DERIVATIVE_WEIGHT * spline.derivative()(log_omega)
    return shape, spline(log_omega)


def _window(f: np.ndarray, apart: np.ndarray, window_Hz: tuple[float, float] | None) -> np.ndarray:
    """Points in the window, (n,) bool; f ascending."""
    if window_Hz is not None:
        inside = (f >= min(window_Hz)) & (f <= max(window_Hz))
        require(
            bool(inside.any()),
            f"z_hit: no frequency lies in window_Hz {window_Hz}; the spectrum has {f[0]:g} to {f[-1]:g} Hz.",
        )
        return inside
    width = (f[-1] / f[0]) ** WINDOW_SHARE * (1 + 1e-9)
    windows = [(f >= start) & (f <= start * width) for start in f[f * width <= f[-1] * (1 + 1e-8)]]
    windows = [window for window in windows if window.sum() >= 4] or [np.ones(f.size, bool)]
    return min(windows, key=lambda window: _spread(apart[window]))


def _spread(values: np.ndarray) -> float:
    return float(np.median(np.abs(values - np.median(values))))
