"""`simulate`: a cell, a protocol and an engine give a result."""

from __future__ import annotations

from collections.abc import Sequence

from sscell.cell import Cell
from sscell.engines.mesh import CYCLING_MESH, FAST_MESH, Mesh, check_mesh
from sscell.engines.result import SimulationResult
from sscell.errors import InputError, require
from sscell.protocol import Protocol, Step, protocol_from
from sscell.records import CellState

OWN_MESH = {"pybamm": CYCLING_MESH, "jax": FAST_MESH}


def simulate(
    cell: Cell,
    protocol: Protocol | Sequence[str] | Sequence[Sequence[str]],
    *,
    cycles: int = 1,
    state: CellState | None = None,
    engine: str = "pybamm",
    mesh: Mesh | None = None,
) -> SimulationResult:
    """Run a protocol on a cell.

    protocol: experiment strings of one cycle (repeated `cycles` times), a list of such cycles, or a Protocol;
    state: where to start (None: fresh); mesh: None for the engine's own. A solver failure is not raised: the result is
    then marked incomplete.
    Raises InputError for steps that cannot be read and for voltage limits that are crossed.
    """
    check_engine(engine)
    mesh = mesh if mesh is not None else OWN_MESH[engine]
    check_mesh(mesh)
    plan = checked_protocol([cell], protocol, cycles)
    if engine == "jax":
        from sscell.engines.jax.simulate import simulate as run_fast

        return run_fast(cell, plan, state=state, mesh=mesh)
    from sscell.engines.pybamm.simulate import simulate as run

    return run(cell, plan, state=state, mesh=mesh)


def checked_protocol(
    cells: Sequence[Cell], protocol: Protocol | Sequence[str] | Sequence[Sequence[str]], cycles: int
) -> Protocol:
    """The protocol, refused where its limits are crossed or a cell cannot do what it asks."""
    plan = protocol_from(protocol, cycles)
    check_limits(plan)
    steps = [step for steps in plan.cycles for step in steps]
    uses_rate = any(s.current is not None and s.current.unit == "C" and s.current.value for s in steps)
    hold = next((s for s in steps if s.voltage_V is not None), None)
    for cell in cells:
        require(
            not uses_rate or cell.design.one_C_A > 0,
            f"Cell '{cell.design.name}' has no active material, so a C-rate means nothing; give the current in mA.",
        )
        require(
            hold is None or cell.structure.positive == "composite",
            f"Cell '{cell.design.name}' has no electrode that reacts, so '{hold.text if hold else ''}' has no current "
            "to settle at; set the current instead.",
        )
    return plan


def check_engine(engine: str) -> None:
    """Refuse an engine that is not there."""
    if engine not in OWN_MESH:
        raise InputError(f"Engine '{engine}' is not known; use one of: {', '.join(OWN_MESH)}.")


def check_limits(plan: Protocol) -> None:
    """Refuse a charge and a discharge that follow one another (rests apart) with crossed voltage limits."""
    before: Step | None = None
    for step in (step for steps in plan.cycles for step in steps if not step.is_rest):
        limited = step.current is not None and step.until_voltage_V is not None
        if before is not None and limited and before.current is not None and step.current is not None:
            up, down = (before, step) if before.current.value < 0 else (step, before)
            assert up.until_voltage_V is not None and down.until_voltage_V is not None
            opposite = before.current.value * step.current.value < 0
            require(
                not opposite or up.until_voltage_V > down.until_voltage_V,
                f"The voltage limits are crossed: '{up.text}' ends at or below '{down.text}'; swap the limits.",
            )
        before = step if limited else None
