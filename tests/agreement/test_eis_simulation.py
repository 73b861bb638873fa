"""Our impedance against PyBaMM's EISSimulation on the same model at the initial state."""

from dataclasses import replace

import numpy as np
import pytest
from eis_simulation import eis_impedance, eis_simulation

import sscell as ss
from sscell.engines.pybamm.impedance import lead_impedance

FREQUENCY_HZ = np.geomspace(7e6, 1e-3, 30)
# Without oxidation the initial state is at rest; EISSimulation linearises where it is, ours settles the potentials.
INERT = replace(ss.LPSCL, oxidation_A_per_m2=0.0)


@pytest.mark.parametrize("negative", [ss.CompositeAnode(), ss.INDIUM_LITHIUM], ids=["LTO", "InLi"])
def test_agrees_with_eis_simulation(negative: object) -> None:
    design = ss.CellDesign(electrolyte=INERT, negative=negative)
    cell = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=550), design=design)
    peer = eis_impedance(eis_simulation(cell), cell, FREQUENCY_HZ)
    ours = ss.impedance(cell, FREQUENCY_HZ, rest_h=0).impedance_ohm - lead_impedance(cell, FREQUENCY_HZ)
    np.testing.assert_allclose(ours, peer, rtol=1e-6)


def test_agrees_with_oxidation_too() -> None:
    cell = ss.Cell.from_recipe(ss.Recipe())
    peer = eis_impedance(eis_simulation(cell), cell, FREQUENCY_HZ)
    ours = ss.impedance(cell, FREQUENCY_HZ, rest_h=0).impedance_ohm - lead_impedance(cell, FREQUENCY_HZ)
    np.testing.assert_allclose(ours, peer, rtol=1e-6)
