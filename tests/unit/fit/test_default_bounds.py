"""Default bounds: those of the elements for cells on a bench, wider where the data lie elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, fit, impedance_of, noisy, problem_of, spectrum

from sscell.circuit import Circuit
from sscell.circuit.elements import ELEMENTS
from sscell.fit import fit_series
from sscell.fit.constraints import space_from_constraints
from sscell.fit.default_bounds import default_bounds, measured_from_spectra
from sscell.fit.levenberg_marquardt import _compiled
from sscell.fit.problem import Problem

# Circuit -> values, and the power of the impedance's scale that each takes.
CASES = {
    "R0-p(R1,C1)-C2": ([10.0, 50.0, 1e-5, 1e-2], [1, 1, -1, -1]),
    "L0-R0-p(R1,CPE1)-W1": ([1e-5, 10.0, 50.0, 1e-4, 0.8, 5.0], [1, 1, 1, -1, 0, 1]),
    "R0-TLMQ1": ([10.0, 60.0, 3e-4, 0.9], [1, 1, -1, 0]),
}


def sample(circuit: str, scale: float) -> Any:
    values = dict(zip(Circuit(circuit).parameter_names, CASES[circuit][0], strict=True))
    return spectrum(scale * noisy(impedance_of(circuit, values), 0.003, 5))


@pytest.mark.parametrize("weights", ["modulus", "unit"])
@pytest.mark.parametrize("scale", [1e-8, 1e8])
@pytest.mark.parametrize("circuit", CASES)
def test_a_scaled_spectrum_gives_the_scaled_fit(circuit: str, scale: float, weights: str) -> None:
    """A battery of 1e-7 ohm and a membrane of 1e10 ohm: no bound is in the way, so each step is the same but for
    rounding; 1e-6 leaves room for what rounding does to parameters that are loosely known."""
    one, other = (fit(circuit, sample(circuit, s), weights=weights) for s in (1.0, scale))
    assert other.status is one.status
    assert other.chi_square == pytest.approx(one.chi_square * (scale**2 if weights == "unit" else 1), rel=1e-9, abs=0)
    assert other.share_of_starts == one.share_of_starts
    assert len(other.warnings) == len(one.warnings)
    for name, power in zip(one.values, CASES[circuit][1], strict=True):
        assert other.values[name] == pytest.approx(scale**power * one.values[name], rel=1e-6, abs=0)
        assert other.standard_errors[name] == pytest.approx(scale**power * one.standard_errors[name], rel=1e-5, abs=0)


def test_a_scaled_series_gives_the_scaled_series() -> None:
    """The joint problem too."""
    circuit = "R0-p(R1,C1)-C2"

    def series(scale: float) -> Any:
        spectra = [sample(circuit, scale * (1 + 0.1 * k)) for k in range(3)]
        conditions = [0, 100, 200]
        return fit_series(circuit, spectra, along="cycle", conditions=conditions, shared="R0", band="all", starts=4)

    one, other = series(1.0), series(1e-8)
    for name, trend in one.trends.items():
        power = -1 if name.startswith("C") else 1
        for mean, scaled in zip(trend.means, other.trends[name].means, strict=True):
            assert scaled.value == pytest.approx(1e-8**power * mean.value, rel=1e-6, abs=0)


@pytest.mark.parametrize("symbol", ["R", "C", "CPE", "W", "Wo", "Zarc", "TLMQ", "G", "K", "Ws", "Sd"])
def test_cells_on_a_bench_are_searched_within_the_elements_bounds(symbol: str) -> None:
    """1 to 1e5 ohm from 1 Hz to 1 MHz widens nothing."""
    z = np.geomspace(1e5, 1.0, 40) * np.exp(-0.3j)
    measured = measured_from_spectra([spectrum(z, np.geomspace(1.0, 1e6, 40))])
    for parameter in Circuit(f"{symbol}1").parameters:
        assert default_bounds(parameter, measured) == default_bounds(parameter)


def test_bounds_reach_to_where_an_element_is_not_seen() -> None:
    """In whole decades; what is neither impedance, admittance nor time stays."""
    measured = measured_from_spectra([spectrum(np.array([3e-8, 5e-7]), np.array([1e3, 1.0]))])
    found = {p.name: default_bounds(p, measured) for p in Circuit("R0-C0-Gs0-Zarc0").parameters}
    assert found["R0"] == (1e-12, 1e12)
    assert found["C0"] == (1e-15, 1e10)  # 5e-7 ohm at 1 Hz is what 3.2e5 F have, times 1e4
    assert found["Gs0_2"] == (1e-3, 1e3)
    assert found["Zarc0_2"] == (0.3, 1.0)
    slow = measured_from_spectra([spectrum(np.array([1.0, 1.0]), np.array([1e9, 1e-9]))])
    found = {p.name: default_bounds(p, slow) for p in Circuit("Zarc0").parameters}
    assert found["Zarc0_1"] == (1e-11, 1e10)


def test_impedances_of_zero_widen_nothing() -> None:
    measured = measured_from_spectra([spectrum(np.zeros(3), np.array([1.0, 10.0, 100.0]))])
    for element in ELEMENTS:
        for parameter in Circuit(f"{element}0").parameters:
            assert default_bounds(parameter, measured) == default_bounds(parameter)


def test_bounds_that_the_user_gave_stay() -> None:
    tiny = [sample("R0-p(R1,C1)-C2", 1e-8)]
    space = space_from_constraints(Circuit("R0-p(R1,C1)-C2"), {"R1": (1e-5, 1.0)}, spectra=tiny)
    found = {c.name: (c.lower, c.upper) for c in space.coordinates}
    assert found["R1"] == (1e-5, 1.0)
    assert found["R0"][0] < 1e-10


def test_bounds_of_logarithms_share_compiled_code_and_are_kept() -> None:
    """They are data of the compiled code; a second fit with others is held by its own."""
    first, second = (problem_of("R0-p(R1,C1)", bounds={"R1": b}) for b in ((1.0, 40.0), (60.0, 1e3)))
    assert _compiled(first) is _compiled(second)
    linear = [problem_of("R0-p(R1,CPE1)", bounds={"CPE1_1": b}) for b in ((0.5, 0.9), (0.5, 1.0))]
    assert isinstance(linear[0], Problem)
    assert _compiled(linear[0]) is not _compiled(linear[1])
    z = noisy(impedance_of("R0-p(R1,C1)", {"R0": 10.0, "R1": 50.0, "C1": 1e-5}), 0.005, 0)
    for bounds, value in (((1.0, 40.0), 40.0), ((60.0, 1e3), 60.0), ((1.0, 40.0), 40.0)):
        result = fit("R0-p(R1,C1)", spectrum(z, FREQUENCY_HZ), bounds={"R1": bounds})
        assert result.values["R1"] == pytest.approx(value, rel=1e-12)
