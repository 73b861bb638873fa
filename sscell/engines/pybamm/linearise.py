"""The model linearised about a settled state: the Jacobian in the blocks that impedance needs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import splu

from sscell.cell import Cell, CellStructure
from sscell.engines.mesh import Mesh
from sscell.engines.pybamm.compiled import CompiledCell, Control, compiled_cell
from sscell.engines.rest import NOT_SETTLED
from sscell.errors import SscellError
from sscell.records import CellState

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
    voltage_V: float


def linearised(cell: Cell, state: CellState, mesh: Mesh) -> Linearised:
    """The model about `state` on `mesh`, its potentials settled at zero current first."""
    compiled = compiled_cell(cell.structure, mesh)
    inputs = compiled.inputs(cell.numbers, Control())
    blocks = blocks_of(cell.structure, mesh)
    y, entries = _settled(compiled, blocks, compiled.y_from(state), inputs)
    voltage_V = float(compiled.evaluate(("Voltage [V]",), y, inputs)[0, 0])
    return from_entries(blocks, y, entries, voltage_V)


def from_entries(blocks: Blocks, y: np.ndarray, entries: np.ndarray, voltage_V: float = 0.0) -> Linearised:
    """The blocks filled with the Jacobian's entries."""
    return Linearised(
        states=blocks.states,
        jacobian=blocks.jacobian.filled(entries),
        forcing=blocks.forcing.filled(entries),
        output=blocks.output.filled(entries),
        feedthrough=blocks.feedthrough.filled(entries).toarray().reshape(-1),
        y=y,
        voltage_V=voltage_V,
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
    raise SscellError(NOT_SETTLED)


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
def blocks_of(structure: CellStructure, mesh: Mesh) -> Blocks:
    """The blocks of a compiled cell, cut out once a process."""
    return Blocks(compiled_cell(structure, mesh))
