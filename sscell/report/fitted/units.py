"""Units of circuit parameters as they are printed, and the same per area of the cell."""

from __future__ import annotations

import re

from sscell.rounding import SUPERSCRIPTS

RAISED = SUPERSCRIPTS | str.maketrans("αγ", "ᵅᵞ")
POWER = re.compile(r"\^(-?\d+(?:/\d+)?|[αγ]|\([^)]*\))")


def unit_text(unit: str) -> str:
    """'ohm^-1 s^α' -> 'Ω⁻¹ s^α'; '' for pure numbers."""
    if unit == "1":
        return ""
    shown = POWER.sub(lambda m: m[1].translate(RAISED) if "/" not in m[1] else m[0], unit)
    return shown.replace("ohm", "Ω")


def unit_latex(unit: str) -> str:
    """'ohm^-1 s^α' -> '$\\Omega^{-1}\\,\\mathrm{s}^{\\alpha}$'; '' for pure numbers."""
    if unit == "1":
        return ""
    words = [_word_latex(word) for word in unit.replace("²", "^2").split(" ")]
    return "$" + r"\,".join(words) + "$"


def _word_latex(word: str) -> str:
    base, _, power = word.partition("^")
    base = r"\Omega" if base == "ohm" else rf"\mathrm{{{base}}}"
    power = power.strip("()").replace("α", r"\alpha").replace("γ", r"\gamma")
    return f"{base}^{{{power}}}" if power else base


def area_power(unit: str) -> int | None:
    """+1: times the area (impedances), -1: over it (admittances), None: the area does not enter, or not as a factor."""
    if unit == "F" or unit.startswith("ohm^-1"):
        return -1
    return 1 if unit in ("ohm", "H") or unit.startswith("ohm s") else None


def per_area(unit: str) -> str:
    """The unit of the quantity per area: 'ohm' -> 'ohm cm2', 'F' -> 'F/cm2'."""
    return f"{unit} cm^2" if area_power(unit) == 1 else f"{unit} cm^-2"
