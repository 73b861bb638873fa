"""Circuits for one spectrum, set beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sscell.fit.result import FitResult


class Ranked(NamedTuple):
    """A fit among those of its spectrum.

    difference: AICc less the smallest; weight: Akaike weight, its share of the evidence among these circuits
    (Burnham, Anderson, Model Selection and Multimodel Inference, 2002, eq. 2.9); both None where fits do not compare.
    """

    fit: FitResult
    difference: float | None
    weight: float | None


def ranked(fits: Sequence[FitResult]) -> tuple[Ranked, ...]:
    """Best first by AICc; in the order given, without weights, unless all used the same points and weights."""
    first = fits[0]
    alike = all(f.weights == first.weights and np.array_equal(f.used, first.used) for f in fits)
    criterion = np.array([f.aicc for f in fits])
    if not alike or not np.isfinite(criterion).any():
        return tuple(Ranked(f, None, None) for f in fits)
    difference = criterion - criterion.min()
    likelihood = np.exp(-difference / 2)
    weight = likelihood / likelihood.sum()
    order = np.argsort(criterion, kind="stable")
    return tuple(Ranked(fits[k], float(difference[k]), float(weight[k])) for k in order)
