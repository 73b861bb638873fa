"""What a fit cannot say, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.circuit.grammar import text_from_tree
from sscell.fit.determination import (
    FURTHEST_LINEAR,
    FURTHEST_RELATIVE,
    POOR_LINEAR,
    POOR_RELATIVE,
    Determination,
)
from sscell.fit.order import Order
from sscell.fit.space import SearchSpace
from sscell.fit.state import FitStatus

INSEPARABLE = 0.995
# Standard errors of two logarithms within this share of each other: their sum or difference is what is known.
EQUAL = 0.1
# Time constants nearer to each other than this share are equal.
OUT_OF_ORDER = 0.01
# Residuals more correlated than this many standard deviations of white noise are not noise.
STRUCTURED = 4.0


def warnings_of_fit(
    space: SearchSpace,
    u: np.ndarray,
    error: np.ndarray,
    correlation: np.ndarray,
    half_width: np.ndarray,
    further: np.ndarray,
    found: Sequence[Determination],
    status: int,
    residual_correlation: float,
    data: int,
) -> tuple[str, ...]:
    """Sentences on one fit: u, error, half_width (Q,), correlation (Q, Q) and further (2, Q) in search coordinates;
    found: (Q,) how well each is determined.
    """
    words = []
    if status != FitStatus.CONVERGED:
        words.append(f"The fit did not converge: {FitStatus(status).message}.")
    if np.isinf(error).all():
        return (*words, _too_few_data(space, data))
    words += [_at_bound(space, k, u[k]) for k in map(int, np.flatnonzero(np.isnan(error)))]
    for k, word in enumerate(found):
        if word is Determination.NOT:
            words.append(_not_determined(space, k, u[k], half_width[k], further[:, k]))
        elif word is Determination.POOR:
            words.append(_poorly_determined(space, k, u[k], error[k], half_width[k], further[:, k]))
    words += [_inseparable(space, group, correlation, error) for group in _exchanged(space, correlation, error)]
    if residual_correlation > STRUCTURED / np.sqrt(data):
        words.append(
            f"The residuals follow each other (correlation {residual_correlation:.2f}): the circuit does not describe "
            "all of the data, so the errors given are too small."
        )
    return tuple(words)


def _loose(space: SearchSpace, error: np.ndarray) -> np.ndarray:
    limit = np.where(space.logarithmic, POOR_RELATIVE, POOR_LINEAR)
    return np.nan_to_num(error, nan=0.0) > limit


def _at_bound(space: SearchSpace, k: int, u: float) -> str:
    c = space.coordinates[k]
    which, value = ("lower", c.lower) if u <= space.lower[k] else ("upper", c.upper)
    return f"{c.name} ended at its {which} bound {value:g}: it is not determined, or the bound is in the way."


def _not_determined(space: SearchSpace, k: int, u: float, half_width: float, further: np.ndarray) -> str:
    name = space.coordinates[k].name
    looked = FURTHEST_RELATIVE if space.logarithmic[k] else FURTHEST_LINEAR
    open_ = np.isinf(further) & (half_width < looked)
    if not open_.any():
        return f"{name} is not determined by these data: its 95 % interval is {_interval(space, k, u, half_width)}."
    there = " and ".join(f"{_value(space, k, u + sign * looked):.3g}" for sign in np.array([-1, 1])[open_])
    return (
        f"{name} is not determined by these data {_side(open_)}: its 95 % interval from the curvature is "
        f"{_interval(space, k, u, half_width)}, but at {there} the misfit still is within the limit; "
        "profile_likelihood shows its course."
    )


def _poorly_determined(
    space: SearchSpace, k: int, u: float, error: float, half_width: float, further: np.ndarray
) -> str:
    name, interval, side = space.coordinates[k].name, _interval(space, k, u, half_width), _side(further > 0)
    size = f"± {100 * error:.2g} %" if space.logarithmic[k] else f"± {error:.2g}"
    if not side:
        return f"{name} is poorly determined ({size}): its 95 % interval is {interval}."
    ends = [
        f"{word} to about {_value(space, k, u + sign * reach):.3g}"
        for word, sign, reach in zip(("down", "up"), (-1, 1), further, strict=True)
        if reach > half_width
    ]
    head = f"{name} is poorly determined {side} ({size}): its 95 % interval"
    if not ends:
        return f"{head} is {interval}, and the misfit hardly rises towards the bound there."
    return (
        f"{head} from the curvature is {interval}, but the misfit rises more slowly than that and allows values "
        f"{' and '.join(ends)}."
    )


def _side(which: np.ndarray) -> str:
    """which: below, above."""
    if not which.any():
        return ""
    return "on both sides" if which.all() else "upwards" if which[1] else "downwards"


def _interval(space: SearchSpace, k: int, u: float, half_width: float) -> str:
    return f"{_value(space, k, u - half_width):.3g} to {_value(space, k, u + half_width):.3g}"


def _value(space: SearchSpace, k: int, u: float) -> float:
    """In the parameter's unit, within its bounds."""
    inside = min(max(u, float(space.lower[k])), float(space.upper[k]))
    return float(np.exp(inside)) if space.logarithmic[k] else inside


def _too_few_data(space: SearchSpace, data: int) -> str:
    names = [c.name for c in space.coordinates]
    verb = "is" if len(names) == 1 else "are"
    return (
        f"{_listed(names)} {verb} not determined by these data: there are {data} data for {len(names)} free "
        f"parameter{'s' * (len(names) > 1)}; fix some or add points."
    )


def _exchanged(space: SearchSpace, correlation: np.ndarray, error: np.ndarray) -> list[list[int]]:
    """Groups joined by pairs of which one at least is not determined, and which the data see only together."""
    loose = _loose(space, error)
    joined = (loose[:, None] | loose[None]) & (np.abs(np.nan_to_num(correlation)) > INSEPARABLE)
    groups, left = [], set(range(space.size))
    while left:
        group, new = set(), {min(left)}
        while new:
            group |= new
            new = set(map(int, np.flatnonzero(joined[list(new)].any(0)))) - group
        left -= group
        if len(group) > 1:
            groups.append(sorted(group))
    return groups


def _inseparable(space: SearchSpace, group: list[int], correlation: np.ndarray, error: np.ndarray) -> str:
    names = _listed([space.coordinates[k].name for k in group])
    if len(group) > 2:
        return f"{names} can hardly be told apart: they can be traded for each other and leave the fit as it is."
    words = f"{names} can hardly be told apart: one can be traded for the other (correlation {correlation[*group]:.4f})"
    together = _together(space, group, correlation, error)
    return f"{words}, near these values only their {together} is determined." if together else f"{words}."


def _together(space: SearchSpace, pair: list[int], correlation: np.ndarray, error: np.ndarray) -> str:
    """'product', 'ratio', or '' where neither; of one unit, a sum or difference would look the same."""
    first, second = error[pair]
    units = {p.name: p.unit for p in space.parameters}
    same_unit = len({units[space.coordinates[k].name] for k in pair}) == 1
    if same_unit or not space.logarithmic[pair].all() or abs(first - second) > EQUAL * min(first, second):
        return ""
    return "product" if correlation[*pair] < 0 else "ratio"


def order_warnings(order: Order | None, values: np.ndarray) -> tuple[str, ...]:
    """One sentence for each pair of neighbours out of the order asked for; values: the model's, (P,)."""
    if order is None:
        return ()
    words = []
    for fast, slow in zip(order.branches[:-1], order.branches[1:], strict=True):
        first, second = (float(branch.time_s(values[branch.rows])) for branch in (fast, slow))  # type: ignore[arg-type]
        if first > second * (1 + OUT_OF_ORDER):
            a, b = text_from_tree(fast.tree), text_from_tree(slow.tree)
            words.append(
                f"The order asked for is not kept: {a} ended with a time constant of {first:.3g} s, {b} with "
                f"{second:.3g} s; the data or the bounds want it so."
            )
    return tuple(words)


def _listed(names: list[str]) -> str:
    """'R0', 'R0 and R1', 'R0, R1 and C1'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
