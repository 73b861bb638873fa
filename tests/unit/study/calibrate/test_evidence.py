"""Data and their judges: what was measured, bounds, ranges, orders, curves, cycles, spectra; and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import twin

import sscell as ss
from sscell.study.calibrate import response
from sscell.study.calibrate.evidence import Datum, at_least, both, judged, measured, stacked
from sscell.study.calibrate.run import task_from
from sscell.study.calibrate.unknowns import Point


def test_what_is_measured_counts_on_both_sides() -> None:
    residuals, slopes = measured(np.array([2.0, 3.0]), np.array([0.5, 1.0]))(np.array([2.5, 2.0]))
    assert residuals.tolist() == [1.0, -1.0] and np.array_equal(slopes, np.diag([2.0, 1.0]))


def test_a_bound_counts_only_beyond_it() -> None:
    judge = at_least(np.eye(2) / 0.5, np.array([2.0, 2.0]))  # both at least 1, error 0.5
    residuals, slopes = judge(np.array([1.5, 0.5]))
    assert residuals.tolist() == [0.0, -1.0] and slopes.tolist() == [[0.0, 0.0], [0.0, 2.0]]


def test_a_range_is_two_bounds() -> None:
    judge = both(at_least(np.eye(1), np.array([1.0])), at_least(-np.eye(1), np.array([-2.0])))
    assert [float(np.sum(judge(np.array([x]))[0])) for x in (0.5, 1.5, 2.5)] == [-0.5, 0.0, -0.5]


def test_a_value_that_is_missing_counts_and_has_no_slope() -> None:
    residuals, slopes = measured(np.array([2.0, 3.0]), np.ones(2))(np.array([np.nan, 3.5]))
    assert residuals.tolist() == [5.0, 0.5] and slopes.tolist() == [[0.0, 0.0], [0.0, 1.0]]


def test_a_judge_without_what_is_missing_judges_the_rest() -> None:
    judge = measured(np.array([2.0, 3.0]), np.array([0.5, 1.0])).without(np.array([True, False]))
    assert judge(np.array([0.0, 3.5]))[0].tolist() == [0.5]


def test_met_is_within_what_a_fact_allows_whatever_its_error() -> None:
    judge, none = measured(np.array([124.0]), np.array([18.0])), ()
    named = {"name": "x", "samples": none, "cells": none, "observe": lambda _: None, "judge": judge}
    assert Datum(**named).met(np.array([150.0]), 2.0)
    assert not Datum(**named, allowed=(118.0, 130.0)).met(np.array([150.0]), 2.0)
    assert Datum(**named, allowed=(90.0, None)).met(np.array([150.0]), 2.0)


def test_judges_one_after_the_other_judge_as_each_alone(study: Path) -> None:
    data = task_from(study).problem.data
    rng = np.random.default_rng(1)
    values = [d.judge.matrix.shape[1] * [1.0] + rng.normal(size=d.judge.matrix.shape[1]) for d in data]
    whole = stacked(data, [v.size for v in values])
    assert np.allclose(whole(np.concatenate(values))[0], judged(data, values, ()).residuals)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A twin on small meshes; its data fit nothing else."""
    rng = np.random.default_rng(2)
    mesh = ss.Mesh(4, 10, 8, 1.1)
    names = ["design.positive.material.exchange_current_density_A_per_m2"]
    return twin.write_twin(
        tmp_path_factory.mktemp("twin"), twin.truth(rng, names), rng, mesh=mesh, impedance_mesh=ss.Mesh(6, 12, 8, 1.1)
    )


def test_data_of_a_study(study: Path) -> None:
    data = {d.name: d for d in task_from(study).problem.data}
    assert list(data) == [
        "discharge curve of coated in cycling, cycle 1",
        *(f"coulomb_efficiency of coated in cycling, cycle {k}" for k in (1, 2, 3)),
        *(f"discharge_capacity of coated in cycling, cycle {k}" for k in (2, 3)),
        "spectrum of coated in cycling, fresh",
        "spectrum of coated in cycling, after cycle 3",
    ]
    curve = data["discharge curve of coated in cycling, cycle 1"]
    trace = ss.read_cycling(study.parent / "cycling.csv")
    out = (trace.cycle == 1) & (trace.current_A > 0)
    mass_g = ss.Cell.from_recipe(twin.RECIPE).design.active_mass_kg * 1e3
    charge = np.trapezoid(trace.current_A[out], trace.time_s[out]) / 3.6 / mass_g
    assert curve.judge.target[-1] / curve.judge.matrix[-1, -1] == pytest.approx(charge, rel=1e-9)
    assert curve.judge.matrix[0, 0] == pytest.approx(1e3 / twin.VOLTAGE_MV)
    spectrum = data["spectrum of coated in cycling, fresh"]
    z = ss.read_spectra(study.parent / "fresh.csv")[0].impedance_ohm
    assert np.allclose(spectrum.judge.target / np.diag(spectrum.judge.matrix), np.concatenate([z.real, z.imag]))


def test_a_spectrum_in_the_middle_of_a_run(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the charge of cycle 2 it is that of the charged cell."""
    mesh, spectrum_mesh = ss.Mesh(4, 10, 8, 1.1), ss.Mesh(6, 12, 8, 1.1)
    monkeypatch.setattr(response, "ROUGH", response.Fineness(mesh, spectrum_mesh, 1e-3))
    text = study.read_text().replace('state = "aged"', 'state = "aged"\ncycle = 2\nstep = 1')
    path = study.with_name("middle.toml")
    path.write_text(text)
    task = task_from(path)
    names = [d.name for d in task.problem.data]
    number = names.index("spectrum of coated in cycling, after cycle 2, step 1")
    point = Point(np.zeros(1), np.zeros((1, 0)))
    found = task.rough.answers([np.zeros(1)], False)[0].values[number]
    cell = task.unknowns.cell(("coated", "cycling"), point)
    state = ss.simulate(cell, [twin.STEPS, twin.STEPS[:1]], engine="jax", mesh=mesh).final_state
    direct = ss.impedance(cell, twin.FREQUENCY_HZ, state=state, engine="jax", mesh=spectrum_mesh).impedance_ohm
    assert np.allclose(found[: direct.size] + 1j * found[direct.size :], direct, rtol=0.02)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('run = "cycling"\nerror_percent', 'run = "cyclin"\nerror_percent', "'cyclin' is no run of this study"),
        ("points = 20", "points = 20\nof_cycle = 9", "there is no discharge in its cycle 9"),
        ("points = 20", "points = 20\ncycle = 4\nof_cycle = 1", "run 'cycling' has 3 cycles, got cycle 4"),
        ('state = "aged"', 'state = "aged"\ncycle = 7', "'cycling' has 3 cycles, got cycle = 7"),
        ('state = "aged"', 'state = "aged"\nstep = 3', "has 2 steps in cycle 3, got step = 3"),
        ('state = "aged"', "step = 1", "cycle and step belong to state = 'aged'"),
        ('file = "fresh.csv"', 'file = "fresh.csv"\npick = 2', "has 1 spectra, got pick = 2"),
        ('file = "fresh.csv"', 'file = "fresh.csv"\nlowest_Hz = 1e9', "no frequency lies in the band"),
        ("spread = 2.0", "spread = 0.5", "spread on the scale 'log' is a factor above 1"),
        ("spread = 2.0", "", "give spread, .* or fixed = true"),
        ("starts = 2", 'profiles = ["x"]', "profiles: 'x' is no free parameter of this study"),
        (
            "starts = 2",
            'leave_out = ["coate"]',
            r"'coate' is no sample, run or datum of this study \(did you mean 'coated'",
        ),
        (
            'quantity = "coulomb_efficiency"',
            'quantity = "coulomb_efficiency"\ncycles = [8]',
            "3 cycles, got cycle 8",
        ),
        ('engine = "jax"', 'engine = "pybamm"', "'engine': Input should be 'jax', got 'pybamm'"),
        ('[parameters."coating.cond', '[parameters."coatng.cond', "is an input of none of the cells"),
    ],
)
def test_bad_studies_are_refused(study: Path, old: str, new: str, message: str) -> None:
    text = study.read_text()
    assert old in text
    path = study.with_name("bad.toml")
    if "coatng" in new:
        text = text.replace("spread = 2.0", "spread = 2.0", 1)
        new_text = text.replace(old, new, 1).replace("fixed = true", "spread = 2.0")
    else:
        new_text = text.replace(old, new, 1)
    path.write_text(new_text)
    with pytest.raises(ss.InputError, match=message):
        task_from(path)


def test_a_study_without_data_is_refused(study: Path) -> None:
    text = study.read_text()
    path = study.with_name("none.toml")
    path.write_text(text[: text.index("[[spectra]]")] + text[text.index("[parameters") :])
    with pytest.raises(ss.InputError, match="has no data to calibrate with"):
        task_from(path)
