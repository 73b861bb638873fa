"""The verdict in words."""

from __future__ import annotations

import numpy as np

from sscell.validation.band import Band
from sscell.validation.result import NoiseEstimate

WEAK_BELOW = 10  # degrees of freedom


def summary_from_verdict(
    frequency_Hz: np.ndarray, valid: np.ndarray, residuals: np.ndarray, noise: NoiseEstimate, band: Band | None
) -> str:
    """One or two plain sentences: how many points pass, where the others are, how noisy it is, where to work."""
    level = f"noise {_percent(noise.relative)} of |Z|"
    if noise.constant_ohm is not None:
        level = f"noise {noise.constant_ohm:.2g} ohm at every frequency"
    bad = np.flatnonzero(~valid)
    if bad.size == 0:
        text = f"All {valid.size} points are Kramers-Kronig valid ({level})."
    else:
        worst = bad[np.argmax(np.abs(residuals[bad]))]
        where = _places(frequency_Hz, valid)
        text = (
            f"{valid.sum()} of {valid.size} points are Kramers-Kronig valid ({level}); invalid {where}, "
            f"up to {_percent(abs(residuals[worst]))} from the fit to the others, at {frequency_Hz[worst]:.3g} Hz."
        )
        if band is not None:
            text += f" Work between {band.lowest_Hz:.3g} and {band.highest_Hz:.3g} Hz ({band.mask.sum()} points)."
    if noise.degrees_of_freedom < WEAK_BELOW:
        text += " There are too few points for a strong test."
    return text


def _percent(value: float) -> str:
    return f"{100 * value:.2g} %" if 1e-4 <= value < 1 else "below 0.01 %" if value < 1 else f"{100 * value:.0f} %"


def _places(frequency_Hz: np.ndarray, valid: np.ndarray) -> str:
    """'up to 0.2 Hz', 'at 49.8 Hz', 'from 1e+05 Hz up', joined by commas."""
    order = np.argsort(frequency_Hz, kind="stable")
    f, good = frequency_Hz[order], valid[order]
    if not good.any():
        return "everywhere"
    low, high = np.flatnonzero(good)[[0, -1]]
    places = [f"up to {f[low - 1]:.3g} Hz"] if low else []
    inner = low + np.flatnonzero(~good[low:high])
    places += [f"at {value:.3g} Hz" for value in f[inner[:3]]]
    if inner.size > 3:
        places[-1] += f" and at {inner.size - 3} more points in between"
    places += [f"from {f[high + 1]:.3g} Hz up"] if high < f.size - 1 else []
    return ", ".join(places)
