"""The longest run of valid points, with short gaps bridged."""

from __future__ import annotations

import numpy as np
import pytest

from sscell.validation.band import band_from_validity

F = np.geomspace(1e6, 1, 31)


def flags(*bad: int) -> np.ndarray:
    valid = np.ones(F.size, bool)
    valid[list(bad)] = False
    return valid


@pytest.mark.parametrize(
    ("bad", "first", "last"),
    [
        ((), 0, 30),
        ((0, 1, 29, 30), 2, 28),
        ((15,), 0, 30),  # a spike
        ((14, 15, 16), 0, 30),  # mains
        ((14, 15, 16, 17), 0, 13),  # too wide a gap: the part of higher frequency is longer
        ((12, 13, 14, 15), 16, 30),
        ((2,), 3, 30),  # two points beyond the gap are no shoulder
        ((3,), 0, 30),
        ((5, 7), 8, 30),  # the point between them is no shoulder either
        ((25, 26, 27), 0, 24),
    ],
)
def test_band(bad: tuple[int, ...], first: int, last: int) -> None:
    band = band_from_validity(F, flags(*bad))
    assert band is not None
    assert (band.highest_Hz, band.lowest_Hz) == (F[first], F[last])
    inside = np.zeros(F.size, bool)
    inside[first : last + 1] = True
    np.testing.assert_array_equal(band.mask, inside & flags(*bad))


def test_nothing_valid_has_no_band() -> None:
    assert band_from_validity(F, np.zeros(F.size, bool)) is None


def test_order_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(F.size)
    valid = flags(0, 1, 15, 30)
    straight, mixed = band_from_validity(F, valid), band_from_validity(F[order], valid[order])
    assert straight is not None
    assert mixed is not None
    assert (straight.lowest_Hz, straight.highest_Hz) == (mixed.lowest_Hz, mixed.highest_Hz)
    np.testing.assert_array_equal(straight.mask[order], mixed.mask)
