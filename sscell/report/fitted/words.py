"""The report's first sentences: what was done, how it went, what to be wary of."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from sscell.report.fitted.contents import FitReport
from sscell.report.fitted.lines import circuit_lines, sentences

NUMBER = re.compile(r"(?<!\w)-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)")
MOST_NAMED = 4


def outcome(report: FitReport) -> str:
    """How many spectra and fits, how many of them without a warning, how good the fits are."""
    count = len(report.entries)
    files = len({e.spectrum.provenance.get("file", e.key) for e in report.entries})
    best = [e.best for e in report.entries]
    converged, clean = sum(f.converged for f in best), sum(not f.warnings for f in best)
    words = [f"{_counted(count, 'spectrum', 'spectra')} of {_counted(files, 'file', 'files')}."]
    lines = circuit_lines(report)
    if lines and lines[0].weight != "–":
        words.append(
            f"Of {len(lines)} circuits {lines[0].circuit} is the best by AICc (Akaike weight {lines[0].weight}), which "
            "says nothing if none of them is right."
        )
    if count == 1:
        words.append("The fit converged" + (" without a warning." if clean else ", with warnings.")
                     if converged else "The fit did not converge.")  # fmt: skip
    else:
        words.append(f"{converged} of {count} fits converged, {clean} of them without a warning.")
    relative = [100 * float(np.sqrt(max(f.reduced_chi_square, 0))) for f in best if f.weights == "modulus"]
    relative = [share for share in relative if np.isfinite(share)]
    if relative:
        low, high = f"{min(relative):.2g}", f"{max(relative):.2g}"
        words.append(f"The residuals scatter by {low if low == high else f'{low} to {high}'} % of |Z|.")
    outside = sum(int((~f.used).sum()) for f in best)
    if outside:
        points = sum(len(e.spectrum) for e in report.entries)
        words.append(f"{outside} of {points} points were not used: marked in the figures, reasons with each spectrum.")
    return " ".join(words)


def summed_warnings(report: FitReport) -> list[str]:
    """Warnings of all best fits, those that differ in numbers alone taken together with the spectra they concern."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in report.entries:
        for sentence in sentences(entry.best.warnings):
            found.setdefault(NUMBER.sub("…", sentence), []).append((entry.name, sentence))
    # Sentences of several forms may have the same in common.
    heads: dict[str, list[tuple[str, str]]] = {}
    for said in found.values():
        one = said[0][1] if len(said) == 1 else _without_numbers([sentence for _, sentence in said])
        heads.setdefault(one, []).extend(said)
    return [_together(said, len(report.entries)) for said in heads.values()]


def _together(said: Sequence[tuple[str, str]], spectra: int) -> str:
    name, sentence = said[0]
    if spectra == 1:
        return sentence
    if len(said) == 1:
        return f"{name}: {sentence}"
    head = _without_numbers([sentence for _, sentence in said])
    if len(said) == spectra:
        return f"{head} (all {spectra} spectra)."
    names = ", ".join(name for name, _ in said[:MOST_NAMED]) + (", …" if len(said) > MOST_NAMED else "")
    return f"{head} ({len(said)} of {spectra} spectra: {names})."


def _without_numbers(said: Sequence[str]) -> str:
    """What such sentences have in common: without what stands in brackets, or what stands before the colon."""
    bare = list(dict.fromkeys(re.sub(r" \([^)]*\)", "", sentence) for sentence in said))
    common = bare[0] if len(bare) == 1 else bare[0].partition(":")[0]
    return common.strip().rstrip(".")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
