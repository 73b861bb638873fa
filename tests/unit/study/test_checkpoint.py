"""A study that was stopped goes on where it was, with the same numbers; what was cut short is not believed."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sscell as ss
from sscell.study import runner
from sscell.study.checkpoint import Checkpoints, job_key
from sscell.study.jobs import Job, run_job
from sscell.study.schema import read_scenario

SCENARIO = """
title = "two samples"

[samples.bare]
[samples.coated]
ald_cycles = 15
anneal_temperature_C = 400

[runs.short]
steps = ["Charge at 1C for 6 minutes or until 2.75 V", "Discharge at 1C until 1.35 V"]
cycles = 2
spectra = ["fresh", "aged"]

[eis]
points_per_decade = 2
lowest_Hz = 1.0
rest_h = 0.1
"""


@pytest.fixture
def scenario_file(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def test_a_job_comes_back_as_it_was(scenario_file: Path, tmp_path: Path) -> None:
    job = Job(sample="coated", run="short", scenario=read_scenario(scenario_file))
    kept = Checkpoints(tmp_path / "kept")
    assert kept.load(job) is None
    result = run_job(job)
    kept.save(job, result)
    back = kept.load(job)
    assert back is not None and back.cycling is not None and result.cycling is not None
    pd.testing.assert_frame_equal(back.cycling.cycles, result.cycling.cycles)
    np.testing.assert_array_equal(back.cycling.trace.voltage_V, result.cycling.trace.voltage_V)
    for name, profile in result.cycling.final_state.profiles.items():
        np.testing.assert_array_equal(back.cycling.final_state.profiles[name].values, profile.values)
        assert back.cycling.final_state.profiles[name].axes == profile.axes
    for ours, theirs in zip(back.spectra, result.spectra, strict=True):
        assert (ours.label, ours.after_cycle) == (theirs.label, theirs.after_cycle)
        assert list(ours.budget.parts) == list(theirs.budget.parts)
        np.testing.assert_array_equal(ours.budget.impedance_ohm, theirs.budget.impedance_ohm)
        np.testing.assert_array_equal(ours.budget.parts["NiO"], theirs.budget.parts["NiO"])
    # A state that came back can be gone on from.
    assert ss.simulate(back.cell, ["Rest for 1 minute"], state=back.cycling.final_state).complete


def test_a_file_cut_short_or_foreign_is_computed_again(scenario_file: Path, tmp_path: Path) -> None:
    job = Job(sample="bare", run="short", scenario=read_scenario(scenario_file))
    kept = Checkpoints(tmp_path / "kept")
    kept.save(job, run_job(job))
    path = next((tmp_path / "kept").iterdir())
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"junk" * 100):
        path.write_bytes(content)
        assert kept.load(job) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [("400", "401"), ("cycles = 2", "cycles = 1"), ("rest_h = 0.1", "rest_h = 0.2"), ('"aged"]', "]")],
)
def test_other_inputs_are_another_job(scenario_file: Path, old: str, new: str) -> None:
    job = Job(sample="coated", run="short", scenario=read_scenario(scenario_file))
    scenario_file.write_text(SCENARIO.replace(old, new), encoding="utf-8")
    assert job_key(Job(sample="coated", run="short", scenario=read_scenario(scenario_file))) != job_key(job)


def test_a_stopped_study_goes_on(scenario_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ss.run_study(scenario_file, tmp_path / "whole", workers=1)
    assert not list(tmp_path.glob(".whole*"))
    done: list[str] = []

    def stops(job: Job) -> object:
        if done:
            raise KeyboardInterrupt
        done.append(job.sample)
        return run_job(job)

    monkeypatch.setattr(runner, "run_job", stops)
    with pytest.raises(KeyboardInterrupt):
        ss.run_study(scenario_file, tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()
    again: list[str] = []
    monkeypatch.setattr(runner, "run_job", lambda job: (again.append(job.sample), run_job(job))[1])
    study = ss.run_study(scenario_file, tmp_path / "out", workers=1)
    assert (done, again) == (["bare"], ["coated"])
    pd.testing.assert_frame_equal(study.summary, whole.summary)
    assert not list(tmp_path.glob(".out*"))


def test_a_killed_process_leaves_nothing_half_written(scenario_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "sscell.cli", "run", str(scenario_file), "--out", str(out), "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".out-unfinished/*.npz")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # Killed in mid-run there is no folder at all; had it just finished, the folder is whole.
    if out.exists():
        assert (out / "report.html").is_file() and (out / "provenance.json").is_file()
    study: Callable = ss.run_study
    assert study(scenario_file, out, workers=1).problems == []
    assert (out / "summary.csv").is_file()
    assert not list(tmp_path.glob(".out-unfinished"))
