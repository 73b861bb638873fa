"""A real but tiny study, made once for all tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_samples import FACTS, SCENARIO

from sscell.report.run import run_study
from sscell.study.result import StudyResult


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    """Two samples, one cycle with spectra, three cycles at another rate, three facts."""
    folder: Path = tmp_path_factory.mktemp("study")
    (folder / "tiny.toml").write_text(SCENARIO, encoding="utf-8")
    (folder / "facts.toml").write_text(FACTS, encoding="utf-8")
    return run_study(folder / "tiny.toml", workers=1)
