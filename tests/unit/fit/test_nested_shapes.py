"""Shapes of lines drawn for starts: every order of the rung's arcs is among them, within the measured range."""

from __future__ import annotations

import numpy as np

import sscell as ss
from sscell.fit.branches import branches_of
from sscell.fit.nested import Draw

COATED = "tl(R1,R2,p(R3,CPE3)-p(R4-Wo4,CPE4))"
RANGE_S = (1e-8, 1e2)


def drawn(text: str) -> dict[str, np.ndarray]:
    circuit = ss.Circuit(text)
    values = Draw(RANGE_S, 512, np.random.default_rng(0)).values(circuit.tree)
    return dict(zip(circuit.parameter_names, values, strict=True))


def test_either_arc_of_a_rung_may_be_the_fast_one() -> None:
    """Equally likely: 50 % of 512, with a standard deviation of 2 %."""
    v = drawn("tl(R1,R2,p(R3,C3)-p(R4,C4))")
    first, second = v["R3"] * v["C3"], v["R4"] * v["C4"]
    np.testing.assert_allclose(np.mean(first < second), 0.5, atol=0.1)
    assert RANGE_S[0] <= first.min() < 1e-6
    assert 1e0 < first.max() <= RANGE_S[1]


def test_diffusion_behind_charge_transfer_is_the_slower_one() -> None:
    v = drawn("tl(R1,R2,p(R4-Wo4,C4))")
    # The rung is drawn at 1 ohm, so that its C is its time constant.
    assert (v["Wo4_1"] >= v["C4"]).all()


def test_only_lines_are_drawn_down_their_tree() -> None:
    arc, line = branches_of(ss.Circuit(f"p(R9,CPE9)-{COATED}"))
    assert (arc.holds_line, line.holds_line) == (False, True)
