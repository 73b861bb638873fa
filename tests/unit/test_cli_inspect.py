"""`sscell inspect`: what is in files, on the terminal, as JSON and as a picture; what is refused is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli_command import command

import sscell as ss


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An arc with one point far off."""
    f = np.geomspace(1e5, 0.1, 43)
    z = 10 + 100 / (1 + 2j * np.pi * f * 1e-3)
    z[20] *= 1.2
    path = tmp_path / "arc.csv"
    ss.Spectrum(frequency_Hz=f, impedance_ohm=z).to_pandas().to_csv(path, index=False)
    return path


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def test_json_is_the_verdict(file: Path) -> None:
    """Standard output is one JSON value whose numbers are those of the Python functions."""
    code, out, err = command("inspect", file, "--json", "--area", "0.5")
    assert (code, err) == (0, "")
    (found,) = json.loads(out, parse_constant=refuse)["files"]
    (sweep,) = found["sweeps"]
    verdict = ss.kramers_kronig(ss.read_spectra(file)[0])
    assert (sweep["points"], sweep["lowest_frequency_Hz"]) == (43, pytest.approx(0.1))
    assert sweep["kramers_kronig"]["valid"] == int(verdict.valid.sum()) < 43
    assert sweep["kramers_kronig"]["summary"] == verdict.summary
    assert sweep["kramers_kronig"]["invalid_frequency_Hz"] == verdict.frequency_Hz[~verdict.valid].tolist()
    assert sweep["largest_modulus_ohm_cm2"] == pytest.approx(0.5 * sweep["largest_modulus_ohm"])


def test_table_when_piped(file: Path) -> None:
    """Plain text without control characters, with range, |Z|, valid points and the reason."""
    code, out, _ = command("inspect", file)
    assert code == 0
    assert "\x1b" not in out
    assert "arc.csv: impedance" in out and "100 kHz to 100 mHz" in out and "10 Ω to 110 Ω" in out
    verdict = ss.kramers_kronig(ss.read_spectra(file)[0])
    assert f"{int(verdict.valid.sum())}/43" in out and verdict.summary in out


def test_cycling_facts(tmp_path: Path) -> None:
    trace = ss.CyclingTrace(
        time_s=[0, 3600, 7200, 10800], current_A=[-1e-3, -1e-3, 1e-3, 1e-3], voltage_V=[3, 4, 4, 3], cycle=[1, 1, 1, 1]
    )
    trace.to_pandas().to_csv(tmp_path / "run.csv", index=False)
    code, out, _ = command("inspect", tmp_path / "run.csv")
    assert code == 0
    assert "4 rows, 1 cycle, 3 h; 3.000 to 4.000 V; -1 to 1 mA" in out


def test_a_refused_file_is_named_and_the_others_go_on(file: Path, tmp_path: Path) -> None:
    """Exit 1 when some failed, 2 with one line and nothing on standard output when all did."""
    bad = tmp_path / "bad.csv"
    bad.write_text("freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1,2,3\n2,x,3\n", encoding="utf-8")
    code, out, err = command("inspect", bad, file, "--json")
    assert (code, err) == (1, "")
    record = json.loads(out)
    assert [f["file"] for f in record["files"]] == ["arc.csv"] and not record["complete"]
    assert "bad.csv, line 3" in record["problems"][0]
    for words in ([bad], [bad, "--json"], [bad, tmp_path / "none.csv"]):
        code, out, err = command("inspect", *words)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "bad.csv, line 3" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--area", "0"], "--area must be a positive number of square centimetres, got 0.0"),
        (["--area", "nan"], "--area must be a positive number of square centimetres, got nan"),
        (["--plott"], "No such option"),
    ],
)
def test_bad_options(file: Path, words: list[str], message: str) -> None:
    code, out, err = command("inspect", file, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_picture(file: Path, tmp_path: Path) -> None:
    """A PNG a file beside what else lies in the folder; files of one name keep apart."""
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "arc.csv"
    twin.write_bytes(file.read_bytes())
    out = tmp_path / "pictures"
    out.mkdir()
    (out / "mine.txt").write_text("kept", encoding="utf-8")
    code, text, _ = command("inspect", file, twin, "--plot", "--out", out)
    names = sorted(p.name for p in out.iterdir())
    assert code == 0 and len(names) == 3 and "mine.txt" in names
    assert all((out / n).read_bytes().startswith(b"\x89PNG") for n in names if n.endswith(".png"))
    assert all(str(out / n) in text for n in names if n.endswith(".png"))


def test_picture_folder_is_a_file(file: Path) -> None:
    code, _, err = command("inspect", file, "--plot", "--out", file)
    assert (code, err) == (2, f"sscell: The results folder '{file}' is a file; name a folder.\n")


@pytest.mark.measured
def test_cycling_with_impedance_inside(measured: Path) -> None:
    """cellpy's file: five sweeps and a trace; what was assumed is said."""
    code, out, _ = command("inspect", measured / "cellpy" / "biol.mpr", "--json")
    (found,) = json.loads(out, parse_constant=refuse)["files"]
    assert (code, found["kind"], len(found["sweeps"]), found["cycling"]["rows"]) == (0, "both", 5, 23251)
    assert found["assumptions"]
