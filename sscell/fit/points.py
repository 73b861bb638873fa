"""Which points of a spectrum a fit uses: those of its Kramers-Kronig band, those in a range, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sscell.errors import require
from sscell.records import Spectrum
from sscell.validation import KramersKronigResult, kramers_kronig

BandChoice = Literal["kramers-kronig", "all"] | tuple[float, float]
# Fewer frequencies than this cannot be tested, and are used as they are.
FEWEST_TESTED = 8


@dataclass(frozen=True, eq=False)
class UsedPoints:
    """mask: (n,) which points; note: one sentence on the choice; verdict: the test, where it was made."""

    mask: np.ndarray
    note: str
    verdict: KramersKronigResult | None = None


def points_for_fit(spectra: Sequence[Spectrum], band: Any, *, need_noise: bool) -> list[UsedPoints]:
    """The points of each spectrum under a choice of band; need_noise: test in any case, for the noise."""
    tested = band == "kramers-kronig" or need_noise
    able = [s for s in spectra if np.unique(s.frequency_Hz).size >= FEWEST_TESTED]
    verdicts = dict(zip(map(id, able), kramers_kronig(able), strict=True)) if tested and able else {}
    return [_points(s, band, verdicts.get(id(s))) for s in spectra]


def _points(spectrum: Spectrum, band: Any, verdict: KramersKronigResult | None) -> UsedPoints:
    everything = np.ones(len(spectrum), dtype=bool)
    if isinstance(band, str) and band == "all":
        return UsedPoints(everything, f"All {len(spectrum)} points were used, as asked.", verdict)
    if isinstance(band, tuple):
        low, high = band
        inside = (spectrum.frequency_Hz >= low) & (spectrum.frequency_Hz <= high)
        note = f"The {inside.sum()} of {len(spectrum)} points from {low:g} to {high:g} Hz were used, as asked."
        require(
            bool(inside.sum() >= 2),
            f"band: {inside.sum()} points lie between {low:g} and {high:g} Hz; the spectrum has "
            f"{spectrum.frequency_Hz.min():g} to {spectrum.frequency_Hz.max():g} Hz, so widen the band.",
        )
        return UsedPoints(inside, note, verdict)
    if verdict is None:
        return UsedPoints(everything, "Too few frequencies for a Kramers-Kronig test: all points were used.")
    if verdict.band is None:
        return UsedPoints(
            everything, "No point passed the Kramers-Kronig test: all were used, so mistrust the fit.", verdict
        )
    mask = verdict.band.mask
    if verdict.noise.degrees_of_freedom == 0:
        return UsedPoints(
            mask, f"The Kramers-Kronig test could not judge this spectrum: {_points_used(mask)}.", verdict
        )
    if mask.all():
        return UsedPoints(mask, f"All {len(spectrum)} points passed the Kramers-Kronig test and were used.", verdict)
    return UsedPoints(
        mask,
        f"{mask.sum()} of {len(spectrum)} points, between {verdict.band.lowest_Hz:.4g} and "
        f"{verdict.band.highest_Hz:.4g} Hz, passed the Kramers-Kronig test and were used (band='all' takes all).",
        verdict,
    )


def _points_used(mask: np.ndarray) -> str:
    return "all points were used" if mask.all() else f"{mask.sum()} of {mask.size} points were used"


def checked_band(band: Any) -> Any:
    """The choice of band as it is used below, else InputError."""
    if isinstance(band, str):
        require(
            band in ("kramers-kronig", "all"),
            f"band must be 'kramers-kronig', 'all' or (lowest_Hz, highest_Hz), got {band!r}.",
        )
        return band
    try:
        low, high = (float(edge) for edge in band)
        good = 0 <= low < high
    except (TypeError, ValueError):
        good = False
    require(good, f"band must be 'kramers-kronig', 'all' or (lowest_Hz, highest_Hz), lowest first, got {band!r}.")
    return (low, high)
