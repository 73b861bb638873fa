"""Fits of a series linked: each is also tried from the others' optima, so that an arc keeps its place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.fit.assembly import joined
from sscell.fit.levenberg_marquardt import optima_from_starts
from sscell.fit.result import FitResult
from sscell.fit.search import MOST_STEPS, TOLERANCE
from sscell.fit.state import FitStatus
from sscell.fit.summary import results_at
from sscell.records import Spectrum

# Of two optima whose costs differ by less than this share, the one nearer to the rest of the series is taken.
EQUALLY_GOOD = 0.02
# From the optima of so many spectra, evenly through a longer series.
MOST_TRIED = 12


def linked(fits: list[FitResult], spectra: Sequence[Spectrum]) -> list[FitResult]:
    """The fits again from each other's optima: one that fell into another valley than the rest is brought back."""
    problem, batch = fits[0].task.problem, joined([fit.task.data for fit in fits])
    u = np.array([fit.task.coordinates for fit in fits]).T
    count = len(fits)
    starts = np.repeat(u if count <= MOST_TRIED else _representatives(u), count, axis=1)
    tries = starts.shape[1] // count
    optima = optima_from_starts(
        problem, batch, starts, np.tile(np.arange(count), tries), tolerance=TOLERANCE, most_steps=MOST_STEPS
    )
    cost = np.concatenate([optima.cost.reshape(tries, count), [[fit.chi_square for fit in fits]]])
    every = np.concatenate([optima.u.reshape(-1, tries, count), u[:, None, :]], axis=1)
    centre, width = np.median(u, axis=1), problem.space.upper - problem.space.lower
    away = (((every - centre[:, None, None]) / width[:, None, None]) ** 2).sum(0)
    status = np.concatenate([optima.status.reshape(tries, count), [[fit.status for fit in fits]]])
    steps = np.concatenate([optima.steps.reshape(tries, count), [[fit.steps for fit in fits]]])
    good = cost <= (1 + EQUALLY_GOOD) * cost.min(0)
    ended = good & (status == FitStatus.CONVERGED)
    good = np.where(ended.any(0), ended, good)
    chosen = np.where(good, away, np.inf).argmin(0)
    place = chosen, np.arange(count)
    best = every[:, *place]
    if np.array_equal(best, u):
        return fits
    return results_at(fits, spectra, best, status[place], steps[place])


def _representatives(u: np.ndarray) -> np.ndarray:
    """A dozen of many optima (Q, S)."""
    return u[:, np.linspace(0, u.shape[1] - 1, MOST_TRIED).round().astype(int)]
