"""Potentials in quasi-steady balance at zero current; lithium, layers and active fraction stay as they are.

The balance has one solution, since every current grows with the potential that drives it, so Newton steps start from
equilibrium and need nothing of the state's own potentials.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sscell.engines.jax.cathode import Cathode
from sscell.engines.jax.counter import CompositeAnode, Metal
from sscell.engines.jax.equations import Cells, Equations, State
from sscell.engines.jax.kept import kept
from sscell.engines.jax.rails import Rails
from sscell.engines.jax.slopes import value_and_slopes
from sscell.jax_setup import load_jax

# One more step follows the last, and squares its error: below 1e-11 V in the end. No step is longer than LONGEST_V,
# as charge transfer grows e-fold in 55 mV.
LAST_STEP_V, LONGEST_V, STEPS = 1e-6, 0.2, 60

Step = Callable[[Any, Any], Any]


def settled(equations: Equations, c: Cells, y: State) -> tuple[State, Any]:
    """The state with its potentials settled, and which lanes did settle, (lanes,)."""
    jnp = load_jax().numpy
    positive, negative, every = y.positive, y.negative, jnp.ones(y.series.shape[1:], bool)
    done = every
    if isinstance(equations.positive, Cathode):
        positive, done = _settled_cathode(equations.positive, c, positive)
    if isinstance(equations.negative, CompositeAnode):
        negative, also = _settled_anode(equations.negative, c, negative)
        done = done & also
    elif isinstance(equations.negative, Metal):
        negative = jnp.broadcast_to(c.p["metal_potential_V"], negative.shape)
    series = jnp.stack([0 * y.series[0], y.series[1]])
    return State(positive, negative, series), done


def _settled_cathode(cathode: Cathode, c: Cells, y: Any) -> tuple[Any, Any]:
    jnp = load_jax().numpy
    s = cathode.parts(y)
    surface = cathode.grid.surface(s.x)
    start = jnp.broadcast_to(cathode.open_circuit(surface, c.p["stoichiometry_at_4V3"], jnp), s.v.shape)

    def step(potentials: Any, given: Any) -> Any:
        """Newton step of v and v_dl: v - v_dl = j_F ΣR, ∂i_e = a θ (j_F + j_ox)."""
        (v, v_dl), (p, charge, surface, decomposition_m, active) = potentials, given
        j, (j_v,) = value_and_slopes(lambda q: cathode.faradaic(q, surface, p), v_dl)
        ageing, (ageing_v,) = value_and_slopes(lambda q: cathode.ageing(q, decomposition_m, active, p), v)
        resistance = jnp.sum(cathode.layers(decomposition_m, p)[0], axis=0)
        area = p["cathode_area_per_volume_per_m"] * active
        unmet = v - v_dl - resistance * j
        # A level in v drives nothing; without it the sum loses less.
        missing = charge.leaving(v - v[:1], 0.0) - area * (j + ageing.oxidation)
        share, slope, oxidation_v = _constant((1 / (1 + resistance * j_v), j_v, ageing_v.oxidation))
        area = _constant(area)
        change = _spread(charge, area * (slope * share + oxidation_v), missing - area * slope * share * unmet)
        return change, share * (change + unmet)

    given = c.p, c.positive, surface, s.decomposition_m, s.active
    (v, v_dl), done = _newton(step, (start, start), given)
    resistance, _ = cathode.layers(s.decomposition_m, c.p)
    layers = cathode.faradaic(v_dl, surface, c.p) * resistance
    return cathode.joined(s._replace(v=v, layers=layers)), done


def _settled_anode(anode: CompositeAnode, c: Cells, y: Any) -> tuple[Any, Any]:
    jnp = load_jax().numpy
    start = jnp.broadcast_to(anode.open_circuit(y[1], 0.0, jnp), y[1].shape)

    def step(v: Any, given: Any) -> Any:
        """Newton step of ∂i_e = a j_F."""
        p, charge, content = given
        j, (j_v,) = value_and_slopes(lambda q: anode.faradaic(q, content, p), v)
        area = p["anode_area_per_volume_per_m"]
        missing = charge.leaving(v - v[:1], 0.0) - area * j
        return _spread(charge, _constant(area * j_v), missing)

    v, done = _newton(step, start, (c.p, c.negative, y[1]))
    return jnp.stack([v, y[1]]), done


def _newton(step: Step, start: Any, given: Any) -> tuple[Any, Any]:
    """Steps until all lanes are there, and which are; the last step carries the derivatives by what is given."""
    jax = load_jax()
    jnp, fixed = jax.numpy, _constant(given)

    def going(carry: Any) -> Any:
        return (carry[2] < STEPS) & jnp.any(carry[1] > LAST_STEP_V)

    def better(carry: Any) -> Any:
        y, _, count = carry
        change = kept(step(y, fixed))
        size = _largest(change)
        share = jnp.minimum(1.0, LONGEST_V / size)
        return jax.tree.map(lambda a, b: a + share * b, y, change), size, count + 1

    lanes = jax.tree.leaves(start)[0].shape[1:]
    y, size, _ = jax.lax.while_loop(going, better, (_constant(start), jnp.full(lanes, jnp.inf), 0))
    last = step(y, given)
    done = (size <= LAST_STEP_V) & jnp.isfinite(_largest(_constant(last)))
    return jax.tree.map(lambda a, b: a + b, y, last), done


def _spread(charge: Rails, conductance: Any, right: Any) -> Any:
    """v of conductance v - ∂i_e(v) = right; the matrix is taken without derivatives."""
    jax = load_jax()
    zero = jax.numpy.zeros_like(right[:1])
    lower = jax.numpy.concatenate([zero, -charge.lower[1:] + zero])
    upper = jax.numpy.concatenate([-charge.upper[:-1] + zero, zero])
    matrix = [_constant(q.T) for q in (lower, conductance - charge.diagonal, upper)]

    def solve(b: Any) -> Any:
        return jax.lax.linalg.tridiagonal_solve(*matrix, b.T[..., None])[..., 0].T

    return solve(right)


def _largest(change: Any) -> Any:
    """The largest entry of each lane."""
    jax = load_jax()
    return jax.numpy.max(jax.numpy.stack([abs(q).max(axis=0) for q in jax.tree.leaves(change)]), axis=0)


def _constant(values: Any) -> Any:
    """The same numbers without their derivatives."""
    jax = load_jax()
    return jax.tree.map(jax.lax.stop_gradient, values)
