"""Runs of cells and of cells next to them, on the same time steps: what fits need for their Jacobians.

Differences of two runs of `simulate` differ by the noise of their step control. Here the cells of a row take the steps
of the first of them, and each meets its limits on its own, so that results are smooth in what separates the cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sscell.cell import Cell
from sscell.engines.many import by_structure, run_structure
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, FAST_MESH, FAST_TOLERANCE, Mesh
from sscell.engines.rest import NOT_SETTLED, rest_step
from sscell.engines.result import CycleSummary, SimulationResult
from sscell.errors import require
from sscell.protocol import Protocol
from sscell.records import CellState, Profile
from sscell.threads import cores

# Rows shorter than this are not cut further.
LEAST_ROW = 4
LEFT_BEHIND = "it is too far from the first cell of its row to take the same time steps"


class NeighbourSpectra(NamedTuple):
    """Z (rows, abreast, frequencies) in ohm, NaN where there is none; '' or the problem of the first of each row."""

    impedance_ohm: np.ndarray
    problems: list[str]


def simulate_rows(
    rows: Sequence[Sequence[Cell]],
    plan: Protocol,
    *,
    states: Sequence[Sequence[CellState]] | None = None,
    trace_cycles: int = 0,
    mesh: Mesh = FAST_MESH,
    tolerance: float = FAST_TOLERANCE,
) -> list[list[SimulationResult]]:
    """Run rows of cells of equal length; the cells of a row are the first and neighbours of it.

    A result has the cycles that were finished and the last state; states in between are not kept, and the trace only of
    so many cycles (at first none). A row stops as a whole where its first cell stops; of a neighbour that cannot take
    its steps the message says so.
    """
    abreast = _abreast(rows)
    if (pieces := _pieces(len(rows), abreast)) > 1:
        return _in_pieces(rows, pieces, plan, states, trace_cycles, mesh, tolerance)
    record_steps = sum(len(steps) for steps in plan.cycles[:trace_cycles])
    cells = [cell for row in rows for cell in row]
    given: list[CellState | None] = [None] * len(cells) if states is None else [s for row in states for s in row]
    results: list[SimulationResult | None] = [None] * len(cells)
    for _, firsts in by_structure([row[0] for row in rows]):
        chosen = [r * abreast + k for r in firsts for k in range(abreast)]
        own = [cells[k] for k in chosen]
        outcome, words, profiles = run_structure(
            own,
            plan,
            [given[k] for k in chosen],
            mesh,
            abreast=abreast,
            record_steps=record_steps,
            tolerance=tolerance,
        )
        for place, k in enumerate(chosen):
            first = words[place - place % abreast]
            problem = LEFT_BEHIND if words[place] and not first else words[place]
            results[k] = _result(own[place], plan, mesh, outcome, problem, profiles, place)
    return [results[r * abreast : (r + 1) * abreast] for r in range(len(rows))]  # type: ignore[misc]


def spectra_of_rows(
    rows: Sequence[Sequence[Cell]],
    frequency_Hz: np.ndarray,
    *,
    states: Sequence[Sequence[CellState]] | None = None,
    rest_h: float = 1.0,
    mesh: Mesh = FAST_IMPEDANCE_MESH,
    rest_mesh: Mesh = FAST_MESH,
    tolerance: float = FAST_TOLERANCE,
) -> NeighbourSpectra:
    """Spectra of rows of cells at their states (None: fresh) after a rest, which the cells of a row take abreast.

    rest_mesh, tolerance: of the rest.
    """
    from sscell.engines.jax.impedance import spectra_of

    abreast = _abreast(rows)
    problems = [""] * len(rows)
    if rest_h > 0:
        rest = Protocol(((rest_step(rest_h),),))
        rested = simulate_rows(rows, rest, states=states, mesh=rest_mesh, tolerance=tolerance)
        states = [[result.final_state for result in row] for row in rested]
        problems = [row[0].message for row in rested]
    z = np.full((len(rows), abreast, frequency_Hz.size), np.nan + 0j)
    for _, firsts in by_structure([row[0] for row in rows]):
        able = [r for r in firsts if not problems[r]]
        if not able:
            continue
        cells = [cell for r in able for cell in rows[r]]
        begin = [None] * len(cells) if states is None else [state for r in able for state in states[r]]
        run = spectra_of(cells, frequency_Hz, begin, mesh)
        z[able] = np.where(run.settled[:, None], run.impedance_ohm, np.nan).reshape(len(able), abreast, -1)
        for r, settled in zip(able, run.settled[::abreast].tolist(), strict=True):
            problems[r] = "" if settled else NOT_SETTLED
    return NeighbourSpectra(z, problems)


def _abreast(rows: Sequence[Sequence[Cell]]) -> int:
    lengths = {len(row) for row in rows}
    require(
        len(lengths) == 1 and min(lengths) > 0,
        f"Rows of neighbours must have one length of at least 1, got {sorted(lengths)}.",
    )
    return lengths.pop()


def _pieces(rows: int, abreast: int) -> int:
    """Into how many rows each row is cut, so that few rows fill the cores; a leader costs as much as a follower."""
    return max(1, min(cores() // rows, abreast // LEAST_ROW))


def _in_pieces(
    rows: Sequence[Sequence[Cell]],
    pieces: int,
    plan: Protocol,
    states: Sequence[Sequence[CellState]] | None,
    trace_cycles: int,
    mesh: Mesh,
    tolerance: float,
) -> list[list[SimulationResult]]:
    """Every row as shorter ones, each led by its first cell."""
    places = [[0, *piece] for piece in np.array_split(np.arange(1, len(rows[0])), pieces)]
    width = max(map(len, places))
    filled = [[*own, *[0] * (width - len(own))] for own in places]
    found = simulate_rows(
        [[row[k] for k in own] for row in rows for own in filled],
        plan,
        states=None if states is None else [[given[k] for k in own] for given in states for own in filled],
        trace_cycles=trace_cycles,
        mesh=mesh,
        tolerance=tolerance,
    )
    by_row = [found[k : k + pieces] for k in range(0, len(found), pieces)]
    return [
        [short[0][0], *(result for own, results in zip(places, short, strict=True) for result in results[1 : len(own)])]
        for short in by_row
    ]


def _result(
    cell: Cell, plan: Protocol, mesh: Mesh, outcome: Any, problem: str, profiles: dict, place: int
) -> SimulationResult:
    from sscell.engines.jax.simulate import trace_of

    table = outcome.table
    count = int(np.sum(np.isfinite(table["duration_h"][place])))
    columns = [table[name][place, :count].tolist() for name in CycleSummary._fields[1:]]
    summaries = tuple(CycleSummary(k + 1, *row) for k, row in enumerate(zip(*columns, strict=True)))
    state = CellState(
        profiles={name: Profile(axes, values[..., place]) for name, (axes, values) in profiles.items()},
        edges=dict(mesh.edges),
        time_s=float(outcome.time_s[place]),
        provenance={"engine": "jax"},
    )
    return SimulationResult(
        summaries=summaries,
        trace=trace_of(cell, plan, outcome.records[place] if problem != LEFT_BEHIND else []),
        states=(),
        final_state=state,
        complete=not problem,
        message=problem,
    )
