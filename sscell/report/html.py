"""The report page: one HTML file that needs nothing else."""

from __future__ import annotations

import math
from importlib.resources import files
from typing import Any

from sscell.report.ageing import ageing
from sscell.report.budget import budgets
from sscell.report.canvas import ReportFigure
from sscell.report.columns import SUMMARY, Column, number, unbroken
from sscell.report.facttable import fact_groups
from sscell.report.fade import coulomb_efficiencies, fades, rate_tests
from sscell.report.interface import interfaces
from sscell.report.nyquist import nyquists
from sscell.report.outcome import outcome, score_words
from sscell.report.palette import sample_styles
from sscell.report.parameters import parameter_tables
from sscell.report.profiles import differential_capacities, voltage_profiles
from sscell.report.recipes import recipe_rows
from sscell.study.output import provenance
from sscell.study.result import StudyResult

# The sections of the page with what is drawn in them, in reading order.
SECTIONS = (
    ("interface", "Interface", (interfaces,)),
    (
        "cycling",
        "Cycling",
        (voltage_profiles, differential_capacities, rate_tests, fades, coulomb_efficiencies, ageing),
    ),
    ("impedance", "Impedance", (nyquists, budgets)),
)


def report_html(study: StudyResult) -> str:
    """The whole page; the same study gives the same text. Parts the study has no data for are left out, and said so."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "unbroken": unbroken}
    text = files("sscell.report").joinpath("report.html").read_text(encoding="utf-8")
    return environment.from_string(text).render(_content(study))


def figures(study: StudyResult) -> dict[str, list[ReportFigure]]:
    """Section key -> its figures, in order."""
    return {key: [figure for part in parts for figure in part(study)] for key, _, parts in SECTIONS}


def _content(study: StudyResult) -> dict[str, Any]:
    drawn, record = figures(study), provenance(study)
    return {
        "study": study,
        "scenario": study.scenario,
        "outcome": outcome(study),
        "score": score_words(study),
        "colours": {name: style.colour for name, style in sample_styles(list(study.scenario.samples)).items()},
        "columns": _shown(study, [c for c in SUMMARY if c.short]),
        "more_columns": _shown(study, [c for c in SUMMARY if not c.short]),
        "summary": study.summary.to_dict(orient="records"),
        "recipes": recipe_rows(study),
        "sections": [(key, title, drawn[key]) for key, title, _ in SECTIONS if drawn[key]],
        "missing": [title for key, title, _ in SECTIONS if not drawn[key]],
        "facts": fact_groups(study.facts),
        "parameters": parameter_tables(study),
        "engine": record["engine"],
        "versions": record["versions"],
        "hashes": record["input_sha256"],
        "scenario_text": record["scenario"],
    }


def _shown(study: StudyResult, columns: list[Column]) -> list[Column]:
    """Columns that have a number for at least one sample."""
    return [c for c in columns if any(math.isfinite(value) for value in study.summary[c.key])]
