"""The stages of `rosenbrock.step` once more, with derivatives: along tangents, and back from cotangents.

From (g - J) U = r follows (g - J) dU = dr + dJ U: neither the elimination nor the Jacobian's entries are
differentiated, and the matrix is factorised once for a step and all its derivatives. Stages are in loops, so that
compiling them takes seconds.
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
END, BENDS, TWISTS = np.array([*A[-1], 1.0]), np.array([*BEND, 0.0]), np.array([*TWIST, 0.0])


class Stages(NamedTuple):
    """The increments and the states they were found at, stages first, and (g - J) made ready."""

    increments: State
    at: State
    factors: Any


def stages(cycler: Cycler, y: State, h: Any) -> Stages:
    """The stages of a step of h (lanes,) seconds."""
    jax = load_jax()
    equations, cells = cycler.equations, cycler.cells
    factors = equations.factored(cells, equations.slopes(cells, y, cycler.current(y)), 1 / (GAMMA * h))

    def stage(u: State, row: Any) -> tuple[State, State]:
        a, c, number = row
        at = _plus(y, a, u)
        right = jax.tree.map(lambda f, q: f + q / h, cycler.rates(at), _weighted(c, u))
        return _put(u, number, equations.solved(cells, factors, right, cycler.hold)), at

    u, at = jax.lax.scan(stage, _none(y), TABLE)
    return Stages(u, at, factors)


def step_of(y: State, increments: State) -> Step:
    """The step that the increments make."""
    none = load_jax().tree.map(lambda q: 0 * q, y)
    last = load_jax().tree.map(lambda q: q[-1], increments)
    return Step(_plus(y, END, increments), last, _plus(none, BENDS, increments), _plus(none, TWISTS, increments))


def along(cycler: Cycler, done: Stages, y: State, h: Any, d_arrays: Held, dy: State) -> State:
    """The tangents of the increments at the same length."""
    jax = load_jax()
    equations, rates = cycler.equations, _rates(cycler)
    # dJ U for any U: the Jacobian's change along the tangent is the slope of the rates' change along it.
    _, turned = jax.linearize(lambda q: jax.jvp(rates, (cycler.arrays, q), (d_arrays, dy))[1], y)

    def stage(du: State, row: Any) -> tuple[State, None]:
        (a, c, number), where, k = row
        _, slope = jax.jvp(rates, (cycler.arrays, where), (d_arrays, _plus(dy, a, du)))
        right = jax.tree.map(lambda f, q, t: f + q / h + t, slope, _weighted(c, du), turned(k))
        return _put(du, number, equations.solved(cycler.cells, done.factors, right, cycler.hold)), None

    return jax.lax.scan(stage, _none(y), (TABLE, done.at, done.increments))[0]


def by_length(cycler: Cycler, done: Stages, h: Any) -> State:
    """The derivative of the increments by h."""
    jax = load_jax()
    rates = _rates(cycler)

    def stage(du: State, row: Any) -> tuple[State, None]:
        (a, c, number), where, k = row
        _, slope = jax.jvp(lambda q: rates(cycler.arrays, q), (where,), (_weighted(a, du),))
        parts = slope, _weighted(c, du), _weighted(c, done.increments), k
        right = jax.tree.map(lambda f, q, u, own: f + q / h - u / h**2 + own / (GAMMA * h**2), *parts)
        return _put(du, number, cycler.equations.solved(cycler.cells, done.factors, right, cycler.hold)), None

    none = jax.tree.map(jax.numpy.zeros_like, done.increments)
    return jax.lax.scan(stage, none, (TABLE, done.at, done.increments))[0]


def back(cycler: Cycler, done: Stages, y: State, h: Any, increments: State) -> tuple[Held, State]:
    """From cotangents of the increments those of the cycler's arrays and of y."""
    jax = load_jax()
    equations, rates = cycler.equations, _rates(cycler)
    solved = jax.linear_transpose(
        lambda r: equations.solved(cycler.cells, done.factors, r, cycler.hold), row_of(done.increments, 0)
    )

    def stage(carry: Any, row: Any) -> tuple[Any, State]:
        u, arrays, y = carry
        (a, c, number), where = row
        (of_right,) = solved(row_of(u, number))
        of_arrays, of_state = jax.vjp(rates, cycler.arrays, where)[1](of_right)
        u = jax.tree.map(lambda q, s, r: q + _column(a, q) * s + _column(c, q) * r / h, u, of_state, of_right)
        return (u, added(arrays, of_arrays), added(y, of_state)), of_right

    nothing = jax.tree.map(jax.numpy.zeros_like, (cycler.arrays, y))
    (_, *found), rights = jax.lax.scan(stage, (increments, *nothing), (TABLE, done.at), reverse=True)

    def turned(arrays: Held, y: State) -> Any:
        """Σ rights · J U over the stages."""
        _, slope = jax.linearize(lambda q: rates(arrays, q), y)
        parts = jax.tree.map(lambda r, q: jax.numpy.sum(r * q), rights, jax.vmap(slope)(done.increments))
        return sum(jax.tree.leaves(parts))

    return tuple(map(added, found, jax.grad(turned, (0, 1))(cycler.arrays, y)))  # type: ignore[return-value]


def _rates(cycler: Cycler) -> Any:
    """dy/dt as a function of the cycler's arrays and of y."""
    return lambda arrays, y: Cycler(cycler.equations, cycler.holds, arrays).rates(y)


def _none(y: State) -> State:
    jax = load_jax()
    return jax.tree.map(lambda q: jax.numpy.zeros((STAGES, *q.shape), q.dtype), y)


def _weighted(weights: Any, u: State) -> State:
    """Σ weights u over the stages."""
    jax = load_jax()
    return jax.tree.map(lambda q: jax.numpy.tensordot(weights, q, 1), u)


def _plus(y: State, weights: Any, u: State) -> State:
    return added(y, _weighted(weights, u))


def _column(weights: Any, q: Any) -> Any:
    return load_jax().numpy.reshape(weights, (STAGES, *[1] * (q.ndim - 1)))


def added(a: Any, b: Any) -> Any:
    """The sum of two trees."""
    return load_jax().tree.map(lambda p, q: p + q, a, b)


def row_of(u: Any, number: Any) -> Any:
    """One row of every array of a tree."""
    jax = load_jax()
    return jax.tree.map(lambda q: jax.lax.dynamic_index_in_dim(q, number, 0, keepdims=False), u)


def _put(u: State, number: Any, values: State) -> State:
    jax = load_jax()
    return jax.tree.map(lambda q, new: jax.lax.dynamic_update_index_in_dim(q, new, number, 0), u, values)
