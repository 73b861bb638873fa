"""Spectra as curves to draw: cut at a frequency, marked at its decades, framed with equal axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sscell.report.runs import RunView
from sscell.study.jobs import LabelledSpectrum

FURTHEST = 2.0  # measured spectra may widen a panel by this factor, no more

Window = tuple[float, float, float, float]  # x0, x1, y0, y1 in ohm cm²


class Curve(NamedTuple):
    """One spectrum: frequency, impedance in ohm cm², how to draw it; simulated ones set the window."""

    frequency_Hz: np.ndarray
    z: np.ndarray
    style: dict[str, Any]
    simulated: bool


def spectrum_labels(view: RunView) -> list[str]:
    """The states at which a run has spectra, 'fresh' first."""
    labels = {s.label for job in view.jobs for s in job.spectra}
    return sorted(labels, key=lambda label: (label != "fresh", label))


def state_words(spectra: Sequence[LabelledSpectrum]) -> str:
    """Cycle and open-circuit voltage of spectra of one label."""
    cycles = {s.after_cycle for s in spectra}
    after = "before cycling" if cycles == {0} else f"after cycle {', '.join(str(c) for c in sorted(cycles))}"
    volts = [v for v in (s.budget.spectrum.state.get("voltage_V", np.nan) for s in spectra) if np.isfinite(v)]
    if not volts:
        return after
    low, high = f"{min(volts):.2f}", f"{max(volts):.2f}"
    return f"{after}, at {low} V" if low == high else f"{after}, at {low} to {high} V"


def cut(curve: Curve, lowest_Hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Rising frequency and Z down to a frequency; simulated curves end exactly there, by interpolation."""
    order = np.argsort(curve.frequency_Hz)
    f, z = curve.frequency_Hz[order], curve.z[order]
    use = f >= lowest_Hz * (1 - 1e-9)
    if not curve.simulated or use.all() or not use.any():
        return f[use], z[use]
    return np.append(lowest_Hz, f[use]), np.append(interpolated(f, z, lowest_Hz), z[use])


def interpolated(f: np.ndarray, z: np.ndarray, frequency_Hz: float) -> complex:
    """Z between the points of a spectrum, over the logarithm of the (rising) frequency."""
    at = np.log10(frequency_Hz), np.log10(f)
    return complex(np.interp(*at, z.real), np.interp(*at, z.imag))


def decades(curve: Curve) -> list[int]:
    """The powers of ten between a curve's ends."""
    low, high = np.log10(curve.frequency_Hz.min()) - 1e-9, np.log10(curve.frequency_Hz.max()) + 1e-9
    return list(range(int(np.ceil(low)), int(np.floor(high)) + 1))


def window(curves: Sequence[Curve], lowest_Hz: float) -> Window:
    """The frame that shows the simulated spectra, and measured ones as far as `FURTHEST`."""

    def corner(some: Sequence[Curve]) -> np.ndarray:
        z = np.concatenate([np.zeros(0, dtype=complex), *(cut(c, lowest_Hz)[1] for c in some)])
        return np.array([z.real.max(), (-z.imag).max()]) if z.size else np.zeros(2)

    ours = corner([c for c in curves if c.simulated])
    theirs = corner([c for c in curves if not c.simulated])
    if ours[0] > 0:
        theirs = np.minimum(theirs, FURTHEST * np.array([ours[0], max(ours[1], 0.3 * ours[0])]))
    x1, y1 = np.maximum(ours, theirs)
    x1 = max(x1, 1e-6)
    return 0.0, 1.04 * x1, -0.05 * x1, 1.1 * max(y1, 0.12 * x1)


def filled(frame: Window, ratio: float) -> Window:
    """The frame widened until height over width is `ratio`, so that equal axes fill their box."""
    x0, x1, y0, y1 = frame
    return x0, max(x1, x0 + (y1 - y0) / ratio), y0, max(y1, y0 + (x1 - x0) * ratio)
