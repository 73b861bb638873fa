"""Means over repeated cells: the spread from cell to cell apart from the error of each fit.

y_i = mean of its condition + a cell's own deviation (standard deviation τ, the same under all conditions) + error of
the fit (s_i): a random-effects model, τ² by the method of moments over all conditions (DerSimonian, Laird 1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sscell.fit.uncertainty import CONFIDENCE


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """Of G conditions: mean, standard_error (of the mean, all in), fit_error (its part from the fits), cells (G,) that
    the mean is over; spread: τ, None without repeats; degrees: of freedom that the spread rests on, infinite without
    it."""

    mean: np.ndarray
    standard_error: np.ndarray
    fit_error: np.ndarray
    cells: np.ndarray
    spread: float | None
    degrees: float


def group_means(y: np.ndarray, error: np.ndarray, group: np.ndarray, cell: Sequence[str]) -> GroupMeans:
    """y, error: (S,) values and their fit errors; group: (S,) index of the condition; cell: which cell each is from.

    Spectra of one cell under one condition count as one, by their weighted mean. Values without an error (at a bound,
    not determined) are left out; a condition with no other value has their mean, and no error (NaN).
    """
    groups = int(group.max()) + 1
    known = np.isfinite(error)
    bare = np.bincount(group, y, groups) / np.bincount(group, minlength=groups)
    empty = np.bincount(group[known], minlength=groups) == 0
    if empty.all():
        nothing = np.full(groups, np.nan)
        return GroupMeans(bare, nothing, nothing, np.zeros(groups, int), None, np.inf)
    y, error, group, _ = _by_cell(
        y[known], np.maximum(error[known], 1e-12), group[known], [c for c, k in zip(cell, known, strict=True) if k]
    )
    cells = np.bincount(group, minlength=groups)
    repeats = int(np.maximum(cells - 1, 0).sum())
    spread = None
    if repeats > 0:
        plain = np.bincount(group, y, groups) / np.maximum(cells, 1)
        within = float(((y - plain[group]) ** 2).sum()) / repeats
        expected = float((error**2 * (1 - 1 / cells[group])).sum()) / repeats
        spread = float(np.sqrt(max(within - expected, 0.0)))
    weight = 1 / (error**2 + (spread or 0.0) ** 2)
    total = np.where(empty, np.nan, np.bincount(group, weight, groups))
    mean = np.where(empty, bare, np.bincount(group, weight * y, groups) / total)
    fit_error = np.sqrt(np.bincount(group, (weight * error) ** 2, groups)) / total
    return GroupMeans(mean, 1 / np.sqrt(total), fit_error, cells, spread, float(repeats) if spread else np.inf)


@dataclass(frozen=True, eq=False)
class PairedMeans:
    """Over the cells that were measured under both conditions: first, second (their means), half_width of the 95 %
    interval of second - first, pairs: how many cells."""

    first: float
    second: float
    half_width: float
    pairs: int


def paired_means(
    y: np.ndarray, error: np.ndarray, first: np.ndarray, second: np.ndarray, cell: Sequence[str]
) -> PairedMeans | None:
    """y, error: (S,) values and their fit errors; first, second: (S,) which are of either condition; cell: (S,).

    None for fewer than two cells under both, unless there is no other cell: then its change, with the errors of its
    fits alone. Each cell's change = the common one + its own deviation (τ) + errors of
    its fits; τ so that their weighted scatter is as expected (Paule, Mandel 1982), the error of the mean from that
    scatter, Student's t with pairs - 1 (Hartung, Knapp 2001), and no less than what the fits' errors alone give.
    """
    from scipy.stats import t as student

    known = np.isfinite(error) & (first | second)
    used = np.flatnonzero(known)
    values, errors, condition, cells = _by_cell(
        y[used], np.maximum(error[used], 1e-12), second[used].astype(int), [cell[int(k)] for k in used]
    )
    under = [{c: k for k, c in enumerate(cells) if condition[k] == side} for side in (0, 1)]
    both = [c for c in under[0] if c in under[1]]
    alone = len({c for c, of_either in zip(cell, first | second, strict=True) if of_either}) == 1
    if len(both) < (1 if alone else 2):
        return None
    i, j = (np.array([side[c] for c in both]) for side in under)
    change, variance, degrees = values[j] - values[i], errors[i] ** 2 + errors[j] ** 2, len(both) - 1
    weight = 1 / (variance + (_spread_of_changes(change, variance) if degrees else 0.0) ** 2)
    share = weight / weight.sum()
    p = 0.5 + CONFIDENCE / 2
    half = float(np.sqrt(share**2 @ variance)) * float(student.ppf(p, np.inf))
    if degrees:
        scatter = float(np.sqrt(share @ (change - share @ change) ** 2 / degrees))
        half = max(half, scatter * float(student.ppf(p, degrees)))
    return PairedMeans(float(share @ values[i]), float(share @ values[j]), half, len(both))


def _spread_of_changes(change: np.ndarray, variance: np.ndarray) -> float:
    """τ at which Σ (change - mean)²/(variance + τ²) is the number of changes less one; 0 where it is below at once.

    Unlike plain moments it does not hang on the least known of cells whose errors differ by much.
    """
    from scipy.optimize import brentq

    def excess(spread: float) -> float:
        weight = 1 / (variance + spread**2)
        return float(weight @ (change - weight @ change / weight.sum()) ** 2) - (change.size - 1)

    # At the range R of n changes the sum is at most Σ (change - mean)²/R² <= n/4, which is below n - 1.
    return float(brentq(excess, 0.0, np.ptp(change) + 1e-12)) if excess(0.0) > 0 else 0.0


def slope(x: np.ndarray, mean: np.ndarray, error: np.ndarray) -> tuple[float, float]:
    """Weighted straight line through the means: its slope and standard error, widened where the line does not fit."""
    weight = 1 / np.maximum(error, 1e-12) ** 2
    centre = (weight * x).sum() / weight.sum()
    moment = (weight * (x - centre) ** 2).sum()
    value = (weight * (x - centre) * mean).sum() / moment
    level = (weight * mean).sum() / weight.sum()
    misfit = (weight * (mean - level - value * (x - centre)) ** 2).sum() / max(x.size - 2, 1)
    return float(value), float(np.sqrt(max(misfit, 1.0) / moment))


def _by_cell(
    y: np.ndarray, error: np.ndarray, group: np.ndarray, cell: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Values, errors, groups and cells, one for each cell under each condition."""
    keys = list(zip(group.tolist(), cell, strict=True))
    values, errors = [], []
    of = list(dict.fromkeys(keys))
    for key in of:
        own = np.array([k == key for k in keys])
        weight = 1 / error[own] ** 2
        values.append((weight * y[own]).sum() / weight.sum())
        errors.append(1 / np.sqrt(weight.sum()))
    return np.array(values), np.array(errors), np.array([g for g, _ in of], int), [c for _, c in of]
