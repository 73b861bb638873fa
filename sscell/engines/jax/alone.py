"""One cell on its way through a protocol: what its time steps recorded, and the states they began at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from sscell.cell import CellStructure
from sscell.engines.jax.advance import Clock, first_clock
from sscell.engines.jax.compiled import advance_of, padded
from sscell.engines.jax.equations import State
from sscell.engines.jax.problems import Status, numbered, problem
from sscell.engines.jax.program import has_holds, program_from
from sscell.engines.mesh import Mesh
from sscell.protocol import Protocol, Step


class Stop(NamedTuple):
    """Where a run stopped, and why; cycle and position of the step from 1."""

    cycle: int
    position: int
    step: Step
    problem: str


class Alone:
    """The cell where it is now: `y`, `clock`; program: the protocol as arrays."""

    def __init__(
        self,
        structure: CellStructure,
        mesh: Mesh,
        numbers: Mapping[str, Any],
        protocol: Protocol,
        start: State,
        start_s: float,
        tolerance: float,
    ) -> None:
        self.protocol, self.program = protocol, program_from(protocol)
        self.full = padded(self.program)
        self._run = advance_of(structure, mesh, tuple(numbers), has_holds(protocol), tolerance, alone=True)
        self._packed = np.reshape(list(numbers.values()), (-1, 1))
        self.y: Any = start
        self.clock: Any = first_clock(np.array([start_s]))

    def until(self, last_step: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Do the steps before `last_step`, or stop; records and states, as of `Advance`, in pieces."""
        records, visited = [], []
        while self.clock.step[0] < last_step and self.clock.status[0] == Status.RUNNING:
            passes, self.y, clock, record, states = self._run(self._packed, self.full, self.y, self.clock, last_step)
            self.clock = Clock(*map(np.asarray, clock))
            records.append(np.asarray(record)[: int(passes)])
            visited.append(np.asarray(states)[: int(passes)])
        return records, visited

    @property
    def stopped(self) -> Stop | None:
        """Where and why, if it did."""
        if self.clock.status[0] == Status.RUNNING:
            return None
        cycle, position, step = numbered(self.protocol)[self.clock.step[0]]
        return Stop(cycle, position, step, problem(self.clock.status[0], self.clock.since_s[0]))
