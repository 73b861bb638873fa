"""The results folder: written beside its place and renamed when whole."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from sscell.engines.result import CycleSummary
from sscell.folder import check_folder, whole_folder
from sscell.study.facts import FactRow, score
from sscell.study.result import StudyResult
from sscell.study.tables import cycles_table, spectra_table

PACKAGES = (
    *("sscell", "pybamm", "pybammsolvers", "jax", "jaxlib"),
    *("impedance", "numpy", "scipy", "pandas", "xarray"),
)
OUR_FILES = frozenset(
    {"summary.csv", "cycles.csv", "spectra.csv", "results.nc", "facts.csv", "report.html", "provenance.json"}
)


def write_study(study: StudyResult, folder: Path, report: Callable[[StudyResult], str]) -> None:
    """Write every file of the study into `folder`, all or none; an earlier result there is replaced."""
    with whole_folder(folder, _is_ours) as whole:
        study.summary.to_csv(whole / "summary.csv", index=False)
        cycles_table(study.jobs).to_csv(whole / "cycles.csv", index=False)
        spectra_table(study.jobs).to_csv(whole / "spectra.csv", index=False)
        _facts_frame(study).to_csv(whole / "facts.csv", index=False)
        _dataset(study).to_netcdf(whole / "results.nc", engine="scipy")
        (whole / "provenance.json").write_text(json.dumps(provenance(study), indent=1), encoding="utf-8")
        (whole / "report.html").write_text(report(study), encoding="utf-8")


def check_study_folder(folder: Path) -> None:
    """Refuse a results folder that cannot be made, or that holds something else than results of a study."""
    check_folder(folder, _is_ours)


def _is_ours(entry: Path) -> bool:
    return entry.name in OUR_FILES


def provenance(study: StudyResult) -> dict[str, Any]:
    """Scenario text and hash, versions, and every parameter with unit and source."""
    return {
        "title": study.scenario.title,
        "citation": study.scenario.citation,
        "scenario": study.inputs[study.path.name].decode("utf-8"),
        "quick": study.quick,
        "input_sha256": {name: hashlib.sha256(content).hexdigest() for name, content in study.inputs.items()},
        "versions": {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "seeds": {},
        "engine": study.scenario.engine,
        "problems": study.problems,
        "warnings": study.warnings,
        "parameters": _parameters(study),
        "samples": {
            name: {
                **{k: v for k, v in vars(study.interface(name)).items() if isinstance(v, (int, float, str))},
                "recipe": spec.model_dump(),
            }
            for name, spec in study.scenario.samples.items()
            if any(j.sample == name for j in study.jobs)
        },
    }


def _parameters(study: StudyResult) -> dict[str, list[dict[str, Any]]]:
    """Every parameter by run, or by run and sample where the samples of a run differ in them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for run in study.scenario.runs:
        of_sample = {j.sample: tuple(j.cell.parameters) for j in study.jobs if j.run == run}
        alike = len(set(of_sample.values())) == 1
        for sample, records in of_sample.items():
            found[run if alike else f"{run}, {sample}"] = [record._asdict() for record in records]
    return found


def summary_json(study: StudyResult) -> dict[str, Any]:
    """What `sscell run --json` prints."""
    return {
        "title": study.scenario.title,
        "engine": study.scenario.engine,
        "folder": str(study.folder) if study.folder is not None else None,
        "complete": not study.problems,
        "problems": study.problems,
        "warnings": study.warnings,
        "summary": [_plain(row) for row in study.summary.to_dict(orient="records")],
        "facts": [_plain(row._asdict()) for row in study.facts],
        "score": score(study.facts) if study.facts else None,
    }


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(k): (None if isinstance(v, float) and not math.isfinite(v) else v) for k, v in row.items()}


def _facts_frame(study: StudyResult) -> Any:
    import pandas as pd

    return pd.DataFrame(study.facts, columns=list(FactRow._fields))


def _dataset(study: StudyResult) -> Any:
    """Cycles padded with NaN over (job, cycle), spectra over (spectrum, frequency), traces of first and last cycles."""
    import xarray as xr

    jobs = [j for j in study.jobs if j.cycling is not None]
    most = max((len(j.cycling.summaries) for j in jobs if j.cycling), default=0)
    data: dict[str, Any] = {}
    if jobs:
        for name in CycleSummary._fields[1:]:
            values = np.full((len(jobs), most), np.nan)
            for k, job in enumerate(jobs):
                assert job.cycling is not None
                values[k, : len(job.cycling.summaries)] = [getattr(r, name) for r in job.cycling.summaries]
            data[name] = (("job", "cycle"), values)
    data["job_sample"] = ("job", [j.sample for j in jobs])
    data["job_run"] = ("job", [j.run for j in jobs])
    coordinates: dict[str, Any] = {"cycle": np.arange(1, most + 1)}
    spectra = [(j, s) for j in jobs for s in j.spectra]
    if spectra:
        coordinates["frequency_Hz"] = spectra[0][1].budget.frequency_Hz
        z = np.stack([s.budget.impedance_ohm * j.cell.design.area_m2 * 1e4 for j, s in spectra])
        data["impedance_real_ohm_cm2"] = (("spectrum", "frequency_Hz"), z.real)
        data["impedance_imag_ohm_cm2"] = (("spectrum", "frequency_Hz"), z.imag)
        data["spectrum_sample"] = ("spectrum", [j.sample for j, _ in spectra])
        data["spectrum_run"] = ("spectrum", [j.run for j, _ in spectra])
        data["spectrum_state"] = ("spectrum", [s.label for _, s in spectra])
    pieces = []
    for k, job in enumerate(jobs):
        assert job.cycling is not None
        trace, last = job.cycling.trace, len(job.cycling.summaries)
        keep = (trace.cycle == 1) | (trace.cycle == last)
        pieces.append(
            np.column_stack(
                [
                    np.full(keep.sum(), k),
                    trace.cycle[keep],
                    trace.time_s[keep],
                    trace.current_A[keep],
                    trace.voltage_V[keep],
                ]
            )
        )
    table = np.concatenate(pieces) if pieces else np.zeros((0, 5))
    for column, name in enumerate(("trace_job", "trace_cycle", "trace_time_s", "trace_current_A", "trace_voltage_V")):
        data[name] = ("row", table[:, column].astype(int) if column < 2 else table[:, column])
    return xr.Dataset(
        data,
        coords=coordinates,
        attrs={
            "title": study.scenario.title,
            "citation": study.scenario.citation,
            "engine": study.scenario.engine,
            "conventions": "positive current discharges; impedance has its true sign; ohm cm2 of pellet",
        },
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
