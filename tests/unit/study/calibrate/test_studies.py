"""The studies that come with the package: what they ask for, and that they act on the right cells."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

import sscell as ss
from sscell.study.calibrate.run import found_by
from sscell.study.calibrate.task import task_from

SCENARIOS = Path(__file__).parents[4] / "scenarios"


def test_the_founding_study_has_one_parameter_for_two_figures() -> None:
    task = task_from(SCENARIOS / "kitsche2022.toml")
    assert len(task.unknowns.free) == 14
    assert sum(datum.counts for datum in task.problem.data) == 28
    centre = task.unknowns.centre
    liquid = ss.continuous_inputs(task.unknowns.cell(("uncoated", "liquid_half_cell"), centre))
    assert liquid["design.electrolyte.oxidation_A_per_m2"] == 0.0
    assert liquid["design.electrolyte.isolation_m2_per_C"] == 0.0
    assert liquid["design.contact_resistance_ohm_m2"] == 0.0
    # One law for all samples: whatever is free acts on more than one of them, through the recipe or as it is.
    assert all(unknown.spec.samples is None for unknown in task.unknowns.free)


def test_facts_beyond_the_runs_are_named(tmp_path: Path) -> None:
    text = (SCENARIOS / "kitsche2022.toml").read_text()
    (tmp_path / "kitsche2022_facts.toml").write_text((SCENARIOS / "kitsche2022_facts.toml").read_text())
    short = tmp_path / "short.toml"
    short.write_text(text.replace("cycles = 50", "cycles = 20"))
    with pytest.raises(ss.InputError, match="errors: 'Q02_uncoated_plateau' is no fact that is fitted"):
        task_from(short)
    short.write_text(re.sub(r'.*"?Q02_uncoated_plateau.*\n', "", short.read_text()))
    assert task_from(short).aside == ["Q02_uncoated_plateau", "Q02_gain_50"]


def test_the_defaults_are_what_the_founding_study_found() -> None:
    """calibrated.json names what the study names, at the priors and the fixed values of the study as it stands."""
    kept = json.loads(resources.files("sscell").joinpath("calibrated.json").read_text())
    task = task_from(SCENARIOS / "kitsche2022.toml")
    fixed = {name: spec.value for name, spec in task.study.parameters.items() if spec.fixed}
    assert {name: row["value"] for name, row in kept["fixed"].items()} == fixed
    assert {name: row["prior"] for name, row in kept["parameters"].items()} == {
        unknown.name: unknown.prior for unknown in task.unknowns.free
    }
    cells = (ss.Cell.from_recipe(ss.Recipe(ald_cycles=15)), ss.Cell.from_recipe(ss.Recipe()))
    inputs = {full: value for cell in cells for full, value in ss.continuous_inputs(cell).items()}
    for name, row in (kept["parameters"] | kept["fixed"]).items():
        full = next(full for full in inputs if full == name or full.endswith(f".{name}"))
        assert inputs[full] == row["value"]
        if name in kept["parameters"]:
            assert row["low"] <= row["value"] <= row["high"]


@pytest.mark.measured
def test_measured_spectra_of_a_full_cell_and_a_pellet(measured: Path) -> None:
    """The physical model meets them within ten percent; docs/theory/calibration.md says what it lacks."""
    task = task_from(SCENARIOS / "ncm_lpscl_inli.toml", measured / "hybrid-drt")
    best, starts = found_by(task)
    assert best.status == "converged" and len(starts) == 8
    cell, pellet = (np.array(values) for values in best.values)
    rms = [np.sqrt(np.mean(d.judge(v)[0] ** 2)) for d, v in zip(task.problem.data, (cell, pellet), strict=True)]
    print(f"\nRMS residuals: full cell {rms[0]:.2f} %, pellet {rms[1]:.2f} %")
    assert rms[0] < 8 and rms[1] < 25
