"""Fits in other processes: what was forked after a fit says so instead of waiting for ever."""

from __future__ import annotations

import multiprocessing
import os
import sys
import warnings
from typing import Any

import pytest
from fitted_samples import ONE_ARC, fit, one_arc

from sscell.errors import InputError


def _tried(queue: Any, spectrum: Any) -> None:
    try:
        fit(ONE_ARC, spectrum)
        queue.put("fitted")
    except InputError as error:
        queue.put(str(error))


@pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="no fork here")
def test_forked_after_a_fit_is_refused() -> None:
    spectrum = one_arc()
    fit(ONE_ARC, spectrum)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_tried, args=(queue, spectrum))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python and JAX warn of the very thing
        child.start()
    child.join(60)
    alive = child.is_alive()
    child.kill()
    assert not alive
    assert "forked from one that had computed already" in queue.get()
