"""The arc width that a circuit fit reads off a spectrum, as experimenters report interfacial resistance."""

from __future__ import annotations

import numpy as np

from sscell.records import Spectrum

LOWEST_HZ = 0.1  # where the study's spectra end
REACH = 14.0  # how far, in logarithms, a parameter may move from its start: six decades


def arc_width_ohm_cm2(spectrum: Spectrum) -> float:
    """R1 + R2 of L + R0 + (R1‖CPE1) + (R2‖CPE2) + CPE3, fitted above 0.1 Hz with modulus weights, in ohm cm².

    The two arcs hold the interface's layers and its charge transfer, the last element the rise of diffusion. NaN when
    the spectrum has too few points or the fit does not end.
    """
    from scipy.optimize import least_squares

    use = spectrum.frequency_Hz >= LOWEST_HZ
    if use.sum() < 12:
        return float("nan")
    omega = 2 * np.pi * spectrum.frequency_Hz[use]
    z = spectrum.impedance_ohm_cm2[use]
    weight = 1 / np.abs(z)

    def circuit(p: np.ndarray) -> np.ndarray:
        inductance, r0, r1, tau1, r2, tau2, y3 = np.exp(p[:7])
        n1, n2, n3 = 0.4 + 0.6 / (1 + np.exp(-p[7:]))
        iw = 1j * omega
        return iw * inductance + r0 + r1 / (1 + (iw * tau1) ** n1) + r2 / (1 + (iw * tau2) ** n2) + y3 / iw**n3

    def residual(p: np.ndarray) -> np.ndarray:
        difference = (circuit(p) - z) * weight
        return np.concatenate([difference.real, difference.imag])

    span = max(float(np.ptp(z.real)), 1e-3)
    fits = []
    for tau1, tau2 in ((1e-4, 1e-2), (1e-3, 1e-1), (1e-5, 1e-3), (1e-2, 1.0)):
        start = np.log([1e-7, max(float(z.real.min()), 1e-3), span / 3, tau1, span / 3, tau2, span / 10])
        first = np.concatenate([start, np.full(3, 1.0)])
        fits.append(least_squares(residual, first, bounds=(first - REACH, first + REACH), max_nfev=400))
    best = min(fits, key=lambda f: f.cost)
    return float(np.exp(best.x[2]) + np.exp(best.x[4])) if np.isfinite(best.cost) else float("nan")
