"""Runs are recognised by what they do."""

from __future__ import annotations

import pytest

from sscell import protocols
from sscell.protocol import Protocol, protocol_from
from sscell.report.columns import number, unbroken
from sscell.report.facttable import fact_groups
from sscell.report.palette import sample_styles
from sscell.report.runs import RunView, discharge_rate, first_cycles, protocol_words, run_views
from sscell.study.facts import FactRow
from sscell.study.result import StudyResult


def view(plan: Protocol) -> RunView:
    return RunView("x", "A | B | C", True, 45.0, plan, tuple(discharge_rate(s) for s in plan.cycles), ())


@pytest.mark.parametrize(
    ("plan", "rate_test", "ageing_test"),
    [
        (protocols.rate_test(), True, False),
        (protocols.stability_test(), False, True),
        (protocols.first_cycle(), False, False),
        (protocols.gitt(), False, False),
        (protocol_from(["Charge at 2 mA until 2.75 V", "Discharge at 2 mA until 1.35 V"], 5), False, True),
    ],
)
def test_kind_of_run(plan: Protocol, rate_test: bool, ageing_test: bool) -> None:
    assert view(plan).is_rate_test is rate_test
    assert view(plan).is_ageing_test is ageing_test


def test_protocol_in_words() -> None:
    assert protocol_words(view(protocols.rate_test(cycles=10))) == (
        "2 × 0.1C, 2 × 0.2C, 2 × 0.5C, 2 × 1C, 2 × 0.2C (first cycle: charge at 0.1C until 2.75 V; discharge at 0.1C "
        "until 1.35 V), 45 °C"
    )
    assert protocol_words(view(protocols.first_cycle())).startswith("1 cycle (charge at 0.1C until 2.75 V; ")


def test_runs_and_first_cycles_of_a_study(study: StudyResult) -> None:
    once, faster = run_views(study)
    assert (once.cell, once.temperature_C) == ("LTO | LPSCl | NCM85", pytest.approx(45))
    assert once.samples == ["bare", "thick film"]
    assert faster.is_ageing_test
    assert [(c.label, list(c.jobs)) for c in first_cycles([once, faster])] == [
        ("LTO | LPSCl | NCM85, 0.1C", ["bare", "thick film"]),
        ("LTO | LPSCl | NCM85, 1C", ["bare"]),
    ]


def test_numbers_and_units() -> None:
    assert (number(1.25, 2), number(float("nan")), number(None), number(float("inf"))) == ("1.25", "–", "–", "–")
    assert unbroken("2 × 0.1C until 2.75 V at 45 °C, 3 cells") == (
        "2\u00a0×\u00a00.1C until 2.75\u00a0V at 45\u00a0°C, 3 cells"
    )


def test_styles_stay_apart() -> None:
    styles = sample_styles([f"s{k}" for k in range(30)])
    assert len({(s.colour, s.line) for s in styles.values()}) == 30


def fact(**changes: object) -> FactRow:
    plain = FactRow("id", "fit", "eq", "what", "a", "5 nm", "4.5", -0.5, True, True)
    return plain._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "paper", "difference", "verdict"),
    [
        (fact(), "5 nm", "−0.5", "✓ met"),
        (fact(kind="lower_bound", within=False), "at least 5 nm", "−0.5", "✗ not met"),
        (
            fact(kind="lower_bound", paper="the majority", difference=18.0, within=False),
            "the majority",
            "18 outside",
            "✗ not met",
        ),
        (fact(kind="range", paper="4 to 5 nm", difference=0.0), "4 to 5 nm", "within", "✓ met"),
        (fact(kind="approx", paper="2", difference=0.0), "about 2", "0", "✓ met"),
        (fact(difference=float("nan"), within=None, scored=False), "5 nm", "–", "not compared"),
    ],
)
def test_fact_in_words(row: FactRow, paper: str, difference: str, verdict: str) -> None:
    ((group,), (line,)) = (groups := fact_groups([row])), groups[0].lines
    assert group.title == "Figures and bounds to be met"
    assert (line.paper, line.difference, line.verdict) == (paper, difference, verdict)


def test_facts_are_grouped_by_use() -> None:
    rows = [fact(use="check"), fact(use="input"), fact(), fact(use="check", id="second")]
    assert [[line.id for line in group.lines] for group in fact_groups(rows)] == [["id"], ["id", "second"], ["id"]]
