"""What a fit cannot say, in plain words."""

from __future__ import annotations

import numpy as np

from sscell.fit.levenberg_marquardt import FitStatus
from sscell.fit.space import SearchSpace

# A parameter with a larger standard error is not determined: 15 % of a logarithmic one, 0.04 of an exponent.
LARGEST_RELATIVE, LARGEST_LINEAR = 0.15, 0.04
INSEPARABLE = 0.995
# Residuals more correlated than this many standard deviations of white noise are not noise.
STRUCTURED = 4.0


def warnings_of_fit(
    space: SearchSpace,
    u: np.ndarray,
    error: np.ndarray,
    correlation: np.ndarray,
    half_width: np.ndarray,
    further: np.ndarray,
    status: int,
    residual_correlation: float,
    data: int,
) -> tuple[str, ...]:
    """Sentences on one fit: u, error, half_width (Q,), correlation (Q, Q) and further (2, Q) in search coordinates."""
    words = []
    if status != FitStatus.CONVERGED:
        words.append(f"The fit did not converge: {FitStatus(status).message}.")
    if data <= space.size:
        words.append(f"There are {data} data for {space.size} free parameters: fix some or add points.")
    words += [_at_bound(space, k, u[k]) for k in map(int, np.flatnonzero(np.isnan(error)))]
    words += [_undetermined(space, k, u[k], half_width[k]) for k in map(int, np.flatnonzero(_loose(space, error)))]
    words += [
        _one_sided(space, k, further[:, k]) for k in map(int, np.flatnonzero(further.any(0) & ~_loose(space, error)))
    ]
    words += _inseparable(space, correlation, error)
    if residual_correlation > STRUCTURED / np.sqrt(data):
        words.append(
            f"The residuals follow each other (correlation {residual_correlation:.2f}): the circuit does not describe "
            "all of the data, so the errors given are too small."
        )
    return tuple(words)


def _loose(space: SearchSpace, error: np.ndarray) -> np.ndarray:
    limit = np.where(space.logarithmic, LARGEST_RELATIVE, LARGEST_LINEAR)
    return np.nan_to_num(error, nan=0.0) > limit


def _at_bound(space: SearchSpace, k: int, u: float) -> str:
    c = space.coordinates[k]
    which, value = ("lower", c.lower) if u <= space.lower[k] else ("upper", c.upper)
    return f"{c.name} ended at its {which} bound {value:g}: it is not determined, or the bound is in the way."


def _undetermined(space: SearchSpace, k: int, u: float, half_width: float) -> str:
    c = space.coordinates[k]
    low, high = max(u - half_width, space.lower[k]), min(u + half_width, space.upper[k])
    if c.logarithmic:
        low, high = np.exp(low), np.exp(high)
    return f"{c.name} is not determined by these data: its 95 % interval is {low:.3g} to {high:.3g}."


def _one_sided(space: SearchSpace, k: int, further: np.ndarray) -> str:
    side = "on both sides" if further.all() else "upwards" if further[1] else "downwards"
    return (
        f"{space.coordinates[k].name} is not determined by these data {side}: the misfit rises far less than its "
        "curvature promises, so the interval is too short; profile_likelihood shows how far it reaches."
    )


def _inseparable(space: SearchSpace, correlation: np.ndarray, error: np.ndarray) -> list[str]:
    """Pairs of which one at least is not determined, and which the data see only together."""
    words, loose = [], _loose(space, error)
    for i in range(space.size):
        for j in range(i):
            if (loose[i] or loose[j]) and abs(correlation[i, j]) > INSEPARABLE:
                how = "product" if correlation[i, j] < 0 else "ratio"
                a, b = space.coordinates[j].name, space.coordinates[i].name
                words.append(
                    f"{a} and {b} can hardly be told apart (correlation {correlation[i, j]:.4f}): roughly their {how} "
                    "is determined."
                )
    return words
