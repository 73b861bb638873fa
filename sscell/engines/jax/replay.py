"""A time step that was taken, as a differentiable function of the cell and of the state it began at.

The adaptive run finds steps and limits; here they are given, and only where a limit was met does the last step's share
move with the numbers, so that the limit stays met: derivatives are those of the discrete run, through its events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sscell.engines.jax.advance import QUARTERS, Row, means_over_cathode
from sscell.engines.jax.cycler import Cycler
from sscell.engines.jax.equations import State
from sscell.engines.jax.rosenbrock import path, path_slope
from sscell.engines.jax.stages import step_of
from sscell.jax_setup import load_jax

MET = 2


class Schedule(NamedTuple):
    """Time steps of a run, (steps taken, lanes): protocol step, whether a limit is met, length, share taken of it."""

    step: np.ndarray
    met: np.ndarray
    h: np.ndarray
    share: np.ndarray


class Moment(NamedTuple):
    """What a time step gives, (..., lanes): its duration, what is seen at its quarters (5, lanes), and at its end

    the charge counter and the means over the cathode of what ages.
    """

    passed_s: Any
    seen: Any
    charge_C: Any
    decomposition_m: Any
    active: Any
    oxidised: Any


class Taken(NamedTuple):
    """The time steps that a run of one cell took, (steps, ...): as taken, where they began, what they gave."""

    schedule: Schedule
    begin: np.ndarray  # flat states, (steps, numbers, 1)
    moments: Moment


def taken_from(records: Sequence[np.ndarray], visited: Sequence[np.ndarray]) -> Taken:
    """From the records of a run, those of steps that were taken."""
    record = np.concatenate(records)
    rows = Row(*np.moveaxis(record, 1, 0))
    taken = ((rows.kind > 0) & (rows.h > 0))[:, 0]
    rows = Row(*(q[taken] for q in rows))
    schedule = Schedule(rows.step.astype(np.int32), rows.kind == MET, rows.h, rows.share)
    seen = np.stack([rows.q0, rows.q1, rows.q2, rows.q3, rows.q4], axis=1)
    passed_s = rows.share * rows.h
    moments = Moment(passed_s, seen, rows.charge_C, rows.decomposition_m, rows.active, rows.oxidised)
    return Taken(schedule, np.concatenate(visited)[taken], moments)


def ended(cycler: Cycler, now: Schedule, y: State, increments: State) -> tuple[State, Moment]:
    """The state a step ends at, and its moment; differentiable in the cycler's arrays, y and the increments."""
    jax = load_jax()
    jnp = jax.numpy
    equations = cycler.equations
    tried = step_of(y, increments)
    i = cycler.current(y)
    along = cycler.seen(y), cycler.seen(tried.y), cycler.seen_of(tried.bend), cycler.seen_of(tried.twist)
    _, limit = cycler.limit(i)
    # One Newton step on a solution: nothing but its derivative.
    miss = path(*along, now.share) - limit
    slope = jax.lax.stop_gradient(path_slope(*along, now.share))
    moved = jnp.where(now.met, miss / jnp.where(now.met, slope, 1.0), 0.0)
    share = now.share - (moved - jax.lax.stop_gradient(moved))
    y = jax.tree.map(lambda a, b, u, w: path(a, b, u, w, share), y, tried.y, tried.bend, tried.twist)
    seen = jnp.stack([path(*along, part * share) for part in QUARTERS])
    scale = jnp.where(cycler.held, cycler.cells.p["area_m2"], 1.0)
    return y, Moment(share * now.h, scale * seen, y.series[1], *means_over_cathode(equations, y))
