"""JAX in 64 bit, with compiled code on disk where there is room for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sscell.jax_setup import cache_folder, load_jax

COMPILES = (
    "from sscell.jax_setup import load_jax; jax = load_jax();"
    "jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.0);"
    "print(jax.jit(lambda x: x + 0.5)(1.0).dtype)"
)


def run(cache: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SSCELL_CACHE_DIR", str(cache))
    command = [sys.executable, "-W", "error", "-c", COMPILES]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_64_bit() -> None:
    assert load_jax().numpy.ones(1).dtype == "float64"


def test_compiled_code_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path / "cache", monkeypatch) == "float64"
    assert any((tmp_path / "cache" / "jax").iterdir())


def test_folder_that_cannot_be_made_costs_only_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands where the folder should be; warnings would be errors here."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert run(blocked, monkeypatch) == "float64"


def test_users_cache_folder_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSCELL_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/sscell")
