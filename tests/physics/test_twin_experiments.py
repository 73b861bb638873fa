"""Twin experiments: data simulated at parameters drawn from their priors, and what a calibration says of them.

`make study`; of thirty draws 25 to 30 must lie within their 95 % interval, for every parameter.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import twin

import sscell as ss

pytestmark = pytest.mark.study

DRAWS, LEAST = 30, 25
NAMES = list(twin.UNKNOWN)[:6]
LAYER = "coating.conductivity_S_per_m"


def test_intervals_hold_the_truth_as_often_as_they_say(tmp_path: Path) -> None:
    inside, widths, costs = {name: 0 for name in NAMES}, {name: [] for name in NAMES}, []
    for draw in range(DRAWS):
        rng = np.random.default_rng(1000 + draw)
        values = twin.truth(rng, NAMES)
        found = ss.calibrate(twin.write_twin(tmp_path / str(draw), values, rng, method="starts = 2\ndrawn = 12"))
        assert found.best.status == "converged"
        for row in found.known:
            inside[row.name] += row.low <= values[row.name] <= row.high
            widths[row.name].append(row.high / row.low)
        costs.append(2 * found.cost / found.counts[1])
    print(f"\nTwice the cost over the numbers: {np.mean(costs):.2f} on average")
    for name, count in inside.items():
        print(f"{name}: {count} of {DRAWS} inside, 95 % interval a factor {np.median(widths[name]):.3f} wide")
    assert min(inside.values()) >= LEAST


def test_a_model_without_a_layer_is_rejected(tmp_path: Path) -> None:
    """The coating conducts so well that it is not there: the same data say no."""
    for draw in range(3):
        rng = np.random.default_rng(2000 + draw)
        path = twin.write_twin(tmp_path / str(draw), twin.truth(rng, NAMES), rng, method="starts = 2\ndrawn = 12")
        right = ss.calibrate(path)
        text = path.read_text()
        head, _, tail = text.partition(f'[parameters."{LAYER}"]')
        rest = tail[tail.index("[parameters") :]
        path.write_text(f'{head}[parameters."{LAYER}"]\nvalue = 1.0\nfixed = true\nsource = "left out"\n\n{rest}')
        wrong = ss.calibrate(path)
        print(f"\nAICc with the layer {right.aicc:.0f}, without {wrong.aicc:.0f}")
        assert wrong.aicc > right.aicc + 10
