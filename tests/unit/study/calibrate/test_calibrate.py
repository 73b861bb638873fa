"""A calibration from a study file to its folder: the truth is found, and stages go on after a stop."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import twin
from typer.testing import CliRunner

import sscell as ss
from sscell.cli.app import app
from sscell.engines.mesh import Mesh
from sscell.report.calibrated.tables import frames
from sscell.report.calibrated.write import _is_ours, write_calibration
from sscell.study.calibrate import posterior, response, run
from sscell.study.calibrate.response import Fineness, Response

MESH = Mesh(cathode=4, particle=10, anode=8, electrode_ratio=1.1)
SPECTRUM_MESH = Mesh(cathode=6, particle=12, anode=8, electrode_ratio=1.1)
NAMES = [
    "design.positive.material.exchange_current_density_A_per_m2",
    "decomposition_conductivity_S_per_m",
    "coating.conductivity_S_per_m",
]
METHOD = """starts = 2
drawn = 6
profiles = ["design.positive.material.exchange_current_density_A_per_m2"]
leave_out = ["cycling"]

[method.posterior]
made_of = 16
weighed = 8
"""
MORE = """
[samples.bare]
[runs.other]
steps = ["Charge at 1C until 2.75 V", "Discharge at 1C until 1.35 V"]

[[comparisons]]
samples = ["bare", "coated"]
run = "other"
"""


def small(patch: pytest.MonkeyPatch) -> None:
    """One fineness for all and few cells at a time, as each other one would have to be compiled."""
    for name in ("ROUGH", "USUAL", "FINER"):
        patch.setattr(response, name, Fineness(MESH, SPECTRUM_MESH, 1e-3))
    patch.setattr(posterior, "BATCH", 8)
    patch.setattr(run, "BAND_DRAWS", 4)


@pytest.fixture(autouse=True)
def _small_meshes(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float]]:
    rng = np.random.default_rng(5)
    values = twin.truth(rng, NAMES)
    folder = tmp_path_factory.mktemp("twin")
    path = twin.write_twin(folder, values, rng, mesh=MESH, impedance_mesh=SPECTRUM_MESH, method=METHOD, more=MORE)
    return path, values


def counted(patch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often cells are asked for."""
    calls = []
    for name in ("answers", "beside"):
        whole = getattr(response.Responder, name)

        def counts(self: response.Responder, *arguments: object, whole: object = whole) -> object:
            calls.append(1)
            return whole(self, *arguments)

        patch.setattr(response.Responder, name, counts)
    return calls


@pytest.fixture(scope="module")
def whole_run(
    study: tuple[Path, dict[str, float]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[ss.Calibration, int]:
    """What was found, and how often cells were asked for."""
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        calls = counted(patch)
        return ss.calibrate(study[0], tmp_path_factory.mktemp("results") / "twin"), len(calls)


@pytest.fixture
def found(whole_run: tuple[ss.Calibration, int]) -> ss.Calibration:
    return whole_run[0]


def test_the_truth_lies_within_the_intervals(study: tuple[Path, dict[str, float]], found: ss.Calibration) -> None:
    """Widened to a level that one draw of three parameters does not fail by chance."""
    assert found.best.status == "converged"
    for row in found.known:
        off = np.log(row.value / study[1][row.name]) / (np.log(row.high / row.low) / (2 * 1.96))
        assert abs(off) < 3.5 and row.word == ""
        assert row.high / row.low < 1.5  # the data tell, not the prior
    assert all(row.shift < 1e-6 for row in found.beside)  # the finer meshes are the same here
    assert found.counts == (3, 2 * 2 * twin.FREQUENCY_HZ.size + 21 + 2 * twin.CYCLES - 1)


def test_the_calibrated_cell_can_be_simulated(found: ss.Calibration) -> None:
    inputs = ss.continuous_inputs(found.cell("coated", "cycling"))
    for name, value in found.values.items():
        full = next(full for full in inputs if full.endswith(name))
        assert inputs[full] == pytest.approx(value, rel=1e-12)
    with pytest.raises(ss.InputError, match=r"'coate' is no sample of the study \(did you mean 'coated'"):
        found.cell("coate", "cycling")


def test_residuals_are_as_large_as_the_noise(found: ss.Calibration) -> None:
    residuals = np.concatenate([row.datum.judge(row.values)[0] for row in found.beside])
    assert 0.7 < np.sqrt(np.mean(residuals**2)) < 1.3


def test_every_stage_is_there(found: ss.Calibration) -> None:
    (profile,) = found.profiles
    row = next(row for row in found.known if row.name == profile.name)
    assert profile.low == pytest.approx(row.low, rel=0.05) and profile.high == pytest.approx(row.high, rel=0.05)
    assert found.posterior is not None and np.max(found.posterior.r_hat) < 1.05
    spread = np.std(found.posterior.draws[:, :3], axis=0)
    assert spread == pytest.approx(np.sqrt(np.diag(found.covariance)[:3]), rel=0.25)
    assert found.posterior.effective > 4
    assert {row.left_out for row in found.predicted} == {"cycling"}
    assert [(trade.left_out, trade.figures) for trade in found.trades] == [("", 2 * twin.CYCLES - 1), ("cycling", 0)]
    coating = next(d for d in found.differences if d.part == "coating, fresh")
    assert coating.first == "bare" and coating.difference < 0 and coating.larger == 0.0
    assert all(band.discharge_mAh_per_g[0][0] <= band.discharge_mAh_per_g[2][0] for band in found.bands)


def test_the_folder_is_whole_and_nothing_else_is_left(found: ss.Calibration) -> None:
    assert found.folder is not None
    names = {path.name for path in found.folder.iterdir()}
    assert {"parameters.csv", "data.csv", "left_out.csv", "profiles.csv", "posterior.nc", "report.html"} <= names
    assert not list(found.folder.parent.glob(".*"))
    kept = json.loads((found.folder / "calibrated.json").read_text())
    assert kept["parameters"][NAMES[0]]["value"] == found.values[NAMES[0]]
    assert pd.read_csv(found.folder / "parameters.csv")["name"].tolist() == [row.name for row in found.known]
    page = (found.folder / "report.html").read_text()
    assert "What the data cannot tell" in page and all(row.name in page for row in found.known)


HELD = ["discharge curve of coated in cycling, cycle 1", "discharge_capacity of coated in cycling, cycle 3"]


def test_spectra_of_fresh_cells_say_first_what_they_know(study: tuple[Path, dict[str, float]]) -> None:
    """Starts are drawn from what these leave of the priors: they differ, and all agree with these spectra."""
    task = run.task_from(study[0])
    assert task.fresh is not None
    assert [datum.name for datum in task.fresh.data] == ["spectrum of coated in cycling, fresh"]
    u = [np.array(start.u) for start in run.first_points(task)]
    assert len(u) == 2 and np.abs(u[0] - u[1]).max() > 0.01
    there = task.fresh.answers([np.zeros(u[0].size), *u], False)
    centre, *costs = (float(np.sum(task.fresh.judge(response.values).residuals ** 2)) for response in there)
    assert max(costs) < 0.1 * centre
    assert max(costs) < 2 * twin.FREQUENCY_HZ.size * 2


def test_where_fresh_spectra_cannot_be_searched_starts_are_drawn_from_the_priors(
    study: tuple[Path, dict[str, float]],
) -> None:
    task = run.task_from(study[0])
    method = task.study.method.model_copy(update={"starts": 3, "drawn": 3})
    task = replace(task, study=task.study.model_copy(update={"method": method}))
    assert task.fresh is not None
    task.fresh.answers = lambda coordinates, slopes: [Response([], [], "no answer") for _ in coordinates]
    failed = [start.u for start in run.first_points(task)]
    priors = [start.u for start in run.first_points(replace(task, fresh=None))]
    assert failed == priors and priors[0] == [0.0] * len(NAMES) and priors[1] != priors[0]


def test_data_that_are_held_out_are_predicted_and_tell_nothing(
    study: tuple[Path, dict[str, float]], found: ss.Calibration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = ss.calibrate(study[0], tmp_path / "out", hold_out=HELD)
    assert not set(HELD) & {row.datum.name for row in without.beside}
    assert without.counts == (3, found.counts[1] - 21 - 1)
    assert not without.profiles and not without.trades and without.posterior is None
    curve, capacity = without.predicted
    assert [curve.left_out, capacity.left_out] == HELD and np.isnan([curve.fitted, capacity.fitted]).all()
    assert 0.6 < curve.predicted < 1.5 and capacity.off < 3.5  # off by no more than noise
    (fitted,) = next(row.values for row in found.beside if row.datum.name == HELD[1])
    assert capacity.low < fitted < capacity.high and capacity.predicted != fitted
    page = (tmp_path / "out" / "report.html").read_text()
    assert f"among the facts as well: {', '.join(HELD)}" in page and "the search began from the priors" in page
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["held_out"] == HELD
    # another value of what is held out changes nothing
    table = pd.read_csv(study[0].parent / "cycling.csv")
    shutil.copytree(study[0].parent, tmp_path / "copy")
    third = table["Cycle Count / 1"] == 3
    table.loc[third, "Current / A"] *= 1.2
    table.to_csv(tmp_path / "copy" / "cycling.csv", index=False)
    monkeypatch.chdir(tmp_path)
    options = [word for name in HELD for word in ("--hold-out", name)]
    ended = CliRunner().invoke(app, ["calibrate", f"copy/{study[0].name}", *options, "--json"])
    told = json.loads(ended.stdout)
    assert told["held_out"] == HELD
    assert {name: row["value"] for name, row in told["parameters"].items()} == {
        row.name: row.value for row in without.known
    }
    (results,) = (tmp_path / "results").iterdir()
    assert results.name.startswith("twin-without-discharge_curve_of_coated_in_cycling_cycle_1-without-")


def test_what_is_held_out_must_be_there_and_leave_something(study: tuple[Path, dict[str, float]]) -> None:
    with pytest.raises(ss.InputError, match="hold_out: 'coate' is no sample, run or datum of this study"):
        ss.calibrate(study[0], hold_out=["coate"])
    with pytest.raises(ss.InputError, match="no data are left to fit without coated"):
        ss.calibrate(study[0], hold_out=["coated"])


class Stopped(Exception):
    pass


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
def test_resumed_after_a_stop_anywhere_it_ends_the_same(
    share: float,
    study: tuple[Path, dict[str, float]],
    whole_run: tuple[ss.Calibration, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In what comes first, in the search, in the posterior, and where data are left out or a parameter is traced."""
    found, asked = whole_run
    after = int(share * asked)
    with monkeypatch.context() as patch:
        calls = counted(patch)
        whole = response.Responder.answers

        def stops(self: response.Responder, *arguments: object) -> object:
            if len(calls) >= after:
                raise Stopped
            return whole(self, *arguments)

        patch.setattr(response.Responder, "answers", stops)
        with pytest.raises(Stopped):
            ss.calibrate(study[0], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    resumed = counted(monkeypatch)
    again = ss.calibrate(study[0], tmp_path / "out", resume=True)
    assert len(resumed) <= asked - after + 2  # a round that was stopped asks twice at most
    assert again.values == found.values
    assert again.predicted == found.predicted
    assert [(p.low, p.high, p.rise.tolist()) for p in again.profiles] == [
        (p.low, p.high, p.rise.tolist()) for p in found.profiles
    ]
    assert again.posterior is not None and found.posterior is not None
    assert np.array_equal(again.posterior.draws, found.posterior.draws)


def test_every_file_that_is_written_may_be_replaced(found: ss.Calibration) -> None:
    assert found.folder is not None
    write_calibration(found, found.folder)
    assert all(_is_ours(path) for path in found.folder.iterdir())
    assert set(frames(found)) <= {path.name for path in found.folder.iterdir()}


def test_without_resume_it_begins_anew(
    study: tuple[Path, dict[str, float]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / ".out-unfinished"
    kept.mkdir()
    (kept / f"{run.task_from(study[0]).key}-search.json").write_text("[]")
    monkeypatch.setattr(run, "found_by", lambda *_: (_ for _ in ()).throw(Stopped))
    with pytest.raises(Stopped):
        ss.calibrate(study[0], tmp_path / "out")
    assert not kept.exists()


def test_a_change_of_the_data_is_another_task(study: tuple[Path, dict[str, float]], tmp_path: Path) -> None:
    shutil.copytree(study[0].parent, tmp_path / "copy")
    copy = tmp_path / "copy" / study[0].name
    assert run.task_from(copy).key == run.task_from(study[0]).key
    other = pd.read_csv(copy.parent / "fresh.csv")
    other.iloc[0, 1] *= 1.01
    other.to_csv(copy.parent / "fresh.csv", index=False)
    assert run.task_from(copy).key != run.task_from(study[0]).key
    assert run.task_from(copy, study[0].parent).key == run.task_from(study[0]).key
