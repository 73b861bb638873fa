"""Changes per unit: small ones in percent, large ones as factors of a step that can be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fit_samples import series

from sscell.report.fitted.slopes import slope_text


@pytest.mark.parametrize(
    ("slope", "error", "text"),
    [
        pytest.param(0.012, 0.001, "1.20 ± 0.10 %", id="percent"),
        # t at the one degree that is left at the least is 12.7: exp(0.5 ± 0.0127)
        pytest.param(0.5, 0.001, "× 1.649 (1.628 to 1.670) per 1 V", id="factor"),
        # exp(-0.371 ± 0.0712): -37.1 a volt would be 8e-17
        pytest.param(-37.1, 0.56, "× 0.690 (0.643 to 0.741) per 0.01 V", id="steep"),
        pytest.param(0.0, 0.0, "0.0 %", id="none"),
    ],
)
def test_relative_slopes(slope: float, error: float, text: str) -> None:
    trend = replace(series().trends["R1"], slope=slope, slope_standard_error=error)
    assert slope_text(trend, "V") == text


def test_slopes_of_exponents_and_none() -> None:
    trend = replace(series().trends["R1"], relative=False, unit="1", slope=0.5, slope_standard_error=0.02)
    assert slope_text(trend, "V") == "0.500 ± 0.020"
    assert slope_text(replace(trend, slope=None), "V") == "–"
