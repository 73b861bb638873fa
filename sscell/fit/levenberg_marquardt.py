"""Levenberg-Marquardt for many small fits at once, inside a box: every fit on its own damping, stop and step.

Fits that have ended leave the batch after each round, so that a few slow ones do not hold up the rest.
"""

from __future__ import annotations

import enum
import functools
import itertools
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from sscell.fit.cholesky import lower_indices, lower_pairs, solution
from sscell.fit.groups import filled, groups_of, in_threads
from sscell.fit.normal_equations import NormalEquations, normal_equations
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.jax_setup import load_jax

# Whole vector registers where a processor has wide ones; half is the default.
COMPILER_OPTIONS = {"xla_cpu_prefer_vector_width": 512}
# Largest step: a factor of 20 in a logarithmic coordinate, a third of the range in a linear one.
LONGEST_LOGARITHMIC, LONGEST_SHARE = 3.0, 1 / 3
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-9, 1e10
# Where the start is known to lie near the optimum.
NEAR_DAMPING = 3e-5
# Steps between which fits that have ended leave the batch.
FIRST_ROUNDS, LONG_ROUND = (4, 8, 12, 24), 48
# Up to this damping (or the tolerance, if larger) a step is nearly that of Gauss and Newton, in flat directions too,
# and what it promises is all there is to gain.
TRUSTED_DAMPING = 3e-5
# A coordinate without influence is damped as if it had this share of the largest one.
LEAST_CURVATURE = 1e-9


class FitStatus(enum.IntEnum):
    """How a fit ended; the message says what to try next."""

    RUNNING = 0
    CONVERGED = 1
    NO_DESCENT = 2
    NOT_FINITE = 3
    TOO_MANY_STEPS = 4

    @property
    def message(self) -> str:
        return MESSAGES[self]


MESSAGES = {
    FitStatus.RUNNING: "still running",
    FitStatus.CONVERGED: "converged: another step would not change the fit",
    FitStatus.NO_DESCENT: "stopped where no step improves the fit; look at the bounds and at undetermined parameters",
    FitStatus.NOT_FINITE: "the model is not finite at the start; narrow the bounds",
    FitStatus.TOO_MANY_STEPS: "not converged within the steps allowed; a parameter is probably undetermined: fix it",
}


class FitState(NamedTuple):
    """Where each of the B fits stands (u, with its equations), and what it tries next; arrays with B last.

    trial: coordinates to be looked at; expected: the decrease of the cost that they promise. At first the start itself
    is tried, from an infinite cost.
    """

    u: Any
    equations: NormalEquations
    trial: Any
    expected: Any
    damping: Any
    growth: Any
    status: Any
    steps: Any


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
    count = starts.shape[1]
    low, high = problem.space.lower[:, None], problem.space.upper[:, None]
    low, high = (np.broadcast_to(a if b is None else b, starts.shape) for a, b in ((low, lower), (high, upper)))
    fits = _Fits(_empty_state(np.clip(starts, low, high), damping), low, high, np.asarray(spectrum))
    advance = _compiled(problem)
    pending = np.arange(count)
    for steps in _rounds(most_steps):

        def work(members: np.ndarray, steps: int = steps) -> None:
            fits.scatter(members, advance(*fits.gathered(members, batch), tolerance, steps))

        in_threads(work, groups_of(pending, batch.rows))
        pending = pending[fits.state.status[pending] == FitStatus.RUNNING]
        if pending.size == 0:
            break
    state = fits.state
    status = np.where(state.status == FitStatus.RUNNING, FitStatus.TOO_MANY_STEPS, state.status)
    return Optima(state.u, state.equations.cost, state.equations.gradient, state.equations.matrix, status, state.steps)


def equations_at(problem: Problem, batch: SpectrumBatch, u: np.ndarray, spectrum: np.ndarray) -> NormalEquations:
    """Normal equations at coordinates u (Q, N), each for the spectrum of that index (N,)."""
    low, high = (np.broadcast_to(a[:, None], u.shape) for a in (problem.space.lower, problem.space.upper))
    fits = _Fits(_empty_state(u), low, high, np.asarray(spectrum))

    def work(members: np.ndarray) -> None:
        fits.scatter(members, _compiled(problem)(*fits.gathered(members, batch), 0.0, 1))

    in_threads(work, groups_of(np.arange(u.shape[1]), batch.rows))
    return fits.state.equations


class _Fits:
    """All fits on the host; groups of them are gathered for the compiled code and scattered back."""

    def __init__(self, state: FitState, lower: np.ndarray, upper: np.ndarray, spectrum: np.ndarray) -> None:
        self.state, self.lower, self.upper, self.spectrum = state, lower, upper, spectrum

    def gathered(self, members: np.ndarray, batch: SpectrumBatch) -> tuple[FitState, tuple, np.ndarray, np.ndarray]:
        """The members padded to a full group; what is added has ended already."""
        full = filled(members, batch.rows)
        state = _mapped(lambda a: a[..., full], self.state)
        state.status[members.size :] = FitStatus.CONVERGED
        return state, batch.columns(self.spectrum[full]), self.lower[:, full], self.upper[:, full]

    def scatter(self, members: np.ndarray, state: FitState) -> None:
        mine, theirs = _leaves(self.state), _leaves(state)
        for own, new in zip(mine, theirs, strict=True):
            own[..., members] = np.asarray(new)[..., : members.size]


def _leaves(state: FitState) -> list[Any]:
    return [state.u, *state.equations, *state[2:]]


def _mapped(change: Any, state: FitState) -> FitState:
    return FitState(
        change(state.u), NormalEquations(*(change(a) for a in state.equations)), *(change(a) for a in state[2:])
    )


def _empty_state(u: np.ndarray, damping: float = FIRST_DAMPING) -> FitState:
    size, count = u.shape
    pairs = len(lower_pairs(size))
    equations = NormalEquations(np.full(count, np.inf), np.zeros((size, count)), np.zeros((pairs, count)))
    return FitState(
        np.array(u),
        equations,
        np.array(u),
        np.full(count, np.inf),
        np.full(count, damping),
        np.full(count, 2.0),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
    )


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
    """`advance` of a problem: so many steps of all running fits; compiled at first use for each shape."""
    jax = load_jax()

    def advance(state: FitState, columns: tuple, lower: Any, upper: Any, tolerance: Any, steps: Any) -> FitState:
        def unfinished(carry: tuple[FitState, Any]) -> Any:
            return (carry[1] < steps) & jax.numpy.any(carry[0].status == FitStatus.RUNNING)

        def step(carry: tuple[FitState, Any]) -> tuple[FitState, Any]:
            return _step(problem, carry[0], columns, lower, upper, tolerance), carry[1] + 1

        return jax.lax.while_loop(unfinished, step, (state, 0))[0]

    return jax.jit(advance, compiler_options=COMPILER_OPTIONS)


def _step(problem: Problem, state: FitState, columns: tuple, lower: Any, upper: Any, tolerance: Any) -> FitState:
    """Look at what every running fit tries, take it or not, and plan the next."""
    xp = load_jax().numpy
    old, new = state.equations, normal_equations(problem, state.trial, columns)
    begun, running = xp.isfinite(old.cost), state.status == FitStatus.RUNNING
    gain = old.cost - new.cost
    better = gain > 0
    take = running & better

    def taken(after: Any, before: Any) -> Any:
        return xp.where(take, after, before)

    u = taken(state.trial, state.u)
    equations = NormalEquations(*(taken(a, b) for a, b in zip(new, old, strict=True)))
    damping, growth = _damping_after(state, gain, begun & running, xp)
    trial = xp.clip(u + _damped_step(problem, u, equations, damping, lower, upper), lower, upper)
    expected = _expected_decrease(equations, trial - u, xp)
    # Over: the last step changed nothing and was not expected to, or the next one promises nothing and can be trusted.
    unchanged = begun & (state.expected <= tolerance * old.cost) & (gain <= tolerance * old.cost)
    promises_nothing = (expected <= tolerance * equations.cost) & (damping <= xp.maximum(TRUSTED_DAMPING, tolerance))
    converged = unchanged | (promises_nothing & (begun | better))
    status = xp.where(converged, int(FitStatus.CONVERGED), int(FitStatus.RUNNING))
    status = xp.where(~begun & ~xp.isfinite(new.cost), int(FitStatus.NOT_FINITE), status)
    status = xp.where(~converged & (damping > MOST_DAMPING), int(FitStatus.NO_DESCENT), status)
    return FitState(
        u,
        equations,
        xp.where(running, trial, state.trial),
        xp.where(running, expected, state.expected),
        damping,
        growth,
        xp.where(running, status, state.status),
        state.steps + running,
    )


def _damping_after(state: FitState, gain: Any, judged: Any, xp: Any) -> tuple[Any, Any]:
    """Damping and its growth after a step: Nielsen, report IMM-REP-1999-05.

    It falls smoothly with the quality of the step, and rises ever faster.
    """
    quality = gain / xp.maximum(xp.where(judged, state.expected, 1.0), 1e-300)
    eased = state.damping * xp.maximum(1 / 5, 1 - xp.clip(2 * quality - 1, -1.0, 1.0) ** 3)
    damping = xp.maximum(xp.where(gain > 0, eased, state.damping * state.growth), LEAST_DAMPING)
    growth = xp.where(gain > 0, 2.0, 2 * state.growth)
    return xp.where(judged, damping, state.damping), xp.where(judged, growth, state.growth)


def _damped_step(problem: Problem, u: Any, equations: NormalEquations, damping: Any, lower: Any, upper: Any) -> Any:
    """(A + λ diag A) δ = -g over the coordinates that are free to move; no longer than a step may be."""
    xp = load_jax().numpy
    size = problem.space.size
    gradient, matrix = equations.gradient, equations.matrix
    held = ((u <= lower) & (gradient > 0)) | ((u >= upper) & (gradient < 0))
    free = xp.where(held, 0.0, 1.0)
    rows, columns, diagonals = lower_indices(size)
    diagonal = matrix[diagonals]
    damped = damping * xp.maximum(diagonal, LEAST_CURVATURE * xp.max(diagonal, 0))
    entries = (matrix * free[rows] * free[columns]).at[diagonals].add(damped + (1 - free))
    step = -free * xp.stack(solution(list(entries), list(gradient * free), xp))
    longest = np.where(
        problem.space.logarithmic, LONGEST_LOGARITHMIC, LONGEST_SHARE * (problem.space.upper - problem.space.lower)
    )
    return step / xp.maximum(1.0, xp.max(xp.abs(step) / longest[:, None], 0))


def _expected_decrease(equations: NormalEquations, change: Any, xp: Any) -> Any:
    """-(2 gᵀδ + δᵀAδ), the decrease of a linear model."""
    rows, columns, _ = lower_indices(change.shape[0])
    twice = np.where(rows == columns, 1.0, 2.0)[:, None]
    square = xp.sum(twice * equations.matrix * change[rows] * change[columns], 0)
    return -(2 * xp.sum(equations.gradient * change, 0) + square)
