"""Every element, by its symbol."""

from __future__ import annotations

from sscell.circuit.constant_phase import CONSTANT_PHASE
from sscell.circuit.diffusion import DIFFUSION
from sscell.circuit.element import Element
from sscell.circuit.gerischer import GERISCHER
from sscell.circuit.lumped import LUMPED
from sscell.circuit.porous import POROUS

ELEMENTS: dict[str, Element] = {
    element.symbol: element for element in (*LUMPED, *CONSTANT_PHASE, *DIFFUSION, *GERISCHER, *POROUS)
}
