"""The terminal's table."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from sscell.report.tables import print_summary
from sscell.study.result import StudyResult


def printed(study: StudyResult) -> str:
    console = Console(width=100, file=io.StringIO())
    print_summary(study, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_fits_and_has_every_number(study: StudyResult) -> None:
    text = printed(study)
    lines = text.splitlines()
    assert max(len(line) for line in lines) <= 100
    assert "…" not in text
    assert "Coated <script>" in lines[0]
    row = next(line for line in lines if line.startswith("thick film"))
    data = study.summary.set_index("sample").loc["thick film"]
    expected = [
        f"{data[c]:.1f}"
        for c in (
            "first_charge_mAh_per_g",
            "first_discharge_mAh_per_g",
            "first_coulomb_efficiency_percent",
            "interface_resistance_fresh_ohm_cm2",
            "interface_resistance_aged_ohm_cm2",
        )
    ]
    cells = row.removeprefix("thick film").split()
    assert [c for c in cells if c != "–"] == expected
    assert len(cells) == 9


def test_score_problems_warnings_and_report(study: StudyResult) -> None:
    jobs = (replace(study.jobs[0], problem="Stopped [bold]in cycle 1."), *study.jobs[1:])
    text = " ".join(printed(replace(study, jobs=jobs, folder=Path("/tmp/" + 30 * "long/" + "out"))).split())
    assert "Facts: figures met 1/1, bounds 0/1, checks 0/0" in text
    assert "Failed: once, bare: Stopped [bold]in cycle 1." in text
    assert "Warning: thick film: Recipe: 20 ALD cycles extrapolate" in text
    assert "Report: /tmp/" + 30 * "long/" + "out/report.html" in text


def test_without_facts_and_folder(study: StudyResult) -> None:
    text = printed(replace(study, facts=()))
    assert "Facts:" not in text
    assert "Report:" not in text
    assert "Quick run" not in text
    assert "Quick run" in printed(replace(study, quick=True))
