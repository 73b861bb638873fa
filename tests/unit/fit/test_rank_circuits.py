"""Which circuit: the true one against one arc less and one more."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_samples import FREQUENCY_HZ, ONE_ARC, TWO_ARCS, fit, one_arc, spectrum, two_arcs

from sscell.errors import InputError
from sscell.fit import rank_circuits


def test_one_arc_less_loses_by_far() -> None:
    samples = [two_arcs(seed=k) for k in range(4)]
    ranking = rank_circuits([ONE_ARC, TWO_ARCS], samples, band="all")
    assert ranking.circuits == (TWO_ARCS, ONE_ARC)
    assert ranking.aicc[1] - ranking.aicc[0] > 100
    assert ranking.bic[1] - ranking.bic[0] > 100
    assert ranking.akaike_weight == pytest.approx((1.0, 0.0), abs=1e-12)
    assert [f.spectrum for f in ranking.best] == samples


def test_one_arc_more_rarely_wins() -> None:
    """Two parameters more cost 4.4 in AICc and 9.1 in BIC at 96 data; the arc more gains χ²₂ at best over its place,
    so it wins some 5 % of the time, and by the BIC hardly ever."""
    samples = [one_arc(seed=50 + k) for k in range(40)]
    simple, rich = fit(ONE_ARC, samples), fit(TWO_ARCS, samples)
    assert np.mean([r.aicc < s.aicc for s, r in zip(simple, rich, strict=True)]) <= 0.2
    assert np.mean([r.bic < s.bic for s, r in zip(simple, rich, strict=True)]) <= 0.05
    ranking = rank_circuits([TWO_ARCS, ONE_ARC], samples, band="all")
    assert ranking.circuits == (ONE_ARC, TWO_ARCS)


def test_weights_and_table() -> None:
    """On data where, as nearly always, the arc more does not pay."""
    ranking = rank_circuits([ONE_ARC, TWO_ARCS], one_arc(seed=50), band="all")
    gap = ranking.aicc[1] - ranking.aicc[0]
    assert ranking.akaike_weight[1] == pytest.approx(1 / (1 + np.exp(gap / 2)), rel=1e-9)
    table = ranking.to_pandas()
    assert table.index.tolist() == list(ranking.circuits)
    assert table["free"].tolist() == [3, 5]
    assert table["delta_aicc"].tolist() == pytest.approx([0.0, gap])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="at least two circuits are needed to compare, got 1"):
        rank_circuits([ONE_ARC], one_arc())
    with pytest.raises(InputError, match=r"a circuit is given twice among R0-p\(R1,C1\), R0-p\(R1,C1\)"):
        rank_circuits([ONE_ARC, " R0 - p(R1, C1)"], one_arc())
    with pytest.raises(InputError, match=r"robust fits cannot be ranked.*leave robust out"):
        rank_circuits([ONE_ARC, TWO_ARCS], one_arc(), robust=True)


def test_too_few_points_for_aicc() -> None:
    """Three points are six numbers: AICc needs more than p + 2, so one circuit of three parameters has it."""
    few = spectrum(one_arc().impedance_ohm[10:40:12], FREQUENCY_HZ[10:40:12])
    with pytest.raises(InputError, match="has 3 points to fit, too few for the AICc of any of these circuits"):
        rank_circuits([TWO_ARCS, "R0-p(R1,C1)-C2"], few, band="all", starts=4)
    ranking = rank_circuits([TWO_ARCS, ONE_ARC], few, band="all", starts=4)
    assert ranking.circuits == (ONE_ARC, TWO_ARCS)
    assert ranking.akaike_weight == (1.0, 0.0)


def test_a_ranking_prints_its_table() -> None:
    ranking = rank_circuits([ONE_ARC, "R0"], one_arc(seed=50), band="all")
    head, names, first, second = repr(ranking).splitlines()
    assert head == "CircuitRanking of 2 circuits on spectrum, best first"
    assert names.split() == ["circuit", "free", "ΔAICc", "Akaike", "weight", "without", "warnings"]
    assert first.split() == [ONE_ARC, "3", "0.0", "1.000", "1", "of", "1"]
    gap = ranking.aicc[1] - ranking.aicc[0]
    assert second.split()[:5] == ["R0", "1", f"{gap:.1f}", "<", "0.001"]
