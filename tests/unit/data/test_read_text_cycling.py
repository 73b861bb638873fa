"""Cycling traces from text tables: units, the sign of the current, cycles, clock times."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reader_samples import table_text

from sscell.data import read_cycling, read_spectra
from sscell.errors import InputError
from sscell.records import CyclingTrace

Write = Callable[..., Path]
N = 100
TIME_S = np.arange(2.0 * N) * 10
# Charge, then discharge, as a record counts it: discharge positive.
CURRENT_A = np.repeat([-1e-3, 1e-3], N)
VOLTAGE_V = np.concatenate([np.linspace(3.0, 4.0, N), np.linspace(3.9, 2.9, N)])
CYCLE = np.repeat([0.0, 1.0], N)


def assert_is_the_trace(trace: CyclingTrace) -> None:
    np.testing.assert_allclose(trace.time_s, TIME_S, rtol=1e-14)
    np.testing.assert_allclose(trace.current_A, CURRENT_A, rtol=1e-14)
    np.testing.assert_allclose(trace.voltage_V, VOLTAGE_V, rtol=1e-14)


@pytest.mark.parametrize(
    ("names", "scale", "note"),
    [
        (("time/s", "I/mA", "Ewe/V"), (1, -1e3, 1), "(EC-Lab, cathode as working electrode), so turned"),
        (("time/h", "<I>/µA", "Ecell/mV"), (1 / 3600, -1e6, 1e3), "(EC-Lab, cathode as working electrode)"),
        (
            ("Test Time / s", "Current / A", "Voltage / V"),
            (1, -1, 1),
            "charge positive (Battery Data Format), so turned.",
        ),
        (("Time/s", "Current/A", "Voltage/V"), (1, -1, 1), "charge positive (as the voltage shows)"),
        (
            ("Time [min]", "Current [A]", "Terminal voltage [V]"),
            (1 / 60, 1, 1),
            "discharge positive, as the vol",
        ),
        (("time_s", "current_A", "voltage_V"), (1, 1, 1), "discharge positive, as in this package"),
    ],
)
def test_units_and_current_sign(write: Write, names: tuple[str, ...], scale: tuple[float, ...], note: str) -> None:
    columns = [x * s for x, s in zip((TIME_S, CURRENT_A, VOLTAGE_V), scale, strict=True)]
    trace = read_cycling(write("a.csv", table_text(names, columns)))
    assert_is_the_trace(trace)
    assert any(note in sentence for sentence in trace.provenance["assumptions"])


def test_rest_says_nothing_of_the_sign_and_the_usual_one_is_noted(write: Write) -> None:
    columns = (TIME_S, np.full_like(TIME_S, 1.0), np.full_like(TIME_S, 3.0))
    trace = read_cycling(write("a.csv", table_text(("t/s", "Current/mA", "Voltage/V"), columns)))
    assert trace.current_A[0] == pytest.approx(-1e-3)
    assert any("as most cyclers do; the voltage does not tell" in s for s in trace.provenance["assumptions"])


@pytest.mark.parametrize(
    ("name", "counted", "cycle"),
    [
        ("cycle number", CYCLE, CYCLE + 1),
        ("Cycle Count / 1", CYCLE + 5, CYCLE + 5),
        ("half cycle", CYCLE + 1, CYCLE + 1),
        ("cycle number", 0 * CYCLE, 0 * CYCLE),
    ],
)
def test_cycles_count_from_one(write: Write, name: str, counted: np.ndarray, cycle: np.ndarray) -> None:
    """Half cycles 1 and 2 belong to cycles 1 and 2 (0 and 1 make the first); a lone 0 is not known."""
    names = ("time/s", "I/mA", "Ewe/V", name)
    trace = read_cycling(write("a.csv", table_text(names, (TIME_S, CURRENT_A, VOLTAGE_V, counted))))
    np.testing.assert_array_equal(trace.cycle, cycle)


def test_reference_electrode_gives_the_cell_voltage(write: Write) -> None:
    names = ("time/s", "I/mA", "Ewe/V", "Ece/V")
    counter = np.full_like(TIME_S, 0.62)
    trace = read_cycling(write("a.csv", table_text(names, (TIME_S, -1e3 * CURRENT_A, VOLTAGE_V + 0.62, counter))))
    np.testing.assert_allclose(trace.voltage_V, VOLTAGE_V, rtol=1e-14)
    unused = read_cycling(write("b.csv", table_text(names, (TIME_S, CURRENT_A, VOLTAGE_V, 0 * counter))))
    np.testing.assert_array_equal(unused.voltage_V, VOLTAGE_V)


def test_clock_times_become_seconds(write: Write) -> None:
    text = "time/s\tI/mA\tEwe/V\n11/20/2024 23:59:59.500\t1\t3.0\n11/21/2024 00:00:01.250\t1\t3.1\n"
    trace = read_cycling(write("a.txt", text))
    np.testing.assert_allclose(trace.time_s, [0, 1.75])
    assert "read as month/day/year" in trace.provenance["assumptions"][0]
    iso = read_cycling(write("b.csv", "time,I/mA,Ewe/V\n2024-11-20 10:00:00,1,3\n2024-11-20T10:01:00,1,3\n"))
    np.testing.assert_allclose(iso.time_s, [0, 60])


def test_impedance_rows_are_dropped_from_the_trace_and_kept_for_spectra(write: Write) -> None:
    text = (
        "time/s,I/mA,Ewe/V,freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n"
        "0,1,3.0,0,0,0\n1,1,3.1,0,0,0\n2,0,3.1,100,1,1\n3,0,3.1,10,2,1\n4,1,3.2,0,0,0\n"
    )
    path = write("a.csv", text)
    trace = read_cycling(path)
    np.testing.assert_array_equal(trace.time_s, [0, 1, 4])
    assert trace.provenance["dropped_impedance_rows"] == 2
    (spectrum,) = read_spectra(path)
    np.testing.assert_array_equal(spectrum.impedance_ohm, [1 - 1j, 2 - 1j])
    assert spectrum.state["start_time_s"] == 2


def test_own_export_comes_back(tmp_path: Path) -> None:
    """Battery Data Format counts the charge current positive; the record does not."""
    made = CyclingTrace(time_s=TIME_S, current_A=CURRENT_A, voltage_V=VOLTAGE_V, cycle=CYCLE.astype(int) + 1)
    made.to_pandas().to_csv(tmp_path / "own.csv", index=False)
    trace = read_cycling(tmp_path / "own.csv")
    assert_is_the_trace(trace)
    np.testing.assert_array_equal(trace.cycle, CYCLE + 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "time/s,I/mA,Ewe/V\n0,1,3\n2,1,3\n1,1,3\n",
            r"time must not fall, but at line 4 it goes from 2 s to 1 s",
        ),
        (
            "time/s,I/mA\n0,1\n1,1\n",
            r"a\.csv has no column for voltage \(it has 'time/s', 'I/mA'\); name them",
        ),
        (
            "freq/Hz,Zre,-Zim\n10,1,1\n1,1,2\n",
            r"no column for time and current and voltage .*; use read_spectra",
        ),
        ("time/s,I/mA,Ewe/V\n0,1,3\n", r"a\.csv holds 1 row of cycling; a trace needs at least 2"),
        ("time/s,I/mA,Ewe/V\n0,1,3\n1,x,3\n", r"a\.csv, line 3, column 'I/mA': 'x' is not a finite number"),
        (
            "time/s,I/mA,Ewe/V,freq/Hz\n0,1,3,9\n1,1,3,8\n",
            r"a\.csv holds impedance points only \(2 rows\); use",
        ),
        (
            "time/s,I/mA,Ewe/V,cycle\n0,1,3,1\n1,1,3,-2\n",
            r"'cycle' must count cycles from 0 or 1, but has .* -2",
        ),
        ("1,2,-3\n4,5,-6\n", r"no column for time and current and voltage \(it has columns without names\)"),
    ],
)
def test_bad_cycling_is_refused(write: Write, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_cycling(write("a.csv", text))
