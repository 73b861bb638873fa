"""Derivatives from time step to time step of a run that was taken: tangents forwards, cotangents backwards.

Functions are compiled for a kind of run; a loop takes CHUNK steps or fewer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sscell.cell import CellStructure
from sscell.engines.jax.advance import means_over_cathode
from sscell.engines.jax.compiled import equations_of
from sscell.engines.jax.cycler import Cycler, Held, cycler_at
from sscell.engines.jax.equations import Cells, State
from sscell.engines.jax.kept import compiler_options
from sscell.engines.jax.lanes import fresh_lanes
from sscell.engines.jax.replay import Ended, Moment, Schedule, Taken, by_length, ended
from sscell.engines.jax.stages import added, along, back, row_of, stages
from sscell.engines.mesh import Mesh
from sscell.jax_setup import load_jax

CHUNK = 256


class Kind(NamedTuple):
    """What shapes the compiled functions, apart from array sizes."""

    structure: CellStructure
    names: tuple[str, ...]
    holds: bool
    mesh: Mesh


class Before(NamedTuple):
    """What results are counted from, at the start: charge counter, and means over the cathode of what ages."""

    charge_C: Any
    decomposition_m: Any
    active: Any
    oxidised: Any


def jitted(function: Callable[..., Any]) -> Any:
    """Compiled as all of this engine."""
    return load_jax().jit(function, compiler_options=compiler_options())


def numbers_in(kind: Kind, packed: Any) -> dict[str, Any]:
    """The numbers by name, (1,)."""
    return dict(zip(kind.names, packed, strict=True))


def before(kind: Kind, start: State) -> Before:
    """Of the state a run begins at."""
    means = means_over_cathode(equations_of(kind.structure, kind.mesh), start)
    return Before(start.series[1, 0], *(values[0] for values in means))


# --- the start


@functools.lru_cache(maxsize=16)
def fresh(kind: Kind) -> Any:
    """Numbers -> the fresh state."""
    return jitted(functools.partial(_fresh, kind))


def _fresh(kind: Kind, packed: Any) -> State:
    return fresh_lanes(equations_of(kind.structure, kind.mesh), kind.mesh.edges, numbers_in(kind, packed))


def _begun(kind: Kind, packed: Any) -> tuple[Before, State]:
    start = _fresh(kind, packed)
    return before(kind, start), start


@functools.lru_cache(maxsize=16)
def begin_along(kind: Kind, is_fresh: bool) -> Any:
    """(numbers, seeds (tangents, numbers, 1)) -> tangents of Before and of the start; zero of a given one."""
    jax = load_jax()

    def run(packed: Any, seeds: Any) -> Any:
        tangents = jax.vmap(lambda seed: jax.jvp(lambda q: _begun(kind, q), (packed,), (seed,))[1])(seeds)
        return tangents if is_fresh else jax.tree.map(jax.numpy.zeros_like, tangents)

    return jitted(run)


@functools.lru_cache(maxsize=16)
def begin_back(kind: Kind, is_fresh: bool) -> Any:
    """(numbers, cotangents of the start and of Before) -> those of the numbers."""
    jax = load_jax()

    def run(packed: Any, start: State, before: Before) -> Any:
        if not is_fresh:
            return jax.numpy.zeros_like(packed)
        return jax.vjp(lambda q: _begun(kind, q), packed)[1]((before, start))[0]

    return jitted(run)


# --- the steps


def along_steps(
    kind: Kind, packed: np.ndarray, seeds: np.ndarray, program: np.ndarray, taken: Taken, dy: State
) -> tuple[State, list[np.ndarray]]:
    """Tangents of the end from those of the start, and of all moments, (tangents, steps, ...)."""
    run, pieces = _along_chunk(kind), []
    for where in _chunks(taken):
        count = len(where)
        dy, moments = run(packed, seeds, program, *_part(taken, where), count, dy)
        pieces.append([np.moveaxis(np.asarray(q)[:count], 1, 0) for q in moments])
    return dy, [np.concatenate(q, axis=1) for q in zip(*pieces, strict=True)]


def back_steps(
    kind: Kind, packed: np.ndarray, program: np.ndarray, taken: Taken, moments: Moment, y: State | None
) -> tuple[Any, State]:
    """Cotangents of numbers and start from those of all moments, (steps, ...), and of the end (None: zero)."""
    run, total = _back_chunk(kind), np.zeros_like(packed)
    if y is None:
        equations = equations_of(kind.structure, kind.mesh)
        y = load_jax().tree.map(np.zeros_like, equations.unflat(taken.begin[-1]))
    for where in reversed(_chunks(taken)):
        weights = Moment(*(_chunk_of(q, where) for q in moments))
        y, also = run(packed, program, *_part(taken, where), weights, len(where), y)
        total = total + also
    return total, y


def _chunks(taken: Taken) -> list[range]:
    steps = taken.begin.shape[0]
    return [range(k, min(k + CHUNK, steps)) for k in range(0, steps, CHUNK)]


def _part(taken: Taken, where: range) -> tuple[Schedule, np.ndarray]:
    return Schedule(*(_chunk_of(q, where) for q in taken.schedule)), _chunk_of(taken.begin, where)


def _chunk_of(values: np.ndarray, where: range) -> np.ndarray:
    """CHUNK steps, the last repeated."""
    return values[np.minimum(np.arange(where.start, where.start + CHUNK), where.stop - 1)]


class _Steps:
    """The steps of a chunk as functions of the cells; used while a loop is traced."""

    def __init__(self, kind: Kind, packed: Any, program: Any, schedule: Schedule, begin: Any) -> None:
        self.kind, self.program, self.schedule, self.begin = kind, program, schedule, begin
        self.equations = equations_of(kind.structure, kind.mesh)
        self.cells, self.cells_change = load_jax().linearize(self.cells_of, packed)

    def cells_of(self, packed: Any) -> Cells:
        """The cell of given numbers."""
        return self.equations.cells(numbers_in(self.kind, packed))

    def at(self, k: Any) -> tuple[Schedule, State]:
        """One step, and the state it began at."""
        return row_of(self.schedule, k), self.equations.unflat(row_of(self.begin, k))

    def held(self, now: Schedule) -> Callable[[Cells], Held]:
        """What the cycler holds, of the cells."""
        return lambda cells: cycler_at(self.equations, cells, self.program, now.step, self.kind.holds).arrays

    def ended(self, now: Schedule) -> Callable[[Held, State, State], Ended]:
        """What the step comes to, of what is held, the state and the increments."""
        return lambda arrays, y, u: ended(self.cycler(arrays), now, y, u, now.h)

    def cycler(self, arrays: Held) -> Cycler:
        """The cycler with these arrays."""
        return Cycler(self.equations, self.kind.holds, arrays)


@functools.lru_cache(maxsize=16)
def _along_chunk(kind: Kind) -> Any:
    """(numbers, seeds, program, schedule, begin, steps, dy) -> dy after them, tangents of moments (CHUNK, ...)."""
    jax = load_jax()

    def run(packed: Any, seeds: Any, program: Any, schedule: Schedule, begin: Any, count: Any, dy: State) -> Any:
        steps = _Steps(kind, packed, program, schedule, begin)
        d_cells = jax.vmap(steps.cells_change, out_axes=-1)(seeds)

        def step(k: Any, dy: State) -> tuple[State, Moment]:
            now, y = steps.at(k)
            arrays = steps.held(now)(steps.cells)
            cycler = steps.cycler(arrays)
            done = stages(cycler, y, now.h)
            longer = by_length(cycler, done, now, y)

            def one(d_cells: Cells, dy: State) -> tuple[State, Moment]:
                d_arrays = jax.jvp(steps.held(now), (steps.cells,), (d_cells,))[1]
                du = along(cycler, done, y, now.h, d_arrays, dy)
                change = jax.jvp(steps.ended(now), (arrays, y, done.increments), (d_arrays, dy, du))[1]
                # The length moves so that the limit stays met.
                dh = -_over(change.miss, longer.miss)
                moved = jax.tree.map(lambda q, by_h: q + by_h * dh, change, longer)
                return moved.y, moved.moment

            # Tangents are the last axis of what is computed with, which is quicker than the first.
            return jax.vmap(one, -1, (-1, 0))(d_cells, dy)

        def body(k: Any, carry: Any) -> Any:
            dy, moments = carry
            dy, moment = step(k, dy)
            return dy, jax.tree.map(lambda q, new: jax.lax.dynamic_update_index_in_dim(q, new, k, 0), moments, moment)

        dy = jax.tree.map(lambda q: jax.numpy.moveaxis(q, 0, -1), dy)
        like = jax.eval_shape(step, 0, dy)[1]
        moments = jax.tree.map(lambda q: jax.numpy.zeros((CHUNK, *q.shape), q.dtype), like)
        dy, moments = jax.lax.fori_loop(0, count, body, (dy, moments))
        return jax.tree.map(lambda q: jax.numpy.moveaxis(q, -1, 0), dy), moments

    return jitted(run)


@functools.lru_cache(maxsize=16)
def _back_chunk(kind: Kind) -> Any:
    """(numbers, program, schedule, begin, cotangents of moments, steps, y) -> cotangents of the state before them, of

    the numbers; y: those of the state after them.
    """
    jax = load_jax()

    def run(packed: Any, program: Any, schedule: Schedule, begin: Any, moments: Moment, count: Any, y: State) -> Any:
        steps = _Steps(kind, packed, program, schedule, begin)

        def body(k: Any, carry: Any) -> Any:
            by_end, by_cells = carry
            k = count - 1 - k
            now, y = steps.at(k)
            arrays, to_cells = jax.vjp(steps.held(now), steps.cells)
            cycler = steps.cycler(arrays)
            done = stages(cycler, y, now.h)
            longer = by_length(cycler, done, now, y)
            _, to_step = jax.vjp(steps.ended(now), arrays, y, done.increments)
            weights = by_end, row_of(moments, k)
            by_h_of = jax.tree.map(lambda w, by_h: jax.numpy.sum(w * by_h), weights, (longer.y, longer.moment))
            by_miss = -_over(sum(jax.tree.leaves(by_h_of)), longer.miss)
            by_arrays, by_y, by_increments = to_step(Ended(*weights, by_miss))
            also_arrays, also_y = back(cycler, done, y, now.h, by_increments)
            (also_cells,) = to_cells(added(by_arrays, also_arrays))
            return added(by_y, also_y), added(by_cells, also_cells)

        nothing = jax.tree.map(jax.numpy.zeros_like, steps.cells)
        y, by_cells = jax.lax.fori_loop(0, count, body, (y, nothing))
        return y, jax.vjp(steps.cells_of, packed)[1](by_cells)[0]

    return jitted(run)


def _over(change: Any, by_length: Any) -> Any:
    """The change over the derivative by a step's length; 0 where that is not asked for."""
    jnp = load_jax().numpy
    return jnp.where(by_length == 0, 0.0, change / jnp.where(by_length == 0, 1.0, by_length))
