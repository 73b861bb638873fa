"""Fixtures of the readers' tests; the samples themselves are made in reader_samples.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def frequency_Hz() -> np.ndarray:
    """Falling, 31 points, exact in text with 6 digits."""
    return np.array([float(f"{f:.5e}") for f in np.logspace(5, -1, 31)])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """write(name, text or bytes) -> path of a new file."""

    def writer(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return writer
