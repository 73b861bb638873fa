"""Impedance of cells in states: one at a time, or a batch of one structure in chunks of bounded memory."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sscell.cell import Cell, CellStructure
from sscell.engines.budget import ImpedanceBudget
from sscell.engines.jax.compiled import equations_of
from sscell.engines.jax.equations import Equations, State
from sscell.engines.jax.kept import compiler_options
from sscell.engines.jax.lanes import fresh_lanes, lanes_from_states, lanes_of, profile_names
from sscell.engines.jax.parts import budgets, origins
from sscell.engines.jax.remap import state_on
from sscell.engines.jax.simulate import simulate
from sscell.engines.jax.spectrum import spectra
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, FAST_MESH, Mesh
from sscell.engines.rest import NOT_SETTLED, Rested, rest_step, rested_after, spectrum_after
from sscell.engines.state import state_on as state_on_edges
from sscell.errors import SscellError
from sscell.jax_setup import load_jax
from sscell.protocol import Protocol
from sscell.records import CellState, Spectrum

# What is compiled takes this many cells (or one) and frequencies at once; a chunk's arrays fit in the cache.
LANES, FREQUENCIES = 16, 64
Edges = tuple[tuple[str, bytes], ...]


class Spectra(NamedTuple):
    """A batch: impedance_ohm (cells, frequencies), NaN where `settled` (cells,) is False; voltage_V (cells,)."""

    impedance_ohm: np.ndarray
    voltage_V: np.ndarray
    settled: np.ndarray


def impedance(
    cell: Cell, frequency_Hz: np.ndarray, state: CellState | None, rest_h: float, mesh: Mesh = FAST_IMPEDANCE_MESH
) -> Spectrum:
    """Spectrum at a state after a rest; rest, voltage and drift travel in `Spectrum.state`."""
    rest = rested(cell, state, rest_h)
    run = spectra_of([cell], frequency_Hz, [rest.state], mesh)
    return _spectrum(cell, frequency_Hz, run, rest, rest_h)


def impedance_budget(
    cell: Cell, frequency_Hz: np.ndarray, state: CellState | None, rest_h: float, mesh: Mesh = FAST_IMPEDANCE_MESH
) -> ImpedanceBudget:
    """The same impedance with its parts, by Tellegen's theorem on the discrete network."""
    rest = rested(cell, state, rest_h)
    parts, voltage_V, settled = _results(budgets, [cell], frequency_Hz, [rest.state], mesh)
    parts = {name: parts[name][0] for name in origins(cell.structure)}
    whole = Spectra(np.sum(list(parts.values()), axis=0)[None], voltage_V, settled)
    return ImpedanceBudget(spectrum=_spectrum(cell, frequency_Hz, whole, rest, rest_h), parts=parts)


def spectra_of(
    cells: Sequence[Cell],
    frequency_Hz: np.ndarray,
    states: Sequence[CellState | None],
    mesh: Mesh = FAST_IMPEDANCE_MESH,
) -> Spectra:
    """Spectra of cells of one structure, each at its own state (None: fresh), not rested any further."""
    z, voltage_V, settled = _results(spectra, cells, frequency_Hz, states, mesh)
    settled = settled & np.isfinite(z).all(axis=1)
    return Spectra(np.where(settled[:, None], z, np.nan), np.where(settled, voltage_V, np.nan), settled)


def rested(cell: Cell, state: CellState | None, rest_h: float) -> Rested:
    """The state after `rest_h` hours at open circuit."""
    if rest_h <= 0:
        return Rested(state)
    return rested_after(simulate(cell, Protocol(((rest_step(rest_h),),)), state=state))


def _spectrum(cell: Cell, frequency_Hz: np.ndarray, run: Spectra, rest: Rested, rest_h: float) -> Spectrum:
    if not run.settled[0]:
        raise SscellError(NOT_SETTLED)
    return spectrum_after(cell, frequency_Hz, run.impedance_ohm[0], float(run.voltage_V[0]), rest, rest_h, "jax")


def _results(
    what: Callable[..., Any],
    cells: Sequence[Cell],
    frequency_Hz: np.ndarray,
    states: Sequence[CellState | None],
    mesh: Mesh,
) -> tuple[Any, np.ndarray, np.ndarray]:
    """`spectra` or `budgets` of all cells at all frequencies, in chunks."""
    _check_kind(cells, states)
    jax, structure, p = load_jax(), cells[0].structure, lanes_of(cells)
    numbers, omega = np.stack(list(p.values())), 2 * np.pi * np.asarray(frequency_Hz, dtype=float)
    meshes = [_key(state.edges) if state is not None else None for state in states]
    wide = LANES if len(cells) > 1 else 1
    order, rows = [], []
    for edges in dict.fromkeys(meshes):
        alike = np.flatnonzero([own == edges for own in meshes])
        run = _compiled(what, structure, tuple(p), mesh, edges)
        for chunk in _chunks(alike, wide):
            some = {name: values[chunk] for name, values in p.items()}
            y = _state(structure, edges, [states[k] for k in chunk], some)
            columns = [run(numbers[:, chunk], y, omega[part]) for part in _chunks(np.arange(omega.size), FREQUENCIES)]
            rows.append(columns)
            order.append(chunk)
    return _joined(jax, rows, order, len(cells), omega.size)


def _joined(jax: Any, rows: list[list[Any]], order: list[np.ndarray], cells: int, frequencies: int) -> Any:
    """Chunks put in their places, what filled them up left out."""
    place = np.concatenate(order)
    take = np.array([np.flatnonzero(place == k)[0] for k in range(cells)])

    def stacked(*pieces: Any) -> np.ndarray:
        width = len(rows[0])
        wide = [np.concatenate(pieces[k : k + width], axis=1) for k in range(0, len(pieces), width)]
        return np.concatenate(wide)[take, :frequencies]

    pieces = [jax.tree.map(np.asarray, piece) for row in rows for piece in row]
    z = jax.tree.map(stacked, *[piece[0] for piece in pieces])
    first = pieces[:: len(rows[0])]
    return z, np.concatenate([piece[1] for piece in first])[take], np.concatenate([piece[2] for piece in first])[take]


def _chunks(places: np.ndarray, size: int) -> list[np.ndarray]:
    """Pieces of equal size; the last one is filled up with its own last place."""
    filled = places[np.minimum(np.arange(-(-places.size // size) * size), places.size - 1)]
    return list(filled.reshape(-1, size))


def _check_kind(cells: Sequence[Cell], states: Sequence[CellState | None]) -> None:
    """InputError for a state of another kind of cell; compiled code brings them onto the mesh."""
    if all(state is None for state in states):
        return
    names = profile_names(equations_of(cells[0].structure, FAST_MESH))
    for state in states:
        if state is not None:
            state_on_edges(state, names, getattr(state, "edges", {}))


def _state(
    structure: CellStructure, edges: Edges | None, states: Sequence[CellState | None], p: Mapping[str, np.ndarray]
) -> State | None:
    given = [state for state in states if state is not None]
    return lanes_from_states(_equations(structure, edges), given, p) if edges is not None else None


@functools.lru_cache(maxsize=32)
def _compiled(
    what: Callable[..., Any], structure: CellStructure, names: tuple[str, ...], mesh: Mesh, old: Edges | None
) -> Callable[..., Any]:
    """(numbers, state, omega) -> result, compiled; the state on the edges `old`, or fresh."""
    new = mesh.edges
    equations = Equations(structure, new)

    def run(numbers: Any, y: State | None, omega: Any) -> Any:
        p = dict(zip(names, numbers, strict=True))
        if y is None or old is None:
            return what(equations, p, fresh_lanes(equations, new, p), omega)
        return what(equations, p, state_on(equations, y, _edges(old), new), omega)

    return load_jax().jit(run, compiler_options=compiler_options())


@functools.lru_cache(maxsize=32)
def _equations(structure: CellStructure, edges: Edges) -> Equations:
    return Equations(structure, _edges(edges))


def _key(edges: Mapping[str, np.ndarray]) -> Edges:
    """Edges as something that can be looked up."""
    return tuple((axis, np.asarray(values, dtype=float).tobytes()) for axis, values in sorted(edges.items()))


def _edges(key: Edges) -> dict[str, np.ndarray]:
    return {axis: np.frombuffer(values) for axis, values in key}
