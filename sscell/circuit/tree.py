"""A circuit as a tree: elements, and series, parallels and transmission lines of sub-circuits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sscell.circuit.element import Element
from sscell.circuit.elements import ELEMENTS


@dataclass(frozen=True)
class Leaf:
    """One element; `name` is its symbol and what tells it from others of its kind (`CPE1`)."""

    name: str
    symbol: str

    @property
    def element(self) -> Element:
        """What the symbol means."""
        return ELEMENTS[self.symbol]


@dataclass(frozen=True)
class Series:
    """Sub-circuits one after the other; at least two, none of them a Series."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Parallel:
    """Sub-circuits side by side; at least two."""

    branches: tuple[Node, ...]


@dataclass(frozen=True)
class TransmissionLine:
    """Two rails joined by a rung all along; electronic None: a rail without resistance; an end None: open."""

    ionic: Node
    electronic: Node | None
    rung: Node
    separator_end: Node | None = None
    collector_end: Node | None = None


Node = Leaf | Series | Parallel | TransmissionLine


def children(node: Node) -> tuple[Node, ...]:
    """The sub-circuits of a node in the order of the text, which is the order of the parameters."""
    match node:
        case Leaf():
            return ()
        case Series(parts=inside) | Parallel(branches=inside):
            return inside
        case TransmissionLine():
            ends = node.separator_end, node.collector_end
            return tuple(n for n in (node.ionic, node.electronic, node.rung, *ends) if n is not None)


def leaves(node: Node) -> Iterator[Leaf]:
    """The elements from left to right."""
    if isinstance(node, Leaf):
        yield node
    for child in children(node):
        yield from leaves(child)


def parameter_names(node: Node) -> tuple[str, ...]:
    """The names of all parameters, in impedance.py's order."""
    return tuple(name for leaf in leaves(node) for name in leaf.element.parameter_names(leaf.name))
