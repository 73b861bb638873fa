"""What every engine does around a spectrum: the rest before it, and the record after it."""

from __future__ import annotations

from numbers import Real
from typing import NamedTuple

import numpy as np

from sscell.cell import Cell
from sscell.engines.result import SimulationResult
from sscell.errors import SscellError, require
from sscell.protocol import Current, Step
from sscell.records import CellState, Spectrum

NOT_SETTLED = (
    "The potentials of the rested state did not settle at zero current; the state may be outside the model's range."
)


class Rested(NamedTuple):
    """A state after its rest (None: fresh), and what is left of its drift: unknown (NaN) without a rest."""

    state: CellState | None
    drift_V_per_h: float = float("nan")


def check_rest(rest_h: float) -> None:
    """Refuse a rest that is none."""
    require(
        isinstance(rest_h, Real) and np.isfinite(float(rest_h)) and rest_h >= 0,
        f"impedance: rest_h must be at least 0 hours, got {rest_h!r}.",
    )


def rest_step(rest_h: float) -> Step:
    """The rest as a protocol step."""
    return Step(f"Rest for {rest_h:g} hours", Current(0.0, "A"), None, rest_h * 3600.0)


def rested_after(run: SimulationResult) -> Rested:
    """What a run that ends with a rest leaves; SscellError if it failed."""
    if not run.complete:
        raise SscellError(f"The rest before the spectrum failed: {run.message}")
    t, v = run.trace.time_s, run.trace.voltage_V
    return Rested(run.final_state, float((v[-1] - v[-2]) / (t[-1] - t[-2]) * 3600.0))


def spectrum_after(
    cell: Cell, frequency_Hz: np.ndarray, z: np.ndarray, voltage_V: float, rest: Rested, rest_h: float, engine: str
) -> Spectrum:
    """The record; rest, voltage and drift travel in `Spectrum.state`."""
    return Spectrum(
        frequency_Hz=frequency_Hz,
        impedance_ohm=z,
        area_m2=cell.design.area_m2,
        temperature_K=cell.design.temperature_K,
        state={
            "rest_h": rest_h,
            "voltage_V": voltage_V,
            "drift_V_per_h": rest.drift_V_per_h,
            "time_s": rest.state.time_s if rest.state is not None else 0.0,
        },
        provenance={"source": "simulated", "engine": engine},
    )
