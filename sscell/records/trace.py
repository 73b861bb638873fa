"""A cycling record: current and voltage over time, measured or simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.errors import require
from sscell.records.arrays import owned

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, kw_only=True, eq=False)
class CyclingTrace:
    """Time series of a cycler run, all arrays (n,).

    time_s never falls; current_A is positive on discharge; cycle counts from 1 (0: not known);
    active_mass_kg turns charge into mAh/g; provenance: where it is from.
    """

    time_s: np.ndarray
    current_A: np.ndarray
    voltage_V: np.ndarray
    cycle: np.ndarray
    active_mass_kg: float | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("time_s", "current_A", "voltage_V"):
            object.__setattr__(self, name, owned(getattr(self, name), float))
        object.__setattr__(self, "cycle", owned(self.cycle, int))
        n = self.time_s.shape
        for name in ("current_A", "voltage_V", "cycle"):
            shape = getattr(self, name).shape
            require(
                shape == n,
                f"CyclingTrace: {name} has shape {shape} but time_s has {n}; they must have one value a row.",
            )
        falls = np.flatnonzero(np.diff(self.time_s) < 0)
        require(
            falls.size == 0,
            f"CyclingTrace: time_s must not fall, but it does after row {falls[0] if falls.size else 0}; "
            "split the record there or sort it.",
        )

    def __len__(self) -> int:
        return self.time_s.size

    def __repr__(self) -> str:
        of = f" of {self.provenance['file']}" if "file" in self.provenance else ""
        if len(self) == 0:
            return f"CyclingTrace{of}: no rows"
        t, v, cycles = self.time_s, self.voltage_V, np.unique(self.cycle[self.cycle > 0]).size
        about = [f"{len(self)} rows over {(t[-1] - t[0]) / 3600:.4g} h, {v.min():.4g} to {v.max():.4g} V"]
        about += [f"{cycles} cycle{'s' * (cycles != 1)}"] if cycles else []
        about += [f"{self.active_mass_kg * 1e6:.4g} mg active"] if self.active_mass_kg is not None else []
        return f"CyclingTrace{of}: {', '.join(about)}"

    def to_pandas(self) -> pd.DataFrame:
        """Battery Data Format columns; BDF counts the charge current positive, so the sign is turned here."""
        import pandas as pd

        return pd.DataFrame(
            {
                "Test Time / s": self.time_s,
                "Current / A": -self.current_A,
                "Voltage / V": self.voltage_V,
                "Cycle Count / 1": self.cycle,
            }
        )

    def to_xarray(self) -> xr.Dataset:
        """Dataset over the row number, with our own sign: discharge positive."""
        import xarray as xr

        names = ("time_s", "current_A", "voltage_V", "cycle")
        return xr.Dataset({name: ("row", getattr(self, name)) for name in names})
