"""A time step that was taken, as a differentiable function of the cell and of the state it began at.

The adaptive run finds steps and limits; here they are given, and only where a limit was met does the length of the last
step move with the numbers, so that the limit stays met: derivatives are those of the discrete run, through its events.
(Its share could move instead, but the slope of a step's path is worth less than the step's own: see the theory page.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sscell.engines.jax.advance import QUARTERS, Row, means_over_cathode
from sscell.engines.jax.cycler import Cycler
from sscell.engines.jax.equations import State
from sscell.engines.jax.rosenbrock import path
from sscell.engines.jax.stages import Stages, step_of
from sscell.engines.jax.stages import by_length as stages_by_length
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


class Ended(NamedTuple):
    """What a time step comes to: its end, its moment, and by how much it misses the limit (lanes,)."""

    y: State
    moment: Moment
    miss: Any


def ended(cycler: Cycler, now: Schedule, y: State, increments: State, h: Any) -> Ended:
    """The step that the increments make; differentiable in the cycler's arrays, y, the increments and h (lanes,)."""
    jax = load_jax()
    tried = step_of(y, increments)
    along = cycler.seen(y), cycler.seen(tried.y), cycler.seen_of(tried.bend), cycler.seen_of(tried.twist)
    _, limit = cycler.limit(cycler.current(y))
    y = jax.tree.map(lambda a, b, u, w: path(a, b, u, w, now.share), y, tried.y, tried.bend, tried.twist)
    seen = jax.numpy.stack([path(*along, part * now.share) for part in QUARTERS])
    scale = jax.numpy.where(cycler.held, cycler.cells.p["area_m2"], 1.0)
    moment = Moment(now.share * h, scale * seen, y.series[1], *means_over_cathode(cycler.equations, y))
    return Ended(y, moment, seen[-1] - limit)


def by_length(cycler: Cycler, done: Stages, now: Schedule, y: State) -> Ended:
    """The derivative of `ended` by the step's length; where no limit is met, which is seldom otherwise, zero."""
    jax = load_jax()

    def of(u: State, h: Any) -> Ended:
        return ended(cycler, now, y, u, h)

    def met() -> Ended:
        du = stages_by_length(cycler, done, now.h)
        return jax.jvp(of, (done.increments, now.h), (du, jax.numpy.ones_like(now.h)))[1]

    like = jax.eval_shape(of, done.increments, now.h)
    return jax.lax.cond(now.met[0], met, lambda: jax.tree.map(lambda q: jax.numpy.zeros(q.shape, q.dtype), like))
