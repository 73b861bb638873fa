"""Panels of spectra: names clear of data and frame, one notation an axis, one prefix, nothing unsaid."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from fit_samples import fits
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from sscell.records import Spectrum
from sscell.relaxation import drt
from sscell.report.canvas import settle
from sscell.report.fitted.contents import report_from_fits
from sscell.report.fitted.page import report_html
from sscell.report.fitted.relaxation_panel import draw_relaxation, name_peaks
from sscell.report.log_axes import log_axis_of_words, log_ticks
from sscell.report.residual_panel import draw_residuals
from sscell.report.spectrum_panels import (
    FLATTEST,
    TALLEST,
    draw_modulus,
    draw_nyquist,
    drawn_from_spectrum,
    frequency_words,
    name_decades,
    nyquist_frame,
)
from sscell.validation import kramers_kronig

F = np.geomspace(1e6, 0.1, 71)
S = 2j * np.pi * F
ARC = 20 + 80 / (1 + S * 1e-3)
FLAT = 30 + 200 / (1 + (S * 1e-2) ** 0.35)
BLOCKED = 20 + 100 / (1 + S * 1e-5) + 1 / (S * 1e-6) ** 0.95
INDUCTIVE = 0.2 + S * 5e-8
LOOP_OHM = 20 + 100 / (1 + S * 1e-3) - 30 / (1 + S * 1.0)


def spectrum(z: np.ndarray) -> Spectrum:
    return Spectrum(frequency_Hz=F, impedance_ohm=z)


LOOP = drt(spectrum(LOOP_OHM))


def panel(width_in: float = 4.0, height_in: float = 3.0) -> Axes:
    return Figure(figsize=(width_in, height_in)).subplots()


def names(ax: Axes) -> list[Annotation]:
    return [text for text in ax.texts if isinstance(text, Annotation)]


@pytest.mark.parametrize("z", [ARC, FLAT, BLOCKED, INDUCTIVE], ids=["arc", "flat", "blocked", "inductive"])
def test_names_of_decades_hide_nothing(z: np.ndarray) -> None:
    """No name covers a point, another name or the frame; some decades are named."""
    ax, drawn = panel(), drawn_from_spectrum(spectrum(z))
    draw_nyquist(ax, drawn)
    settle(ax.figure)
    name_decades(ax, drawn)
    boxes = [text.get_window_extent() for text in names(ax)]
    points = ax.transData.transform(np.stack([drawn.z.real, -drawn.z.imag], axis=1))
    assert boxes
    assert not any(box.contains(*point) for box in boxes for point in points)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert all(ax.bbox.x0 <= b.x0 and b.x1 <= ax.bbox.x1 and ax.bbox.y0 <= b.y0 and b.y1 <= ax.bbox.y1 for b in boxes)


def test_names_stand_where_the_layout_puts_the_panel() -> None:
    """What was settled stays: a later drawing does not move the panel from under its names."""
    figure = Figure(layout="constrained")
    ax, drawn = figure.subplots(), drawn_from_spectrum(spectrum(FLAT))
    draw_nyquist(ax, drawn)
    ax.set_title("one more line")
    settle(figure)
    before = ax.get_position().bounds
    figure.draw_without_rendering()
    assert ax.get_position().bounds == pytest.approx(before, abs=1e-9)  # the same arithmetic twice


@pytest.mark.parametrize("z", [ARC, FLAT, BLOCKED, INDUCTIVE], ids=["arc", "flat", "blocked", "inductive"])
def test_frame_of_nyquist_has_the_shape_of_the_data(z: np.ndarray) -> None:
    """All points are in view, and the frame is neither flatter nor taller than the two limits."""
    drawn = drawn_from_spectrum(spectrum(z))
    x0, x1, y0, y1 = nyquist_frame(drawn)
    assert x0 < drawn.z.real.min() and drawn.z.real.max() < x1
    assert y0 < -drawn.z.imag.max() and -drawn.z.imag.min() < y1
    assert FLATTEST * 0.999 <= (y1 - y0) / (x1 - x0) <= TALLEST * 1.001  # rounding


def test_a_flat_arc_has_no_empty_frame_around_it() -> None:
    """An arc a third as high as wide fills its panel: equal units, and the box gives way, not the limits."""
    ax, drawn = panel(3.0, 4.0), drawn_from_spectrum(spectrum(30 + 200 / (1 + (S * 1e-2) ** 0.8)))
    draw_nyquist(ax, drawn)
    settle(ax.figure)
    low, high = ax.get_ylim()
    assert high - low < 1.4 * np.ptp(drawn.z.imag)  # 6 % on either side, and the real axis
    unit = ax.transData.transform([(1.0, 1.0)])[0] - ax.transData.transform([(0.0, 0.0)])[0]
    assert unit[0] == pytest.approx(unit[1], rel=1e-6)  # a pixel ratio of floats


@pytest.mark.parametrize("z", [8600 * ARC / 100, INDUCTIVE, BLOCKED], ids=["kΩ", "mΩ", "blocked"])
def test_one_prefix_in_all_panels(z: np.ndarray) -> None:
    drawn = drawn_from_spectrum(spectrum(z))
    nyquist, modulus = panel(), panel()
    draw_nyquist(nyquist, drawn)
    draw_modulus(modulus, drawn)
    assert nyquist.get_xlabel() == f"Re Z / {drawn.unit}" and modulus.get_ylabel() == f"|Z| / {drawn.unit}"
    assert drawn.z == pytest.approx(drawn.per_ohm * z, rel=1e-12)  # one multiplication


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [
        (0.5, 2e4, "1", "10000"),
        (500.0, 3e7, "10³", "10⁷"),
        (5e-4, 20.0, "10⁻³", "10¹"),
        (6.5, 45.0, "10", "30"),
    ],
)
def test_one_notation_along_an_axis(low: float, high: float, first: str, last: str) -> None:
    ax = panel()
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    log_ticks(ax)
    shown = [tick for tick in ax.yaxis.get_major_locator()() if low <= tick <= high]
    words = [ax.yaxis.get_major_formatter()(tick) for tick in shown]
    assert (words[0], words[-1]) == (first, last)
    assert len({word.isascii() for word in words}) == 1  # raised digits are not in ASCII


@pytest.mark.parametrize("width_in", [1.5, 2.5, 6.0])
def test_words_along_frequencies_do_not_touch(width_in: float) -> None:
    ax = panel(width_in)
    log_axis_of_words(ax, 1e-2, 1e7, frequency_words)
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert len(boxes) >= 2
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_less_than_a_decade_of_frequency_has_ticks() -> None:
    ax = panel()
    log_axis_of_words(ax, 110.0, 900.0, frequency_words)
    assert ax.get_xticks() == pytest.approx([200.0, 500.0])


def test_residuals_beyond_the_frame_are_marked_and_counted() -> None:
    """Two bad points lie far out: an arrow at the edge for each part beyond, and their number in words."""
    residuals = np.full(F.size, 1e-3 + 1e-3j)
    residuals[3], residuals[7] = 0.9 + 0.8j, -0.7 + 0j
    good = np.ones(F.size, dtype=bool)
    good[[3, 7]] = False
    ax = panel()
    draw_residuals(ax, F, residuals, good)
    edge = ax.get_ylim()[1]
    marks = {m: [y for line in ax.lines if line.get_marker() == m for y in line.get_ydata()] for m in "^v"}
    assert marks == {"^": [edge, edge], "v": [-edge]}
    assert [text.get_text() for text in ax.texts] == ["2 points beyond (arrows)"]


def test_residuals_in_view_say_nothing() -> None:
    ax = panel()
    draw_residuals(ax, F, np.full(F.size, 1e-3 + 1e-3j), np.ones(F.size, dtype=bool))
    assert not ax.texts


def test_every_peak_is_named() -> None:
    """Two peaks half a decade of resistance and a decade of τ apart both carry their τ."""
    found = drt(spectrum(10 + 100 / (1 + (S * 1e-3) ** 0.9) + 30 / (1 + (S * 3e-5) ** 0.9)))
    ax = panel()
    draw_relaxation(ax, found, 1.0, "Ω")
    settle(ax.figure)
    name_peaks(ax, found, 1.0, "Ω")
    assert len(found.peaks) >= 2
    assert len(names(ax)) == len(found.peaks)
    assert ax.get_title() == "Relaxation times"


def test_a_distribution_that_is_not_one_looks_so() -> None:
    """An inductive loop at low frequencies: grey and dashed, hollow marks, and a title that says why."""
    ax = panel()
    found = replace(LOOP, peaks=drt(spectrum(ARC)).peaks)
    assert found.peaks and any("do not trust the peaks" in sentence for sentence in found.warnings)
    draw_relaxation(ax, found, 1.0, "Ω")
    assert ax.get_title() == "Relaxation times: not to be relied on"
    assert ax.lines[0].get_linestyle() == "--"
    assert all(line.get_markerfacecolor() == "white" for line in ax.lines[1:])


def test_a_table_of_doubtful_peaks_says_so() -> None:
    """Every row of the page's table, if and only if the distribution's own words tell not to trust its peaks."""
    sound = drt(spectrum(10 + 100 / (1 + (S * 1e-3) ** 0.9)))
    doubtful = replace(sound, warnings=LOOP.warnings)
    report = report_from_fits(fits()[:1], title="one", drt=False)
    assert sound.peaks
    for found, rows in ((doubtful, len(sound.peaks)), (sound, 0)):
        page = report_html(replace(report, entries=(replace(report.entries[0], distribution=found),)), {})
        assert page.count("not to be relied on</td>") == rows


def test_a_caution_sends_nobody_to_a_test_that_passes() -> None:
    """Every sum of resistors beside capacitors passes a Kramers-Kronig test, also with a negative one."""
    assert kramers_kronig(spectrum(LOOP_OHM)).valid.all()
    assert LOOP.warnings and not any("Kramers" in sentence for sentence in LOOP.warnings)
