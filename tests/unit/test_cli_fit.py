"""`sscell fit`: exit codes, one sentence for bad input, JSON that equals the fits, series by a list."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli_command import command

import sscell as ss
from sscell.cli.series_list import series_list_from_file
from sscell.errors import InputError

TEXT = "R0-p(R1,C1)"
FREQUENCY_HZ = np.geomspace(1e5, 1.0, 31)


def written(path: Path, resistance_ohm: float, seed: int) -> Path:
    """An arc of R0 = 10 ohm and 0.1 mF with 0.1 % noise."""
    random = np.random.default_rng(seed)
    z = 10 + resistance_ohm / (1 + 2j * np.pi * FREQUENCY_HZ * 1e-4 * resistance_ohm)
    z = z * (1 + 1e-3 * (random.normal(size=z.size) + 1j * random.normal(size=z.size)))
    ss.Spectrum(frequency_Hz=FREQUENCY_HZ, impedance_ohm=z).to_pandas().to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two cells annealed at 400 °C (100 ohm), two at 700 °C (200 ohm)."""
    folder = tmp_path_factory.mktemp("cells")
    given = {"a": 100.0, "b": 104.0, "c": 200.0, "d": 206.0}
    return [written(folder / f"{name}.csv", r, k) for k, (name, r) in enumerate(given.items())]


@pytest.fixture(autouse=True)
def plain_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures have tests of their own and take seconds."""
    monkeypatch.setattr("sscell.report.fitted.write.drawn_figures", lambda report, progress=None: {})


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def test_json_equals_the_fit(files: list[Path], tmp_path: Path) -> None:
    """Every number on standard output is that of ss.fit_circuit, to the last digit; fits.json says the same."""
    out = tmp_path / "out"
    code, text, err = command("fit", files[0], "--circuit", TEXT, "--starts", "4", "--out", out, "--json", "--no-drt")
    assert (code, err) == (0, "")
    record = json.loads(text, parse_constant=refuse)
    assert json.loads((out / "fits.json").read_text(encoding="utf-8")) == record
    (found,) = record["spectra"][0]["fits"]
    fit = ss.fit_circuit(TEXT, ss.read_spectra(files[0])[0], starts=4)
    assert found["values"] == dict(fit.values)
    assert found["standard_errors"] == dict(fit.standard_errors)
    assert found["intervals"] == {name: list(ends) for name, ends in fit.intervals.items()}
    assert (found["chi_square"], found["aicc"], found["status"]) == (fit.chi_square, fit.aicc, "converged")
    assert found["values"]["R1"] == pytest.approx(100, rel=5e-3)  # five times the noise over the root of 31 points


def test_table_when_piped(files: list[Path], tmp_path: Path) -> None:
    """One line a spectrum whatever the width, errors in brackets, the report's place at the end."""
    code, text, err = command("fit", *files, "--circuit", TEXT, "--starts", "4", "--out", tmp_path / "out", "--no-drt")
    assert (code, err) == (0, "")
    lines = text.splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("a.csv", "b.csv", "c.csv", "d.csv"))] == [
        "a.csv", "b.csv", "c.csv", "d.csv",
    ]  # fmt: skip
    assert lines[-1] == f"Report: {tmp_path / 'out' / 'report.html'}"
    assert "\x1b" not in text


def test_circuits_are_compared(files: list[Path], tmp_path: Path) -> None:
    """The circuit that made the data wins over a resistor; weights add up to one."""
    words = ["--circuit", "R0", "--circuit", TEXT, "--fix", "C1=1e-4", "--starts", "4", "--no-drt", "--json"]
    code, text, _ = command("fit", files[0], *words, "--out", tmp_path / "out")
    first, second = json.loads(text)["spectra"][0]["fits"]
    assert code == 0
    assert (first["circuit"], second["circuit"]) == (TEXT, "R0")
    assert first["values"]["C1"] == 1e-4 and first["free"] == ["R0", "R1"]
    assert first["akaike_weight"] + second["akaike_weight"] == pytest.approx(1)
    assert second["aicc_difference"] == pytest.approx(second["aicc"] - first["aicc"])


def test_series_by_a_list(files: list[Path], tmp_path: Path) -> None:
    """Conditions, cells and comparison come from the list; paths start at its folder."""
    listed = files[0].parent / "series.csv"
    listed.write_text(
        "file,anneal_temperature_C,cell\na.csv,400,1\nb.csv,400,2\nc.csv,700,3\nd.csv,700,4\n", encoding="utf-8"
    )
    out = tmp_path / "out"
    words = ["--series", listed, "--circuit", TEXT, "--starts", "4", "--no-drt", "--json", "--out", out]
    code, text, err = command("fit", *words, "--compare", "400:700")
    assert (code, err) == (0, "")
    record = json.loads(text, parse_constant=refuse)
    series = record["series"]
    assert (series["along"], series["conditions"], series["cells"]) == (
        "anneal_temperature_C", [400, 400, 700, 700], ["1", "2", "3", "4"],
    )  # fmt: skip
    low, high = series["trends"]["R1"]["means"]
    assert (low["cells"], high["cells"]) == (2, 2)
    assert low["value"] == pytest.approx(np.sqrt(100 * 104), rel=5e-3)
    ratio = record["comparisons"][0]["differences"]["R1"]["ratio"]
    assert ratio == pytest.approx(np.sqrt(200 * 206 / (100 * 104)), rel=5e-3)
    trends = pd.read_csv(out / "trends.csv")
    assert set(trends["anneal_temperature_C"]) == {400, 700}
    assert list(pd.read_csv(out / "fits.csv")["anneal_temperature_C"]) == [400, 400, 700, 700]


def test_a_refused_file_is_named_and_the_others_go_on(files: list[Path], tmp_path: Path) -> None:
    words = ["--circuit", TEXT, "--starts", "4", "--no-drt", "--json", "--out", tmp_path / "out"]
    code, text, err = command("fit", tmp_path / "none.csv", files[0], *words)
    record = json.loads(text)
    assert (code, err, len(record["spectra"]), record["complete"]) == (1, "", 1, False)
    assert "none.csv" in record["problems"][0]


BAD = [
    ([], "no circuit was given"),
    (["--circuit", TEXT, "--fix", "R3=1"], "--fix R3: no parameter of R0-p(R1,C1) has this name (did you mean 'R1'?)"),
    (["--circuit", TEXT, "--fix", "R1"], "--fix 'R1' must be written as in R0=10"),
    (["--circuit", TEXT, "--fix", "R1=ten"], "--fix 'R1=ten': 'ten' is not a number"),
    (["--circuit", TEXT, "--bound", "R1=5"], "needs a lower and an upper bound with a colon between"),
    (["--circuit", TEXT, "--bound", "R1=5:1"], "--bound 'R1=5:1': the lower bound comes first and must be below"),
    (["--circuit", TEXT, "--tie", "C1=C2"], "ties: 'C2' is no parameter"),
    (["--circuit", TEXT, "--order", "R1,R7"], "order: 'R7' is no element"),
    (["--circuit", "R0-p(R1,CPE1)", "--fix", "CPE1=1e-5"], "has this name (did you mean 'CPE1_0' or 'CPE1_1'?)"),
    (["--circuit", TEXT, "--band", "1e5:1e3"], "--band '1e5:1e3' must be LOW:HIGH in Hz, the lower end first"),
    (["--circuit", TEXT, "--circus", "3"], "No such option: --circus"),
    (["--circuit", TEXT, "--band", "kramers"], "(did you mean 'kramers-kronig'?)"),
    (["--circuit", TEXT, "--weights", "modulu"], "(did you mean 'modulus'?)"),
    (["--circuit", TEXT, "--starts", "0"], "--starts must be from 1 to"),
    (["--circuit", TEXT, "--circuit", TEXT], "is given twice"),
    (["--circuit", TEXT, "--area", "-1"], "--area must be a positive number"),
    (["--circuit", TEXT, "--along", "voltage"], "(did you mean 'voltage_V'?)"),
    (["--circuit", TEXT, "--along", "voltage_V"], "--along voltage_V: none of the files says it"),
    (["--circuit", TEXT, "--compare", "1:2"], "--compare belongs to a series"),
    (["--circuit", TEXT, "--circuit", "R0", "--along", "sweep"], "a series is fitted with one circuit"),
]  # fmt: skip


def test_circuit_with_a_slip(files: list[Path], tmp_path: Path) -> None:
    """The sentence of the parser, with its mark under the place, and no traceback."""
    code, out, err = command("fit", files[0], "--circuit", "R0-p(R1,C1", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err.startswith("sscell: ") and "^" in err and "Traceback" not in err


@pytest.mark.parametrize(("words", "message"), BAD)
def test_bad_options(files: list[Path], tmp_path: Path, words: list[str], message: str) -> None:
    """Exit 2, one line that says what is wrong, nothing on standard output, nothing written."""
    code, out, err = command("fit", files[0], *words, "--json", "--out", tmp_path / "out")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_folder_of_something_else(files: list[Path], tmp_path: Path) -> None:
    """What is not ours stays, and is not fitted for nothing."""
    (tmp_path / "thesis.doc").write_text("years", encoding="utf-8")
    code, _, err = command("fit", files[0], "--circuit", TEXT, "--out", tmp_path)
    assert code == 2
    assert "holds files that are not results of sscell (thesis.doc)" in err
    assert (tmp_path / "thesis.doc").read_text(encoding="utf-8") == "years"


def test_failure_while_writing_leaves_the_old_result(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    words = ["fit", files[0], "--circuit", TEXT, "--starts", "4", "--no-drt", "--out", out]
    assert command(*words)[0] == 0
    before = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}

    def fails(report: object, figures: object) -> str:
        raise OSError("no space left")

    monkeypatch.setattr("sscell.report.fitted.write.report_html", fails)
    with pytest.raises(OSError, match="no space left"):
        command(*words)
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


LISTS = [
    ("a.csv,400\nb.csv,700\n", "needs a column 'file'"),
    ("file\na.csv\n", "must have one column for what was varied"),
    ("file,x,y\na.csv,1,2\n", "choose one with --along"),
    ("file,x\na.csv\n", "spectrum 1: 1 cells, but 2 columns"),
    ("file,x\na.csv,\n", "spectrum 1: no x"),
    ("file,x,sweep\na.csv,1,first\n", "sweep must be a whole number"),
    ("file,x,x\na.csv,1,2\n", "a column name stands twice"),
    ("", "lists no spectra"),
    ("filename,x\na.csv,1\n", "needs a column 'file'; it has filename, x; rename the one that holds the file names"),
    ("file,x\na.csv,0\nb.csv,a300\nc.csv,150\n", "spectrum 2: x is 'a300', which is no number, but others are"),
]


@pytest.mark.parametrize(("text", "message"), LISTS)
def test_bad_list(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "series.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"series\.csv") as error:
        series_list_from_file(path)
    assert message in str(error.value)


def test_list_as_toml_and_semicolons(tmp_path: Path) -> None:
    """Both ways of writing give the same list; labels stay labels, whole numbers are whole."""
    (tmp_path / "s.csv").write_text("# six cells\nfile;state;sweep\na.mpr;fresh;\na.mpr;aged;2\n", encoding="utf-8")
    (tmp_path / "s.toml").write_text(
        '[[spectra]]\nfile = "a.mpr"\nstate = "fresh"\n[[spectra]]\nfile = "a.mpr"\nstate = "aged"\nsweep = 2\n',
        encoding="utf-8",
    )
    first, second = (series_list_from_file(tmp_path / name) for name in ("s.csv", "s.toml"))
    assert first == second
    assert [line.condition for line in first.lines] == ["fresh", "aged"]
    assert [line.sweep for line in first.lines] == [None, 2]
    (tmp_path / "t.csv").write_text("file,T_C\na,25\nb,32.5\n", encoding="utf-8")
    assert [line.condition for line in series_list_from_file(tmp_path / "t.csv").lines] == [25, 32.5]
