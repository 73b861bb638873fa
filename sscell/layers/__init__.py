"""How the interface conducts: layers with resistance and capacitance per area, and their stack."""

from sscell.layers.stack import Layer, LayerMaterials, LayerStack, layer_stack_from_interface

__all__ = ["Layer", "LayerMaterials", "LayerStack", "layer_stack_from_interface"]
