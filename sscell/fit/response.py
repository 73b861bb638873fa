"""The model's impedance at search coordinates."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from sscell.fit.groups import filled, groups_of
from sscell.fit.problem import Problem, SpectrumBatch
from sscell.jax_setup import load_jax
from sscell.threads import in_threads


def responses(problem: Problem, batch: SpectrumBatch, u: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """(F, N) complex at coordinates u (Q, N), each at the frequencies of the spectrum of that index (N,)."""
    out = np.empty((batch.omega.shape[0], u.shape[1]), complex)

    def work(members: np.ndarray) -> None:
        full = filled(members, batch.rows)
        omega = batch.omega if batch.omega.shape[1] == 1 else batch.omega[:, spectrum[full]]
        out[:, members] = np.asarray(_compiled(problem)(u[:, full], omega))[:, : members.size]

    in_threads(work, groups_of(np.arange(u.shape[1]), batch.rows))
    return out


@functools.lru_cache(maxsize=64)
def _compiled(problem: Problem) -> Any:
    jax = load_jax()

    def response(u: Any, omega: Any) -> Any:
        return problem.model.response(problem.space.values(u, jax.numpy), omega)

    return jax.jit(response)
