"""Many cells through one protocol: lanes that have finished take the next cell, groups of lanes share the cores."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sscell.cell import CellStructure
from sscell.engines.jax.advance import Clock, first_clock
from sscell.engines.jax.compiled import advance_of, equations_of, padded
from sscell.engines.jax.equations import State
from sscell.engines.jax.lanes import fresh_lanes
from sscell.engines.jax.problems import Status
from sscell.engines.jax.program import has_holds, program_from
from sscell.engines.jax.simulate import oxidised
from sscell.engines.jax.tally import Tally, numbers_of_lane
from sscell.engines.mesh import FAST_TOLERANCE, Mesh
from sscell.engines.result import CycleSummary
from sscell.jax_setup import load_jax
from sscell.protocol import Protocol
from sscell.threads import cores, in_threads

Progress = Callable[[int, int, str], None]
# Lanes of a group: code is compiled for these alone. On the CPU 64 fill the vector registers and still fit the cache.
CPU_WIDTHS, DEVICE_WIDTHS = (1, 4, 8, 32, 64), (1, 64, 1024, 4096, 16384)


@dataclass
class Outcome:
    """What became of N cells: fields of CycleSummary (N, cycles), NaN where not reached; status and times (N,).

    at_once: (N,) how many steps ended at once, as their limit was already passed. final: the last states, arrays
    (rows, nodes, N). records: of each cell, if they are kept, what its passes recorded, in pieces
    (passes, fields of Row, 1).
    """

    table: dict[str, np.ndarray]
    status: np.ndarray
    step: np.ndarray
    at_once: np.ndarray
    since_s: np.ndarray
    time_s: np.ndarray
    final: State
    records: list[list[np.ndarray]]


def run_batch(
    structure: CellStructure,
    mesh: Mesh,
    numbers: Mapping[str, np.ndarray],
    start: State,
    start_s: np.ndarray,
    protocol: Protocol,
    *,
    tolerance: float = FAST_TOLERANCE,
    progress: Progress | None = None,
    abreast: int = 1,
    record_steps: int = 0,
) -> Outcome:
    """Run N cells of one structure; numbers: name -> (N,), start: arrays (rows, nodes, N).

    abreast: of so many cells in a row the first leads and the others take its time steps; see `Advance`.
    record_steps: of so many steps of the protocol records are kept, for traces; 100 kB a cell and cycle.
    """
    job = _Job(structure, mesh, numbers, start, start_s, protocol, tolerance, progress, abreast, record_steps)
    count, cpu = start_s.size, load_jax().default_backend() == "cpu"
    groups = min(cores(), count // abreast) if cpu else 1
    whole = [max(1, w // abreast) * abreast for w in (CPU_WIDTHS if cpu else DEVICE_WIDTHS)]
    width = next((w for w in whole if w * groups >= count), whole[-1])
    in_threads(job.work, [width] * min(groups, -(-count // width)))
    return job.outcome


def fresh_batch(structure: CellStructure, mesh: Mesh, numbers: Mapping[str, np.ndarray]) -> State:
    """Cells as assembled, as NumPy arrays."""
    jax = load_jax()
    p = {name: jax.numpy.asarray(values) for name, values in numbers.items()}
    return State(*map(np.asarray, fresh_lanes(equations_of(structure, mesh), mesh.edges, p)))


class _Job:
    """The cells that wait, and what became of the others; groups of lanes work on it side by side."""

    def __init__(
        self,
        structure: CellStructure,
        mesh: Mesh,
        numbers: Mapping[str, np.ndarray],
        start: State,
        start_s: np.ndarray,
        protocol: Protocol,
        tolerance: float,
        progress: Progress | None,
        abreast: int,
        record_steps: int,
    ) -> None:
        self.structure, self.numbers, self.start, self.start_s = structure, numbers, start, start_s
        self.protocol, self.program, self.progress = protocol, program_from(protocol), progress
        self.run = advance_of(
            structure, mesh, tuple(numbers), has_holds(protocol), tolerance, alone=False, abreast=abreast
        )
        self.packed, self.full = np.stack(list(numbers.values())), padded(self.program)
        self.before_charge, self.before_oxidised = start.series[1], oxidised(equations_of(structure, mesh), start)
        count, cycles = start_s.size, len(protocol)
        self.last = self.program.shape[1] - 1
        self.record_steps = record_steps
        self.abreast, self.waiting = abreast, deque(range(0, count, abreast))
        self.done = np.zeros(count)
        self.outcome = Outcome(
            table={name: np.full((count, cycles), np.nan) for name in CycleSummary._fields[1:]},
            status=np.zeros(count, dtype=int),
            step=np.zeros(count, dtype=int),
            at_once=np.zeros(count, dtype=int),
            since_s=np.zeros(count),
            time_s=np.zeros(count),
            final=State(*(np.full(a.shape, np.nan) for a in start)),
            records=[[] for _ in range(count)],
        )

    def work(self, width: int) -> None:
        """Run cells in `width` lanes until none waits."""
        group = _Group(self, width)
        while group.refill():
            group.advance()

    def next_cells(self) -> range | None:
        """Cells abreast that wait."""
        try:
            first = self.waiting.popleft()
        except IndexError:
            return None
        return range(first, first + self.abreast)

    def finish(self, cell: int, tally: Tally, lane: int, clock: Clock, y: State) -> None:
        """Keep what became of a cell."""
        before = {"charge_C": self.before_charge[cell], "oxidised": self.before_oxidised[cell]}
        rows = tally.summary(lane, numbers_of_lane(self.numbers, cell), self.structure, before)
        for name, table in self.outcome.table.items():
            table[cell, : rows[name].size] = rows[name]
        status, step, since_s = clock.status[lane], clock.step[lane], clock.since_s[lane]
        sound, finite = rows["cycle"].size, all(np.isfinite(array[..., lane]).all() for array in y)
        if status == Status.RUNNING and (sound < len(self.protocol) or not finite):
            status, step, since_s = Status.NOT_FINITE, tally.cycle_starts[min(sound + 1, len(self.protocol))] - 1, 0.0
        self.outcome.status[cell], self.outcome.step[cell], self.outcome.since_s[cell] = status, step, since_s
        self.outcome.time_s[cell], self.outcome.at_once[cell] = clock.time_s[lane], tally.ended_at_once(lane).size
        for kept, array in zip(self.outcome.final, y, strict=True):
            kept[..., cell] = array[..., lane]

    def told(self, cells: np.ndarray, steps: np.ndarray) -> None:
        """Say how far the batch is."""
        self.done[cells] = steps
        if self.progress:
            total = self.done.size * self.last
            cycle = self.done.sum() / self.last
            self.progress(int(self.done.sum()), total, f"{cycle:.0f} of {self.done.size} cells")


class _Group:
    """Some lanes: which cell each runs (-1: none), and where they are."""

    def __init__(self, job: _Job, width: int) -> None:
        self.job, self.width = job, width
        self.cells = np.full(width, -1)
        self.tally = Tally(job.protocol, job.program, width)
        # A lane without a cell is a copy of the first one that stands still.
        self.numbers = np.repeat(job.packed[:, :1], width, axis=1)
        self.y = State(*(np.repeat(a[..., :1], width, axis=-1) for a in job.start))
        idle = first_clock(np.zeros(width))
        self.clock = idle._replace(step=np.full(width, job.last, dtype=np.int32))

    def refill(self) -> bool:
        """Give lanes without a cell one that waits; False when no lane has any."""
        # Cells abreast end together, so what is free are whole rows of them.
        free = [lane for lane in range(self.width) if self.cells[lane] < 0]
        taken: list[tuple[int, int]] = []
        while len(taken) < len(free) and (cells := self.job.next_cells()) is not None:
            taken += zip(free[len(taken) :], cells, strict=False)
        if taken:
            lanes, given = (np.array(column) for column in zip(*taken, strict=True))
            self.cells[lanes] = given
            self.numbers = _with(self.numbers, lanes, self.job.packed[:, given])
            self.y = State(*(_with(a, lanes, b[..., given]) for a, b in zip(self.y, self.job.start, strict=True)))
            fresh = first_clock(self.job.start_s[given])
            self.clock = Clock(*(_with(a, lanes, b) for a, b in zip(self.clock, fresh, strict=True)))
            for lane in lanes:
                self.tally.clear(lane)
        return bool(np.any(self.cells >= 0))

    def advance(self) -> None:
        """Run on, and hand in what has finished."""
        job = self.job
        passes, y, clock, record, _ = job.run(self.numbers, job.full, self.y, self.clock, job.last)
        self.y, self.clock = State(*map(np.asarray, y)), Clock(*map(np.asarray, clock))
        names = list(job.numbers)
        record = np.asarray(record)[: int(passes)]
        self.tally.add(record, self.numbers[names.index("one_C_A")])
        if job.record_steps:
            for lane in np.flatnonzero(self.cells >= 0).tolist():
                early = record[:, 0, lane] < job.record_steps
                job.outcome.records[self.cells[lane]].append(record[early, :, lane : lane + 1])
        over = (self.clock.step >= job.last) | (self.clock.status != Status.RUNNING)
        running = self.cells >= 0
        for lane in np.flatnonzero(over & running).tolist():
            job.finish(int(self.cells[lane]), self.tally, lane, self.clock, self.y)
        cells = self.cells[running]
        self.cells = np.where(over, -1, self.cells)
        # A lane that failed must not keep others waiting.
        self.clock = self.clock._replace(
            step=np.where(over, job.last, self.clock.step).astype(np.int32), status=np.zeros_like(self.clock.status)
        )
        job.told(cells, np.where(over, job.last, self.clock.step)[running])


def _with(array: np.ndarray, lanes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A copy with some lanes changed."""
    array = np.array(array)
    array[..., lanes] = values
    return array
