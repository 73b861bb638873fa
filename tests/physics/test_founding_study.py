"""The founding study comes out: every ordering and trend, and the first discharges, at the shipped parameters."""

from pathlib import Path

import pytest

from sscell.report.run import run_study
from sscell.study.facts import score
from sscell.study.result import StudyResult

SCENARIO = Path(__file__).parents[2] / "scenarios" / "anneal.toml"


@pytest.fixture(scope="module")
def study() -> StudyResult:
    return run_study(SCENARIO, workers=2)


def test_nothing_fails_and_nothing_extrapolates(study: StudyResult) -> None:
    assert study.problems == []
    assert study.warnings == []


def test_every_ordering_holds(study: StudyResult) -> None:
    orders = [row for row in study.facts if row.kind == "order"]
    assert len(orders) >= 7
    assert [row.id for row in orders if not row.within] == []


def test_first_discharge_within_15_mAh_per_g(study: StudyResult) -> None:
    first = study.summary.set_index("sample").first_discharge_mAh_per_g
    # Z400 is measured; the middle of the range implied by 1C figure and ratio for the other two.
    for sample, paper in {"Z400": 199.0, "uncoated": 181.0, "Z700": 164.0}.items():
        assert first[sample] == pytest.approx(paper, abs=15), sample


def test_trends_of_the_issue(study: StudyResult) -> None:
    table = study.summary.set_index("sample")
    ratio, efficiency = table.ratio_1C_percent, table.first_coulomb_efficiency_percent
    assert ratio["Z400"] > ratio["uncoated"] > ratio["Z700"]
    assert min(efficiency["Z400"], efficiency["Z300"]) > efficiency["Z250"] > efficiency["uncoated"]
    aged = table.interface_resistance_aged_ohm_cm2
    # "A factor of about two", semi-quantitative in the paper.
    assert aged["uncoated"] / aged["A10_350"] == pytest.approx(2, rel=0.25)
    liquid = table.liquid_first_discharge_mAh_per_g
    assert liquid["Z700"] < 0.9 * min(liquid["uncoated"], liquid["Z400"])
    fade = next(row for row in study.facts if row.id == "fade_shape_uncoated")
    assert fade.within


def test_score_of_the_figures(study: StudyResult) -> None:
    """The score the documentation states; it may rise, not fall."""
    points = score(study.facts)
    assert points["figures"] == 25 and points["bounds"] == 3
    assert points["figures_met"] >= 24
    assert points["bounds_met"] == 3
