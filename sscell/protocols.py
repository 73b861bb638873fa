"""The protocols of the founding study (Kitsche et al. 2022), by name; each returns a Protocol.

Voltages default to the study's window against lithiated LTO, 1.35-2.75 V (about 2.9-4.3 V against Li).
"""

from __future__ import annotations

from sscell.errors import require
from sscell.protocol import Protocol, protocol_from

LOWER_V, UPPER_V = 1.35, 2.75
RATE_STEPS = (("0.1C", 2), ("0.2C", 2), ("0.5C", 2), ("1C", 2))


def first_cycle(rate: str = "0.1C", lower_V: float = LOWER_V, upper_V: float = UPPER_V) -> Protocol:
    """One charge and discharge at `rate`."""
    return Protocol(_cycles(rate, 1, lower_V, upper_V), "first cycle")


def rate_test(cycles: int = 50, lower_V: float = LOWER_V, upper_V: float = UPPER_V) -> Protocol:
    """Two cycles each at 0.1C, 0.2C, 0.5C and 1C, then 0.2C up to `cycles` in all."""
    require(cycles >= 1, f"rate_test: cycles must be at least 1, got {cycles}.")
    all_cycles: tuple = ()
    for rate, count in RATE_STEPS:
        all_cycles += _cycles(rate, count, lower_V, upper_V)
    all_cycles += _cycles("0.2C", max(cycles - len(all_cycles), 0), lower_V, upper_V)
    return Protocol(all_cycles[:cycles], "rate test")


def stability_test(
    cycles: int = 200, rate: str = "0.5C", lower_V: float = LOWER_V, upper_V: float = UPPER_V
) -> Protocol:
    """`cycles` cycles at 0.5C."""
    require(cycles >= 1, f"stability_test: cycles must be at least 1, got {cycles}.")
    return Protocol(_cycles(rate, cycles, lower_V, upper_V), "stability test")


def gitt(
    rate: str = "0.1C",
    pulse_min: float = 15,
    rest_h: float = 1,
    pulses: int = 48,
    lower_V: float = LOWER_V,
    upper_V: float = UPPER_V,
) -> Protocol:
    """Galvanostatic intermittent titration: a charge in pulses, each followed by a rest, then a discharge likewise.

    Cycle 1 is the charge, cycle 2 the discharge; a pulse ends at its time or at the voltage limit.
    """
    require(pulse_min > 0 and rest_h > 0, f"gitt: pulse_min and rest_h must be positive, got {pulse_min}, {rest_h}.")
    require(pulses >= 1, f"gitt: pulses must be at least 1, got {pulses}.")
    _check_window(lower_V, upper_V)
    rest = f"Rest for {rest_h:g} hours"
    charge = [f"Charge at {rate} for {pulse_min:g} minutes or until {upper_V:g} V", rest] * pulses
    discharge = [f"Discharge at {rate} for {pulse_min:g} minutes or until {lower_V:g} V", rest] * pulses
    return Protocol(protocol_from([charge, discharge]).cycles, "GITT")


def _cycles(rate: str, count: int, lower_V: float, upper_V: float) -> tuple:
    _check_window(lower_V, upper_V)
    if count < 1:
        return ()
    steps = [f"Charge at {rate} until {upper_V:g} V", f"Discharge at {rate} until {lower_V:g} V"]
    return protocol_from([steps]).cycles * count


def _check_window(lower_V: float, upper_V: float) -> None:
    require(
        lower_V < upper_V,
        f"The voltage limits are crossed: lower_V = {lower_V:g} V must be below upper_V = {upper_V:g} V.",
    )
