"""Levenberg-Marquardt for many small fits at once, inside a box: every fit on its own damping, stop and step.

Fits that have ended leave the batch after each round, so that a few slow ones do not hold up the rest.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sscell.fit.damping import FIRST_DAMPING
from sscell.fit.groups import filled, groups_of
from sscell.fit.normal_equations import NormalEquations
from sscell.fit.problem import Problem, SpectrumBatch, unstacked
from sscell.fit.state import FitState, FitStatus, first_state, packed, unpacked
from sscell.fit.step import stepped
from sscell.jax_setup import load_jax
from sscell.threads import in_threads

# Whole vector registers where a processor has wide ones; half is the default.
COMPILER_OPTIONS = {"xla_cpu_prefer_vector_width": 512}
# Where the start is known to lie near the optimum.
NEAR_DAMPING = 3e-5
# Steps between which fits that have ended leave the batch.
FIRST_ROUNDS, LONG_ROUND = (4, 8, 12, 24), 48


@dataclass(frozen=True)
class Optima:
    """The ends of N fits: u (Q, N), cost (N,), matrix (Q(Q+1)/2, N) and gradient (Q, N), status and steps (N,)."""

    u: np.ndarray
    cost: np.ndarray
    gradient: np.ndarray
    matrix: np.ndarray
    status: np.ndarray
    steps: np.ndarray

    def chosen(self, which: np.ndarray) -> Optima:
        """Those of the given indices."""
        return Optima(*(getattr(self, f.name)[..., which] for f in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Optima]) -> Optima:
        """All fits of the parts, in their order."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts], axis=-1) for f in fields(cls)))

    def improved(self, other: Optima, places: np.ndarray) -> Optima:
        """With `other`'s fits (M,) at `places` (M,) wherever they are better."""
        better = other.cost < self.cost[places]
        out = {f.name: np.array(getattr(self, f.name)) for f in fields(self)}
        for name, array in out.items():
            array[..., places[better]] = getattr(other, name)[..., better]
        return Optima(**out)


def optima_from_starts(
    problem: Problem,
    batch: SpectrumBatch,
    starts: np.ndarray,
    spectrum: np.ndarray,
    *,
    tolerance: float,
    most_steps: int,
    damping: float = FIRST_DAMPING,
    lower: np.ndarray | None = None,
    upper: np.ndarray | None = None,
) -> Optima:
    """Minimise from starts (Q, N), each for the spectrum of that index (N,).

    tolerance: a fit ends when a step changes its cost, and is expected to, by less than this share. damping: of
    the first step. lower, upper: (Q, N) bounds of each fit in place of the space's, equal where a coordinate is held.
    """
    low, high = problem.space.lower[:, None], problem.space.upper[:, None]
    low, high = (np.broadcast_to(a if b is None else b, starts.shape) for a, b in ((low, lower), (high, upper)))
    fits = _Fits(problem, batch, np.clip(starts, low, high), np.asarray(spectrum), low, high, damping)
    for steps in _rounds(most_steps):
        running = np.flatnonzero(fits.status == FitStatus.RUNNING)
        if running.size == 0:
            break
        fits.advance(running, tolerance, steps)
    ended = fits.ended()
    status = np.where(ended.status == FitStatus.RUNNING, FitStatus.TOO_MANY_STEPS, ended.status).astype(int)
    cost, gradient, matrix = ended.equations
    return Optima(ended.u, cost, gradient, matrix, status, ended.steps.astype(int))


def equations_at(problem: Problem, batch: SpectrumBatch, u: np.ndarray, spectrum: np.ndarray) -> NormalEquations:
    """Normal equations at coordinates u (Q, N), each for the spectrum of that index (N,)."""
    low, high = (np.broadcast_to(a[:, None], u.shape) for a in (problem.space.lower, problem.space.upper))
    fits = _Fits(problem, batch, u, np.asarray(spectrum), low, high, FIRST_DAMPING)
    fits.advance(np.arange(u.shape[1]), 0.0, 1)
    return fits.ended().equations


class _Fits:
    """All fits on the host, a column each: their state, their bounds, their spectrum's data."""

    def __init__(
        self,
        problem: Problem,
        batch: SpectrumBatch,
        u: np.ndarray,
        spectrum: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        damping: float,
    ) -> None:
        self._problem, self._omega, self._data, self._spectrum = problem, batch.omega, batch.stacked(), spectrum
        self._bounds = np.concatenate([lower, upper])
        self._state = first_state(u, damping)

    @property
    def status(self) -> np.ndarray:
        return self.ended().status

    def ended(self) -> FitState:
        """The state of all fits as it stands."""
        return unpacked(self._state, self._problem.space.size)

    def advance(self, members: np.ndarray, tolerance: float, steps: int) -> None:
        """So many steps more for those fits."""

        def work(group: np.ndarray) -> None:
            full = filled(group, self._omega.shape[0])
            spectrum = self._spectrum[full]
            state = self._state[:, full]
            # What fills the group up has ended already.
            unpacked(state, self._problem.space.size).status[group.size :] = FitStatus.CONVERGED
            omega = self._omega if self._omega.shape[1] == 1 else self._omega[:, spectrum]
            state = _compiled(self._problem)(
                state, omega, self._data[:, spectrum], self._bounds[:, full], tolerance, steps
            )
            self._state[:, group] = np.asarray(state)[:, : group.size]

        in_threads(work, groups_of(members, self._omega.shape[0]))


def _rounds(most_steps: int) -> list[int]:
    """Steps of each round, rising: most fits end in the first ones."""
    rounds, total = [], 0
    for size in itertools.chain(FIRST_ROUNDS, itertools.repeat(LONG_ROUND)):
        if total >= most_steps:
            break
        rounds.append(min(size, most_steps - total))
        total += rounds[-1]
    return rounds


@functools.lru_cache(maxsize=64)
def _compiled(problem: Problem) -> Any:
    """So many steps of all running fits of a problem; compiled at first use for each shape."""
    jax = load_jax()
    size = problem.space.size

    def advance(state: Any, omega: Any, data: Any, bounds: Any, tolerance: Any, steps: Any) -> Any:
        columns = (omega, *unstacked(data))

        def unfinished(carry: tuple[FitState, Any]) -> Any:
            return (carry[1] < steps) & jax.numpy.any(carry[0].status == FitStatus.RUNNING)

        def step(carry: tuple[FitState, Any]) -> tuple[FitState, Any]:
            return stepped(problem, carry[0], columns, bounds[:size], bounds[size:], tolerance), carry[1] + 1

        return packed(jax.lax.while_loop(unfinished, step, (unpacked(state, size), 0))[0], jax.numpy)

    return jax.jit(advance, compiler_options=COMPILER_OPTIONS if jax.default_backend() == "cpu" else None)
