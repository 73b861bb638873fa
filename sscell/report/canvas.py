"""How every figure is drawn: one look, no global state left behind, an SVG image for the page at the end."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN = 10.6  # fills the page at 100 %, so that 9 pt stays 9 pt
INK, MUTED, RULE = "#1f2933", "#52606d", "#e6e9ee"

LOOK: Any = {  # matplotlib types its keys one by one
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9aa5b1",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": "#9aa5b1",
    "ytick.color": "#9aa5b1",
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "text.color": INK,
    "lines.linewidth": 1.5,
    "lines.markersize": 3.5,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "figure.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "sscell",
    "path.simplify_threshold": 0.25,
}


class ReportFigure(NamedTuple):
    """One figure of the page: `key` is its anchor, `image` a data URI, `alt` what it shows in words."""

    key: str
    title: str
    caption: str
    image: str
    alt: str


def svg_image(draw: Callable[[Figure], None], height_in: float, width_in: float = WIDTH_IN) -> str:
    """Call `draw` on a new figure and give it back as the data URI of an SVG; the same input gives the same text."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(LOOK)
        figure = Figure(figsize=(width_in, height_in), layout=ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.06))
        draw(figure)
        buffer = BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = _PATH.sub(_rounded, buffer.getvalue().decode("utf-8"))
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode("utf-8")).decode("ascii")


_PATH = re.compile(r' d="[^"]*"')
_DECIMALS = re.compile(r"\d+\.\d{3,}")


def _rounded(path: re.Match[str]) -> str:
    """The coordinates of a path to a hundredth of a point, which halves the file."""
    return _DECIMALS.sub(lambda number: f"{float(number[0]):.2f}", path[0])


def settle(figure: Figure) -> None:
    """Lay the figure out, and leave it so: what depends on places on the paper can be drawn after it."""
    # The engine would take the room beside a panel with equal axes for a margin of its column.
    equal = [ax for ax in figure.axes if ax.get_aspect() != "auto"]
    for ax in equal:
        ax.set_aspect("auto")
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
    for ax in equal:
        ax.set_aspect("equal")
        ax.apply_aspect()


def panels(figure: Figure, count: int, columns: int, **options: Any) -> list[Axes]:
    """`count` axes in rows of `columns`, row by row; places left over stay empty."""
    rows = -(-count // columns)
    grid = figure.subplots(rows, columns, squeeze=False, **options)
    for spare in grid.flat[count:]:
        spare.set_axis_off()
    return list(grid.flat[:count])


def cycle_axis(ax: Axes) -> None:
    """Whole cycles from 0 along x."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    ax.set_xlim(left=0)
    ax.set_xlabel("Cycle")


def legend_below(figure: Figure, handles: list[Any], per_row: int = 9) -> None:
    """One legend for the whole figure, under its panels, in rows of about equal length."""
    if handles:
        rows = -(-len(handles) // per_row)
        figure.legend(handles=handles, loc="outside lower center", ncols=-(-len(handles) // rows), columnspacing=1.4)


def legend_above(figure: Figure, handles: list[Any]) -> None:
    """A second legend, at the upper right of the figure."""
    if handles:
        figure.legend(
            handles=handles,
            loc="outside upper right",
            ncols=len(handles),
            columnspacing=1.2,
            handletextpad=0.2,
            fontsize=8,
        )
