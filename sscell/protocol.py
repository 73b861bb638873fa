"""What the cycler does: PyBaMM's experiment strings, parsed here without PyBaMM, for every engine.

One string is one step: "Charge at C/10 until 2.75 V", "Hold at 2.75 V until C/20", "Rest for 1 hour",
"Discharge at 2 mA for 30 minutes or until 1.35 V".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Literal

from sscell.errors import InputError, require

CurrentUnit = Literal["C", "A"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_SECONDS = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86400}
_SCALE = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6}
_HOW_TO = (
    "write it as PyBaMM does, for example 'Charge at C/10 until 2.75 V', 'Hold at 2.75 V until C/20' "
    "or 'Rest for 1 hour'"
)


@dataclass(frozen=True)
class Current:
    """A current as written: in C-rates or in ampere; positive discharges."""

    value: float
    unit: CurrentUnit

    def ampere(self, one_C_A: float) -> float:
        """The current in A of a cell whose 1C is `one_C_A`."""
        return self.value * one_C_A if self.unit == "C" else self.value


@dataclass(frozen=True)
class Step:
    """One step: what is held (current or voltage), how long at most, and the limit that ends it."""

    text: str
    current: Current | None  # None: the voltage is held
    voltage_V: float | None
    duration_s: float | None
    until_voltage_V: float | None = None
    until_current: Current | None = None

    @property
    def is_rest(self) -> bool:
        """True when no current flows by order."""
        return self.current is not None and self.current.value == 0


@dataclass(frozen=True)
class Protocol:
    """Cycles of steps; `cycles[k]` holds the steps of cycle k+1."""

    cycles: tuple[tuple[Step, ...], ...]
    name: str = "protocol"

    def __len__(self) -> int:
        return len(self.cycles)


def protocol_from(protocol: Protocol | Sequence[str] | Sequence[Sequence[str]], cycles: int = 1) -> Protocol:
    """A Protocol from one cycle's strings (repeated `cycles` times), a list of such cycles, or a Protocol."""
    whole = isinstance(cycles, Integral)
    require(whole and cycles >= 1, f"cycles must be a whole number of at least 1, got {cycles!r}.")
    if isinstance(protocol, Protocol):
        return Protocol(protocol.cycles * cycles, protocol.name)
    if isinstance(protocol, str):
        protocol = [protocol]
    require(len(protocol) > 0, f"A protocol needs at least one step; {_HOW_TO}.")
    if all(isinstance(entry, str) for entry in protocol):
        once: tuple[tuple[Step, ...], ...] = (tuple(parse_step(text) for text in protocol),)  # type: ignore[arg-type]
    else:
        lists = [list(e) if isinstance(e, Sequence) and not isinstance(e, str) else [e] for e in protocol]
        once = tuple(tuple(parse_step(text) for text in steps) for steps in lists)
    require(all(once), f"A protocol has a cycle without steps; {_HOW_TO}.")
    return Protocol(once * cycles)


def parse_step(text: str) -> Step:
    """Read one experiment string; raises InputError that quotes it and says what is wrong."""
    require(isinstance(text, str), f"A protocol step must be a string, got {text!r}; {_HOW_TO}.")
    words = " ".join(text.split())
    if re.search(rf"{_NUMBER}\s*(W|mW|kW|Ohm|ohm)\b", words):
        raise _refused(text, "constant power and constant resistance are not simulated")
    match = re.fullmatch(r"(charge|discharge|hold|rest)\b\s*(.*)", words, flags=re.IGNORECASE)
    if match is None:
        raise _refused(text, "it must begin with Charge, Discharge, Hold or Rest")
    verb, rest = match.group(1).lower(), match.group(2)
    amount, endings = _amount_and_endings(text, verb, rest)
    duration_s, limit = _endings(text, endings)
    if verb == "rest":
        if duration_s is None or limit is not None or amount:
            raise _refused(text, "a rest takes a duration and nothing else")
        return Step(text, Current(0.0, "A"), None, duration_s)
    if verb == "hold":
        voltage = _voltage(amount)
        if voltage is None:
            raise _refused(text, f"'{amount}' is not a voltage to hold")
        until = _current(text, limit) if limit is not None else None
        if until is not None:
            require(until.value > 0, f"Protocol step '{text}': the cut-off current must be positive.")
        return _ended(Step(text, None, voltage, duration_s, None, until))
    current = _current(text, amount)
    require(
        0 < current.value < math.inf,
        f"Protocol step '{text}': the current must be positive, got {amount}; use 'Rest for ...' for no current.",
    )
    signed = Current(current.value if verb == "discharge" else -current.value, current.unit)
    until_V = None
    if limit is not None:
        until_V = _voltage(limit)
        if until_V is None:
            raise _refused(text, f"'{limit}' is not a voltage limit")
    return _ended(Step(text, signed, None, duration_s, until_V))


def _refused(text: str, why: str) -> InputError:
    return InputError(f"Protocol step '{text}' cannot be read: {why}; {_HOW_TO}.")


def _ended(step: Step) -> Step:
    require(
        step.duration_s is not None or step.until_voltage_V is not None or step.until_current is not None,
        f"Protocol step '{step.text}' never ends: add 'for <time>' or 'until <limit>'.",
    )
    return step


def _amount_and_endings(text: str, verb: str, rest: str) -> tuple[str, str]:
    """Split 'at C/10 until 2.75 V' into 'C/10' and 'until 2.75 V'."""
    match = re.fullmatch(r"(?:at\s+(.*?))?\s*((?:\b(?:for|until)\b.*)?)", rest, flags=re.IGNORECASE)
    if match is None or (verb != "rest" and not match.group(1)):
        raise _refused(text, "after the verb comes 'at <amount>', then 'for <time>' or 'until <limit>'")
    return (match.group(1) or "").strip(), match.group(2).strip()


def _endings(text: str, endings: str) -> tuple[float | None, str | None]:
    """Duration in s and limit as text, from 'for 2 hours or until 2.75 V' in either order."""
    duration_s, limit = None, None
    for part in re.split(r"\s+or\s+", endings, flags=re.IGNORECASE) if endings else []:
        match = re.fullmatch(r"(for|until)\s+(.+)", part, flags=re.IGNORECASE)
        if match is None:
            raise _refused(text, f"'{part}' is neither 'for <time>' nor 'until <limit>'")
        if match.group(1).lower() == "for":
            if duration_s is not None:
                raise _refused(text, "it names two durations")
            duration_s = _duration(text, match.group(2))
        else:
            if limit is not None:
                raise _refused(text, "it names two limits")
            limit = match.group(2).strip()
    return duration_s, limit


def _duration(text: str, words: str) -> float:
    match = re.fullmatch(rf"({_NUMBER})\s*([a-z]+?)s?", words.strip(), flags=re.IGNORECASE)
    unit = match.group(2).lower() if match else ""
    if match is None or unit not in _SECONDS:
        raise _refused(text, f"'{words}' is not a time (units: seconds, minutes, hours, days)")
    seconds = float(match.group(1)) * _SECONDS[unit]
    require(seconds > 0 and math.isfinite(seconds), f"Protocol step '{text}': the time must be positive, got {words}.")
    return seconds


def _voltage(words: str) -> float | None:
    match = re.fullmatch(rf"({_NUMBER})\s*(m?)V", words.strip())
    voltage_V = float(match.group(1)) * _SCALE[match.group(2)] if match else math.nan
    return voltage_V if math.isfinite(voltage_V) else None


def _current(text: str, words: str) -> Current:
    words = words.strip()
    if match := re.fullmatch(rf"({_NUMBER})?\s*C(?:\s*/\s*({_NUMBER}))?", words):
        rate, over = float(match.group(1) or 1), float(match.group(2) or 1)
        require(
            over > 0 and rate > 0 and math.isfinite(rate / over),
            f"Protocol step '{text}': the C-rate must be positive, got '{words}'; use 'Rest for ...' for no current.",
        )
        return Current(rate / over, "C")
    if match := re.fullmatch(rf"({_NUMBER})\s*([muµ]?)A", words):
        return Current(float(match.group(1)) * _SCALE[match.group(2)], "A")
    raise _refused(text, f"'{words}' is not a current (write C/10, 0.5C, 2 mA or 0.002 A)")
