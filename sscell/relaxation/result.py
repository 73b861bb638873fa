"""What a distribution of relaxation times holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.records.arrays import owned
from sscell.records.spectrum import points_text
from sscell.relaxation.peaks import Peak
from sscell.rounding import short

if TYPE_CHECKING:
    import pandas as pd

_ARRAYS = {
    "tau_s": float,
    "gamma_ohm": float,
    "lower_ohm": float,
    "upper_ohm": float,
    "frequency_Hz": float,
    "impedance_ohm": complex,
    "residuals": complex,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class DistributionOfRelaxationTimes:
    """Z(ω) = R + jωL + 1/(jωC) + ∫ γ(ln τ) d ln τ /(1 + jωτ), γ ≥ 0 in ohm per natural logarithm of τ.

    tau_s, gamma_ohm and its 95 % interval lower_ohm, upper_ohm: (m,); γ is linear in ln τ between them.
    resistance_ohm, inductance_H, elastance_per_F (1/C; None where the low-frequency end is closed) are in series.
    polarisation_ohm: area under γ. regularisation_lambda: without unit. frequency_Hz and impedance_ohm (fitted):
    (n,) in the order given; residuals: (n,) complex, (Z − fit)/|Z|; chi_square: Σ|residuals|²; noise: standard
    deviation of real and imaginary residuals that it speaks for, relative to |Z| (to its geometric mean for unit
    weights). warnings: what the numbers cannot say.
    """

    tau_s: np.ndarray
    gamma_ohm: np.ndarray
    lower_ohm: np.ndarray
    upper_ohm: np.ndarray
    resistance_ohm: float
    resistance_interval_ohm: tuple[float, float]
    inductance_H: float
    elastance_per_F: float | None
    polarisation_ohm: float
    polarisation_interval_ohm: tuple[float, float]
    peaks: tuple[Peak, ...]
    regularisation_lambda: float
    frequency_Hz: np.ndarray
    impedance_ohm: np.ndarray
    residuals: np.ndarray
    chi_square: float
    noise: float
    warnings: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, kind in _ARRAYS.items():
            object.__setattr__(self, name, owned(getattr(self, name), kind))

    @property
    def capacitance_F(self) -> float | None:
        """Series capacitance; None where the low-frequency end is closed, infinite where none was found."""
        if self.elastance_per_F is None:
            return None
        return 1 / self.elastance_per_F if self.elastance_per_F > 0 else float("inf")

    def __repr__(self) -> str:
        of = f" of {self.provenance['file']}" if "file" in self.provenance else ""
        head = f"DistributionOfRelaxationTimes{of}: {points_text(self.frequency_Hz)}"
        series = f"  in series {_ohm(self.resistance_ohm, self.resistance_interval_ohm)}"
        if self.capacitance_F is not None and np.isfinite(self.capacitance_F):
            series += f" and {short(self.capacitance_F)} F"
        lines = [head, series, f"  under the curve {_ohm(self.polarisation_ohm, self.polarisation_interval_ohm)}"]
        lines += [
            f"  peak at {short(p.tau_s)} s ({short(p.frequency_Hz)} Hz): "
            + _ohm(p.resistance_ohm, p.resistance_interval_ohm)
            + (", top outside the measured range" if p.extrapolated else "")
            for p in self.peaks
        ]
        return "\n".join(lines + [f"  warning: {text}" for text in self.warnings])

    def to_pandas(self) -> pd.DataFrame:
        """The curve: one row a relaxation time."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in ("tau_s", "gamma_ohm", "lower_ohm", "upper_ohm")})

    def peaks_to_pandas(self) -> pd.DataFrame:
        """The peaks: one row a peak, intervals as two columns each."""
        import pandas as pd

        return pd.DataFrame([_row(peak) for peak in self.peaks], columns=list(_row(_NO_PEAK)))


def _ohm(value: float, interval: tuple[float, float]) -> str:
    return f"{short(value)} ohm (95 %: {' to '.join(map(short, interval))})"


def _row(peak: Peak) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for f in dataclasses.fields(peak):
        value = getattr(peak, f.name)
        if isinstance(value, tuple):
            stem, unit = f.name.split("_interval_")
            row |= {f"{stem}_lower_{unit}": value[0], f"{stem}_upper_{unit}": value[1]}
        else:
            row[f.name] = value
    return row


_NO_PEAK = Peak(
    tau_s=0.0,
    tau_interval_s=(0.0, 0.0),
    frequency_Hz=0.0,
    resistance_ohm=0.0,
    resistance_interval_ohm=(0.0, 0.0),
    height_ohm=0.0,
    width_decades=0.0,
    exponent=0.0,
    extrapolated=False,
)
