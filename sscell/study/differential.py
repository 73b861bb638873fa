"""Differential capacity of a half-cycle, and the peak the study reads from it."""

from __future__ import annotations

import numpy as np

from sscell.records import CyclingTrace

GRID_V, SMOOTHED_BINS = 0.002, 5
PEAK_WIDTH_V, PEAK_ROUNDS = 0.010, 100
PROMINENCE = 0.03  # of a peak's height


def half_cycle(trace: CyclingTrace, cycle: int, discharge: bool) -> tuple[np.ndarray, np.ndarray, bool]:
    """Charge passed in mAh/g (n,), the voltage at it (n,), and whether nothing came between (a rest, a pulse)."""
    use = np.flatnonzero((trace.cycle == cycle) & ((trace.current_A > 0) if discharge else (trace.current_A < 0)))
    t, i = trace.time_s[use], np.abs(trace.current_A[use])
    mass_g = (trace.active_mass_kg or 1e-3) * 1e3
    passed = np.where(np.diff(use) == 1, (i[1:] + i[:-1]) / 2 * np.diff(t), 0.0)
    charge = np.concatenate([[0.0], np.cumsum(passed)])[: use.size] / 3.6 / mass_g
    return charge, trace.voltage_V[use], bool(use.size) and use[-1] - use[0] + 1 == use.size


def differential_capacity(
    trace: CyclingTrace, cycle: int, discharge: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voltage grid (2 mV), charge in mAh/g passed at it, and |dQ/dV| in mAh/g/V of one half-cycle, smoothed over 10 mV.

    Where the voltage turns back for a moment it is levelled, weighted by charge (isotonic regression): points that
    stand for no charge then count for nothing. Empty arrays when there is too little of it; time between steps (a rest
    between pulses) passes no charge.
    """
    charge, v, whole = half_cycle(trace, cycle, discharge)
    if v.size < 3 or np.ptp(v) < GRID_V * SMOOTHED_BINS:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    if whole:
        v = _levelled(v, charge, rising=not discharge)
    order = np.argsort(v, kind="stable")
    grid = GRID_V * np.arange(np.ceil(v.min() / GRID_V), np.ceil(v.max() / GRID_V))
    at = np.interp(grid, v[order], charge[order])
    slope = np.abs(np.gradient(at, grid))
    return grid, at, np.convolve(slope, np.ones(SMOOTHED_BINS) / SMOOTHED_BINS, mode="same")


def relithiation_peak_V(trace: CyclingTrace, cycle: int, below_V: float = 2.05) -> float | None:
    """Voltage of the largest peak of |dQ/dV| on discharge below `below_V`; None where there is none.

    Looked for in a curve smoothed over 20 mV more, where what a solver's steps leave on a shoulder stands out by less
    than PROMINENCE. Its place is the top of the parabola through the curve's points around it, weighted by a bell of
    PEAK_WIDTH_V about that very place: so it moves smoothly where one of several bumps on a top overtakes another.
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    voltage, _, slope = differential_capacity(trace, cycle, discharge=True)
    below = voltage < below_V
    v, q, smooth = voltage[below], slope[below], slope[below]
    if slope.size:
        smooth = gaussian_filter1d(slope, PEAK_WIDTH_V / GRID_V, mode="nearest")[below]
    peaks, found = find_peaks(smooth, prominence=0)
    peaks = peaks[found["prominences"] > PROMINENCE * smooth[peaks]]
    if not peaks.size:
        return None
    place = float(v[peaks[np.argmax(smooth[peaks])]])
    for _ in range(PEAK_ROUNDS):
        root = np.exp(-(((v - place) / PEAK_WIDTH_V) ** 2) / 4)
        bend, slope_there, _ = np.polyfit((v - place) / PEAK_WIDTH_V, q, 2, w=root)
        if bend >= 0:
            break
        moved = -slope_there / (2 * bend) * PEAK_WIDTH_V
        place = float(np.clip(place + np.clip(moved, -PEAK_WIDTH_V, PEAK_WIDTH_V), v[0], v[-1]))
        if abs(moved) < 1e-6:
            break
    return place


def _levelled(voltage_V: np.ndarray, charge: np.ndarray, rising: bool) -> np.ndarray:
    """The nearest voltage that only rises (or falls); a point counts by the charge it stands for."""
    from scipy.optimize import isotonic_regression

    weights = np.gradient(charge) + 1e-12 * charge[-1]
    return np.asarray(isotonic_regression(voltage_V, weights=weights, increasing=rising).x)
