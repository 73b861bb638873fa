"""The state of a cell at one moment, free of any engine and mesh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sscell.errors import InputError
from sscell.records.arrays import owned

# Volume element of an axis: spheres weigh their shells, slabs do not.
AXIS_POWER = {"cathode": 1, "anode": 1, "particle": 3}


class Profile(NamedTuple):
    """Cell averages of one quantity; `axes` names the axis of each array dimension (outermost first)."""

    axes: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class CellState:
    """Profiles of every state variable with the cell edges they are averages over.

    profiles: name (with unit) -> Profile; edges: axis -> (n+1,) from 0 to 1, in units of electrode thickness or
    particle radius (0 at the separator for the cathode, at the collector for the anode, at the centre for the
    particle); time_s since the fresh cell; current_A at that moment (positive discharges).
    """

    profiles: Mapping[str, Profile]
    edges: Mapping[str, np.ndarray]
    time_s: float = 0.0
    current_A: float = 0.0
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        profiles = {name: Profile(p.axes, owned(p.values, float)) for name, p in self.profiles.items()}
        object.__setattr__(self, "profiles", profiles)
        object.__setattr__(self, "edges", {axis: owned(edges, float) for axis, edges in self.edges.items()})

    def __repr__(self) -> str:
        width = max(map(len, self.profiles), default=0)
        head = f"CellState after {self.time_s / 3600:.4g} h at {self.current_A:.4g} A; means:"
        return "\n".join([head, *(f"  {name:{width}s}  {self.mean(name):.5g}" for name in self.profiles)])

    def mean(self, name: str) -> float:
        """Volume average of a profile."""
        if name not in self.profiles:
            raise InputError(f"CellState has no profile '{name}'; it has {', '.join(self.profiles)}.")
        axes, values = self.profiles[name]
        for axis in reversed(axes):
            volume = np.diff(self.edges[axis] ** AXIS_POWER[axis])
            values = values @ volume
        return float(values)

    def on(self, edges: Mapping[str, np.ndarray]) -> CellState:
        """The same state on another mesh; every volume integral is kept."""
        if all(np.array_equal(self.edges[axis], new) for axis, new in edges.items() if axis in self.edges):
            return self
        return CellState(
            profiles={k: _remapped(p, self.edges, edges) for k, p in self.profiles.items()},
            edges=dict(edges),
            time_s=self.time_s,
            current_A=self.current_A,
            provenance=self.provenance,
        )


def _remapped(profile: Profile, old: Mapping[str, np.ndarray], new: Mapping[str, np.ndarray]) -> Profile:
    values = profile.values
    for dimension, axis in enumerate(profile.axes):
        if not np.array_equal(old[axis], new[axis]):
            moved = np.moveaxis(values, dimension, -1)
            values = np.moveaxis(_remapped_axis(moved, old[axis], new[axis], AXIS_POWER[axis]), -1, dimension)
    return Profile(profile.axes, values)


def _remapped_axis(values: np.ndarray, old: np.ndarray, new: np.ndarray, power: int) -> np.ndarray:
    """Cell averages (..., n) on edges `old` -> averages on `new` by the monotone integral; NaN if any is not finite."""
    from scipy.interpolate import PchipInterpolator

    if not np.isfinite(values).all():
        return np.full((*values.shape[:-1], new.size - 1), np.nan)
    total = np.concatenate(
        [np.zeros((*values.shape[:-1], 1)), np.cumsum(values * np.diff(old**power), axis=-1)], axis=-1
    )
    integral = PchipInterpolator(old**power, total, axis=-1)(new**power)
    return np.diff(integral, axis=-1) / np.diff(new**power)
