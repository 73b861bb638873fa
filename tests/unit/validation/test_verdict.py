"""The default verdict: valid spectra pass at every noise level, spoilt points are found, the rest is kept."""

from __future__ import annotations

import numpy as np
import pytest
from validation_samples import FREQUENCY_HZ, arc, circuits, drifting_cell, spectrum, with_noise

import sscell as ss
from sscell.records import Spectrum
from sscell.validation import kramers_kronig

SEEDS = range(12)


def noisy_circuits(level: float) -> list[Spectrum]:
    """120 spectra of ten kinds, no two with the same noise."""
    return [
        spectrum(with_noise(z, level, 100 * seed + kind))
        for seed in SEEDS
        for kind, z in enumerate(circuits(seed).values())
    ]


@pytest.mark.parametrize("level", [0, 0.001, 0.005, 0.02])
@pytest.mark.parametrize("representation", ["impedance", "admittance"])
def test_valid_circuits_pass(level: float, representation: str) -> None:
    """Ten kinds of circuit, 8520 points: at most 0.1 % flagged (nominal 0.03 %)."""
    results = kramers_kronig(noisy_circuits(level), representation=representation)
    flagged = sum(int((~each.valid).sum()) for each in results)
    assert flagged <= 0.001 * sum(each.valid.size for each in results)


@pytest.mark.parametrize("level", [0, 0.005])
def test_simulated_cell_passes(level: float) -> None:
    """Transmission lines, spherical diffusion, layers and leads; fresh, down to 3 mHz."""
    f = np.geomspace(7e6, 3e-3, 94)
    for cycles in (0, 5, 15):
        cell = ss.Cell.from_recipe(ss.Recipe(ald_cycles=cycles, anneal_temperature_C=400 if cycles else None))
        z = ss.closed_form_impedance(cell, f).impedance_ohm
        result = kramers_kronig(spectrum(with_noise(z, level, cycles), f))
        assert result.valid.all()
        assert result.band is not None
        assert (result.band.lowest_Hz, result.band.highest_Hz) == pytest.approx((3e-3, 7e6))


@pytest.mark.parametrize("level", [0.001, 0.003, 0.01, 0.02])
def test_noise_level_is_recovered(level: float) -> None:
    """About 110 degrees of freedom: standard error 6.7 %, so 20 % is three of them; the mean shows the bias."""
    noise = [each.noise for each in kramers_kronig(noisy_circuits(level))]
    ratio = np.array([each.relative for each in noise]) / level
    assert abs(ratio.mean() - 1) < 0.03
    assert np.mean(np.abs(ratio - 1) < 0.2) > 0.98
    for part in ("real", "imaginary"):
        assert np.mean([getattr(each, part) for each in noise]) == pytest.approx(level, rel=0.05)


def test_noise_of_the_parts_is_told_apart() -> None:
    rng = np.random.default_rng(1)
    z = circuits(1)["cell"]
    noisy = z + np.abs(z) * (0.002 * rng.normal(size=71) + 0.01j * rng.normal(size=71))
    noise = kramers_kronig(spectrum(noisy)).noise
    assert noise.real < 0.5 * noise.imaginary


def test_constant_noise_is_recognised() -> None:
    """0.5 ohm everywhere is 0.1 % of |Z| at one end and 5 % at the other: no reason to flag that end."""
    rng = np.random.default_rng(3)
    w = 2 * np.pi * FREQUENCY_HZ
    z = 10 + arc(300, 1e-5, 0.9, w) + arc(300, 1e-2, 0.9, w)
    result = kramers_kronig(spectrum(z + 0.5 * (rng.normal(size=71) + 1j * rng.normal(size=71))))
    assert result.valid.all()
    assert result.noise.constant_ohm == pytest.approx(0.5, rel=0.2)
    np.testing.assert_allclose(result.noise.per_point, result.noise.constant_ohm / np.abs(z), rtol=0.2)
    assert "ohm at every frequency" in result.summary


@pytest.mark.parametrize(("level", "growth", "least"), [(0.001, 0.3, 1), (0.001, 1.0, 4), (0.005, 1.0, 3)])
def test_drifting_end_is_found_and_the_rest_kept(level: float, growth: float, least: int) -> None:
    """Flagged points lie in the last decade and a half, where the drift is; the band ends there."""
    for seed in SEEDS:
        result = kramers_kronig(spectrum(with_noise(drifting_cell(growth), level, seed)))
        assert least <= (~result.valid).sum() <= 14
        assert result.frequency_Hz[~result.valid].max() < 3
        assert result.band is not None
        assert result.band.highest_Hz == pytest.approx(7e6)
        assert 0.13 < result.band.lowest_Hz < 3.5
        assert result.noise.relative < 2.5 * level


@pytest.mark.parametrize("level", [0.001, 0.005, 0.01])
def test_spikes_and_mains_are_found_alone(level: float) -> None:
    """10 standard deviations or 8 %, whichever is more, on one point and on the three nearest to 50 Hz."""
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        z = with_noise(circuits(seed)["cell"], level, seed)
        spoilt = np.abs(np.log(FREQUENCY_HZ / 50)) < 0.3
        spoilt[20] = True
        z[spoilt] *= 1 + max(0.08, 10 * level) * np.exp(2j * np.pi * rng.uniform(size=spoilt.sum()))
        result = kramers_kronig(spectrum(z))
        assert (~result.valid)[spoilt].all()
        assert (~result.valid & ~spoilt).sum() <= 1
        assert result.band is not None
        assert (result.band.lowest_Hz, result.band.highest_Hz) == pytest.approx((0.1, 7e6))
        assert not result.band.mask[spoilt].any()


def test_amplifier_roll_off_at_high_frequency_is_found() -> None:
    """A gain that falls by up to a fifth towards 7 MHz without its phase is not causal."""
    for seed in SEEDS:
        z = drifting_cell(0) * (1 - 0.2 * FREQUENCY_HZ / 7e6)
        result = kramers_kronig(spectrum(with_noise(z, 0.002, seed)))
        assert not result.valid[0]
        assert (~result.valid).sum() >= 3
        assert result.frequency_Hz[~result.valid].min() > 2e5
        assert result.band is not None
        assert result.band.lowest_Hz == pytest.approx(0.1)


def test_summary_says_what_to_do() -> None:
    good = kramers_kronig(spectrum(with_noise(circuits(0)["cell"], 0.001, 0)))
    assert good.summary == "All 71 points are Kramers-Kronig valid (noise 0.095 % of |Z|)."
    bad = kramers_kronig(spectrum(with_noise(drifting_cell(1.0), 0.001, 0))).summary
    assert "of 71 points are Kramers-Kronig valid" in bad
    assert "invalid up to" in bad
    assert "Work between" in bad
    few = np.geomspace(7e6, 0.1, 8)
    assert "too few points for a strong test" in kramers_kronig(spectrum(circuits(0, few)["cell"], few)).summary
    table = good.to_pandas()
    assert table["Valid"].all()
    assert table["Residual Real / %"].abs().max() < 1


def test_inductive_loop_and_diffusion_fail_the_mu_criterion_but_are_valid() -> None:
    """Why it is not the default: branches that must be negative stop it at a few branches."""
    z = circuits(0)["inductive loop"]
    schoenleber = kramers_kronig(spectrum(z), c=0.85)
    assert schoenleber.M <= 4
    assert np.abs(schoenleber.residuals).max() > 0.1
    smooth = kramers_kronig(spectrum(z))
    assert np.abs(smooth.residuals).max() < 0.002
