"""(g - J) k = r of the cathode: particles folded onto their surface, layers and charge transfer onto the rails.

What is left is one unknown a node, v, in a tridiagonal chain. g is 1/(γh) for a time step and iω for a spectrum, where
the folded interface is its impedance. Derivation: docs/theory/fast_engine.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sscell.engines.jax.cathode import Cathode, CathodeSlopes, Parts
from sscell.engines.jax.kept import kept
from sscell.engines.jax.rails import Rails
from sscell.engines.jax.tridiagonal import Eliminated, eliminated, solved
from sscell.jax_setup import load_jax


class Interface(NamedTuple):
    """The interface of a node at g; arrays (nodes, lanes) unless said otherwise."""

    transfer: Any  # dj_F/dv_dl with the particle folded in
    pull: Any  # dj_F per what the surface content does by itself
    double_layer: Any  # 1/(g C + transfer)
    arcs: Any  # 1/(1 + gτ): (layers, 1, lanes)
    impedance: Any  # ohm m²
    growing: Any  # what the growth of a layer adds to v at constant current, V/m
    growth: Any  # 1/(g - ∂growth/∂δ)
    active: Any  # 1/(g + ∂isolation/∂θ)
    m_v: Any  # δ's increment per v's
    active_v: Any
    conductance: Any  # a θ / impedance


class CathodeFactors(NamedTuple):
    """(g - J) made ready: `unit` is v (nodes, lanes) per unit of the pellet's current density, unit_V its voltage."""

    slopes: CathodeSlopes
    rails: Rails
    g: Any
    particle: Eliminated
    per_flux: Any
    interface: Interface
    chain: Eliminated
    unit: Any
    unit_V: Any


class CathodeRight(NamedTuple):
    """A right-hand side folded up: `inner` the particles without flux, v and V at unchanged current."""

    parts: Parts
    inner: Any
    free: Any
    m: Any
    active: Any
    v: Any
    V: Any


def interface_at(s: CathodeSlopes, g: Any, swing: Any) -> tuple[Interface, Any]:
    """The interface, and the factor on its conductance by which ageing changes the chain's diagonal.

    swing: what a unit of j_F takes from the particle's surface content at this g (nodes, lanes).
    """
    jnp = load_jax().numpy
    share = kept(1 / (1 + s.faradaic_x * swing))
    transfer, pull = kept((s.faradaic_v * share, s.faradaic_x * share))
    double_layer, arcs = kept((1 / (g * s.double_layer + transfer), 1 / (1 + g * s.layer_tau_s)))
    impedance = kept(double_layer + jnp.sum(s.layer_ohm_m2 * arcs, axis=0))
    growing, growth = kept((s.j * s.growing_ohm_m * arcs[0], 1 / (g - s.ageing_m.growth)))
    active = kept(1 / (g + s.isolation_active))
    m_v = kept(growth * s.ageing_v.growth)
    active_v = kept(-active * (s.ageing_v.isolation + s.ageing_m.isolation * m_v))
    leak_v = s.through_per_active * active_v + s.ageing_v.oxidation + s.ageing_m.oxidation * m_v
    gain = 1 - growing * m_v + impedance * leak_v
    conductance = s.area_per_m / impedance
    interface = Interface(
        transfer, pull, double_layer, arcs, impedance, growing, growth, active, m_v, active_v, conductance
    )
    return kept((interface, gain))


def factored(cathode: Cathode, s: CathodeSlopes, charge: Rails, g: Any) -> CathodeFactors:
    """(g - J) made ready for any number of right-hand sides; g (lanes,), real or complex."""
    jnp = load_jax().numpy
    particle = eliminated(-s.diffusion.lower, g - s.diffusion.diagonal, -s.diffusion.upper)
    none = jnp.zeros_like(s.diffusion.diagonal[:-1] + g)
    last = jnp.broadcast_to(s.source + 0 * g, none[0].shape)
    per_flux = solved(particle, jnp.concatenate([none, last[None]]))
    interface, gain = interface_at(s, g, cathode.grid.surface(per_flux))
    chain = eliminated(-charge.lower, interface.conductance * gain - charge.diagonal, -charge.upper)
    unit = solved(chain, charge.forcing)
    return CathodeFactors(s, charge, g, particle, per_flux, interface, chain, unit, charge.voltage(unit, 1.0))


def condensed(cathode: Cathode, f: CathodeFactors, r: Any) -> CathodeRight:
    """A right-hand side folded onto the chain, and the chain's answer while the pellet's current stays."""
    jnp = load_jax().numpy
    s, a, q = f.slopes, f.interface, cathode.parts(r)
    inner = solved(f.particle, q.x)
    free = kept(a.pull * cathode.grid.surface(inner))
    v_dl = a.double_layer * (s.double_layer * (q.v - jnp.sum(q.layers, axis=0)) - free)
    m = kept(a.growth * q.decomposition_m)
    active = kept(a.active * (q.active - s.ageing_m.isolation * m))
    leak = s.through_per_active * active + s.ageing_m.oxidation * m
    push = v_dl + jnp.sum(q.layers * s.layer_tau_s * a.arcs, axis=0) + a.growing * m - a.impedance * leak
    v = solved(f.chain, kept(a.conductance * push))
    return CathodeRight(q, inner, free, m, active, v, f.rails.voltage(v, 0.0))


def expanded(cathode: Cathode, f: CathodeFactors, c: CathodeRight, i: Any) -> Any:
    """All increments, from the chain's answer and the increment i of the pellet's current density."""
    jnp = load_jax().numpy
    s, a, q = f.slopes, f.interface, c.parts
    v = kept(c.v + f.unit * i)
    m, active = kept((c.m + a.m_v * v, c.active + a.active_v * v))
    oxidation = kept(s.ageing_v.oxidation * v + s.ageing_m.oxidation * m)
    isolation = kept(s.ageing_v.isolation * v + s.ageing_m.isolation * m + s.isolation_active * active)
    j = kept(f.rails.leaving(v, i) / s.area_per_m - s.through_per_active * active - oxidation)
    growing = jnp.concatenate([(s.j * s.growing_ohm_m * m)[None], jnp.zeros_like(q.layers[1:])])
    layers = kept(a.arcs * (s.layer_tau_s * q.layers + s.layer_ohm_m2 * j + growing))
    v_dl = kept(v - jnp.sum(layers, axis=0))
    x = kept(c.inner - f.per_flux * (a.transfer * v_dl + c.free))
    lithium = q.isolated_lithium + isolation * s.mean_x + s.ageing.isolation * cathode.grid.mean(x)
    oxidised = q.oxidised + s.active * oxidation + s.ageing.oxidation * active
    charge = q.isolated_charge + s.double_layer * (isolation * s.v_dl + s.ageing.isolation * v_dl)
    return cathode.joined(Parts(x, v, layers, m, active, lithium / f.g, oxidised / f.g, charge / f.g))
