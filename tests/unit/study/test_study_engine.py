"""The engine is a choice of the study: the same figures from both, and neither takes the other's finished jobs."""

from __future__ import annotations

import json
import typing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from study_samples import BARE, TINY, Write

import sscell as ss
from sscell.engines.simulate import OWN_MESH
from sscell.study import checkpoint, runner
from sscell.study.differential import differential_capacity, relithiation_peak_V
from sscell.study.jobs import Job, run_job
from sscell.study.measures import RUN_MEASURES
from sscell.study.result import StudyResult
from sscell.study.schema import Scenario, read_scenario

# Two samples, two whole cycles at 0.5C, no spectra.
WHOLE = """
title = "two samples"

[samples.bare]
[samples.coated]
ald_cycles = 15
anneal_temperature_C = 400

[runs.half_C]
steps = ["Charge at C/2 until 2.75 V", "Discharge at C/2 until 1.35 V"]
cycles = 2
"""

# How far apart the engines may be, a measure. Capacities and ratios: 0.2 %, so 0.05 points of Coulomb efficiency and
# 0.4 mAh/g of a difference. The oxidation charge steepens towards the upper limit: 0.5 %. The peak of dQ/dV: 20 mV,
# twice its smoothing.
RELATIVE = {
    **dict.fromkeys(("discharge_capacity", "charge_capacity", "ratio_to_first", "areal_discharge_capacity"), 2e-3),
    "interface_resistance_ratio": 2e-3,
    "oxidation_charge": 5e-3,
}
ABSOLUTE = {"coulomb_efficiency": 0.05, "discharge_gain": 0.4, "relithiation_peak": 0.02}
NOT_LAST = {"fade_share"}  # compares a cycle with the last one


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StudyResult]:
    """The study by engine."""
    path = tmp_path_factory.mktemp("both") / "whole.toml"
    path.write_text(WHOLE, encoding="utf-8")
    return {engine: ss.run_study(path, workers=1, engine=engine) for engine in OWN_MESH}


def measured(study: StudyResult, name: str) -> list[float]:
    """A measure of both samples at the last cycle, the other sample being the reference."""
    bare, coated = study.jobs
    return [RUN_MEASURES[name](2, job, other) for job, other in ((bare, coated), (coated, bare))]


@pytest.mark.parametrize("name", sorted(RUN_MEASURES.keys() - NOT_LAST))
def test_both_engines_give_the_same_measures(both: dict[str, StudyResult], name: str) -> None:
    """Every measure a facts file may name."""
    assert all(study.problems == [] for study in both.values())
    expected = measured(both["pybamm"], name)
    assert all(np.isfinite(expected))
    assert measured(both["jax"], name) == pytest.approx(expected, rel=RELATIVE.get(name, 0), abs=ABSOLUTE.get(name, 0))


def test_both_engines_give_the_same_spectra(scenario: Write) -> None:
    """After a short cycle and a rest, part by part, to 3e-3 of the impedance: the reference's own mesh leaves 2e-3."""
    path = scenario(TINY.replace(BARE, "").replace('"fresh", ', ""))
    one, other = (ss.run_study(path, workers=1, engine=engine).jobs[0] for engine in OWN_MESH)
    assert (one.problem, other.problem) == ("", "")
    ours, theirs = one.spectra[0].budget, other.spectra[0].budget
    assert list(ours.parts) == list(theirs.parts)
    size = np.abs(ours.impedance_ohm)
    for part, z in {"whole": ours.impedance_ohm, **ours.parts}.items():
        there = theirs.impedance_ohm if part == "whole" else theirs.parts[part]
        assert np.max(np.abs(z - there) / size) < 3e-3, part
    assert theirs.spectrum.provenance["engine"] == "jax"


def test_differential_capacity_does_not_see_turning_points() -> None:
    """A voltage that turns back where no charge flows moves nothing; the curve is that of the smooth discharge."""
    t = np.linspace(0.0, 3600.0, 400)
    v = 2.6 - 0.9 * t / 3600 - 0.05 * np.tanh((t - 2400) / 200)

    def trace(time_s: np.ndarray, voltage_V: np.ndarray) -> ss.CyclingTrace:
        current = np.full(time_s.size, 1e-3)
        return ss.CyclingTrace(time_s=time_s, current_A=current, voltage_V=voltage_V, cycle=np.ones(time_s.size, int))

    turned = trace(np.insert(t, 1, [1e-4, 2e-4]), np.insert(v, 1, [2.2, 2.7]))
    expected = differential_capacity(trace(t, v), 1, discharge=True)
    found = differential_capacity(turned, 1, discharge=True)
    inside = (expected[0] > 1.7) & (expected[0] < 2.6)
    slope = np.interp(expected[0], found[0], found[2])
    # Grids differ by less than a bin of 2 mV, over which the slope changes by 2 % at most.
    assert slope[inside] == pytest.approx(expected[2][inside], rel=0.02)


def test_a_ripple_on_a_shoulder_is_no_peak() -> None:
    """The peak stands out by a tenth of its height; a higher ripple of 2 % at the edge of the window does not."""
    v = np.linspace(2.5, 1.4, 4000)
    density = 1 + np.exp(-(((v - 1.85) / 0.03) ** 2)) + 8 * np.clip(v - 1.9, 0, None)
    density *= 1 + 0.02 * np.cos(2 * np.pi * (v - 2.03) / 0.03) * (v > 1.98)
    charge = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * -np.diff(v))])
    trace = ss.CyclingTrace(
        time_s=1e4 * charge, current_A=np.full(v.size, 1e-3), voltage_V=v, cycle=np.ones(v.size, int)
    )
    assert relithiation_peak_V(trace, 1) == pytest.approx(1.85, abs=0.006)


def test_engine_of_the_scenario(scenario: Write) -> None:
    """The key `engine`; "pybamm" when left out; the schema knows every engine."""
    assert read_scenario(scenario(TINY)).engine == "pybamm"
    assert read_scenario(scenario(f'engine = "jax"\n{TINY}')).engine == "jax"
    assert typing.get_args(Scenario.model_fields["engine"].annotation) == tuple(OWN_MESH)
    assert set(checkpoint.PACKAGES) == set(OWN_MESH)


def test_unknown_engine_is_refused(scenario: Write) -> None:
    with pytest.raises(ss.InputError, match=r"'engine': .* 'pybamm' or 'jax', got 'pybam' \(did you mean 'pybamm'\?\)"):
        read_scenario(scenario(f'engine = "pybam"\n{TINY}'))
    with pytest.raises(ss.InputError, match="Engine 'pybam' is not known; use one of: pybamm, jax"):
        ss.run_study(scenario(TINY), engine="pybam")


def test_another_engine_computes_again(
    scenario: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain_report: None
) -> None:
    """A study stopped on one engine and taken up on the other takes nothing over; on the same one it does."""
    path, done = scenario(WHOLE.replace("cycles = 2", "").replace("C/2 until 2.75 V", "C/2 for 2 minutes")), []

    def run(job: Job) -> object:
        if len(done) == 1:
            done.append(("stopped", ""))
            raise KeyboardInterrupt
        done.append((job.sample, job.scenario.engine))
        return run_job(job)

    monkeypatch.setattr(runner, "run_job", run)
    with pytest.raises(KeyboardInterrupt):
        ss.run_study(path, tmp_path / "out", workers=1, engine="pybamm")
    study = ss.run_study(path, tmp_path / "out", workers=1, engine="jax")
    assert done[2:] == [("bare", "jax"), ("coated", "jax")]
    assert all(job.cycling.trace.provenance["engine"] == "jax" for job in study.jobs)
    assert json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))["engine"] == "jax"
    assert len(pd.read_csv(tmp_path / "out" / "cycles.csv")) == 2


def test_fast_engine_runs_in_this_process(scenario: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless more workers are asked for: each would compile for longer than it then runs."""
    asked: list[int] = []
    monkeypatch.setattr(runner, "_computed", lambda jobs, workers: asked.append(workers) or iter(()))
    monkeypatch.setattr(runner.os, "cpu_count", lambda: 4)
    for engine, workers in (("jax", None), ("jax", 2), ("pybamm", None)):
        ss.run_study(scenario(TINY), engine=engine, workers=workers)
    assert asked == [1, 2, 2]
