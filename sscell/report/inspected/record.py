"""What is in files as one JSON value: what `sscell inspect --json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sscell.data import SweepFacts
from sscell.records import Spectrum
from sscell.report.fitted.record import kramers_kronig_record
from sscell.report.inspected.contents import Inspected
from sscell.report.plain_json import plain
from sscell.validation import KramersKronigResult


def record_from_inspected(found: Sequence[Inspected], refused: Sequence[str]) -> dict[str, Any]:
    """Every file that was read; problems: sentences on those that were not."""
    return plain({"complete": not refused, "problems": refused, "files": [_file(each) for each in found]})


def _file(each: Inspected) -> dict[str, Any]:
    inspection = each.inspection
    sweeps = zip(inspection.sweeps, inspection.spectra, each.verdicts, strict=True)
    return {
        "file": each.name,
        "format": inspection.format,
        "technique": inspection.technique,
        "kind": inspection.kind.value,
        "sweeps": [_sweep(k, *facts) for k, facts in enumerate(sweeps, start=1)],
        "cycling": vars(inspection.cycling) if inspection.cycling is not None else None,
        "assumptions": inspection.assumptions,
        "not_read": inspection.not_read,
        "picture": each.picture,
    }


def _sweep(number: int, facts: SweepFacts, spectrum: Spectrum, verdict: KramersKronigResult | None) -> dict[str, Any]:
    area_m2 = spectrum.area_m2
    record = {"sweep": number, **vars(facts), "kramers_kronig": kramers_kronig_record(verdict)}
    if area_m2 is not None:
        record["smallest_modulus_ohm_cm2"] = facts.smallest_modulus_ohm * area_m2 * 1e4
        record["largest_modulus_ohm_cm2"] = facts.largest_modulus_ohm * area_m2 * 1e4
    return record
