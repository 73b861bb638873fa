"""`impedance` and `impedance_budget`: a cell in a state, and frequencies, give a spectrum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.cell import Cell
from sscell.engines.budget import ImpedanceBudget
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, IMPEDANCE_MESH, Mesh, check_mesh
from sscell.engines.rest import check_rest
from sscell.engines.simulate import check_engine
from sscell.records import CellState, Spectrum
from sscell.records.spectrum import checked_frequencies

OWN_MESH = {"pybamm": IMPEDANCE_MESH, "jax": FAST_IMPEDANCE_MESH}


def impedance(
    cell: Cell,
    frequency_Hz: Sequence[float] | np.ndarray,
    *,
    state: CellState | None = None,
    rest_h: float = 1.0,
    engine: str = "pybamm",
    mesh: Mesh | None = None,
) -> Spectrum:
    """Spectrum of the cell at a state (None: fresh) after `rest_h` hours at open circuit.

    The model is linearised about the rested state, its potentials settled at zero current; mesh: None for the
    engine's own. Raises InputError for frequencies <= 0.
    """
    frequencies, mesh = _checked(frequency_Hz, rest_h, engine, mesh)
    if engine == "jax":
        from sscell.engines.jax.impedance import impedance as run_fast

        return run_fast(cell, frequencies, state, rest_h, mesh)
    from sscell.engines.pybamm.impedance import impedance as run

    return run(cell, frequencies, state, rest_h, mesh)


def impedance_budget(
    cell: Cell,
    frequency_Hz: Sequence[float] | np.ndarray,
    *,
    state: CellState | None = None,
    rest_h: float = 1.0,
    engine: str = "pybamm",
    mesh: Mesh | None = None,
) -> ImpedanceBudget:
    """The same impedance split by origin; the parts sum to it."""
    frequencies, mesh = _checked(frequency_Hz, rest_h, engine, mesh)
    if engine == "jax":
        from sscell.engines.jax.impedance import impedance_budget as run_fast

        return run_fast(cell, frequencies, state, rest_h, mesh)
    from sscell.engines.pybamm.impedance import impedance_budget as run

    return run(cell, frequencies, state, rest_h, mesh)


def _checked(
    frequency_Hz: Sequence[float] | np.ndarray, rest_h: float, engine: str, mesh: Mesh | None
) -> tuple[np.ndarray, Mesh]:
    check_engine(engine)
    check_rest(rest_h)
    mesh = mesh if mesh is not None else OWN_MESH[engine]
    check_mesh(mesh)
    return checked_frequencies(frequency_Hz), mesh
