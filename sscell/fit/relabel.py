"""Branches of one kind may change places without changing the fit: the fastest gets the first name."""

from __future__ import annotations

import numpy as np

from sscell.circuit import Circuit
from sscell.fit.branches import Branch, branches_of
from sscell.fit.cholesky import full_matrix, lower_pairs
from sscell.fit.levenberg_marquardt import Optima
from sscell.fit.space import SearchSpace


def fast_to_slow(space: SearchSpace, circuit: Circuit, optima: Optima) -> Optima:
    """The same fits, each with its branches of one kind in the order of their time constants."""
    places = np.repeat(np.arange(space.size)[:, None], optima.cost.size, axis=1)
    values = np.array(space.values(optima.u, np))
    for group in interchangeable(space, circuit):
        times = np.array([branch.time_s(values[branch.rows]) for branch in group])
        order = np.argsort(times, axis=0, kind="stable")
        rows = np.array([_coordinates(space, branch) for branch in group])
        for k, row in enumerate(rows):
            places[row] = rows[order[k]].T
    if (places == np.arange(space.size)[:, None]).all():
        return optima
    fit = np.arange(optima.cost.size)
    matrix = full_matrix(optima.matrix, space.size, np)[fit[:, None, None], places.T[:, :, None], places.T[:, None, :]]
    return Optima(
        u=np.take_along_axis(optima.u, places, axis=0),
        cost=optima.cost,
        gradient=np.take_along_axis(optima.gradient, places, axis=0),
        matrix=np.array([matrix[:, i, j] for i, j in lower_pairs(space.size)]),
        status=optima.status,
        steps=optima.steps,
    )


def interchangeable(space: SearchSpace, circuit: Circuit) -> list[list[Branch]]:
    """Groups of branches of one kind with a time constant, all free and within the same bounds."""
    branches = [b for b in branches_of(circuit) if b.time_s(np.ones(len(b.parameters))) is not None]
    groups = []
    for kind in dict.fromkeys(b.kind for b in branches):
        group = [b for b in branches if b.kind == kind]
        boxes = {_box(space, b) for b in group}
        if len(group) > 1 and len(boxes) == 1 and None not in boxes:
            groups.append(group)
    return groups


def _coordinates(space: SearchSpace, branch: Branch) -> list[int]:
    return [link.coordinate for link in space.links[branch.rows]]  # type: ignore[misc]


def _box(space: SearchSpace, branch: Branch) -> tuple | None:
    """The bounds of a branch's parameters; None if any is fixed or tied."""
    links = space.links[branch.rows]
    used = [link.coordinate for link in space.links]
    if any(k.coordinate is None or used.count(k.coordinate) > 1 for k in links):
        return None
    own = [space.coordinates[k.coordinate] for k in links if k.coordinate is not None]
    return tuple((c.lower, c.upper) for c in own)
