"""What names mean: operations, layers, attributes and spellings of torch, and base classes of packages around it.

Tables are Python modules, imported when first asked; torch itself never is. All answers are for the version of torch
that the tables were made from, which their headers name.
"""

from actlint.torchapi.attributes import class_attributes
from actlint.torchapi.composites import WRITES_OVERLAPPING
from actlint.torchapi.layers import WRAPPERS
from actlint.torchapi.lookup import attribute, function, layer, layer_of, method, refuses_out
from actlint.torchapi.names import canonical, exists, is_module_class, module_parents, star
from actlint.torchapi.op import OPAQUE, REQUIRED, Alias, Case, Kind, Op, Param, Result, Special
from actlint.torchapi.packages import base_class
from actlint.torchapi.tables.module_attributes import MODULE_ATTRIBUTES

__all__ = [
    "MODULE_ATTRIBUTES",
    "OPAQUE",
    "REQUIRED",
    "WRAPPERS",
    "WRITES_OVERLAPPING",
    "Alias",
    "Case",
    "Kind",
    "Op",
    "Param",
    "Result",
    "Special",
    "attribute",
    "base_class",
    "canonical",
    "class_attributes",
    "exists",
    "function",
    "is_module_class",
    "module_parents",
    "layer",
    "layer_of",
    "method",
    "refuses_out",
    "star",
]
