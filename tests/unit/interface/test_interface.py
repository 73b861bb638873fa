"""From recipe to interface: the process facts of Kitsche et al. 2022, other coatings, and what is refused or warned of.

Only facts that are not inputs are claimed here; their bounds are the paper's own, widened by its resolution alone.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

import sscell as ss
from sscell.errors import ExtrapolationWarning, InputError
from sscell.interface import ZRO2, CathodeSurface, CoatingMaterial, InterfaceState, coating_named
from sscell.interface.zirconium import detection_depth_m

NM = 1e9
EELS_STEP_NM = 2.0
DETECTABLE = 0.01  # of the surface concentration, about the limit of STEM-EDS


def interface(cycles: float, temperature_C: float | None = None, **given) -> InterfaceState:
    return ss.interface_from_recipe(ss.Recipe(ald_cycles=cycles, anneal_temperature_C=temperature_C, **given))


ANNEALS = (None, 300, 400, 550, 700)
Z = {temperature: interface(15, temperature) for temperature in ANNEALS}


def test_nominal_thickness() -> None:
    """0.21 nm a cycle (two digits); 15 cycles: 2.7-3.2 nm, of which the anneal changes nothing."""
    assert interface(1).nominal_thickness_m * NM == pytest.approx(0.21, abs=0.005)
    for state in Z.values():
        assert 2.7 <= state.nominal_thickness_m * NM <= 3.2


def test_coating_mass() -> None:
    """15 cycles: 0.09 wt% a cycle gives 1.35, the text says about 1.2; 10 cycles: 0.9 wt%."""
    assert 1.2 <= 100 * Z[None].coating_mass_fraction <= 1.35 + 1e-12
    assert interface(10).coating_mass_fraction == pytest.approx(0.009)


def test_real_thickness() -> None:
    """TEM: 4-5 nm for 15 cycles."""
    assert 4.0 <= Z[None].coating_thickness_m * NM <= 5.0


def test_crystallites() -> None:
    """4-5 nm as coated, 7-8 nm after 550 °C; no coating, no crystallites."""
    assert 4.0 <= Z[None].crystallite_size_m * NM <= 5.0
    assert 7.0 <= Z[550].crystallite_size_m * NM <= 8.0
    assert interface(0, 550).crystallite_size_m == 0


def test_rocksalt() -> None:
    """EELS in 2 nm steps: about 2 nm as coated, 8 nm (O-K) to 10 nm (Ni-L) after 700 °C."""
    assert Z[None].rocksalt_thickness_m * NM == pytest.approx(2.0, abs=EELS_STEP_NM / 2)
    assert 8.0 <= Z[700].rocksalt_thickness_m * NM <= 10.0


def test_bare_material_keeps_its_surface() -> None:
    """It went through 3 h at 750 °C before: without a coating the anneal changes nothing."""
    before, after = interface(0), interface(0, 700)
    for name in ("rocksalt_thickness_m", "inactive_fraction", "cation_diffusion_length_m", "passivation"):
        assert getattr(before, name) == getattr(after, name), name
    assert (before.passivation, before.inactive_fraction, before.coating_thickness_m) == (0, 0, 0)


def test_zirconium_profile() -> None:
    """None detectable up to 550 °C (below one EELS step), tens of nm (about 40) after 700 °C."""
    depth_nm = {t: NM * detection_depth_m(Z[t].cation_diffusion_length_m, DETECTABLE) for t in ANNEALS}
    assert all(depth_nm[t] < EELS_STEP_NM for t in (None, 300, 400, 550))
    assert 20 <= depth_nm[700] <= 60


@pytest.mark.filterwarnings("ignore::sscell.errors.ExtrapolationWarning")
def test_zirconium_diffusion_length() -> None:
    """An hour at 700 °C without ramps: ℓ = sqrt(4 D t) with the study's D = 3.8e-16 cm²/s."""
    state = interface(15, 700, anneal_time_min=60, ramp_K_per_min=1e9)
    assert state.cation_diffusion_length_m == pytest.approx(math.sqrt(4 * 3.8e-20 * 3600), rel=1e-6)


def test_zirconium_profile_solves_diffusion() -> None:
    """Fick's second law at ℓ = sqrt(4 D t): with s = D t, ∂c/∂s = ∂²c/∂x²; the steps leave errors below 1e-4."""
    s, x, h = 1e-16, np.linspace(1e-9, 40e-9, 9), 1e-10

    def profile(depth_m: np.ndarray, s_m2: float) -> np.ndarray:
        return replace(Z[700], cation_diffusion_length_m=2 * math.sqrt(s_m2)).cation_profile(depth_m)

    in_time = (profile(x, s * 1.001) - profile(x, s * 0.999)) / (0.002 * s)
    in_space = (profile(x + h, s) - 2 * profile(x, s) + profile(x - h, s)) / h**2
    assert in_time == pytest.approx(in_space, rel=1e-4)
    assert profile(np.array([0.0]), s) == pytest.approx(1)


def test_phases() -> None:
    """XRD and TEM in words: tetragonal; partly monoclinic after 550 °C; partly amorphous after 700 °C."""
    assert [Z[t].phase for t in (None, 300, 400)] == ["tetragonal"] * 3
    assert "monoclinic" in Z[550].phase
    assert "amorphous" in Z[700].phase
    assert interface(0, 700).phase == "no coating"


def test_passivation_peaks_between_densification_and_roughening() -> None:
    """First-cycle Coulomb efficiency: Z300, Z400 above Z250; Z550 and Z700 similar to uncoated; the film alone
    differs, so its passivation must have that order."""
    assert min(Z[300].passivation, Z[400].passivation) > Z[None].passivation > 0.5
    assert max(Z[550].passivation, Z[700].passivation) < 0.1


def test_inactive_fraction() -> None:
    """Z700 alone loses much: about 35 of 199 mAh/g beside Z400 (164 implied), in the liquid half cell too."""
    assert 0.05 < Z[700].inactive_fraction < 0.25
    assert max(Z[t].inactive_fraction for t in (None, 300, 400)) < 0.02


@pytest.mark.parametrize("temperature_C", ANNEALS)
def test_coating_given_by_thickness_or_mass(temperature_C: float | None) -> None:
    """The same film described by its cycles, its mass or its real thickness is the same interface."""
    by_cycles = interface(12, temperature_C)
    given = {"anneal_temperature_C": temperature_C}
    for recipe in (
        ss.Recipe(coating_mass_fraction=by_cycles.coating_mass_fraction, **given),
        ss.Recipe(coating_thickness_nm=by_cycles.coating_thickness_m * NM, **given),
    ):
        other = ss.interface_from_recipe(recipe)
        assert other.phase == by_cycles.phase
        for name, value in vars(by_cycles).items():
            if isinstance(value, float):
                assert getattr(other, name) == pytest.approx(value, rel=1e-12, abs=1e-30), name


def test_another_coating() -> None:
    """A denser coating of the same mass is thinner, and carries its own numbers and sources."""
    niobate = CoatingMaterial(
        name="LiNbO3", density_kg_per_m3=4650.0, conductivity_S_per_m=1e-6, sources={"density_kg_per_m3": "a handbook"}
    )
    recipe = ss.Recipe(coating_mass_fraction=0.01)
    with pytest.warns(ExtrapolationWarning, match="the passivation by LiNbO3 is extrapolated from ZrO2"):
        state = ss.interface_from_recipe(recipe, coating=niobate)
    assert state.coating is niobate
    ratio = state.nominal_thickness_m / ss.interface_from_recipe(recipe).nominal_thickness_m
    assert ratio == pytest.approx(6100 / 4650)
    sources = {record.name: record.source for record in state.provenance}
    assert sources["coating.density_kg_per_m3"] == "a handbook"
    assert sources["coating.conductivity_S_per_m"] == "user, no source stated"
    assert "Kitsche" in sources["surface.bet_area_m2_per_kg"]


def test_another_surface() -> None:
    """Twice the BET area, half the thickness of the same mass."""
    recipe = ss.Recipe(coating_mass_fraction=0.01)
    wide = ss.interface_from_recipe(recipe, surface=CathodeSurface(bet_area_m2_per_kg=1420.0))
    assert 2 * wide.nominal_thickness_m == pytest.approx(ss.interface_from_recipe(recipe).nominal_thickness_m)


STUDY = "Kitsche et al. 2022"


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (ss.Recipe(ald_cycles=15, anneal_temperature_C=900), f"900 °C extrapolates from 250-700 °C in .*{STUDY}"),
        (ss.Recipe(ald_cycles=15, anneal_temperature_C=100), "100 °C extrapolates from 250-700 °C"),
        (ss.Recipe(ald_cycles=200), f"200 ALD cycles extrapolate from 0-15 in .*{STUDY}"),
        (
            ss.Recipe(ald_cycles=15, anneal_temperature_C=400, anneal_time_min=600),
            f"a dwell of 600 min extrapolates from 30 min, the only one in .*{STUDY}",
        ),
        (ss.Recipe(coating_thickness_nm=20), "a 20 nm coating extrapolates from 0-5 nm"),
        (ss.Recipe(coating_mass_fraction=0.1), "a coating of 10 wt% extrapolates from 0-1.35 wt%"),
        (
            ss.Recipe(ald_cycles=15, anneal_temperature_C=400, atmosphere="Ar"),
            "an anneal in Ar extrapolates from O2",
        ),
    ],
)
def test_extrapolation_is_said(recipe: ss.Recipe, message: str) -> None:
    """The warning names the value and the range it leaves, and whose range that is."""
    with pytest.warns(ExtrapolationWarning, match=message):
        ss.interface_from_recipe(recipe)


def test_extrapolation_of_another_coating_s_anneal() -> None:
    with pytest.warns(ExtrapolationWarning, match="the anneal laws of Al2O3 are extrapolated from ZrO2"):
        own = CoatingMaterial(name="Al2O3", quality_as_coated=0.7)
        ss.interface_from_recipe(ss.Recipe(ald_cycles=5, anneal_temperature_C=400), coating=own)


def test_a_coating_with_its_own_passivation_is_not_extrapolated_as_coated() -> None:
    own = CoatingMaterial(name="LiNbO3", quality_as_coated=0.7, coverage_thickness_m=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ss.interface_from_recipe(ss.Recipe(ald_cycles=10), coating=own).film_quality == pytest.approx(0.7)


@pytest.mark.parametrize(
    "recipe",
    [
        ss.Recipe(),
        ss.Recipe(ald_cycles=15, anneal_temperature_C=250),
        ss.Recipe(ald_cycles=15, anneal_temperature_C=700),
        ss.Recipe(coating_thickness_nm=5),
        ss.Recipe(coating_mass_fraction=0.0135),
    ],
)
def test_no_warning_inside_the_study(recipe: ss.Recipe) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ss.interface_from_recipe(recipe)


def test_unknown_coating_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"Coating 'ZrO' is not known .*did you mean 'ZrO2'.*ss\.CoatingMaterial"):
        coating_named("ZrO")
    with pytest.raises(InputError, match=r"Coating 'LiNbO3' is not known \(known: ZrO2\); describe it"):
        ss.interface_from_recipe(ss.Recipe(ald_cycles=5, coating="LiNbO3"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"density_kg_per_m3": 0.0}, "CoatingMaterial X: density_kg_per_m3 must be above 0 .kg/m3., got 0"),
        ({"conductivity_S_per_m": -1.0}, "conductivity_S_per_m must be above 0 .*, got -1"),
        ({"coverage_thickness_m": math.nan}, "coverage_thickness_m must be a finite number in m, got nan"),
        ({"quality_dense": 1.5}, "quality_dense must be at least 0 and at most 1 .no unit., got 1.5"),
    ],
)
def test_refused_material(given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        CoatingMaterial(name="X", **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"coating_thickness_m": -1e-9}, "coating_thickness_m must be finite and not negative, got -1e-09; .* metres"),
        ({"rocksalt_thickness_m": math.nan}, "rocksalt_thickness_m must be finite and not negative, got nan"),
        ({"passivation": 1.1}, "passivation must lie between 0 and 1, got 1.1"),
        ({"inactive_fraction": math.nan}, "inactive_fraction must lie between 0 and 1, got nan"),
    ],
)
def test_refused_state(given: dict, message: str) -> None:
    """A state made by hand is checked like one made from a recipe."""
    values = {name: value for name, value in vars(Z[400]).items() if name != "coating"}
    with pytest.raises(InputError, match=message):
        InterfaceState(coating=ZRO2, **(values | given))
