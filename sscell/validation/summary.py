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
# Bad points count as one place up to so many steps apart; so many places are named.
NEIGHBOURS, MOST_PLACES = 2, 3
UNITS = ((1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz"), (1e-6, "µHz"))


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
            f"up to {_percent(abs(residuals[worst]))} from the fit to the others, at {_frequency(frequency_Hz[worst])}."
        )
        if band is not None:
            low, high = _frequency(band.lowest_Hz), _frequency(band.highest_Hz)
            text += f" Work between {low} and {high} ({band.mask.sum()} points)."
    return text


def _percent(value: float) -> str:
    return f"{100 * value:.2g} %" if 1e-4 <= value < 1 else "below 0.01 %" if value < 1 else f"{100 * value:.0f} %"


def _places(frequency_Hz: np.ndarray, valid: np.ndarray) -> str:
    """'up to 200 mHz', 'at 49.8 Hz', 'at 4 of 6 points from 5 to 20 Hz', 'from 100 kHz up', joined by commas."""
    order = np.argsort(frequency_Hz, kind="stable")
    f, good = frequency_Hz[order], valid[order]
    if not good.any():
        return "everywhere"
    low, high = np.flatnonzero(good)[[0, -1]]
    places = [f"up to {_frequency(f[low - 1])}"] if low else []
    inner = low + np.flatnonzero(~good[low:high])
    groups = np.split(inner, np.flatnonzero(np.diff(inner) > NEIGHBOURS) + 1) if inner.size else []
    places += [_place(f, group) for group in groups[:MOST_PLACES]]
    rest = sum(group.size for group in groups[MOST_PLACES:])
    if rest:
        places[-1] += f" and at {rest} more point{'s' if rest > 1 else ''} above"
    places += [f"from {_frequency(f[high + 1])} up"] if high < f.size - 1 else []
    return ", ".join(places)


def _place(f: np.ndarray, group: np.ndarray) -> str:
    first, last = group[[0, -1]]
    if group.size == 1:
        return f"at {_frequency(f[first])}"
    span = last - first + 1
    of = f"{group.size} of {span}" if span > group.size else f"{span}"
    return f"at {of} points from {_frequency(f[first])} to {_frequency(f[last])}"


def _frequency(value_Hz: float) -> str:
    factor, unit = next((u for u in UNITS if value_Hz >= 0.9995 * u[0]), UNITS[-1])
    return f"{value_Hz / factor:.3g} {unit}"
