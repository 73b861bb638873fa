"""The report page of a calibration: one HTML file that needs nothing else."""

from __future__ import annotations

import platform
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from sscell.report.calibrated.figures import drawn_figures
from sscell.report.calibrated.tables import between, datum_lines, shown
from sscell.report.calibrated.words import outcome, starts_words, warnings
from sscell.report.columns import unbroken
from sscell.report.facttable import fact_groups
from sscell.report.style import style_sheet
from sscell.study.calibrate.result import Calibration
from sscell.study.calibrate.task import PACKAGES


def report_html(calibration: Calibration) -> str:
    """The whole page; the same calibration gives the same text."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"unbroken": unbroken, "shown": shown}
    environment.globals |= {"between": between}
    text = files("sscell.report").joinpath("calibration_report.html").read_text(encoding="utf-8")
    return environment.from_string(text).render(_content(calibration))


def _content(calibration: Calibration) -> dict[str, Any]:
    study = calibration.study
    return {
        "style": style_sheet(),
        "study": study,
        "outcome": outcome(calibration),
        "warnings": warnings(calibration),
        "known": calibration.known,
        "fixed": {name: spec for name, spec in study.parameters.items() if spec.fixed},
        "data": datum_lines(calibration),
        "together": calibration.together,
        "directions": [direction.words for direction in calibration.directions],
        "starts": calibration.starts,
        "starts_words": starts_words(calibration),
        "held_out": calibration.held_out,
        "predicted": calibration.predicted,
        "trades": calibration.trades,
        "widened": calibration.widened,
        "profiles": calibration.profiles,
        "differences": calibration.differences,
        "cells": [(key, apart.tolist()) for key, apart in calibration.apart.items()] if study.cell_spread else [],
        "facts": fact_groups(calibration.facts),
        "figures": {figure.key: figure for figure in drawn_figures(calibration)},
        "study_text": calibration.inputs[calibration.path.name].decode("utf-8"),
        "study_name": calibration.path.name,
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
    }
