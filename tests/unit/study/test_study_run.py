"""`run_study` on two samples and one short cycle: its tables, its folder, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from study_samples import BARE, COATED, STEPS, TINY, Write, job

import sscell as ss
from sscell.errors import InputError, SscellError
from sscell.study.output import OUR_FILES, summary_json, write_study
from sscell.study.result import StudyResult
from sscell.study.schema import read_scenario
from sscell.study.tables import cycles_table, summary_table

# The columns the issue asks for, in its order.
SUMMARY = [
    "sample",
    "first_charge_mAh_per_g",
    "first_discharge_mAh_per_g",
    "first_coulomb_efficiency_percent",
    "discharge_1C_mAh_per_g",
    "ratio_1C_percent",
    "discharge_05C_first_mAh_per_g",
    "retention_200_percent",
    "interface_resistance_fresh_ohm_cm2",
    "interface_resistance_aged_ohm_cm2",
]


def strict_json(text: str) -> dict:
    """JSON as the standard has it: NaN and Infinity are not in it."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def folder_of(study: StudyResult) -> Path:
    assert study.folder is not None
    return study.folder


def test_every_file_is_there(tiny_study: StudyResult) -> None:
    """All of the results and nothing else, in the folder and beside it."""
    folder = folder_of(tiny_study)
    assert {path.name for path in folder.iterdir()} == OUR_FILES
    assert {path.name for path in folder.parent.iterdir()} == {"tiny.toml", "out"}
    assert (folder / "report.html").read_text() == "<p>report</p>"
    assert os.stat(folder).st_mode & 0o755 == 0o755


def test_summary(tiny_study: StudyResult) -> None:
    """A row a sample, the issue's columns first; figures that were not asked for are empty."""
    table = pd.read_csv(folder_of(tiny_study) / "summary.csv")
    assert list(table.columns[: len(SUMMARY)]) == SUMMARY
    assert list(table["sample"]) == ["bare", "coated"]
    assert table["retention_200_percent"].isna().all()
    for name in ("interface_resistance_fresh_ohm_cm2", "interface_resistance_aged_ohm_cm2"):
        assert (table[name] > 0).all()
    fresh = [1e4 * job.cell.interface_resistance_ohm_m2() for job in tiny_study.jobs]
    assert list(table["interface_resistance_fresh_ohm_cm2"]) == pytest.approx(fresh, rel=1e-12)
    assert list(table["coating_thickness_nm"]) == pytest.approx([0, 4.68], abs=0.01)


def test_cycles(tiny_study: StudyResult) -> None:
    """Six minutes at 1C = 190 mA/g are 19 mAh/g, six at C/4 a quarter of it: no limit is met on the way."""
    table = pd.read_csv(folder_of(tiny_study) / "cycles.csv")
    assert list(table["sample"]) == ["bare", "coated"]
    assert list(table["run"]) == ["short"] * 2
    # The solver's own tolerance is 1e-6.
    assert table["charge_capacity_mAh_per_g"].to_numpy() == pytest.approx(19.0, rel=1e-4)
    assert table["discharge_capacity_mAh_per_g"].to_numpy() == pytest.approx(4.75, rel=1e-4)
    assert table["coulomb_efficiency_percent"].to_numpy() == pytest.approx(25.0, rel=1e-4)


def test_spectra(tiny_study: StudyResult) -> None:
    """Fresh and aged of each sample; the parts by origin sum to the impedance, real and imaginary, to 1e-9."""
    table = pd.read_csv(folder_of(tiny_study) / "spectra.csv")
    found = table.groupby(["sample", "state"])["after_cycle"].unique().map(list).to_dict()
    assert found == {("bare", "fresh"): [0], ("bare", "aged"): [1], ("coated", "fresh"): [0], ("coated", "aged"): [1]}
    size = np.hypot(table["impedance_real_ohm_cm2"], table["impedance_imag_ohm_cm2"])
    assert (table.groupby(["sample", "state"])["frequency_Hz"].max() > 6.9e6).all()
    for part in ("real", "imag"):
        whole = table[f"impedance_{part}_ohm_cm2"]
        columns = [c for c in table.columns if c.endswith(f"_{part}_ohm_cm2") and not c.startswith("impedance_")]
        assert len(columns) >= 5
        assert ((table[columns].sum(axis=1) - whole).abs() / size).max() < 1e-9


def test_dataset(tiny_study: StudyResult) -> None:
    """The same numbers as the CSV tables, opened by xarray; traces of the first and last cycle."""
    folder = folder_of(tiny_study)
    cycles, spectra = pd.read_csv(folder / "cycles.csv"), pd.read_csv(folder / "spectra.csv")
    with xr.open_dataset(folder / "results.nc") as data:
        assert list(data["job_sample"].to_numpy().astype(str)) == ["bare", "coated"]
        discharge = data["discharge_capacity_mAh_per_g"].to_numpy()
        assert discharge.ravel() == pytest.approx(cycles["discharge_capacity_mAh_per_g"].to_numpy(), rel=1e-12)
        imaginary = data["impedance_imag_ohm_cm2"].to_numpy().ravel()
        assert imaginary == pytest.approx(spectra["impedance_imag_ohm_cm2"].to_numpy(), rel=1e-12)
        bare = data["trace_job"].to_numpy() == 0
        trace = tiny_study.jobs[0].cycling.trace
        assert data["trace_voltage_V"].to_numpy()[bare] == pytest.approx(trace.voltage_V, rel=1e-12)
        assert "positive current discharges" in data.attrs["conventions"]


def test_provenance(tiny_study: StudyResult) -> None:
    """Scenario text and hash, versions, and every parameter with unit and source."""
    record = strict_json((folder_of(tiny_study) / "provenance.json").read_text(encoding="utf-8"))
    assert record["scenario"] == TINY
    assert record["input_sha256"] == {"tiny.toml": hashlib.sha256(TINY.encode()).hexdigest()}
    assert record["versions"]["pybamm"].startswith("26.")
    assert record["quick"] is False
    assert record["samples"]["coated"]["recipe"]["ald_cycles"] == 15
    (parameters,) = record["parameters"].values()
    assert {tuple(sorted(p)) for p in parameters} == {("name", "source", "unit", "value")}
    assert all(p["unit"] and p["source"] for p in parameters)
    assert len(parameters) == len(tiny_study.jobs[0].cell.parameters)


def test_parameters_of_every_coating_are_kept(tiny_study: StudyResult) -> None:
    """Where the samples of a run differ in a constant, each sample's constants are listed."""
    first, second = tiny_study.jobs
    other = ss.CoatingMaterial(density_kg_per_m3=4650.0, sources={"density_kg_per_m3": "handbook"})
    changed = replace(second, cell=replace(second.cell, interface=replace(second.cell.interface, coating=other)))
    from sscell.study.output import provenance

    parameters = provenance(replace(tiny_study, jobs=(first, changed)))["parameters"]
    assert set(parameters) == {"short, bare", "short, coated"}
    found = {key: {p["name"]: p for p in records}["coating.density_kg_per_m3"] for key, records in parameters.items()}
    assert found["short, bare"]["value"] == 6100
    assert (found["short, coated"]["value"], found["short, coated"]["source"]) == (4650, "handbook")


def test_summary_as_json(tiny_study: StudyResult) -> None:
    """What was not simulated is null, never NaN."""
    text = json.dumps(summary_json(tiny_study))
    record = strict_json(text)
    assert (record["complete"], record["problems"], record["facts"], record["score"]) == (True, [], [], None)
    assert record["summary"][1]["retention_200_percent"] is None
    assert record["summary"][1]["sample"] == "coated"


def test_facts_travel_into_the_results(scenario: Write, tmp_path: Path, plain_report: None) -> None:
    """A facts file beside the scenario: its rows are written, scored, hashed, and strict JSON."""
    fact = """
[[fact]]
id = "made_up"
samples = ["coated"]
protocol = "process"
quantity = "thickness"
value = [4.0, 5.0]
unit = "nm"
kind = "range"
use = "fit"
measure = "coating_thickness"

[[fact]]
id = "not_simulated"
samples = ["coated"]
protocol = "nowhere"
quantity = "capacity"
value = 100
unit = "mAh/g"
kind = "eq"
use = "fit"
measure = "discharge_capacity"

[tolerance]
"mAh/g" = { absolute = 5.0 }
"""
    (tmp_path / "facts.toml").write_text(fact, encoding="utf-8")
    text = TINY.replace('spectra = ["fresh", "aged"]', 'samples = ["coated"]')
    study = ss.run_study(scenario('facts = "facts.toml"\n' + text), tmp_path / "out", workers=1)
    table = pd.read_csv(tmp_path / "out" / "facts.csv")
    assert list(table.columns[:5]) == ["id", "use", "kind", "quantity", "samples"]
    assert list(table["id"]) == ["made_up", "not_simulated"]
    assert list(table["scored"]) == [True, False]
    record = strict_json(json.dumps(summary_json(study)))
    assert record["score"]["figures_met"] == record["score"]["figures"] == 1
    assert record["facts"][1]["within"] is None
    hashes = strict_json((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))["input_sha256"]
    assert hashes["facts.toml"] == hashlib.sha256(fact.encode()).hexdigest()


def test_a_name_means_nothing(tiny_study: StudyResult, scenario: Write) -> None:
    """Samples with the study's own names, swapped, in two processes: the numbers are the same (to 1e-9, six decades
    below what a sample's own parameters would change, should another process sum in another order)."""
    text = TINY.replace("samples.bare", "samples.Z700").replace("samples.coated", "samples.uncoated")
    renamed = ss.run_study(scenario(text), workers=2)
    assert [j.sample for j in renamed.jobs] == ["Z700", "uncoated"]
    pd.testing.assert_frame_equal(
        cycles_table(renamed.jobs).drop(columns="sample"),
        cycles_table(tiny_study.jobs).drop(columns="sample"),
        rtol=1e-9,
    )
    for ours, theirs in zip(renamed.jobs, tiny_study.jobs, strict=True):
        for a, b in zip(ours.spectra, theirs.spectra, strict=True):
            assert a.budget.impedance_ohm == pytest.approx(b.budget.impedance_ohm, rel=1e-9)


def no_run(*_args: object, **_named: object) -> None:
    raise AssertionError("nothing may run before the input is checked")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda out: out.write_text("x"), r"The results folder '.*out' is a file; name a folder"),
        (
            lambda out: (out.mkdir(), (out / "thesis.docx").write_text("x")),
            r"holds files that are not results of sscell \(thesis.docx\); name a new folder",
        ),
    ],
)
def test_folder_with_something_else(
    scenario: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare, message: str
) -> None:
    """Refused before anything runs, and left as it was."""
    monkeypatch.setattr("sscell.study.runner.run_job", no_run)
    out = tmp_path / "out"
    prepare(out)
    before = sorted(tmp_path.rglob("*"))
    path = scenario(TINY)
    with pytest.raises(InputError, match=message):
        ss.run_study(path, out, workers=1)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


def test_folder_below_a_file(scenario: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sscell.study.runner.run_job", no_run)
    path = scenario(TINY)
    with pytest.raises(InputError, match=r"cannot be made: '.*scenario\.toml' is not a folder that can be written to"):
        ss.run_study(path, path / "deep" / "out", workers=1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('facts = "none.toml"\n', "Facts file '.*none.toml' does not exist"),
        ('[[measured]]\nfile = "none.csv"\nkind = "spectra"\n', "none.csv"),
    ],
)
def test_bad_companions_are_found_first(
    scenario: Write, monkeypatch: pytest.MonkeyPatch, line: str, message: str
) -> None:
    monkeypatch.setattr("sscell.study.runner.run_job", no_run)
    text = line + TINY if line.startswith("facts") else TINY + "\n" + line
    with pytest.raises(InputError, match=message):
        ss.run_study(scenario(text), workers=1)


def test_measured_spectra_need_an_area(scenario: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ohm cannot be laid over ohm cm²."""
    monkeypatch.setattr("sscell.study.runner.run_job", no_run)
    rows = "\n".join(f"{10.0**-k:g},{10 + k},{-k - 1}" for k in range(-4, 2))
    (tmp_path / "eis.csv").write_text(f"frequency/Hz,Z_real/ohm,Z_imag/ohm\n{rows}\n")
    text = TINY + '\n[[measured]]\nfile = "eis.csv"\nkind = "spectra"\n'
    with pytest.raises(InputError, match=r"'eis\.csv' has no area, .* give area_cm2 in \[\[measured\]\]"):
        ss.run_study(scenario(text), workers=1)


def rewritten(study: StudyResult, folder: Path) -> None:
    write_study(study, folder, lambda s: "<p>second</p>")


def test_earlier_result_is_replaced(tiny_study: StudyResult, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_study(tiny_study, folder, lambda s: "<p>first</p>")
    rewritten(tiny_study, folder)
    assert (folder / "report.html").read_text() == "<p>second</p>"
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_into_the_present_folder(tiny_study: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--out .` is a folder like any other."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    rewritten(tiny_study, Path("."))
    assert {path.name for path in (tmp_path / "here").iterdir()} == OUR_FILES
    assert {path.name for path in tmp_path.iterdir()} == {"here"}


def broken(study: StudyResult) -> str:
    raise RuntimeError("no ink")


def test_whole_or_not_at_all(tiny_study: StudyResult, tmp_path: Path) -> None:
    """A report that fails leaves no folder and no trace of one; an earlier result stays as it was, byte for byte."""
    folder = tmp_path / "out"
    with pytest.raises(RuntimeError, match="no ink"):
        write_study(tiny_study, folder, broken)
    assert list(tmp_path.iterdir()) == []
    rewritten(tiny_study, folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(RuntimeError, match="no ink"):
        write_study(tiny_study, folder, broken)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_earlier_result_survives_a_failed_rename(
    tiny_study: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put back if the new folder cannot take its place."""
    folder, rename = tmp_path / "out", os.rename
    rewritten(tiny_study, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fails_for_the_new_one(source: str | Path, target: str | Path) -> None:
        if Path(target) == folder and "was" not in str(source):
            raise OSError("disk full")
        rename(source, target)

    monkeypatch.setattr("sscell.folder.os.rename", fails_for_the_new_one)
    with pytest.raises(OSError, match="disk full"):
        rewritten(tiny_study, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def failing(simulate):
    """`simulate` that fails for coated cells."""

    def run(cell: ss.Cell, plan: ss.Protocol, engine: str):
        assert cell.interface is not None
        if cell.interface.coating_thickness_m > 0:
            raise SscellError("the coated cell caught fire")
        return simulate(cell, plan, engine=engine)

    return run


@pytest.mark.parametrize("samples", [BARE + COATED, COATED + BARE], ids=["last", "first"])
def test_a_sample_that_fails(
    scenario: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain_report: None, samples: str
) -> None:
    """It is named; the others are kept and written in full, whichever comes first."""
    from sscell.study import jobs

    monkeypatch.setattr(jobs, "simulate", failing(jobs.simulate))
    study = ss.run_study(scenario(TINY.replace(BARE + COATED, samples)), tmp_path / "out", workers=1)
    assert study.problems == ["short, coated: the coated cell caught fire"]
    table = pd.read_csv(tmp_path / "out" / "cycles.csv")
    assert list(table["sample"]) == ["bare"]
    summary = pd.read_csv(tmp_path / "out" / "summary.csv").set_index("sample")
    assert np.isnan(summary.loc["coated", "interface_resistance_aged_ohm_cm2"])
    assert summary.loc["bare", "interface_resistance_aged_ohm_cm2"] > 0
    record = strict_json(json.dumps(summary_json(study)))
    assert record["complete"] is False
    assert strict_json((tmp_path / "out" / "provenance.json").read_text())["problems"] == study.problems


def test_a_run_that_stops_keeps_its_cycles(tiny_study: StudyResult, tmp_path: Path) -> None:
    """A first sample without a single finished cycle takes nothing from the others in results.nc."""
    first, second = tiny_study.jobs
    stopped = replace(first, cycling=replace(first.cycling, summaries=(), complete=False), problem="stopped")
    write_study(replace(tiny_study, jobs=(stopped, second)), tmp_path / "out", lambda s: "")
    with xr.open_dataset(tmp_path / "out" / "results.nc") as data:
        discharge = data["discharge_capacity_mAh_per_g"].to_numpy()
    assert np.isnan(discharge[0]).all()
    assert discharge[1] == pytest.approx(4.75, rel=1e-4)


def test_progress_counts_every_job(scenario: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """progress(done, all, what): what is named, and nothing is counted twice."""
    seen: list[tuple[int, int, str]] = []
    fake = {(s, "short"): job(s, "short", [1.0]) for s in ("bare", "coated")}
    monkeypatch.setattr("sscell.study.runner.run_job", lambda j: fake[j.sample, j.run])
    ss.run_study(scenario(TINY), workers=1, progress=lambda *a: seen.append(a))
    assert seen == [(1, 2, "short, bare"), (2, 2, "short, coated")]


def test_extrapolation_is_named_once(scenario: Write) -> None:
    """A law outside its range: said of the sample, in the result."""
    text = TINY.replace("anneal_temperature_C = 400", "anneal_temperature_C = 800").replace(
        'spectra = ["fresh", "aged"]', f"[runs.again]\nsteps = {STEPS}"
    )
    study = ss.run_study(scenario(text), workers=1)
    assert len(study.warnings) == 1
    assert study.warnings[0].startswith("coated: Recipe: an anneal at 800 °C extrapolates from 250-700 °C")


def test_rates_are_read_off_the_protocols(scenario: Write) -> None:
    """0.1C and 1C figures come from the run that has both, 0.5C and retention from the one that starts at 0.5C."""
    text = """
title = "t"
[samples.a]
[runs.one]
protocol = "rate_test"
cycles = 9
[runs.two]
protocol = "stability_test"
cycles = 200
[runs.liquid]
protocol = "first_cycle"
cell = "liquid_half_cell"
lower_V = 2.9
upper_V = 4.3
"""
    study = read_scenario(scenario(text))
    jobs = [
        job("a", "one", [200, 199, 180, 179, 150, 149, 110, 100, 170]),
        job("a", "two", [160.0, *range(300, 102, -1), 120.0]),
        job("a", "liquid", [210.0]),
    ]
    (row,) = summary_table(study, jobs).to_dict(orient="records")
    assert row["first_discharge_mAh_per_g"] == 200
    assert row["discharge_1C_mAh_per_g"] == 100
    assert row["ratio_1C_percent"] == 50
    assert row["discharge_05C_first_mAh_per_g"] == 160
    assert row["retention_200_percent"] == 75
    assert row["liquid_first_discharge_mAh_per_g"] == 210
