"""The best fit of every spectrum: many starts on a part of the points, the best of them on all, and once more around.

A fit whose residuals still follow each other has probably ended in a local optimum, or the circuit is too simple: each
of its branches is grown anew before the result is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sscell.circuit import Circuit
from sscell.fit.branches import branches_of
from sscell.fit.dictionary import most_atoms
from sscell.fit.levenberg_marquardt import NEAR_DAMPING, Optima, optima_from_starts
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.fit.regrow import regrown
from sscell.fit.response import responses
from sscell.fit.starts import starts_from_spectra

# The first stage looks at every third point, where enough are left, and does not settle.
STRIDE, FEWEST_COARSE_ROWS = 3, 20
COARSE_TOLERANCE, COARSE_STEPS = 1e-2, 12
# Of its ends those are followed further first whose costs differ by this factor.
DISTINCT = 1.02
TOLERANCE, MOST_STEPS = 1e-7, 150
# Lag-one correlation of weighted residuals above which a fit is tried again, and once more; white ones have 0 ± 0.08
# at 71 points.
CORRELATED, STILL_CORRELATED = 0.05, 0.15
# Starts around a model's own values: a factor of e, or a tenth of the range of a linear coordinate.
SCATTER, SCATTER_LINEAR = 1.0, 0.1
# Doubtful fits are tried again so many times; the last time, and where there is but one branch, from so many times as
# many fresh starts.
WAVES, AGAIN = 2, 2
# Starts searched at once, and numbers in the products of all shapes with each other: enough for the cores, few enough
# for memory (some 100 MB each).
MOST_AT_ONCE, MOST_NUMBERS = 8192, 20_000_000
# A start has found the best optimum of the first stage when its cost there is less than this above it.
SAME_OPTIMUM = 0.1


@dataclass(frozen=True)
class Effort:
    """What a search takes: starts a spectrum (times what was asked for), steps of the first stage, ends kept from it.

    lonely: an optimum that so small a share of the starts led to is tried again; fresh: with fresh starts at once, not
    only the last time.
    """

    starts: int
    steps: int
    kept: int
    lonely: float
    fresh: bool


# One start in five leads to the best optimum of a line of two arcs and diffusion, one in twenty of harder ones.
PLAIN = Effort(starts=1, steps=COARSE_STEPS, kept=3, lonely=0.2, fresh=False)
LINES = Effort(starts=8, steps=24, kept=8, lonely=0.05, fresh=True)


@dataclass(frozen=True)
class BestFits:
    """One optimum a spectrum (Q, S), and the share (S,) of its starts that led to the best one of the first stage."""

    optima: Optima
    share_of_starts: np.ndarray
    starts: int

    @classmethod
    def joined(cls, parts: Sequence[BestFits], places: Sequence[np.ndarray]) -> BestFits:
        """Those of several batches side by side, each where its places say."""
        order = np.argsort(np.concatenate(places))
        share = np.concatenate([part.share_of_starts for part in parts])[order]
        return cls(Optima.joined([part.optima for part in parts]).chosen(order), share, parts[0].starts)


def best_fits(
    problem: Problem,
    circuit: Circuit,
    batch: SpectrumBatch,
    starts: int,
    seed: int,
    tolerance: float = TOLERANCE,
) -> BestFits:
    """The best optimum of each spectrum of the batch, from so many starts found in the data (more for lines)."""
    branches = branches_of(circuit)
    effort = LINES if any(branch.holds_line for branch in branches) else PLAIN
    starts = effort.starts * starts
    parts = _parts(batch, starts, most_atoms(branches))
    found = [_best_fits(problem, circuit, batch.only(which), starts, seed, tolerance, effort) for which in parts]
    return BestFits.joined(found, parts)


def _parts(batch: SpectrumBatch, starts: int, atoms: int) -> list[np.ndarray]:
    """Spectra searched together: those long enough for a first stage on a part of their points, and the others."""
    each = max(1, min(MOST_AT_ONCE // starts, MOST_NUMBERS // atoms**2))
    long = _points(batch) >= STRIDE * FEWEST_COARSE_ROWS
    groups = [np.flatnonzero(long), np.flatnonzero(~long)]
    return [group[k : k + each] for group in groups for k in range(0, group.size, each)]


def _best_fits(
    problem: Problem,
    circuit: Circuit,
    batch: SpectrumBatch,
    starts: int,
    seed: int,
    tolerance: float,
    effort: Effort,
) -> BestFits:
    branches = branches_of(circuit)

    def drawn(wave: int) -> np.random.Generator:
        # Anew for each part and wave: what is drawn for a spectrum does not depend on the others.
        return np.random.default_rng([seed, wave])

    first = starts_from_spectra(circuit, problem.space, batch, starts, drawn(0))
    best = _best_of(problem, batch, first, np.arange(batch.count), tolerance, effort)
    if not any(branch.has_shape for branch in branches):
        return best
    for wave in range(WAVES):
        doubtful = np.flatnonzero(_doubtful(problem, batch, best, wave, effort.lonely))
        if doubtful.size == 0:
            break
        again = []
        if len(branches) > 1:
            again.append(regrown(problem, circuit, batch, best.optima.u[:, doubtful], doubtful))
        if len(branches) == 1 or wave > 0 or effort.fresh:
            some = batch.only(doubtful)
            again.append(starts_from_spectra(circuit, problem.space, some, AGAIN * starts, drawn(1 + wave)))
        better = _best_of(problem, batch, np.concatenate(again, axis=2), doubtful, tolerance, effort)
        best = replace(best, optima=best.optima.improved(better.optima, doubtful))
    return best


def best_fits_around(problem: Problem, batch: SpectrumBatch, u: np.ndarray, starts: int, seed: int) -> BestFits:
    """The best optimum of each spectrum from u (Q, S) and starts scattered around it."""
    rng = np.random.default_rng(seed)
    space = problem.space
    width = np.where(space.logarithmic, SCATTER, SCATTER_LINEAR * (space.upper - space.lower))[:, None, None]
    away = rng.normal(size=(space.size, batch.count, starts)) * width
    away[:, :, 0] = 0
    scattered = np.clip(u[:, :, None] + away, space.lower[:, None, None], space.upper[:, None, None])
    return _best_of(problem, batch, scattered, np.arange(batch.count), TOLERANCE)


def fits_from(problem: Problem, batch: SpectrumBatch, u: np.ndarray, tolerance: float = TOLERANCE) -> Optima:
    """The optimum that each spectrum's own start u (Q, S) leads to: on a part of the points first, then on all."""
    every = np.arange(batch.count)
    coarse = _coarse(batch)
    if coarse is batch:
        return optima_from_starts(problem, batch, u, every, tolerance=tolerance, most_steps=MOST_STEPS)
    near = optima_from_starts(problem, coarse, u, every, tolerance=COARSE_TOLERANCE, most_steps=COARSE_STEPS).u
    return _finished(problem, batch, near, every, tolerance)


def residual_correlation(problem: Problem, batch: SpectrumBatch, u: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """(N,) lag-one correlation of the weighted residuals over frequency: 0 ± 1/sqrt(2F) if they are noise."""
    return lag_one_correlation(batch, spectrum, responses(problem, batch, u, spectrum))


def lag_one_correlation(batch: SpectrumBatch, spectrum: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """The same from the fitted impedance (F, N)."""
    difference = fitted - batch.z[:, spectrum]
    real = difference.real * batch.real_weight[:, spectrum]
    imaginary = difference.imag * batch.imaginary_weight[:, spectrum]
    together = (real[1:] * real[:-1] + imaginary[1:] * imaginary[:-1]).sum(0)
    return together / np.maximum((real**2 + imaginary**2).sum(0), 1e-300)


def _points(batch: SpectrumBatch) -> np.ndarray:
    """(S,) how many points of each spectrum count."""
    return np.asarray(((batch.real_weight > 0) | (batch.imaginary_weight > 0)).sum(0))


def _coarse(batch: SpectrumBatch) -> SpectrumBatch:
    return batch.every(STRIDE) if _points(batch).min() >= STRIDE * FEWEST_COARSE_ROWS else batch


def _best_of(
    problem: Problem,
    batch: SpectrumBatch,
    starts: np.ndarray,
    spectrum: np.ndarray,
    tolerance: float,
    effort: Effort = PLAIN,
) -> BestFits:
    """The best optimum of each spectrum of those indices (N,) from its starts (Q, N, K)."""
    size, count, each = starts.shape
    first = optima_from_starts(
        problem,
        _coarse(batch),
        starts.reshape(size, -1),
        np.repeat(spectrum, each),
        tolerance=COARSE_TOLERANCE,
        most_steps=effort.steps,
    )
    cost = np.where(np.isfinite(first.cost), first.cost, np.inf).reshape(count, each)
    share = (cost <= (1 + SAME_OPTIMUM) * cost.min(1, keepdims=True)).mean(1)
    kept = _best_distinct(cost, effort.kept)
    chosen = (np.arange(count)[:, None] * each + kept).ravel()
    second = _finished(problem, batch, first.u[:, chosen], np.repeat(spectrum, kept.shape[1]), tolerance)
    cost = np.where(np.isfinite(second.cost), second.cost, np.inf).reshape(count, -1)
    return BestFits(second.chosen(np.arange(count) * kept.shape[1] + cost.argmin(1)), share, each)


def _best_distinct(cost: np.ndarray, kept: int) -> np.ndarray:
    """(N, kept) starts with the lowest costs (N, K) that differ from each other, then the next best."""
    order = np.argsort(cost, axis=1, kind="stable")
    ranked = np.take_along_axis(cost, order, axis=1)
    with np.errstate(invalid="ignore"):
        new = np.concatenate([np.ones_like(cost[:, :1], bool), ranked[:, 1:] > DISTINCT * ranked[:, :-1]], axis=1)
    first = np.argsort(~new, axis=1, kind="stable")[:, :kept]
    return np.take_along_axis(order, first, axis=1)


def _finished(problem: Problem, batch: SpectrumBatch, u: np.ndarray, spectrum: np.ndarray, tolerance: float) -> Optima:
    """Fits to all points from what the fits to a part of them gave."""
    return optima_from_starts(
        problem, batch, u, spectrum, tolerance=tolerance, most_steps=MOST_STEPS, damping=NEAR_DAMPING
    )


def _doubtful(problem: Problem, batch: SpectrumBatch, best: BestFits, wave: int, lonely: float) -> np.ndarray:
    """(S,) whether residuals are correlated or, the first time, hardly any other start came as far."""
    correlation = residual_correlation(problem, batch, best.optima.u, np.arange(batch.count))
    if wave > 0:
        return correlation > STILL_CORRELATED
    return (correlation > CORRELATED) | (best.share_of_starts < lonely)
