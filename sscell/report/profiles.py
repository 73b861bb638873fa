"""The first cycle: voltage profiles and differential capacity, a panel for each cell and rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.report.canvas import WIDTH_IN, ReportFigure, legend_below, panels, svg_image
from sscell.report.curves import differential, half_cycle
from sscell.report.palette import SampleStyle, measured_style, sample_handles, sample_styles
from sscell.report.runs import FirstCycle, first_cycles, protocol_words, run_views, trace_of
from sscell.study.result import MeasuredRecord, StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Styles = dict[str, SampleStyle]


def voltage_profiles(study: StudyResult) -> list[ReportFigure]:
    """Voltage over specific capacity of the first charge and discharge."""
    cycles, styles = first_cycles(run_views(study)), sample_styles(list(study.scenario.samples))
    traces = [r for r in study.measured if r.trace is not None]
    usable = [r for r in traces if r.trace is not None and r.trace.active_mass_kg]
    if not cycles:
        return []

    def draw(figure: Figure) -> None:
        axes = _panels(figure, cycles, _draw_profile, styles)
        overlays = [_draw_measured(axes[0], record, k) for k, record in enumerate(usable)]
        for ax in axes:
            ax.set(xlabel="Specific capacity / mAh g$^{-1}$", ylabel="Cell voltage / V")
            ax.set_xlim(left=0)
        legend_below(figure, [*_handles(cycles, styles), *overlays])

    caption = f"First charge (rising) and discharge (falling), per gram of active material. {_protocols(cycles)}"
    if usable:
        caption += " Grey and black marks: measured (" + ", ".join(r.label for r in usable) + "), as recorded."
    if len(usable) < len(traces):
        missing = ", ".join(r.label for r in traces if r not in usable)
        caption += f" Measured but not drawn for want of active_mass_mg: {missing}."
    image = svg_image(draw, *_size(cycles))
    return [
        ReportFigure(
            "voltage-profiles",
            "Voltage profiles of the first cycle",
            caption,
            image,
            _alt("Cell voltage over specific capacity", cycles),
        )
    ]


def differential_capacities(study: StudyResult) -> list[ReportFigure]:
    """dQ/dV of the first charge (up) and discharge (down)."""
    styles = sample_styles(list(study.scenario.samples))
    cycles = [
        cycle
        for cycle in first_cycles(run_views(study))
        if any(differential(trace_of(j), discharge)[0].size for j in cycle.jobs.values() for discharge in (False, True))
    ]
    if not cycles:
        return []

    def draw(figure: Figure) -> None:
        for ax in _panels(figure, cycles, _draw_differential, styles):
            ax.set(xlabel="Cell voltage / V", ylabel="dQ/dV / mAh g$^{-1}$ V$^{-1}$")
            ax.axhline(0, color="#9aa5b1", linewidth=0.8)
        legend_below(figure, _handles(cycles, styles))

    caption = (
        "Differential capacity of the first cycle: charge upwards, discharge downwards; 2 mV grid, smoothed over "
        f"10 mV. {_protocols(cycles)}"
    )
    image = svg_image(draw, *_size(cycles))
    return [
        ReportFigure(
            "differential-capacity",
            "Differential capacity of the first cycle",
            caption,
            image,
            _alt("dQ/dV over cell voltage", cycles),
        )
    ]


def _panels(
    figure: Figure, cycles: Sequence[FirstCycle], draw: Callable[[Axes, Any, SampleStyle], None], styles: Styles
) -> list[Axes]:
    """A panel a first cycle, with the curve of each sample."""
    axes = panels(figure, len(cycles), min(len(cycles), 3))
    for ax, cycle in zip(axes, cycles, strict=True):
        for sample, job in cycle.jobs.items():
            draw(ax, trace_of(job), styles[sample])
        ax.set_title("\n".join(filter(None, [cycle.view.cell, cycle.view.rates[0]])))
    return axes


def _draw_profile(ax: Axes, trace: Any, style: SampleStyle) -> None:
    for discharge in (False, True):
        ax.plot(*half_cycle(trace, discharge), color=style.colour, linestyle=style.line)


def _draw_differential(ax: Axes, trace: Any, style: SampleStyle) -> None:
    for discharge, sign in ((False, 1), (True, -1)):
        voltage, slope = differential(trace, discharge)
        ax.plot(voltage, sign * slope, color=style.colour, linestyle=style.line, linewidth=1.2)


def _draw_measured(ax: Axes, record: MeasuredRecord, index: int) -> Any:
    """Marks of a measured first cycle; gives back its legend entry."""
    from matplotlib.lines import Line2D

    style = measured_style(index)
    for discharge in (False, True):
        capacity, voltage = half_cycle(record.trace, discharge) if record.trace is not None else (np.zeros(0),) * 2
        every = max(1, capacity.size // 40)
        ax.plot(capacity[::every], voltage[::every], **style)
    return Line2D([], [], label=f"{record.label} (measured)", **style)


def _handles(cycles: Sequence[FirstCycle], styles: Styles) -> list[Any]:
    return list(sample_handles(styles, [sample for cycle in cycles for sample in cycle.jobs]))


def _size(cycles: Sequence[FirstCycle]) -> tuple[float, float]:
    """Height and width in inches."""
    return 0.6 + 3.3 * -(-len(cycles) // 3), WIDTH_IN * min(1.0, (1 + len(cycles)) / 3)


def _protocols(cycles: Sequence[FirstCycle]) -> str:
    words = dict.fromkeys(f"{c.view.name}: {c.view.cell}, {protocol_words(c.view)}" for c in cycles)
    return "Simulated: " + "; ".join(words) + "."


def _alt(what: str, cycles: Sequence[FirstCycle]) -> str:
    return f"{what} of the first cycle: " + "; ".join(f"{c.label}: {', '.join(c.jobs)}" for c in cycles)
