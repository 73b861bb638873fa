"""What came out, in plain sentences made from the data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from sscell.report.runs import RunView, first_cycles, run_views, summaries
from sscell.study.facts import score
from sscell.study.jobs import JobResult
from sscell.study.result import StudyResult


def outcome(study: StudyResult) -> list[str]:
    """A sentence a first cycle, rate test, ageing test and the score; those without data are left out."""
    views = run_views(study)
    sentences = [
        _most(f"In the first cycle ({cycle.label})", "discharges", _discharges(cycle.jobs, 1))
        for cycle in first_cycles(views)
    ]
    sentences += [_highest_rate(view) for view in views if view.is_rate_test]
    sentences += [_retention(view) for view in views if view.is_ageing_test]
    sentences.append(score_words(study))
    return [sentence for sentence in sentences if sentence] or ["No cycle was finished."]


def score_words(study: StudyResult) -> str:
    """The score as a sentence; '' without facts."""
    if not study.facts:
        return ""
    s = score(study.facts)
    counted = [f"{s[f'{kind}_met']} of {s[kind]} {kind}" for kind in ("figures", "bounds", "checks") if s[kind]]
    left = sum(row.within is None for row in study.facts)
    rest = f"{left} of {len(study.facts)} facts are not compared." if left else ""
    met = f"Set beside the paper's facts, {_listed(counted)} are met." if counted else ""
    return f"{met} {rest}".strip()


def _highest_rate(view: RunView) -> str:
    """The last cycle at the highest C-rate, with its share of the first discharge."""
    rates = {k: float(r[:-1]) for k, r in enumerate(view.rates, start=1) if r.endswith("C")}
    if not rates:
        return ""
    cycle = max(k for k, rate in rates.items() if rate == max(rates.values()))
    jobs = {job.sample: job for job in view.jobs}
    values, first = _discharges(jobs, cycle), _discharges(jobs, 1)
    shares = {k: f" ({100 * v / first[k]:.0f} % of its first)" for k, v in values.items() if first[k] > 0}
    return _most(f"At {view.rates[cycle - 1]} (cycle {cycle} of {view.name})", "gives", values, shares=shares)


def _retention(view: RunView) -> str:
    last = len(view.plan)
    jobs = {job.sample: job for job in view.jobs}
    values, first = _discharges(jobs, last), _discharges(jobs, 1)
    kept = {k: 100 * v / first[k] for k, v in values.items() if first[k] > 0}
    return _most(f"After {last} cycles at {view.rates[0]}", "keeps", kept, "% of its first discharge")


def _most(
    when: str, does: str, values: Mapping[str, float], unit: str = "mAh/g", shares: Mapping[str, str] | None = None
) -> str:
    """'When A does most, 2 unit (share); B least, 1 unit (share).'"""
    known = {k: v for k, v in values.items() if math.isfinite(v)}
    if not any(value > 0 for value in known.values()):
        return ""
    best, worst = max(known, key=lambda k: known[k]), min(known, key=lambda k: known[k])

    def words(sample: str) -> str:
        return f"{known[sample]:.1f} {unit}{(shares or {}).get(sample, '')}"

    if len(known) == 1:
        return f"{when} {best} {does} {words(best)}."
    return f"{when} {best} {does} most, {words(best)}; {worst} least, {words(worst)}."


def _discharges(jobs: Mapping[str, JobResult], cycle: int) -> dict[str, float]:
    """Sample -> discharge capacity in a cycle, NaN where it was not finished."""
    return {
        sample: next((r.discharge_capacity_mAh_per_g for r in summaries(job) if r.cycle == cycle), math.nan)
        for sample, job in jobs.items()
    }


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
