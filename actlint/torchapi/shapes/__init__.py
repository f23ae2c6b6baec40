"""What shape operations give: sizes are numbers, names, or sums over names; what is not known is None.

`table.rule(op)` gives an operation's rule; a rule is a function from a `Given` (the arguments as plain Python) to the
shape of the result. Nothing here knows of the evaluator.
"""

from actlint.torchapi.shapes.dims import ANY, Dim, Shape, Sum, broadcast, join, name, show
from actlint.torchapi.shapes.given import NUMBER, UNKNOWN, Demand, Each, Found, Given, Rule
from actlint.torchapi.shapes.table import rule

__all__ = [
    "ANY",
    "NUMBER",
    "UNKNOWN",
    "Demand",
    "Dim",
    "Each",
    "Found",
    "Given",
    "Rule",
    "Shape",
    "Sum",
    "broadcast",
    "join",
    "name",
    "rule",
    "show",
]
