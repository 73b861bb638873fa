"""`calibrate` at the door: a study file becomes parameters with their errors, and a folder of results."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sscell.errors import require
from sscell.folder import check_folder, whole_folder
from sscell.report.calibrated.page import report_html
from sscell.report.calibrated.tables import frames
from sscell.study.calibrate import run
from sscell.study.calibrate.result import Calibration
from sscell.study.calibrate.search import Progress
from sscell.study.calibrate.task import PACKAGES
from sscell.study.calibrate.unknowns import Unknown
from sscell.study.facts import score

OUR_FILES = frozenset(
    {
        "parameters.csv", "data.csv", "facts.csv", "starts.csv", "cells.csv", "left_out.csv", "trades.csv",
        "widened.csv", "profiles.csv", "comparisons.csv", "bands.csv", "posterior.nc", "calibrated.json",
        "provenance.json", "report.html",
    }
)  # fmt: skip


def calibrate(
    study: str | Path,
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    hold_out: Sequence[str] = (),
    resume: bool = False,
    progress: Callable[[str], Progress | None] | None = None,
) -> Calibration:
    """Find the parameters behind a series of samples, from cycling and impedance together.

    study: the path of a study file (a scenario with [parameters] and data); out: the results folder (None: write
    nothing); data: the folder of the measured files (None: the study file's own). hold_out: samples, runs or facts
    whose data are not fitted but predicted; the search knows nothing of them, and the study's own leave_out, profiles
    and posterior are not done. resume: go on with unfinished work for that results folder; without it, begin anew.
    progress(stage) gives progress(done, all, what).
    Raises InputError before anything runs if the study or its files cannot be used.
    """
    if out is None:
        require(not resume, "calibrate: unfinished work lies beside its results folder; give `out` to resume it.")
        return run.calibrate(study, data=data, hold_out=hold_out, progress=progress)
    folder = Path(out)
    check_folder(folder, _is_ours)
    place = folder.resolve()
    kept = place.parent / f".{place.name}-unfinished"
    found = run.calibrate(study, kept, data=data, hold_out=hold_out, resume=resume, progress=progress)
    found = replace(found, folder=folder)
    write_calibration(found, folder)
    shutil.rmtree(kept, ignore_errors=True)
    return found


def write_calibration(calibration: Calibration, folder: Path) -> None:
    """Every file, all or none; an earlier result there is replaced."""
    with whole_folder(folder, _is_ours) as whole:
        for name, frame in frames(calibration).items():
            frame.to_csv(whole / name, index=False)
        if calibration.posterior is not None:
            _draws(calibration).to_netcdf(whole / "posterior.nc", engine="scipy")
        (whole / "calibrated.json").write_text(json.dumps(calibration.to_json(), indent=1), encoding="utf-8")
        (whole / "provenance.json").write_text(json.dumps(_provenance(calibration), indent=1), encoding="utf-8")
        (whole / "report.html").write_text(report_html(calibration), encoding="utf-8")


def summary_json(calibration: Calibration) -> dict[str, Any]:
    """What `sscell calibrate --json` prints."""
    return {
        **calibration.to_json(),
        "folder": str(calibration.folder) if calibration.folder is not None else None,
        "cost": calibration.cost,
        "converged": calibration.best.status == "converged",
        "starts": [start.status for start in calibration.starts],
        "together": list(calibration.together),
        "score": score(calibration.facts) if calibration.facts else None,
    }


def _is_ours(entry: Path) -> bool:
    return entry.name in OUR_FILES


def _provenance(calibration: Calibration) -> dict[str, Any]:
    return {
        "title": calibration.study.title,
        "study": calibration.inputs[calibration.path.name].decode("utf-8"),
        "input_sha256": {name: hashlib.sha256(content).hexdigest() for name, content in calibration.inputs.items()},
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "seed": calibration.study.method.seed,
        "held_out": list(calibration.held_out),
    }


def _draws(calibration: Calibration) -> Any:
    """Draws of the parameters, in their units."""
    import xarray as xr

    assert calibration.posterior is not None
    sampled, specs = calibration.posterior, calibration.study.parameters
    unknowns = [Unknown(row.name, specs[row.name]) for row in calibration.known]
    names = [unknown.name for unknown in unknowns]
    values = np.array([[unknown.value(u) for unknown, u in zip(unknowns, row, strict=False)] for row in sampled.draws])
    return xr.Dataset(
        {"value": (("draw", "parameter"), values), "r_hat": ("parameter", sampled.r_hat[: len(names)])},
        coords={"parameter": names},
        attrs={"divergences": sampled.divergences, "effective_of_weighed": sampled.effective},
    )
