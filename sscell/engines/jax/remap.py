"""A state moved to another mesh inside compiled code: the same rule as `CellState.on`, differentiable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sscell.engines.jax.cathode import Cathode
from sscell.engines.jax.equations import Equations, State
from sscell.jax_setup import load_jax
from sscell.records.state import AXIS_POWER


def state_on(equations: Equations, y: State, old: Mapping[str, np.ndarray], new: Mapping[str, np.ndarray]) -> State:
    """Lanes on the edges `old` as lanes on the edges `new`, which are those of `equations`."""
    positive, negative = y.positive, y.negative
    cathode = equations.positive
    if isinstance(cathode, Cathode):
        shells = np.asarray(old["particle"]).size - 1
        positive = averages_on(positive, old["cathode"], new["cathode"], AXIS_POWER["cathode"], axis=1)
        x = averages_on(positive[:shells], old["particle"], new["particle"], AXIS_POWER["particle"], axis=0)
        positive = load_jax().numpy.concatenate([x, positive[shells:]])
    if equations.negative.nodes > 1:
        negative = averages_on(negative, old["anode"], new["anode"], AXIS_POWER["anode"], axis=1)
    return State(positive, negative, y.series)


def averages_on(values: Any, old: np.ndarray, new: np.ndarray, power: int, axis: int) -> Any:
    """Cell averages over the edges `old` along one axis as averages over `new`; every volume integral is kept.

    Monotone cubic interpolation (PCHIP; Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5, 300, 1984) of the
    cumulative integral. That is linear in the averages and in the slopes at the old edges.
    """
    if np.array_equal(old, new):
        return values
    jnp = load_jax().numpy
    by_average, by_slope = _weights(old**power, new**power)
    given = jnp.moveaxis(values, axis, 0)
    moved = jnp.tensordot(by_average, given, 1) + jnp.tensordot(by_slope, _slopes(given, np.diff(old**power)), 1)
    return jnp.moveaxis(moved, 0, axis)


def _weights(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each new average takes of the old averages, (new, old), and of the slopes at the old edges, (new, old+1)."""
    h = np.diff(old)
    place = np.clip(np.searchsorted(old, new, side="right") - 1, 0, h.size - 1)
    t = (new - old[place]) / h[place]
    row = np.arange(new.size)
    by_average = np.where(np.arange(h.size) < place[:, None], h, 0.0)
    by_average[row, place] += h[place] * t**2 * (3 - 2 * t)
    by_slope = np.zeros((new.size, old.size))
    by_slope[row, place] = h[place] * t * (1 - t) ** 2
    by_slope[row, place + 1] = -h[place] * t**2 * (1 - t)
    width = np.diff(new)[:, None]
    return np.diff(by_average, axis=0) / width, np.diff(by_slope, axis=0) / width


def _slopes(m: Any, widths: np.ndarray) -> Any:
    """Slopes of the cumulative integral at the edges (n+1, ...); the averages m (n, ...) are its secants."""
    jnp = load_jax().numpy
    h = widths.reshape(-1, *([1] * (m.ndim - 1)))
    same = m[1:] * m[:-1] > 0
    before, after = jnp.where(same, m[:-1], 1.0), jnp.where(same, m[1:], 1.0)
    w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    inner = jnp.where(same, (w1 + w2) / (w1 / before + w2 / after), 0.0)
    ends = [_end_slope(m[a], m[b], h[a], h[b])[None] for a, b in ((0, 1), (-1, -2))]
    return jnp.concatenate([ends[0], inner, ends[1]])


def _end_slope(m: Any, following: Any, h: np.ndarray, following_h: np.ndarray) -> Any:
    """Three-point slope at an end, kept monotone."""
    jnp = load_jax().numpy
    d = ((2 * h + following_h) * m - h * following) / (h + following_h)
    turns = jnp.sign(m) != jnp.sign(following)
    limited = jnp.where(turns & (jnp.abs(d) > 3 * jnp.abs(m)), 3 * m, d)
    return jnp.where(jnp.sign(d) == jnp.sign(m), limited, 0.0)
