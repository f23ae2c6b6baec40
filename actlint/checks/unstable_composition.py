"""ACT605: compositions that overflow or lose digits where torch has one function for them."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Argument, Attribute, BinOp, Call, Constant, Expr, Node
from actlint.intents import Part, Repair, Replace
from actlint.model.program import Context, FileView
from actlint.model.references import Reference
from actlint.rule import Finding, rule
from actlint.torchapi import canonical
from actlint.torchapi.docs import documentation

_LOSES = {
    "torch.nn.functional.log_softmax": "is -inf where the softmax underflows to 0",
    "torch.nn.functional.logsigmoid": "is -inf where the sigmoid underflows to 0",
    "torch.logsumexp": "overflows where an exponential does",
    "torch.log1p": "loses the digits of a small argument to the 1",
    "torch.expm1": "cancels the digits of a small argument",
}


@rule("ACT605", default=False)
def unstable_composition(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the composition, at its outer call, where all of it is written in one expression."""
    called = [reference for reference in unit.references() if reference.call is not None]
    heads = [reference for reference in called if reference.qualname in ("torch.log", "torch.exp", *_SOFT)]
    names = {id(reference.call): canonical(reference.qualname) for reference in called} if heads else {}
    for reference in heads:
        found = _composition(reference, names)
        if found is None:
            continue
        outer, new, parts = found
        at = unit.site(reference.site, outer)
        spelled = unit.spell(new, at)
        message = f"`{unit.text(outer)}` {_LOSES[new]}: `{new}` computes the same without"
        fix = None
        if spelled is not None:
            sites: list[Part] = [each if isinstance(each, str) else unit.site(at, each) for each in parts]
            text = f"use `{spelled.text}`: {documentation(new)}"
            fix = Repair(text, "safe", (Replace(at, (spelled, "(", *sites, ")")),))
        yield Finding(at, message, label=f"use `{new.rpartition('.')[2]}`", fix=fix)


_SOFT = (
    "torch.softmax",
    "torch.sigmoid",
    "torch.special.softmax",
    "torch.special.expit",
    "torch.nn.functional.softmax",
    "torch.nn.functional.sigmoid",
)
Found = tuple[Expr, str, "list[str | Node]"]


def _composition(reference: Reference, names: dict[int, str]) -> Found | None:
    """The whole composition around a call, the function that is the same, and what that is called with."""
    call, name = reference.call, canonical(reference.qualname)
    if call is None:
        return None
    match name:
        case "torch.log":
            inner = _only(call)
            return None if inner is None else _logarithm(call, inner, names)
        case "torch.exp":
            return _difference(reference, call)
        case _:
            # Also `F.softmax(x, 1).log()`: the method of what a function of torch surely gave.
            outer = _method_around(reference, "log")
            return None if outer is None else _logarithm(outer, call, names)


def _method_around(reference: Reference, method: str) -> Call | None:
    """`call.method()` around a call."""
    parents = reference.parents
    match parents[-3:-1]:
        case (Call(args=()) as outer, Attribute(value=value, attr=attr)) if value is parents[-1] and attr == method:
            return outer
        case _:
            return None


def _only(call: Call) -> Expr | None:
    """The one argument of a call that has no other."""
    match call.args:
        case (Argument(star="", keyword=None | "input", value=value),):
            return value
        case _:
            return None


def _logarithm(outer: Call, inner: Expr, names: dict[int, str]) -> Found | None:
    match inner:
        case BinOp(op="+", left=Constant(value=1 | 1.0), right=value) if not isinstance(value, Constant):
            return (outer, "torch.log1p", [value]) if _is_tensor(value, names) else None
        case BinOp(op="+", left=value, right=Constant(value=1 | 1.0)) if not isinstance(value, Constant):
            return (outer, "torch.log1p", [value]) if _is_tensor(value, names) else None
        case Call(args=args):
            name = names.get(id(inner), "")
            if name in ("torch.softmax", "torch.special.softmax", "torch.nn.functional.softmax"):
                if len(args) < 2 or any(argument.star for argument in args):
                    return None
                return outer, "torch.nn.functional.log_softmax", _joined(args)
            if name in ("torch.sigmoid", "torch.special.expit", "torch.nn.functional.sigmoid"):
                score = _only(inner)
                return None if score is None else (outer, "torch.nn.functional.logsigmoid", [score])
            return _sum(outer, inner, names)
        case _:
            return None


def _is_tensor(value: Expr, names: dict[int, str]) -> bool:
    """Whether it is a plain value that 1 is added to: `log(1 + exp(x))` is softplus, which log1p does not mend."""
    return not (isinstance(value, Call) and names.get(id(value)) == "torch.exp")


def _sum(outer: Call, inner: Call, names: dict[int, str]) -> Found | None:
    """`torch.sum(torch.exp(x), dim)` and `torch.exp(x).sum(dim)`, over dimensions that are named."""
    args = inner.args
    match inner.func:
        case Attribute(value=Call() as powers, attr="sum") if names.get(id(powers)) == "torch.exp":
            pass
        case _ if names.get(id(inner)) == "torch.sum" and args and not args[0].star:
            summed = args[0].value
            if args[0].keyword not in (None, "input") or not isinstance(summed, Call):
                return None
            powers, args = summed, args[1:]
        case _:
            return None
    exponent = _only(powers) if names.get(id(powers)) == "torch.exp" else None
    known = all(argument.star == "" and argument.keyword in (None, "dim", "keepdim") for argument in args)
    if exponent is None or not args or not known:
        return None
    return outer, "torch.logsumexp", [exponent, ", ", *_joined(args)]


def _difference(reference: Reference, call: Call) -> Found | None:
    """`torch.exp(x) - 1`."""
    outer = reference.parents[-2] if len(reference.parents) > 1 else None
    value = _only(call)
    match outer:
        case BinOp(op="-", left=left, right=Constant(value=1 | 1.0)) if left is call and value is not None:
            return outer, "torch.expm1", [value]
        case _:
            return None


def _joined(args: tuple[Argument, ...]) -> list[str | Node]:
    found: list[str | Node] = []
    for argument in args:
        found += [", "] * bool(found) + [argument]
    return found
