"""Names beside the points of a panel: clear of the curve, of each other and of the frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sscell.report.canvas import MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_PT = 7.5
TURNS_DEG = (0, 25, -25, 50, -50, 75, -75, 105, -105, 135, -135, 180)
# From a mark to its name, in points; the far ones are tried where a name must be shown, with a line back to its mark.
NEAR_PT, FAR_PT = (5.0, 9.0), (14.0, 22.0, 32.0, 44.0)
LEADER_PT = 12.0
# Of marks so near each other one name is enough: nobody could tell which is whose.
CROWD_PT = 8.0
# A curve is taken as an obstacle in steps of this many pixels.
STEP_PX = 2.0


class Name(NamedTuple):
    """Words for a point in data coordinates; away: the direction on the paper in which they should stand."""

    words: str
    x: float
    y: float
    away: tuple[float, float]


class _Box(NamedTuple):
    """A rectangle on the paper, in pixels."""

    x0: float
    x1: float
    y0: float
    y1: float

    def holds(self, points: np.ndarray) -> int:
        """How many of points (n, 2) lie inside."""
        x, y = points.T
        return int(((x > self.x0) & (x < self.x1) & (y > self.y0) & (y < self.y1)).sum())

    def meets(self, other: _Box) -> bool:
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def within(self, other: _Box) -> bool:
        return other.x0 <= self.x0 and self.x1 <= other.x1 and other.y0 <= self.y0 and self.y1 <= other.y1


class _Place(NamedTuple):
    """Where a name may stand: its offset from the mark in points, and its rectangle."""

    offset_pt: tuple[float, float]
    box: _Box


def place_names(ax: Axes, names: Sequence[Name], curves: Sequence[np.ndarray], *, every: bool = False) -> list[str]:
    """Write the names that find room, in the order given, and return them; the figure must be laid out before.

    curves: polylines (n, 2) in data coordinates that stay clear. every: a name without room goes where it hides least.
    """
    from matplotlib.patheffects import withStroke

    obstacles = np.concatenate([np.zeros((0, 2)), *(_dense(ax.transData.transform(c)) for c in curves if len(c))])
    frame = _Box(ax.bbox.x0 + 2, ax.bbox.x1 - 2, ax.bbox.y0 + 2, ax.bbox.y1)
    taken: list[_Box] = []
    named: list[np.ndarray] = []
    written = []
    for name in names:
        mark = ax.transData.transform((name.x, name.y))
        if not every and any(np.hypot(*(mark - other)) < CROWD_PT * _pixels(ax) for other in named):
            continue
        place = _place(ax, name, obstacles, taken, frame, every)
        if place is None:
            continue
        taken.append(place.box)
        named.append(mark)
        written.append(name.words)
        far = np.hypot(*place.offset_pt) > LEADER_PT + _extent(ax, name.words)[1] / _pixels(ax)
        ax.annotate(
            name.words, (name.x, name.y), xytext=place.offset_pt, textcoords="offset points", ha="center", va="center",
            fontsize=SIZE_PT, color=MUTED, zorder=7, linespacing=1.05, in_layout=False,
            path_effects=[withStroke(linewidth=2.4, foreground="white")],
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkB": 3.0} if far else None,
        )  # fmt: skip
    return written


def _place(
    ax: Axes, name: Name, obstacles: np.ndarray, taken: Sequence[_Box], frame: _Box, every: bool
) -> _Place | None:
    """The first place that is free; with `every` the one that hides least, if none is."""
    crowded: list[tuple[int, _Place]] = []
    for place in _places(ax, name, NEAR_PT + FAR_PT if every else NEAR_PT):
        if not place.box.within(frame) or any(place.box.meets(other) for other in taken):
            continue
        hidden = place.box.holds(obstacles)
        if hidden == 0:
            return place
        crowded.append((hidden, place))
    return min(crowded, key=lambda c: c[0])[1] if every and crowded else None


def _places(ax: Axes, name: Name, gaps_pt: Sequence[float]) -> Iterator[_Place]:
    """Places around the mark: the wanted direction first, near before far."""
    width, height = _extent(ax, name.words)
    x, y = ax.transData.transform((name.x, name.y))
    wanted = np.arctan2(name.away[1], name.away[0])
    for gap_pt in gaps_pt:
        for turn_deg in TURNS_DEG:
            across, up = np.cos(wanted + np.radians(turn_deg)), np.sin(wanted + np.radians(turn_deg))
            # The rectangle touches a circle of radius `gap` about the mark.
            reach = gap_pt * _pixels(ax) + min(
                width / 2 / max(abs(across), 1e-9), height / 2 / max(abs(up), 1e-9), np.hypot(width, height) / 2
            )
            dx, dy = reach * across, reach * up
            box = _Box(x + dx - width / 2, x + dx + width / 2, y + dy - height / 2, y + dy + height / 2)
            yield _Place((dx / _pixels(ax), dy / _pixels(ax)), box)


def _extent(ax: Axes, words: str) -> tuple[float, float]:
    """Width and height of words in pixels."""
    text = ax.text(0, 0, words, fontsize=SIZE_PT, linespacing=1.05)
    box = text.get_window_extent()
    text.remove()
    return box.width + 6, box.height + 1


def _pixels(ax: Axes) -> float:
    """Pixels in a point."""
    return float(ax.figure.dpi) / 72


def _dense(points: np.ndarray) -> np.ndarray:
    """A polyline (n, 2) in pixels with points every few pixels."""
    points = points[np.isfinite(points).all(1)]
    if len(points) < 2:
        return points
    # Far outside any panel nothing can be hidden: steep curves would else need millions of steps.
    points = np.clip(points, -1e4, 1e4)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.append(np.arange(0.0, along[-1], STEP_PX), along[-1])
    return np.stack([np.interp(at, along, points[:, k]) for k in (0, 1)], axis=1)
