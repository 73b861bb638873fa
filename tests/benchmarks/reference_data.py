"""The data of a twin on the reference engine."""

from __future__ import annotations

import numpy as np

import sscell as ss
from sscell.engines.mesh import FAST_IMPEDANCE_MESH, FAST_MESH
from sscell.study.calibrate.evidence import Picture
from sscell.study.calibrate.task import Task
from sscell.study.jobs import JobResult


def reference_values(task: Task, u: np.ndarray, *, our_meshes: bool = False) -> list[np.ndarray]:
    """The same data observed on the PyBaMM engine, on the meshes of ours or on its own, which are coarser."""
    mesh, impedance_mesh = (FAST_MESH, FAST_IMPEDANCE_MESH) if our_meshes else (None, None)
    key = ("coated", "cycling")
    cell = task.unknowns.cell(key, task.problem.point(u))
    cycling = ss.simulate(cell, task.study.runs["cycling"].plan(), mesh=mesh)
    spectra = {}
    for datum in task.problem.data:
        if datum.spectrum is not None:
            state = None if datum.spectrum.until is None else cycling.final_state
            rest_h = 0.0 if state is None else 1.0
            spectra[datum.spectrum] = ss.impedance(
                cell, datum.spectrum.frequency_Hz, state=state, rest_h=rest_h, mesh=impedance_mesh
            ).impedance_ohm
    jobs = {key: JobResult(sample=key[0], run=key[1], cell=cell, cycling=cycling)}
    return [datum.observe(Picture(jobs, {}, spectra)) for datum in task.problem.data]
