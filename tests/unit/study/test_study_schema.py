"""Scenario files: what is refused, in which words, and the protocols they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from study_samples import TINY, Write

import sscell as ss
from sscell.cell.design import CompositeCathode, MetalAnode
from sscell.errors import InputError
from sscell.study.jobs import cell_of, frequencies
from sscell.study.schema import EisSpec, RunSpec, Scenario, read_scenario

SCENARIOS = Path(ss.__file__).parents[1] / "scenarios"


def test_the_study_s_scenario_reads() -> None:
    """The founding study is complete: nine samples, three runs, its protocols and its own cells."""
    study = read_scenario(SCENARIOS / "anneal.toml")
    assert set(study.samples) == {"uncoated", "Z250", "Z300", "Z400", "Z550", "Z700", "A10_350", "A5_250", "A10_250"}
    plans = {name: run.plan() for name, run in study.runs.items()}
    assert {name: len(plan) for name, plan in plans.items()} == {
        "rate_test": 50,
        "stability_test": 200,
        "liquid_half_cell": 1,
    }
    liquid = cell_of(study, "Z400", "liquid_half_cell")
    assert isinstance(liquid.design.negative, MetalAnode)
    assert liquid.numbers["oxidation_A_per_m2"] == 0


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        ('titel = "x"\n', r"unknown key 'titel' .did you mean 'title'\?"),
        ("[samples.x]\nald_cycle = 3\n", r"unknown key 'samples\.x\.ald_cycle' .did you mean 'ald_cycles'\?"),
        ("[samples.x]\nanneal_C = 3\n", r"unknown key 'samples\.x\.anneal_C'"),
        ('[runs.x]\nprotocl = "gitt"\n', r"unknown key 'runs\.x\.protocl' .did you mean 'protocol'\?"),
        ("[design]\ntemperature = 3\n", r"unknown key 'design\.temperature' .did you mean 'temperature_C'\?"),
        ("[eis]\nhighest = 3\n", r"unknown key 'eis\.highest' .did you mean 'highest_Hz'\?"),
        (
            '[coatings.X]\nsource = "u"\ndensity = 3\n',
            r"unknown key 'coatings\.X\.density' .did you mean 'density_kg_per_m3'\?",
        ),
        (
            '[[measured]]\nfile = "x"\nkind = "spectra"\narea = 3\n',
            r"unknown key 'measured\.0\.area' .did you mean 'area_cm2'\?",
        ),
        ("[samples.x]\nzzz = 3\n", r"unknown key 'samples\.x\.zzz'\.$"),
        ('[samples.x]\nald_cycles = "many"\n', r"'samples\.x\.ald_cycles': .*must be a number.* got 'many'"),
        ("[samples]\nx = 3\n", r"'samples\.x': this must be a table, got 3"),
        ("[samples.x]\nald_cycles = nan\n", r"'samples\.x\.ald_cycles': .*finite number, got nan"),
        ("[samples.x]\nald_cycles = -1\n", "sample 'x': Recipe: ald_cycles must be a number of at least 0, got -1"),
        ("[samples.x]\ncoating_thickness_nm = -4.5\n", "sample 'x': Recipe: coating_thickness_nm must .* got -4.5"),
        ("[samples.x]\nald_cycles = 3\ncoating_thickness_nm = 1\n", "sample 'x': Recipe: the coating is given twice"),
        (
            '[samples.x]\ncoating = "LiNbO"\n[coatings.LiNbO3]\nsource = "u"\n',
            r"sample 'x': coating 'LiNbO' is not known \(known: ZrO2, LiNbO3\) .did you mean 'LiNbO3'\?",
        ),
        ('[samples.x]\ncoating = "Al2O3"\n', r"describe it under \[coatings\.Al2O3\]"),
        ("[coatings.X]\ndensity_kg_per_m3 = 3\n", r"'coatings\.X\.source': this key is required"),
        ("[runs.x]\n", r"'runs\.x': give either 'protocol' or 'steps'"),
        ('[runs.x]\nprotocol = "gitt"\nsteps = ["Rest for 1 hour"]\n', "give either 'protocol' or 'steps'"),
        ('[runs.x]\nprotocol = "rate"\n', r"'runs\.x\.protocol': .*'rate_test', .* got 'rate'"),
        ("[runs.x]\nsteps = []\n", "run 'x': A protocol needs at least one step"),
        ('[runs.x]\nsteps = "Rest for 1 hour"\n', r"'runs\.x\.steps': this must be a list, got 'Rest for 1 hour'"),
        ('[runs.x]\nsteps = ["Charge at 0C until 2.75 V"]\n', "run 'x': .*the C-rate must be positive, got '0C'"),
        (
            '[runs.x]\nsteps = ["Rest for 1 hour"]\nlower_V = 1\n',
            r"'runs\.x': lower_V and upper_V belong to 'protocol'; write the limits into the steps",
        ),
        (
            '[runs.x]\nprotocol = "rate_test"\nlower_V = 3.0\nupper_V = 2.0\n',
            "run 'x': The voltage limits are crossed: lower_V = 3 V must be below upper_V = 2 V",
        ),
        (
            '[runs.x]\nprotocol = "gitt"\nlower_V = 3.0\nupper_V = 2.0\n',
            "run 'x': The voltage limits are crossed: lower_V = 3 V must be below upper_V = 2 V",
        ),
        (
            '[runs.x]\nsteps = ["Charge at 1C until 1.3 V", "Discharge at 1C until 2 V"]\n',
            "run 'x': The voltage limits are crossed: 'Charge at 1C until 1.3 V' ends at or below 'Discharge",
        ),
        ('[runs.x]\nprotocol = "gitt"\ncycles = 0\n', r"'runs\.x\.cycles': .*greater than or equal to 1, got 0"),
        (
            '[runs.x]\nprotocol = "gitt"\nsamples = ["coatd"]\n',
            "run 'x': sample 'coatd' is not defined .did you mean 'coated'?",
        ),
        ('[runs.x]\nprotocol = "gitt"\nsamples = "some"\n', r"'runs\.x\.samples': this must be a list, got 'some'"),
        ('[runs.x]\nprotocol = "gitt"\nsamples = []\n', r"'runs\.x\.samples': at least one entry is needed"),
        ("[design]\ncathode_mass_mg = -12\n", r"'design\.cathode_mass_mg': .*greater than 0, got -12"),
        ("[design]\ndiameter_mm = 0\n", r"'design\.diameter_mm': .*greater than 0, got 0"),
        ("[design]\ntemperature_C = -300\n", r"'design\.temperature_C': .*greater than or equal to -100, got -300"),
        ('[design]\ncounter_electrode = "Na"\n', r"'design\.counter_electrode': .*'LTO', 'InLi' or 'Li', got 'Na'"),
        (
            '[design]\ncounter_electrode = "Li"\nanode_mass_mg = 3\n',
            "'design': anode_mass_mg is the LTO composite's, and the counter electrode is Li",
        ),
        (
            '[design]\ncounter_electrode = "InLi"\n[runs.x]\nprotocol = "first_cycle"\n',
            "run 'x': the window of 'first_cycle' is against LTO, and the counter electrode is InLi; give lower_V",
        ),
        ("[eis]\nlowest_Hz = 0\n", r"'eis\.lowest_Hz': .*greater than 0, got 0"),
        ("[eis]\nhighest_Hz = inf\n", r"'eis\.highest_Hz': .*finite number, got inf"),
        ("[eis]\nhighest_Hz = 1\nlowest_Hz = 10\n", "'eis': lowest_Hz = 10 must be below highest_Hz = 1"),
        ("[eis]\nrest_h = -1\n", r"'eis\.rest_h': .*greater than or equal to 0, got -1"),
    ],
)
def test_refused_scenario(scenario: Write, addition: str, message: str) -> None:
    """The message names the file, the key or the sample, the value and, where one is near, the known key."""
    base, eis = TINY.split("[eis]")
    text = addition + base if addition.startswith("titel") else base + addition
    path = scenario(text if "[eis]" in addition else f"{text}\n[eis]{eis}")
    with pytest.raises(InputError, match=message) as caught:
        read_scenario(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = \n", "is not valid TOML"),
        ('title = "x"\n', "'samples': this key is required"),
        (f'title = "x"\n[samples]\n{TINY[TINY.index("[runs") :]}', "'samples': at least one entry is needed"),
        ('title = "x"\n[samples.a]\n[runs]\n', "'runs': at least one entry is needed"),
    ],
)
def test_refused_file(scenario: Write, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_scenario(scenario(text))


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Scenario '.*none\.toml' does not exist; give the path of a \.toml file"):
        read_scenario(tmp_path / "none.toml")
    junk = tmp_path / "junk.toml"
    junk.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match=r"Scenario '.*junk\.toml' is not valid TOML"):
        read_scenario(junk)


@pytest.mark.parametrize(
    ("given", "cycles", "quick_cycles"),
    [
        ({"protocol": "rate_test"}, 50, 9),
        ({"protocol": "rate_test", "cycles": 4}, 4, 4),
        ({"protocol": "stability_test"}, 200, 2),
        ({"protocol": "stability_test", "cycles": 100}, 100, 2),
        ({"protocol": "first_cycle"}, 1, 1),
        ({"protocol": "gitt"}, 2, 2),
        ({"steps": ("Rest for 1 hour",)}, 1, 1),
        ({"steps": ("Rest for 1 hour",), "cycles": 30}, 30, 2),
    ],
)
def test_plan(given: dict, cycles: int, quick_cycles: int) -> None:
    """A quick run is never longer; it keeps a cycle of each rate and one of the 0.2C that follow."""
    run = RunSpec(**given)
    assert len(run.plan()) == cycles
    assert len(run.plan(quick=True)) == quick_cycles
    assert run.plan(quick=True).cycles == run.plan().cycles[:quick_cycles]


def test_limits_of_a_plan() -> None:
    (charge, discharge), *_ = RunSpec(protocol="first_cycle", lower_V=2.9, upper_V=4.3).plan().cycles
    assert (charge.until_voltage_V, discharge.until_voltage_V) == (4.3, 2.9)


def test_frequencies() -> None:
    """From high to low, both ends included, as many a decade as asked; quick keeps at most four."""
    f = frequencies(EisSpec(highest_Hz=1e6, lowest_Hz=1e-2, points_per_decade=10))
    assert (f[0], f[-1]) == pytest.approx((1e6, 1e-2))
    assert f.size == 81
    assert f[:-1] / f[1:] == pytest.approx(10**0.1)
    assert frequencies(EisSpec(highest_Hz=1e6, lowest_Hz=1e-2, points_per_decade=10), quick=True).size == 33


def test_design_of_a_scenario(scenario: Write) -> None:
    """Units at the door, SI inside, and what was changed carries the scenario's source."""
    design_text = """
[design]
source = "our cell 7"
counter_electrode = "InLi"
temperature_C = 25
diameter_mm = 12
cathode_mass_mg = 20
separator_mass_mg = 150
"""
    study = read_scenario(scenario(TINY + design_text))
    cell = cell_of(study, "coated", "short")
    positive = cell.design.positive
    assert isinstance(positive, CompositeCathode) and isinstance(cell.design.negative, MetalAnode)
    assert cell.design.negative.potential_V == 0.62
    found = (cell.design.temperature_K, cell.design.diameter_m, positive.mass_kg, cell.design.separator.mass_kg)
    assert found == pytest.approx((298.15, 12e-3, 20e-6, 150e-6))
    sources = {record.name: record.source for record in cell.parameters}
    for name in ("temperature_K", "diameter_m", "positive.mass_kg", "separator.mass_kg"):
        assert sources[name] == "our cell 7", name


def test_coating_of_a_scenario(scenario: Write) -> None:
    """A coating of one's own: what is given replaces ZrO2's value, with its source."""
    text = TINY.replace("[samples.coated]", '[samples.coated]\ncoating = "LiNbO3"') + (
        '\n[coatings.LiNbO3]\nsource = "handbook"\ndensity_kg_per_m3 = 4650\nquality_as_coated = 0.7\n'
    )
    study = read_scenario(scenario(text))
    with pytest.warns(ss.ExtrapolationWarning, match="anneal laws of LiNbO3 are extrapolated from ZrO2"):
        cell = cell_of(study, "coated", "short")
    assert cell.interface is not None
    assert cell.interface.coating.density_kg_per_m3 == 4650
    sources = {record.name: record.source for record in cell.parameters}
    assert sources["coating.density_kg_per_m3"] == "handbook"
    assert cell.interface.coating.relative_permittivity == 25


def test_scenario_is_frozen(scenario: Write) -> None:
    study = read_scenario(scenario(TINY))
    assert isinstance(study, Scenario)
    with pytest.raises(ValueError, match="frozen"):
        study.title = "x"  # type: ignore[misc]
