"""Means over repeated cells: the spread from cell to cell apart from the error of each fit.

y_i = mean of its condition + a cell's own deviation (standard deviation τ, the same under all conditions) + error of
the fit (s_i): a random-effects model, τ² by the method of moments over all conditions (DerSimonian, Laird 1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """Of G conditions: mean, standard_error (of the mean, all in), fit_error (its part from the fits), cells (G,);
    spread: τ, None without repeats; degrees: of freedom that the spread rests on, infinite without it."""

    mean: np.ndarray
    standard_error: np.ndarray
    fit_error: np.ndarray
    cells: np.ndarray
    spread: float | None
    degrees: float


def group_means(y: np.ndarray, error: np.ndarray, group: np.ndarray, cell: Sequence[str]) -> GroupMeans:
    """y, error: (S,) values and their fit errors; group: (S,) index of the condition; cell: which cell each is from.

    Spectra of one cell under one condition count as one, by their weighted mean. Values without an error (at a bound)
    are left out; a condition with no other value has their mean, and no error (NaN).
    """
    groups = int(group.max()) + 1
    known = np.isfinite(error)
    bare = np.bincount(group, y, groups) / np.bincount(group, minlength=groups)
    empty = np.bincount(group[known], minlength=groups) == 0
    if empty.all():
        nothing = np.full(groups, np.nan)
        return GroupMeans(bare, nothing, nothing, np.zeros(groups, int), None, np.inf)
    y, error, group = _by_cell(
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
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    keys = list(zip(group.tolist(), cell, strict=True))
    values, errors, groups = [], [], []
    for key in dict.fromkeys(keys):
        own = np.array([k == key for k in keys])
        weight = 1 / error[own] ** 2
        values.append((weight * y[own]).sum() / weight.sum())
        errors.append(1 / np.sqrt(weight.sum()))
        groups.append(key[0])
    return np.array(values), np.array(errors), np.array(groups)
