"""Arcs kept in place: time constants of branches that must rise along a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sscell.circuit import Circuit
from sscell.circuit.tree import leaves
from sscell.errors import nearest_key, require
from sscell.fit.branches import Branch, branches_of
from sscell.jax_setup import load_jax


@dataclass(frozen=True)
class Order:
    """Branches whose time constants rise; a violation by a factor 1 + v in time costs as much as a misfit of v."""

    branches: tuple[Branch, ...]

    def violations(self, values: Sequence[Any]) -> tuple[list[Any], list[list[Any]]]:
        """max(0, ln τ_k - ln τ_(k+1)) of each neighbouring pair, and its derivatives by the P values; in JAX."""
        jax = load_jax()
        xp = jax.numpy
        found, slopes = [], []
        for fast, slow in zip(self.branches[:-1], self.branches[1:], strict=True):
            involved = [*range(*fast.rows.indices(len(values))), *range(*slow.rows.indices(len(values)))]

            def violation(own: list[Any], fast: Branch = fast, slow: Branch = slow) -> Any:
                return xp.maximum(0.0, xp.log(_time(fast, own)) - xp.log(_time(slow, own)))

            def along(value: Any, k: int, violation: Any = violation) -> Any:
                return violation([*values[:k], value, *values[k + 1 :]])

            found.append(violation(list(values)))
            row = [xp.zeros_like(values[0])] * len(values)
            for k in involved:
                row[k] = jax.jvp(lambda v, k=k: along(v, k), (values[k],), (xp.ones_like(values[k]),))[1]
            slopes.append(row)
        return found, slopes


def order_from_names(circuit: Circuit, names: Sequence[str]) -> Order:
    """The order of the branches that hold the named elements; raises InputError for names without a time constant."""
    require(
        not isinstance(names, str),
        f"order: give element names as a tuple, such as ('R1', 'R2'), got the text {names!r}.",
    )
    require(len(names) >= 2, f"order: at least two elements must be named, got {list(names)}; e.g. ('R1', 'R2').")
    branches = branches_of(circuit)
    known = {leaf.name: branch for branch in branches for leaf in leaves(branch.tree)}
    for name in names:
        require(
            name in known,
            f"order: {name!r} is no element of {circuit.text}{nearest_key(name, known)}; it has {', '.join(known)}.",
        )
    chosen = tuple(known[name] for name in names)
    for name, branch in zip(names, chosen, strict=True):
        require(
            branch.time_s(np.ones(len(branch.parameters))) is not None,
            f"order: {name!r} stands in a branch of {circuit.text} without a time constant; name an element of an arc "
            "such as p(R1,CPE1) or of a diffusion element.",
        )
    require(len(set(chosen)) == len(chosen), f"order: two of {list(names)} stand in the same branch; name one of each.")
    return Order(chosen)


def _time(branch: Branch, values: Sequence[Any]) -> Any:
    return branch.time_s(values[branch.rows])
