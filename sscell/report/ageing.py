"""What ages in the cell: interface resistance, decomposition layer and active material over the cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sscell.report.canvas import ReportFigure, cycle_axis, legend_below, panels, svg_image
from sscell.report.palette import sample_handles, sample_styles
from sscell.report.runs import protocol_words, run_views, summaries
from sscell.study.jobs import JobResult
from sscell.study.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELS = ("Interface resistance / Ω cm²", "Decomposition layer / nm", "Active material / %")
CAPTION = (
    "Interface resistance (all layers and the charge transfer at half lithiation, per pellet area), mean "
    "thickness of the electrolyte's decomposition layer, and the share of active material still in contact, "
    "after each cycle (0: fresh). "
)


def ageing(study: StudyResult) -> list[ReportFigure]:
    """Three panels a pellet run of several cycles."""
    styles = sample_styles(list(study.scenario.samples))
    views = [v for v in run_views(study) if v.pellet and any(len(summaries(j)) > 1 for j in v.jobs)]
    if not views:
        return []

    def draw(figure: Figure) -> None:
        axes = panels(figure, 3 * len(views), 3)
        for k, view in enumerate(views):
            for job in view.jobs:
                cycles, *curves = _curves(job)
                for ax, values in zip(axes[3 * k : 3 * k + 3], curves, strict=True):
                    ax.plot(cycles, values, color=styles[job.sample].colour, linestyle=styles[job.sample].line)
            for ax, label in zip(axes[3 * k : 3 * k + 3], LABELS, strict=True):
                ax.set_ylabel(label)
                cycle_axis(ax)
            axes[3 * k].set_title(f"{view.name}: {view.cell}")
        legend_below(figure, sample_handles(styles, [s for v in views for s in v.samples]))

    runs = "; ".join(f"{v.name}: {protocol_words(v)}" for v in views)
    alt = "Interface resistance, decomposition layer and active material over cycle: " + "; ".join(
        f"{v.name}: {', '.join(v.samples)}" for v in views
    )
    image = svg_image(draw, 0.5 + 2.6 * len(views))
    return [ReportFigure("ageing", "What ages", f"{CAPTION}Simulated: {runs}.", image, alt)]


def _curves(job: JobResult) -> tuple[list[float], list[float], list[float], list[float]]:
    """Cycle and the three quantities, the fresh cell first."""
    rows = summaries(job)
    return (
        [0, *(r.cycle for r in rows)],
        [1e4 * job.cell.interface_resistance_ohm_m2(), *(r.interface_resistance_ohm_cm2 for r in rows)],
        [0.0, *(r.decomposition_thickness_nm for r in rows)],
        [100 * job.cell.fresh["active_fraction"], *(100 * r.active_fraction for r in rows)],
    )
