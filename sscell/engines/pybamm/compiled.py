"""A cell's equations discretised and compiled once for each structure and mesh, shared by all cells of that shape."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import casadi
import numpy as np
import pybamm

from sscell.cell import CellStructure
from sscell.engines.limits import HIGHEST_V, LOWEST_V
from sscell.engines.mesh import Mesh
from sscell.engines.pybamm.model import LayeredCell
from sscell.engines.pybamm.particle_volume import ParticleVolume, Shells
from sscell.engines.state import state_on
from sscell.errors import InputError
from sscell.records import CellState, Profile


@dataclass(frozen=True, kw_only=True)
class Control:
    """What the cycler holds, and the limits that end the step."""

    hold_voltage: bool = False
    current_A: float = 0.0
    voltage_V: float = 0.0
    lowest_V: float = LOWEST_V
    highest_V: float = HIGHEST_V
    cut_off_A: float = -1.0

    @property
    def inputs(self) -> dict[str, float]:
        """Values of the control inputs, keyed by their names in the model."""
        return {name: float(getattr(self, name)) for name in CONTROL_NAMES}


CONTROL_NAMES = tuple(field.name for field in fields(Control))


class CompiledCell:
    """The discretised model with its current under control: set, or such that the voltage is held.

    model: discretised pybamm model; slices: state name -> (slice into y, scale, shape); axes: state name -> its axes.
    """

    def __init__(self, structure: CellStructure, mesh: Mesh) -> None:
        self.structure, self.edges = structure, mesh.edges
        current = pybamm.Variable("Current [A]")
        layered = LayeredCell(structure, self.edges, current)
        model = layered.model
        voltage = model.variables["Voltage [V]"]
        c = {name: pybamm.InputParameter(name) for name in CONTROL_NAMES}
        hold = c["hold_voltage"]
        model.algebraic[current] = (1 - hold) * (current - c["current_A"]) + hold * (voltage - c["voltage_V"])
        model.initial_conditions[current] = c["current_A"]
        model.events = [
            pybamm.Event("lower voltage", voltage - c["lowest_V"]),
            pybamm.Event("upper voltage", c["highest_V"] - voltage),
            # A negative cut-off switches this one off.
            pybamm.Event("cut-off current", current**2 - c["cut_off_A"] * pybamm.AbsoluteValue(c["cut_off_A"])),
        ]
        self.number_names = frozenset(layered.inputs)
        self.output_names = tuple(layered.outputs)
        self.model = discretised(model, structure, self.edges)
        self.axes = {
            name: (*variable.domains["secondary"], *variable.domain) for name, variable in layered.states.items()
        }
        self.slices = self._state_slices(layered)
        self.current_index = next(s[0].start for v, s in self.model.y_slices.items() if v.name == "Current [A]")
        self._functions: dict[tuple[str, ...], casadi.Function] = {}

    @property
    def size(self) -> int:
        """Number of states, the current included."""
        return self.model.len_rhs_and_alg

    @property
    def potentials(self) -> np.ndarray:
        """Indices of the states that follow the current at once: voltages with a conduction path beside them."""
        blocked = {"positive_V"} if self.structure.positive == "blocking" else set()
        blocked |= {"negative_V"} if self.structure.negative == "blocking" else set()
        names = [name for name in self.slices if name.endswith("_V") and name not in blocked]
        return np.concatenate([np.arange(self.size)[self.slices[name][0]] for name in names])

    @functools.cached_property
    def output_sizes(self) -> dict[str, int]:
        """Rows of each budget output."""
        return {name: self._expression(name).shape[0] for name in self.output_names}

    def inputs(self, numbers: Mapping[str, float], control: Control) -> dict[str, Any]:
        """What every compiled function takes; refuses numbers the equations do not know."""
        if set(numbers) != self.number_names:
            odd = ", ".join(sorted(set(numbers) ^ self.number_names))
            raise InputError(f"The cell's numbers and the equations do not fit: {odd}.")
        return {**numbers, **control.inputs}

    def initial(self, state: CellState) -> dict[str, Any]:
        """The state as the solver takes it: one input a state variable."""
        profiles = self.on_mesh(state).profiles
        return {
            f"initial {name}": profiles[name].values.reshape(-1) if axes else float(profiles[name].values)
            for name, axes in self.axes.items()
        }

    def on_mesh(self, state: CellState) -> CellState:
        """The state on this mesh; InputError if it is of another kind of cell."""
        return state_on(state, self.slices, self.edges)

    def y_from(self, state: CellState, current_A: float = 0.0) -> np.ndarray:
        """The state vector of a CellState on this mesh."""
        state = self.on_mesh(state)
        y = np.empty(self.size)
        for name, (where, scale, _) in self.slices.items():
            y[where] = state.profiles[name].values.reshape(-1) / scale
        y[self.current_index] = current_A
        return y

    def state_from(self, y: np.ndarray, time_s: float) -> CellState:
        """The CellState of a state vector."""
        profiles = {
            name: Profile(self.axes[name], (y[where] * scale).reshape(shape))
            for name, (where, scale, shape) in self.slices.items()
        }
        return CellState(profiles=profiles, edges=self.edges, time_s=time_s, current_A=float(y[self.current_index]))

    def evaluate(self, names: tuple[str, ...], y: np.ndarray, inputs: Mapping[str, Any]) -> np.ndarray:
        """Named variables stacked, (sum of their sizes, m), at the columns of y (n, m)."""
        function = self._output_function(names)
        return np.asarray(function(y, self._stacked(inputs)))

    def right_hand_side(self, y: np.ndarray, inputs: Mapping[str, Any]) -> np.ndarray:
        """dy/dt, and the residual of the current's equation in its place."""
        return np.asarray(self._dynamics[0](y, self._stacked(inputs))).reshape(-1)

    def jacobian_entries(self, y: np.ndarray, inputs: Mapping[str, Any]) -> np.ndarray:
        """Entries of the Jacobian of [dy/dt; current equation; voltage; outputs], ordered as `jacobian_pattern`."""
        return np.array(self._dynamics[1](y, self._stacked(inputs)).nonzeros())

    @functools.cached_property
    def jacobian_pattern(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of each entry; rows beyond the states are the voltage, then the outputs."""
        rows, columns = self._dynamics[1].sparsity_out(0).get_triplet()
        return np.array(rows), np.array(columns)

    @functools.cached_property
    def _symbols(self) -> tuple[casadi.MX, casadi.MX, dict[str, casadi.MX]]:
        y = casadi.MX.sym("y", self.size)
        symbols = {name: casadi.MX.sym(name) for name in sorted(self.number_names | set(CONTROL_NAMES))}
        return y, casadi.vertcat(*symbols.values()), symbols

    def _stacked(self, inputs: Mapping[str, Any]) -> np.ndarray:
        return np.array([inputs[name] for name in self._symbols[2]])

    def _output_function(self, names: tuple[str, ...]) -> casadi.Function:
        if names not in self._functions:
            y, p, symbols = self._symbols
            parts = [self._expression(name).to_casadi(casadi.MX(0), y, inputs=symbols) for name in names]
            self._functions[names] = casadi.Function("outputs", [y, p], [casadi.vertcat(*parts)])
        return self._functions[names]

    def _expression(self, name: str) -> pybamm.Symbol:
        return self.model.get_processed_variable(name)

    @functools.cached_property
    def _dynamics(self) -> tuple[casadi.Function, casadi.Function]:
        y, p, symbols = self._symbols
        t = casadi.MX(0)
        rhs = self.model.concatenated_rhs.to_casadi(t, y, inputs=symbols)
        algebraic = self.model.concatenated_algebraic.to_casadi(t, y, inputs=symbols)
        names = ("Voltage [V]", *self.output_names)
        outputs = [self._expression(n).to_casadi(t, y, inputs=symbols) for n in names]
        f = casadi.Function("dynamics", [y, p], [casadi.vertcat(rhs, algebraic)])
        everything = casadi.Function("everything", [y, p], [casadi.vertcat(rhs, algebraic, *outputs)])
        # Scalar graphs evaluate the Jacobian three times faster than matrix graphs.
        scalar_y, scalar_p = casadi.SX.sym("y", self.size), casadi.SX.sym("p", p.shape[0])
        jacobian = casadi.jacobian(everything.expand()(scalar_y, scalar_p), scalar_y)
        return f, casadi.Function("jacobian", [scalar_y, scalar_p], [jacobian])

    def _state_slices(self, layered: LayeredCell) -> dict[str, tuple[slice, float, tuple[int, ...]]]:
        by_name = {variable.name: where[0] for variable, where in self.model.y_slices.items()}
        return {
            name: (
                by_name[name],
                float(variable.scale.evaluate()),
                tuple(self.edges[axis].size - 1 for axis in self.axes[name]),
            )
            for name, variable in layered.states.items()
        }


def discretised(model: pybamm.BaseModel, structure: CellStructure, edges: Mapping[str, np.ndarray]) -> pybamm.BaseModel:
    """The model on finite volumes with the given cell edges."""
    geometry, submeshes, points, methods = spatial_setup(structure, edges)
    mesh = pybamm.Mesh(geometry, submeshes, points)
    return pybamm.Discretisation(mesh, methods).process_model(model, inplace=False)


def spatial_setup(structure: CellStructure, edges: Mapping[str, np.ndarray]) -> tuple[dict, dict, dict, dict]:
    """Geometry, submesh types, points and spatial methods, as PyBaMM's simulations take them."""
    variables = {}
    if structure.positive == "composite":
        variables["cathode"] = pybamm.SpatialVariable("x", domain="cathode", coord_sys="cartesian")
        variables["particle"] = pybamm.SpatialVariable(
            "r", domain="particle", auxiliary_domains={"secondary": "cathode"}, coord_sys="spherical polar"
        )
    if structure.negative == "composite":
        variables["anode"] = pybamm.SpatialVariable("x_a", domain="anode", coord_sys="cartesian")
    geometry = {domain: {variable: {"min": 0, "max": 1}} for domain, variable in variables.items()}
    particle, electrode = "particle", {"order": {"gradient": "linear", "value": "linear"}, "use bcs": True}
    # Electrode ends use their boundary gradients; the particle's true surface flux is a source, so it extrapolates.
    radial = {"order": {"gradient": "linear", "value": "quadratic"}, "use bcs": False}
    submeshes = {
        domain: pybamm.MeshGenerator(
            Shells if domain == particle else pybamm.UserSupplied1DSubMesh, submesh_params={"edges": edges[domain]}
        )
        for domain in variables
    }
    points = {variable: edges[domain].size - 1 for domain, variable in variables.items()}
    methods = {
        domain: ParticleVolume({"extrapolation": radial})
        if domain == particle
        else pybamm.FiniteVolume({"extrapolation": electrode})
        for domain in variables
    }
    return geometry, submeshes, points, methods


@functools.lru_cache(maxsize=16)
def compiled_cell(structure: CellStructure, mesh: Mesh) -> CompiledCell:
    """The compiled cell of a structure on a mesh, made once a process."""
    return CompiledCell(structure, mesh)
