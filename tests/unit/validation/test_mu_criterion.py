"""Schönleber's test: documented numbers, and impedance.py's own fit step as peer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from impedance import validation as peer
from validation_samples import FREQUENCY_HZ, circuits, spectrum, with_noise

from sscell.records import Spectrum
from sscell.validation import kramers_kronig
from sscell.validation.least_squares import ElementChoice, FitPart
from sscell.validation.mu_scan import branch_numbers_from_spectra


def example_below_1_kHz(measured: Path) -> tuple[np.ndarray, np.ndarray]:
    table = np.loadtxt(measured / "impedance.py" / "exampleData.csv", delimiter=",")
    f, z = table[:, 0], table[:, 1] + 1j * table[:, 2]
    kept = (z.imag < 0) & (f < 1000)
    return f[kept], z[kept]


@pytest.mark.measured
@pytest.mark.parametrize(
    ("settings", "branches", "mu", "largest"),
    [
        # M and μ are documented; the largest residuals (real, imaginary) are what linKK 1.7.1 gives under NumPy 1.26.
        ({"c": 0.5, "max_M": 100}, 26, 0.3063, (2.9505e-3, 3.5456e-3)),
        ({"c": 0.85, "fit": "real", "capacitance": False}, 20, 0.7994, (1.7778e-3, 0.22820)),
        ({"c": 0.85}, 23, 0.8378, (3.3713e-3, 3.3233e-3)),
        ({"c": 0.85, "fit": "imaginary"}, 24, 0.7785, (8.0733e-3, 8.3896e-4)),
    ],
)
def test_example_data_of_impedance_py(
    measured: Path, settings: dict[str, object], branches: int, mu: float, largest: tuple[float, float]
) -> None:
    f, z = example_below_1_kHz(measured)
    assert f.size == 55
    result = kramers_kronig(spectrum(z, f), **settings)
    assert (result.M, result.mu) == (branches, pytest.approx(mu, abs=5e-5))
    assert np.abs(result.residuals.real).max() == pytest.approx(largest[0], rel=1e-4)
    assert np.abs(result.residuals.imag).max() == pytest.approx(largest[1], rel=1e-4)


def peer_scan(f: np.ndarray, z: np.ndarray, c: float, most: int) -> tuple[int, float]:
    """impedance.py's loop around its own `fit_linKK` (the part of it that runs on NumPy 2)."""
    branches, mu = 0, 1.0
    while mu > c and branches < most:
        branches += 1
        taus = peer.get_tc_distribution(f, branches)
        with np.errstate(divide="ignore"):  # no positive branch: it divides by zero and stops at -inf, as we do
            _, mu = peer.fit_linKK(f, taus, branches, z, "complex", True)
    return branches, mu


@pytest.mark.parametrize("kind", circuits(0))
def test_number_of_branches_agrees_with_impedance_py(kind: str) -> None:
    """On every kind of circuit; its normal equations lose digits, hence the tolerance on μ."""
    for seed, level in ((1, 0.002), (2, 0.02)):
        z = with_noise(circuits(seed)[kind], level, seed)
        numbers = branch_numbers_from_spectra(ElementChoice(), FREQUENCY_HZ, z[None], 0.7, 30)
        branches, mu = peer_scan(FREQUENCY_HZ, z, 0.7, 30)
        assert numbers.branches[0] == branches
        assert numbers.mu[0] == pytest.approx(mu, abs=1e-3)


@pytest.mark.parametrize("part", FitPart)
def test_many_spectra_on_a_grid_give_what_each_gives_alone(part: FitPart) -> None:
    """Normal equations in an orthonormal basis against QR of each spectrum; |Z| spans less than 1e4."""
    z = np.stack([with_noise(circuits(seed)["cell"], 0.005, seed) for seed in range(12)])
    choice = ElementChoice(fit=part)
    together = branch_numbers_from_spectra(choice, FREQUENCY_HZ, z, 0.85, 50)
    alone = [branch_numbers_from_spectra(choice, FREQUENCY_HZ, each[None], 0.85, 50) for each in z]
    assert together.branches.tolist() == [int(each.branches[0]) for each in alone]
    assert len(set(together.branches.tolist())) > 3
    np.testing.assert_allclose(together.mu, [each.mu[0] for each in alone], atol=1e-8)


def test_blocked_pellets_in_a_batch_give_what_each_gives_alone() -> None:
    """|Z| spans up to 5e3, near the limit for normal equations: 1e-14 in them, times 5e3 squared, reaches μ."""
    z = np.stack([with_noise(300 + 1 / (2j * np.pi * FREQUENCY_HZ * 1e-6 * k), 0.002, k) for k in range(1, 11)])
    assert 1e3 < (np.abs(z).max(axis=1) / np.abs(z).min(axis=1)).max() < 1e4
    together = branch_numbers_from_spectra(ElementChoice(), FREQUENCY_HZ, z, 0.85, 50)
    alone = [branch_numbers_from_spectra(ElementChoice(), FREQUENCY_HZ, each[None], 0.85, 50) for each in z]
    assert together.branches.tolist() == [int(each.branches[0]) for each in alone]
    np.testing.assert_allclose(together.mu, [each.mu[0] for each in alone], rtol=1e-5)


def test_list_in_list_out_over_several_grids() -> None:
    sparse = np.geomspace(1e5, 1, 30)
    spectra = [spectrum(with_noise(circuits(s)["cell"], 0.005, s)) for s in range(10)]
    spectra[3] = spectrum(circuits(3, sparse)["cell"], sparse)
    results = kramers_kronig(spectra, c=0.85)
    assert [r.frequency_Hz.size for r in results] == [71, 71, 71, 30, *[71] * 6]
    for each, result in zip(spectra, results, strict=True):
        alone = kramers_kronig(each, c=0.85)
        assert result.M == alone.M
        np.testing.assert_allclose(result.residuals, alone.residuals, atol=1e-12)


def test_large_range_of_modulus_is_solved_by_qr() -> None:
    """A blocked pellet spans |Z| over more than 1e4: normal equations in batch would not reproduce lstsq."""
    w = 2 * np.pi * FREQUENCY_HZ
    z = np.stack([with_noise(300 + 1 / (1j * w * 1e-7 * k), 0.002, k) for k in range(1, 11)])
    assert np.abs(z).max() / np.abs(z).min() > 1e4
    together = branch_numbers_from_spectra(ElementChoice(), FREQUENCY_HZ, z, 0.85, 50)
    for each, branches, mu in zip(z, *together, strict=True):
        result = kramers_kronig(spectrum(each), c=0.85)
        assert (result.M, result.mu) == (branches, pytest.approx(mu, abs=1e-6))


@pytest.mark.parametrize("representation", ["impedance", "admittance"])
@pytest.mark.parametrize("settings", [{}, {"c": 0.85}, {"c": 0.85, "capacitance": False, "inductance": False}])
def test_fitted_values_rebuild_the_fit(representation: str, settings: dict[str, object]) -> None:
    """Residuals are those of `model`, of Z or of 1/Z."""
    z = with_noise(circuits(4)["cell with leads"], 0.003, 4)
    result = kramers_kronig(spectrum(z), representation=representation, **settings)
    data, model = (z, result.impedance_ohm) if representation == "impedance" else (1 / z, 1 / result.impedance_ohm)
    np.testing.assert_allclose((data - model) / np.abs(data), result.residuals, atol=1e-9)
    np.testing.assert_allclose(result.model.impedance(FREQUENCY_HZ), result.impedance_ohm)
    assert result.model.tau_s.size == result.model.branch_resistance_ohm.size == result.M
    assert (result.model.capacitance_F is None) == (settings.get("capacitance") is False)


@pytest.mark.parametrize("power", [-300, 300])
def test_unit_of_the_impedance_does_not_matter(power: int) -> None:
    f = np.geomspace(1e5, 0.1, 60)
    z = 10 + 50 / (1 + 2e-3j * np.pi * f)
    one, other = (kramers_kronig(Spectrum(frequency_Hz=f, impedance_ohm=s * z), c=0.85) for s in (1.0, 10.0**power))
    assert other.model.tau_s.size == one.model.tau_s.size
    assert other.mu == pytest.approx(one.mu, rel=1e-9)
    np.testing.assert_allclose(other.model.impedance(f) / 10.0**power, one.model.impedance(f), rtol=1e-9)
