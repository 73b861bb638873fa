"""Finished jobs of an unfinished study, kept on disk so that a study that was stopped goes on where it was.

Arrays and JSON only: nothing read back is executed or unpickled. A job is found again only if its inputs and the
versions that computed it are the same.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sscell.engines.budget import ImpedanceBudget
from sscell.engines.result import CycleSummary, SimulationResult
from sscell.folder import write_whole
from sscell.records import CellState, CyclingTrace, Profile, Spectrum
from sscell.study.jobs import Job, JobResult, LabelledSpectrum, untold_cell

TRACE = ("time_s", "current_A", "voltage_V", "cycle")
# What computes a job, by engine.
PACKAGES = {
    "pybamm": ("sscell", "pybamm", "pybammsolvers", "numpy", "scipy"),
    "jax": ("sscell", "jax", "jaxlib", "numpy", "scipy"),
}


class Checkpoints:
    """Finished jobs in a folder beside the results; `clear` when the results are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def beside(cls, results: Path) -> Checkpoints:
        """Where finished jobs wait until the results folder is written."""
        results = results.resolve()
        return cls(results.parent / f".{results.name}-unfinished")

    def load(self, job: Job) -> JobResult | None:
        """The finished job, or None if it is not there or was cut short."""
        path = self._path(job)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
                return _job_from(job, {name: data[name] for name in data.files})
        except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile):
            return None

    def save(self, job: Job, result: JobResult) -> None:
        """Keep a job that finished without a problem; written whole or not at all."""
        if result.problem or result.cycling is None:
            return
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **_arrays_from(result))
        write_whole(self._path(job), content.getvalue())

    def clear(self) -> None:
        """Forget everything kept."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, job: Job) -> Path:
        return self.folder / f"{job_key(job)}.npz"


def job_key(job: Job) -> str:
    """A hash of everything the job's outcome depends on."""
    cell, engine = untold_cell(job), job.scenario.engine
    inputs = {
        "engine": engine,
        "versions": {name: version(name) for name in PACKAGES[engine]},
        "sample": job.sample,
        "run": job.run,
        "plan": repr(job.scenario.runs[job.run].plan(job.quick)),
        "spectra": job.scenario.runs[job.run].spectra,
        "eis": job.scenario.eis.model_dump(),
        "quick": job.quick,
        "structure": repr(cell.structure),
        "numbers": cell.numbers,
        "fresh": cell.fresh,
        "inductance": cell.design.lead_inductance_H,
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:32]


def _arrays_from(result: JobResult) -> dict[str, np.ndarray]:
    cycling = result.cycling
    assert cycling is not None
    trace = cycling.trace
    states = [*cycling.states, cycling.final_state]
    arrays = {f"trace {name}": getattr(trace, name) for name in TRACE}
    arrays["summaries"] = np.array(cycling.summaries, dtype=float).reshape(-1, len(CycleSummary._fields))
    arrays["state times"] = np.array([[s.time_s, s.current_A] for s in states])
    for name in states[0].profiles:
        arrays[f"profile {name}"] = np.stack([s.profiles[name].values for s in states])
    for axis, edges in states[0].edges.items():
        arrays[f"edges {axis}"] = edges
    for k, labelled in enumerate(result.spectra):
        arrays[f"spectrum {k} frequency_Hz"] = labelled.budget.frequency_Hz
        arrays[f"spectrum {k} impedance_ohm"] = labelled.budget.impedance_ohm
        arrays[f"spectrum {k} parts"] = np.stack(list(labelled.budget.parts.values()))
    words = {
        "notes": list(cycling.notes),
        "warnings": list(result.warnings),
        "axes": {name: list(profile.axes) for name, profile in states[0].profiles.items()},
        "provenance": dict(trace.provenance),
        "spectra": [
            {
                "label": s.label,
                "after_cycle": s.after_cycle,
                "parts": list(s.budget.parts),
                "state": dict(s.budget.spectrum.state),
                "provenance": dict(s.budget.spectrum.provenance),
            }
            for s in result.spectra
        ],
    }
    arrays["words"] = np.frombuffer(json.dumps(words).encode(), dtype=np.uint8)
    return arrays


def _job_from(job: Job, arrays: dict[str, np.ndarray]) -> JobResult:
    cell = untold_cell(job)
    words = json.loads(arrays["words"].tobytes().decode())
    edges = {name.removeprefix("edges "): a for name, a in arrays.items() if name.startswith("edges ")}
    states = [_state_from(k, times, arrays, words, edges) for k, times in enumerate(arrays["state times"])]
    trace = CyclingTrace(
        **{name: arrays[f"trace {name}"] for name in TRACE},
        active_mass_kg=cell.design.active_mass_kg or None,
        provenance=words["provenance"],
    )
    summaries = tuple(CycleSummary(int(row[0]), *(float(v) for v in row[1:])) for row in arrays["summaries"])
    cycling = SimulationResult(
        summaries=summaries,
        trace=trace,
        states=tuple(states[:-1]),
        final_state=states[-1],
        notes=tuple(words["notes"]),
    )
    spectra = tuple(_spectrum_from(k, entry, arrays, cell.design) for k, entry in enumerate(words["spectra"]))
    return JobResult(
        sample=job.sample, run=job.run, cell=cell, cycling=cycling, spectra=spectra, warnings=tuple(words["warnings"])
    )


def _state_from(
    index: int, times: Sequence[float], arrays: dict[str, np.ndarray], words: dict[str, Any], edges: dict[str, Any]
) -> CellState:
    profiles = {name: Profile(tuple(axes), arrays[f"profile {name}"][index]) for name, axes in words["axes"].items()}
    return CellState(profiles=profiles, edges=edges, time_s=float(times[0]), current_A=float(times[1]))


def _spectrum_from(index: int, entry: dict[str, Any], arrays: dict[str, np.ndarray], design: Any) -> LabelledSpectrum:
    spectrum = Spectrum(
        frequency_Hz=arrays[f"spectrum {index} frequency_Hz"],
        impedance_ohm=arrays[f"spectrum {index} impedance_ohm"],
        area_m2=design.area_m2,
        temperature_K=design.temperature_K,
        state=entry["state"],
        provenance=entry["provenance"],
    )
    parts = dict(zip(entry["parts"], arrays[f"spectrum {index} parts"], strict=True))
    return LabelledSpectrum(
        label=entry["label"],
        after_cycle=entry["after_cycle"],
        budget=ImpedanceBudget(spectrum=spectrum, parts=parts),
    )
