"""Trees against the textbook way, their derivatives against differences and JAX's own, and laws of scaling."""

from __future__ import annotations

import numpy as np
import pytest
from circuit_draws import OMEGA, TREES, circuit_values, moderate_values, plain_impedance
from hypothesis import given
from hypothesis import strategies as st

from sscell.circuit import ELEMENTS, Circuit, Scale, impedance, impedance_and_partials, text_from_tree
from sscell.circuit.tree import Leaf, Node, leaves
from sscell.errors import InputError
from sscell.jax_setup import load_jax

NEAR_ONE = np.geomspace(1e-2, 1e2, 9)
COMBINATIONS = (
    "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1",
    "L0-RL0-R0-p(R1-Sd1,C1)-p(K2-La2,Zarc2,G2-W2)",
    "p(p(p(R1,C1)-R2,C2)-Ws3,Gs3,TLMQ3-T3)",
    "tl(R1,R2,p(R3,CPE3)-p(R4-Wo4,CPE4))",
    "R0-p(C0,tl(p(R1,C1),R2,K3-p(C4,R4-Sd4),R5-C5,p(R6,CPE6)))",
    "pore(R1,p(R2,CPE2))-tl(R3,R4,CPE4,R5)-tl(R6,R7,CPE7,open,R8)-pore(R9,C9,R10-C10)",
    "tl(tl(R1,R2,C3),R4,p(C5,pore(R6,C6)))",
)


@given(TREES, st.integers(0, 2**32 - 1))
def test_tree_against_the_textbook_way(tree: Node, seed: int) -> None:
    """1e-9: near a resonance of L and C the sum of impedances cancels, in both ways alike."""
    values = [
        float(v[0]) for v in moderate_values(Circuit(text_from_tree(tree)).parameters, np.random.default_rng(seed), 1)
    ]
    expected = plain_impedance(tree, iter(values), NEAR_ONE)
    np.testing.assert_allclose(impedance(tree, values, NEAR_ONE), expected, rtol=1e-9)


@pytest.mark.parametrize("text", COMBINATIONS)
def test_partials_against_differences(text: str) -> None:
    """Fourth-order differences in steps of 1e-4: as for the elements, 1e-9 of |Z| plus the slope."""
    jax = load_jax()
    circuit = Circuit(text)
    values = moderate_values(circuit.parameters, np.random.default_rng(5), 6)
    omega = NEAR_ONE[:, None]
    z, partials = jax.jit(lambda v: circuit.impedance_and_partials(v, omega))(values)
    np.testing.assert_allclose(z, impedance(circuit.tree, values, omega), rtol=1e-12)
    for k, partial in enumerate(partials):

        def moved(steps: int, k: int = k) -> np.ndarray:
            return impedance(circuit.tree, [*values[:k], values[k] + steps * 1e-4, *values[k + 1 :]], omega)

        slope = (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / 12e-4
        assert partial.shape == z.shape
        # Values down to 0.1, where the step is 1e-3 of it: truncation 1e-12 times the fifth derivative.
        assert np.max(np.abs(partial - slope) / (np.abs(z) + np.abs(slope))) < 1e-8


def test_partials_against_forward_derivatives_of_the_whole() -> None:
    """The chain through the tree by hand equals JAX's derivative of the impedance, to rounding."""
    jax = load_jax()
    circuit = Circuit(COMBINATIONS[3])
    values = jax.numpy.array([float(v[0]) for v in moderate_values(circuit.parameters, np.random.default_rng(7), 1)])
    whole = jax.jit(jax.jacfwd(lambda v: circuit.response(list(v), NEAR_ONE)))(values)
    _, partials = jax.jit(lambda v: circuit.impedance_and_partials(list(v), NEAR_ONE))(values)
    np.testing.assert_allclose(np.stack(partials, axis=-1), whole, rtol=1e-9, atol=1e-12)


def test_partial_of_a_branch_that_is_a_short_or_blocks() -> None:
    """dZ/dR = 1 for R = 0 beside anything, 0 beside a short; a capacitor at 1e-6 Hz takes no current."""
    tree = Circuit("p(R1,C1)").tree
    for values, expected in (([0.0, 1e-3], 1.0), ([5.0, 1e-3], 1.0)):
        _, (by_r, _) = impedance_and_partials(tree, values, OMEGA[:1])
        np.testing.assert_allclose(by_r, expected, rtol=1e-6)
    _, (first, second) = impedance_and_partials(Circuit("p(R1,R2)").tree, [0.0, 3.0], OMEGA[:1])
    np.testing.assert_array_equal([first[0], second[0]], [1.0, 0.0])


@given(TREES, st.data())
def test_finite_and_passive_over_all_bounds(tree: Node, data: st.DataObject) -> None:
    """Series, parallels and lines of passive elements are passive. A line multiplies impedances, so 1e-9 of |Z|."""
    parameters = Circuit(text_from_tree(tree)).parameters
    values = data.draw(circuit_values(parameters))
    z = impedance(tree, values, OMEGA)
    assert np.all(np.isfinite(z))
    if not any(leaf.symbol == "T" for leaf in leaves(tree)):
        assert np.all(z.real >= -1e-9 * np.abs(z))


# Which parameters grow with an impedance that is multiplied by k, and how; the rest stay.
IMPEDANCE_POWER = {"C": (-1,), "CPE": (-1, 0), "RL": (1, 1), "TLMQ": (1, -1, 0), "T": (1, 1, 0, 0)}
FIRST = {symbol: (1, *[0] * (len(ELEMENTS[symbol].parameters) - 1)) for symbol in ELEMENTS}


def impedance_powers(leaf: Leaf) -> tuple[int, ...]:
    return IMPEDANCE_POWER.get(leaf.symbol, FIRST[leaf.symbol])


@given(TREES.filter(lambda t: not any(leaf.symbol == "La" for leaf in leaves(t))), st.integers(0, 2**32 - 1))
def test_impedance_scales_with_its_impedances(tree: Node, seed: int) -> None:
    """Z(k·) = k Z for k = 1000 (La left out: its L is inside the power)."""
    parameters = Circuit(text_from_tree(tree)).parameters
    values = [float(v[0]) for v in moderate_values(parameters, np.random.default_rng(seed), 1)]
    powers = [power for leaf in leaves(tree) for power in impedance_powers(leaf)]
    larger = [value * 1000.0**power for value, power in zip(values, powers, strict=True)]
    np.testing.assert_allclose(impedance(tree, larger, NEAR_ONE), 1000 * impedance(tree, values, NEAR_ONE), rtol=1e-9)


# Times and what stores: with all of them k times as large, the same happens at 1/k of the frequency.
TIME_POWER = {
    "C": (1,), "L": (1,), "RL": (0, 1), "W": (-0.5,), "La": (1, 0), "K": (0, 1), "Zarc": (0, 1, 0), "Wo": (0, 1),
    "Ws": (0, 1), "Sd": (0, 1), "G": (0, 1), "Gs": (0, 1, 0), "T": (0, 0, 0, 1), "R": (0,),
}  # fmt: skip


def slower(leaf: Leaf, values: list[float], k: float) -> list[float]:
    if leaf.symbol in ("CPE", "TLMQ"):
        return [*values[:-2], values[-2] * k ** values[-1], values[-1]]
    return [value * k**power for value, power in zip(values, TIME_POWER[leaf.symbol], strict=True)]


@given(TREES, st.integers(0, 2**32 - 1))
def test_impedance_shifts_with_its_times(tree: Node, seed: int) -> None:
    """Z(all times · 1000, ω/1000) = Z(ω); W, which is A/sqrt(ω), has its A smaller by sqrt(1000)."""
    parameters = Circuit(text_from_tree(tree)).parameters
    values = [float(v[0]) for v in moderate_values(parameters, np.random.default_rng(seed), 1)]
    given_values, later = iter(values), []
    for leaf in leaves(tree):
        own = [next(given_values) for _ in leaf.element.parameters]
        later += slower(leaf, own, 1000.0)
    np.testing.assert_allclose(impedance(tree, later, NEAR_ONE / 1000), impedance(tree, values, NEAR_ONE), rtol=1e-9)


def test_exponents_are_not_searched_by_their_logarithm() -> None:
    for element in ELEMENTS.values():
        for parameter in element.parameters:
            assert (parameter.scale is Scale.LINEAR) == (parameter.at_most == 1.0)


def test_wrong_number_of_values() -> None:
    with pytest.raises(InputError, match="The circuit has 3 parameters, got 2 values"):
        impedance(Circuit("R1-CPE1").tree, [1.0, 2.0], NEAR_ONE)
