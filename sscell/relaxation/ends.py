"""Whether a spectrum is closed at its ends, read from the measured points alone."""

from __future__ import annotations

import numpy as np

# At least this many points, for a slope with an error.
_END_DECADES = 0.5
_END_POINTS = 4
# Smaller than this share of |Z|, a capacitive rest cannot be told from noise.
_OPEN_SHARE = 0.01
_SIGNIFICANT = 3.0


def low_end(frequency_Hz: np.ndarray) -> slice:
    """The points of the low-frequency end: half a decade of ascending frequencies, at least four."""
    near = int(np.searchsorted(frequency_Hz, frequency_Hz[0] * 10**_END_DECADES, side="right"))
    return slice(0, min(max(near, _END_POINTS), frequency_Hz.size))


def open_ends(frequency_Hz: np.ndarray, impedance_ohm: np.ndarray) -> np.ndarray:
    """(B,) True where −Im Z still rises towards the lowest frequency: blocked, diffusion, or an arc cut before its top.

    frequency_Hz (n,) and impedance_ohm (B, n) in any order. The slope at the low end must be negative by three
    standard errors, and −Im Z there at least 1 % of |Z|.
    """
    order = np.argsort(frequency_Hz, kind="stable")
    end = low_end(frequency_Hz[order])
    x = np.log(frequency_Hz[order][end])
    x = x - x.mean()
    z = impedance_ohm[:, order[end]]
    y = -z.imag
    slope = y @ x / np.sum(x**2)
    rest = y - y.mean(axis=1, keepdims=True) - slope[:, None] * x
    error = np.sqrt(np.sum(rest**2, axis=1) / (x.size - 2) / np.sum(x**2))
    large = y.mean(axis=1) > _OPEN_SHARE * np.abs(z).mean(axis=1)
    return np.asarray((slope < -_SIGNIFICANT * error) & large)
