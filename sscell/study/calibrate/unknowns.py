"""What is to be found, as coordinates; and the cells that stand for a point of them, with their neighbours."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sscell.cell import Cell, continuous_inputs, full_name, with_inputs
from sscell.errors import InputError
from sscell.study.calibrate.schema import ParameterSpec, Study
from sscell.study.jobs import cell_of

# The step of a difference over the size of the input: neighbours take their leader's time steps, so it may be small.
SMALL = 1e-5

Key = tuple[str, str]  # (sample, run)


class Unknown(NamedTuple):
    """A free parameter; coordinates: 0 is the prior's centre, 1 one of its standard deviations further."""

    name: str
    spec: ParameterSpec

    def value(self, u: float) -> float:
        """The parameter at a coordinate."""
        spec = self.spec
        value = float(spec.value * spec.spread**u if spec.scale == "log" else spec.value + spec.spread * u)
        low, high = self.bounds  # of rounding: what is at its bound is not beyond it
        return self.ends[0] if u == low else self.ends[1] if u == high else value

    def coordinate(self, value: float) -> float:
        """The coordinate of a value."""
        spec = self.spec
        if spec.scale == "log":
            return float(np.log(value / spec.value) / np.log(spec.spread))
        return (value - spec.value) / spec.spread

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest value."""
        low, high = self.spec.low, self.spec.high
        return -np.inf if low is None else low, np.inf if high is None else high

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest coordinate."""
        low, high = self.spec.low, self.spec.high
        return (
            -np.inf if low is None else self.coordinate(low),
            np.inf if high is None else self.coordinate(high),
        )

    @property
    def prior(self) -> str:
        """The prior in words."""
        spec = self.spec
        if spec.flat:
            ends = [f"{x:g}" for x in (spec.low, spec.high) if x is not None]
            return "flat, " + (" to ".join(ends) if len(ends) == 2 else "without limits")
        return f"{spec.value:g} {'×÷' if spec.scale == 'log' else '±'} {spec.spread:g}"

    def step(self, u: float) -> float:
        """The step of a difference in the coordinate, away from a bound."""
        spec = self.spec
        if spec.scale == "log":
            size = SMALL / np.log(spec.spread)
        else:
            size = SMALL * max(abs(self.value(u)), spec.spread) / spec.spread
        return float(-size if u + size > self.bounds[1] else size)


@dataclass(frozen=True)
class Point:
    """Where cells are asked for: coordinates of the unknowns (Q,), and of what varies from cell to cell, (cells, S)."""

    u: np.ndarray
    apart: np.ndarray


class Unknowns:
    """The unknowns of a study, and the cells that its data speak of (sample and run of each)."""

    def __init__(self, study: Study, keys: Sequence[Key]) -> None:
        self.study, self.keys = study, list(keys)
        self.free = [Unknown(name, spec) for name, spec in study.parameters.items() if not spec.fixed]
        self._fixed = [Unknown(name, spec) for name, spec in study.parameters.items() if spec.fixed]
        self.spread = dict(study.cell_spread)
        self._plain: dict[Key, _PlainCell] = {}
        named = {name for key in self.keys for name in self._cell_of(key).applied}
        for name, where in [(n, "Parameter") for n in study.parameters] + [(n, "cell_spread") for n in self.spread]:
            if name not in named:
                raise InputError(
                    f"{where} '{name}' is an input of none of the cells that the data speak of; take it out, "
                    "or name an input of theirs (ss.continuous_inputs(cell) lists them)."
                )

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest coordinates, (Q,) each."""
        low, high = zip(*(unknown.bounds for unknown in self.free), strict=True)
        return np.array(low), np.array(high)

    @property
    def centre(self) -> Point:
        """The priors' centre."""
        return Point(np.zeros(len(self.free)), np.zeros((len(self.keys), len(self.spread))))

    @property
    def units(self) -> list[str]:
        """The unit of each."""
        found = []
        for unknown in self.free:
            plain = next(p for p in map(self._cell_of, self.keys) if unknown.name in p.inputs)
            units = {record.name: record.unit for record in plain.cell.parameters}
            found.append(units.get(plain.inputs[unknown.name].removeprefix("design."), ""))
        return found

    def values(self, u: np.ndarray) -> dict[str, float]:
        """Free parameters at coordinates, name -> value."""
        return {unknown.name: unknown.value(x) for unknown, x in zip(self.free, u.tolist(), strict=True)}

    def steps(self, u: np.ndarray) -> np.ndarray:
        """The steps of differences (Q + S,): first the unknowns', then those of what varies from cell to cell."""
        own = [unknown.step(x) for unknown, x in zip(self.free, u.tolist(), strict=True)]
        return np.array([*own, *(SMALL / sigma for sigma in self.spread.values())])

    def lanes(self, key: Key) -> list[int]:
        """Which entries of `steps` change this cell."""
        plain = self._cell_of(key)
        shared = [k for k, unknown in enumerate(self.free) if unknown.name in plain.inputs]
        return [*shared, *(len(self.free) + s for s, full in enumerate(plain.spread) if full is not None)]

    def row(self, key: Key, point: Point, lanes: Sequence[int]) -> list[Cell]:
        """The cell at a point, then its neighbours, one a lane: moved by that entry of `steps`."""
        coordinates = np.concatenate([point.u, point.apart[self.keys.index(key)]])
        steps, shared = self.steps(point.u), point.u.size
        cells = [self._at(key, coordinates[:shared], coordinates[shared:])]
        for lane in lanes:
            moved = coordinates.copy()
            moved[lane] += steps[lane]
            cells.append(self._at(key, moved[:shared], moved[shared:]))
        return cells

    def cell(self, key: Key, point: Point) -> Cell:
        """The cell of any sample and run at a point; one that the data do not speak of is like the mean."""
        apart = point.apart[self.keys.index(key)] if key in self.keys else np.zeros(len(self.spread))
        return self._at(key, point.u, apart)

    def _at(self, key: Key, u: np.ndarray, apart: np.ndarray) -> Cell:
        plain = self._cell_of(key)
        values = {**self.values(u), **{unknown.name: unknown.spec.value for unknown in self._fixed}}
        changes = {full: values[name] for name, full in plain.inputs.items()}
        for full, sigma, z in zip(plain.spread, self.spread.values(), apart.tolist(), strict=True):
            if full is not None:
                changes[full] = changes.get(full, plain.values[full]) * (1 + sigma * z)
        return with_inputs(plain.cell, changes)

    def _cell_of(self, key: Key) -> _PlainCell:
        if key not in self._plain:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cell = cell_of(self.study, *key)
            inputs, applied = self._inputs(cell, key)
            pellet = self.study.runs[key[1]].cell == "pellet"
            spread = [_full(cell, name) if pellet else None for name in self.spread]
            applied |= {name for name, full in zip(self.spread, spread, strict=True) if full is not None}
            self._plain[key] = _PlainCell(cell, continuous_inputs(cell), inputs, spread, applied)
        return self._plain[key]

    def _inputs(self, cell: Cell, key: Key) -> tuple[dict[str, str], set[str]]:
        """Parameter -> the input of this cell that it sets; and all that are inputs of it, if others win or not."""
        found: dict[str, tuple[int, str]] = {}
        applied = set()
        for unknown in (*self.free, *self._fixed):
            spec = unknown.spec
            own = (spec.samples is None or key[0] in spec.samples) and (spec.runs is None or key[1] in spec.runs)
            full = _full(cell, spec.input or unknown.name) if own else None
            if full is None:
                continue
            applied.add(unknown.name)
            rank = (spec.samples is not None) + (spec.runs is not None)
            held = found.get(full)
            if held is not None and held[0] == rank:
                raise InputError(
                    f"Parameters '{held[1]}' and '{unknown.name}' both set {full} of sample '{key[0]}' in run "
                    f"'{key[1]}'; limit one of them by `samples` or `runs`."
                )
            if held is None or held[0] < rank:
                found[full] = rank, unknown.name
        return {name: full for full, (_, name) in found.items()}, applied


class _PlainCell(NamedTuple):
    """A cell before its unknowns: all inputs, those that unknowns set (by unknown), those that vary, or None.

    applied: the parameters and spreads that are inputs of it.
    """

    cell: Cell
    values: dict[str, float]
    inputs: dict[str, str]
    spread: list[str | None]
    applied: set[str]


def _full(cell: Cell, name: str) -> str | None:
    """The full name of an input if the cell has it."""
    if name in continuous_inputs(cell):
        return name
    if any(full.endswith(f".{name}") for full in continuous_inputs(cell)):
        return full_name(cell, name)
    return None
