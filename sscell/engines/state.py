"""A state brought onto an engine's mesh, refused where it is of another kind of cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from sscell.errors import InputError
from sscell.records import CellState


def state_on(state: CellState, names: Iterable[str], edges: Mapping[str, np.ndarray]) -> CellState:
    """The state on cell edges; `names` are the profiles this kind of cell has."""
    if not isinstance(state, CellState):
        raise InputError(f"state must be a CellState, such as result.final_state, got {type(state).__name__}.")
    if odd := set(state.profiles) ^ set(names):
        raise InputError(
            f"The state is of another kind of cell than this one ({', '.join(sorted(odd))} do not fit); start from a "
            "state of a cell with the same electrodes and layers."
        )
    return state.on(edges)
