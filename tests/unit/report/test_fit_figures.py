"""Figures of spectra: equal axes, −Im up, points that were left out marked, error bars as the fits say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fit_samples import at_bound, fits, series, spectra
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sscell.report.fitted.contents import report_from_fits
from sscell.report.fitted.spectrum_figure import drawn_entry, overview_figure
from sscell.report.fitted.trend_figure import _draw_trend, places_of, words_of
from sscell.report.residual_panel import draw_residuals
from sscell.report.spectrum_panels import (
    LEFT_OUT,
    arcs_end_Hz,
    decade_marks,
    draw_modulus,
    draw_nyquist,
    draw_phase,
    drawn_from_spectrum,
    frequency_words,
    prefixed,
)


@pytest.fixture
def ax() -> Axes:
    return Figure().subplots()


def crosses(ax: Axes) -> int:
    """Points drawn as left out."""
    return sum(len(line.get_xdata()) for line in ax.lines if line.get_color() == LEFT_OUT)


def test_nyquist_has_equal_axes_and_capacitive_up(ax: Axes) -> None:
    """An arc (Im < 0) lies above zero; one unit is as long along x as along y."""
    spectrum, fit = spectra()[1], fits()[1]
    draw_nyquist(ax, drawn_from_spectrum(spectrum, fit.used))
    assert ax.get_aspect() == 1.0
    measured = ax.lines[0]
    assert measured.get_ydata().max() > 30  # half of 200 ohm times 0.5 cm², less than that where points are left out
    assert measured.get_ydata() == pytest.approx(-50e-2 * spectrum.impedance_ohm.imag[fit.used], rel=1e-12)
    assert crosses(ax) == int((~fit.used).sum()) > 0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Re Z / Ω cm²", "−Im Z / Ω cm²")


def test_bode_marks_the_same_points(ax: Axes) -> None:
    drawn = drawn_from_spectrum(spectra()[1], fits()[1].used)
    for draw in (draw_modulus, draw_phase):
        panel = Figure().subplots()
        draw(panel, drawn)
        assert crosses(panel) == int((~fits()[1].used).sum())
        assert panel.get_xscale() == "log"
    draw_phase(ax, drawn)
    assert max(line.get_ydata().max() for line in ax.lines if len(line.get_ydata())) > 30  # −phase: up is capacitive


def test_residuals_about_zero(ax: Axes) -> None:
    """Zero stands in the middle and the threshold is in view."""
    f = np.geomspace(1, 1e3, 7)
    draw_residuals(ax, f, np.full(7, 1e-3 + 2e-3j), np.ones(7, dtype=bool), np.full(7, 1e-2))
    low, high = ax.get_ylim()
    assert low == -high and high > 1.0


def test_arcs_apart_where_the_rest_dwarfs_them() -> None:
    """A blocked pellet of 100 ohm has its arc shown apart; a closed spectrum does not."""
    f = np.geomspace(1e7, 0.1, 81)
    s = 2j * np.pi * f
    arc = 100 / (1 + s * 1e-6)
    closed_Hz = arcs_end_Hz(f, arc + 1 / (s * 1e-5))
    assert closed_Hz is not None and 50 < closed_Hz < 1e4
    assert arcs_end_Hz(f, arc) is None


def test_decade_marks_lie_on_the_curve() -> None:
    f = np.geomspace(2e3, 0.3, 40)
    marks = decade_marks(f, 1 / (1 + 2j * np.pi * f * 0.01))
    assert list(marks) == [1e3, 1e2, 1e1, 1.0]
    assert marks[10.0] == pytest.approx(1 / (1 + 2j * np.pi * 0.1), abs=5e-3)  # linear between 40 points over 4 decades


def test_the_curve_is_the_fit() -> None:
    """The smooth curve passes through the fitted values, and reaches a little beyond the data."""
    report = report_from_fits(fits(), title="two", drt=False)
    drawn = drawn_entry(report.entries[0])
    assert drawn.curve is not None
    f, z = drawn.curve
    fit = fits()[0]
    at = np.interp(np.log(fit.spectrum.frequency_Hz), np.log(f[::-1]), z.real[::-1])
    assert at == pytest.approx(0.5 * fit.impedance_ohm.real, rel=2e-3)  # linear between 240 points over 5 decades
    assert f.max() > 1e5 and f.min() < 1.0


def test_trend_has_the_interval_of_the_mean(ax: Axes) -> None:
    """The bar of the mean is its 95 % interval; the title states the spread between cells."""
    given = series()
    _draw_trend(ax, given, given.trends["R1"])
    bars = [c for c in ax.containers if len(c.lines[0].get_xdata()) == 2]
    (segments,) = [b.get_segments() for b in bars[0].lines[2]]
    assert segments[0][:, 1] == pytest.approx([80.0, 120.0])
    assert segments[1][:, 1] == pytest.approx([160.0, 240.0])
    assert ax.get_title() == "cell to cell: ± 4.1 %"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("anneal temperature / °C", "R1 / Ω")


def test_no_bar_where_all_fits_are_at_a_bound(ax: Axes) -> None:
    """The mean of values at a bound has an error of nothing, which would look like certainty."""
    given = series()
    stuck = replace(given, fits=tuple(at_bound(fit, "R1") for fit in given.fits[:1]) + given.fits[1:])
    _draw_trend(ax, stuck, stuck.trends["R1"])
    (segments,) = [b.get_segments() for b in ax.containers[0].lines[2]]
    assert [s[:, 1].tolist() for s in segments] == [pytest.approx([160.0, 240.0])]
    assert [line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "s"][-1] == "white"


def test_labels_stand_one_after_the_other() -> None:
    assert list(places_of(series()).values()) == [400.0, 700.0]
    assert words_of("bias_mV") == "bias / mV" and words_of("state") == "state"


def test_one_spectrum_needs_no_overview() -> None:
    assert overview_figure(report_from_fits(fits()[:1], title="one", drt=False)) == []


@pytest.mark.parametrize(
    ("frequency_Hz", "words"), [(7e6, "7 MHz"), (999.9, "1 kHz"), (0.0251, "25.1 mHz"), (1e9, "1000 MHz")]
)
def test_frequency_words(frequency_Hz: float, words: str) -> None:
    assert frequency_words(frequency_Hz) == words


def test_prefix() -> None:
    assert prefixed(12000.0, "Ω") == (1e3, "kΩ")
    assert prefixed(0.015, "Ω cm²") == (1e-3, "mΩ cm²")
