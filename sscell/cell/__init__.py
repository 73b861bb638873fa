"""The cell around the interface: materials, design, constitutive laws, and the numbers the engines run on."""

from sscell.cell.cell import (
    Cell,
    CellStructure,
    electrolyte_conductivity_S_per_m,
    fresh_state,
    interface_resistance_ohm_m2,
)
from sscell.cell.design import (
    INDIUM_LITHIUM,
    LITHIUM,
    BlockingElectrode,
    CellDesign,
    CompositeAnode,
    CompositeCathode,
    MetalAnode,
    Separator,
    electrolyte_pellet,
    liquid_half_cell,
)
from sscell.cell.input_changes import cells_with, with_inputs
from sscell.cell.input_slopes import numbers_slopes
from sscell.cell.inputs import continuous_inputs, full_name
from sscell.cell.materials import (
    LPSCL,
    AnodeMaterial,
    CathodeMaterial,
    Electrolyte,
    open_circuit_from_table,
)

__all__ = [
    "INDIUM_LITHIUM",
    "LITHIUM",
    "LPSCL",
    "AnodeMaterial",
    "BlockingElectrode",
    "CathodeMaterial",
    "Cell",
    "CellDesign",
    "CellStructure",
    "CompositeAnode",
    "CompositeCathode",
    "Electrolyte",
    "MetalAnode",
    "Separator",
    "cells_with",
    "continuous_inputs",
    "electrolyte_conductivity_S_per_m",
    "electrolyte_pellet",
    "fresh_state",
    "full_name",
    "interface_resistance_ohm_m2",
    "liquid_half_cell",
    "numbers_slopes",
    "open_circuit_from_table",
    "with_inputs",
]
