"""Which anneal temperature is best? A sweep over the anneal of a 15-cycle coating, one virtual cell each.

python scenarios/anneal_window.py
"""

import numpy as np

import sscell as ss

FREQUENCY_HZ = np.geomspace(7e6, 0.1, 40)


def main() -> None:
    """Print first discharge, 1C capacity and interface resistance over the anneal temperature."""
    print(f"{'anneal':>8} {'passivation':>12} {'NiO':>8} {'0.1C':>8} {'1C':>8} {'R_int':>10} {'|Z| at 1 Hz':>12}")
    print(f"{'°C':>8} {'%':>12} {'nm':>8} {'mAh/g':>8} {'mAh/g':>8} {'ohm cm2':>10} {'ohm cm2':>12}")
    for temperature_C in range(250, 701, 50):
        recipe = ss.Recipe(ald_cycles=15, anneal_temperature_C=temperature_C)
        cell = ss.Cell.from_recipe(recipe)
        result = ss.simulate(cell, ss.protocols.rate_test(8))
        spectrum = ss.impedance(cell, FREQUENCY_HZ, state=result.final_state)
        interface, cycles = cell.interface, result.cycles
        at_1_Hz = np.abs(np.interp(0.0, -np.log(spectrum.frequency_Hz), np.abs(spectrum.impedance_ohm_cm2)))
        print(
            f"{temperature_C:8d} {100 * interface.passivation:12.1f} {1e9 * interface.rocksalt_thickness_m:8.2f} "
            f"{cycles.discharge_capacity_mAh_per_g[0]:8.1f} {cycles.discharge_capacity_mAh_per_g[7]:8.1f} "
            f"{cycles.interface_resistance_ohm_cm2.iloc[-1]:10.1f} {at_1_Hz:12.1f}"
        )


if __name__ == "__main__":
    main()
