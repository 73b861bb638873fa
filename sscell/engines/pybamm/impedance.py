"""Impedance of the very same model, linearised about any state: (iω - J) x = b, all frequencies at once."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix, identity
from scipy.sparse.linalg import splu

from sscell.cell import Cell, CellStructure, fresh_state
from sscell.engines.budget import ImpedanceBudget
from sscell.engines.mesh import CYCLING_MESH, IMPEDANCE_MESH, Mesh
from sscell.engines.pybamm.compiled import CompiledCell, Control, compiled_cell
from sscell.engines.pybamm.linear import Elimination
from sscell.engines.pybamm.simulate import simulate
from sscell.errors import SscellError
from sscell.protocol import Current, Protocol, Step
from sscell.records import CellState, Spectrum

# Relative residual above which a frequency is solved again with full pivoting.
RESIDUAL_LIMIT = 1e-9
SETTLED_V = 1e-11
SETTLING_JACOBIANS, SETTLING_STEPS = 20, 6


class Linearised(NamedTuple):
    """The model about a settled state: dy/dt = J y + b I and outputs = C y + d I; the first output is the voltage.

    `states` are the unknowns kept: those that something else depends on.
    """

    states: np.ndarray
    jacobian: csr_matrix
    forcing: csr_matrix
    output: csr_matrix
    feedthrough: np.ndarray
    y: np.ndarray


class Rested(NamedTuple):
    """A state after its rest, its voltage and what is left of its drift."""

    state: CellState
    voltage_V: float
    drift_V_per_h: float


def impedance(
    cell: Cell, frequency_Hz: np.ndarray, state: CellState | None, rest_h: float, mesh: Mesh = IMPEDANCE_MESH
) -> Spectrum:
    """Spectrum at a state after a rest; rest, voltage and drift travel in `Spectrum.state`."""
    rest = rested(cell, state, rest_h)
    z, _ = response(linearised(cell, rest.state, mesh), cell.structure, mesh, frequency_Hz, every_unknown=False)
    return _spectrum(cell, frequency_Hz, z + lead_impedance(cell, frequency_Hz), rest, rest_h)


def impedance_budget(
    cell: Cell, frequency_Hz: np.ndarray, state: CellState | None, rest_h: float, mesh: Mesh = IMPEDANCE_MESH
) -> ImpedanceBudget:
    """The same impedance with its parts, by Tellegen's theorem on the discrete network."""
    rest = rested(cell, state, rest_h)
    linear = linearised(cell, rest.state, mesh)
    z, x = response(linear, cell.structure, mesh, frequency_Hz)
    leads = lead_impedance(cell, frequency_Hz)
    parts = {"leads": leads, **_parts(cell, compiled_cell(cell.structure, mesh), linear, x)}
    return ImpedanceBudget(spectrum=_spectrum(cell, frequency_Hz, z + leads, rest, rest_h), parts=parts)


def lead_impedance(cell: Cell, frequency_Hz: np.ndarray) -> np.ndarray:
    """iωL. A series element: it acts only while the current changes, so cycling does not see it."""
    return 2j * np.pi * frequency_Hz * cell.design.lead_inductance_H


def rested(cell: Cell, state: CellState | None, rest_h: float) -> Rested:
    """The state after `rest_h` hours at open circuit."""
    start = state if state is not None else cell.state
    if start is None:
        start = fresh_state(cell, CYCLING_MESH.edges)
    if rest_h <= 0:
        return Rested(start, float("nan"), float("nan"))
    rest = Step(f"Rest for {rest_h:g} hours", Current(0.0, "A"), None, rest_h * 3600.0)
    run = simulate(cell, Protocol(((rest,),)), state=start)
    if not run.complete:
        raise SscellError(f"The rest before the spectrum failed: {run.message}")
    t, v = run.trace.time_s, run.trace.voltage_V
    return Rested(run.final_state, float(v[-1]), float((v[-1] - v[-2]) / (t[-1] - t[-2]) * 3600.0))


def linearised(cell: Cell, state: CellState, mesh: Mesh) -> Linearised:
    """The model about `state` on `mesh`, its potentials settled at zero current first."""
    compiled = compiled_cell(cell.structure, mesh)
    inputs = compiled.inputs(cell.numbers, state, Control())
    y, entries = _settled(compiled, _blocks(cell.structure, mesh), compiled.y_from(state), inputs)
    return _linear(_blocks(cell.structure, mesh), y, entries)


def _linear(blocks: Blocks, y: np.ndarray, entries: np.ndarray) -> Linearised:
    return Linearised(
        states=blocks.states,
        jacobian=blocks.jacobian.filled(entries),
        forcing=blocks.forcing.filled(entries),
        output=blocks.output.filled(entries),
        feedthrough=blocks.feedthrough.filled(entries).toarray().reshape(-1),
        y=y,
    )


def _settled(
    compiled: CompiledCell, blocks: Blocks, y: np.ndarray, inputs: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """The state with every potential in quasi-steady balance at zero current, and the Jacobian's entries there.

    Lithium and layers stay as they are. Newton steps keep their Jacobian while it serves.
    """
    y = y.copy()
    y[compiled.current_index] = 0.0
    fast = compiled.potentials
    for _ in range(SETTLING_JACOBIANS):
        entries, start = compiled.jacobian_entries(y, inputs), y.copy()
        factor = splu(blocks.potentials.filled(entries).tocsc())
        for _ in range(SETTLING_STEPS):
            step = factor.solve(compiled.right_hand_side(y, inputs)[fast])
            y[fast] -= step
            if np.max(np.abs(step)) < SETTLED_V:
                moved = np.max(np.abs(y - start)) > SETTLED_V
                return y, compiled.jacobian_entries(y, inputs) if moved else entries
    raise SscellError(
        "The potentials of the rested state did not settle at zero current; the state may be outside the model's range."
    )


def response(
    linear: Linearised, structure: CellStructure, mesh: Mesh, frequency_Hz: np.ndarray, every_unknown: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Z = -dV/dI, (frequencies,), and the kept states per unit current, (states, frequencies).

    The residual is checked at every frequency, or at first, middle and last where the unknowns are not asked for
    (x is then empty); a frequency that fails is solved again with pivoting.
    """
    omega = 2 * np.pi * np.asarray(frequency_Hz)
    n = linear.states.size
    elimination = _elimination(structure, mesh)
    diagonal = np.zeros((n + 1, omega.size))
    diagonal[:n] = omega
    values = elimination.eliminated(elimination.table(_bordered(linear).data, diagonal))
    z = -elimination.border_values(values)[0, 0]
    if not every_unknown:
        probe = np.unique([0, omega.size // 2, omega.size - 1])
        x = elimination.substituted(values[:, probe], np.ones((1, probe.size)))[:n]
        if np.all(_residual(linear, x, omega[probe]) < RESIDUAL_LIMIT):
            return z, np.zeros((n, 0))
    x = elimination.substituted(values, np.ones((1, omega.size)))[:n]
    for k in np.flatnonzero(~(_residual(linear, x, omega) < RESIDUAL_LIMIT)):
        factor = splu(csc_matrix(1j * omega[k] * identity(n) - linear.jacobian))
        x[:, k] = factor.solve(linear.forcing.toarray()[:, 0].astype(complex))
        z[k] = -((linear.output[[0]] @ x[:, k])[0] + linear.feedthrough[0])
    return z, x


def _residual(linear: Linearised, x: np.ndarray, omega: np.ndarray) -> np.ndarray:
    """Largest relative residual of the equations at each frequency."""
    forcing = linear.forcing.toarray()
    residual = 1j * omega * x - linear.jacobian @ x - forcing
    scale = np.abs(x) * omega + abs(linear.jacobian) @ np.abs(x) + np.abs(forcing) + 1e-300
    return np.max(np.abs(residual) / scale, axis=0)


def _bordered(linear: Linearised) -> coo_matrix:
    """[[-J, -b], [c, d]]: with iω added to the diagonal of -J, eliminating it leaves dV/dI."""
    parts = [-linear.jacobian.tocoo(), -linear.forcing.tocoo(), linear.output[[0]].tocoo()]
    n = linear.states.size
    return coo_matrix(
        (
            np.concatenate([*(p.data for p in parts), linear.feedthrough[:1]]),
            (
                np.concatenate([parts[0].row, parts[1].row, np.full(parts[2].nnz, n), [n]]),
                np.concatenate([parts[0].col, np.full(parts[1].nnz, n), parts[2].col, [n]]),
            ),
        ),
        shape=(n + 1, n + 1),
    )


class Block:
    """Some rows and columns of a sparse pattern, cut out once so that filling them is one look-up."""

    def __init__(self, pattern: tuple[np.ndarray, np.ndarray], rows: np.ndarray, columns: np.ndarray) -> None:
        self.shape = (rows.size, columns.size)
        row_place = dict(zip(rows.tolist(), range(rows.size), strict=True))
        column_place = dict(zip(columns.tolist(), range(columns.size), strict=True))
        inside = np.flatnonzero(np.isin(pattern[0], rows) & np.isin(pattern[1], columns))
        i = np.array([row_place[r] for r in pattern[0][inside].tolist()], dtype=int)
        j = np.array([column_place[c] for c in pattern[1][inside].tolist()], dtype=int)
        order = np.lexsort((j, i))
        self.entries, self.indices = inside[order], j[order]
        self.indptr = np.concatenate([[0], np.cumsum(np.bincount(i, minlength=rows.size))])

    def filled(self, entries: np.ndarray) -> csr_matrix:
        """The block with its values, structural zeros kept."""
        return csr_matrix((entries[self.entries], self.indices, self.indptr), shape=self.shape)


class Blocks:
    """The parts of the Jacobian that impedance needs."""

    def __init__(self, compiled: CompiledCell) -> None:
        pattern, n = compiled.jacobian_pattern, compiled.size
        current = np.array([compiled.current_index])
        self.states = _influential(pattern, n, compiled.current_index)
        outputs = np.arange(n, n + 1 + sum(compiled.output_sizes.values()))
        self.jacobian = Block(pattern, self.states, self.states)
        self.forcing = Block(pattern, self.states, current)
        self.output = Block(pattern, outputs, self.states)
        self.feedthrough = Block(pattern, outputs, current)
        self.potentials = Block(pattern, compiled.potentials, compiled.potentials)


def _influential(pattern: tuple[np.ndarray, np.ndarray], size: int, current: int) -> np.ndarray:
    """States that some other equation or the voltage depends on; counters of charge and lithium are not among them."""
    kept = np.ones(size, dtype=bool)
    kept[current] = False
    rows, columns = pattern
    while True:
        depends = (rows != columns) & (rows <= size)
        depends[rows < size] &= kept[rows[rows < size]]
        used = np.zeros(size, dtype=bool)
        used[columns[depends]] = True
        if np.array_equal(kept & used, kept):
            return np.flatnonzero(kept)
        kept &= used


@functools.lru_cache(maxsize=16)
def _blocks(structure: CellStructure, mesh: Mesh) -> Blocks:
    return Blocks(compiled_cell(structure, mesh))


@functools.lru_cache(maxsize=16)
def _elimination(structure: CellStructure, mesh: Mesh) -> Elimination:
    """The elimination order of a compiled cell; its pattern does not depend on the numbers."""
    blocks = _blocks(structure, mesh)
    every_entry = np.ones(compiled_cell(structure, mesh).jacobian_pattern[0].size)
    bordered = _bordered(_linear(blocks, np.zeros(0), every_entry))
    return Elimination(bordered.row, bordered.col, bordered.shape[0], border=1)


def _spectrum(cell: Cell, frequency_Hz: np.ndarray, z: np.ndarray, rest: Rested, rest_h: float) -> Spectrum:
    design = cell.design
    return Spectrum(
        frequency_Hz=frequency_Hz,
        impedance_ohm=z,
        area_m2=design.area_m2,
        temperature_K=design.temperature_K,
        state={
            "rest_h": rest_h,
            "voltage_V": rest.voltage_V,
            "drift_V_per_h": rest.drift_V_per_h,
            "time_s": rest.state.time_s,
        },
        provenance={"source": "simulated", "engine": "pybamm"},
    )


def _parts(cell: Cell, compiled: CompiledCell, linear: Linearised, x: np.ndarray) -> dict[str, np.ndarray]:
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
    active = linear_state(compiled, linear, "active_fraction")[:, None]
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


def linear_state(compiled: CompiledCell, linear: Linearised, name: str) -> np.ndarray:
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
