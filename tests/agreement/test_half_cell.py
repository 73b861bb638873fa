"""Our liquid half cell against PyBaMM's own half-cell DFN with the same NCM85 laws: an independent cycling engine."""

import pybamm
import pytest

import sscell as ss
from sscell.cell import CathodeMaterial, laws

CAM = CathodeMaterial()


def peer_discharge_mAh_per_g(cell: ss.Cell, start: float) -> float:
    """0.1C discharge from lithium content `start` to 2.9 V in PyBaMM's half-cell DFN, no layers."""
    n, design = cell.numbers, cell.design
    ocv = cell.structure.cathode_open_circuit
    full = n["maximum_concentration_mol_per_m3"]
    values = pybamm.ParameterValues("Xu2019")

    def open_circuit(sto):
        return ocv(sto, n["stoichiometry_at_4V3"], pybamm)

    def spread(sto, temperature):
        return laws.diffusivity(
            sto,
            n["diffusivity_m2_per_s"],
            n["diffusivity_drop_decades"],
            n["diffusivity_midpoint"],
            n["diffusivity_width"],
            pybamm,
        )

    def exchange(c_e, c_s, c_max, temperature):
        return laws.exchange_current_density(c_s / c_max, n["exchange_current_density_A_per_m2"], pybamm)

    fraction = n["cathode_area_per_volume_per_m"] * n["particle_radius_m"] / 3
    values.update(
        {
            "Positive electrode OCP [V]": open_circuit,
            "Positive particle diffusivity [m2.s-1]": spread,
            "Positive electrode exchange-current density [A.m-2]": exchange,
            "Maximum concentration in positive electrode [mol.m-3]": full,
            "Initial concentration in positive electrode [mol.m-3]": start * full,
            "Positive particle radius [m]": n["particle_radius_m"],
            "Positive electrode active material volume fraction": fraction,
            "Positive electrode thickness [m]": n["cathode_thickness_m"],
            "Positive electrode porosity": 0.35,
            "Positive electrode conductivity [S.m-1]": 1.0,
            "Separator thickness [m]": 6e-4,
            "Separator porosity": 0.9,
            "Electrode width [m]": 1.0,
            "Electrode height [m]": design.area_m2,
            "Nominal cell capacity [A.h]": design.one_C_A,
            "Current function [A]": design.one_C_A / 10,
            "Lower voltage cut-off [V]": 2.9,
            "Upper voltage cut-off [V]": 4.5,
            "Ambient temperature [K]": design.temperature_K,
            "Initial temperature [K]": design.temperature_K,
            "Reference temperature [K]": design.temperature_K,
        },
    )
    model = pybamm.lithium_ion.DFN({"working electrode": "positive"})
    points = {"x_n": 2, "x_s": 10, "x_p": 10, "r_n": 2, "r_p": 200}
    solver = pybamm.IDAKLUSolver(rtol=1e-6)
    simulation = pybamm.Simulation(model, parameter_values=values, var_pts=points, solver=solver)
    solution = simulation.solve([0, 12 * 3600])
    return float(solution["Discharge capacity [A.h]"].entries[-1]) / design.active_mass_kg


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_first_discharge_of_the_bare_material() -> None:
    # Layers almost gone, so that only what both models know is left: particles, kinetics, a porous electrode.
    surface = ss.CathodeSurface(native_rocksalt_m=0.0)
    cell = ss.Cell.from_recipe(ss.Recipe(), design=ss.liquid_half_cell(CAM), surface=surface)
    charged = ss.simulate(cell, ["Charge at C/10 until 4.3 V", "Rest for 24 hours"]).final_state
    ours = ss.simulate(cell, ["Discharge at C/10 until 2.9 V"], state=charged).cycles.discharge_capacity_mAh_per_g[0]
    peer = peer_discharge_mAh_per_g(cell, charged.mean("stoichiometry"))
    # 0.5 %: the peer resolves salt gradients and its lithium electrode has other kinetics, a few millivolts each.
    assert ours == pytest.approx(peer, rel=0.005)
    assert 150 < ours < 230
