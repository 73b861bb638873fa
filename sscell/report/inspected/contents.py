"""A measured file as it is shown: what it holds, and the Kramers-Kronig verdict of each sweep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sscell.data import Inspection
from sscell.report.fitted.contents import verdicts_of
from sscell.validation import KramersKronigResult


@dataclass(frozen=True, kw_only=True, eq=False)
class Inspected:
    """name: as the user can tell the files apart; verdicts: one a sweep, None where it cannot be tested."""

    name: str
    inspection: Inspection
    verdicts: tuple[KramersKronigResult | None, ...]
    picture: Path | None = None


def inspected_from(inspection: Inspection, name: str) -> Inspected:
    """All sweeps of a file, tested in one call."""
    spectra = list(inspection.spectra)
    return Inspected(name=name, inspection=inspection, verdicts=tuple(verdicts_of(spectra) if spectra else []))
