"""The data of a calibration: what is observed of simulated cells, and how far it may be from what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sscell.interface import InterfaceState
from sscell.study.calibrate.unknowns import Key
from sscell.study.jobs import JobResult

# What a value that a simulated cell does not have (a peak that is not there) counts, in standard deviations.
MISSING = 5.0


class Taken(NamedTuple):
    """A spectrum of a cell: fresh (until None), or after a step of a cycle of its run (step 0: the whole cycle)."""

    cell: Key
    until: tuple[int, int] | None
    frequency_Hz: tuple[float, ...]


class Picture(NamedTuple):
    """What a set of cells gave: runs, interfaces by sample, impedances (F,) in ohm."""

    jobs: Mapping[Key, JobResult]
    interfaces: Mapping[str, InterfaceState]
    spectra: Mapping[Taken, np.ndarray]


class Judge(NamedTuple):
    """Residuals in standard deviations: matrix @ values - target, cut to between low and high (all of m rows).

    What is measured has no limits; of a bound only what lies beyond it counts. A value that is NaN is missing.
    """

    matrix: np.ndarray
    target: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def __call__(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals (m,) of values (n,), and their slopes (m, n)."""
        there = np.isfinite(values)
        raw = self.matrix @ np.where(there, values, 0.0) - self.target
        inside = (raw > self.low) & (raw < self.high)
        residuals, slopes = np.clip(raw, self.low, self.high), self.matrix * inside[:, None]
        lacking = np.any((self.matrix != 0) & ~there, axis=1)
        return np.where(lacking, MISSING, residuals), np.where(lacking[:, None], 0.0, slopes)

    def without(self, missing: np.ndarray) -> Judge:
        """Without the rows that depend on a value that is missing (n,)."""
        rows = ~np.any(self.matrix[:, missing] != 0, axis=1)
        return Judge(self.matrix[rows], self.target[rows], self.low[rows], self.high[rows])


def measured(target: np.ndarray, error: np.ndarray) -> Judge:
    """Values (n,) with one standard deviation each."""
    free = np.full(target.size, np.inf)
    return Judge(np.diag(1 / error), target / error, -free, free)


def at_least(matrix: np.ndarray, target: np.ndarray) -> Judge:
    """matrix @ values at least the target, both in standard deviations."""
    return Judge(matrix, target, np.full(target.size, -np.inf), np.zeros(target.size))


def both(a: Judge, b: Judge) -> Judge:
    """The rows of two."""
    return Judge(*(np.concatenate(pair) for pair in zip(a, b, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Datum:
    """One piece of evidence.

    cells: those it depends on (none: on recipes alone); cycles: how many of their run (0: all); traced: of how many the
    trace; spectrum: if it is one. observe: -> values (n,), NaN where one is missing. judge: None if only watched.
    """

    name: str
    samples: tuple[str, ...]
    cells: tuple[Key, ...]
    observe: Callable[[Picture], np.ndarray]
    judge: Judge | None
    cycles: int = 0
    traced: int = 0
    spectrum: Taken | None = None
    counts: int = 1
    """How many measured numbers it stands for."""
    words: str = ""
    """What was measured, in words."""
    labels: tuple[str, ...] = ()
    """What each value is of, where they are few."""
    allowed: tuple[float | None, float | None] | None = None
    """Where a value must lie to count as met, of a fact; else the residual decides."""

    def words_of(self, label: str) -> str:
        """What was measured of one value: of an order the relations that name it."""
        return ", ".join(part for part in self.words.split(", ") if label in part.split(" > ")) or self.words

    def met(self, values: np.ndarray, sigmas: float) -> bool:
        """Whether values (n,) are within what is allowed, or else within so many standard deviations."""
        if self.allowed is None:
            return self.judge is not None and bool(np.all(np.abs(self.judge(values)[0]) <= sigmas))
        low, high = self.allowed
        above = low is None or bool(np.all(values >= low))
        return above and (high is None or bool(np.all(values <= high)))


def speaking_of(data: Sequence[Datum], name: str) -> list[int]:
    """The numbers of the data that speak of a sample or a run, or that bear the name."""
    return [
        k
        for k, d in enumerate(data)
        if d.judge and (name == d.name or name in d.samples or any(name == run for _, run in d.cells))
    ]


class Judged(NamedTuple):
    """Residuals (R,), the number of the datum of each (R,), and their slopes (R, P) by the coordinates, if known."""

    residuals: np.ndarray
    datum: np.ndarray
    slopes: np.ndarray


def stacked(data: Sequence[Datum], sizes: Sequence[int]) -> Judge:
    """The judges of all data, for their values one after the other; sizes: how many each has."""
    judges = [
        datum.judge or Judge(np.zeros((0, size)), np.zeros(0), np.zeros(0), np.zeros(0))
        for datum, size in zip(data, sizes, strict=True)
    ]
    matrix = np.zeros((sum(judge.target.size for judge in judges), sum(sizes)))
    row = column = 0
    for judge, size in zip(judges, sizes, strict=True):
        matrix[row : row + judge.target.size, column : column + size] = judge.matrix
        row, column = row + judge.target.size, column + size
    return Judge(matrix, *(np.concatenate(parts) for parts in list(zip(*judges, strict=True))[1:]))


def judged(data: Sequence[Datum], values: Sequence[np.ndarray], slopes: Sequence[np.ndarray]) -> Judged:
    """Judge all data; values, slopes: by datum (n,), (n, P)."""
    parts = [
        datum.judge(value) if datum.judge else (np.zeros(0), np.zeros((0, value.size)))
        for datum, value in zip(data, values, strict=True)
    ]
    residuals = [residual for residual, _ in parts]
    number = [np.full(residual.size, k) for k, residual in enumerate(residuals)]
    by = [by_value @ slope for (_, by_value), slope in zip(parts, slopes, strict=True)] if slopes else []
    return Judged(np.concatenate(residuals), np.concatenate(number), np.concatenate(by) if by else np.zeros((0, 0)))
