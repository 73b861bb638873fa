"""Which of several circuits describes the data best, for its number of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.circuit import Circuit
from sscell.errors import require
from sscell.fit.circuit_fit import fit_circuit
from sscell.fit.result import FitResult
from sscell.records import Spectrum
from sscell.records.spectrum import several_spectra

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class CircuitRanking:
    """Circuits on the same points and weights, best first: fits (circuits, spectra); AICc and BIC summed over spectra.

    akaike_weight: probability that a circuit is the best of these, if one of them is.
    """

    fits: tuple[tuple[FitResult, ...], ...]
    aicc: tuple[float, ...]
    bic: tuple[float, ...]
    akaike_weight: tuple[float, ...]

    @property
    def best(self) -> tuple[FitResult, ...]:
        """The fits of the circuit with the lowest AICc, one a spectrum."""
        return self.fits[0]

    @property
    def circuits(self) -> tuple[str, ...]:
        """The circuits as text, best first."""
        return tuple(fits[0].circuit for fits in self.fits)

    def to_pandas(self) -> pd.DataFrame:
        """One row a circuit: free parameters, AICc, BIC, Akaike weight, whether all its parameters are determined."""
        import pandas as pd

        rows = [
            {
                "circuit": fits[0].circuit,
                "free": len(fits[0].free),
                "chi_square": sum(f.chi_square for f in fits),
                "aicc": aicc,
                "delta_aicc": aicc - self.aicc[0],
                "bic": bic,
                "akaike_weight": weight,
                "without_warnings": sum(not f.warnings for f in fits),
            }
            for fits, aicc, bic, weight in zip(self.fits, self.aicc, self.bic, self.akaike_weight, strict=True)
        ]
        return pd.DataFrame(rows).set_index("circuit")

    def __repr__(self) -> str:
        count = len(self.best)
        head = ("circuit", "free", "ΔAICc", "Akaike weight", "without warnings")
        rows = [head] + [
            (
                fits[0].circuit,
                str(len(fits[0].free)),
                f"{aicc - self.aicc[0]:.1f}" if np.isfinite(aicc) else "– (too few points)",
                f"{weight:.3f}" if weight >= 0.0005 else "< 0.001",
                f"{sum(not f.warnings for f in fits)} of {count}",
            )
            for fits, aicc, weight in zip(self.fits, self.aicc, self.akaike_weight, strict=True)
        ]
        first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            f"  {row[0]:{first}s}  " + "  ".join(f"{text:>{w}s}" for text, w in zip(row[1:], others, strict=True))
            for row in rows
        ]
        what = self.best[0].name if count == 1 else f"{count} spectra"
        return "\n".join([f"CircuitRanking of {len(self.fits)} circuits on {what}, best first", *lines])


def rank_circuits(
    circuits: Sequence[Circuit | str], spectra: Spectrum | Sequence[Spectrum], **options: Any
) -> CircuitRanking:
    """Fit each circuit to the same spectra and rank them by AICc; options as for `fit_circuit`.

    Raises InputError for fewer than two circuits or the same one twice, for robust fits, whose loss hangs on the
    circuit, and where the points are too few for AICc.
    """
    several = several_spectra(spectra, "rank_circuits")
    models = [Circuit(c) if isinstance(c, str) else c for c in circuits]
    texts = [m.text for m in models]
    require(len(models) >= 2, f"rank_circuits: at least two circuits are needed to compare, got {len(models)}.")
    require(len(set(texts)) == len(texts), f"rank_circuits: a circuit is given twice among {', '.join(texts)}.")
    require(
        not options.get("robust"),
        "rank_circuits: robust fits cannot be ranked, as each circuit takes its own scale of outliers and so minimises "
        "something else; leave robust out, and outliers with band=(lowest_Hz, highest_Hz).",
    )
    fits = [tuple(fit_circuit(model, several, **options)) for model in models]
    aicc = np.array([sum(f.aicc for f in own) for own in fits])
    fewest = min(f.points for own in fits for f in own)
    require(
        bool(np.isfinite(aicc).any()),
        f"rank_circuits: a spectrum has {fewest} points to fit, too few for the AICc of any of these circuits, which "
        "needs more than half a point a free parameter, and one; widen the band or leave that spectrum out.",
    )
    order = np.argsort(aicc, kind="stable")
    weight = np.exp(-0.5 * (aicc - aicc.min()))
    weight /= weight.sum()
    return CircuitRanking(
        fits=tuple(fits[k] for k in order),
        aicc=tuple(float(aicc[k]) for k in order),
        bic=tuple(float(sum(f.bic for f in fits[k])) for k in order),
        akaike_weight=tuple(float(weight[k]) for k in order),
    )
