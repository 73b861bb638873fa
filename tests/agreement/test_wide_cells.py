"""Cells drawn from a range three times wider than plausible: none hangs, none changes another, each ends with a result

or a word on why not.
"""

from __future__ import annotations

import numpy as np
import pytest
from drawn_cells import drawn_cells

import sscell as ss
from sscell.engines.mesh import FAST_MESH, Mesh
from sscell.engines.result import CycleSummary

SMALL = Mesh(cathode=4, particle=8, anode=6, electrode_ratio=1.1)
STEPS = [
    "Charge at 1C until 2.75 V",
    "Hold at 2.75 V until C/10",
    "Rest for 10 minutes",
    "Discharge at 1C until 1.35 V",
]
CYCLES, ALONE = 2, 3


@pytest.mark.parametrize(
    ("count", "mesh"),
    [(48, SMALL), pytest.param(1000, FAST_MESH, marks=pytest.mark.agreement)],
    ids=["small", "whole"],
)
def test_cells_far_from_plausible(count: int, mesh: Mesh) -> None:
    cells = drawn_cells(count, seed=7, width=3.0)
    batch = ss.simulate_many(cells, STEPS, cycles=CYCLES, mesh=mesh, quiet=True)
    done = batch["problem"].values == ""
    print(f"{done.sum()} of {count} finish; {sorted(set(batch['problem'].values[~done]))}")
    assert np.all((batch["finished_cycles"].values == CYCLES) == done)
    capacity = batch["charge_capacity_mAh_per_g"].values
    for name in CycleSummary._fields[1:]:
        # Without any charge there is neither an efficiency nor a mean voltage.
        finite = np.isfinite(batch[name].values) | (capacity == 0) | (batch["discharge_capacity_mAh_per_g"].values == 0)
        assert finite[done].all(), name
    for name in (name for name in batch.data_vars if str(name).startswith("final ")):
        values = batch[name].values
        assert np.isfinite(values[~np.isnan(values.reshape(count, -1)).all(axis=1)]).all(), name
    for k in range(0, count, count // ALONE):
        alone = ss.simulate(cells[k], STEPS, cycles=CYCLES, engine="jax", mesh=mesh)
        assert alone.complete == done[k]
        expected = alone.cycles.discharge_capacity_mAh_per_g.values
        # Widths of compiled loops differ by rounding, and with it the sizes of steps.
        np.testing.assert_allclose(
            batch["discharge_capacity_mAh_per_g"].values[k][: expected.size], expected, rtol=1e-4
        )
