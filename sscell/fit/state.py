"""Where fits stand: how each ended, and everything the next step needs to know of it."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

import numpy as np

from sscell.fit.cholesky import lower_pairs
from sscell.fit.damping import FIRST_GROWTH
from sscell.fit.normal_equations import NormalEquations


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
    is tried, from an infinite cost. The host keeps the state of all fits as one array (see `packed`): handing over
    one costs a tenth of handing over ten.
    """

    u: Any
    equations: NormalEquations
    trial: Any
    expected: Any
    damping: Any
    growth: Any
    status: Any
    steps: Any


def first_state(u: np.ndarray, damping: float) -> np.ndarray:
    """The packed state of fits that have not looked at their starts u (Q, N) yet."""
    size, count = u.shape
    equations = NormalEquations(
        np.full(count, np.inf), np.zeros((size, count)), np.zeros((len(lower_pairs(size)), count))
    )
    each = np.ones(count)
    return packed(FitState(u, equations, u, np.inf * each, damping * each, FIRST_GROWTH * each, 0 * each, 0 * each), np)


def packed(state: FitState, xp: Any) -> Any:
    """(rows, B): the fields one below the other, as floating-point numbers."""
    scalars = xp.stack([state.equations.cost, state.expected, state.damping, state.growth, state.status, state.steps])
    return xp.concatenate([scalars, state.u, state.trial, state.equations.gradient, state.equations.matrix])


def unpacked(rows: Any, size: int) -> FitState:
    """The fields of a packed state of fits with Q = size coordinates."""
    cost, expected, damping, growth, status, steps = rows[:6]
    u, trial, gradient = (rows[6 + k * size : 6 + (k + 1) * size] for k in range(3))
    equations = NormalEquations(cost, gradient, rows[6 + 3 * size :])
    return FitState(u, equations, trial, expected, damping, growth, status, steps)
