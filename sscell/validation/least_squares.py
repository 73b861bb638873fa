"""Schönleber's fit for a given number of branches: relative least squares of real, imaginary or both parts."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from sscell.validation.basis import Basis, KramersKronigModel, Representation, time_constants


class FitPart(Enum):
    """Which part of the spectrum determines the branches; the other part is then predicted by them."""

    COMPLEX = "complex"
    REAL = "real"
    IMAGINARY = "imaginary"


@dataclass(frozen=True, kw_only=True)
class ElementChoice:
    """What is fitted to which part of what."""

    fit: FitPart = FitPart.COMPLEX
    representation: Representation = Representation.IMPEDANCE
    capacitance: bool = True
    inductance: bool = True

    def basis(self, frequency_Hz: np.ndarray, tau_s: np.ndarray) -> Basis:
        """The elements with these time constants."""
        return Basis(
            representation=self.representation,
            frequency_Hz=frequency_Hz,
            tau_s=tau_s,
            capacitance=self.capacitance,
            inductance=self.inductance,
        )

    def fitted_quantity(self, impedance_ohm: np.ndarray) -> np.ndarray:
        """Z, or 1/Z."""
        return impedance_ohm if self.representation is Representation.IMPEDANCE else 1 / impedance_ohm


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearFit:
    """A least-squares fit: residuals relative to |data|, (n,) complex, in the order of the data."""

    model: KramersKronigModel
    branch_strengths: np.ndarray
    residuals: np.ndarray
    parameters: int


def parts_of(values: np.ndarray, fit: FitPart) -> np.ndarray:
    """Real rows, imaginary rows, or both below each other, of (n, ...) complex values."""
    chosen = {
        FitPart.COMPLEX: (values.real, values.imag),
        FitPart.REAL: (values.real,),
        FitPart.IMAGINARY: (values.imag,),
    }
    return np.concatenate(chosen[fit])


def seen_columns(columns: np.ndarray, fit: FitPart) -> np.ndarray:
    """Which elements the fitted part sees, (p,) bool: a resistor has no imaginary part, L and C no real one."""
    rows = parts_of(columns, fit)
    return np.abs(rows).max(axis=0) > 1e-12 * np.abs(columns).max(axis=0)


def largest_number_of_branches(choice: ElementChoice, points: int) -> int:
    """So many that the fitted part still has a row for every strength."""
    return points - 3 if choice.fit is not FitPart.COMPLEX else 2 * points - 3


class _Elements(NamedTuple):
    """What depends on the grid and M only: the elements, their columns (n, p) and which of them the fit sees, (p,)."""

    basis: Basis
    columns: np.ndarray
    seen: np.ndarray


@functools.lru_cache(maxsize=128)
def _elements(choice: ElementChoice, frequency_bytes: bytes, branches: int) -> _Elements:
    f = np.frombuffer(frequency_bytes)
    basis = choice.basis(f, time_constants(f, branches))
    columns = basis.columns()
    return _Elements(basis, columns, seen_columns(columns, choice.fit))


def linear_fit(
    choice: ElementChoice, frequency_Hz: np.ndarray, impedance_ohm: np.ndarray, branches: int, used: np.ndarray
) -> LinearFit:
    """Least squares over the points `used`, (n,) bool, weighted by 1/|data|.

    Elements that the fitted part does not see (L and C for the real part, R for the imaginary one) are fitted
    afterwards to what the branches leave of the other part (Boukamp 1995).
    """
    data = choice.fitted_quantity(impedance_ohm)
    modulus = np.abs(data)
    basis, unweighted, seen = _elements(choice, frequency_Hz.tobytes(), branches)
    columns, target = unweighted / modulus[:, None], data / modulus
    strengths = np.zeros(seen.size)
    strengths[seen] = _solve(parts_of(columns[used][:, seen], choice.fit), parts_of(target[used], choice.fit))
    if not seen.all():
        other = FitPart.IMAGINARY if choice.fit is FitPart.REAL else FitPart.REAL
        left = target - columns @ strengths
        strengths[~seen] = _solve(parts_of(columns[used][:, ~seen], other), parts_of(left[used], other))
    return LinearFit(
        model=basis.model(strengths),
        branch_strengths=strengths[basis.branches],
        residuals=target - columns @ strengths,
        parameters=int(seen.sum()),
    )


def _solve(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least squares with columns of one length, so that no unit decides what counts as rank deficient."""
    length = np.linalg.norm(rows, axis=0)
    return np.linalg.lstsq(rows / length, target, rcond=None)[0] / length
