"""The interface of each sample drawn to scale: electrolyte, decomposition layer, coating, NiO, active material."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sscell.cell.design import CompositeCathode
from sscell.interface import InterfaceState
from sscell.interface.zirconium import detection_depth_m
from sscell.report.canvas import INK, MUTED, ReportFigure, svg_image
from sscell.report.palette import LAYER_COLOURS
from sscell.report.runs import common_ageing_run, run_views, summaries
from sscell.study.measures import DETECTABLE_FRACTION
from sscell.study.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PROFILE_COLOUR = "#c2255c"
ROW_IN = 0.46
LETTER = 0.0078  # of the figure's width, a letter of a sample's name
VISIBLE_NM = 1.0  # a cation profile that ends before this depth is a line, not a profile
COLUMNS = ("decomposition\nlayer", "\ncoating", "\nNiO", "cation\ndepth")


class Section(NamedTuple):
    """One drawn interface, thicknesses in nm; cation_nm: depth at which the coating's cation becomes undetectable."""

    sample: str
    state: str
    interface: InterfaceState
    decomposition_nm: float
    cation_nm: float

    @property
    def coating_nm(self) -> float:
        """The coating as TEM would see it."""
        return 1e9 * self.interface.coating_thickness_m

    @property
    def rocksalt_nm(self) -> float:
        """The rocksalt-like layer."""
        return 1e9 * self.interface.rocksalt_thickness_m


def interfaces(study: StudyResult) -> list[ReportFigure]:
    """One row a sample."""
    sections = _sections(study)
    if not sections:
        return []

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("none")
        height, whole = ROW_IN * len(sections), figure.get_figheight()
        left = min(0.3, max(0.115, LETTER * max(len(s.sample) for s in sections)))
        ax = figure.add_axes((left, 0.85 / whole, 0.645 - left, height / whole))
        _draw(ax, sections)
        ax.legend(
            handles=_handles(study, sections),
            loc="upper left",
            bbox_to_anchor=(0, -0.5 / height),
            ncols=6,
            borderaxespad=0,
            handlelength=1.2,
        )

    cations = _cations(sections)
    profile = (
        f" Curve: concentration of {cations} from the coating in the active material over that at its "
        f"surface; its depth is where it falls below {100 * DETECTABLE_FRACTION:g} %."
        if cations
        else ""
    )
    states = sorted({s.state for s in sections})
    when = states[0] if len(states) == 1 else "the cycles named under each sample"
    caption = (
        "The interface drawn to scale, from the electrolyte (left) to the active material (right); depth counts "
        "from the surface of the active material. Coating and NiO follow from the recipe; the decomposition "
        f"layer is the mean over the cathode after {when}.{profile}"
    )
    alt = "; ".join(
        f"{s.sample}: decomposition layer {s.decomposition_nm:.1f} nm, coating {s.coating_nm:.1f} nm, "
        f"NiO {s.rocksalt_nm:.1f} nm"
        for s in sections
    )
    image = svg_image(draw, 1.4 + ROW_IN * len(sections))
    return [ReportFigure("interfaces", "The interface of each sample", caption, image, alt)]


def _sections(study: StudyResult) -> list[Section]:
    common = common_ageing_run(run_views(study))
    sections = []
    for sample in study.scenario.samples:
        jobs = [j for j in study.jobs if j.sample == sample and j.cell.interface is not None]
        if not jobs:
            continue
        pellet = [j for j in jobs if study.scenario.runs[j.run].cell == "pellet" and summaries(j)]
        longest = max(pellet, key=lambda j: len(summaries(j)), default=None)
        job = next((j for j in pellet if common is not None and j.run == common.name), longest)
        interface = study.interface(sample)
        last = summaries(job)[-1] if job is not None else None
        sections.append(
            Section(
                sample=sample,
                state="no cycle" if job is None or last is None else f"cycle {last.cycle} of {job.run}",
                interface=interface,
                decomposition_nm=last.decomposition_thickness_nm if last is not None else 0.0,
                cation_nm=1e9 * detection_depth_m(interface.cation_diffusion_length_m, DETECTABLE_FRACTION),
            )
        )
    return sections


def _draw(ax: Axes, sections: list[Section]) -> None:
    left = -1.12 * max(s.decomposition_nm + s.coating_nm for s in sections) - 3.0
    right = max(8.0, *(1.15 * max(s.rocksalt_nm, s.cation_nm) for s in sections))
    for row, section in enumerate(sections):
        _draw_row(ax, row, section, left, right)
    ax.set_xlim(left, right)
    ax.set_ylim(len(sections) - 0.45, -0.62)
    ax.set_yticks(range(len(sections)), ["" for _ in sections])
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)
    ax.grid(False)
    ax.set_xlabel("Depth / nm")
    ax.axvline(0, color=INK, linewidth=0.6, linestyle=":")
    _label(ax, sections)


def _draw_row(ax: Axes, row: int, section: Section, left: float, right: float) -> None:
    from matplotlib.patheffects import withStroke

    surface = -section.coating_nm
    edges = [left, surface - section.decomposition_nm, surface, 0.0, section.rocksalt_nm, right]
    for layer, start, end in zip(LAYER_COLOURS, edges[:-1], edges[1:], strict=True):
        if end > start:
            ax.barh(row, end - start, left=start, height=0.72, color=LAYER_COLOURS[layer], linewidth=0)
    if section.cation_nm >= VISIBLE_NM:
        depth_nm = np.linspace(0, section.cation_nm, 60)
        height = section.interface.cation_profile(depth_nm * 1e-9)
        halo = [withStroke(linewidth=3.2, foreground="white")]
        ax.plot(depth_nm, row + 0.36 - 0.72 * height, color=PROFILE_COLOUR, linewidth=1.6, path_effects=halo)


def _label(ax: Axes, sections: list[Section]) -> None:
    """Sample and state on the left, thicknesses in columns on the right."""
    across = ax.get_yaxis_transform()
    style: dict[str, Any] = {"transform": across, "va": "center", "clip_on": False}
    width = ax.get_position().width
    places = [1 + (0.085 + 0.082 * k) / width for k in range(len(COLUMNS))]
    for place, words in zip(places, COLUMNS, strict=True):
        ax.text(place, -0.68, f"{words}\nnm", ha="right", fontsize=8, color=MUTED, **(style | {"va": "bottom"}))
    several = len({s.state for s in sections}) > 1
    for row, section in enumerate(sections):
        ax.text(-0.014, row - 0.14 * several, section.sample, ha="right", fontsize=9, **style)
        if several:
            ax.text(-0.014, row + 0.24, section.state, ha="right", fontsize=7, color=MUTED, **style)
        values = (section.decomposition_nm, section.coating_nm, section.rocksalt_nm, section.cation_nm)
        for place, value in zip(places, values, strict=True):
            ax.text(place, row, f"{value:.1f}" if value >= 0.05 else "–", ha="right", fontsize=9, **style)


def _handles(study: StudyResult, sections: list[Section]) -> list[Any]:
    """Legend entries, with the electrolyte and the active material by name."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    pellets = [j.cell.design for j in study.jobs if study.scenario.runs[j.run].cell == "pellet"]
    design = pellets[0] if pellets else study.jobs[0].cell.design
    names = {"electrolyte": design.electrolyte.name}
    if isinstance(design.positive, CompositeCathode):
        names["active material"] = design.positive.material.name
    handles: list[Any] = [
        Patch(color=colour, linewidth=0, label=names.get(layer, layer)) for layer, colour in LAYER_COLOURS.items()
    ]
    cations = _cations(sections)
    return [*handles, Line2D([], [], color=PROFILE_COLOUR, label=f"{cations} profile")] if cations else handles


def _cations(sections: list[Section]) -> str:
    """The coatings' cations that have gone in far enough to draw."""
    return ", ".join(sorted({_cation(s.interface.coating.name) for s in sections if s.cation_nm >= VISIBLE_NM}))


def _cation(coating: str) -> str:
    """'Zr' of 'ZrO2'; 'cation' where the name is no formula."""
    elements = [e for e in re.findall(r"[A-Z][a-z]?", coating) if e not in ("O", "Li")]
    return elements[0] if elements else "cation"
