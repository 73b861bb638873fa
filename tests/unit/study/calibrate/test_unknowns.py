"""Which parameters act on which cells, and what becomes of points that no cell can be made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sscell as ss
from sscell.study.calibrate.evidence import Datum, Picture, Taken
from sscell.study.calibrate.response import ROUGH, Responder
from sscell.study.calibrate.schema import Study
from sscell.study.calibrate.unknowns import Point, Unknowns
from sscell.study.schema import read_as

STUDY = """
title = "which"
engine = "jax"
[samples.bare]
[samples.coated]
ald_cycles = 15
[runs.pellet]
protocol = "first_cycle"
[runs.liquid]
protocol = "first_cycle"
cell = "liquid_half_cell"
lower_V = 2.9
upper_V = 4.3
[cell_spread]
"design.positive.mass_kg" = 0.02
[parameters.oxidation]
input = "design.electrolyte.oxidation_A_per_m2"
runs = ["pellet"]
value = 2.0
spread = 2.0
source = "test"
[parameters.quality_dense]
value = 0.9
spread = 0.2
scale = "linear"
source = "test"
"""
KEYS = [("bare", "pellet"), ("coated", "pellet"), ("coated", "liquid")]


@pytest.fixture
def read(tmp_path: Path) -> object:
    def study(more: str = "") -> Study:
        path = tmp_path / "study.toml"
        path.write_text(STUDY + more)
        return read_as(Study, path)

    return study


def test_a_parameter_of_some_runs_leaves_the_others_alone(read: object) -> None:
    unknowns = Unknowns(read(), KEYS)
    point = Point(np.array([1.0, 0.0]), np.array([[0.0], [1.0], [0.0]]))
    oxidation = "design.electrolyte.oxidation_A_per_m2"
    values = {key: ss.continuous_inputs(unknowns.cell(key, point)) for key in KEYS}
    assert values["coated", "pellet"][oxidation] == pytest.approx(4.0)
    assert values["coated", "liquid"][oxidation] == 0.0
    assert unknowns.lanes(("coated", "pellet")) == [0, 1, 2]
    assert unknowns.lanes(("bare", "pellet")) == [0, 1, 2]
    assert unknowns.lanes(("coated", "liquid")) == [1]  # what varies from pellet to pellet is not the coin cell's
    masses = [values[key]["design.positive.mass_kg"] for key in KEYS[:2]]
    assert masses[1] / masses[0] == pytest.approx(1.02)


def test_what_holds_for_some_wins_over_what_holds_for_all(read: object) -> None:
    """Whatever their order, and fixed or free."""
    name = "design.contact_resistance_ohm_m2"
    more = f"""
[parameters.own]
input = "{name}"
samples = ["coated"]
runs = ["pellet"]
value = 5e-3
spread = 2.0
source = "test"
[parameters."{name}"]
value = 1e-3
fixed = true
source = "test"
"""
    unknowns = Unknowns(read(more), KEYS)
    point = unknowns.centre
    got = [ss.continuous_inputs(unknowns.cell(key, point))[name] for key in KEYS]
    assert got == pytest.approx([1e-3, 5e-3, 1e-3])


def test_two_of_equal_rank_are_refused(read: object) -> None:
    more = """
[parameters.again]
input = "design.electrolyte.oxidation_A_per_m2"
runs = ["pellet"]
value = 1.0
fixed = true
source = "test"
"""
    with pytest.raises(ss.InputError, match=r"'oxidation' and 'again' both set design\.electrolyte"):
        Unknowns(read(more), KEYS)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "[parameters.quality_dens]\nvalue = 1.0\nfixed = true\nsource = 'x'\n",
            "Parameter 'quality_dens' is an input",
        ),
        ("[parameters.x]\nvalue = 1.0\nspread = 2.0\nflat = true\nsource = 'x'\n", "a flat prior needs low and high"),
    ],
)
def test_bad_parameters_are_refused(read: object, more: str, message: str) -> None:
    with pytest.raises(ss.InputError, match=message):
        Unknowns(read(more), KEYS)


def test_a_point_that_no_cell_can_be_made_of_is_a_problem_of_its_own(read: object) -> None:
    """A quality above 1; the other point is not harmed (only its interface is looked at, so nothing runs)."""
    seen = Datum(name="nothing", samples=("coated",), cells=(), observe=lambda _: np.zeros(1), judge=None)
    responder, apart = Responder(read(), [seen], ROUGH), np.zeros((1, 1))
    bad, good = responder.answers([Point(np.array([0.0, 2.0]), apart), Point(np.zeros(2), apart)], False)
    assert "quality_dense must be" in bad.problem and good.problem == ""


def first_efficiency(study: Study) -> Responder:
    """The first Coulomb efficiency of the coated cell."""
    key = ("coated", "pellet")

    def efficiency(picture: Picture) -> np.ndarray:
        return np.array([picture.jobs[key].cycling.summaries[0].coulomb_efficiency_percent])

    seen = Datum(name="efficiency", samples=("coated",), cells=(key,), observe=efficiency, judge=None, cycles=1)
    return Responder(study, [seen], ROUGH)


def test_neighbours_on_the_time_steps_of_a_point_differ_smoothly_from_it(read: object) -> None:
    """A hundredth and a thousandth of a prior's spread: differences are in that ratio, and follow the slopes."""
    responder, apart = first_efficiency(read()), np.zeros((1, 1))
    base, bad, far, near = (Point(np.array(u), apart) for u in ([0.0, 0.0], [0.0, 2.0], [0.01, 0.0], [0.001, 0.0]))
    ((here, failed, *moved),) = responder.beside([[base, bad, far, near]])
    assert "quality_dense must be" in failed.problem
    (alone,) = responder.answers([base], True)
    assert here.values[0] == pytest.approx(alone.values[0], rel=1e-9)
    differences = [response.values[0][0] - here.values[0][0] for response in moved]
    assert differences[0] / differences[1] == pytest.approx(10, rel=0.02)
    assert differences[1] / 0.001 == pytest.approx(alone.slopes[0][0, 0], rel=0.02)


def test_what_cannot_follow_is_a_problem_of_its_own(read: object) -> None:
    """Oxidation a thousand times as fast: such a cell meets its limits before its leader has begun."""
    responder, apart = first_efficiency(read()), np.zeros((1, 1))
    ((here, far),) = responder.beside([[Point(np.zeros(2), apart), Point(np.array([10.0, 0.0]), apart)]])
    assert here.problem == "" and far.problem.startswith("coated, pellet: it is too far from the first cell")


def test_some_of_the_data_have_the_slopes_that_they_have_among_all(read: object) -> None:
    """A spectrum of one cell, alone and beside that of another: columns of the other cell are there, and zero."""
    study, frequency_Hz = read(), (1e4, 1.0)

    def of(sample: str) -> Datum:
        key = (sample, "pellet")
        taken = Taken(key, None, frequency_Hz)
        return Datum(
            name=sample,
            samples=(sample,),
            cells=(key,),
            observe=lambda picture: np.abs(picture.spectra[taken]),
            judge=None,
            spectrum=taken,
        )

    every = Responder(study, [of("bare"), of("coated")], ROUGH)
    some = Responder(study, [of("coated")], ROUGH, every.unknowns)
    point = Point(np.array([0.3, 0.1]), np.array([[0.5], [-0.5]]))
    (among,), (alone,) = (responder.answers([point], True) for responder in (every, some))
    assert alone.values[0] == pytest.approx(among.values[1], rel=1e-12)
    assert alone.slopes[0] == pytest.approx(among.slopes[1], rel=1e-6)
    assert alone.slopes[0].shape == (2, 4) and not alone.slopes[0][:, 2].any() and alone.slopes[0][:, 3].all()
