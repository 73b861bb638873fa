"""What a Kramers-Kronig test fits: a resistor, RC branches with fixed time constants, a capacitor and an inductor.

All are causal and stable, and the spectrum is linear in their strengths. Impedance: a series connection; admittance:
its dual, a parallel connection of series RC branches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from sscell.records.spectrum import checked_frequencies


class Representation(Enum):
    """Which of Z and 1/Z is fitted."""

    IMPEDANCE = "impedance"
    ADMITTANCE = "admittance"


@dataclass(frozen=True, kw_only=True, eq=False)
class KramersKronigModel:
    """The fitted network; strengths may be negative.

    impedance: Z = R + Σ R_k/(1 + iωτ_k) + 1/(iωC) + iωL
    admittance: 1/Z = 1/R + Σ (1/R_k) iωτ_k/(1 + iωτ_k) + iωC + 1/(iωL)
    branch_resistance_ohm, tau_s: (M,). An element that is not there is None.
    """

    representation: Representation
    resistance_ohm: float
    branch_resistance_ohm: np.ndarray
    tau_s: np.ndarray
    capacitance_F: float | None = None
    inductance_H: float | None = None

    def times(self, factor: float) -> KramersKronigModel:
        """The network with so many times the impedance."""
        return replace(
            self,
            resistance_ohm=factor * self.resistance_ohm,
            branch_resistance_ohm=factor * self.branch_resistance_ohm,
            capacitance_F=None if self.capacitance_F is None else self.capacitance_F / factor,
            inductance_H=None if self.inductance_H is None else factor * self.inductance_H,
        )

    def impedance(self, frequency_Hz: Any) -> np.ndarray:
        """Complex impedance in ohm at any frequencies, shape (n,)."""
        s = 2j * np.pi * checked_frequencies(frequency_Hz)
        st = s[:, None] * self.tau_s
        if self.representation is Representation.IMPEDANCE:
            z = self.resistance_ohm + (self.branch_resistance_ohm / (1 + st)).sum(axis=1)
            z = z if self.capacitance_F is None else z + (1 / self.capacitance_F) / s
            return z if self.inductance_H is None else z + s * self.inductance_H
        y = 1 / self.resistance_ohm + (st / (1 + st) / self.branch_resistance_ohm).sum(axis=1)
        y = y if self.capacitance_F is None else y + s * self.capacitance_F
        return 1 / (y if self.inductance_H is None else y + (1 / self.inductance_H) / s)


@dataclass(frozen=True, kw_only=True, eq=False)
class Basis:
    """The elements before their strengths are known; columns: constant, branches, 1/(iω) and iω where wanted."""

    representation: Representation
    frequency_Hz: np.ndarray
    tau_s: np.ndarray
    capacitance: bool
    inductance: bool

    @property
    def has_integrator(self) -> bool:
        """1/(iω): a series capacitor, or a parallel inductor."""
        return self.capacitance if self.representation is Representation.IMPEDANCE else self.inductance

    @property
    def has_differentiator(self) -> bool:
        """iω: a series inductor, or a parallel capacitor."""
        return self.inductance if self.representation is Representation.IMPEDANCE else self.capacitance

    @property
    def branches(self) -> slice:
        """Where the branches stand among the columns."""
        return slice(1, 1 + self.tau_s.size)

    def columns(self) -> np.ndarray:
        """(n, p) complex; 1/(iω) and iω are scaled to 1 at the lowest and the highest frequency."""
        omega = 2 * np.pi * self.frequency_Hz
        st = 1j * omega[:, None] * self.tau_s
        columns = np.ones((omega.size, 1 + self.tau_s.size + self.has_integrator + self.has_differentiator), complex)
        columns[:, self.branches] = 1 / (1 + st) if self.representation is Representation.IMPEDANCE else st / (1 + st)
        if self.has_integrator:
            columns[:, 1 + self.tau_s.size] = omega.min() / (1j * omega)
        if self.has_differentiator:
            columns[:, -1] = 1j * omega / omega.max()
        return columns

    def model(self, strengths: np.ndarray) -> KramersKronigModel:
        """The network with these strengths (p,), in the order of the columns."""
        omega = 2 * np.pi * self.frequency_Hz
        integrator = strengths[1 + self.tau_s.size] * omega.min() if self.has_integrator else None
        differentiator = strengths[-1] / omega.max() if self.has_differentiator else None
        series = self.representation is Representation.IMPEDANCE
        with np.errstate(divide="ignore"):  # a strength of zero is an infinite resistance or capacitance
            inverse = None if integrator is None else float(np.divide(1.0, integrator))
            return KramersKronigModel(
                representation=self.representation,
                resistance_ohm=float(strengths[0] if series else np.divide(1.0, strengths[0])),
                branch_resistance_ohm=strengths[self.branches] if series else 1 / strengths[self.branches],
                tau_s=self.tau_s,
                capacitance_F=inverse if series else differentiator,
                inductance_H=differentiator if series else inverse,
            )


def time_constants(frequency_Hz: np.ndarray, number: int, extension_decades: float = 0.0) -> np.ndarray:
    """Log-spaced from 1/ω_max to 1/ω_min, and beyond both by the extension (Schönleber 2014, eq. 10); in s."""
    longest = 10**extension_decades / (2 * np.pi * frequency_Hz.min())
    shortest = 10**-extension_decades / (2 * np.pi * frequency_Hz.max())
    return np.geomspace(shortest, longest, number) if number > 1 else np.array([longest])


def mu_from_strengths(branch_strengths: np.ndarray) -> np.ndarray:
    """μ = 1 - Σ|R_k < 0| / Σ|R_k ≥ 0| over the last axis (Schönleber 2014, eq. 20); -inf if none is positive."""
    total, size = branch_strengths.sum(axis=-1), np.abs(branch_strengths).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size == 0, 1.0, 1 - (size - total) / (size + total))
