"""The composite cathode: its state, its rates and their slopes.

State array (rows, nodes, lanes): the particle's shells from the centre outwards, then the rows of `Parts`. One lane is
one cell. Equations: docs/theory/cell.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sscell.cell import CellStructure, laws
from sscell.engines.jax import arrays
from sscell.engines.jax.kept import kept
from sscell.engines.jax.particles import DiffusionSlopes, ParticleGrid, diffusion_rate, diffusion_slopes
from sscell.engines.jax.rails import Rails, rails
from sscell.engines.jax.slopes import value_and_slopes
from sscell.jax_setup import load_jax

Numbers = dict[str, Any]
GROWING = "decomposition layer"


class Parts(NamedTuple):
    """The state by name: x (shells, nodes, lanes), layers (layers, nodes, lanes), the rest (nodes, lanes).

    v: φ_s - φ_e. The last three are only counted: lithium of lost particles, charge oxidised and charge on the double
    layers of lost particles (both C per m² of fresh CAM).
    """

    x: Any
    v: Any
    layers: Any
    decomposition_m: Any
    active: Any
    isolated_lithium: Any
    oxidised: Any
    isolated_charge: Any


class Ageing(NamedTuple):
    """Oxidation current density (A/m²) and what it drives: growth (m/s), isolation (1/s)."""

    oxidation: Any
    growth: Any
    isolation: Any


class CathodeSlopes(NamedTuple):
    """The Jacobian at a state; arrays (nodes, lanes) unless said otherwise."""

    diffusion: DiffusionSlopes
    source: Any  # what a unit of j_F takes from the last shell, 1/s per A/m²: (lanes,)
    area_per_m: Any  # a θ
    through_per_active: Any  # (j + j_ox)/θ
    j: Any
    layer_ohm_m2: Any  # (layers, nodes, lanes)
    layer_tau_s: Any  # (layers, 1, lanes)
    growing_ohm_m: Any  # resistivity of the growing layer: (lanes,)
    double_layer: Any  # (lanes,)
    faradaic_v: Any
    faradaic_x: Any
    ageing_v: Ageing
    ageing_m: Ageing
    isolation_active: Any
    ageing: Ageing
    active: Any
    mean_x: Any
    v_dl: Any


class Cathode:
    """The equations on one mesh."""

    def __init__(self, structure: CellStructure, edges: dict[str, np.ndarray]) -> None:
        assert structure.cathode_open_circuit is not None
        self.open_circuit = structure.cathode_open_circuit
        self.layer_names = (GROWING, *structure.fixed_layers)
        self.grid = ParticleGrid(edges["particle"])
        self.edges = edges["cathode"]
        self.nodes = self.edges.size - 1
        self.rows = self.grid.shells + len(self.layer_names) + 6

    def parts(self, y: Any) -> Parts:
        """The rows of a state array by name."""
        n = self.grid.shells
        k = n + 1 + len(self.layer_names)
        return Parts(y[:n], y[n], y[n + 1 : k], *(y[k + j] for j in range(5)))

    def joined(self, parts: Parts, xp: Any = None) -> Any:
        """The inverse of `parts`; xp: NumPy for arrays that are not JAX's."""
        rest = [q[None] for q in parts[3:]]
        return (xp or load_jax().numpy).concatenate([parts.x, parts.v[None], parts.layers, *rest])

    def rails(self, p: Numbers) -> Rails:
        """Charge balance along the electrode."""
        ionic, electronic = p["cathode_ionic_conductivity_S_per_m"], p["cathode_electronic_conductivity_S_per_m"]
        return rails(self.edges, p["cathode_thickness_m"], ionic, electronic, separator_first=True)

    def voltage(self, charge: Rails, y: Any, i: Any) -> Any:
        """φ_s at the collector minus φ_e at the separator; linear in state and current, so of increments too."""
        return charge.voltage(y[self.grid.shells], i)

    def rates(self, y: Any, p: Numbers, charge: Rails, i: Any) -> Any:
        """dy/dt at the current density i through the pellet (lanes,), A/m²."""
        jnp = load_jax().numpy
        s = self.parts(y)
        v_dl = kept(s.v - jnp.sum(s.layers, axis=0))
        ageing = kept(self.ageing(s.v, s.decomposition_m, s.active, p))
        faradaic = kept(self.faradaic(v_dl, self.grid.surface(s.x), p))
        j = kept(charge.leaving(s.v, i) / (p["cathode_area_per_volume_per_m"] * s.active) - ageing.oxidation)
        resistance, tau = self.layers(s.decomposition_m, p)
        layer_rates = kept((j * resistance - s.layers) / tau)
        flow = kept(diffusion_rate(self.grid, s.x, p))
        last = kept(flow[-1] - self.grid.source(p) * faradaic)
        return self.joined(
            Parts(
                x=jnp.concatenate([flow[:-1], last[None]]),
                v=(j - faradaic) / p["cathode_double_layer_F_per_m2"] + jnp.sum(layer_rates, axis=0),
                layers=layer_rates,
                decomposition_m=ageing.growth,
                active=-ageing.isolation,
                isolated_lithium=ageing.isolation * self.grid.mean(s.x),
                oxidised=s.active * ageing.oxidation,
                isolated_charge=p["cathode_double_layer_F_per_m2"] * ageing.isolation * v_dl,
            )
        )

    def slopes(self, y: Any, p: Numbers, charge: Rails, i: Any) -> CathodeSlopes:
        """The Jacobian at a state and current."""
        s = self.parts(y)
        v_dl = kept(s.v - load_jax().numpy.sum(s.layers, axis=0))
        ageing, by = kept(
            value_and_slopes(lambda v, m, active: self.ageing(v, m, active, p), s.v, s.decomposition_m, s.active)
        )
        _, by_v_x = value_and_slopes(lambda v, x: self.faradaic(v, x, p), v_dl, self.grid.surface(s.x))
        area = kept(p["cathode_area_per_volume_per_m"] * s.active)
        through = kept(charge.leaving(s.v, i) / area)
        resistance, tau = self.layers(s.decomposition_m, p)
        return kept(
            CathodeSlopes(
                diffusion=diffusion_slopes(self.grid, s.x, p),
                source=self.grid.source(p),
                area_per_m=area,
                through_per_active=through / s.active,
                j=through - ageing.oxidation,
                layer_ohm_m2=resistance,
                layer_tau_s=tau,
                growing_ohm_m=1 / p["decomposition_conductivity_S_per_m"],
                double_layer=p["cathode_double_layer_F_per_m2"],
                faradaic_v=by_v_x[0],
                faradaic_x=by_v_x[1],
                ageing_v=by[0],
                ageing_m=by[1],
                isolation_active=by[2].isolation,
                ageing=ageing,
                active=s.active,
                mean_x=self.grid.mean(s.x),
                v_dl=v_dl,
            )
        )

    def ageing(self, v: Any, decomposition_m: Any, active: Any, p: Numbers) -> Ageing:
        """Oxidation of the electrolyte and what it does."""
        oxidation = laws.oxidation_current_density(
            v,
            decomposition_m,
            p["oxidation_A_per_m2"],
            p["oxidation_transfer_coefficient"],
            p["oxidation_reference_V"],
            p["self_limiting_m"],
            p["self_limiting_exponent"],
            p["temperature_K"],
            arrays,
        )
        return Ageing(
            oxidation,
            laws.decomposition_growth_m_per_s(oxidation, p["decomposition_volume_m3_per_C"]),
            laws.isolation_per_s(active, oxidation, p["isolation_m2_per_C"]),
        )

    def faradaic(self, v_dl: Any, surface: Any, p: Numbers) -> Any:
        """Charge transfer, A/m²."""
        equilibrium_V = self.open_circuit(surface, p["stoichiometry_at_4V3"], arrays)
        exchange = laws.exchange_current_density(surface, p["exchange_current_density_A_per_m2"], arrays)
        return laws.butler_volmer(exchange, v_dl - equilibrium_V, p["temperature_K"], arrays)

    def layers(self, decomposition_m: Any, p: Numbers) -> tuple[Any, Any]:
        """Resistance (layers, nodes, lanes) and time constant (layers, 1, lanes) of each layer."""
        jnp = load_jax().numpy
        growing = laws.layer_resistance_ohm_m2(decomposition_m, p["decomposition_conductivity_S_per_m"])
        fixed = [jnp.broadcast_to(p[f"{name}_resistance_ohm_m2"], growing.shape) for name in self.layer_names[1:]]
        taus = [p["decomposition_time_constant_s"], *(p[f"{name}_time_constant_s"] for name in self.layer_names[1:])]
        return jnp.stack([growing, *fixed]), jnp.stack(taus)[:, None]
