"""`sensitivities` and `gradient`: how a run and its spectrum change with any continuous input of the cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.cell import Cell, continuous_inputs, full_name, numbers_slopes
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, FAST_MESH, Mesh, check_mesh
from sscell.engines.rest import check_rest
from sscell.engines.simulate import checked_protocol
from sscell.errors import require
from sscell.protocol import Protocol
from sscell.records import CellState
from sscell.records.spectrum import checked_frequencies

if TYPE_CHECKING:
    import xarray as xr


def sensitivities(
    cell: Cell,
    protocol: Protocol | Sequence[str] | Sequence[Sequence[str]],
    parameters: Sequence[str],
    *,
    cycles: int = 1,
    state: CellState | None = None,
    frequency_Hz: Sequence[float] | np.ndarray | None = None,
    rest_h: float = 1.0,
    mesh: Mesh = FAST_MESH,
    impedance_mesh: Mesh = FAST_IMPEDANCE_MESH,
) -> xr.Dataset:
    """A run, and the derivative of everything it gives by each parameter (names as in `continuous_inputs`).

    The dataset holds the fields of CycleSummary but end_voltage_V (cycle,), the voltage (point,) over the time since
    its protocol step began, and, with frequencies, impedance_ohm (frequency_Hz,) of the last state after a rest; and of
    each the derivative `d <name>` with the axis `parameter`, per unit of the input. Voltage at fixed time in its step.
    Derivatives are those of the run on the time steps it took, through the limits it met. Forward mode: the cost grows
    with the number of parameters. Raises SscellError if the run fails.
    """
    _check_named("sensitivities", parameters)
    plan, frequencies = _checked(cell, protocol, cycles, frequency_Hz, rest_h, (mesh, impedance_mesh))
    names = [full_name(cell, name) for name in parameters]
    from sscell.engines.jax.lanes import numbers_of
    from sscell.engines.jax.sensitivity import DifferentiableRun

    numbers, slopes = numbers_slopes(cell, names, numbers_of)
    run = DifferentiableRun(cell, numbers, plan, state, frequencies, rest_h, mesh, impedance_mesh)
    values, tangents = run.with_tangents(slopes)
    return _dataset(plan, names, cell, frequencies, run, values, tangents)


def gradient(
    cell: Cell,
    protocol: Protocol | Sequence[str] | Sequence[Sequence[str]],
    loss: Callable[[Mapping[str, Any]], Any],
    parameters: Sequence[str] | None = None,
    *,
    cycles: int = 1,
    state: CellState | None = None,
    frequency_Hz: Sequence[float] | np.ndarray | None = None,
    rest_h: float = 1.0,
    mesh: Mesh = FAST_MESH,
    impedance_mesh: Mesh = FAST_IMPEDANCE_MESH,
) -> tuple[float, dict[str, float]]:
    """A number made of a run's results, and its derivative by every continuous input (or those named).

    loss: from name -> JAX array (as `sensitivities` names them) to a scalar, of functions JAX can differentiate.
    Reverse mode: the cost hardly grows with the number of inputs, the memory with the number of time steps.
    """
    plan, frequencies = _checked(cell, protocol, cycles, frequency_Hz, rest_h, (mesh, impedance_mesh))
    if parameters is not None:
        _check_named("gradient", parameters)
    wanted = parameters if parameters is not None else list(continuous_inputs(cell))
    names = [full_name(cell, name) for name in wanted]
    from sscell.engines.jax.lanes import numbers_of
    from sscell.engines.jax.sensitivity import DifferentiableRun

    numbers, slopes = numbers_slopes(cell, names, numbers_of)
    run = DifferentiableRun(cell, numbers, plan, state, frequencies, rest_h, mesh, impedance_mesh)
    value, by_number = run.with_gradient(loss)
    total = sum(slope * by_number[name] for name, slope in slopes.items())
    return value, dict(zip(names, np.asarray(total).tolist(), strict=True))


def _checked(
    cell: Cell,
    protocol: Protocol | Sequence[str] | Sequence[Sequence[str]],
    cycles: int,
    frequency_Hz: Sequence[float] | np.ndarray | None,
    rest_h: float,
    meshes: Sequence[Mesh],
) -> tuple[Protocol, np.ndarray | None]:
    for mesh in meshes:
        check_mesh(mesh)
    check_rest(rest_h)
    plan = checked_protocol([cell], protocol, cycles)
    return plan, None if frequency_Hz is None else checked_frequencies(frequency_Hz)


def _check_named(caller: str, parameters: Sequence[str]) -> None:
    listed = isinstance(parameters, Sequence) and not isinstance(parameters, str)
    require(
        listed and len(parameters) > 0,
        f"{caller}: parameters must be a list of at least one name, got {parameters!r}; ss.continuous_inputs(cell) "
        "lists them.",
    )


def _dataset(
    plan: Protocol,
    names: Sequence[str],
    cell: Cell,
    frequencies: np.ndarray | None,
    run: Any,
    values: Mapping[str, np.ndarray],
    tangents: Mapping[str, np.ndarray],
) -> xr.Dataset:
    import xarray as xr

    axis = {"voltage_V": "point", "impedance_ohm": "frequency_Hz"}
    data: dict[str, Any] = {}
    for name, value in values.items():
        along = axis.get(name, "cycle")
        data[name] = along, value
        data[f"d {name}"] = ("parameter", along), tangents[name]
    inputs = continuous_inputs(cell)
    return xr.Dataset(
        data,
        coords={
            "cycle": np.arange(1, len(plan) + 1),
            "parameter": list(names),
            "input": ("parameter", [inputs[name] for name in names]),
            "step_time_s": ("point", run.step_time_s),
            "protocol_step": ("point", run.protocol_step),
            **({"frequency_Hz": frequencies} if frequencies is not None else {}),
        },
        attrs={"engine": "jax", "protocol": plan.name},
    )
