"""The response to a unit current at many frequencies: (iω - J) x = b, eliminated for all of them at once."""

from __future__ import annotations

import functools

import numpy as np
from scipy.sparse import csc_matrix, identity
from scipy.sparse.linalg import splu

from sscell.cell import CellStructure
from sscell.engines.mesh import Mesh
from sscell.engines.pybamm.compiled import compiled_cell
from sscell.engines.pybamm.elimination import Elimination
from sscell.engines.pybamm.linearise import Linearised, blocks_of, from_entries

# Relative residual above which a frequency is solved again with full pivoting.
RESIDUAL_LIMIT = 1e-9


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
    values = elimination.eliminated(elimination.table(_bordered_entries(linear), diagonal))
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


def _bordered_entries(linear: Linearised) -> np.ndarray:
    """Entries of [[-J, -b], [c, d]], ordered as `_bordered_pattern`: eliminating iω - J leaves dV/dI."""
    voltage = linear.output.data[: linear.output.indptr[1]]
    return np.concatenate([-linear.jacobian.data, -linear.forcing.data, voltage, linear.feedthrough[:1]])


def _bordered_pattern(linear: Linearised) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each entry; the current's column and the voltage's row come last."""
    n = linear.states.size
    inner, forcing, voltage = linear.jacobian.tocoo(), linear.forcing.tocoo(), linear.output[[0]].tocoo()
    rows = np.concatenate([inner.row, forcing.row, np.full(voltage.nnz, n), [n]])
    columns = np.concatenate([inner.col, np.full(forcing.nnz, n), voltage.col, [n]])
    return rows, columns


@functools.lru_cache(maxsize=16)
def _elimination(structure: CellStructure, mesh: Mesh) -> Elimination:
    """The elimination order of a compiled cell; its pattern does not depend on the numbers."""
    blocks = blocks_of(structure, mesh)
    every_entry = np.ones(compiled_cell(structure, mesh).jacobian_pattern[0].size)
    rows, columns = _bordered_pattern(from_entries(blocks, np.zeros(0), every_entry))
    return Elimination(rows, columns, blocks.states.size + 1, border=1)
