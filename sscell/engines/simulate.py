"""`simulate`: a cell, a protocol and an engine give a result."""

from __future__ import annotations

from collections.abc import Sequence

from sscell.cell import Cell
from sscell.engines.mesh import CYCLING_MESH, Mesh
from sscell.engines.result import SimulationResult
from sscell.errors import InputError, require
from sscell.protocol import Protocol, protocol_from
from sscell.records import CellState

ENGINES = ("pybamm",)


def simulate(
    cell: Cell,
    protocol: Protocol | Sequence[str] | Sequence[Sequence[str]],
    *,
    cycles: int = 1,
    state: CellState | None = None,
    engine: str = "pybamm",
    mesh: Mesh = CYCLING_MESH,
) -> SimulationResult:
    """Run a protocol on a cell.

    protocol: experiment strings of one cycle (repeated `cycles` times), a list of such cycles, or a Protocol;
    state: where to start (None: fresh). A solver failure is not raised: the result is then marked incomplete.
    Raises InputError for steps that cannot be read and for voltage limits that are crossed.
    """
    check_engine(engine)
    plan = protocol_from(protocol, cycles)
    check_limits(plan)
    uses_rate = any(s.current is not None and s.current.unit == "C" and s.current.value for c in plan.cycles for s in c)
    require(
        not uses_rate or cell.design.one_C_A > 0,
        f"Cell '{cell.design.name}' has no active material, so a C-rate means nothing; give the current in mA.",
    )
    from sscell.engines.pybamm.simulate import simulate as run

    return run(cell, plan, state=state, mesh=mesh)


def check_engine(engine: str) -> None:
    """Refuse an engine that is not there."""
    if engine not in ENGINES:
        raise InputError(f"Engine '{engine}' is not known; use one of: {', '.join(ENGINES)}.")


def check_limits(plan: Protocol) -> None:
    """Refuse a protocol whose charge limit lies below its discharge limit."""
    for steps in plan.cycles:
        limited = [
            (s, s.current.value, s.until_voltage_V) for s in steps if s.current and s.until_voltage_V is not None
        ]
        for up, charging, highest_V in limited:
            for down, discharging, lowest_V in limited:
                require(
                    not charging < 0 < discharging or highest_V > lowest_V,
                    f"The voltage limits are crossed: '{up.text}' ends below or at '{down.text}'; swap the limits.",
                )
