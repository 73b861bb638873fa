"""`impedance` and `impedance_budget`: a cell in a state, and frequencies, give a spectrum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.cell import Cell
from sscell.engines.budget import ImpedanceBudget
from sscell.engines.mesh import IMPEDANCE_MESH, Mesh
from sscell.engines.simulate import check_engine
from sscell.errors import require
from sscell.records import CellState, Spectrum
from sscell.records.spectrum import checked_frequencies


def impedance(
    cell: Cell,
    frequency_Hz: Sequence[float] | np.ndarray,
    *,
    state: CellState | None = None,
    rest_h: float = 1.0,
    engine: str = "pybamm",
    mesh: Mesh = IMPEDANCE_MESH,
) -> Spectrum:
    """Spectrum of the cell at a state (None: fresh) after `rest_h` hours at open circuit.

    The model is linearised about the rested state, its potentials settled at zero current. Raises InputError for
    frequencies <= 0.
    """
    frequencies = _checked(frequency_Hz, rest_h, engine)
    from sscell.engines.pybamm.impedance import impedance as run

    return run(cell, frequencies, state, rest_h, mesh)


def impedance_budget(
    cell: Cell,
    frequency_Hz: Sequence[float] | np.ndarray,
    *,
    state: CellState | None = None,
    rest_h: float = 1.0,
    engine: str = "pybamm",
    mesh: Mesh = IMPEDANCE_MESH,
) -> ImpedanceBudget:
    """The same impedance split by origin; the parts sum to it."""
    frequencies = _checked(frequency_Hz, rest_h, engine)
    from sscell.engines.pybamm.impedance import impedance_budget as run

    return run(cell, frequencies, state, rest_h, mesh)


def _checked(frequency_Hz: Sequence[float] | np.ndarray, rest_h: float, engine: str) -> np.ndarray:
    check_engine(engine)
    require(
        isinstance(rest_h, (int, float)) and np.isfinite(rest_h) and rest_h >= 0,
        f"impedance: rest_h must be at least 0 hours, got {rest_h!r}.",
    )
    return checked_frequencies(frequency_Hz)
