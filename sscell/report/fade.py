"""Over the cycles: rate test, fade at one rate, Coulomb efficiency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sscell.report.canvas import MUTED, ReportFigure, cycle_axis, legend_below, panels, svg_image
from sscell.report.palette import SampleStyle, sample_handles, sample_styles
from sscell.report.runs import RunView, protocol_words, run_views, summaries
from sscell.study.jobs import JobResult
from sscell.study.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Styles = dict[str, SampleStyle]
Points = tuple[list[int], list[float]]


def rate_tests(study: StudyResult) -> list[ReportFigure]:
    """Discharge capacity over cycle where the rate changes."""
    views, styles = [v for v in run_views(study) if v.is_rate_test], sample_styles(list(study.scenario.samples))
    if not views:
        return []

    def draw(figure: Figure) -> None:
        for ax, view in zip(panels(figure, len(views), 1), views, strict=True):
            _draw_cycles(ax, view, styles, capacities)
            _mark_rates(ax, view.rates)
            ax.set_ylabel("Discharge capacity / mAh g$^{-1}$")
            if len(views) > 1:
                ax.set_title(f"{view.name}: {view.cell}", pad=18)
        legend_below(figure, _handles(views, styles))

    caption = "Discharge capacity per gram of active material in each cycle; the rate stands above. " + _runs(views)
    image = svg_image(draw, 0.5 + 3.4 * len(views))
    return [ReportFigure("rate-test", "Rate test", caption, image, _alt("Discharge capacity over cycle", views))]


def fades(study: StudyResult) -> list[ReportFigure]:
    """Discharge capacity and retention over cycle at one rate."""
    views, styles = [v for v in run_views(study) if v.is_ageing_test], sample_styles(list(study.scenario.samples))
    if not views:
        return []

    def draw(figure: Figure) -> None:
        axes = panels(figure, 2 * len(views), 2)
        for k, view in enumerate(views):
            absolute, relative = axes[2 * k : 2 * k + 2]
            _draw_cycles(absolute, view, styles, capacities)
            _draw_cycles(relative, view, styles, retentions)
            absolute.set_ylabel("Discharge capacity / mAh g$^{-1}$")
            relative.set_ylabel("Retention / % of cycle 1")
            absolute.set_title(f"{view.cell}, {view.rates[0]}")
        legend_below(figure, _handles(views, styles))

    caption = "Discharge capacity in each cycle (left) and as a share of the first (right). " + _runs(views)
    image = svg_image(draw, 0.5 + 3.1 * len(views))
    alt = _alt("Discharge capacity and retention over cycle", views)
    return [ReportFigure("fade", "Capacity fade at one rate", caption, image, alt)]


def coulomb_efficiencies(study: StudyResult) -> list[ReportFigure]:
    """Coulomb efficiency: the first cycle apart, as it is on a scale of its own."""
    views, styles = [v for v in run_views(study) if len(v.plan) > 1], sample_styles(list(study.scenario.samples))
    views = [v for v in views if any(efficiencies(v, j)[0] for j in v.jobs)]
    if not views:
        return []

    def draw(figure: Figure) -> None:
        axes = panels(figure, 2 * len(views), 2, width_ratios=(1, 2.4))
        for k, view in enumerate(views):
            _draw_first_efficiency(axes[2 * k], view, styles)
            _draw_cycles(axes[2 * k + 1], view, styles, lambda job, v=view: efficiencies(v, job))
            axes[2 * k].set_title(f"{view.name}: cycle 1")
            axes[2 * k + 1].set_title("later cycles")
            axes[2 * k + 1].set_ylabel("Coulomb efficiency / %")
        legend_below(figure, _handles(views, styles))

    caption = (
        "Discharge over charge capacity of the same cycle. Left: first cycle. Right: later cycles, without those in "
        "which the rate changes, as their charge and discharge do not belong together. " + _runs(views)
    )
    image = svg_image(draw, 0.5 + sum(max(2.4, 0.6 + 0.22 * len(v.jobs)) for v in views))
    return [ReportFigure("coulomb-efficiency", "Coulomb efficiency", caption, image, _alt("Coulomb efficiency", views))]


def capacities(job: JobResult) -> Points:
    """Cycle and discharge capacity, finished cycles only."""
    rows = [r for r in summaries(job) if math.isfinite(r.discharge_capacity_mAh_per_g)]
    return [r.cycle for r in rows], [r.discharge_capacity_mAh_per_g for r in rows]


def retentions(job: JobResult) -> Points:
    """Cycle and discharge capacity as a percentage of the first."""
    cycles, values = capacities(job)
    return (cycles, [100 * v / values[0] for v in values]) if values and values[0] > 0 else ([], [])


def efficiencies(view: RunView, job: JobResult) -> Points:
    """Cycle and Coulomb efficiency from the second cycle on, where the rate is that of the cycle before."""
    rows = [
        r
        for r in summaries(job)
        if r.cycle > 1
        and math.isfinite(r.coulomb_efficiency_percent)
        and view.rates[r.cycle - 1] == view.rates[r.cycle - 2]
    ]
    return [r.cycle for r in rows], [r.coulomb_efficiency_percent for r in rows]


def _draw_cycles(ax: Axes, view: RunView, styles: Styles, points: Any) -> None:
    """A line a sample over the cycles, with marks as long as there are few enough to tell apart."""
    marks = len(view.plan) <= 60
    for job in view.jobs:
        style = styles[job.sample]
        ax.plot(
            *points(job),
            color=style.colour,
            linestyle=style.line,
            marker=style.marker if marks else "",
            linewidth=1.0 if marks else 1.6,
        )
    cycle_axis(ax)


def _mark_rates(ax: Axes, rates: Sequence[str]) -> None:
    """The rate of each block of cycles above the panel, blocks parted by light lines."""
    ax.set_xlim(0, len(rates) + 1)
    first = 1
    for rate, same in groupby(rates):
        count = len(list(same))
        if first > 1:
            ax.axvline(first - 0.5, color="#cbd2d9", linewidth=0.8, zorder=0)
        ax.text(
            first + (count - 1) / 2,
            1.015,
            rate,
            transform=ax.get_xaxis_transform(),
            ha="center",
            va="bottom",
            color=MUTED,
            fontsize=8,
        )
        first += count
    ax.grid(False, axis="x")


def _draw_first_efficiency(ax: Axes, view: RunView, styles: Styles) -> None:
    """A dot a sample with its value."""
    firsts = [(j.sample, summaries(j)[0].coulomb_efficiency_percent) for j in view.jobs if summaries(j)]
    firsts = [(sample, value) for sample, value in firsts if math.isfinite(value)]
    for row, (sample, value) in enumerate(firsts):
        ax.plot([value], [row], color=styles[sample].colour, marker=styles[sample].marker, markersize=6)
        ax.annotate(f"{value:.1f}", (value, row), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(range(len(firsts)), [sample for sample, _ in firsts])
    ax.set_ylim(len(firsts) - 0.4, -0.6)
    values = [value for _, value in firsts] or [100.0]
    spread = max(max(values) - min(values), 1.0)
    ax.set_xlim(min(values) - 0.15 * spread, max(values) + 0.35 * spread)
    ax.set_xlabel("Coulomb efficiency / %")


def _handles(views: Sequence[RunView], styles: Styles) -> list[Any]:
    marks = any(len(v.plan) <= 60 for v in views)
    return list(sample_handles(styles, [sample for view in views for sample in view.samples], markers=marks))


def _runs(views: Sequence[RunView]) -> str:
    return "Simulated: " + "; ".join(f"{v.name}: {v.cell}, {protocol_words(v)}" for v in views) + "."


def _alt(what: str, views: Sequence[RunView]) -> str:
    return f"{what}: " + "; ".join(f"{v.name}: {', '.join(v.samples)}" for v in views)
