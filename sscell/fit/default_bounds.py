"""Where a parameter is searched unless told otherwise: in its element's own range, widened to what was measured.

The elements' ranges are those of cells on a bench, 1 µohm to 1 Tohm. A large battery, a membrane or a spectrum per area
lies elsewhere: the range then grows until an element at its end would not be seen in the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from sscell.circuit.element import Scale
from sscell.circuit.model import CircuitParameter
from sscell.fit.powers import powers_of_unit
from sscell.records import Spectrum

# Exponents are searched from here to 1: below, a constant phase element is a resistor by another name.
LEAST_EXPONENT = 0.3
# An element with this share of the smallest impedance, or of the smallest admittance, is not seen.
UNSEEN = 1e-4
# Nor is a time constant shorter than this share of the shortest 1/ω, or as much longer than the longest.
UNSEEN_TIME = 0.1
MOST_DECADES = 300


@dataclass(frozen=True, eq=False)
class Measured:
    """What spectra span: modulus_ohm (n,) of their impedances other than 0, omega (n,) in 1/s."""

    modulus_ohm: np.ndarray
    omega: np.ndarray


def measured_from_spectra(spectra: Sequence[Spectrum]) -> Measured:
    """All points of all spectra."""
    modulus = np.concatenate([np.abs(s.impedance_ohm) for s in spectra])
    omega = 2 * np.pi * np.concatenate([s.frequency_Hz for s in spectra])
    return Measured(modulus[modulus > 0], omega[modulus > 0])


def default_bounds(parameter: CircuitParameter, measured: Measured | None = None) -> tuple[float, float]:
    """Bounds in the parameter's unit, in whole decades where the data widen them."""
    lower, upper = parameter.lower, parameter.upper
    if parameter.at_most == 1.0 and parameter.scale is Scale.LINEAR:
        lower = max(lower, LEAST_EXPONENT)
    # At either end of an exponent, where the element has one.
    powers = [powers_of_unit(parameter.unit, alpha) for alpha in (LEAST_EXPONENT, 1.0)]
    if measured is None or measured.omega.size == 0 or not any(powers[0]):
        return lower, upper
    logs = np.log10([measured.modulus_ohm, measured.omega])
    sizes = np.array([p * logs[0] - q * logs[1] for p, q in powers])
    share = log10(UNSEEN if any(p for p, _ in powers) else UNSEEN_TIME)
    return min(lower, _decade(floor(sizes.min() + share))), max(upper, _decade(ceil(sizes.max() - share)))


def _decade(power: int) -> float:
    return float(f"1e{min(max(power, -MOST_DECADES), MOST_DECADES)}")
