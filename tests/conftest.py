"""For every test: no telemetry, the same draws each time, and the measured files where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"  # before anything imports pybamm

import pytest
from hypothesis import settings

SHARED = Path(__file__).resolve().parents[2] / "shared"
MEASURED = SHARED / "data"

# Drawn inputs are the same on every machine and run; no deadline, as no test may depend on the clock.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `measured` are skipped where ../shared/data is absent, as in a clean clone."""
    if MEASURED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("measured"):
            item.add_marker(pytest.mark.skip(reason=f"no measured files at {MEASURED}"))


@pytest.fixture(scope="session")
def measured() -> Path:
    """The folder of measured files; the test is skipped where it is absent."""
    if not MEASURED.is_dir():
        pytest.skip(f"no measured files at {MEASURED}")
    return MEASURED
