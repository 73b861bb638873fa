"""A picture of each inspected file: a row a sweep with Nyquist, Bode and Kramers-Kronig residuals; cycling below."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.errors import InputError
from sscell.records import CyclingTrace
from sscell.report.canvas import LOOK, WIDTH_IN, legend_below, settle
from sscell.report.inspected.contents import Inspected
from sscell.report.palette import SAMPLE_COLOURS
from sscell.report.residual_panel import draw_residuals, residual_handles
from sscell.report.spectrum_panels import (
    Drawn,
    draw_modulus,
    draw_nyquist,
    draw_phase,
    drawn_from_spectrum,
    frequency_words,
    name_decades,
    nyquist_handles,
    prefixed,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SWEEPS = 12
MOST_ROWS = 4000
DOTS_PER_INCH = 130
NOT_IN_NAMES = re.compile(r"[^\w.+-]+")


def check_picture_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made or written to."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"The results folder '{folder}' is a file; name a folder.")
    ground = next((p for p in (folder.absolute(), *folder.absolute().parents) if p.exists()), folder)
    if not ground.is_dir() or not os.access(ground, os.W_OK):
        raise InputError(
            f"The results folder '{folder}' cannot be made: '{ground}' is not a folder that can be written to."
        )


def write_pictures(
    found: Sequence[Inspected], folder: Path, progress: Callable[[int, int, str], Any] = lambda *_: None
) -> list[Inspected]:
    """The same files with their pictures, written as <name>.png; other files in the folder stay."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for k, each in enumerate(found):
        progress(k, len(found), f"drawing {each.name}")
        path = folder / f"{NOT_IN_NAMES.sub('_', each.name)}.png"
        _write_whole(path, picture_png(each))
        drawn.append(replace(each, picture=path))
    return drawn


def picture_png(each: Inspected) -> bytes:
    """The picture of one file."""
    from io import BytesIO

    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows = min(len(each.inspection.spectra), MOST_SWEEPS) + (each.inspection.trace is not None)
    buffer = BytesIO()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(LOOK)
        size = (1.25 * WIDTH_IN, 0.9 + 2.75 * rows)
        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.06))
        draw_picture(figure, each)
        figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def draw_picture(figure: Figure, each: Inspected) -> None:
    """All rows and one legend."""
    spectra = each.inspection.spectra[:MOST_SWEEPS]
    trace = each.inspection.trace
    grid = figure.add_gridspec(len(spectra) + (trace is not None), 12)
    many = len(each.inspection.spectra) > 1
    nyquists: list[tuple[Axes, Drawn]] = []
    for row, (spectrum, verdict) in enumerate(zip(spectra, each.verdicts, strict=False)):
        good = verdict.valid if verdict is not None else np.ones(len(spectrum), dtype=bool)
        drawn = drawn_from_spectrum(spectrum, good)
        closed_Hz = drawn.arcs_end_Hz
        axes = [figure.add_subplot(grid[row, 3 * k : 3 * k + 3]) for k in range(4)]
        draw_nyquist(axes[0], drawn, closed_Hz or 0.0)
        nyquists.append((axes[0], drawn))
        draw_modulus(axes[1], drawn)
        draw_phase(axes[2], drawn)
        axes[0].set_title(
            f"{f'Sweep {row + 1}: ' if many else ''}Nyquist{f', to {frequency_words(closed_Hz)}' if closed_Hz else ''}"
        )
        axes[1].set_title("Modulus")
        axes[2].set_title("Phase")
        if verdict is not None:
            draw_residuals(axes[3], drawn.frequency_Hz, verdict.residuals, good, verdict.threshold)
            axes[3].set_title(f"Kramers-Kronig: {int(good.sum())} of {good.size} valid")
        else:
            axes[3].set_title("Kramers-Kronig: too few points")
            axes[3].set_axis_off()
    if trace is not None:
        _draw_trace(figure.add_subplot(grid[-1, :]), trace)
    left_out = len(each.inspection.spectra) - len(spectra)
    figure.suptitle(each.name + (f" (the first {MOST_SWEEPS} sweeps; {left_out} more)" if left_out else ""))
    if spectra:
        bad = any(v is not None and not v.valid.all() for v in each.verdicts[: len(spectra)])
        handles = nyquist_handles("not valid" if bad else "")
        legend_below(figure, [*handles, *residual_handles(limit=True)])
    settle(figure)
    for ax, drawn in nyquists:
        name_decades(ax, drawn, drawn.arcs_end_Hz or 0.0)


def _draw_trace(ax: Axes, trace: CyclingTrace) -> None:
    """Voltage over time, current on a second axis; long traces are thinned evenly."""
    keep = np.unique(np.linspace(0, len(trace) - 1, min(len(trace), MOST_ROWS)).round().astype(int))
    time_s = trace.time_s[keep] - trace.time_s[0]
    factor, unit = (3600.0, "h") if time_s[-1] > 7200 else (1.0, "s")
    largest = max(float(np.abs(trace.current_A).max()), 1e-15)
    scale, ampere = prefixed(2 * largest, "A")
    ax.plot(time_s / factor, trace.voltage_V[keep], color=SAMPLE_COLOURS[0], linewidth=1.1)
    ax.set(xlabel=f"Time / {unit}", ylabel="Voltage / V", title="Cycling (current: positive on discharge)")
    ax.yaxis.label.set_color(SAMPLE_COLOURS[0])
    other = ax.twinx()
    other.plot(time_s / factor, trace.current_A[keep] / scale, color=SAMPLE_COLOURS[1], linewidth=0.8)
    other.set_ylabel(f"Current / {ampere}", color=SAMPLE_COLOURS[1])
    other.grid(False)


def _write_whole(path: Path, content: bytes) -> None:
    """Under another name first, so that a picture is there whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
