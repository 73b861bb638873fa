"""Colours that stay apart for colour-blind readers: one a sample, one an origin of impedance, one a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

SAMPLE_COLOURS = (  # Okabe and Ito without yellow and black, then three of Tol's
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#332288",
    "#882255",
    "#999933",
)
LINES: tuple[Any, ...] = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

LAYER_COLOURS = {
    "electrolyte": "#f3e9c9",
    "decomposition layer": "#c98a3d",
    "coating": "#3f7fbf",
    "NiO": "#5e3c76",
    "active material": "#b9bec6",
}
ORIGIN_COLOURS = {
    "leads": "#d9d9d9",
    "contacts": "#c9a3a3",
    "separator": "#e8d9a8",
    "anode": "#a9b18f",
    "positive electrode": "#7f8c8d",
    "ionic": "#f0b9a0",
    "electronic": "#8a8f99",
    "decomposition layer": LAYER_COLOURS["decomposition layer"],
    "coating": LAYER_COLOURS["coating"],
    "NiO": LAYER_COLOURS["NiO"],
    "charge transfer": "#2a9d8f",
    "diffusion": "#9fd8cb",
    "side reaction": "#c44e52",
    "other": "#d0d4da",
}
SPARE_COLOUR = "#b07aa1"


class SampleStyle(NamedTuple):
    """How a sample is drawn, in every figure alike."""

    colour: str
    line: Any
    marker: str


def sample_styles(samples: Sequence[str]) -> dict[str, SampleStyle]:
    """A style a sample, by its place in the scenario; colours return with another line after nine."""
    colours = len(SAMPLE_COLOURS)
    return {
        name: SampleStyle(SAMPLE_COLOURS[k % colours], LINES[k // colours % len(LINES)], MARKERS[k % len(MARKERS)])
        for k, name in enumerate(samples)
    }


def sample_handles(styles: dict[str, SampleStyle], samples: Sequence[str], markers: bool = False) -> list[Line2D]:
    """Legend entries of some samples, in the scenario's order."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=s.colour, linestyle=s.line, marker=s.marker if markers else "", label=name)
        for name, s in styles.items()
        if name in samples
    ]


def measured_style(index: int) -> dict[str, Any]:
    """How the index-th measured record is drawn: grey or black markers without a line."""
    greys = ("#111111", "#6b6b6b", "#9a9a9a")
    return {
        "color": greys[index % len(greys)],
        "marker": ("x", "+", "1", "2")[index // len(greys) % 4],
        "linestyle": "",
        "markersize": 4.0,
        "markeredgewidth": 0.8,
    }
