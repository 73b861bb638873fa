"""Small scenarios, and jobs made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import sscell as ss
from sscell.engines.result import CycleSummary
from sscell.records import CellState
from sscell.study.jobs import JobResult

# Two samples, one cycle of 6 + 6 minutes, few frequencies: a study of half a second once its model is compiled.
STEPS = '["Charge at 1C for 6 minutes or until 2.75 V", "Discharge at C/4 for 6 minutes or until 1.35 V"]'
BARE = """
[samples.bare]
ald_cycles = 0
"""
COATED = """
[samples.coated]
ald_cycles = 15
anneal_temperature_C = 400
"""
TINY = f"""
title = "two samples"
citation = "nobody 2026"
{BARE}{COATED}
[runs.short]
steps = {STEPS}
spectra = ["fresh", "aged"]

[eis]
points_per_decade = 2
"""

Write = Callable[[str], Path]


def summary(cycle: int, **given: float) -> CycleSummary:
    """A row of a cycle with round numbers."""
    row = dict.fromkeys(CycleSummary._fields, 1.0)
    return CycleSummary(**(row | {"cycle": cycle} | given))


def job(sample: str, run: str, discharge: Sequence[float] = (), recipe: ss.Recipe | None = None, **columns: Any):
    """A finished job with these discharge capacities, and other columns by name, a value a cycle."""
    columns["discharge_capacity_mAh_per_g"] = discharge
    rows = [summary(k + 1, **{name: values[k] for name, values in columns.items()}) for k in range(len(discharge))]
    empty = np.zeros(0)
    cycling = ss.SimulationResult(
        summaries=rows,
        trace=ss.CyclingTrace(time_s=empty, current_A=empty, voltage_V=empty, cycle=empty),
        states=(),
        final_state=CellState(profiles={}, edges={}),
    )
    return JobResult(sample=sample, run=run, cell=ss.Cell.from_recipe(recipe or ss.Recipe()), cycling=cycling)
