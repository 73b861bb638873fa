"""Numbers as people read them: a value to the last digit that its error leaves, in plain text, HTML and LaTeX."""

from __future__ import annotations

import math
from typing import NamedTuple

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Powers of ten are split off outside these decades.
SMALLEST, LARGEST = -3, 5


class Rounded(NamedTuple):
    """value and error as digits that are multiplied by 10^exponent; error '' where there is none."""

    value: str
    error: str
    exponent: int

    @property
    def text(self) -> str:
        """'12.34 ± 0.56', '(1.66 ± 0.32) × 10⁻⁵'."""
        both = f"{self.value} ± {self.error}" if self.error else self.value
        if not self.exponent:
            return both.replace("-", "−")
        return (f"({both})" if self.error else both).replace("-", "−") + f" × {power_text(self.exponent)}"

    @property
    def compact(self) -> str:
        """'12.34(56)': the error in units of the last digits; the power of ten is left to the heading."""
        digits = self.error.replace(".", "").lstrip("0")
        return f"{self.value}({digits})".replace("-", "−") if digits else self.value.replace("-", "−")

    @property
    def latex(self) -> str:
        """'$12.34 \\pm 0.56$', '$(1.66 \\pm 0.32) \\times 10^{-5}$'."""
        both = rf"{self.value} \pm {self.error}" if self.error else self.value
        if not self.exponent:
            return f"${both}$"
        return rf"${f'({both})' if self.error else both} \times 10^{{{self.exponent}}}$"


def rounded(value: float, error: float = math.nan, digits: int = 4, exponent: int | None = None) -> Rounded:
    """A value to the second digit of its error; to so many digits where the error is 0 or not known.

    exponent: the power of ten to split off; None: 0 for sizes that read well without, else that of the value.
    """
    if not math.isfinite(value):
        return Rounded("–", "", 0)
    known = math.isfinite(error) and error > 0
    last = _decade(error, 2) - 1 if known else _decade(value, digits) - digits + 1
    top = max(_decade(value, digits), _decade(error, 2)) if known else _decade(value, digits)
    if exponent is None:
        exponent = 0 if SMALLEST <= top <= LARGEST else top
    decimals = max(exponent - last, 0)
    scale = 10.0**-exponent

    def written(number: float) -> str:
        return f"{round(number, -last) * scale + 0.0:.{decimals}f}"  # + 0.0: no negative zero

    return Rounded(written(value), written(error) if known else "", exponent)


def value_text(value: float, error: float) -> str:
    """'29.45 ± 0.65', '(1.000 ± 0.005) × 10⁻⁵'; without an error that is 0, not known, or ten times the value."""
    known = math.isfinite(error) and 0 < error < 10 * abs(value)
    return rounded(value, error if known else math.nan).text


def power_text(exponent: int | None) -> str:
    """'10⁻⁶'; '' for none."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}" if exponent else ""


def _decade(value: float, digits: int) -> int:
    """Power of ten of the first digit, after rounding to so many digits; 0 for 0."""
    return int(f"{abs(value):.{digits - 1}e}".partition("e")[2]) if value else 0


def short(value: float, digits: int = 3) -> str:
    """A number to a few digits: '0.0123', '1.2 × 10⁻⁵', '–' for what is missing."""
    return rounded(value, digits=digits).text


def interval_text(low: float, high: float, error: float) -> str:
    """'11.2 to 13.5', to the digits that the error leaves; '–' where an end is not known."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "–"
    if math.isfinite(error) and 0 < error < 0.3 * max(abs(low), abs(high)):
        decade = _decade(error, 2) - 1
        digits = [max(_decade(end, 8) - decade + 1, 1) if end else 1 for end in (low, high)]
        # Ends far apart are known by their size only.
        most = 8 if low * high > 0 and max(abs(low), abs(high)) < 10 * min(abs(low), abs(high)) else 3
        return " to ".join(rounded(end, digits=min(n, most)).text for end, n in zip((low, high), digits, strict=True))
    return f"{short(low, 2)} to {short(high, 2)}"
