"""Where the lithium of a cell is, as charge."""

import numpy as np

import sscell as ss
from sscell.constants import FARADAY_C_PER_MOL


def cathode_C(cell: ss.Cell, state: ss.CellState) -> float:
    """Lithium in the CAM, active and isolated, less what its double layers hold, isolated ones too."""
    n, p = cell.numbers, {name: profile.values for name, profile in state.profiles.items()}
    area_m2 = n["cathode_area_per_volume_per_m"] * n["cathode_thickness_m"] * n["area_m2"]
    sites_C = FARADAY_C_PER_MOL * n["maximum_concentration_mol_per_m3"] * n["particle_radius_m"] / 3 * area_m2
    mean = p["stoichiometry"] @ np.diff(state.edges["particle"] ** 3)
    lithium = sites_C * (mean * p["active_fraction"] + p["isolated_lithium"])
    layers = sum(p[f"{name}_V"] for name in ("decomposition layer", *cell.structure.fixed_layers))
    per_volt = area_m2 * p["active_fraction"] * n["cathode_double_layer_F_per_m2"]
    stored = per_volt * (p["interface_V"] - layers)
    return float((lithium - stored) @ np.diff(state.edges["cathode"])) - state.mean("isolated_double_layer_C")


def anode_C(cell: ss.Cell, state: ss.CellState) -> float:
    """Lithium in the anode, less what its double layers hold."""
    n = cell.numbers
    volume_m3 = n["anode_thickness_m"] * n["area_m2"]
    per_volt = n["anode_area_per_volume_per_m"] * volume_m3 * n["anode_double_layer_F_per_m2"]
    lithium = n["anode_capacity_C_per_m3"] * volume_m3 * state.mean("anode_stoichiometry")
    return lithium - per_volt * state.mean("anode_V")
