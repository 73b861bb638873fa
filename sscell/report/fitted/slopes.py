"""How much a parameter changes per unit of what was varied, as people read it."""

from __future__ import annotations

import math

from sscell.fit.series_result import Trend
from sscell.fit.uncertainty import CONFIDENCE
from sscell.report.fitted.units import unit_text
from sscell.rounding import interval_text, rounded

# Changes of a logarithm up to this one are percents; beyond it a percent of what has become of the value misleads.
LARGEST_PERCENT = 0.2
# Steps are made so small that the value changes by no more than this factor in one.
LARGEST_FACTOR = 10.0


def slope_text(trend: Trend, unit: str) -> str:
    """'1.2 ± 0.1 %' or '0.31 ± 0.02 Ω', and for large relative changes '× 0.69 (0.68 to 0.70) per 0.01 V' with the
    95 % interval; unit: of what was varied."""
    slope, error = trend.slope, trend.slope_standard_error
    if slope is None or error is None:
        return "–"
    if not trend.relative:
        return f"{rounded(slope, error, digits=2).text} {unit_text(trend.unit)}".strip()
    if max(abs(slope), error) <= LARGEST_PERCENT:
        return f"{rounded(100 * slope, 100 * error, digits=2).text} %"
    step = 10.0 ** min(math.floor(math.log10(math.log(LARGEST_FACTOR) / max(abs(slope), error))), 0)
    return f"× {_factor_text(step * slope, step * error * _quantile(trend))} per {step:g} {unit}".strip()


def _factor_text(change: float, half_width: float) -> str:
    factor, low, high = (math.exp(x) for x in (change, change - half_width, change + half_width))
    error = (high - low) / 4
    return f"{rounded(factor, error)._replace(error='').text} ({interval_text(low, high, error)})"


def _quantile(trend: Trend) -> float:
    """Student's, with the conditions that are known less the two numbers of the line."""
    from scipy.stats import t as student

    known = sum(mean.used > 0 for mean in trend.means)
    return float(student.ppf(0.5 + CONFIDENCE / 2, max(known - 2, 1)))
