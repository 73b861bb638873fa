"""What a recipe makes of the interface: coating, crystallites, passivation, rocksalt, inactive CAM, Zr profile."""

from sscell.interface.materials import COATINGS, ZRO2, CathodeSurface, CoatingMaterial, coating_named
from sscell.interface.state import InterfaceState, interface_from_recipe, interface_values, recipe_values

__all__ = [
    "COATINGS",
    "ZRO2",
    "CathodeSurface",
    "CoatingMaterial",
    "InterfaceState",
    "coating_named",
    "interface_from_recipe",
    "interface_values",
    "recipe_values",
]
