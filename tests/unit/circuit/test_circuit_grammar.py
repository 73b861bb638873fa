"""Text to tree and back; every mistake is one sentence with its column; nothing is evaluated, nothing hangs."""

from __future__ import annotations

import pytest
from circuit_draws import TREES
from hypothesis import given
from hypothesis import strategies as st

from sscell.circuit import Circuit, text_from_tree, tree_from_text
from sscell.circuit.grammar import MAX_CHARACTERS, MAX_DEPTH
from sscell.circuit.tree import Leaf, Node, Parallel, Series, TransmissionLine, parameter_names
from sscell.errors import InputError

R0, R1, R2, C1 = (Leaf(name, name[0]) for name in ("R0", "R1", "R2", "C1"))


def test_tree_of_a_text() -> None:
    wo, cpe = Leaf("Wo1", "Wo"), Leaf("CPE_1", "CPE")
    assert tree_from_text("R0") == R0
    assert tree_from_text("R0-p(R1-Wo1,CPE_1)") == Series((R0, Parallel((Series((R1, wo)), cpe))))
    assert tree_from_text("p(p(R0,C1),R1,R2)") == Parallel((Parallel((R0, C1)), R1, R2))


def test_tree_of_lines() -> None:
    assert tree_from_text("tl(R0,R1,C1)") == TransmissionLine(R0, R1, C1)
    assert tree_from_text("tl(R0,R1,C1,open,R2)") == TransmissionLine(R0, R1, C1, None, R2)
    assert tree_from_text("tl(R0,R1,C1,R2)") == TransmissionLine(R0, R1, C1, R2, None)
    assert tree_from_text("pore(R0,C1)") == TransmissionLine(R0, None, C1)
    assert tree_from_text("pore(R0,C1,R2)") == TransmissionLine(R0, None, C1, None, R2)


def test_spaces_do_not_matter() -> None:
    assert tree_from_text(" R0 -\tp ( R1 , C1 )\n") == tree_from_text("R0-p(R1,C1)")


def test_parameters_are_named_from_left_to_right() -> None:
    tree = tree_from_text("R0-tl(R1,R_2,p(R3,CPE3)-Wo3)-T")
    names = ["R0", "R1", "R_2", "R3", "CPE3_0", "CPE3_1", "Wo3_0", "Wo3_1", "T_0", "T_1", "T_2", "T_3"]
    assert list(parameter_names(tree)) == names


@given(TREES)
def test_printed_and_parsed_again_a_tree_is_itself(tree: Node) -> None:
    text = text_from_tree(tree)
    assert tree_from_text(text) == tree
    assert text_from_tree(tree_from_text(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"column 1 \(the end\): expected an element such as R1, or p\("),
        ("R0-p(R1,C1", r"column 11 \(the end\): expected '-', ',' or '\)'\.\n  R0-p\(R1,C1\n {12}\^$"),
        ("R0--R1", r"column 4 \('-'\): expected an element"),
        ("R0 R1", r"column 4 \('R1'\): expected '-' or the end"),
        ("R0)", r"column 3 \('\)'\): expected '-' or the end"),
        ("R0-p(R1)", r"column 8 \('\)'\): too few parts, p takes at least 2"),
        ("R0-(R1,C1)", r"column 4 \('\('\): expected an element"),
        ("R0-CPW1", r"column 4 \('CPW1'\): unknown element 'CPW' \(did you mean 'CPE'\?\)"),
        ("R0-Q1", r"column 4 \('Q1'\): unknown element 'Q'; known are R, C, L,"),
        ("R0-p(R0,C1)", r"column 6 \('R0'\): the element R0 stands twice; give each its own number"),
        ("R1_2", r"column 1 \('R1_2'\): an element's name is its symbol and a number"),
        ("R0+R1", r"column 3 \('\+'\): expected an element, '-', ',' or a bracket"),
        ("p1-R0", r"column 1 \('p1'\): expected '\(' after p"),
        ("tl(R0,R1)", r"column 9 \('\)'\): too few parts, tl takes at least 3: tl\(ionic rail,electronic rail,rung"),
        ("tl(R0,R1,R2,R3,R4,R5)", r"column 18 \(','\): too many parts, tl takes 5"),
        ("tl(open,R1,R2)", r"column 4 \('open'\): 'open' can only stand for an end of tl"),
        ("R0-open", r"column 4 \('open'\): 'open' can only stand"),
        ("__import__('os')", r"column 1 \('_'\): expected an element"),
        ("p(" * (MAX_DEPTH + 1), rf"column {2 * MAX_DEPTH + 1} \('p'\): brackets may be nested {MAX_DEPTH} deep"),
        ("R" * (MAX_CHARACTERS + 1), rf"at most {MAX_CHARACTERS} characters, got {MAX_CHARACTERS + 1}"),
    ],
)
def test_mistakes_point_at_the_column(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Circuit(text)


def test_something_else_than_text() -> None:
    with pytest.raises(InputError, match=r"A circuit is a text such as 'R0-p\(R1,CPE1\)-Wo1', got 7"):
        Circuit(7)  # type: ignore[arg-type]


def test_caret_stays_under_its_column_in_a_long_text() -> None:
    text = "-".join(f"R{k}" for k in range(300)) + "-?"
    with pytest.raises(InputError) as raised:
        Circuit(text)
    _, shown, caret = str(raised.value).split("\n")
    assert shown[caret.index("^")] == "?"


def test_deepest_nesting_is_read_and_printed() -> None:
    depth = MAX_DEPTH
    text = "".join(f"p(R{k}," for k in range(depth)) + "C1" + ")" * depth
    assert str(Circuit(text)) == text


def read_or_refused(text: str) -> None:
    """A circuit that prints to itself, or an InputError; nothing else."""
    try:
        circuit = Circuit(text)
    except InputError:
        return
    assert Circuit(circuit.text) == circuit


@given(st.text(max_size=60) | st.text("RCLWoCPEptlpore0123_-(), \n", max_size=60))
def test_random_text(text: str) -> None:
    read_or_refused(text)


@given(TREES, st.data())
def test_mutated_circuits(tree: Node, data: st.DataObject) -> None:
    text = text_from_tree(tree)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(start + 4, len(text))))
        text = text[:start] + data.draw(st.text("RCWop()-,0_ tle²é\0", max_size=3)) + text[stop:]
    read_or_refused(text)
