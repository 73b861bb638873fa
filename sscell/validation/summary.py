"""The verdict in words."""

from __future__ import annotations

import numpy as np

from sscell.records import Spectrum
from sscell.validation.band import Band
from sscell.validation.result import NoiseEstimate

WEAK_BELOW = 10  # degrees of freedom
# Noise of the typical point, relative to |Z|: errors of so many standard deviations pass, 40 % of |Z| and all of it.
SAYS_LITTLE_ABOVE = 0.1
SAYS_NOTHING_ABOVE = 0.25
HIDDEN_SIGMAS = 4
# A real part counts as negative beyond so many standard deviations of the noise, but at least and at most these shares
# of |Z|: in Schönleber's test a poor fit looks like noise.
NEGATIVE_SIGMAS = 3.0
NEGATIVE_SHARES = (0.02, 0.2)


def summary_from_verdict(
    spectrum: Spectrum, valid: np.ndarray, residuals: np.ndarray, noise: NoiseEstimate, band: Band | None
) -> str:
    """Plain sentences: how many points pass, where the others are, how noisy it is, where to work, what is odd."""
    typical = float(np.median(noise.per_point))
    text = _verdict_in_words(spectrum.frequency_Hz, valid, residuals, noise, typical, band)
    if noise.degrees_of_freedom < WEAK_BELOW:
        text += " There are too few points for a strong test."
    return text + _doubt_about_noise(typical) + _doubt_about_sign(spectrum, noise)


def summary_of_spectrum_not_judged(spectrum: Spectrum) -> str:
    """For a spectrum whose fit broke down numerically."""
    n = spectrum.frequency_Hz.size
    return (
        f"This spectrum could not be judged: the fit broke down numerically, so all {n} points are kept untested; "
        "look for values that differ from the others by many orders of magnitude."
    )


def _doubt_about_noise(typical: float) -> str:
    if typical <= SAYS_LITTLE_ABOVE:
        return ""
    worth = "nothing" if typical > SAYS_NOTHING_ABOVE else "little"
    hidden = _percent(HIDDEN_SIGMAS * typical)
    return f" At noise of {_percent(typical)} of |Z| this test says {worth}: errors up to {hidden} of |Z| stay hidden."


def _doubt_about_sign(spectrum: Spectrum, noise: NoiseEstimate) -> str:
    """A swapped sign passes the test, which is linear; a passive cell has Re Z > 0."""
    z = spectrum.impedance_ohm
    negative = z.real < -np.abs(z) * np.clip(NEGATIVE_SIGMAS * noise.per_point, *NEGATIVE_SHARES)
    if 2 * negative.sum() <= negative.size:
        return ""
    where = "all" if negative.all() else "most"
    return f" Re Z is negative at {where} points: was the sign of the file swapped?"


def _verdict_in_words(
    frequency_Hz: np.ndarray,
    valid: np.ndarray,
    residuals: np.ndarray,
    noise: NoiseEstimate,
    typical: float,
    band: Band | None,
) -> str:
    level = f"noise {_percent(noise.relative)} of |Z|"
    if noise.constant_ohm is not None:
        level = f"noise {noise.constant_ohm:.2g} ohm at every frequency"
    bad = np.flatnonzero(~valid)
    # Drowned in noise a point may pass, but nothing shows it valid.
    passed = "hide in noise" if typical > SAYS_NOTHING_ABOVE else "are Kramers-Kronig valid"
    if bad.size == 0:
        text = f"All {valid.size} points {passed} ({level})."
    else:
        worst = bad[np.argmax(np.abs(residuals[bad]))]
        where = _places(frequency_Hz, valid)
        text = (
            f"{valid.sum()} of {valid.size} points {passed} ({level}); invalid {where}, "
            f"up to {_percent(abs(residuals[worst]))} from the fit to the others, at {frequency_Hz[worst]:.3g} Hz."
        )
        if band is not None:
            text += f" Work between {band.lowest_Hz:.3g} and {band.highest_Hz:.3g} Hz ({band.mask.sum()} points)."
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
