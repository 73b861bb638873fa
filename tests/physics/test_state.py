"""A CellState is free of the mesh: remapping keeps integrals, and a run goes on from it as if never interrupted."""

import numpy as np
import pytest

import sscell as ss
from sscell.engines.mesh import CYCLING_MESH, IMPEDANCE_MESH

CELL = ss.Cell.from_recipe(ss.Recipe(ald_cycles=10, anneal_temperature_C=350))


def test_remapping_keeps_every_integral() -> None:
    state = ss.simulate(CELL, ["Charge at 1C for 30 minutes"]).final_state
    fine = state.on(IMPEDANCE_MESH.edges)
    back = fine.on(CYCLING_MESH.edges)
    for name in state.profiles:
        assert fine.mean(name) == pytest.approx(state.mean(name), rel=1e-12, abs=1e-15), name
        assert back.mean(name) == pytest.approx(state.mean(name), rel=1e-12, abs=1e-15), name
    assert fine.profiles["stoichiometry"].values.shape == (20, 30)


def test_a_run_goes_on_from_a_state() -> None:
    whole = ss.simulate(CELL, ss.protocols.rate_test(4))
    first = ss.simulate(CELL, ss.protocols.rate_test(2))
    rest = ss.simulate(CELL, ss.Protocol(ss.protocols.rate_test(4).cycles[2:]), state=first.final_state)
    joined = [*first.cycles.discharge_capacity_mAh_per_g, *rest.cycles.discharge_capacity_mAh_per_g]
    np.testing.assert_allclose(joined, whole.cycles.discharge_capacity_mAh_per_g, rtol=1e-6)
    assert rest.final_state.time_s == pytest.approx(whole.final_state.time_s, rel=1e-6)
    second = whole.state_after(2).mean("stoichiometry")
    assert second == pytest.approx(first.final_state.mean("stoichiometry"), rel=1e-9)


@pytest.mark.parametrize("anneal_C", [None, 400, 700])
def test_cycling_mesh_is_converged(anneal_C: float | None) -> None:
    """Within 0.2 mAh/g of a fine mesh over the rate test: a thirtieth of the tolerance to the paper's capacities."""
    recipe = ss.Recipe() if anneal_C is None else ss.Recipe(ald_cycles=15, anneal_temperature_C=anneal_C)
    cell, plan = ss.Cell.from_recipe(recipe), ss.protocols.rate_test(9)
    coarse, exact = (ss.simulate(cell, plan, mesh=m).cycles for m in (CYCLING_MESH, ss.Mesh(20, 30, 40, 1.1, 0.87)))
    difference = coarse.discharge_capacity_mAh_per_g - exact.discharge_capacity_mAh_per_g
    assert difference.abs().max() < 0.2
