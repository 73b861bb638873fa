"""A calibration that is killed at random times and resumed gives the same answer, to the last digit, and loses nothing.

`make study`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import twin

pytestmark = pytest.mark.study

KILLS = 6
NAMES = list(twin.UNKNOWN)[:4]
METHOD = f"""starts = 2
drawn = 12
profiles = ["{NAMES[0]}"]
leave_out = ["cycling"]

[method.posterior]
made_of = 32
weighed = 16
"""


def calibrate(study: Path, out: Path, *more: str, seconds: float | None = None) -> bool:
    """Run the command; True if it ended by itself, False if it was killed after so many seconds."""
    command = [sys.executable, "-m", "sscell.cli", "calibrate", str(study), "--out", str(out), *more]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "PYBAMM_DISABLE_TELEMETRY": "true"}
    ) as run:
        try:
            return run.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            run.kill()  # no warning, no clean-up
            return False


def test_killed_at_random_times(tmp_path: Path) -> None:
    rng = np.random.default_rng(17)
    study = twin.write_twin(tmp_path / "twin", twin.truth(rng, NAMES), rng, method=METHOD)
    assert calibrate(study, tmp_path / "whole")
    killed, seconds, left = 0, [], []
    while killed < KILLS:
        seconds.append(float(rng.uniform(8, 30)))
        if calibrate(study, tmp_path / "killed", "--resume", seconds=seconds[-1]):
            break
        killed += 1
        assert not (tmp_path / "killed").exists()  # written whole or not at all
        left.append(len(list((tmp_path / ".killed-unfinished").glob("*.json"))))
    assert killed >= 2
    assert left[-1] > 0 and left == sorted(left)  # each went on from where the one before was
    assert (tmp_path / "killed").exists() or calibrate(study, tmp_path / "killed", "--resume")
    print(f"\nKilled {killed} times, after {', '.join(f'{s:.0f}' for s in seconds)} s")
    for name in ("calibrated.json", "data.csv", "left_out.csv", "profiles.csv", "bands.csv", "starts.csv"):
        assert (tmp_path / "killed" / name).read_text() == (tmp_path / "whole" / name).read_text(), name
    assert not (tmp_path / ".killed-unfinished").exists()
