"""A protocol as arrays: what the cycler holds in each step, and what ends it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from sscell.engines.limits import HIGHEST_V, LONGEST_HOLD_S, LOWEST_V
from sscell.protocol import Protocol, Step


class Control(NamedTuple):
    """One step of a protocol, or all of them: (steps,) or, for the lanes, (lanes,).

    The current is rate one_C_A + current_A, the one that ends a hold cut_rate one_C_A + cut_off_A. open_ended: 1 where
    the step names no time; limited: 1 where it names a voltage that ends it.
    """

    hold: Any
    rate: Any
    current_A: Any
    voltage_V: Any
    lowest_V: Any
    highest_V: Any
    cut_rate: Any
    cut_off_A: Any
    longest_s: Any
    open_ended: Any
    limited: Any


def program_from(protocol: Protocol) -> np.ndarray:
    """The protocol's steps one after the other: (fields of Control, steps + 1); the last column is never run."""
    columns = [_control(step) for cycle in protocol.cycles for step in cycle]
    return np.array([*columns, columns[-1]], dtype=float).T


def has_holds(protocol: Protocol) -> bool:
    """Whether any step holds a voltage."""
    return any(step.current is None for cycle in protocol.cycles for step in cycle)


def _control(step: Step) -> Control:
    if step.current is None:
        cut = step.until_current
        return Control(
            hold=1.0,
            rate=0.0,
            current_A=0.0,
            voltage_V=step.voltage_V,
            lowest_V=LOWEST_V,
            highest_V=HIGHEST_V,
            cut_rate=cut.value if cut is not None and cut.unit == "C" else 0.0,
            cut_off_A=-1.0 if cut is None else cut.value if cut.unit == "A" else 0.0,
            longest_s=step.duration_s if step.duration_s is not None else LONGEST_HOLD_S,
            open_ended=float(step.duration_s is None),
            limited=0.0,
        )
    value, limit = step.current.value, step.until_voltage_V
    return Control(
        hold=0.0,
        rate=value if step.current.unit == "C" else 0.0,
        current_A=value if step.current.unit == "A" else 0.0,
        voltage_V=0.0,
        lowest_V=limit if limit is not None and value > 0 else LOWEST_V,
        highest_V=limit if limit is not None and value < 0 else HIGHEST_V,
        cut_rate=0.0,
        cut_off_A=-1.0,
        longest_s=step.duration_s if step.duration_s is not None else math.inf,
        open_ended=float(step.duration_s is None),
        limited=float(limit is not None),
    )


def current_A(control: Control, steps: Any, one_C_A: Any) -> Any:
    """The current that is set in the given steps."""
    return control.rate[steps] * one_C_A + control.current_A[steps]
