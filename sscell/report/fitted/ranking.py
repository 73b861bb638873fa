"""Circuits for one spectrum, set beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sscell.fit.result import FitResult


class Ranked(NamedTuple):
    """A fit among those of its spectrum.

    difference: AICc less the smallest; weight: Akaike weight, its share of the evidence among these circuits
    (Burnham, Anderson, Model Selection and Multimodel Inference, 2002, eq. 2.9); both None where fits do not compare,
    and for a fit whose points are too few for an AICc.
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
    order = np.argsort(criterion, kind="stable")
    both = differences_and_weights(criterion)
    return tuple(Ranked(fits[k], *both[k]) for k in order)


def differences_and_weights(criterion: np.ndarray) -> list[tuple[float | None, float | None]]:
    """AICc differences and Akaike weights among the finite ones, (None, None) for the others."""
    known = np.isfinite(criterion)
    if not known.any():
        return [(None, None)] * criterion.size
    difference = criterion - criterion[known].min()
    likelihood = np.exp(-difference / 2)
    weight = likelihood / likelihood.sum()
    return [(float(d), float(w)) if k else (None, None) for d, w, k in zip(difference, weight, known, strict=True)]
