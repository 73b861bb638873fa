"""The command line: exit codes, one sentence for bad input, JSON and nothing else where it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import sscell as ss
from sscell.cli import main
from sscell.errors import SscellError
from sscell.study.output import OUR_FILES

SCENARIO = """
title = "two samples"

[samples.bare]
[samples.coated]
ald_cycles = 15

[runs.short]
steps = ["Charge at 1C for 6 minutes or until 2.75 V"]
"""

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """call(words) -> exit code, standard output and standard error of `sscell words`."""

    def run(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sscell", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfd.readouterr()
        return int(end.value.code or 0), out, err

    return run


@pytest.fixture
def plain_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real report has its own tests and takes seconds to draw."""
    monkeypatch.setattr("sscell.report.html.report_html", lambda study: "<p>report</p>")


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "two.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def changed(path: Path, old: str, new: str) -> Path:
    assert old in SCENARIO
    path.write_text(SCENARIO.replace(old, new), encoding="utf-8")
    return path


BAD: Sequence[tuple[str, str, str]] = (
    ("ald_cycles", "ald_cycle", "unknown key 'samples.coated.ald_cycle' (did you mean 'ald_cycles'?)"),
    ("ald_cycles = 15", "coating_thickness_nm = -4.5", "coating_thickness_nm must be a number of at least 0, got -4.5"),
    ("at 1C", "at 0C", "the C-rate must be positive, got '0C'"),
    ("until 2.75 V", "until 2.75", "'2.75' is not a voltage limit"),
    (
        "[runs.short]",
        "[runs.short]\ncell = 'pouch'",
        "'pellet', 'liquid_half_cell' or 'electrolyte_pellet', got 'pouch'",
    ),
    ("title = ", "title ", "is not valid TOML"),
    (
        "title = ",
        "engine = 'jaxx'\ntitle = ",
        "'engine': Input should be 'pybamm' or 'jax', got 'jaxx' (did you mean 'jax'?)",
    ),
)


@pytest.mark.parametrize(("old", "new", "message"), BAD)
def test_bad_scenario(call: Call, scenario: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    """Exit 2 and one line that names the file and what is wrong; nothing on standard output, nothing written."""
    code, out, err = call("run", changed(scenario, old, new), "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err.startswith("sscell: ") and err.endswith("\n") and err.count("\n") == 1
    assert message in err and "two.toml" in err
    assert not (tmp_path / "out").exists()


def test_unknown_engine(call: Call, scenario: Path, tmp_path: Path) -> None:
    """Exit 2 before anything runs."""
    code, out, err = call("run", scenario, "--engine", "jaxx", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err == "sscell: Engine 'jaxx' is not known; use one of: pybamm, jax.\n"
    assert not (tmp_path / "out").exists()


def test_engine_option(call: Call, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes before the scenario's own, and stands in the JSON, in provenance.json and in the report's command."""
    from sscell.study import jobs

    asked: list[str] = []

    def simulate(cell: ss.Cell, plan: ss.Protocol, engine: str) -> ss.SimulationResult:
        asked.append(engine)
        return ss.simulate(cell, plan)

    monkeypatch.setattr(jobs, "simulate", simulate)
    changed(scenario, "title = ", 'engine = "pybamm"\ntitle = ')
    code, out, _ = call("run", scenario, "--out", tmp_path / "out", "--engine", "jax", "--workers", "1", "--json")
    assert (code, asked) == (0, ["jax", "jax"])
    assert json.loads(out)["engine"] == "jax"
    assert json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))["engine"] == "jax"
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "sscell run two.toml --out results --engine jax" in report


def test_missing_file(call: Call, tmp_path: Path) -> None:
    code, out, err = call("run", tmp_path / "none.toml")
    assert (code, out) == (2, "")
    assert err == f"sscell: Scenario '{tmp_path / 'none.toml'}' does not exist; give the path of a .toml file.\n"


def test_out_is_a_file(call: Call, scenario: Path) -> None:
    """The file stays what it is."""
    code, out, err = call("run", scenario, "--out", scenario)
    assert (code, out) == (2, "")
    assert err == f"sscell: The results folder '{scenario}' is a file; name a folder.\n"
    assert scenario.read_text(encoding="utf-8") == SCENARIO


def test_json_of_bad_input(call: Call, tmp_path: Path) -> None:
    """With --json too, an error goes to standard error."""
    code, out, err = call("run", tmp_path / "none.toml", "--json")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_unknown_option_and_command(call: Call, scenario: Path) -> None:
    assert call("run", scenario, "--fast")[0] == 2
    assert call("runn", scenario)[0] == 2
    assert call("run", scenario, "--workers", "0")[0] == 2


def test_help(call: Call) -> None:
    code, out, _ = call("run", "--help")
    assert code == 0
    assert all(option in out for option in ("--out", "--quick", "--json", "--workers", "--engine"))


def test_without_a_command_the_help_is_shown(call: Call) -> None:
    code, out, err = call()
    assert (code, out) == (2, "") and err.startswith("Usage: sscell ")


def test_version(call: Call) -> None:
    assert call("--version") == (0, f"sscell {ss.__version__}\n", "")


def test_in_its_own_process(tmp_path: Path) -> None:
    """As the shell sees it."""
    words = [sys.executable, "-m", "sscell.cli", "run", str(tmp_path / "none.toml")]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert run.stderr.startswith("sscell: Scenario ")


def test_run_with_its_report(call: Call, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 0; without --out the results lie in results/<name>; the table names the samples and where the report is."""
    monkeypatch.chdir(tmp_path)
    code, out, err = call("run", scenario, "--workers", "1", "--quick")
    assert (code, err) == (0, "")
    assert {path.name for path in (tmp_path / "results" / "two").iterdir()} == OUR_FILES
    assert all(word in out for word in ("bare", "coated", "results/two/report.html"))
    report = (tmp_path / "results" / "two" / "report.html").read_text(encoding="utf-8")
    assert report.lstrip().lower().startswith("<!doctype html")
    assert "two samples" in report


def test_json(call: Call, scenario: Path, tmp_path: Path, plain_report: None) -> None:
    """Standard output is one JSON value, by the letter of the standard."""
    code, out, err = call("run", scenario, "--out", tmp_path / "out", "--workers", "1", "--json")
    assert (code, err) == (0, "")

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    record = json.loads(out, parse_constant=refuse)
    assert record["folder"] == str(tmp_path / "out")
    assert [row["sample"] for row in record["summary"]] == ["bare", "coated"]
    assert (record["complete"], record["problems"]) == (True, [])


@pytest.mark.parametrize("json_asked", [False, True])
def test_a_sample_that_fails(
    call: Call,
    scenario: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plain_report: None,
    json_asked: bool,
) -> None:
    """Exit 1: the study is done and written, and what failed is named."""
    from sscell.study import jobs

    simulate = jobs.simulate

    def fails_when_coated(cell: ss.Cell, plan: ss.Protocol, engine: str) -> ss.SimulationResult:
        assert cell.interface is not None
        if cell.interface.coating_thickness_m > 0:
            raise SscellError("the cell caught fire")
        return simulate(cell, plan, engine=engine)

    monkeypatch.setattr(jobs, "simulate", fails_when_coated)
    words = ["--json"] if json_asked else []
    code, out, err = call("run", scenario, "--out", tmp_path / "out", "--workers", "1", *words)
    assert (code, err) == (1, "")
    named = "short, coated: the cell caught fire"
    assert (json.loads(out)["problems"] == [named]) if json_asked else named in out
    assert {path.name for path in (tmp_path / "out").iterdir()} == OUR_FILES


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "Missing argument 'scenario'; see 'sscell run --help'."),
        (["inspect", "a.csv", "--plott"], "see 'sscell inspect --help'."),
        (["bogus"], "No such command 'bogus'; see 'sscell --help'."),
        (["inspectt"], "Did you mean 'inspect'? See 'sscell --help'."),
        (["run", "x.toml", "--workers", "0"], "Invalid value for '--workers'"),
    ],
)
def test_usage_errors_are_one_sentence(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sscell", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1 and message in output.err
