"""Compiled loops, one for each structure, mesh and number of lanes, kept by the process and on disk."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from sscell.cell import CellStructure
from sscell.engines.jax.advance import Advance
from sscell.engines.jax.equations import Equations
from sscell.engines.jax.kept import compiler_options
from sscell.engines.mesh import Mesh
from sscell.jax_setup import load_jax

# Passes a record holds, and so how often the host looks: seldom for one cell, often where lanes wait to be filled anew.
PASSES_ALONE, PASSES_TOGETHER = 1024, 128
# Protocols are padded to a multiple of this many steps, so that code compiled for one serves others.
PROGRAM_STEPS = 1024


@functools.lru_cache(maxsize=16)
def equations_of(structure: CellStructure, mesh: Mesh) -> Equations:
    """The equations of a structure on a mesh."""
    return Equations(structure, mesh.edges)


@functools.lru_cache(maxsize=32)
def advance_of(
    structure: CellStructure,
    mesh: Mesh,
    names: tuple[str, ...],
    holds: bool,
    tolerance: float,
    alone: bool,
    abreast: int = 1,
) -> Any:
    """The jitted loop, of a cell alone (which keeps its states) or of lanes together; see `Advance` and its call.

    It takes numbers (names, lanes), program, state, clock and last step.
    """
    passes = PASSES_ALONE if alone else PASSES_TOGETHER
    advance = Advance(equations_of(structure, mesh), holds, tolerance, passes, visits=alone, abreast=abreast)

    def run(numbers: Any, program: Any, y: Any, clock: Any, last_step: Any) -> Any:
        return advance(dict(zip(names, numbers, strict=True)), program, y, clock, last_step)

    return load_jax().jit(run, compiler_options=compiler_options())


def padded(program: np.ndarray) -> np.ndarray:
    """The program with its last column repeated up to the next multiple of PROGRAM_STEPS."""
    missing = -program.shape[1] % PROGRAM_STEPS
    return np.concatenate([program, np.repeat(program[:, -1:], missing, axis=1)], axis=1)
