"""What a simulation gives back, whichever engine ran it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sscell.errors import InputError
from sscell.protocol import Step
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


def ended_at_once(cycle: int, step: Step) -> str:
    """The note on a step whose limit was passed when it began."""
    return f"cycle {cycle}: '{step.text}' ended at once, its limit was already passed"


def stopped(cycle: int, position: int, step: Step, problem: str, voltage_V: float, state: CellState) -> str:
    """The message of a run that stopped: where, why, at what state, and what is kept."""
    kept = f"Cycles 1 to {cycle - 1} are kept" if cycle > 1 else "No cycle was finished"
    where = ""
    if "stoichiometry" in state.profiles:
        where = (
            f", mean lithium content {state.mean('stoichiometry'):.3f}, {1e9 * state.mean('decomposition_m'):.1f} nm "
            f"of decomposition layer, at {state.time_s / 3600:.2f} h"
        )
    return (
        f"The run stopped in cycle {cycle}, step {position} ('{step.text}'): {problem}; the cell was at "
        f"{voltage_V:.3f} V{where}. {kept}."
    )
