"""`simulate_many` and `impedance_many`: batches of cells on the fast engine, one xarray dataset back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.cell import Cell, CellStructure, cells_with, fresh_state
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, FAST_MESH, FAST_TOLERANCE, Mesh, check_mesh
from sscell.engines.rest import NOT_SETTLED, check_rest, rest_step
from sscell.engines.result import CycleSummary
from sscell.engines.simulate import checked_protocol
from sscell.engines.state import state_on
from sscell.errors import InputError, require
from sscell.progress import progress_bar
from sscell.protocol import Protocol
from sscell.records import CellState, Profile
from sscell.records.spectrum import checked_frequencies

if TYPE_CHECKING:
    import xarray as xr

FINAL = "final "


def simulate_many(
    cells: Sequence[Cell] | Cell,
    protocol: Protocol | Sequence[str] | Sequence[Sequence[str]],
    *,
    cycles: int = 1,
    parameters: Mapping[str, Any] | None = None,
    states: Sequence[CellState] | None = None,
    mesh: Mesh = FAST_MESH,
    quiet: bool = False,
) -> xr.Dataset:
    """Run a protocol on many cells at once, on the fast engine; a cell that fails says so and harms no other.

    cells: a list; or one cell, with `parameters`: name -> (cells,) values, see `cells_with`. states: where each starts
    (None: fresh). The dataset holds the fields of CycleSummary over (cell, cycle), NaN where a cycle was not reached;
    `problem` ('' if none), `finished_cycles`, `time_s` and `steps_ended_at_once` (limit already passed) over cell; and
    the last states, see `final_states`.
    """
    members = _members(cells, parameters)
    check_mesh(mesh)
    plan = checked_protocol(members, protocol, cycles)
    starts = _starts(members, states)
    count = len(members)
    table = {name: np.full((count, len(plan)), np.nan) for name in CycleSummary._fields[1:]}
    problems, time_s, at_once = np.full(count, "", dtype=object), np.zeros(count), np.zeros(count, dtype=int)
    profiles: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    with progress_bar(quiet) as progress:
        for _, chosen in by_structure(members):
            own = [members[k] for k in chosen]
            outcome, words, ends = run_structure(own, plan, [starts[k] for k in chosen], mesh, progress)
            for name, values in outcome.table.items():
                table[name][chosen] = values
            problems[chosen], time_s[chosen], at_once[chosen] = words, outcome.time_s, outcome.at_once
            for name, (axes, values) in ends.items():
                shape = (count, *values.shape[:-1])
                profiles.setdefault(name, (axes, np.full(shape, np.nan)))[1][chosen] = np.moveaxis(values, -1, 0)
    return _dataset(plan, table, problems, time_s, at_once, profiles, mesh, parameters)


def impedance_many(
    cells: Sequence[Cell] | Cell,
    frequency_Hz: Sequence[float] | np.ndarray,
    *,
    parameters: Mapping[str, Any] | None = None,
    states: Sequence[CellState] | None = None,
    rest_h: float = 1.0,
    mesh: Mesh = FAST_IMPEDANCE_MESH,
    quiet: bool = False,
) -> xr.Dataset:
    """Spectra of many cells at once, each at its state (None: fresh) after a rest, on the fast engine.

    cells, parameters, states: as in `simulate_many`. The dataset holds impedance_ohm (cell, frequency), complex and NaN
    where a cell could not be rested or settled; then `problem` says why. voltage_V over cell.
    """
    members = _members(cells, parameters)
    check_mesh(mesh)
    frequencies = checked_frequencies(frequency_Hz)
    check_rest(rest_h)
    starts = _starts(members, states)
    count = len(members)
    problems = np.full(count, "", dtype=object)
    if rest_h > 0:
        rest = Protocol(((rest_step(rest_h),),))
        rested = simulate_many(members, rest, states=_given(members, starts), quiet=quiet)
        starts, problems = final_states(rested), rested["problem"].values.astype(object)
    z, voltage_V = np.full((count, frequencies.size), np.nan + 0j), np.full(count, np.nan)
    from sscell.engines.jax.impedance import spectra_of

    for _, chosen in by_structure(members):
        able = chosen[problems[chosen] == ""]
        if able.size:
            run = spectra_of([members[k] for k in able], frequencies, [starts[k] for k in able], mesh)
            z[able], voltage_V[able] = run.impedance_ohm, run.voltage_V
            problems[able[~run.settled]] = NOT_SETTLED
    import xarray as xr

    return xr.Dataset(
        {
            "impedance_ohm": (("cell", "frequency_Hz"), z),
            "voltage_V": ("cell", voltage_V),
            "problem": ("cell", problems.astype(str)),
        },
        coords={"cell": np.arange(count), "frequency_Hz": frequencies, **_given_parameters(parameters, count)},
        attrs={"engine": "jax", "rest_h": rest_h},
    )


def final_states(dataset: xr.Dataset) -> list[CellState]:
    """The last state of every cell of a dataset from `simulate_many`."""
    edges = {axis: dataset[f"{axis}_edges"].values for axis in ("cathode", "particle", "anode")}
    names = [name for name in dataset.data_vars if str(name).startswith(FINAL)]
    out = []
    for k in range(dataset.sizes["cell"]):
        profiles = {}
        for name in names:
            variable = dataset[name]
            if not np.isnan(variable.values[k]).all():
                axes = tuple(str(axis) for axis in variable.dims[1:])
                profiles[str(name).removeprefix(FINAL)] = Profile(axes, variable.values[k])
        out.append(CellState(profiles=profiles, edges=edges, time_s=float(dataset["time_s"].values[k])))
    return out


def _members(cells: Sequence[Cell] | Cell, parameters: Mapping[str, Any] | None) -> list[Cell]:
    if isinstance(cells, Cell):
        require(
            parameters is not None,
            "A batch of one cell needs `parameters` (name -> values) that tell its members apart; or give a list.",
        )
        return cells_with(cells, parameters or {})
    if parameters is not None:
        raise InputError("`parameters` vary one cell; give that cell instead of a list, or a list without parameters.")
    require(
        isinstance(cells, Sequence),
        f"A batch is a list of ss.Cell, or one cell with `parameters`, got {type(cells).__name__}.",
    )
    members = list(cells)
    require(len(members) > 0, "A batch needs at least one cell; the list is empty.")
    odd = next((c for c in members if not isinstance(c, Cell)), None)
    require(odd is None, f"A batch is a list of ss.Cell, got {type(odd).__name__} in it.")
    return members


def _starts(cells: Sequence[Cell], states: Sequence[CellState] | None) -> Sequence[CellState | None]:
    if states is None:
        return [None] * len(cells)
    require(
        isinstance(states, Sequence),
        f"A batch's states are a list, one state a cell, got {type(states).__name__}.",
    )
    require(
        len(states) == len(cells), f"A batch needs one state a cell, got {len(states)} states for {len(cells)} cells."
    )
    return states


def _given(cells: Sequence[Cell], states: Sequence[CellState | None]) -> list[CellState] | None:
    """Every state, fresh ones made; None if all are fresh."""
    if all(state is None for state in states):
        return None
    return [
        state if state is not None else fresh_state(cell, FAST_MESH.edges)
        for cell, state in zip(cells, states, strict=True)
    ]


def _given_parameters(parameters: Mapping[str, Any] | None, count: int) -> dict[str, tuple[str, np.ndarray]]:
    """The parameters as coordinates of the cells."""
    return {name: ("cell", np.broadcast_to(values, (count,))) for name, values in (parameters or {}).items()}


def by_structure(cells: Sequence[Cell]) -> Iterator[tuple[CellStructure, np.ndarray]]:
    """Cells of one structure share compiled code: each structure with the places of its cells."""
    places: dict[CellStructure, list[int]] = {}
    for k, cell in enumerate(cells):
        places.setdefault(cell.structure, []).append(k)
    yield from ((structure, np.array(where)) for structure, where in places.items())


def run_structure(
    cells: Sequence[Cell],
    plan: Protocol,
    starts: Sequence[CellState | None],
    mesh: Mesh,
    progress: Any = None,
    *,
    abreast: int = 1,
    record_steps: int = 0,
    tolerance: float = FAST_TOLERANCE,
) -> tuple[Any, list[str], dict[str, tuple[tuple[str, ...], np.ndarray]]]:
    """Run cells of one structure: the outcome (see `run_batch`), each cell's problem or '', the profiles at the end."""
    from sscell.engines.jax.batch import fresh_batch, run_batch
    from sscell.engines.jax.compiled import equations_of
    from sscell.engines.jax.lanes import lanes_from_states, lanes_of, profile_names, profiles_from_lanes
    from sscell.engines.jax.problems import numbered, problem

    structure = cells[0].structure
    equations, numbers = equations_of(structure, mesh), lanes_of(cells)
    if all(state is None for state in starts):
        start = fresh_batch(structure, mesh, numbers)
    else:
        names = profile_names(equations)
        begin = [state_on(state, names, mesh.edges) for state in _given(cells, starts) or ()]
        start = lanes_from_states(equations, begin, numbers)
    start_s = np.array([state.time_s if state is not None else 0.0 for state in starts])
    outcome = run_batch(
        structure,
        mesh,
        numbers,
        start,
        start_s,
        plan,
        progress=progress,
        tolerance=tolerance,
        abreast=abreast,
        record_steps=record_steps,
    )
    steps = [*numbered(plan), (0, 0, None)]
    words = []
    for status, step, since in zip(outcome.status, outcome.step, outcome.since_s, strict=True):
        cycle, position, asked = steps[step]
        text = problem(status, since)
        words.append(f"stopped in cycle {cycle}, step {position} ('{asked.text}'): {text}" if text and asked else "")
    return outcome, words, profiles_from_lanes(equations, outcome.final, numbers)


def _dataset(
    plan: Protocol,
    table: Mapping[str, np.ndarray],
    problems: np.ndarray,
    time_s: np.ndarray,
    at_once: np.ndarray,
    profiles: Mapping[str, tuple[tuple[str, ...], np.ndarray]],
    mesh: Mesh,
    parameters: Mapping[str, Any] | None,
) -> xr.Dataset:
    import xarray as xr

    count = time_s.size
    return xr.Dataset(
        {
            **{name: (("cell", "cycle"), values) for name, values in table.items()},
            "problem": ("cell", problems.astype(str)),
            "finished_cycles": ("cell", np.sum(np.isfinite(table["duration_h"]), axis=1)),
            "time_s": ("cell", time_s),
            "steps_ended_at_once": ("cell", at_once),
            **{f"{FINAL}{name}": (("cell", *axes), values) for name, (axes, values) in profiles.items()},
        },
        coords={
            "cell": np.arange(count),
            "cycle": np.arange(1, len(plan) + 1),
            **_given_parameters(parameters, count),
            **{f"{axis}_edges": (f"{axis}_edge", edges) for axis, edges in mesh.edges.items()},
        },
        attrs={"engine": "jax", "protocol": plan.name},
    )
