"""Weights of the residuals: what the standard deviation of each point is taken to be proportional to."""

from __future__ import annotations

import enum
from typing import NamedTuple

import numpy as np

from sscell.errors import nearest_key, require
from sscell.records import Spectrum

# A part that crosses zero would get an endless weight; it gets at most this many times that of the modulus.
LARGEST_RATIO = 100.0


class Weighting(enum.Enum):
    """By name, as users write it.

    MODULUS: |Z| of the point, for both parts. PROPORTIONAL: each part's own size. UNIT: the same for all, in ohm.
    NOISE: what the Kramers-Kronig test found to be noise, for each part at its frequency.
    """

    MODULUS = "modulus"
    PROPORTIONAL = "proportional"
    UNIT = "unit"
    NOISE = "noise"


class Weights(NamedTuple):
    """(n,) one over the standard deviation, for Re Z and Im Z, in 1/ohm (MODULUS and PROPORTIONAL: of 100 %)."""

    real: np.ndarray
    imaginary: np.ndarray


def weighting_from_name(name: str | Weighting) -> Weighting:
    """The weighting of that name, else InputError."""
    if isinstance(name, Weighting):
        return name
    known = [w.value for w in Weighting]
    require(
        name in known,
        f"weights must be one of {', '.join(known)}, got {name!r}{nearest_key(name, known)}.",
    )
    return Weighting(name)


def weights_from_spectrum(
    spectrum: Spectrum, weighting: Weighting, noise_ohm: tuple[np.ndarray, np.ndarray] | None = None
) -> Weights:
    """Weights of every point; noise_ohm: standard deviations (real, imaginary) for NOISE. InputError for Z = 0."""
    z = spectrum.impedance_ohm
    modulus = np.abs(z)
    require(
        weighting is Weighting.UNIT or bool((modulus > 0).all()),
        f"weights={weighting.value!r} needs impedances other than 0; remove these points or use weights='unit'.",
    )
    match weighting:
        case Weighting.UNIT:
            return Weights(np.ones_like(modulus), np.ones_like(modulus))
        case Weighting.MODULUS:
            return Weights(1 / modulus, 1 / modulus)
        case Weighting.PROPORTIONAL:
            least = modulus / LARGEST_RATIO
            return Weights(1 / np.maximum(np.abs(z.real), least), 1 / np.maximum(np.abs(z.imag), least))
        case Weighting.NOISE:
            assert noise_ohm is not None
            return Weights(1 / noise_ohm[0], 1 / noise_ohm[1])
