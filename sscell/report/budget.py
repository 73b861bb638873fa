"""Where the impedance comes from: real parts by origin over frequency, stacked, a pair of panels a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sscell.report.canvas import INK, ReportFigure, legend_below, panels, svg_image
from sscell.report.palette import ORIGIN_COLOURS, SPARE_COLOUR
from sscell.report.runs import RunView, run_views
from sscell.report.spectra import spectrum_labels, state_words
from sscell.study.arc import LOWEST_HZ
from sscell.study.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SAMPLES = 12  # more do not fit one figure
FREQUENCY_TICKS = {1e6: "1 MHz", 1e3: "1 kHz", 1.0: "1 Hz", 1e-3: "1 mHz"}
SMALL = 0.01  # origins that never reach this share of the largest total are shown together


class Split(NamedTuple):
    """The real parts of one spectrum in ohm cm², over rising frequency; origin -> (n,)."""

    title: str
    frequency_Hz: np.ndarray
    parts: Mapping[str, np.ndarray]

    @property
    def total(self) -> np.ndarray:
        """Re Z."""
        return np.sum(list(self.parts.values()), axis=0)


def budgets(study: StudyResult) -> list[ReportFigure]:
    """A figure a run with spectra."""
    return [_figure(study, view) for view in run_views(study) if spectrum_labels(view)]


def _figure(study: StudyResult, view: RunView) -> ReportFigure:
    splits = merged(splits_of(view))
    labels = spectrum_labels(view)
    columns = min(len(splits), 2 * len(labels) if len(labels) > 1 else 4)
    if len(splits) >= 6 and len(labels) == 2:
        columns = 6
    top = 1.06 * max(float(s.total.max()) for s in splits)

    def draw(figure: Figure) -> None:
        axes = panels(figure, len(splits), columns, sharex=True, sharey=True)
        for k, (ax, split) in enumerate(zip(axes, splits, strict=True)):
            _draw_split(ax, split)
            ax.set_title(split.title)
            if k % columns == 0:
                ax.set_ylabel("Re Z / Ω cm²")
            if k >= len(splits) - columns:
                ax.set_xlabel("Frequency")
        axes[0].set_ylim(min(0.0, 1.05 * _lowest(splits)), top)
        legend_below(figure, _handles(splits))

    rows = -(-len(splits) // columns)
    height = 0.9 + rows * (2.1 if columns > 4 else 2.8)
    alt = f"Real part of the impedance by origin over frequency ({view.name}): {', '.join(s.title for s in splits)}"
    caption = _caption(study, view, min(float(s.frequency_Hz.min()) for s in splits))
    image = svg_image(draw, height)
    return ReportFigure(f"budget-{view.name}", f"Impedance by origin ({view.name})", caption, image, alt)


def splits_of(view: RunView) -> list[Split]:
    """The spectra of a run, sample by sample, down to the arcs' lowest frequency if any point lies above it."""
    splits = []
    for job in [j for j in view.jobs if j.spectra][:MOST_SAMPLES]:
        for spectrum in job.spectra:
            f = spectrum.budget.frequency_Hz
            use = f >= LOWEST_HZ * 0.99
            use = use if np.unique(f[use]).size > 1 else np.ones(f.size, dtype=bool)
            order = np.flatnonzero(use)[np.argsort(f[use])]
            area_cm2 = job.cell.design.area_m2 * 1e4
            parts = {name: z.real[order] * area_cm2 for name, z in spectrum.budget.parts.items()}
            splits.append(Split(f"{job.sample} {spectrum.label}", f[order], parts))
    return splits


def merged(splits: Sequence[Split]) -> list[Split]:
    """The same with the origins that never matter added up as 'other'."""
    largest = max(float(np.abs(s.total).max()) for s in splits)
    size = {
        name: max(float(np.abs(s.parts[name]).max()) for s in splits if name in s.parts)
        for name in dict.fromkeys(n for s in splits for n in s.parts)
    }
    kept = [name for name, most in size.items() if most >= SMALL * largest]
    small = [name for name in size if name not in kept]
    return [
        Split(
            s.title,
            s.frequency_Hz,
            {
                **{n: s.parts.get(n, np.zeros(s.frequency_Hz.size)) for n in kept},
                **({"other": np.sum([s.parts[n] for n in small if n in s.parts], axis=0)} if small else {}),
            },
        )
        for s in splits
    ]


def _draw_split(ax: Axes, split: Split) -> None:
    """Positive parts upwards from 0, negative ones downwards, and the total as a line."""
    above = np.zeros(split.frequency_Hz.size)
    below = above.copy()
    for name, values in split.parts.items():
        up, down = np.maximum(values, 0), np.minimum(values, 0)
        colour = ORIGIN_COLOURS.get(name, SPARE_COLOUR)
        for start, part in ((above, up), (below, down)):
            if np.any(part):
                ax.fill_between(split.frequency_Hz, start, start + part, color=colour, linewidth=0)
        above, below = above + up, below + down
    ax.plot(split.frequency_Hz, split.total, color=INK, linewidth=1.1)
    low, high = split.frequency_Hz.min(), split.frequency_Hz.max()
    ax.set_xscale("log")
    ax.set_xlim(high, low)
    ax.set_xticks([f for f in FREQUENCY_TICKS if low <= f <= high], minor=False)
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter(lambda f, _: FREQUENCY_TICKS.get(f, f"{f:g}"))


def _lowest(splits: Sequence[Split]) -> float:
    return min(float(np.sum([np.minimum(v, 0) for v in s.parts.values()], axis=0).min()) for s in splits)


def _handles(splits: Sequence[Split]) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    names = splits[0].parts
    patches: list[Any] = [Patch(color=ORIGIN_COLOURS.get(n, SPARE_COLOUR), linewidth=0, label=n) for n in names]
    return [*patches, Line2D([], [], color=INK, linewidth=1.1, label="total")]


def _caption(study: StudyResult, view: RunView, lowest_Hz: float) -> str:
    states = "; ".join(
        f"{label}: {state_words([s for j in view.jobs for s in j.spectra if s.label == label])}"
        for label in spectrum_labels(view)
    )
    left_out = sum(bool(j.spectra) for j in view.jobs) - MOST_SAMPLES
    cut_off = study.scenario.eis.lowest_Hz < lowest_Hz
    return (
        "Real part of the impedance, from high frequency (left) to low (right), split by where it arises; the "
        f"parts add up to the line. Down to {lowest_Hz:.2g} Hz"
        + ("; below, diffusion dominates (spectra.csv has the rest)" if cut_off else "")
        + f". Parts under {100 * SMALL:g} % of the largest total are shown as other. Simulated: {view.cell}, "
        f"{view.temperature_C:g} °C, after {study.scenario.eis.rest_h:g} h of rest; {states}."
        + (f" The last {left_out} samples are left out; spectra.csv has them." if left_out > 0 else "")
    )
