"""Experiment strings: every form, its sign and unit, agreement with PyBaMM, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from sscell import protocols
from sscell.errors import InputError
from sscell.protocol import Current, Protocol, parse_step, protocol_from

C, A = "C", "A"


@pytest.mark.parametrize(
    ("words", "current"),
    [
        ("C/10", Current(0.1, C)),
        ("C / 10", Current(0.1, C)),
        ("0.5C", Current(0.5, C)),
        ("0.5 C", Current(0.5, C)),
        ("1C", Current(1.0, C)),
        ("C", Current(1.0, C)),
        ("2C/3", Current(2 / 3, C)),
        ("2 mA", Current(2e-3, A)),
        ("2mA", Current(2e-3, A)),
        ("0.002 A", Current(2e-3, A)),
        ("2e-3 A", Current(2e-3, A)),
        ("150 uA", Current(150e-6, A)),
        ("150 µA", Current(150e-6, A)),
        (".5C", Current(0.5, C)),
    ],
)
def test_current_and_its_sign(words: str, current: Current) -> None:
    """A discharge is positive, a charge its mirror; the unit is kept until the cell is known."""
    discharge = parse_step(f"Discharge at {words} until 1.35 V").current
    charge = parse_step(f"Charge at {words} until 2.75 V").current
    assert discharge is not None and charge is not None
    assert discharge.unit == charge.unit == current.unit
    assert discharge.value == pytest.approx(current.value, rel=1e-15)
    assert charge.value == -discharge.value


def test_current_in_ampere() -> None:
    """0.1C of a cell whose 1C is 1.573 mA; an ampere is an ampere whatever the cell."""
    assert Current(-0.1, C).ampere(1.573e-3) == pytest.approx(-1.573e-4)
    assert Current(-2e-3, A).ampere(1.573e-3) == -2e-3


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("10 seconds", 10),
        ("1 second", 1),
        ("90 s", 90),
        ("90 sec", 90),
        ("30 minutes", 1800),
        ("1 minute", 60),
        ("5 min", 300),
        ("5 mins", 300),
        ("2 hours", 7200),
        ("0.5 hours", 1800),
        ("1 h", 3600),
        ("2 days", 172800),
        ("1.5e1 minutes", 900),
    ],
)
def test_duration(words: str, seconds: float) -> None:
    assert parse_step(f"Rest for {words}").duration_s == seconds
    assert parse_step(f"Charge at 1C for {words}").duration_s == seconds


@pytest.mark.parametrize(("words", "volts"), [("2.75 V", 2.75), ("2.75V", 2.75), ("2750 mV", 2.75), ("-0.1 V", -0.1)])
def test_voltage_limit(words: str, volts: float) -> None:
    assert parse_step(f"Charge at 1C until {words}").until_voltage_V == pytest.approx(volts, rel=1e-15)
    assert parse_step(f"Hold at {words} for 1 hour").voltage_V == pytest.approx(volts, rel=1e-15)


@pytest.mark.parametrize("endings", ["for 2 hours or until 2.75 V", "until 2.75 V or for 2 hours"])
def test_two_endings_in_either_order(endings: str) -> None:
    step = parse_step(f"Charge at C/10 {endings}")
    assert (step.duration_s, step.until_voltage_V) == (7200, 2.75)


def test_hold() -> None:
    step = parse_step("Hold at 2.75 V for 3 hours or until C/20")
    assert step.current is None
    assert (step.voltage_V, step.duration_s, step.until_current) == (2.75, 10800, Current(0.05, C))
    assert parse_step("Hold at 2.75 V until 2 mA").until_current == Current(2e-3, A)


def test_rest() -> None:
    step = parse_step("Rest for 1 hour")
    assert step.is_rest
    assert (step.duration_s, step.until_voltage_V, step.voltage_V) == (3600, None, None)
    assert not parse_step("Hold at 2 V for 1 hour").is_rest


def test_case_and_spaces_do_not_matter() -> None:
    plain, odd = parse_step("Charge at 0.1C until 2.75 V"), parse_step("  charge  AT 0.1C  Until 2.75 V ")
    assert (plain.current, plain.until_voltage_V) == (odd.current, odd.until_voltage_V)


@pytest.mark.parametrize(
    "text",
    [
        "Charge at C/10 until 2.75 V",
        "Charge at 1 C until 2.75V",
        "Charge at 0.002 A until 2.75 V",
        "Charge at 1C for 5 min or until 2.7 V",
        "Charge at 1e-3 A for 1 hour",
        "Discharge at 0.5C for 30 minutes",
        "Discharge at C/3 for 2 hours or until 2.5 V",
        "Discharge at 2C until 1350 mV",
        "Discharge at 2 mA for 30 minutes or until 1.35 V",
        "Hold at 2.75 V until C/20",
        "Hold at 2.75 V until 2 mA",
        "Hold at 2.75 V for 2 hours or until C/20",
        "Hold at 2.75V for 60 min",
        "Rest for 1 hour",
        "Rest for 90 seconds",
    ],
)
def test_agrees_with_pybamm(text: str) -> None:
    """Kind, signed value, duration and limit are those PyBaMM reads; it fills in a duration of its own where none is
    given, which is not compared."""
    import pybamm

    ours, theirs = parse_step(text), pybamm.step.string(text)
    if ours.current is None:
        assert isinstance(theirs, pybamm.step.Voltage)
        assert ours.voltage_V == theirs.value
    else:
        kinds = {C: pybamm.step.CRate, A: pybamm.step.Current}
        assert isinstance(theirs, pybamm.step.Rest if ours.is_rest else kinds[ours.current.unit])
        assert ours.current.value == theirs.value
    assert ours.duration_s == (None if theirs.uses_default_duration else theirs.duration)
    ends = {type(t).__name__: t.value for t in theirs.termination}
    mine = {}
    if ours.until_voltage_V is not None:
        mine["VoltageTermination"] = ours.until_voltage_V
    if ours.until_current is not None:
        mine["CRateTermination" if ours.until_current.unit == C else "CurrentTermination"] = ours.until_current.value
    assert mine == ends


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Discharge at 1 W for 1 hour", "constant power and constant resistance are not simulated"),
        ("Charge at 200mW until 2.75 V", "constant power and constant resistance are not simulated"),
        ("Discharge at 5 Ohm for 1 hour", "constant power and constant resistance are not simulated"),
        ("Charge at 0C until 2.75 V", "the C-rate must be positive, got '0C'; use 'Rest for"),
        ("Charge at C/0 until 2.75 V", "the C-rate must be positive, got 'C/0'"),
        ("Charge at -1C until 2.75 V", "the C-rate must be positive, got '-1C'"),
        ("Charge at 1e400C until 2.75 V", "the C-rate must be positive"),
        ("Discharge at 0 mA until 1.35 V", "the current must be positive, got 0 mA; use 'Rest for"),
        ("Discharge at -2 mA until 1.35 V", "the current must be positive, got -2 mA"),
        ("Discharge at 1e400 A until 1.35 V", "the current must be positive, got 1e400 A"),
        ("Charge at C/10", r"'Charge at C/10' never ends: add 'for <time>' or 'until <limit>'"),
        ("Hold at 2.75 V", "never ends"),
        ("Rest", "a rest takes a duration and nothing else"),
        ("Rest for 1 hour or until 2 V", "a rest takes a duration and nothing else"),
        ("Rest at 2 mA for 1 hour", "a rest takes a duration and nothing else"),
        ("Fly at C/10 until 2.75 V", "it must begin with Charge, Discharge, Hold or Rest"),
        ("", "it must begin with Charge, Discharge, Hold or Rest"),
        ("Chargeat C/10 until 2.75 V", "it must begin with Charge, Discharge, Hold or Rest"),
        ("Charge C/10 until 2.75 V", "after the verb comes 'at <amount>'"),
        ("Charge at fast until 2.75 V", r"'fast' is not a current \(write C/10, 0.5C, 2 mA or 0.002 A\)"),
        ("Charge at 2 until 2.75 V", "'2' is not a current"),
        ("Charge at 2.75 V until 2 mA", "'2.75 V' is not a current"),
        ("Charge at C/10 until 2.75", "'2.75' is not a voltage limit"),
        ("Charge at C/10 until C/20", "'C/20' is not a voltage limit"),
        ("Charge at C/10 until 1e400 V", "'1e400 V' is not a voltage limit"),
        ("Charge at C/10 until 2.75 V until 3 V", "is not a voltage limit"),
        ("Charge at C/10 until 2.75 V or until 3 V", "it names two limits"),
        ("Charge at C/10 for 1 hour or for 2 hours", "it names two durations"),
        ("Charge at C/10 for 1 hour or so", "'so' is neither 'for <time>' nor 'until <limit>'"),
        ("Hold at C/10 until 2.75 V", "'C/10' is not a voltage to hold"),
        ("Hold at 2.75 V until 2 V", "'2 V' is not a current"),
        ("Hold at 2.75 V until -1 mA", "the cut-off current must be positive"),
        ("Rest for 2 fortnights", r"'2 fortnights' is not a time \(units: seconds, minutes, hours, days\)"),
        ("Rest for an hour", "'an hour' is not a time"),
        ("Rest for 0 hours", "the time must be positive, got 0 hours"),
        ("Rest for -1 hours", "the time must be positive, got -1 hours"),
        (5, "must be a string, got 5"),
        (None, "must be a string, got None"),
    ],
)
def test_refused_step(text: str, message: str) -> None:
    """The message quotes the step and names the rule."""
    with pytest.raises(InputError, match=message) as caught:
        parse_step(text)
    assert str(text) in str(caught.value)


def test_protocol_forms() -> None:
    """A list of strings is one cycle; a list of lists is as many cycles; either is repeated."""
    up, down = "Charge at C/10 until 2.75 V", "Discharge at C/10 until 1.35 V"
    one = protocol_from([up, down])
    assert [[s.text for s in cycle] for cycle in one.cycles] == [[up, down]]
    assert len(protocol_from([up, down], cycles=3)) == 3
    assert len(protocol_from([[up], [down, up]], cycles=2)) == 4
    assert len(protocol_from(one, cycles=np.int64(5))) == 5
    assert len(protocol_from(up)) == 1


@pytest.mark.parametrize(
    ("protocol", "cycles", "message"),
    [
        ([], 1, "A protocol needs at least one step"),
        ([[]], 1, "A protocol has a cycle without steps"),
        (["Rest for 1 hour"], 0, "cycles must be a whole number of at least 1, got 0"),
        (["Rest for 1 hour"], 1.5, "cycles must be a whole number of at least 1, got 1.5"),
        ([3], 1, "A protocol step must be a string, got 3"),
        ([["Rest for 1 hour", None]], 1, "A protocol step must be a string, got None"),
    ],
)
def test_refused_protocol(protocol: list, cycles: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        protocol_from(protocol, cycles)


def rates(plan: Protocol) -> list[float]:
    """C-rate of each cycle's discharge, its charge being the mirror between the same limits."""
    found = []
    for charge, discharge in plan.cycles:
        assert charge.current is not None and discharge.current is not None
        assert charge.current.value == -discharge.current.value
        assert (charge.until_voltage_V, discharge.until_voltage_V) == (2.75, 1.35)
        found.append(discharge.current.value)
    return found


def test_protocols_of_the_study() -> None:
    """Kitsche et al. 2022: two cycles each at 0.1, 0.2, 0.5 and 1C, then 0.2C to cycle 50; 200 cycles at 0.5C."""
    assert rates(protocols.first_cycle()) == [0.1]
    assert rates(protocols.rate_test()) == [0.1] * 2 + [0.2] * 2 + [0.5] * 2 + [1.0] * 2 + [0.2] * 42
    assert rates(protocols.rate_test(cycles=3)) == [0.1, 0.1, 0.2]
    assert rates(protocols.stability_test()) == [0.5] * 200


def test_gitt() -> None:
    """Pulses and rests alternate, up in cycle 1 and down in cycle 2."""
    up, down = protocols.gitt(rate="C/20", pulse_min=10, rest_h=0.5, pulses=3).cycles
    assert [s.is_rest for s in up] == [False, True] * 3
    assert {s.current.value for s in up[::2] if s.current} == {-0.05}
    assert {s.current.value for s in down[::2] if s.current} == {0.05}
    assert {s.duration_s for s in up[::2]} == {600}
    assert {s.duration_s for s in up[1::2]} == {1800}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: protocols.rate_test(cycles=0), "rate_test: cycles must be at least 1, got 0"),
        (lambda: protocols.stability_test(cycles=-1), "stability_test: cycles must be at least 1, got -1"),
        (lambda: protocols.first_cycle(lower_V=3.0, upper_V=2.0), "limits are crossed: lower_V = 3 V must be below"),
        (lambda: protocols.first_cycle(rate="0C"), "the C-rate must be positive"),
        (lambda: protocols.gitt(pulse_min=0), "pulse_min and rest_h must be positive, got 0"),
        (lambda: protocols.gitt(lower_V=2.75, upper_V=2.75), "limits are crossed"),
        (lambda: protocols.gitt(pulses=0), "pulses must be at least 1, got 0"),
    ],
)
def test_refused_protocol_of_the_study(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
