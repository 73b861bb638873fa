"""Facts of a paper: the file against the paper's list, and the verdict of each kind on numbers made by hand."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from study_samples import job

import sscell as ss
from sscell.errors import InputError
from sscell.study.differential import differential_capacity, relithiation_peak_V
from sscell.study.factfile import read_facts
from sscell.study.facts import FactRow, compare, score

ROOT = Path(ss.__file__).parents[1]
OURS = ROOT / "scenarios" / "kitsche2022_facts.toml"
PAPER = ROOT.parent / "shared" / "mission" / "paper_facts.toml"

TOLERANCES = """
[tolerance]
"mAh/g" = { absolute = 5.0 }
"Coulomb efficiency" = { absolute = 1.5 }
"1" = { relative = 0.25 }
"""


def write(folder: Path, **fact: Any) -> Path:
    """A facts file with the tolerances above and one fact."""
    entry = {
        "id": "f",
        "samples": ["a"],
        "protocol": "run",
        "quantity": "a capacity",
        "value": 100,
        "unit": "mAh/g",
        "kind": "eq",
        "use": "fit",
        "measure": "discharge_capacity",
    }
    entry |= fact
    lines = [f"{key} = {_toml(value)}" for key, value in entry.items() if value is not None]
    path = folder / "facts.toml"
    path.write_text("\n".join([TOLERANCES, "[[fact]]", *lines]), encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def verdict(folder: Path, jobs: list | None = None, interfaces: dict | None = None, **fact: Any) -> FactRow:
    found = {(j.sample, j.run): j for j in jobs or []}
    (row,) = compare(read_facts(write(folder, **fact)), found, interfaces or {})
    return row


@pytest.mark.measured
@pytest.mark.skipif(not PAPER.is_file(), reason=f"no {PAPER}")
def test_every_fact_of_the_paper_is_there() -> None:
    """Nothing left out, nothing bent: same samples, protocol, cycle, value, unit, kind, use and place."""
    paper = {fact["id"]: fact for fact in tomllib.loads(PAPER.read_text(encoding="utf-8"))["fact"]}
    ours = {fact.entry["id"]: fact.entry for fact in read_facts(OURS)}
    assert set(ours) == set(paper)
    for name, fact in paper.items():
        assert {key: ours[name].get(key) for key in fact} == fact, name


@pytest.mark.measured
@pytest.mark.skipif(not PAPER.is_file(), reason=f"no {PAPER}")
def test_every_figure_of_the_study_s_set_up_is_there() -> None:
    paper, ours = (tomllib.loads(path.read_text(encoding="utf-8")) for path in (PAPER, OURS))
    for table in ("materials", "cell", "protocols", "samples"):
        assert ours[table] == paper[table]


def test_every_scored_fact_has_a_measure_and_a_width() -> None:
    """Else it would silently count for nothing."""
    for fact in read_facts(OURS):
        entry = fact.entry
        if entry["use"] == "fit":
            assert "measure" in entry, entry["id"]
            one_number = isinstance(entry["value"], (int, float)) and not entry["kind"].endswith("_bound")
            if one_number:
                assert fact.tolerance or fact.relative, entry["id"]


def test_samples_of_the_facts_are_the_scenario_s() -> None:
    scenario = tomllib.loads((OURS.parent / "anneal.toml").read_text(encoding="utf-8"))
    for fact in read_facts(OURS):
        assert set(fact.samples) <= set(scenario["samples"]), fact.entry["id"]
        assert fact.entry["protocol"] in {*scenario["runs"], "process"}, fact.entry["id"]


@pytest.mark.parametrize(
    ("simulated", "within", "difference"), [(95.0, True, -5.0), (105.0, True, 5.0), (94.9, False, -5.1)]
)
def test_measured_value(tmp_path: Path, simulated: float, within: bool, difference: float) -> None:
    """Met within the width of its unit, both ends included."""
    row = verdict(tmp_path, [job("a", "run", [simulated])])
    assert (row.within, row.scored, row.paper) == (within, True, "100 mAh/g")
    assert row.difference == pytest.approx(difference)
    assert row.simulated == f"{simulated:.4g}"


def test_relative_width(tmp_path: Path) -> None:
    """A quarter of 2: 1.5 to 2.5; the ratio is the first sample over the second."""
    fact = {"measure": "interface_resistance_ratio", "samples": ["a", "b"], "value": 2, "unit": "1", "cycle": 2}
    for ratio, within in ((1.5, True), (2.5, True), (2.6, False)):
        jobs = [
            job("a", "run", [1, 1], interface_resistance_ohm_cm2=[9.0, 40 * ratio]),
            job("b", "run", [1, 1], interface_resistance_ohm_cm2=[9.0, 40]),
        ]
        row = verdict(tmp_path, jobs, **fact)
        assert row.within is within
        assert row.difference == pytest.approx(ratio - 2)


def test_width_of_a_coulomb_efficiency(tmp_path: Path) -> None:
    """1.5 points, whatever other percentages are allowed."""
    fact = {"measure": "coulomb_efficiency", "value": 86.6, "unit": "%"}
    for efficiency, within in ((88.1, True), (88.2, False)):
        jobs = [job("a", "run", [1], coulomb_efficiency_percent=[efficiency])]
        assert verdict(tmp_path, jobs, **fact).within is within


@pytest.mark.parametrize(
    ("kind", "simulated", "within"),
    [
        ("lower_bound", 100.0, True),
        ("lower_bound", 99.9, False),
        ("lower_bound", 500.0, True),
        ("upper_bound", 100.0, True),
        ("upper_bound", 100.1, False),
    ],
)
def test_bound(tmp_path: Path, kind: str, simulated: float, within: bool) -> None:
    """A bound has no width: the least miss is one."""
    assert verdict(tmp_path, [job("a", "run", [simulated])], kind=kind).within is within


def test_bound_behind_words(tmp_path: Path) -> None:
    """'The majority' of the fade in the first cycles is more than half."""
    fact = {"kind": "lower_bound", "value": "the majority", "bound": 50, "unit": "%", "measure": "fade_share"}
    for half_way, within in ((149.0, True), (151.0, False)):
        row = verdict(tmp_path, [job("a", "run", [200, half_way, 100])], cycle=2, **fact)
        assert row.within is within
        assert row.paper == "the majority %"


@pytest.mark.parametrize(
    ("simulated", "within", "difference"), [(90.0, True, 0.0), (110.0, True, 0.0), (112.0, False, 2.0)]
)
def test_range(tmp_path: Path, simulated: float, within: bool, difference: float) -> None:
    """Ends included; outside, the difference is the distance to the nearer end."""
    row = verdict(tmp_path, [job("a", "run", [simulated])], kind="range", value=[90, 110])
    assert (row.within, row.paper) == (within, "90 to 110 mAh/g")
    assert row.difference == pytest.approx(difference)


def test_range_of_several_samples(tmp_path: Path) -> None:
    """All must be inside; the worst one is shown."""
    fact = {"kind": "range", "value": [90, 110], "samples": ["a", "b"]}
    row = verdict(tmp_path, [job("a", "run", [100]), job("b", "run", [113])], **fact)
    assert (row.within, row.difference, row.simulated) == (False, 3, "a 100, b 113")


def test_resolution_widens_a_value_and_a_range(tmp_path: Path) -> None:
    """EELS in 2 nm steps cannot tell 8.2 from 10 nm, but can tell 5 from 8."""
    state = ss.interface_from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=700))
    thickness_nm = 1e9 * state.rocksalt_thickness_m
    fact = {"protocol": "process", "measure": "rocksalt_thickness", "unit": "nm", "resolution": 2.0}
    for offset, within in ((1.9, True), (2.1, False)):
        row = verdict(tmp_path, interfaces={"a": state}, value=thickness_nm + offset, **fact)
        assert row.within is within
        ends = [thickness_nm + offset, thickness_nm + 20]
        assert verdict(tmp_path, interfaces={"a": state}, kind="range", value=ends, **fact).within is within


def test_relations(tmp_path: Path) -> None:
    """Every one must hold; the difference is that of the tightest, negative when one is broken."""
    jobs = [job("a", "run", [180]), job("b", "run", [190]), job("c", "run", [150])]
    fact = {"kind": "order", "use": "check", "value": "b best", "samples": ["a", "b", "c"]}
    row = verdict(tmp_path, jobs, relations=["b > a", "a > c"], **fact)
    assert (row.within, row.difference, row.scored) == (True, 10, False)
    row = verdict(tmp_path, jobs, relations=["b > a", "c > a"], **fact)
    assert (row.within, row.difference) == (False, -30)
    row = verdict(tmp_path, jobs, relations=["b > missing"], **fact)
    assert (row.within, row.simulated) == (None, "b 190")


def test_relation_between_runs(tmp_path: Path) -> None:
    """'a@other' is sample a in another run."""
    jobs = [job("a", "run", [180]), job("a", "other", [170])]
    fact = {"kind": "order", "use": "check", "value": "higher"}
    assert verdict(tmp_path, jobs, relations=["a > a@other"], **fact).within is True
    assert verdict(tmp_path, jobs, relations=["a@other > a"], **fact).within is False


def test_ratio_to_first(tmp_path: Path) -> None:
    row = verdict(tmp_path, [job("a", "run", [200, 190, 86])], measure="ratio_to_first", cycle=3, value=43)
    assert row.simulated == "43"
    assert row.difference == pytest.approx(0)


def test_gain_over_a_reference(tmp_path: Path) -> None:
    """Capacity of each sample minus the reference's in the same cycle."""
    jobs = [job("a", "run", [1, 150]), job("b", "run", [1, 158]), job("ref", "run", [1, 124])]
    fact = {"measure": "discharge_gain", "reference": "ref", "kind": "range", "value": [16, 35], "cycle": 2}
    row = verdict(tmp_path, jobs, samples=["a", "b"], **fact)
    assert (row.within, row.simulated) == (True, "a 26, b 34")


def test_areal_capacity(tmp_path: Path) -> None:
    """199 mAh/g of 12 mg composite on 10 mm are 2.1 mAh/cm² (Kitsche et al. 2022)."""
    row = verdict(tmp_path, [job("a", "run", [199.0])], measure="areal_discharge_capacity", value=2.1)
    assert row.difference == pytest.approx(0, abs=0.05)


def test_oxidation_adds_up(tmp_path: Path) -> None:
    jobs = [job("a", "run", [1, 1, 1], oxidation_charge_mAh_per_g=[4.0, 2.0, 1.0])]
    assert verdict(tmp_path, jobs, measure="oxidation_charge", cycle=2, value=6).simulated == "6"


def test_process_measures(tmp_path: Path) -> None:
    """The interface alone answers; no run is needed."""
    state = ss.interface_from_recipe(ss.Recipe(ald_cycles=15, anneal_temperature_C=550))
    for measure, expected in (
        ("nominal_thickness", 1e9 * state.nominal_thickness_m),
        ("coating_thickness", 1e9 * state.coating_thickness_m),
        ("crystallite_size", 1e9 * state.crystallite_size_m),
    ):
        row = verdict(tmp_path, interfaces={"a": state}, protocol="process", measure=measure, value=1)
        assert row.simulated == f"{expected:.4g}"
    words = {"kind": "words", "use": "check", "value": "partly monoclinic", "measure": "phase", "protocol": "process"}
    row = verdict(tmp_path, interfaces={"a": state}, **words)
    assert (row.simulated, row.within) == ("tetragonal, partly monoclinic", None)


@pytest.mark.parametrize(
    ("jobs", "fact"),
    [
        ([], {}),
        ([job("a", "other", [100])], {}),
        ([job("a", "run", [100])], {"cycle": 2}),
        ([job("a", "run", [100])], {"samples": ["a", "b"]}),
        ([job("a", "run", [100])], {"measure": None}),
        ([job("a", "run", [100])], {"kind": "words", "value": "as in Fig. 3"}),
        ([job("a", "run", [math.nan])], {}),
        ([job("a", "run", [100])], {"unit": "furlongs", "use": "check"}),
    ],
)
def test_nothing_to_compare(tmp_path: Path, jobs: list, fact: dict) -> None:
    """Not simulated, not finite, not a number or without a width: neither met nor missed, and not scored."""
    row = verdict(tmp_path, jobs, **fact)
    assert (row.within, row.scored) == (None, False)
    assert math.isnan(row.difference)


def test_score(tmp_path: Path) -> None:
    """Figures and bounds apart; checks shown, not scored; what is not simulated is not counted."""
    jobs = [job("a", "run", [100])]
    rows = [
        verdict(tmp_path, jobs, **fact)
        for fact in (
            {"value": 100},
            {"value": 200},
            {"kind": "range", "value": [90, 101]},
            {"kind": "lower_bound", "value": 90},
            {"kind": "upper_bound", "value": 90},
            {"use": "check", "value": 99},
            {"use": "input", "measure": None},
            {"cycle": 9},
        )
    ]
    assert score(rows) == {
        "figures_met": 2,
        "figures": 3,
        "bounds_met": 1,
        "bounds": 2,
        "checks_met": 1,
        "checks": 1,
    }


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ({"measure": "discharge"}, "fact 'f': unknown measure 'discharge' of a run .did you mean 'discharge_"),
        ({"measure": "crystallite_size"}, "unknown measure 'crystallite_size' of a run"),
        ({"protocol": "process"}, "unknown measure 'discharge_capacity' of a recipe"),
        ({"kind": "lower_bond"}, "unknown kind 'lower_bond' .did you mean 'lower_bound'?"),
        ({"use": "fitted"}, "unknown use 'fitted' .did you mean 'fit'?"),
        ({"value": [1, 2, 3]}, r"a range must be two numbers, got \[1, 2, 3\]"),
        ({"relations": ["a < b"]}, "relation 'a < b' must read 'A > B'"),
        ({"measure": "discharge_gain"}, "measure 'discharge_gain' needs the key 'reference'"),
        ({"measure": "interface_resistance_ratio"}, "'interface_resistance_ratio' needs two samples"),
        ({"value": None, "use": None}, "fact 'f': use, value missing"),
        ({"samples": "a"}, "samples must be a list of names, got 'a'"),
    ],
)
def test_refused_fact(tmp_path: Path, fact: dict, message: str) -> None:
    """Found when the file is read, before anything runs."""
    with pytest.raises(InputError, match=message):
        read_facts(write(tmp_path, **fact))


def test_refused_facts_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Facts file '.*none\.toml' does not exist; correct the scenario's key"):
        read_facts(tmp_path / "none.toml")
    bad = tmp_path / "bad.toml"
    for text, message in (
        ("[[fact]\n", "is not valid TOML"),
        ('[fact]\nid = "f"\n', r"each fact is a table of its own, headed \[\[fact\]\]"),
        ("[tolerance]\nnm = 2.0\n", r"tolerance 'nm' must read \{ absolute = \.\.\. \} or .* got 2\.0"),
        ("[tolerance]\nnm = { relativ = 2.0 }\n", "tolerance 'nm' must read"),
    ):
        bad.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=rf"Facts file '.*bad\.toml'.*{message}"):
            read_facts(bad)


def test_a_scored_figure_needs_a_tolerance(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fact 'f': no tolerance is given for its unit 'furlongs'; add it to \[tol"):
        read_facts(write(tmp_path, unit="furlongs"))


@pytest.mark.parametrize(("unit", "paper"), [("1", "100"), ("1/h", "100 1/h"), ("mAh/g", "100 mAh/g")])
def test_paper_value_carries_its_unit(tmp_path: Path, unit: str, paper: str) -> None:
    assert verdict(tmp_path, [job("a", "run", [100.0])], unit=unit, use="check").paper == paper


def test_differences_outside_a_range_carry_their_sign(tmp_path: Path) -> None:
    for value, expected in ((90.0, -5.0), (97.0, 0.0), (103.0, 3.0)):
        row = verdict(tmp_path, [job("a", "run", [value])], kind="range", value=[95, 100])
        assert row.difference == pytest.approx(expected)


def test_a_rest_between_pulses_passes_no_charge() -> None:
    """Two pulses of one hour at 1 A with a rest of ten hours between: 2 Ah, not 12."""
    time_s = np.array([0, 1800, 3600, 3601, 39600, 39601, 41400, 43201]) * 1.0
    current_A = np.array([1, 1, 1, 0, 0, 1, 1, 1]) * 1.0
    voltage_V = np.array([2.5, 2.4, 2.3, 2.35, 2.4, 2.35, 2.2, 2.0])
    trace = ss.CyclingTrace(
        time_s=time_s, current_A=current_A, voltage_V=voltage_V, cycle=np.ones(8), active_mass_kg=1.0
    )
    _, charge, _ = differential_capacity(trace, 1, discharge=True)
    assert charge.max() == pytest.approx(2.0, abs=0.05)


def wave(centre_V: float, discharge: bool = True) -> ss.CyclingTrace:
    """A half-cycle whose charge is a step of 30 mAh/g and 30 mV width at `centre_V` upon a straight 100 mAh/g."""
    voltage = np.linspace(2.7, 1.4, 4001)
    charge = 100 * (2.7 - voltage) / 1.3 + 15 * (1 + np.tanh((centre_V - voltage) / 0.03))
    mass_kg, current_A = 1e-5, 1e-3
    time_s = charge * 3.6 * (mass_kg * 1e3) / current_A
    sign = 1 if discharge else -1
    return ss.CyclingTrace(
        time_s=time_s,
        current_A=np.full(voltage.size, sign * current_A),
        voltage_V=voltage,
        cycle=np.ones(voltage.size),
        active_mass_kg=mass_kg,
    )


def test_differential_capacity() -> None:
    """Its integral is the charge passed, its largest value at the wave: the straight part and 15/0.03 mAh/g/V."""
    voltage, charge, bins = differential_capacity(wave(1.95), 1, discharge=True)
    assert np.ptp(charge) == pytest.approx(130, rel=2e-3)
    inner = slice(5, -5)  # the smoothing window of 5 bins runs over the ends
    assert np.sum(bins[inner]) * 0.002 == pytest.approx(np.ptp(charge[inner]), rel=2e-3)
    assert voltage[np.argmax(bins)] == pytest.approx(1.95, abs=0.002)
    assert bins.max() == pytest.approx(100 / 1.3 + 15 / 0.03, rel=0.01)  # 10 mV of smoothing on 30 mV


def test_relithiation_peak() -> None:
    """The wave's voltage to the 2 mV of the grid; nothing where there is no discharge or no voltage range."""
    assert relithiation_peak_V(wave(1.947), 1) == pytest.approx(1.947, abs=0.003)
    assert relithiation_peak_V(wave(1.95, discharge=False), 1) is None
    assert relithiation_peak_V(wave(1.95), 2) is None
    flat = ss.CyclingTrace(time_s=np.arange(30), current_A=np.ones(30), voltage_V=np.full(30, 1.9), cycle=np.ones(30))
    assert relithiation_peak_V(flat, 1) is None
