"""Impedance of a tree, and its derivative by every parameter."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from sscell.circuit.complexes import ABSENT, Parts, parts_of
from sscell.circuit.line import Line, line_from_branches
from sscell.circuit.tree import Leaf, Node, Parallel, Series, TransmissionLine, children, parameter_names
from sscell.errors import require
from sscell.jax_setup import load_jax

# Given dZ/d(impedance of a node) (None: 1), the derivatives of Z by the node's parameters.
Spread = Callable[[Parts | None], list[Parts]]


def impedance(tree: Node, parameters: Sequence[Any], omega: Any, xp: Any = np) -> Any:
    """Complex impedance in ohm from P parameters (arrays that broadcast with omega), in the order of the names.

    omega: angular frequency in 1/s, say (F, 1) with parameters of (B,) for an (F, B) result.
    """
    _check_count(tree, parameters)
    values = iter(xp.asarray(value, dtype=float) for value in parameters)
    return _impedance(tree, values, xp.asarray(omega, dtype=float), xp).to_complex(xp)


def impedance_and_partials(tree: Node, parameters: Sequence[Any], omega: Any) -> tuple[Any, list[Any]]:
    """Impedance and [dZ/dp_0, ..., dZ/dp_(P-1)], each as large as Z; in JAX, for use inside jit."""
    _check_count(tree, parameters)
    xp = load_jax().numpy
    values = iter(xp.asarray(value, dtype=float) for value in parameters)
    z, spread = _with_partials(tree, values, xp.asarray(omega, dtype=float))
    whole = z.to_complex(xp)
    return whole, [xp.broadcast_to(partial.to_complex(xp), whole.shape) for partial in spread(None)]


def _check_count(tree: Node, parameters: Sequence[Any]) -> None:
    count = len(parameter_names(tree))
    require(len(parameters) == count, f"The circuit has {count} parameters, got {len(parameters)} values.")


def _impedance(node: Node, values: Iterator[Any], omega: Any, xp: Any) -> Parts:
    match node:
        case Leaf():
            return parts_of(node.element.law(omega, *(next(values) for _ in node.element.parameters), xp=xp), xp)
        case Series():
            return _sum([_impedance(part, values, omega, xp) for part in node.parts])
        case Parallel():
            return _parallel([_impedance(branch, values, omega, xp) for branch in node.branches])[0]
        case TransmissionLine():
            return _line(node, [_impedance(child, values, omega, xp) for child in children(node)], xp).impedance


def _with_partials(node: Node, values: Iterator[Any], omega: Any) -> tuple[Parts, Spread]:
    if isinstance(node, Leaf):
        return _leaf_with_partials(node, values, omega)
    inside = [_with_partials(child, values, omega) for child in children(node)]
    z, factors = _combined(node, [z for z, _ in inside])
    spreads = [spread for _, spread in inside]

    def spread(outer: Parts | None) -> list[Parts]:
        return [
            partial
            for factor, inner in zip(factors, spreads, strict=True)
            for partial in inner(_product(outer, factor))
        ]

    return z, spread


def _combined(node: Series | Parallel | TransmissionLine, z: list[Parts]) -> tuple[Parts, list[Parts | None]]:
    """Impedance of a node and its derivatives by its children's impedances (None: 1)."""
    xp = load_jax().numpy
    match node:
        case Series():
            return _sum(z), [None] * len(z)
        case Parallel():
            total, shares = _parallel(z)
            return total, [share * share for share in shares]
        case TransmissionLine():
            line = _line(node, z, xp)
            given = (node.ionic, node.electronic, node.rung, node.separator_end, node.collector_end)
            return line.impedance, [slope for n, slope in zip(given, line.slopes, strict=True) if n is not None]


def _sum(z: list[Parts]) -> Parts:
    return functools.reduce(operator.add, z)


def _parallel(z: list[Parts]) -> tuple[Parts, list[Parts]]:
    """Impedance and the share of the current in each branch, two at a time: good for one branch of 0 ohm too."""
    total = z[0]
    shares: list[Any] = [1.0]
    for branch in z[1:]:
        over_sum = (total + branch).reciprocal()
        before, here = branch * over_sum, total * over_sum
        shares = [share * before for share in shares] + [here]
        total = total * before
    return total, shares


def _line(node: TransmissionLine, inside: list[Parts], xp: Any) -> Line:
    """The line from its children's impedances; a rail without resistance is ABSENT, an open end None."""
    branches = iter(inside)
    ionic = next(branches)
    electronic = ABSENT if node.electronic is None else next(branches)
    rung = next(branches)
    separator_end = None if node.separator_end is None else next(branches)
    collector_end = None if node.collector_end is None else next(branches)
    return line_from_branches(ionic, electronic, rung, separator_end, collector_end, xp)


def _leaf_with_partials(leaf: Leaf, values: Iterator[Any], omega: Any) -> tuple[Parts, Spread]:
    """One forward derivative a parameter; the compiler merges the impedance they share."""
    jax = load_jax()
    law, own = leaf.element.law, [next(values) for _ in leaf.element.parameters]

    def partial(k: int) -> Parts:
        def along(value: Any) -> Any:
            return law(omega, *own[:k], value, *own[k + 1 :], xp=jax.numpy)

        return parts_of(jax.jvp(along, (own[k],), (jax.numpy.ones_like(own[k]),))[1], jax.numpy)

    partials = [partial(k) for k in range(len(own))]
    z = parts_of(law(omega, *own, xp=jax.numpy), jax.numpy)
    return z, lambda outer: [_product(outer, one) for one in partials]


def _product(outer: Parts | None, inner: Any) -> Any:
    """outer * inner, where None stands for 1."""
    return inner if outer is None else outer if inner is None else outer * inner
