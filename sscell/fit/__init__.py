"""Fits of circuits to spectra: problem, method and result."""

from sscell.fit.circuit_fit import fit_circuit
from sscell.fit.compare import compare
from sscell.fit.leads import without_leads
from sscell.fit.profile import Profile, profile_likelihood
from sscell.fit.ranking import CircuitRanking, rank_circuits
from sscell.fit.result import FitResult
from sscell.fit.series import fit_series
from sscell.fit.series_result import Comparison, ConditionMean, Difference, SeriesResult, Trend
from sscell.fit.state import FitStatus
from sscell.fit.weights import Weighting

__all__ = [
    "CircuitRanking",
    "Comparison",
    "ConditionMean",
    "Difference",
    "FitResult",
    "FitStatus",
    "Profile",
    "SeriesResult",
    "Trend",
    "Weighting",
    "compare",
    "fit_circuit",
    "fit_series",
    "profile_likelihood",
    "rank_circuits",
    "without_leads",
]
