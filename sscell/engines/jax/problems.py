"""How a lane stands, and in words why it stopped."""

from __future__ import annotations

from enum import IntEnum

from sscell.protocol import Protocol, Step


class Status(IntEnum):
    """How a lane stands; all but RUNNING end it."""

    RUNNING = 0
    STEP_TOO_SMALL = 1
    NOT_FINITE = 2
    TOO_MANY_STEPS = 3
    NO_LIMIT = 4
    EMPTIED = 5
    OVERCHARGED = 6


WORDS = {
    Status.RUNNING: "",
    Status.STEP_TOO_SMALL: "the solver failed after {hours:.2f} h of the step (its time step became too small)",
    Status.NOT_FINITE: "the solution is not finite after {hours:.2f} h of the step",
    Status.TOO_MANY_STEPS: "the solver failed after {hours:.2f} h of the step (too many time steps)",
    Status.NO_LIMIT: "no limit was reached within {hours:.0f} h",
    Status.EMPTIED: "the cell was emptied after {hours:.2f} h of the step; add a limit, such as 'or until 1.35 V'",
    Status.OVERCHARGED: (
        "the cell was overcharged after {hours:.2f} h of the step; add a limit, such as 'or until 2.75 V'"
    ),
}


def problem(status: int, since_s: float) -> str:
    """What went wrong, this long after the protocol step began; '' if nothing."""
    return WORDS[Status(status)].format(hours=since_s / 3600)


def numbered(protocol: Protocol) -> list[tuple[int, int, Step]]:
    """Every step with the number of its cycle and its place in it, both from 1."""
    return [
        (cycle, position, step)
        for cycle, steps in enumerate(protocol.cycles, start=1)
        for position, step in enumerate(steps, start=1)
    ]
