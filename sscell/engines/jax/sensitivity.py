"""One cell's run with derivatives: run once, then its time steps again, from the states they began at.

Forward, tangents go from step to step; in reverse, cotangents go back. Either takes one step at a time, so memory is a
state a step, and what is compiled serves runs of any length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sscell.cell import Cell
from sscell.engines.jax import walk
from sscell.engines.jax.alone import Alone
from sscell.engines.jax.compiled import equations_of
from sscell.engines.jax.equations import State
from sscell.engines.jax.lanes import lanes_from_states, profile_names
from sscell.engines.jax.program import has_holds
from sscell.engines.jax.replay import Moment, Taken, taken_from
from sscell.engines.jax.results import (
    Given,
    Shape,
    fields,
    fields_along,
    fields_back,
    spectrum,
    spectrum_along,
    spectrum_back,
)
from sscell.engines.mesh import FAST_TOLERANCE, Mesh
from sscell.engines.rest import NOT_SETTLED, rest_step
from sscell.engines.state import state_on
from sscell.errors import InputError, SscellError, nearest_key, require
from sscell.jax_setup import load_jax
from sscell.protocol import Protocol
from sscell.records import CellState

# How many tangents compiled code takes at once: the first that holds all, or the last several times.
WIDTHS = (4, 16)
# Moments are filled up to a multiple of this many time steps, so that code compiled for one run serves others.
STEPS = 256


class DifferentiableRun:
    """A run of one cell that can be differentiated; what it holds was found by running it once."""

    def __init__(
        self,
        cell: Cell,
        numbers: Mapping[str, float],
        protocol: Protocol,
        state: CellState | None,
        frequency_Hz: np.ndarray | None,
        rest_h: float,
        mesh: Mesh,
        impedance_mesh: Mesh,
    ) -> None:
        whole = _with_rest(protocol, rest_h) if frequency_Hz is not None and rest_h > 0 else protocol
        self.kind = walk.Kind(cell.structure, tuple(numbers), has_holds(whole), mesh)
        self.impedance_mesh = impedance_mesh if frequency_Hz is not None else None
        self.packed = np.array([[value] for value in numbers.values()])
        self.fresh = state is None
        if state is None:
            start, start_s = walk.fresh(self.kind)(self.packed), 0.0
        else:
            equations = equations_of(cell.structure, mesh)
            own = state_on(state, profile_names(equations), mesh.edges)
            one = dict(zip(numbers, self.packed, strict=True))
            start, start_s = lanes_from_states(equations, [own], one), state.time_s
        run = Alone(cell.structure, mesh, numbers, whole, start, start_s, FAST_TOLERANCE)
        self.taken: Taken = taken_from(*run.until(run.program.shape[1] - 1))
        if run.stopped:
            cycle, position, asked, problem = run.stopped
            raise SscellError(
                f"There are no derivatives of a run that stopped: in cycle {cycle}, step {position} ('{asked.text}'), "
                f"{problem}."
            )
        if self.taken.begin.shape[0] == 0:
            raise SscellError(
                "There are no derivatives of a run without a time step: every step's limit was passed when it began."
            )
        self.end, self.program = State(*run.y), run.full
        starts = np.cumsum([0, *(len(steps) for steps in protocol.cycles)])
        self.shape = Shape(self.kind, tuple(int(k) for k in starts))
        step = self.taken.schedule.step[:, 0]
        self.points = step.size
        last = np.searchsorted(step, np.arange(starts[-1]), side="right") - 1
        filled = -self.points % STEPS
        self.moments = Moment(*(_filled(q, filled) for q in self.taken.moments))
        self.given = Given(
            program=run.full,
            before=walk.before(self.kind, start),
            step=_filled(step, filled),
            taken=np.arange(self.points + filled) < self.points,
            last=last,
        )
        self.omega = None if frequency_Hz is None else 2 * np.pi * frequency_Hz
        end_s = np.cumsum(self.taken.moments.passed_s[:, 0])
        self.step_time_s, self.protocol_step = end_s - np.r_[0.0, end_s][np.searchsorted(step, step)], step + 1

    @property
    def values(self) -> dict[str, Any]:
        """All results, with the points that fill up."""
        results = fields(self.shape)(self.packed, self.moments, self.given)
        if self.impedance_mesh is not None:
            run = spectrum(self.kind, self.impedance_mesh)
            results["impedance_ohm"], settled = run(self.packed, self.end, self.omega)
            if not settled:
                raise SscellError(NOT_SETTLED)
        return results

    def with_tangents(self, slopes: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """All results, and their derivatives (parameters, ...) from d number / d parameter (parameters,)."""
        seeds = np.stack([slopes[name] for name in self.kind.names], axis=1)[:, :, None]
        count = seeds.shape[0]
        width = next((w for w in WIDTHS if w >= count), WIDTHS[-1])
        seeds = np.concatenate([seeds, np.zeros((-count % width, *seeds.shape[1:]))])
        pieces = [self._along(seeds[k : k + width]) for k in range(0, seeds.shape[0], width)]
        values = {name: np.asarray(value) for name, value in self.values.items()}
        whole = {name: np.concatenate([np.asarray(piece[name]) for piece in pieces])[:count] for name in values}
        return self._cut(values), self._cut(whole)

    def with_gradient(self, loss: Callable[[Mapping[str, Any]], Any]) -> tuple[float, dict[str, float]]:
        """loss(results) and its derivative by each number."""
        value, weights = load_jax().value_and_grad(lambda r: _one_number(loss(_Results(self._cut(r)))))(self.values)
        if not np.isfinite(value):
            raise SscellError(
                f"gradient: the loss is {float(value)}, so it has no derivative. voltage_V is NaN while a voltage is "
                "held, and mean voltages are where no charge passed: use jax.numpy.nanmean, or other results."
            )
        slope = np.asarray(self._back(weights))[:, 0]
        return float(value), dict(zip(self.kind.names, slope.tolist(), strict=True))

    def _along(self, seeds: np.ndarray) -> dict[str, Any]:
        """Tangents of all results."""
        before, dy = walk.begin_along(self.kind, self.fresh)(self.packed, seeds)
        dy, by_steps = walk.along_steps(self.kind, self.packed, seeds, self.program, self.taken, dy)
        moments = Moment(*(_filled(q, self.given.step.size - self.points, axis=1) for q in by_steps))
        results = fields_along(self.shape)(self.packed, self.moments, self.given, seeds, moments, before)
        if self.impedance_mesh is not None:
            run = spectrum_along(self.kind, self.impedance_mesh)
            results["impedance_ohm"] = run(self.packed, self.end, self.omega, seeds, dy)
        return results

    def _back(self, weights: dict[str, Any]) -> Any:
        """From weights of all results the derivative of their weighted sum by each number."""
        weights = dict(weights)
        by_end, by_packed = None, 0.0
        if self.impedance_mesh is not None:
            run = spectrum_back(self.kind, self.impedance_mesh)
            by_packed, by_end = run(self.packed, self.end, self.omega, weights.pop("impedance_ohm"))
        also, by_moments, by_before = fields_back(self.shape)(self.packed, self.moments, self.given, weights)
        by_moments = Moment(*(np.asarray(q)[: self.points] for q in by_moments))
        steps, by_start = walk.back_steps(self.kind, self.packed, self.program, self.taken, by_moments, by_end)
        start = walk.begin_back(self.kind, self.fresh)(self.packed, by_start, by_before)
        return by_packed + also + steps + start

    def _cut(self, results: Mapping[str, Any]) -> dict[str, Any]:
        """Without the points that only fill up."""
        return {name: q[..., : self.points] if name == "voltage_V" else q for name, q in results.items()}


class _Results(dict[str, Any]):
    """What a loss is given; a name that is not there is refused in words."""

    def __missing__(self, name: str) -> Any:
        raise InputError(
            f"gradient: the run has no result '{name}'{nearest_key(name, self)}; it has {', '.join(self)}."
        )


def _one_number(value: Any) -> Any:
    array = load_jax().numpy.asarray(value)
    require(
        array.ndim == 0 and not np.iscomplexobj(array),
        f"gradient: the loss must be one real number, got {array.dtype} of shape {array.shape}; take a sum, a mean or "
        "one entry, and of impedances abs(), .real or .imag.",
    )
    return array


def _with_rest(protocol: Protocol, rest_h: float) -> Protocol:
    return Protocol((*protocol.cycles, (rest_step(rest_h),)), protocol.name)


def _filled(values: Any, count: int, axis: int = 0) -> Any:
    """The last one repeated."""
    last = np.take(values, [-1], axis=axis)
    return np.concatenate([values, np.repeat(last, count, axis=axis)], axis=axis)
