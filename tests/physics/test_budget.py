"""The impedance budget: parts sum to the whole, and a part is what the whole gains when its branch grows."""

from dataclasses import replace

import numpy as np
import pytest

import sscell as ss
from sscell.layers import LayerMaterials

FREQUENCY_HZ = np.geomspace(7e6, 1e-3, 40)


@pytest.fixture(scope="module")
def cell() -> ss.Cell:
    return ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=550))


@pytest.fixture(scope="module")
def aged(cell: ss.Cell) -> ss.CellState:
    return ss.simulate(cell, ["Charge at C/2 until 2.75 V", "Discharge at C/2 until 1.35 V"], cycles=3).final_state


@pytest.mark.parametrize("rest_h", [0.0, 1.0])
def test_parts_sum_to_the_impedance(cell: ss.Cell, aged: ss.CellState, rest_h: float) -> None:
    for state in (None, aged):
        budget = ss.impedance_budget(cell, FREQUENCY_HZ, state=state, rest_h=rest_h)
        total = sum(budget.parts.values())
        assert np.max(np.abs(total - budget.impedance_ohm) / np.abs(budget.impedance_ohm)) < 1e-9
        plain = ss.impedance(cell, FREQUENCY_HZ, state=state, rest_h=rest_h).impedance_ohm
        np.testing.assert_allclose(budget.impedance_ohm, plain, rtol=1e-9)


def test_parts_sum_for_charged_and_for_other_cells(cell: ss.Cell) -> None:
    charged = ss.simulate(cell, ["Charge at C/10 until 2.75 V"]).final_state
    half_cell = ss.Cell(interface=cell.interface, design=ss.CellDesign(negative=ss.INDIUM_LITHIUM))
    pellet = ss.Cell(design=ss.electrolyte_pellet())
    for which, state in ((cell, charged), (half_cell, None), (pellet, None)):
        budget = ss.impedance_budget(which, FREQUENCY_HZ, state=state)
        total = sum(budget.parts.values())
        assert np.max(np.abs(total - budget.impedance_ohm) / np.abs(budget.impedance_ohm)) < 1e-9


def test_expected_origins(cell: ss.Cell) -> None:
    parts = ss.impedance_budget(cell, [1.0]).parts
    assert set(parts) == {
        "leads",
        "contacts",
        "separator",
        "anode",
        "ionic",
        "electronic",
        "decomposition layer",
        "coating",
        "NiO",
        "charge transfer",
        "diffusion",
        "side reaction",
    }


def test_part_is_the_derivative_along_its_branch(cell: ss.Cell) -> None:
    """Contribution = z_k ∂Z/∂z_k: scale one layer's impedance (R up, C down) by 1 ± ε and watch Z."""
    inert = replace(ss.LPSCL, oxidation_A_per_m2=0.0)
    frequency_Hz = np.array([1e5, 1e2, 1e-1])

    def z(scale: float) -> np.ndarray:
        default = LayerMaterials()
        materials = LayerMaterials(
            rocksalt_conductivity_S_per_m=default.rocksalt_conductivity_S_per_m / scale,
            rocksalt_permittivity=default.rocksalt_permittivity / scale,
        )
        design = ss.CellDesign(electrolyte=inert, layer_materials=materials)
        scaled = ss.Cell(interface=cell.interface, design=design)
        return ss.impedance(scaled, frequency_Hz, rest_h=0).impedance_ohm

    design = ss.CellDesign(electrolyte=inert)
    part = ss.impedance_budget(ss.Cell(interface=cell.interface, design=design), frequency_Hz, rest_h=0).parts["NiO"]
    step = 1e-4
    np.testing.assert_allclose((z(1 + step) - z(1 - step)) / (2 * step), part, rtol=1e-5)
