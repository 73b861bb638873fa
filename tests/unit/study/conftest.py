"""Fixtures of the study's tests; the scenarios themselves are in study_samples.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from study_samples import TINY, Write

import sscell as ss


@pytest.fixture
def scenario(tmp_path: Path) -> Write:
    """scenario(text) -> path of a scenario file with that text."""

    def write(text: str) -> Path:
        path = tmp_path / "scenario.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def plain_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of one line in place of the real one, which has its own tests and takes seconds to draw."""
    monkeypatch.setattr("sscell.report.html.report_html", lambda study: f"<p>{study.scenario.title}</p>")


@pytest.fixture(scope="session")
def tiny_study(tmp_path_factory: pytest.TempPathFactory):
    """The tiny study, run once and written with a report of one line: (result, folder, scenario file)."""
    folder = tmp_path_factory.mktemp("tiny")
    path = folder / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sscell.report.html.report_html", lambda study: "<p>report</p>")
        study = ss.run_study(path, folder / "out", workers=1)
    return study
