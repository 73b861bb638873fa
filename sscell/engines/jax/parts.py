"""The impedance budget: v_k i_k / i² over the branches of the discrete network, which Tellegen's theorem sums to Z."""

from __future__ import annotations

from typing import Any

import numpy as np

from sscell.cell import CellStructure
from sscell.engines.jax.cathode import GROWING, Cathode
from sscell.engines.jax.counter import CompositeAnode
from sscell.engines.jax.equations import Cells, Equations, Numbers, State
from sscell.engines.jax.rails import Rails
from sscell.engines.jax.settle import settled
from sscell.engines.jax.slopes import value_and_slope
from sscell.engines.jax.spectrum import (
    anode_conductance,
    cathode_rungs,
    inverse,
    leads,
    line_V,
    over_frequencies,
    slopes_at_rest,
)
from sscell.jax_setup import load_jax

Parts = dict[str, Any]


def origins(structure: CellStructure) -> tuple[str, ...]:
    """Names of the parts, from the leads inwards."""
    first = ("leads", "contacts", "separator", "anode")
    if structure.positive != "composite":
        return *first, "positive electrode"
    layers = (GROWING, *structure.fixed_layers)
    return *first, "ionic", "electronic", *layers, "charge transfer", "diffusion", "side reaction"


def budgets(equations: Equations, p: Numbers, y: State, omega: Any) -> tuple[Parts, Any, Any]:
    """Parts of Z by origin, each (lanes, frequencies) in ohm, voltage and which lanes settled; see `spectra`."""
    c = equations.cells(p)
    y, done = settled(equations, c, y)
    per_area = _parts_ohm_m2(equations, c, y, omega)
    parts = {name: z / p["area_m2"][:, None] for name, z in per_area.items()}
    return {"leads": leads(p, omega), **parts}, equations.voltage(c, y, 0.0), done


def _parts_ohm_m2(equations: Equations, c: Cells, y: State, omega: Any) -> Parts:
    cathode, anode, g = equations.positive, equations.negative, 1j * omega
    surface = cathode.grid.surface(cathode.parts(y.positive).x) if isinstance(cathode, Cathode) else None
    wide, (on_positive, on_negative), surface = over_frequencies((c, slopes_at_rest(equations, c, y), surface))
    p = wide.p
    relaxed = inverse(1 + g * p["separator_time_constant_s"])
    parts = {
        "contacts": p["contact_resistance_ohm_m2"] + 0 * relaxed,
        "separator": p["separator_resistance_ohm_m2"] * relaxed,
    }
    if isinstance(anode, CompositeAnode):
        parts["anode"] = _anode(anode, on_negative, wide.negative, p, g)
    else:
        parts["anode"] = anode.factored(on_negative, None, g).unit_V
    if not isinstance(cathode, Cathode):
        return parts | {"positive electrode": -cathode.factored(on_positive, None, g).unit_V}
    return parts | _cathode(cathode, on_positive, wide.positive, p, omega, surface)


def _anode(anode: CompositeAnode, s: Any, charge: Rails, p: Numbers, g: Any) -> Any:
    v, _ = line_V(charge, anode_conductance(s, g))
    passed = charge.leaving(v, 1.0) * p["anode_thickness_m"] * np.diff(anode.edges)[:, None, None]
    ionic, electronic = _rails(p, "anode", anode.edges, passed, separator_first=False)
    return (v * passed).sum(axis=0) + ionic + electronic


def _cathode(cathode: Cathode, s: Any, charge: Rails, p: Numbers, omega: Any, surface: Any) -> Parts:
    """The cathode's parts; see `folding.expanded` for the increments."""
    jnp = load_jax().numpy
    rungs = cathode_rungs(cathode, s, omega)
    a = rungs.interface
    v, _ = line_V(charge, rungs.conductance)
    leaving = charge.leaving(v, 1.0)
    m, active = a.m_v * v, a.active_v * v
    oxidation = s.ageing_v.oxidation * v + s.ageing_m.oxidation * m
    j = leaving / s.area_per_m - s.through_per_active * active - oxidation
    layers = s.layer_ohm_m2 * j
    layers = a.arcs * jnp.concatenate([(layers[0] + s.j * s.growing_ohm_m * m)[None], layers[1:]])
    v_dl = v - layers.sum(axis=0)
    faradaic = a.transfer * v_dl
    _, slope = value_and_slope(lambda x: cathode.open_circuit(x, p["stoichiometry_at_4V3"], jnp), surface)
    equilibrium = -slope * rungs.swing * faradaic

    # Currents of a node per unit of the pellet's current.
    volume = p["cathode_thickness_m"] * np.diff(cathode.edges)[:, None, None]
    total, through, faradaic = volume * leaving, volume * s.area_per_m * j, volume * s.area_per_m * faradaic
    diffusion = (equilibrium * faradaic).sum(axis=0)
    parts: Parts = {}
    parts["ionic"], parts["electronic"] = _rails(p, "cathode", cathode.edges, total, separator_first=True)
    for name, layer in zip(cathode.layer_names, layers, strict=True):
        parts[name] = (layer * through).sum(axis=0)
    parts["charge transfer"] = (v_dl * through).sum(axis=0) - diffusion
    parts["diffusion"] = diffusion
    parts["side reaction"] = (v * (total - through)).sum(axis=0)
    return parts


def _rails(p: Numbers, electrode: str, edges: np.ndarray, passed: Any, separator_first: bool) -> tuple[Any, Any]:
    """Loss in the ionic and the electronic rail per unit current squared; passed: (nodes, lanes, frequencies).

    The current is all ionic at the separator.
    """
    jnp = load_jax().numpy
    start = 1.0 if separator_first else 0.0
    ionic_share = start + jnp.concatenate([jnp.zeros_like(passed[:1]), jnp.cumsum(passed, axis=0)])
    centres = (edges[1:] + edges[:-1]) / 2
    length = np.diff(np.concatenate([edges[:1], centres, edges[-1:]]))[:, None, None] * p[f"{electrode}_thickness_m"]
    ionic = jnp.sum(ionic_share**2 * length, axis=0) / p[f"{electrode}_ionic_conductivity_S_per_m"]
    electronic = jnp.sum((1 - ionic_share) ** 2 * length, axis=0) / p[f"{electrode}_electronic_conductivity_S_per_m"]
    return ionic, electronic
