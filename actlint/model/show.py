"""For people: expressions as text, and the graph of a run, one line an event."""

from __future__ import annotations

from actlint.facts import (
    Argument,
    Attribute,
    Await,
    BinOp,
    BoolOp,
    Call,
    Collection,
    Compare,
    Comprehension,
    Constant,
    DictExpr,
    Expr,
    FString,
    IfExp,
    Lambda,
    Name,
    NamedExpr,
    Opaque,
    Slice,
    Starred,
    Subscript,
    UnaryOp,
    Yield,
)

_LONGEST = 60


def unparse(expr: Expr | None) -> str:
    """The expression as source on one line, shortened in the middle past 60 characters."""
    text = "" if expr is None else _text(expr)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 12]} … {text[-9:]}"


def written(expr: Expr) -> str | None:
    """The whole expression as source that means the same; None where something in it is not known."""
    text = _text(expr)
    return None if "…" in text else text


def dotted(expr: Expr) -> str | None:
    """`a.b.c` for a chain of names, None for anything else."""
    parts: list[str] = []
    while isinstance(expr, Attribute):
        parts.append(expr.attr)
        expr = expr.value
    if not isinstance(expr, Name):
        return None
    parts.append(expr.id)
    return ".".join(reversed(parts))


def _text(expr: Expr) -> str:
    match expr:
        case Name(id=name):
            return name
        case Attribute(value=value, attr=attr):
            return f"{_atom(value)}.{attr}"
        case Constant(value=value):
            return "..." if value is ... else repr(value)
        case FString(parts=parts):
            inner = "".join(part if isinstance(part, str) else "{" + _text(part) + "}" for part in parts)
            return f'f"{inner}"'
        case Call(func=func, args=args):
            return f"{_atom(func)}({', '.join(_argument(arg) for arg in args)})"
        case Slice(lower=lower, upper=upper, step=step):
            tail = "" if step is None else f":{_text(step)}"
            return f"{'' if lower is None else _text(lower)}:{'' if upper is None else _text(upper)}{tail}"
        case Subscript(value=value, index=index):
            if isinstance(index, Collection) and index.kind == "tuple" and not index.parenthesized:
                return f"{_atom(value)}[{', '.join(_text(element) for element in index.elements)}]"
            return f"{_atom(value)}[{_text(index)}]"
        case BinOp(op=op, left=left, right=right):
            return f"{_atom(left)} {op} {_atom(right)}"
        case UnaryOp(op=op, operand=operand):
            return f"{op} {_atom(operand)}" if op == "not" else f"{op}{_atom(operand)}"
        case BoolOp(op=op, left=left, right=right):
            return f"{_atom(left)} {op} {_atom(right)}"
        case Compare(left=left, rest=rest):
            return _atom(left) + "".join(f" {op} {_atom(right)}" for op, right in rest)
        case IfExp(test=test, body=body, orelse=orelse):
            return f"{_atom(body)} if {_atom(test)} else {_atom(orelse)}"
        case Collection(kind=kind, elements=elements):
            inner = ", ".join(_text(element) for element in elements)
            match kind:
                case "tuple":
                    return f"({inner},)" if len(elements) == 1 else f"({inner})"
                case "list":
                    return f"[{inner}]"
                case "set":
                    return "{" + inner + "}"
        case DictExpr(items=entries):
            pairs = (f"**{_text(v)}" if k is None else f"{_text(k)}: {_text(v)}" for k, v in entries)
            return "{" + ", ".join(pairs) + "}"
        case Comprehension(kind=kind, element=element):
            brackets = {"list": ("[", "]"), "generator": ("(", ")")}.get(kind, ("{", "}"))
            return f"{brackets[0]}{_text(element)} for …{brackets[1]}"
        case Starred(value=value):
            return f"*{_atom(value)}"
        case Lambda(params=params, body=body):
            return f"lambda {', '.join(item.name for item in params.items)}: {_text(body)}"
        case NamedExpr(target=target, value=value):
            return f"({target.id} := {_text(value)})"
        case Await(value=value):
            return f"await {_atom(value)}"
        case Yield(value=value, is_from=is_from):
            word = "yield from" if is_from else "yield"
            return word if value is None else f"{word} {_text(value)}"
        case Opaque():
            return "…"


def _atom(expr: Expr) -> str:
    text = _text(expr)
    loose = (BinOp, BoolOp, Compare, IfExp, Lambda, UnaryOp, Await, Yield)
    return f"({text})" if isinstance(expr, loose) else text


def _argument(arg: Argument) -> str:
    value = _text(arg.value)
    return f"{arg.keyword}={value}" if arg.keyword else f"{arg.star}{value}"
