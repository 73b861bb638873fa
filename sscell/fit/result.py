"""What a fit found, and how well it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.circuit.model import ImpedanceModel
from sscell.fit.determination import Determination
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.state import FitStatus
from sscell.records import Spectrum
from sscell.records.spectrum import checked_frequencies
from sscell.rounding import value_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class FitTask:
    """problem, data (one column) and coordinates (Q,) of the minimum, with their standard errors (Q,); shared: names of
    those that have one value with other spectra, so that the minimum is not one of these data alone."""

    problem: Problem
    data: SpectrumBatch
    coordinates: np.ndarray
    standard_errors: np.ndarray
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class FitResult:
    """One spectrum, fitted.

    values, standard_errors, intervals (95 %): by parameter name, in the model's order and units; a fixed one has error
    0, one at its bound NaN; with no more data than free parameters all errors are infinite. free: names of the free
    ones; determination: how well the data determine each of these; correlation: (Q, Q), in search coordinates.
    chi_square: weighted sum of squares over `points` points; degrees_of_freedom: numbers fitted less free parameters,
    one shared by n spectra counting 1/n; aicc, bic: lower is better, between circuits on the same points and weights.
    used: (n,) which points; impedance_ohm, residuals: (n,) the fit, and (data - fit)/|data|. share_of_starts: how many
    of the starts led to the best optimum, where starts were searched for. task: what was minimised and where the
    minimum lies, for whoever goes on from here.
    """

    model: ImpedanceModel
    spectrum: Spectrum
    values: Mapping[str, float]
    standard_errors: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    free: tuple[str, ...]
    determination: Mapping[str, Determination]
    correlation: np.ndarray
    covariance: np.ndarray
    chi_square: float
    points: int
    degrees_of_freedom: float
    aicc: float
    bic: float
    status: FitStatus
    steps: int
    starts: int
    share_of_starts: float
    weights: str
    used: np.ndarray
    impedance_ohm: np.ndarray
    residuals: np.ndarray
    residual_correlation: float
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    task: FitTask = field(repr=False)

    @property
    def circuit(self) -> str:
        """The circuit as text."""
        return self.model.text

    @property
    def converged(self) -> bool:
        return self.status is FitStatus.CONVERGED

    @property
    def reduced_chi_square(self) -> float:
        """χ² over the degrees of freedom: for relative weights the squared relative scatter of one part.

        NaN with no more data than parameters. Of a robust fit it counts outliers too.
        """
        return self.chi_square / self.degrees_of_freedom if self.degrees_of_freedom > 0 else float("nan")

    @property
    def name(self) -> str:
        """Where the spectrum is from, for tables."""
        return self.spectrum.name

    def impedance(self, frequency_Hz: Any) -> np.ndarray:
        """The fitted circuit at any frequencies (m,), in ohm."""
        from sscell.circuit.model import model_impedance

        return np.asarray(model_impedance(self.model, dict(self.values), checked_frequencies(frequency_Hz)))

    def to_pandas(self) -> pd.DataFrame:
        """One row a parameter: value, unit, standard error, 95 % interval."""
        import pandas as pd

        rows = [
            {
                "parameter": p.name,
                "value": self.values[p.name],
                "unit": p.unit,
                "standard_error": self.standard_errors[p.name],
                "lower_95": self.intervals[p.name][0],
                "upper_95": self.intervals[p.name][1],
                "free": p.name in self.free,
                "meaning": p.meaning,
            }
            for p in self.model.parameters
        ]
        return pd.DataFrame(rows).set_index("parameter")

    def _note(self, name: str) -> str:
        """Why a value has no error of its own; what is not determined has a warning."""
        error = self.standard_errors[name]
        if name not in self.free:
            return "  (fixed)" if error == 0 else "  (tied)"
        return "  (at its bound)" if np.isnan(error) else ""

    def __repr__(self) -> str:
        numbers = [value_text(value, self.standard_errors[name]) for name, value in self.values.items()]
        width, wide = max(map(len, self.values)), max(map(len, numbers))
        lines = [f"FitResult of {self.circuit} to {self.name}: {self.status.message}"]
        for p, number in zip(self.model.parameters, numbers, strict=True):
            lines.append(f"  {p.name:{width}s}  {number:{wide}s}  {p.unit}{self._note(p.name)}")
        aicc = f"{self.aicc:.1f}" if np.isfinite(self.aicc) else "– (too few points)"
        lines.append(f"  χ² {self.chi_square:.4g} over {self.points} points ({self.weights} weights), AICc {aicc}")
        lines += [f"  note: {text}" for text in self.notes] + [f"  warning: {text}" for text in self.warnings]
        return "\n".join(lines)
