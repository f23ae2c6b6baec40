"""How the linear algebra that moved to `torch.linalg` is written there, where a call leaves no doubt.

The old functions gave pairs, of which the new ones give the first alone, and some took the matrix last: a call is
rewritten where only that first item is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actlint.facts import Assign, Attribute, Call, Collection, Constant, Expr, Name, Node, Slice, Subscript
from actlint.intents import Intent, Part, Reference, Replace
from actlint.model.program import FileView
from actlint.model.show import unparse
from actlint.model.walk import walk

if TYPE_CHECKING:
    from actlint.model.deprecations import Use

_FIRST = {"symeig": "eigenvalues", "eig": "eigenvalues", "solve": "solution", "lstsq": "solution"}
_FIRST |= {"triangular_solve": "solution"}
Taken = tuple[Node, Expr | None]
"""What stands for the first item of a pair: an expression; or a statement, with the target that gets it."""


def moved(unit: FileView, use: Use) -> list[Intent] | None:
    """The edits for one call of `symeig`, `eig`, `solve`, `lstsq` or `triangular_solve`; None without an exact form."""
    reference, call, row = use.reference, use.reference.call, use.row
    name = row.qualname.rpartition(".")[2]
    given = None if call is None else _given(call, reference.node, row.parameters, row.kind == "method")
    if call is None or given is None or row.parameters[0] not in given:
        return None
    taken = _first_of(unit, use, _FIRST[name])
    matrix = unit.site(reference.site, given.get("A", given[row.parameters[0]]))
    match name:
        case "symeig":
            return _symeig(unit, use, given, taken)
        case "eig":
            return _eig(unit, use, matrix, taken)
        case _ if "A" not in given or taken is None or not _free(given[row.parameters[0]], given["A"]):
            return None
        case "lstsq":
            return _lstsq(unit, use, given, taken)
        case _:
            pass
    right = unit.site(reference.site, given[row.parameters[0]])
    if name == "solve":
        return _replaced(unit, use, taken, "torch.linalg.solve", (matrix, ", ", right))
    upper, transposed = _flag(given, "upper", True), _flag(given, "transpose", False)
    if upper is None or transposed is None:
        return None
    simple = isinstance(given["A"], (Name, Attribute, Call, Subscript))
    left: tuple[Part, ...] = (matrix,)
    if transposed:
        left = (matrix, ".mT") if simple else ("(", matrix, ").mT")
    parts: list[Part] = [*left, ", ", right, f", upper={upper is not transposed}"]
    if "unitriangular" in given:
        parts += [", unitriangular=", unit.site(reference.site, given["unitriangular"])]
    return _replaced(unit, use, taken, "torch.linalg.solve_triangular", parts)


def _symeig(unit: FileView, use: Use, given: dict[str, Expr], taken: Taken | None) -> list[Intent] | None:
    """`eigh` gives the same pair with the vectors; without them the old function gave an empty tensor instead."""
    near, call = use.reference.site, use.reference.call
    vectors, upper = _flag(given, "eigenvectors", False), given.get("upper")
    matrix: list[Part] = [unit.site(near, given["input"])]
    match upper:
        case None | Constant(value=True):
            matrix.append(', UPLO="U"')
        case Constant(value=False):
            pass
        case _:
            matrix += [', UPLO="U" if ', unit.site(near, upper), ' else "L"']
    if vectors is None or call is None:
        return None
    if not vectors:
        return None if taken is None else _replaced(unit, use, taken, "torch.linalg.eigvalsh", matrix)
    return _replaced(unit, use, (call, None), "torch.linalg.eigh", matrix)


def _eig(unit: FileView, use: Use, matrix: Part, taken: Taken | None) -> list[Intent] | None:
    """The real or the imaginary parts: the old eigenvalues had them in two columns."""
    parents = use.reference.parents
    if taken is None or taken[1] is not None:
        return None
    position = next((n for n, node in enumerate(parents) if node is taken[0]), 0)
    match parents[position - 1] if position else None:
        case (
            Subscript(
                value=value,
                index=Collection(elements=(Slice(lower=None, upper=None, step=None), Constant(value=column))),
            ) as outer
        ) if value is taken[0] and column in (0, 1):
            part = ".imag" if column else ".real"
            return _replaced(unit, use, (outer, None), "torch.linalg.eigvals", (matrix,), part)
        case _:
            return None


def _lstsq(unit: FileView, use: Use, given: dict[str, Expr], taken: Taken) -> list[Intent] | None:
    """The rows of the solution: below them the old result had the residuals."""
    parents, near = use.reference.parents, use.reference.site
    matrix = unparse(given["A"])
    columns = {f"{matrix}.{text}" for text in ("size(1)", "size(-1)", "shape[1]", "shape[-1]")}
    position = next((n for n, node in enumerate(parents) if node is taken[0]), 0)
    match parents[position - 1] if position and taken[1] is None else None:
        case Subscript(value=value, index=Slice(lower=None, upper=upper, step=None)) as outer if value is taken[0]:
            if upper is None or unparse(upper) not in columns:
                return None
            both = (unit.site(near, given["A"]), ", ", unit.site(near, given[use.row.parameters[0]]))
            return _replaced(unit, use, (outer, None), "torch.linalg.lstsq", both, ".solution")
        case _:
            return None


def _replaced(
    unit: FileView, use: Use, taken: Taken, new: str, arguments: Sequence[Part], ending: str = ""
) -> list[Intent] | None:
    near = use.reference.site
    spelled = unit.spell(new, near)
    if spelled is None:
        return None
    made: list[Part] = [Reference(spelled.text, spelled.imports), "(", *arguments, ")" + ending]
    node, target = taken
    if target is not None:
        made = [unit.site(near, target), " = ", *made]
    return [Replace(unit.site(near, node), tuple(made))]


def _first_of(unit: FileView, use: Use, field: str) -> Taken | None:
    """The place where only the first item of a call's pair is taken: `f(x)[0]`, `f(x).solution`, `y, _ = f(x)`."""
    call, parents = use.reference.call, use.reference.parents
    outer = parents[-2] if len(parents) > 1 else None
    match outer:
        case Attribute(value=value, attr=attr) if value is call and attr == field:
            return outer, None
        case Subscript(value=value, index=Constant(value=0)) if value is call:
            return outer, None
        case Assign(targets=(Collection(kind="tuple", elements=(Name() as first, Name(id=second))),), value=value):
            facts = unit.file.facts.chunks[use.reference.site.chunk].facts
            names = [node.id for node in walk(facts.body if facts is not None else ()) if isinstance(node, Name)]
            at_top = parents[0] is outer
            if value is call and first.id != second and (names.count(second) == 1 and not at_top or second == "_"):
                return outer, first
            return None
        case _:
            return None


def _given(call: Call, func: object, parameters: Sequence[str], method: bool) -> dict[str, Expr] | None:
    """The arguments by name, a method's receiver first; None where a star hides some, or another name is given."""
    given: dict[str, Expr] = {}
    names = list(parameters)
    if method:
        if not isinstance(func, Attribute):
            return None
        given[names.pop(0)] = func.value
    for number, argument in enumerate(call.args):
        name = argument.keyword or (names[number] if number < len(names) else "")
        if argument.star or name not in parameters or name in given:
            return None
        given[name] = argument.value
    return given


def _flag(given: dict[str, Expr], name: str, default: bool) -> bool | None:
    """A literal truth value; None for an expression."""
    value = given.get(name)
    if value is None:
        return default
    return value.value if isinstance(value, Constant) and isinstance(value.value, bool) else None


def _free(first: Expr, second: Expr) -> bool:
    """Whether two expressions can change places: one of them calls nothing."""
    return not all(any(isinstance(node, Call) for node in walk([each])) for each in (first, second))
