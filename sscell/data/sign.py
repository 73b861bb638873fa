"""What the numbers themselves say of a sign, where a file does not."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np


class Sign(Enum):
    """As the records want it, turned round, or the numbers do not tell."""

    TRUE = "true"
    MIRRORED = "mirrored"
    COIL = "inductive throughout and rising with frequency: a coil, or a mirrored arc cut off at its low end"
    INDUCTIVE = "inductive throughout and not rising: most likely mirrored"
    UNCLEAR = "unclear"


# Of 48 files of known sign 47 agree by 0.83 or more; a milliohm cell with cable artefacts has -0.52, which is
# why a mirrored spectrum must also be mostly inductive.
CLEAR_AGREEMENT = 0.5
NEARLY_ALL = 0.9
# Voltage steps of pure noise add up like a random walk: beyond 3 standard deviations they are not noise.
CLEAR_SCORE = 3.0


def kramers_kronig_agreement(sweeps: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Whether Im Z and the slope of Re Z belong together: 1 true sign, -1 mirrored, 0 no sign of either.

    Kramers-Kronig, locally: Im Z is about (pi/2) dRe Z/dln(f), so both have one sign, be it capacitive or
    inductive.
    sweeps: pairs (frequency_Hz, impedance_ohm), each (n,).
    """
    products = []
    for frequency_Hz, impedance_ohm in sweeps:
        z = impedance_ohm[np.argsort(frequency_Hz, kind="stable")]
        products.append((z.imag[1:] + z.imag[:-1]) * np.diff(z.real))
    joined = np.concatenate(products)
    size = np.abs(joined).sum()
    return float(joined.sum() / size) if size > 0 else 0.0


def reactance_rise(sweeps: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """1 where Im Z rises with frequency from point to point, -1 where it falls; sweeps as above.

    That of a lossless circuit rises (Foster, Bell Syst. Tech. J. 3 (1924) 259): that of a coil does, 1/(ωC) falls.
    """
    steps = np.concatenate([np.diff(z.imag[np.argsort(f, kind="stable")]) for f, z in sweeps])
    size = np.abs(steps).sum()
    return float(steps.sum() / size) if size > 0 else 0.0


def imaginary_sign(sweeps: Sequence[tuple[np.ndarray, np.ndarray]]) -> Sign:
    """The sign in which Im Z was stored; where Re Z is flat (a blocking electrode, a coil), most points decide."""
    agreement = kramers_kronig_agreement(sweeps)
    inductive = inductive_share(sweeps)
    if agreement >= CLEAR_AGREEMENT:
        return Sign.TRUE
    if agreement <= -CLEAR_AGREEMENT:
        return Sign.MIRRORED if inductive > 0.5 else Sign.UNCLEAR
    if inductive >= NEARLY_ALL:
        return Sign.COIL if reactance_rise(sweeps) >= CLEAR_AGREEMENT else Sign.INDUCTIVE
    return Sign.TRUE if inductive <= 1 - NEARLY_ALL else Sign.UNCLEAR


def inductive_share(sweeps: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Share of the points with Im Z > 0."""
    return float(np.mean(np.concatenate([z.imag for _, z in sweeps]) > 0))


def current_sign(current_A: np.ndarray, voltage_V: np.ndarray) -> Sign:
    """The sign in which a current was stored: a positive one (discharge, ours) lowers the voltage.

    Looks at the voltage steps between rows where the current keeps its sign; both arrays (n,).
    """
    sign = np.sign(current_A)
    steps = np.where(sign[1:] == sign[:-1], sign[1:], 0.0) * np.diff(voltage_V)
    size = np.sqrt(np.sum(steps**2))
    score = float(steps.sum() / size) if size > 0 else 0.0
    if not abs(score) > CLEAR_SCORE:
        return Sign.UNCLEAR
    return Sign.TRUE if score < 0 else Sign.MIRRORED
