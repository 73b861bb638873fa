"""Running a protocol on a batch of cells, every cell on its own clock: adaptive steps, limits met, failures named.

Each pass of the loop tries one time step in every lane. It is taken, cut off on its path where a limit is met, or
repeated smaller. Nothing that happens in one lane reaches another.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.engines.jax.cathode import Cathode
from sscell.engines.jax.cycler import Cycler, cycler_at
from sscell.engines.jax.equations import Equations, State, flat
from sscell.engines.jax.kept import kept
from sscell.engines.jax.problems import Status
from sscell.engines.jax.rosenbrock import ORDER, path, path_slope, step
from sscell.engines.limits import EMPTY_V, OVERCHARGED_V
from sscell.jax_setup import load_jax

SMALLEST_STEP_S, MOST_TRIES = 1e-9, 20_000
# Step size control by this step's error, less where errors grow or steps shrink (Gustafsson), within bounds.
SAFETY, LEAST, MOST, AFTER_FAILURE = 0.85, 0.3, 5.0, (0.15, 0.8)
# A first step that is refused: the time in which the fastest row moves this far, as the root of order 4 of the
# tolerance (content; 80 mV at the default), within these shares of the step.
FIRST_MOVE, FIRST = 0.17, (0.01, 0.3)
# A path is best near its end: a limit met earlier than this share is met again, by a step a little longer than needed;
# but not where it is this near, relative, or reached this soon, as a step from there to the limit may be too short.
EARLY, BEYOND, NEAR, SOONEST_S = 0.9, 1.02, 1e-6, 1e-6
# A step that would end with less than this share of itself left to a limit is shortened to this share of the way there:
# a last step that is very short sees what is off by a tolerance relax, not the cell.
JUST_BEFORE, PART_WAY = 0.3, 0.6
HALVINGS = 50
# Tries at a limit in which followers change the length of their step until they meet it where their leader does.
AIMS = 4
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


class Clock(NamedTuple):
    """Where each lane is, (lanes,).

    h: the next time step (0: none yet); refused: 1 if it replaces one that was, 2 if one that would have ended just
    before a limit. In this step of the protocol: before_s, error: the last one taken (0: none yet) and its error; aims:
    how often followers have aimed at a limit.
    """

    time_s: Any
    since_s: Any
    h: Any
    refused: Any
    before_s: Any
    error: Any
    aims: Any
    step: Any
    tries: Any
    status: Any


class Row(NamedTuple):
    """What a pass records, (lanes,).

    kind: 0 nothing, 1 a time step, 2 one that meets the limit of the protocol step, 3 that limit was passed at once,
    4 a time step that ends with the time of the protocol step. It began at time_s and is the first `share` of one of h.
    q0 to q4: what the cycler does not hold, at 0, 1/4, 1/2, 3/4 and 1 of it: voltage in V, or, where that is held,
    current in A. The rest, at its end: the charge counter, and means over the cathode of thickness, active fraction
    and charge oxidised (C per m² of fresh CAM).
    """

    step: Any
    kind: Any
    time_s: Any
    h: Any
    share: Any
    q0: Any
    q1: Any
    q2: Any
    q3: Any
    q4: Any
    charge_C: Any
    decomposition_m: Any
    active: Any
    oxidised: Any


def first_clock(time_s: np.ndarray) -> Clock:
    """All lanes before the first step of a protocol."""
    zero, whole = np.zeros(time_s.size), np.zeros(time_s.size, dtype=np.int32)
    return Clock(np.asarray(time_s, dtype=float), zero, zero, zero, zero, zero + 1, whole, whole, whole, whole)


class Advance:
    """The loop for cells of one structure on one mesh.

    holds: whether the protocol holds a voltage anywhere; visits: whether the states that steps begin at are kept.
    abreast: lanes that take the same steps, the first of them leading; the others are cells next to it, and what
    separates their results from its own is smooth in what separates the cells. Limits are met by each on its own.
    """

    def __init__(
        self, equations: Equations, holds: bool, tolerance: float, passes: int, visits: bool = False, abreast: int = 1
    ) -> None:
        self.equations, self.holds, self.passes, self.visits = equations, holds, passes, visits
        self.abreast = abreast
        self.weights = _weights(equations, tolerance)
        self.most_aims = 0 if abreast == 1 else AIMS
        self.first_move = FIRST_MOVE * tolerance ** (1 / ORDER - 1)

    def __call__(self, p: dict[str, Any], program: Any, y: State, clock: Clock, last_step: Any) -> tuple[Any, ...]:
        """Run until every lane has done the steps before `last_step`, or failed, or the record is full.

        Gives the number of passes, state, clock, the record (passes, fields of Row, lanes) and the states before each
        pass, flat: (passes, numbers, lanes), or (passes, 0, lanes) if they are not kept.
        """
        jax = load_jax()
        jnp = jax.numpy
        cells = kept(self.equations.cells(p))

        def busy(clock: Clock) -> Any:
            return (clock.status == Status.RUNNING) & (clock.step < last_step)

        def unfinished(carry: Any) -> Any:
            return (carry[0] < self.passes) & jnp.any(busy(carry[2]))

        def body(carry: Any) -> Any:
            count, y, clock, record, visited = carry
            if self.visits:
                visited = jax.lax.dynamic_update_slice(visited, flat(y)[None], (count, 0, 0))
            cycler = cycler_at(self.equations, cells, program, clock.step, self.holds)
            y, clock, row = self._pass(cycler, y, clock, busy(clock))
            record = jax.lax.dynamic_update_slice(record, jnp.stack(row)[None], (count, 0, 0))
            return count + 1, y, clock, record, visited

        lanes = clock.h.shape[0]
        record = jnp.zeros((self.passes, len(Row._fields), lanes))
        visited = jnp.zeros((self.passes, flat(y).shape[0] if self.visits else 0, lanes))
        return jax.lax.while_loop(unfinished, body, (0, y, clock, record, visited))

    def _pass(self, cycler: Cycler, y: State, clock: Clock, busy: Any) -> tuple[State, Clock, Row]:
        jax = load_jax()
        jnp = jax.numpy
        equations, cells = self.equations, cycler.cells
        i = kept(cycler.current(y))
        here = kept(cycler.seen(y))
        sign, limit = cycler.limit(i)
        lead = self._of_leader
        ahead = sign * (here - limit)
        left = lead(cycler.longest_s() - clock.since_s)
        at_once = lead(busy & (clock.since_s == 0) & (ahead <= 0) & jnp.isfinite(here))
        goes = busy & ~at_once

        wanted = jnp.where(clock.h > 0, clock.h, lead(cycler.first_step_s()))
        h = kept(jnp.where(goes, jnp.minimum(wanted, left), 1.0))
        tried = step(cycler, y, h)
        error = kept(lead(self._error(tried.error)))
        there, bend, twist = kept((cycler.seen(tried.y), cycler.seen_of(tried.bend), cycler.seen_of(tried.twist)))
        finite = lead(jnp.isfinite(error) & jnp.isfinite(there))
        good = goes & finite & (error <= 1)
        over = lead(good & (sign * (there - limit) <= 0))
        crossing = jax.lax.cond(
            jnp.any(over),
            self._crossings,
            lambda *path: jnp.ones_like(h),
            ahead,
            sign * (there - limit),
            sign * bend,
            sign * twist,
        )
        slope_at_end = path_slope(ahead, sign * (there - limit), sign * bend, sign * twist, 1.0)
        # A follower that met its limit before this step has left its leader: it has no numbers from here on.
        share = kept(jnp.where(over, jnp.where(crossing * h < -SOONEST_S, jnp.nan, crossing), 1.0))
        # It may be met again where it is neither near nor reached sooner than any time step.
        early = lead(over & (share < EARLY) & (ahead > NEAR * (1 + jnp.abs(limit))) & (h * share > SOONEST_S))
        rest_of_way = sign * (there - limit) / jnp.maximum(-slope_at_end, 1e-300)
        short = (rest_of_way < JUST_BEFORE) & (slope_at_end < 0) & (h < left) & (clock.refused < 2)
        short = lead(good & ~over & short)
        aiming = over & ~early & (clock.aims < self.most_aims)
        met, taken = over & ~early & ~aiming, good & ~early & ~short & ~aiming
        timed = taken & ~met & (h >= left)
        after = _next_step(taken, finite, error, self.first_move / self._error(tried.rates), clock, h)
        after = jnp.where(early, h * jnp.maximum(share * BEYOND, 0.02), after)
        after = lead(jnp.where(short, h * PART_WAY * (1 + rest_of_way), after))
        after = jnp.where(aiming, h * _aimed(share / lead(share)), after)
        tries = clock.tries + goes
        stuck = goes & ~taken & ~aiming & (after < SMALLEST_STEP_S)
        status = lead(_status(cycler, clock.status, i, here, stuck, finite, tries, at_once | met, timed))
        ends = (at_once | met | timed) & (status == Status.RUNNING)

        refused = jnp.where(short, 2.0, jnp.where(goes & ~early & ~aiming, 1.0, clock.refused))
        y = jax.tree_util.tree_map(
            lambda a, b, u, w: jnp.where(taken, path(a, b, u, w, share), a), y, tried.y, tried.bend, tried.twist
        )
        passed = jnp.where(taken, share * h, 0.0)
        scale = jnp.where(cycler.held, cells.p["area_m2"], 1.0)
        parts = (jnp.where(taken, path(here, there, bend, twist, part * share), here) for part in QUARTERS)
        q0, q1, q2, q3, q4 = (scale * q for q in parts)
        decomposition_m, active, oxidised = means_over_cathode(equations, y)
        row = Row(
            step=clock.step.astype(h.dtype),
            kind=jnp.where(ends, jnp.where(at_once, 3.0, jnp.where(met, 2.0, 4.0)), taken.astype(h.dtype)),
            time_s=clock.time_s,
            h=jnp.where(taken, h, 0.0),
            share=share,
            q0=q0,
            q1=q1,
            q2=q2,
            q3=q3,
            q4=q4,
            charge_C=y.series[1],
            decomposition_m=decomposition_m,
            active=active,
            oxidised=oxidised,
        )
        clock = Clock(
            time_s=clock.time_s + passed,
            since_s=jnp.where(ends, 0.0, clock.since_s + passed),
            h=jnp.where(ends, 0.0, jnp.where(goes, after, clock.h)),
            refused=jnp.where(ends | taken, 0.0, refused),
            before_s=jnp.where(ends, 0.0, jnp.where(taken, h, clock.before_s)),
            error=jnp.where(ends, 1.0, jnp.where(taken, error, clock.error)),
            aims=jnp.where(ends, 0, clock.aims + aiming).astype(clock.aims.dtype),
            step=clock.step + ends.astype(clock.step.dtype),
            tries=jnp.where(ends, 0, tries).astype(clock.tries.dtype),
            status=status.astype(clock.status.dtype),
        )
        return y, clock, row

    def _of_leader(self, lanes: Any) -> Any:
        """What the lane that leads has, for all abreast of it."""
        if self.abreast == 1:
            return lanes
        jnp = load_jax().numpy
        return jnp.repeat(lanes.reshape(-1, self.abreast)[:, 0], self.abreast)

    def _crossings(self, start: Any, end: Any, bend: Any, twist: Any) -> Any:
        """Where paths meet their limits, as shares of the step; followers near their leader, beyond 1 too."""
        shares = _crossing(start, end, bend, twist)
        if self.abreast == 1:
            return shares
        own = self._of_leader(shares)
        for _ in range(4):
            own = own - path(start, end, bend, twist, own) / path_slope(start, end, bend, twist, own)
        leads = np.arange(start.shape[0]) % self.abreast == 0
        return load_jax().numpy.where(leads, shares, own)

    def _error(self, estimate: State) -> Any:
        """The largest weighted error of a lane over the rows; over nodes, the root of the mean square."""
        jnp = load_jax().numpy
        largest = []
        for rows, weights in zip(estimate[:2], self.weights, strict=True):
            weighted = kept((rows * weights) ** 2)
            largest.append(jnp.max(jnp.mean(weighted, axis=1), axis=0))
        return jnp.sqrt(jnp.maximum(*largest))


def means_over_cathode(equations: Equations, y: State) -> list[Any]:
    """Means over the cathode of what ages, (lanes,): thickness, active fraction, charge oxidised; zeros without one."""
    jnp = load_jax().numpy
    cathode = equations.positive
    if not isinstance(cathode, Cathode):
        return [jnp.zeros_like(y.series[0])] * 3
    s, dx = cathode.parts(y.positive), np.diff(cathode.edges)
    return [jnp.tensordot(dx, q, 1) for q in (s.decomposition_m, s.active, s.oxidised)]


def _next_step(taken: Any, finite: Any, error: Any, soon: Any, clock: Clock, h: Any) -> Any:
    """The next time step: after one taken, after one refused, which is the first of a protocol step: `soon`."""
    jnp = load_jax().numpy
    error = jnp.maximum(error, 1e-8)
    fits = SAFETY * error ** (-1 / ORDER)
    trend = h / clock.before_s * (jnp.maximum(clock.error, 1e-8) / error) ** (1 / ORDER)
    growth = jnp.clip(fits * jnp.where(clock.before_s > 0, jnp.clip(trend, LEAST, 1.0), 1.0), LEAST, MOST)
    growth = jnp.where(clock.refused > 0, jnp.minimum(growth, 1.0), growth)
    refused = h * jnp.where(finite, jnp.clip(fits, *AFTER_FAILURE), AFTER_FAILURE[0])
    # After a switch the error says nothing yet: double layers charge within milliseconds.
    first = h * jnp.where(soon > 0, jnp.clip(soon / h, *FIRST), FIRST[0])
    smaller = jnp.where(clock.before_s > 0, refused, first)
    # The smallest is tried before a lane is given up.
    smaller = jnp.where(h > SMALLEST_STEP_S, jnp.maximum(smaller, SMALLEST_STEP_S), smaller)
    return jnp.where(taken, h * growth, smaller)


def _aimed(ratio: Any) -> Any:
    """The ratio of a follower's step to its leader's; where they have nothing in common, one."""
    return load_jax().numpy.where((ratio > 0.5) & (ratio < 2), ratio, 1.0)


def _status(
    cycler: Cycler, status: Any, i: Any, here: Any, stuck: Any, finite: Any, tries: Any, met: Any, timed: Any
) -> Any:
    jnp = load_jax().numpy
    control, unheld, down = cycler.control, ~cycler.held, i > 0
    emptied = unheld & down & (control.limited == 0)
    overcharged = unheld & ~down & (control.limited == 0)
    problems = (
        (stuck & finite, Status.STEP_TOO_SMALL),
        (stuck & ~finite, Status.NOT_FINITE),
        (tries > MOST_TRIES, Status.TOO_MANY_STEPS),
        (timed & (control.open_ended > 0), Status.NO_LIMIT),
        ((met | (stuck & (here < EMPTY_V))) & emptied, Status.EMPTIED),
        ((met | (stuck & (here > OVERCHARGED_V))) & overcharged, Status.OVERCHARGED),
    )
    for where, problem in problems:
        status = jnp.where(where, int(problem), status)
    return status


def _crossing(start: Any, end: Any, bend: Any, twist: Any) -> Any:
    """A share of a step at which a path from `start` > 0 to `end` <= 0 crosses zero.

    Newton and bisection in turn, as just after a switch a path may swing wildly; where Newton leaves, bisection.
    """
    jax = load_jax()
    jnp = jax.numpy

    def closer(k: Any, bracket: Any) -> Any:
        low, high, share = bracket
        value = path(start, end, bend, twist, share)
        low, high = jnp.where(value > 0, share, low), jnp.where(value > 0, high, share)
        newton = share - value / path_slope(start, end, bend, twist, share)
        inside = (newton >= low) & (newton <= high) & ((k % 2 == 0) | (k > HALVINGS))
        return low, high, jnp.where(inside, newton, 0.5 * (low + high))

    first = start / jnp.maximum(start - end, 1e-300)
    bracket = jnp.zeros_like(start), jnp.ones_like(start), first
    return jax.lax.fori_loop(0, HALVINGS + 6, closer, bracket)[2]


def _weights(equations: Equations, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """One over the error that a row may have, in units of the tolerance: contents 1 (5 where a potential is flat),

    potentials 4 V, thickness 10 nm. The layers' own voltages follow the current and are left out.
    """
    content, potential, thickness = 1 / tolerance, 0.25 / tolerance, 1e8 / tolerance
    cathode, negative = equations.positive, equations.negative
    if isinstance(cathode, Cathode):
        w = np.zeros((cathode.rows, 1, 1))
        n = cathode.grid.shells
        ageing = n + 1 + len(cathode.layer_names)
        w[:n], w[n], w[ageing], w[ageing + 1] = content, potential, thickness, content
    else:
        w = np.full((1, 1, 1), potential)
    counter = np.full((negative.rows, 1, 1), potential)
    counter[1:] = content / 5
    return w, counter
