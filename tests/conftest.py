"""For every test: no telemetry, the same draws each time, and the measured files where they are at hand."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"  # before anything imports pybamm

import pytest
from hypothesis import settings

SHARED = Path(__file__).resolve().parents[2] / "shared"
MEASURED = SHARED / "data"
MOST_MAPPINGS = 15_000

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


@pytest.fixture(scope="module", autouse=True)
def few_mappings() -> Iterator[None]:
    """Compiled code is let go before a process has more memory mappings than Linux allows it (65,530)."""
    yield
    maps = Path("/proc/self/maps")
    if "jax" in sys.modules and maps.exists() and maps.read_bytes().count(b"\n") > MOST_MAPPINGS:
        sys.modules["jax"].clear_caches()
        gc.collect()


@pytest.fixture(scope="session")
def measured() -> Path:
    """The folder of measured files; the test is skipped where it is absent."""
    if not MEASURED.is_dir():
        pytest.skip(f"no measured files at {MEASURED}")
    return MEASURED
