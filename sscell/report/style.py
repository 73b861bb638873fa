"""The look of every page: the style sheet of the study's page."""

from __future__ import annotations

import re
from importlib.resources import files


def style_sheet() -> str:
    """CSS, without its tags."""
    page = files("sscell.report").joinpath("report.html").read_text(encoding="utf-8")
    found = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert found is not None
    return found[1]
