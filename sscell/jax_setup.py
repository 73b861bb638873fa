"""JAX as this package uses it: 64 bit, compiled code kept on disk. Imported by the functions that compute with it."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from types import ModuleType

CACHE_VARIABLE = "SSCELL_CACHE_DIR"


def cache_folder() -> Path:
    """Where compiled code is kept: $SSCELL_CACHE_DIR, else the user's cache folder."""
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "sscell"


@functools.cache
def load_jax() -> ModuleType:
    """The jax module, set to 64 bit (float32 cannot hold eight decades of frequency), with a cache on disk.

    A second process finds what the first one compiled. A folder that cannot be written costs only that.
    """
    import jax

    jax.config.update("jax_enable_x64", True)
    folder = cache_folder() / "jax"
    if not jax.config.values.get("jax_compilation_cache_dir") and _can_be_written(folder):
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    return jax


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
