"""PyBOP on the same problem, in an environment of its own with what this package needs: its CMA-ES on the same cost.

Its simulator of impedance begins at initial conditions, and the cell, its layers and its spectrum after cycling are
models of this package; so the reference engine runs them, and PyBOP does the search.
`python pybop_rival.py STUDY COST SECONDS`; prints seconds, least cost, evaluations.
"""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any

import numpy as np
import pybop
from pybop.costs.base_cost import BaseCost
from pybop.simulators.solution import Solution
from reference_data import reference_values
from scipy import stats

from sscell.study.calibrate.run import task_from


class Reached(Exception):
    """The cost is low enough, or the time is over."""


class Runs(pybop.BaseSimulator):
    """All data of the study on the reference engine, at coordinates of its unknowns."""

    def __init__(self, task: Any, parameters: Any) -> None:
        super().__init__(parameters)
        self.task = task

    def solve_batch(self, inputs: Any, calculate_sensitivities: bool = False) -> Any:
        """One solution for each point; the cost is all of it."""
        solutions = []
        for point in inputs:
            u = np.array([point[name] for name in self.parameters.names])
            values = reference_values(self.task, u)
            solution = Solution(point)
            problem = self.task.problem
            solution.set_solution_variable("cost", np.array([problem.cost(problem.judge(values).residuals, u)]))
            solutions.append(solution)
        return solutions


class Cost(BaseCost):
    """The cost itself; stops where it is low enough or the time is over."""

    def __init__(self, enough: float, seconds: float) -> None:
        super().__init__()
        self.enough, self.until = enough, time.perf_counter() + seconds
        self.least, self.count = np.inf, 0

    def evaluate(self, solution: Any, inputs: Any = None, calculate_sensitivities: bool = False) -> float:
        """Of one solution."""
        value = float(solution["cost"].data[0])
        self.least, self.count = min(self.least, value), self.count + 1
        if self.least <= self.enough or time.perf_counter() > self.until:
            raise Reached
        return value


def main(study: str, enough: float, seconds: float) -> None:
    """Search from the priors' centre."""
    task = task_from(study)
    names = [f"u{k}" for k in range(task.problem.prior.size)]
    reference_values(task, np.zeros(len(names)))  # builds the model
    unknowns = pybop.Parameters(
        {name: pybop.Parameter(distribution=stats.norm(0.0, 1.0), initial_value=0.0) for name in names}
    )
    cost = Cost(enough, seconds)
    options = pybop.PintsOptions(max_iterations=100_000, max_unchanged_iterations=10_000)
    search = pybop.CMAES(pybop.Problem(Runs(task, unknowns), cost), options=options)
    begin = time.perf_counter()
    with contextlib.suppress(Reached):
        search.run()
    print(f"{time.perf_counter() - begin:.1f} {cost.least:.2f} {cost.count}")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
