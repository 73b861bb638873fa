"""What a Kramers-Kronig test says about a spectrum."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sscell.records.spectrum import points_text
from sscell.validation.band import Band
from sscell.validation.basis import KramersKronigModel, Representation
from sscell.validation.least_squares import FitPart

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class KramersKronigSettings:
    """How the test was made; c None: the smooth fit, else Schönleber's with this limit of μ."""

    c: float | None
    max_M: int
    fit: FitPart
    representation: Representation
    capacitance: bool
    inductance: bool
    floor: float
    false_alarm: float


@dataclass(frozen=True, kw_only=True, eq=False)
class NoiseEstimate:
    """Standard deviation of the noise in one part (real or imaginary), relative to |Z|, from the valid points.

    relative, real, imaginary: of the typical point; per_point: (n,); constant_ohm: the level where the noise was
    found to be the same in ohm at every frequency (impedance only), None where it is proportional to |Z|;
    degrees_of_freedom: what the estimate rests on, its relative error is about 1/sqrt(2 of them).
    """

    relative: float
    real: float
    imaginary: float
    per_point: np.ndarray = field(repr=False)
    constant_ohm: float | None
    degrees_of_freedom: float


@dataclass(frozen=True, kw_only=True, eq=False)
class KramersKronigResult:
    """Verdict on a spectrum; arrays (n,) in its order.

    valid: per point; residuals: complex (data - fit)/|data| of the fitted representation, the fit being that to the
    valid points; threshold: the largest |residual| that noise explains. A smaller one is invalid where neighbours
    deviate together, or at an end that was left out. impedance_ohm: the fit at the same frequencies; M, mu: number
    of branches and μ of the fit; band: None when no point is valid.
    """

    frequency_Hz: np.ndarray
    valid: np.ndarray
    residuals: np.ndarray
    threshold: np.ndarray
    impedance_ohm: np.ndarray
    M: int
    mu: float
    model: KramersKronigModel
    noise: NoiseEstimate
    band: Band | None
    settings: KramersKronigSettings
    summary: str

    def __repr__(self) -> str:
        return f"KramersKronigResult of {points_text(self.frequency_Hz)}: {self.summary}"

    def to_pandas(self) -> pd.DataFrame:
        """One row a point: residuals in percent, threshold and verdict."""
        import pandas as pd

        return pd.DataFrame(
            {
                "Frequency / Hz": self.frequency_Hz,
                "Residual Real / %": 100 * self.residuals.real,
                "Residual Imaginary / %": 100 * self.residuals.imag,
                "Threshold / %": 100 * self.threshold,
                "Valid": self.valid,
            }
        )
