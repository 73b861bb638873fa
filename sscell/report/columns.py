"""The columns of the summary as people read them, and how numbers are written."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple


class Column(NamedTuple):
    """One column of `StudyResult.summary`; short: its heading on the terminal, '' where it is left out there."""

    key: str
    heading: str
    short: str
    unit: str


SUMMARY = (
    Column("first_charge_mAh_per_g", "First charge, 0.1C", "Charge\n0.1C", "mAh/g"),
    Column("first_discharge_mAh_per_g", "First discharge, 0.1C", "Disch.\n0.1C", "mAh/g"),
    Column("first_coulomb_efficiency_percent", "First Coulomb efficiency", "First\nCE", "%"),
    Column("discharge_1C_mAh_per_g", "Discharge at 1C", "Disch.\n1C", "mAh/g"),
    Column("ratio_1C_percent", "1C over 0.1C", "1C/\n0.1C", "%"),
    Column("discharge_05C_first_mAh_per_g", "First discharge, 0.5C", "Disch.\n0.5C", "mAh/g"),
    Column("retention_200_percent", "Retention, 200 cycles", "Kept\n200 cyc.", "%"),
    Column("interface_resistance_fresh_ohm_cm2", "Interface resistance, fresh", "R_int\nfresh", "Ω cm²"),
    Column("interface_resistance_aged_ohm_cm2", "Interface resistance, aged", "R_int\naged", "Ω cm²"),
    Column("arc_width_fresh_ohm_cm2", "Arc width, fresh", "", "Ω cm²"),
    Column("arc_width_aged_ohm_cm2", "Arc width, aged", "", "Ω cm²"),
    Column("liquid_first_charge_mAh_per_g", "First charge, liquid half cell", "", "mAh/g"),
    Column("liquid_first_discharge_mAh_per_g", "First discharge, liquid half cell", "", "mAh/g"),
)


def number(value: Any, digits: int = 1) -> str:
    """A number with fixed digits; an en dash for what is missing or not finite."""
    if value is None or not math.isfinite(float(value)):
        return "–"
    return f"{float(value):.{digits}f}"


def unbroken(text: str) -> str:
    """The text with hard spaces between numbers and their units, so that lines do not break there."""
    return re.sub(r"(?<=\d) (?=[°%×ΩVAhC]|mAh|nm|Hz|kHz|min|wt%|K/min|V\b)|(?<=×) (?=\d)", "\u00a0", text)
