"""Many spectra are searched some at a time, so that memory does not grow with their number."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import ONE_ARC, fit, one_arc

from sscell.fit import search


def test_parts_find_what_the_whole_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimum is the same from other starts; a hundredth of an error is what the search's tolerance leaves open."""
    spectra = [one_arc(seed=k, R1=40.0 + 5 * k) for k in range(5)]
    whole = fit(ONE_ARC, spectra)
    monkeypatch.setattr(search, "MOST_AT_ONCE", 33)  # two spectra of 16 starts
    parts = fit(ONE_ARC, spectra)
    for one, other in zip(whole, parts, strict=True):
        assert other.starts == one.starts == 16
        assert other.chi_square == pytest.approx(one.chi_square, rel=1e-5)
        assert abs(other.values["R1"] - one.values["R1"]) < 0.01 * one.standard_errors["R1"]


def test_lines_take_more_starts_and_say_so() -> None:
    assert fit("R0-pore(R1,CPE1)", one_arc(), starts=2).starts == 2 * search.LINES.starts
    assert fit(ONE_ARC, one_arc(), starts=2).starts == 2
    assert fit(ONE_ARC, one_arc(), initial={"R0": 10.0, "R1": 50.0, "C1": 1e-5}).starts == 1
    assert 0 < fit(ONE_ARC, one_arc()).share_of_starts <= 1
    assert np.isfinite(fit(ONE_ARC, one_arc()).chi_square)
