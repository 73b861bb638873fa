"""Drawn circuits and parameters, and a plain evaluator to hold ours against."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
from hypothesis import strategies as st

from sscell.circuit import ELEMENTS, CircuitParameter, ElementParameter, Scale
from sscell.circuit.tree import Leaf, Node, Parallel, Series, TransmissionLine

FREQUENCY_HZ = np.geomspace(1e-6, 1e9, 61)
OMEGA = 2 * np.pi * FREQUENCY_HZ


def values_within(parameter: ElementParameter) -> st.SearchStrategy[float]:
    """A value within the default bounds, even in the parameter's scale."""
    if parameter.scale is Scale.LINEAR:
        return st.floats(
            parameter.lower, parameter.upper, exclude_min=parameter.lower == 0 and not parameter.zero_allowed
        )
    exponents = st.floats(np.log10(parameter.lower), np.log10(parameter.upper))
    return exponents.map(lambda e: float(np.clip(10.0**e, parameter.lower, parameter.upper)))


def element_values(symbol: str) -> st.SearchStrategy[list[float]]:
    """Values for one element within its default bounds."""
    return st.tuples(*map(values_within, ELEMENTS[symbol].parameters)).map(list)


def circuit_values(parameters: tuple[CircuitParameter, ...]) -> st.SearchStrategy[list[float]]:
    """Values for a circuit within its default bounds."""
    return st.tuples(*map(values_within, parameters)).map(list)


def moderate_values(parameters: tuple[CircuitParameter, ...], rng: np.random.Generator, size: int) -> list[np.ndarray]:
    """(size,) values a parameter, 0.1 to 10 or, for exponents, 0.5 to 0.95: every branch matters near 1 rad/s."""
    return [
        rng.uniform(0.5, 0.95, size) if p.scale is Scale.LINEAR else 10 ** rng.uniform(-1, 1, size) for p in parameters
    ]


SHAPES = st.recursive(
    st.sampled_from(sorted(ELEMENTS)),
    lambda inner: st.one_of(
        st.tuples(st.just("-"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("p"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("tl"), st.lists(inner, min_size=3, max_size=3), st.lists(st.none() | inner, max_size=2)),
        st.tuples(st.just("pore"), st.lists(inner, min_size=2, max_size=2), st.lists(st.none() | inner, max_size=1)),
    ),
    max_leaves=8,
)


def tree_from_shape(shape: Any, names: Any = None) -> Node:
    """A tree with every element numbered on its own."""
    names = iter(range(1000)) if names is None else names
    if isinstance(shape, str):
        return Leaf(f"{shape}{next(names)}", shape)
    kind, inside, ends = (*shape, [])[:3]
    nodes = [tree_from_shape(s, names) for s in inside]
    closed = [None if s is None else tree_from_shape(s, names) for s in ends]
    if kind == "-":
        parts = [part for node in nodes for part in (node.parts if isinstance(node, Series) else (node,))]
        return Series(tuple(parts))
    if kind == "p":
        return Parallel(tuple(nodes))
    if kind == "pore":
        return TransmissionLine(nodes[0], None, nodes[1], None, (closed or [None])[0])
    separator_end, collector_end = [*closed, None, None][:2]
    return TransmissionLine(*nodes, separator_end, collector_end)


TREES = SHAPES.map(tree_from_shape)


def plain_impedance(node: Node, values: Any, omega: np.ndarray) -> np.ndarray:
    """The textbook way: complex arithmetic, sums of admittances, lines with cosh and sinh."""
    if isinstance(node, Leaf):
        return node.element.law(omega, *(next(values) for _ in node.element.parameters), xp=np)
    if isinstance(node, Series):
        return sum(plain_impedance(part, values, omega) for part in node.parts)
    if isinstance(node, Parallel):
        return 1 / sum(1 / plain_impedance(branch, values, omega) for branch in node.branches)
    a = plain_impedance(node.ionic, values, omega)
    b = 0j * omega if node.electronic is None else plain_impedance(node.electronic, values, omega)
    z = plain_impedance(node.rung, values, omega)
    ends = (node.separator_end, node.collector_end)
    start, end = (0j * omega if n is None else 1 / plain_impedance(n, values, omega) for n in ends)
    return line_by_matrix(a, b, z, start, end)


def line_by_matrix(a: np.ndarray, b: np.ndarray, z: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """u = C exp(-νx) + D exp(-ν(1-x)) between the rails; C and D from the currents at both ends, with 40 digits."""

    def one(*point: complex) -> complex:
        a, b, z, start, end = map(mpmath.mpmathify, point)
        s = a + b
        nu = mpmath.sqrt(s / z)
        far = mpmath.exp(-nu)
        # i1 = (b - u')/s; i1(0) = 1 - start u(0); i1(1) = end u(1).
        m = (nu + s * start, far * (s * start - nu)), (far * (s * end - nu), nu + s * end)
        over = 1 / (m[0][0] * m[1][1] - m[0][1] * m[1][0])
        c, d = ((s - b) * m[1][1] - m[0][1] * b) * over, (m[0][0] * b - m[1][0] * (s - b)) * over
        return complex((a * b + a * (c + d * far) + b * (c * far + d)) / s)

    with mpmath.workdps(40):
        return np.array([one(*point) for point in zip(a, b, z, start, end, strict=True)])
