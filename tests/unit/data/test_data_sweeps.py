"""Splitting a row of frequencies into sweeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sscell.data.sweeps import sweep_slices


@pytest.mark.parametrize(
    ("frequency_Hz", "lengths"),
    [
        ([100, 10, 1], [3]),
        ([1, 10, 100], [3]),
        ([100, 10, 1, 100, 10, 1], [3, 3]),
        ([1, 10, 100, 1, 10, 100], [3, 3]),
        ([100, 10, 1, 10, 100], [3, 2]),
        ([100, 10, 1, 1, 10, 100], [3, 3]),
        ([100, 10, 1, 1, 100, 10, 1], [4, 3]),
        ([100, 100, 10, 1], [4]),
        ([100, 10, 1, 100], [3, 1]),
        ([5], [1]),
        ([5, 5, 5], [3]),
    ],
)
def test_sweeps_end_where_the_frequency_turns(frequency_Hz: list[float], lengths: list[int]) -> None:
    slices = sweep_slices(np.array(frequency_Hz, dtype=float))
    assert [s.stop - s.start for s in slices] == lengths


@given(st.lists(st.integers(2, 9), min_size=1, max_size=6), st.booleans())
def test_equal_directions_are_split_where_they_were_joined(lengths: list[int], falling: bool) -> None:
    sweeps = [np.logspace(5, 0, n) if falling else np.logspace(0, 5, n) for n in lengths]
    slices = sweep_slices(np.concatenate(sweeps))
    assert [s.stop - s.start for s in slices] == lengths


@given(st.lists(st.sampled_from([1.0, 10.0, 100.0, 1000.0]), min_size=1, max_size=30))
def test_every_point_is_in_one_monotonic_sweep(frequency_Hz: list[float]) -> None:
    f = np.array(frequency_Hz)
    parts = [f[s] for s in sweep_slices(f)]
    assert np.array_equal(np.concatenate(parts), f)
    for part in parts:
        steps = np.diff(part)
        assert np.all(steps >= 0) or np.all(steps <= 0)
