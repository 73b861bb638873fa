"""Solid-state cells with a coated cathode: from the coating recipe to cycling and impedance, with one physical model.

import sscell as ss
cell = ss.Cell.from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=400))
result = ss.simulate(cell, ss.protocols.first_cycle())
spectrum = ss.impedance(cell, frequency_Hz, state=result.final_state)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sscell import protocols
    from sscell.cell import (
        INDIUM_LITHIUM,
        LITHIUM,
        LPSCL,
        AnodeMaterial,
        BlockingElectrode,
        CathodeMaterial,
        Cell,
        CellDesign,
        CompositeAnode,
        CompositeCathode,
        Electrolyte,
        MetalAnode,
        Separator,
        cells_with,
        continuous_inputs,
        electrolyte_pellet,
        liquid_half_cell,
        open_circuit_from_table,
        with_inputs,
    )
    from sscell.circuit import Circuit
    from sscell.data import Inspection, inspect_file, read_cycling, read_spectra
    from sscell.engines.budget import ImpedanceBudget
    from sscell.engines.cell_circuit import circuit_from_cell, circuit_from_layer_stack
    from sscell.engines.closed_form import closed_form_impedance
    from sscell.engines.derivatives import gradient, sensitivities
    from sscell.engines.impedance import impedance, impedance_budget
    from sscell.engines.many import final_states, impedance_many, simulate_many
    from sscell.engines.mesh import Mesh
    from sscell.engines.result import SimulationResult
    from sscell.engines.simulate import simulate
    from sscell.errors import ExtrapolationWarning, InputError, SscellError
    from sscell.fit import (
        CircuitRanking,
        Comparison,
        FitResult,
        Profile,
        SeriesResult,
        compare,
        fit_circuit,
        fit_series,
        profile_likelihood,
        rank_circuits,
        without_leads,
    )
    from sscell.interface import CathodeSurface, CoatingMaterial, InterfaceState, interface_from_recipe
    from sscell.layers import Layer, LayerMaterials, LayerStack, layer_stack_from_interface
    from sscell.protocol import Protocol
    from sscell.recipe import Recipe
    from sscell.records import CellState, CyclingTrace, Spectrum
    from sscell.relaxation import DistributionOfRelaxationTimes, drt
    from sscell.report.calibrated.write import calibrate
    from sscell.report.fitted.write import write_fit_report
    from sscell.report.run import run_study
    from sscell.study.calibrate.result import Calibration
    from sscell.validation import KramersKronigResult, ZHitResult, kramers_kronig, z_hit

# Name at the door -> module it lives in; imported when first used, so that `import sscell` stays light.
_DOOR = {
    "protocols": "sscell.protocols",
    **dict.fromkeys(
        (
            "INDIUM_LITHIUM",
            "LITHIUM",
            "LPSCL",
            "AnodeMaterial",
            "BlockingElectrode",
            "CathodeMaterial",
            "Cell",
            "CellDesign",
            "CompositeAnode",
            "CompositeCathode",
            "Electrolyte",
            "MetalAnode",
            "Separator",
            "cells_with",
            "continuous_inputs",
            "electrolyte_pellet",
            "liquid_half_cell",
            "open_circuit_from_table",
            "with_inputs",
        ),
        "sscell.cell",
    ),
    "Circuit": "sscell.circuit",
    **dict.fromkeys(("Inspection", "inspect_file", "read_cycling", "read_spectra"), "sscell.data"),
    **dict.fromkeys(("DistributionOfRelaxationTimes", "drt"), "sscell.relaxation"),
    "ImpedanceBudget": "sscell.engines.budget",
    "closed_form_impedance": "sscell.engines.closed_form",
    **dict.fromkeys(("impedance", "impedance_budget"), "sscell.engines.impedance"),
    **dict.fromkeys(("circuit_from_cell", "circuit_from_layer_stack"), "sscell.engines.cell_circuit"),
    **dict.fromkeys(("gradient", "sensitivities"), "sscell.engines.derivatives"),
    **dict.fromkeys(("final_states", "impedance_many", "simulate_many"), "sscell.engines.many"),
    "Mesh": "sscell.engines.mesh",
    "SimulationResult": "sscell.engines.result",
    "simulate": "sscell.engines.simulate",
    **dict.fromkeys(("ExtrapolationWarning", "InputError", "SscellError"), "sscell.errors"),
    **dict.fromkeys(
        (
            "CircuitRanking",
            "Comparison",
            "FitResult",
            "Profile",
            "SeriesResult",
            "compare",
            "fit_circuit",
            "fit_series",
            "profile_likelihood",
            "rank_circuits",
            "without_leads",
        ),
        "sscell.fit",
    ),
    **dict.fromkeys(
        ("CathodeSurface", "CoatingMaterial", "InterfaceState", "interface_from_recipe"), "sscell.interface"
    ),
    **dict.fromkeys(("Layer", "LayerMaterials", "LayerStack", "layer_stack_from_interface"), "sscell.layers"),
    "Protocol": "sscell.protocol",
    "Recipe": "sscell.recipe",
    **dict.fromkeys(("CellState", "CyclingTrace", "Spectrum"), "sscell.records"),
    "calibrate": "sscell.report.calibrated.write",
    "Calibration": "sscell.study.calibrate.result",
    "run_study": "sscell.report.run",
    "write_fit_report": "sscell.report.fitted.write",
    **dict.fromkeys(("KramersKronigResult", "ZHitResult", "kramers_kronig", "z_hit"), "sscell.validation"),
}

__all__ = [  # noqa: RUF022 - ordered along the flow, not the alphabet
    "Recipe",
    "CoatingMaterial",
    "CathodeSurface",
    "InterfaceState",
    "interface_from_recipe",
    "Layer",
    "LayerMaterials",
    "LayerStack",
    "layer_stack_from_interface",
    "Cell",
    "CellDesign",
    "CathodeMaterial",
    "AnodeMaterial",
    "Electrolyte",
    "CompositeCathode",
    "CompositeAnode",
    "MetalAnode",
    "BlockingElectrode",
    "Separator",
    "LPSCL",
    "INDIUM_LITHIUM",
    "LITHIUM",
    "electrolyte_pellet",
    "liquid_half_cell",
    "open_circuit_from_table",
    "continuous_inputs",
    "with_inputs",
    "cells_with",
    "Protocol",
    "protocols",
    "simulate",
    "SimulationResult",
    "simulate_many",
    "final_states",
    "impedance",
    "impedance_budget",
    "ImpedanceBudget",
    "closed_form_impedance",
    "impedance_many",
    "sensitivities",
    "gradient",
    "Mesh",
    "CellState",
    "CyclingTrace",
    "Spectrum",
    "read_spectra",
    "read_cycling",
    "inspect_file",
    "Inspection",
    "kramers_kronig",
    "KramersKronigResult",
    "z_hit",
    "ZHitResult",
    "drt",
    "DistributionOfRelaxationTimes",
    "Circuit",
    "circuit_from_cell",
    "circuit_from_layer_stack",
    "fit_circuit",
    "FitResult",
    "profile_likelihood",
    "Profile",
    "rank_circuits",
    "CircuitRanking",
    "fit_series",
    "SeriesResult",
    "compare",
    "Comparison",
    "without_leads",
    "write_fit_report",
    "run_study",
    "calibrate",
    "Calibration",
    "SscellError",
    "InputError",
    "ExtrapolationWarning",
]


def __getattr__(name: str) -> Any:
    if name not in _DOOR:
        raise AttributeError(f"module 'sscell' has no attribute '{name}'")
    module = importlib.import_module(_DOOR[name])
    value = module if _DOOR[name] == f"sscell.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_DOOR})
