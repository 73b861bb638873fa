"""The impedance budget: v_k i_k / I² over the branches of the discrete network, which Tellegen's theorem sums to Z."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sscell.cell import Cell
from sscell.engines.pybamm.compiled import CompiledCell
from sscell.engines.pybamm.linearise import Linearised


def budget_parts(cell: Cell, compiled: CompiledCell, linear: Linearised, x: np.ndarray) -> dict[str, np.ndarray]:
    """Σ v_k i_k / I² over the branches of the discrete network, which Tellegen's theorem makes sum to Z."""
    n, edges = cell.numbers, compiled.edges
    area = n["area_m2"]
    states = _by_state(compiled, linear.states, x)
    outputs = _by_output(compiled, (linear.output @ x) + linear.feedthrough[:, None])
    contacts = np.full(x.shape[1], n["contact_resistance_ohm_m2"] / area, dtype=complex)
    parts = {"contacts": contacts, "separator": states["separator_V"][0]}
    if cell.structure.negative == "composite":
        dx, thickness = np.diff(edges["anode"]), n["anode_thickness_m"]
        v = states["anode_V"]
        leaving = outputs["Anode current per volume [A.m-3]"] * (area * thickness * dx)[:, None]
        ionic, electronic = _rails(n, "anode", edges["anode"], leaving, ionic_end=-1)
        parts["anode"] = np.sum(v * leaving, axis=0) + ionic + electronic
    else:
        parts["anode"] = states["negative_V"][0]
    if cell.structure.positive != "composite":
        return parts | {"positive electrode": -states["positive_V"][0]}

    volume = (area * n["cathode_thickness_m"] * np.diff(edges["cathode"]))[:, None]
    active = _settled_state(compiled, linear, "active_fraction")[:, None]
    surface = n["cathode_area_per_volume_per_m"] * active * volume
    through = outputs["Intercalation current density [A.m-2]"] * surface
    faradaic = outputs["Faradaic current density [A.m-2]"] * surface
    total = outputs["Interface current per volume [A.m-3]"] * volume
    parts["ionic"], parts["electronic"] = _rails(n, "cathode", edges["cathode"], total, ionic_end=0)
    for name in ("decomposition layer", *cell.structure.fixed_layers):
        parts[name] = np.sum(states[f"{name}_V"] * through, axis=0)
    diffusion = np.sum(outputs["Equilibrium voltage [V]"] * faradaic, axis=0)
    parts["charge transfer"] = np.sum(outputs["Double-layer voltage [V]"] * through, axis=0) - diffusion
    parts["diffusion"] = diffusion
    parts["side reaction"] = np.sum(states["interface_V"] * (total - through), axis=0)
    return parts


def _rails(
    n: Mapping[str, float], electrode: str, edges: np.ndarray, leaving_A: np.ndarray, ionic_end: int
) -> tuple[np.ndarray, np.ndarray]:
    """Loss in the ionic and the electronic rail per unit current squared; leaving_A (nodes, frequencies).

    The current is all ionic at the separator end: the first edge (`ionic_end` 0) or the last (-1).
    """
    start = 1.0 if ionic_end == 0 else 0.0
    ionic_A = start + np.concatenate([np.zeros((1, leaving_A.shape[1])), np.cumsum(leaving_A, axis=0)])
    centres = (edges[1:] + edges[:-1]) / 2
    length = np.diff(np.concatenate([edges[:1], centres, edges[-1:]]))[:, None] * n[f"{electrode}_thickness_m"]
    per_length = length / n["area_m2"]
    ionic = np.sum(ionic_A**2 * per_length, axis=0) / n[f"{electrode}_ionic_conductivity_S_per_m"]
    electronic = np.sum((1 - ionic_A) ** 2 * per_length, axis=0) / n[f"{electrode}_electronic_conductivity_S_per_m"]
    return ionic, electronic


def _settled_state(compiled: CompiledCell, linear: Linearised, name: str) -> np.ndarray:
    """The settled values of one state variable."""
    where, scale, _ = compiled.slices[name]
    return linear.y[where] * scale


def _by_state(compiled: CompiledCell, states: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
    full = np.zeros((compiled.size, x.shape[1]), dtype=complex)
    full[states] = x
    return {name: full[where] * scale for name, (where, scale, _) in compiled.slices.items()}


def _by_output(compiled: CompiledCell, values: np.ndarray) -> dict[str, np.ndarray]:
    outputs, first = {}, 1
    for name, size in compiled.output_sizes.items():
        outputs[name] = values[first : first + size]
        first += size
    return outputs
