"""The step of `rosenbrock` once more, with a derivative: the stages in a loop, so that compiling it takes seconds.

The derivative of a stage is that of its equation, dU = (g - J)⁻¹ (d(right-hand side) - dg U + dJ U): neither the
elimination nor the Jacobian's entries are differentiated, and the matrix is factorised once for both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.engines.jax.cycler import Cycler, Held
from sscell.engines.jax.equations import State
from sscell.engines.jax.rosenbrock import BEND, GAMMA, TWIST, A, C, Step
from sscell.jax_setup import load_jax

STAGES = len(A)


def _square(rows: tuple[tuple[float, ...], ...]) -> np.ndarray:
    return np.array([[*row, *[0.0] * (STAGES - len(row))] for row in rows])


# Of each stage: the weights of all increments, and its number.
TABLE = _square(A), _square(C), np.arange(STAGES)
END = np.array([*A[-1], 1.0])


class Stages(NamedTuple):
    """The increments and the states they were found at, stages first, and (g - J) made ready."""

    increments: State
    at: State
    factors: Any


def tangent_step(cycler: Cycler, y: State, h: Any) -> Step:
    """The state after h (lanes,) seconds; differentiable in the cells, the cycler's currents, y and h."""
    jax = load_jax()
    equations, holds = cycler.equations, cycler.holds

    @jax.custom_jvp
    def increments(arrays: Held, y: State, h: Any) -> State:
        return _stages(Cycler(equations, holds, arrays), y, h).increments

    @increments.defjvp
    def increments_jvp(at: Any, moved: Any) -> tuple[State, State]:
        done = _stages(Cycler(equations, holds, at[0]), *at[1:])
        return done.increments, _moved(cycler, done, at, moved)

    u = increments(cycler.arrays, y, h)
    end = _plus(y, END, u)
    none = jax.tree_util.tree_map(jax.numpy.zeros_like, y)
    last = jax.tree_util.tree_map(lambda q: q[-1], u)
    bend, twist = (_plus(none, np.array([*weights, 0.0]), u) for weights in (BEND, TWIST))
    return Step(end, last, bend, twist)


def _stages(cycler: Cycler, y: State, h: Any) -> Stages:
    jax = load_jax()
    equations, cells = cycler.equations, cycler.cells
    factors = equations.factored(cells, equations.slopes(cells, y, cycler.current(y)), 1 / (GAMMA * h))

    def stage(u: State, row: Any) -> tuple[State, State]:
        a, c, number = row
        at = _plus(y, a, u)
        right = jax.tree_util.tree_map(lambda f, q: f + q / h, cycler.rates(at), _weighted(c, u))
        return _put(u, number, equations.solved(cells, factors, right, cycler.hold)), at

    none = jax.tree_util.tree_map(lambda q: jax.numpy.zeros((STAGES, *q.shape), q.dtype), y)
    u, at = jax.lax.scan(stage, none, TABLE)
    return Stages(u, at, factors)


def _moved(cycler: Cycler, done: Stages, at: Any, moved: Any) -> State:
    """The tangents of the increments."""
    jax = load_jax()
    tree_map = jax.tree_util.tree_map
    equations, holds = cycler.equations, cycler.holds
    (arrays, y, h), (d_arrays, dy, dh) = at, moved
    dg, of = -dh / (GAMMA * h**2), Cycler(equations, holds, arrays)

    def rates(arrays: Held, y: State) -> State:
        return Cycler(equations, holds, arrays).rates(y)

    # dJ U for any U: the Jacobian's change along the tangent is the slope of the rates' change along it.
    _, turned = jax.linearize(lambda q: jax.jvp(rates, (arrays, q), (d_arrays, dy))[1], y)

    def stage(du: State, row: Any) -> tuple[State, None]:
        (a, c, number), where, k = row
        _, slope = jax.jvp(rates, (arrays, where), (d_arrays, _plus(dy, a, du)))
        right = tree_map(
            lambda f, q, u, t, own: f + q / h - u * dh / h**2 - dg * own + t,
            *(slope, _weighted(c, du), _weighted(c, done.increments), turned(k), k),
        )
        return _put(du, number, equations.solved(of.cells, done.factors, right, of.hold)), None

    return jax.lax.scan(stage, tree_map(jax.numpy.zeros_like, done.increments), (TABLE, done.at, done.increments))[0]


def _weighted(weights: Any, u: State) -> State:
    """Σ weights u over the stages."""
    jax = load_jax()
    return jax.tree_util.tree_map(lambda q: jax.numpy.tensordot(weights, q, 1), u)


def _plus(y: State, weights: Any, u: State) -> State:
    jax = load_jax()
    return jax.tree_util.tree_map(lambda a, b: a + b, y, _weighted(weights, u))


def _put(u: State, number: Any, values: State) -> State:
    jax = load_jax()
    return jax.tree_util.tree_map(lambda q, new: jax.lax.dynamic_update_index_in_dim(q, new, number, 0), u, values)
