"""Curves taken from a cycling trace for drawing."""

from __future__ import annotations

import numpy as np

from sscell.records import CyclingTrace
from sscell.study.differential import differential_capacity

MOST_POINTS = 800
FLAT = 0.002  # of the largest dQ/dV: below it the ends of a curve are jumps, not charge


def first_cycle_with(trace: CyclingTrace, discharge: bool) -> int | None:
    """Number of the first cycle in which such a current flows; None if none does."""
    flows = trace.current_A > 0 if discharge else trace.current_A < 0
    return int(trace.cycle[flows][0]) if flows.any() else None


def half_cycle(trace: CyclingTrace, discharge: bool) -> tuple[np.ndarray, np.ndarray]:
    """Specific capacity (mAh/g, from 0) and voltage of the first charge or discharge; NaN parts pulses.

    Both are empty when no such current flows or the active mass is not known.
    """
    use = _flowing(trace, discharge)
    if not use.any() or not trace.active_mass_kg:
        return np.zeros(0), np.zeros(0)
    current = np.abs(trace.current_A)
    steps = np.where(use[1:] & use[:-1], (current[1:] + current[:-1]) / 2 * np.diff(trace.time_s), 0.0)
    charge_mAh = np.concatenate([[0.0], np.cumsum(steps)])[use] / 3.6
    voltage = trace.voltage_V[use].copy()
    voltage[1:][np.diff(np.flatnonzero(use)) > 1] = np.nan
    keep = _thin(voltage)
    return (charge_mAh - charge_mAh[0])[keep] / (trace.active_mass_kg * 1e3), voltage[keep]


def differential(trace: CyclingTrace, discharge: bool) -> tuple[np.ndarray, np.ndarray]:
    """Voltage and |dQ/dV| (mAh/g/V) of the first charge or discharge; empty where pulses interrupt it."""
    use, cycle = np.flatnonzero(_flowing(trace, discharge)), first_cycle_with(trace, discharge)
    if cycle is None or use.size < 20 or use[-1] - use[0] + 1 != use.size:
        return np.zeros(0), np.zeros(0)
    voltage, _, slope = differential_capacity(trace, cycle, discharge)
    inner = slice(3, -3)  # the smoothing window hangs over the ends
    voltage, slope = voltage[inner], slope[inner]
    real = np.flatnonzero(slope > FLAT * slope.max(initial=0.0))
    span = slice(real[0], real[-1] + 1) if real.size else slice(0, 0)
    keep = _thin(voltage[span])
    return voltage[span][keep], slope[span][keep]


def _flowing(trace: CyclingTrace, discharge: bool) -> np.ndarray:
    """Rows of the first charge or discharge."""
    cycle = first_cycle_with(trace, discharge)
    current = trace.current_A if discharge else -trace.current_A
    return (trace.cycle == cycle) & (current > 0) if cycle is not None else np.zeros(len(trace), dtype=bool)


def _thin(values: np.ndarray) -> np.ndarray:
    """Indices of at most `MOST_POINTS` values, evenly taken, with both ends and every gap kept."""
    if values.size <= MOST_POINTS:
        return np.arange(values.size)
    even = np.linspace(0, values.size - 1, MOST_POINTS).round().astype(int)
    return np.unique(np.concatenate([even, np.flatnonzero(np.isnan(values))]))
