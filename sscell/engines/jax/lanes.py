"""Cells and their states as arrays, one lane a cell, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sscell.cell import Cell, CellStructure
from sscell.engines.jax.cathode import Cathode, Parts
from sscell.engines.jax.equations import Equations, Numbers, State
from sscell.engines.limits import theoretical_charge_C
from sscell.errors import InputError, require
from sscell.jax_setup import load_jax
from sscell.records import CellState, Profile

# What an engine needs beside `Cell.numbers`: what the cycler and the spectrum take, and the fresh contents.
DESIGN_NUMBERS = ("one_C_A", "active_mass_kg", "lead_inductance_H")


def numbers_of(cell: Cell) -> dict[str, float]:
    """All numbers of a cell that any result depends on; names of fresh contents begin with 'fresh_'."""
    design = {name: float(getattr(cell.design, name)) for name in DESIGN_NUMBERS}
    design["theoretical_charge_C"] = theoretical_charge_C(cell.design)
    return {**cell.numbers, **design, **{f"fresh_{name}": float(value) for name, value in cell.fresh.items()}}


def lanes_of(cells: Sequence[Cell]) -> dict[str, np.ndarray]:
    """The numbers of cells of one structure: name -> (lanes,)."""
    one_structure(cells)
    rows = [numbers_of(cell) for cell in cells]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def one_structure(cells: Sequence[Cell]) -> CellStructure:
    """The structure that all cells share."""
    require(len(cells) > 0, "A batch needs at least one cell; the list is empty.")
    structures = {cell.structure for cell in cells}
    if len(structures) > 1:
        raise InputError(
            f"The cells of a batch must have the same electrodes, layers and open-circuit laws, got {len(structures)} "
            "kinds; run each kind as a batch of its own."
        )
    return structures.pop()


def fresh_lanes(equations: Equations, edges: Mapping[str, np.ndarray], p: Numbers) -> State:
    """Cells as assembled: uniform lithium, no decomposition, every potential at equilibrium; see `fresh_state`."""
    jnp = load_jax().numpy
    lanes = p["area_m2"]
    series = jnp.zeros((2, *lanes.shape))
    return State(_fresh_positive(equations.positive, p), _fresh_negative(equations.negative, p), series)


def _fresh_positive(electrode: Any, p: Numbers) -> Any:
    jnp = load_jax().numpy
    if not isinstance(electrode, Cathode):
        return jnp.zeros((1, 1, *p["area_m2"].shape))
    x, active = p["fresh_stoichiometry"], p["fresh_active_fraction"]
    none = jnp.zeros((electrode.nodes, *x.shape))
    return electrode.joined(
        Parts(
            x=jnp.broadcast_to(x, (electrode.grid.shells, *none.shape)),
            v=none + electrode.open_circuit(x, p["stoichiometry_at_4V3"], jnp),
            layers=jnp.zeros((len(electrode.layer_names), *none.shape)),
            decomposition_m=none,
            active=none + active,
            isolated_lithium=none + x * (1 - active),
            oxidised=none,
            isolated_charge=none,
        )
    )


def _fresh_negative(electrode: Any, p: Numbers) -> Any:
    jnp = load_jax().numpy
    none = jnp.zeros((electrode.nodes, *p["area_m2"].shape))
    if "anode_stoichiometry" in electrode.names:
        y = p["fresh_anode_stoichiometry"]
        return jnp.stack([none + electrode.open_circuit(y, 0.0, jnp), none + y])
    return (none + p.get("metal_potential_V", 0.0))[None]


def lanes_from_states(equations: Equations, states: Sequence[CellState], p: Mapping[str, np.ndarray]) -> State:
    """States on the engine's mesh as arrays; counters of charge are spread evenly over the cathode."""

    def stacked(name: str) -> np.ndarray:
        return np.stack([state.profiles[name].values for state in states], axis=-1)

    cathode, negative = equations.positive, equations.negative
    if isinstance(cathode, Cathode):
        surface = cathode_surface_m2(p)
        even = np.ones((cathode.nodes, 1))
        parts = Parts(
            x=np.swapaxes(stacked("stoichiometry"), 0, 1),
            v=stacked("interface_V"),
            layers=np.stack([stacked(f"{name}_V") for name in cathode.layer_names]),
            decomposition_m=stacked("decomposition_m"),
            active=stacked("active_fraction"),
            isolated_lithium=stacked("isolated_lithium"),
            oxidised=even * stacked("oxidation_charge_C") / surface,
            isolated_charge=even * stacked("isolated_double_layer_C") / surface,
        )
        positive = cathode.joined(parts, np)
    else:
        positive = stacked(cathode.names[0])[None, None]
    rows = [stacked(name) for name in negative.names]
    counter = np.stack([row if row.ndim > 1 else row[None] for row in rows])
    return State(positive, counter, np.stack([stacked("separator_V"), stacked("discharged_charge_C")]))


def profiles_from_lanes(equations: Equations, y: State, p: Mapping[str, Any]) -> dict[str, tuple[tuple[str, ...], Any]]:
    """All profiles of `CellState` for all lanes: name -> (axes, array with the lanes last)."""
    cathode, negative = equations.positive, equations.negative
    out: dict[str, tuple[tuple[str, ...], Any]] = {
        "separator_V": ((), y.series[0]),
        "discharged_charge_C": ((), y.series[1]),
    }
    if isinstance(cathode, Cathode):
        s, on = cathode.parts(y.positive), ("cathode",)
        surface, dx = cathode_surface_m2(p), np.diff(cathode.edges)[:, None]
        out["stoichiometry"] = ("cathode", "particle"), s.x.swapaxes(0, 1)
        out["interface_V"] = on, s.v
        out |= {f"{name}_V": (on, s.layers[k]) for k, name in enumerate(cathode.layer_names)}
        out["oxidation_charge_C"] = (), surface * (dx * s.oxidised).sum(axis=0)
        out["isolated_double_layer_C"] = (), surface * (dx * s.isolated_charge).sum(axis=0)
        out["decomposition_m"] = on, s.decomposition_m
        out["active_fraction"] = on, s.active
        out["isolated_lithium"] = on, s.isolated_lithium
    else:
        out[cathode.names[0]] = (), y.positive[0, 0]
    for row, name in enumerate(negative.names):
        point = negative.nodes == 1 and name == "negative_V"
        out[name] = ((), y.negative[row, 0]) if point else (("anode",), y.negative[row])
    return out


def profile_names(equations: Equations) -> set[str]:
    """The profiles of a CellState of this kind of cell."""
    cathode = equations.positive
    names = {"separator_V", "discharged_charge_C", *equations.negative.names}
    if not isinstance(cathode, Cathode):
        return names | {cathode.names[0]}
    own = {"stoichiometry", "interface_V", "decomposition_m", "active_fraction", "isolated_lithium"}
    counters = {"oxidation_charge_C", "isolated_double_layer_C"}
    return names | own | counters | {f"{name}_V" for name in cathode.layer_names}


def states_from_lanes(
    equations: Equations,
    edges: Mapping[str, np.ndarray],
    y: State,
    p: Mapping[str, Any],
    time_s: np.ndarray,
) -> list[CellState]:
    """A CellState a lane; y as NumPy arrays."""
    profiles = profiles_from_lanes(equations, y, p)
    return [
        CellState(
            profiles={name: Profile(axes, values[..., lane]) for name, (axes, values) in profiles.items()},
            edges=dict(edges),
            time_s=float(time_s[lane]),
            provenance={"engine": "jax"},
        )
        for lane in range(len(time_s))
    ]


def cathode_surface_m2(p: Mapping[str, Any]) -> Any:
    """Sphere area of the fresh CAM in the cell."""
    return p["area_m2"] * p["cathode_thickness_m"] * p["cathode_area_per_volume_per_m"]
