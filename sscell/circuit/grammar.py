"""Circuit text to tree and back: impedance.py's grammar, and transmission lines. Parsed, never evaluated.

    series  = item, {"-", item} ;
    item    = element | "p(", series, ",", series, {",", series}, ")"
            | "tl(", series, ",", series, ",", series, [",", end, [",", end]], ")"
            | "pore(", series, ",", series, [",", end], ")" ;
    end     = "open" | series ;
    element = symbol, ["_"], {digit} ;

Spaces may stand anywhere between these signs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from sscell.circuit.elements import ELEMENTS
from sscell.circuit.tree import Leaf, Node, Parallel, Series, TransmissionLine
from sscell.errors import InputError, nearest_key, require

MAX_CHARACTERS = 5000
MAX_DEPTH = 100

OPEN = "open"
PARALLEL, TWO_RAILS, ONE_RAIL = "p", "tl", "pore"
# Group -> what it joins, fewest and most arguments.
GROUPS = {
    PARALLEL: ("p(branch,branch,...)", 2, MAX_CHARACTERS),
    TWO_RAILS: ("tl(ionic rail,electronic rail,rung[,separator end[,collector end]])", 3, 5),
    ONE_RAIL: ("pore(rail,rung[,end])", 2, 3),
}
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[-(),]")
_ELEMENT = re.compile(r"([A-Za-z]+)(_?[0-9]+)?")


@dataclass(frozen=True)
class _Token:
    text: str
    column: int


def tree_from_text(text: str) -> Node:
    """The tree of a circuit; raises InputError with the column for anything but a circuit."""
    require(isinstance(text, str), f"A circuit is a text such as 'R0-p(R1,CPE1)-Wo1', got {text!r}.")
    require(
        len(text) <= MAX_CHARACTERS,
        f"A circuit may have at most {MAX_CHARACTERS} characters, got {len(text)}; split it up.",
    )
    return _Parser(text).whole()


def text_from_tree(node: Node) -> str:
    """The text of a tree, without spaces; `tree_from_text` gives the tree back."""
    match node:
        case Leaf():
            return node.name
        case Series():
            return "-".join(map(text_from_tree, node.parts))
        case Parallel():
            return f"{PARALLEL}({','.join(map(text_from_tree, node.branches))})"
        case TransmissionLine(electronic=None):
            return _group_text(ONE_RAIL, [node.ionic, node.rung], [node.collector_end])
        case TransmissionLine():
            branches = [node.ionic, node.electronic, node.rung]
            return _group_text(TWO_RAILS, branches, [node.separator_end, node.collector_end])


def _group_text(group: str, branches: Sequence[Node | None], ends: list[Node | None]) -> str:
    while ends and ends[-1] is None:
        ends = ends[:-1]
    inside = [OPEN if node is None else text_from_tree(node) for node in (*branches, *ends)]
    return f"{group}({','.join(inside)})"


class _Parser:
    """Recursive descent over the tokens of one text; a position and the names seen so far are its only state."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens()
        self.position = 0
        self.names: set[str] = set()

    def whole(self) -> Node:
        tree = self._series(0)
        if self._here.text:
            self._fail("expected '-' or the end of the circuit")
        return tree

    @property
    def _here(self) -> _Token:
        return self.tokens[self.position]

    def _next(self) -> _Token:
        token = self._here
        self.position += 1
        return token

    def _tokens(self) -> list[_Token]:
        tokens, column = [], 0
        while column < len(self.text):
            if self.text[column].isspace():
                column += 1
                continue
            found = _TOKEN.match(self.text, column)
            if found is None:
                self._fail("expected an element, '-', ',' or a bracket", _Token(self.text[column], column))
            tokens.append(_Token(found.group(), column))
            column = found.end()
        return [*tokens, _Token("", column)]

    def _series(self, depth: int) -> Node:
        parts = [self._item(depth)]
        while self._here.text == "-":
            self.position += 1
            parts.append(self._item(depth))
        return parts[0] if len(parts) == 1 else Series(tuple(parts))

    def _item(self, depth: int) -> Node:
        token = self._next()
        if not token.text[:1].isalpha():
            self._fail("expected an element such as R1, or p(", token)
        if self._here.text == "(" and token.text in GROUPS:
            return self._group(token, depth + 1)
        return self._leaf(token)

    def _leaf(self, token: _Token) -> Leaf:
        found = _ELEMENT.fullmatch(token.text)
        if found is None:
            self._fail("an element's name is its symbol and a number, such as R1 or R_1", token)
        symbol = found.group(1)
        if symbol in GROUPS:
            self._fail(f"expected '(' after {symbol}: {GROUPS[symbol][0]}", token)
        if symbol == OPEN:
            self._fail("'open' can only stand for an end of tl(...) or pore(...)", token)
        if symbol not in ELEMENTS:
            hint = nearest_key(symbol, ELEMENTS) or f"; known are {', '.join(ELEMENTS)}"
            self._fail(f"unknown element '{symbol}'{hint}", token)
        if token.text in self.names:
            self._fail(f"the element {token.text} stands twice; give each its own number", token)
        self.names.add(token.text)
        return Leaf(token.text, symbol)

    def _group(self, name: _Token, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self._fail(f"brackets may be nested {MAX_DEPTH} deep at most", name)
        form, least, most = GROUPS[name.text]
        self.position += 1
        ends_from = most if name.text == PARALLEL else least
        branches: list[Node | None] = [self._branch(depth, ends_from <= 0)]
        while self._here.text == ",":
            if len(branches) == most:
                self._fail(f"too many parts, {name.text} takes {most}: {form}")
            self.position += 1
            branches.append(self._branch(depth, len(branches) >= ends_from))
        if self._here.text != ")":
            self._fail("expected '-', ',' or ')'")
        if len(branches) < least:
            self._fail(f"too few parts, {name.text} takes at least {least}: {form}")
        self.position += 1
        return _node_from_branches(name.text, branches)

    def _branch(self, depth: int, may_be_open: bool) -> Node | None:
        if may_be_open and self._here.text == OPEN:
            self.position += 1
            return None
        return self._series(depth)

    def _fail(self, what: str, token: _Token | None = None) -> NoReturn:
        at = token if token is not None else self._here
        found = f"'{at.text}'" if at.text else "the end"
        raise InputError(f"Circuit, column {at.column + 1} ({found}): {what}.\n{_pointed(self.text, at.column)}")


def _node_from_branches(group: str, branches: list[Node | None]) -> Node:
    inside = [node for node in branches if node is not None]
    if group == PARALLEL:
        return Parallel(tuple(inside))
    if group == ONE_RAIL:
        rail, rung = inside[:2]
        return TransmissionLine(rail, None, rung, None, branches[2] if len(branches) == 3 else None)
    ionic, electronic, rung = inside[:3]
    separator_end, collector_end = [*branches[3:], None, None][:2]
    return TransmissionLine(ionic, electronic, rung, separator_end, collector_end)


def _pointed(text: str, column: int) -> str:
    """The part of the text around a column, with a caret under it."""
    start, stop = max(column - 50, 0), column + 30
    shown = re.sub(r"\s", " ", text[start:stop])
    before = "..." if start else ""
    return f"  {before}{shown}{'...' if stop < len(text) else ''}\n  {' ' * (len(before) + column - start)}^"
