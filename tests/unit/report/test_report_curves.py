"""Curves and frames against numbers known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from sscell.records import CyclingTrace
from sscell.report.budget import Split, merged
from sscell.report.curves import MOST_POINTS, differential, half_cycle
from sscell.report.spectra import Curve, cut, decades, filled, window


def ramp(points: int = 721, pause: bool = False) -> CyclingTrace:
    """One hour of charge from 2 to 3 V at 1 mA, then one hour of discharge back; 10 mg."""
    hours = np.linspace(0, 2, points)
    charging = hours < 1
    current = np.where(charging, -1e-3, 1e-3)
    if pause:
        current[points // 4 : points // 4 + 5] = 0.0
    voltage = np.where(charging, 2 + hours, 4 - hours)
    return CyclingTrace(
        time_s=3600 * hours, current_A=current, voltage_V=voltage, cycle=np.ones(points), active_mass_kg=1e-5
    )


@pytest.mark.parametrize("discharge", [False, True])
def test_half_cycle_capacity(discharge: bool) -> None:
    capacity, voltage = half_cycle(ramp(), discharge)
    assert capacity[0] == 0
    assert capacity[-1] == pytest.approx(100, rel=0.005)
    assert np.all(np.diff(voltage) < 0) == discharge


def test_half_cycle_parts_pulses_and_keeps_the_ends() -> None:
    """The pause passes no charge and leaves one gap, also when the curve is thinned."""
    trace = ramp(points=20_001, pause=True)
    capacity, voltage = half_cycle(trace, discharge=False)
    assert np.isnan(voltage).sum() == 1
    assert voltage.size <= MOST_POINTS + 1
    assert capacity[-1] == pytest.approx(100, rel=0.002)
    assert voltage[-1] == pytest.approx(3, abs=0.001)


def test_half_cycle_without_mass_or_current_is_empty() -> None:
    trace = ramp()
    unknown = CyclingTrace(time_s=trace.time_s, current_A=trace.current_A, voltage_V=trace.voltage_V, cycle=trace.cycle)
    resting = CyclingTrace(
        time_s=trace.time_s,
        current_A=0 * trace.current_A,
        voltage_V=trace.voltage_V,
        cycle=trace.cycle,
        active_mass_kg=1e-5,
    )
    assert half_cycle(unknown, True)[0].size == 0
    assert half_cycle(resting, True)[0].size == 0
    assert differential(resting, True)[0].size == 0


def test_differential_of_a_ramp_is_flat() -> None:
    """100 mAh/g over 1 V."""
    voltage, slope = differential(ramp(), discharge=True)
    assert (voltage[0], voltage[-1]) == pytest.approx((2, 3), abs=0.02)
    np.testing.assert_allclose(slope, 100, rtol=0.01)


def test_differential_leaves_pulses_out() -> None:
    assert differential(ramp(pause=True), discharge=False)[0].size == 0
    assert differential(ramp(pause=True), discharge=True)[0].size > 0


def spectrum(simulated: bool = True, scale: float = 1.0) -> Curve:
    """One arc of 100 ohm cm² behind 10, from 1 MHz to 10 mHz."""
    f = np.geomspace(1e6, 1e-2, 33)
    return Curve(f, scale * (10 + 100 / (1 + 1j * f / 50)), {}, simulated)


def test_cut_ends_at_the_frequency() -> None:
    f, z = cut(spectrum(), 0.15)
    assert f[0] == 0.15
    assert np.all(np.diff(f) > 0)
    assert z[0] == pytest.approx(110, abs=0.5)
    measured, _ = cut(spectrum(simulated=False), 0.15)
    assert measured[0] > 0.15


def test_decades_between_the_ends() -> None:
    assert decades(spectrum()) == list(range(-2, 7))


def test_window_follows_the_simulation_and_equal_axes() -> None:
    """A measured spectrum a thousand times as large widens the frame to twice the simulated one, no more."""
    x0, x1, y0, y1 = window([spectrum()], 0.0)
    assert x0 == 0
    assert 110 < x1 < 120
    assert y0 < 0
    assert 50 < y1 < 60
    wide = window([spectrum(), spectrum(simulated=False, scale=1e3)], 0.0)
    assert wide[1] == pytest.approx(2 * x1)
    assert window([spectrum(), spectrum(simulated=False, scale=0.1)], 0.0) == (x0, x1, y0, y1)
    for ratio in (0.2, 2.0):
        a0, a1, b0, b1 = filled((x0, x1, y0, y1), ratio)
        assert (b1 - b0) / (a1 - a0) == pytest.approx(ratio)
        assert (a0, b0) == (x0, y0)
        assert a1 >= x1
        assert b1 >= y1


def test_merged_budget_keeps_the_sum() -> None:
    f = np.geomspace(1, 10, 4)
    split = Split("a", f, {"big": np.full(4, 100.0), "small": np.full(4, 0.3), "less": np.full(4, -0.1)})
    (after,) = merged([split])
    assert list(after.parts) == ["big", "other"]
    np.testing.assert_allclose(after.total, split.total)
    np.testing.assert_allclose(after.parts["other"], 0.2)
