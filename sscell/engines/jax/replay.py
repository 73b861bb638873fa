"""A run repeated on the time steps that it took, as one differentiable function of its numbers.

The adaptive run finds steps and limits; here they are given, and only where a limit was met does the last step's share
move with the numbers, so that the limit stays met: derivatives are those of the discrete run, through its events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sscell.engines.jax.advance import QUARTERS, Row, means_over_cathode
from sscell.engines.jax.cycler import cycler_at
from sscell.engines.jax.equations import Equations, State
from sscell.engines.jax.rosenbrock import path, path_slope
from sscell.engines.jax.tangent_step import tangent_step
from sscell.jax_setup import load_jax

MET = 2


class Schedule(NamedTuple):
    """The time steps of a run, (steps taken, lanes): protocol step, whether a limit is met, length, share taken of it.

    Where a lane has fewer than others, `taken` is False.
    """

    step: np.ndarray
    taken: np.ndarray
    met: np.ndarray
    h: np.ndarray
    share: np.ndarray


class Moment(NamedTuple):
    """What a replayed time step gives: its duration, what is seen at its quarters (5, lanes), counters at its end."""

    passed_s: Any
    seen: Any
    charge_C: Any
    decomposition_m: Any
    active: Any
    oxidised: Any


def schedule_from(records: Sequence[np.ndarray], lanes: int) -> Schedule:
    """The steps that were taken, from the records of a run of these lanes."""
    rows = Row(*np.moveaxis(np.concatenate([r[:, :, :lanes] for r in records]), 1, 0))
    taken = (rows.kind > 0) & (rows.h > 0)
    longest = int(taken.sum(axis=0).max(initial=1))
    order = np.argsort(~taken, axis=0, kind="stable")[:longest]

    def picked(values: np.ndarray) -> np.ndarray:
        return np.take_along_axis(values, order, axis=0)

    taken = picked(taken)
    return Schedule(
        step=picked(rows.step).astype(np.int32),
        taken=taken,
        met=picked(rows.kind == MET),
        h=np.where(taken, picked(rows.h), 1.0),
        share=np.where(taken, picked(rows.share), 1.0),
    )


def replayed(
    equations: Equations, p: dict[str, Any], program: Any, y: State, schedule: Schedule, holds: bool
) -> tuple[State, Moment]:
    """The state at the end, and the moments (steps taken, ...); differentiable in p and y."""
    jax = load_jax()
    cells = equations.cells(p)

    def body(y: State, now: Schedule) -> tuple[State, Moment]:
        return _again(equations, cells, program, holds, y, now)

    return jax.lax.scan(jax.checkpoint(body), y, schedule)


def _again(equations: Equations, cells: Any, program: Any, holds: bool, y: State, now: Schedule) -> Any:
    jax = load_jax()
    jnp = jax.numpy
    cycler = cycler_at(equations, cells, program, now.step, holds)
    i = cycler.current(y)
    tried = tangent_step(cycler, y, now.h)
    here, there = cycler.seen(y), cycler.seen(tried.y)
    along = here, there, cycler.seen_of(tried.bend), cycler.seen_of(tried.twist)
    _, limit = cycler.limit(i)
    # One Newton step on a solution: nothing but its derivative.
    miss = path(*along, now.share) - limit
    slope = jax.lax.stop_gradient(path_slope(*along, now.share))
    moved = jnp.where(now.met, miss / jnp.where(now.met, slope, 1.0), 0.0)
    share = now.share - (moved - jax.lax.stop_gradient(moved))
    y = jax.tree_util.tree_map(
        lambda a, b, u, w: jnp.where(now.taken, path(a, b, u, w, share), a), y, tried.y, tried.bend, tried.twist
    )
    seen = jnp.stack([path(*along, part * share) for part in QUARTERS])
    scale = jnp.where(cycler.held, cells.p["area_m2"], 1.0)
    passed = jnp.where(now.taken, share * now.h, 0.0)
    return y, Moment(passed, scale * seen, y.series[1], *means_over_cathode(equations, y))
