"""Arrays that a record owns: copied from the caller's and closed to writing."""

from __future__ import annotations

from typing import Any

import numpy as np


def owned(values: Any, kind: type) -> np.ndarray:
    """A read-only copy of `values` as an array of `kind`."""
    array: np.ndarray = np.array(values, dtype=kind)
    array.setflags(write=False)
    return array
