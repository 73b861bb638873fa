"""The impedance at the door: state, rest and drift travel with it, and bad input is refused."""

import numpy as np
import pytest

import sscell as ss
from sscell.engines.pybamm import response as module
from sscell.engines.pybamm.elimination import Elimination

CELL = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15))


def test_rest_voltage_and_drift_travel_with_the_spectrum() -> None:
    state = ss.simulate(CELL, ["Charge at C/10 until 2.75 V", "Discharge at C/10 until 1.35 V"]).final_state
    short = ss.impedance(CELL, [1.0], state=state, rest_h=0.1)
    long = ss.impedance(CELL, [1.0], state=state, rest_h=20.0)
    assert short.state["rest_h"] == 0.1 and long.state["rest_h"] == 20.0
    assert long.state["voltage_V"] > short.state["voltage_V"] > 1.4
    assert abs(long.state["drift_V_per_h"]) < 0.1 * abs(short.state["drift_V_per_h"])
    assert short.area_m2 == pytest.approx(np.pi * 0.005**2)
    assert short.temperature_K == pytest.approx(318.15)


def test_one_frequency_or_many_give_the_same() -> None:
    many = ss.impedance(CELL, np.geomspace(1e6, 1e-2, 9), rest_h=0)
    for k, f in enumerate(many.frequency_Hz):
        assert ss.impedance(CELL, [f], rest_h=0).impedance_ohm[0] == pytest.approx(many.impedance_ohm[k], rel=1e-12)


@pytest.mark.parametrize(
    ("frequency_Hz", "message"),
    [([1.0, 0.0], "must be positive and finite, got 0"), ([-1.0], "got -1"), ([], "non-empty"), ([np.nan], "got nan")],
)
def test_bad_frequencies_are_refused(frequency_Hz: list[float], message: str) -> None:
    with pytest.raises(ss.InputError, match=message):
        ss.impedance(CELL, frequency_Hz)


def test_frequencies_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ss.InputError, match=r"frequency_Hz must be numbers, got \['a'\]"):
        ss.impedance(CELL, ["a"])


def test_voltage_is_known_without_a_rest() -> None:
    spectrum = ss.impedance(CELL, [1.0], rest_h=0)
    assert spectrum.state["voltage_V"] == pytest.approx(ss.impedance(CELL, [1.0]).state["voltage_V"], abs=1e-3)


def test_bad_rest_and_engine_are_refused() -> None:
    with pytest.raises(ss.InputError, match="rest_h must be at least 0 hours, got -1"):
        ss.impedance(CELL, [1.0], rest_h=-1)
    with pytest.raises(ss.InputError, match="Engine 'x' is not known"):
        ss.impedance_budget(CELL, [1.0], engine="x")
    with pytest.raises(ss.InputError, match=r"A mesh is an ss.Mesh, .* got 'fine'"):
        ss.impedance(CELL, [1.0], mesh="fine")


def test_a_frequency_that_fails_its_check_is_solved_with_pivoting(monkeypatch: pytest.MonkeyPatch) -> None:
    frequency_Hz = np.geomspace(1e5, 1e-2, 5)
    usual = ss.impedance_budget(CELL, frequency_Hz, rest_h=0)
    monkeypatch.setattr(module, "RESIDUAL_LIMIT", 0.0)  # nothing passes: every frequency goes the slow way
    slow = ss.impedance_budget(CELL, frequency_Hz, rest_h=0)
    np.testing.assert_allclose(slow.impedance_ohm, usual.impedance_ohm, rtol=1e-9)


def test_elimination_solves_a_bordered_system() -> None:
    """Against a dense solve, on a random sparse pattern that is not symmetric."""
    rng = np.random.default_rng(5)
    n = 25
    pattern = rng.random((n + 1, n + 1)) < 0.15
    np.fill_diagonal(pattern, True)
    rows, columns = np.nonzero(pattern)
    entries = rng.normal(size=rows.size)
    entries[rows == columns] += 6.0
    omega = np.array([[0.5, 20.0]])
    elimination = Elimination(rows, columns, n + 1, border=1)
    values = elimination.eliminated(elimination.table(entries, np.concatenate([np.repeat(omega, n, axis=0), [[0, 0]]])))
    x = elimination.substituted(values, np.ones((1, 2)))
    for k in range(2):
        a = np.zeros((n + 1, n + 1), dtype=complex)
        a[rows, columns] = entries
        a[np.arange(n), np.arange(n)] += 1j * omega[0, k]
        inner = np.linalg.solve(a[:n, :n], -a[:n, n])
        np.testing.assert_allclose(x[:n, k], inner, rtol=1e-10)
        schur = a[n, n] + a[n, :n] @ inner
        assert elimination.border_values(values)[0, 0][k] == pytest.approx(schur, rel=1e-10)
