"""What a simulation gives back, whichever engine ran it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sscell.errors import InputError
from sscell.records import CellState, CyclingTrace

if TYPE_CHECKING:
    import pandas as pd


class CycleSummary(NamedTuple):
    """One row of `SimulationResult.cycles`; capacities per gram of all CAM, active or not."""

    cycle: int
    charge_capacity_mAh_per_g: float
    discharge_capacity_mAh_per_g: float
    coulomb_efficiency_percent: float
    charge_mean_voltage_V: float
    discharge_mean_voltage_V: float
    end_voltage_V: float
    duration_h: float
    oxidation_charge_mAh_per_g: float
    decomposition_thickness_nm: float
    active_fraction: float
    interface_resistance_ohm_cm2: float


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulationResult:
    """A run: per-cycle summaries, the full trace, and the state after each cycle.

    complete is False when the solver failed; `message` then names cycle, step and state, and every cycle finished
    before it is kept. notes: steps that ended at once because their limit was already passed.
    """

    summaries: Sequence[CycleSummary]
    trace: CyclingTrace
    states: Sequence[CellState]
    final_state: CellState
    complete: bool = True
    message: str = ""
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def cycles(self) -> pd.DataFrame:
        """One row a finished cycle."""
        import pandas as pd

        return pd.DataFrame(self.summaries, columns=list(CycleSummary._fields))

    def state_after(self, cycle: int) -> CellState:
        """The state at the end of a finished cycle, counted from 1."""
        if not 1 <= cycle <= len(self.states):
            raise InputError(f"No state after cycle {cycle}: the run finished cycles 1 to {len(self.states)}.")
        return self.states[cycle - 1]
