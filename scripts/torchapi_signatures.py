"""Make `tables/signatures.py`: parameters and results of every public function, tensor method and layer.

Python functions are asked by `inspect`; builtins are read from torch's own type stubs, or from the operator's schema
where there is no stub. The overloads of a builtin become one signature: that of the overload with the most positional
parameters, where a parameter that not every overload needs gets an opaque default, and parameters known only to other
overloads follow as keywords.

One signature is one line of words: `@name` takes a tensor, `name=1` has a literal default, `name=...` an opaque one,
`*` and `/` as in Python, `-> tensors` (or `either`, `none`) where the result is not one tensor.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torchapi_common import main, mapping, module

SCRIPT = "torchapi_signatures.py"
MODULES = ("torch", "torch.nn.functional", "torch.special", "torch.linalg", "torch.fft", "torch.nn.init")
NO_TENSORS = frozenset({"out", "generator"})
UNTYPED_TENSORS = frozenset({"input", "other", "tensor", "tensors", "matrices", "x1", "x2", "a", "b"})
"""Parameters of unannotated Python functions that take tensors."""


@dataclass(frozen=True, slots=True)
class Arg:
    """One parameter of one overload. `kind` is "pos", "var", "key" or "kwargs"; `default` None means required."""

    name: str
    kind: str
    default: str | None
    tensor: bool


@dataclass(frozen=True, slots=True)
class Form:
    """One overload."""

    args: tuple[Arg, ...]
    result: str


def value(node: ast.expr | None) -> str | None:
    """A default as written in the table: a literal without blanks, or "..."."""
    if node is None:
        return None
    try:
        text = repr(ast.literal_eval(node))
    except ValueError:
        return "..."
    return "..." if " " in text and not text.startswith("(") else text.replace(" ", "")


def constant(default: object) -> str | None:
    if default is inspect.Parameter.empty:
        return None
    plain = (bool, int, float, str, type(None))
    ok = isinstance(default, plain) or (isinstance(default, tuple) and all(isinstance(x, plain) for x in default))
    text = repr(default).replace(" ", "")
    return text if ok and not any(c in text for c in "/\\\n") and "inf" not in text else "..."


def result_of(annotation: str) -> str:
    """ "tensor", "tensors" or "none" from a return annotation."""
    if annotation.startswith(("TypeGuard", "TypeIs", "typing_extensions.TypeIs")):
        return "none"
    if annotation in {"", "Tensor", "torch.Tensor", "'Tensor'", "Self"}:
        return "tensor"
    if "Tensor" in annotation or "return_types" in annotation:
        return "tensors"
    return "none"


# ------------------------------------------------------------------------------------------------------------- sources


def stub(path: str, owner: str | None) -> dict[str, list[Form]]:
    """All overloads of the functions (or of the methods of class `owner`) in one of torch's stubs."""
    tree = ast.parse((Path(torch.__file__).parent / path).read_text(encoding="utf-8"))
    body: list[ast.stmt] = tree.body
    if owner is not None:
        body = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == owner).body
    found: dict[str, list[Form]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(stub_form(node, skip_self=owner is not None))
    return found


def stub_form(node: ast.FunctionDef, *, skip_self: bool) -> Form:
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults)) + list(spec.defaults)
    args = [Arg(a.arg, "pos", value(d), tensor_type(a)) for a, d in zip(positional, defaults, strict=True)]
    if skip_self:
        args = args[1:]
    if spec.vararg is not None:
        args.append(Arg(spec.vararg.arg, "var", None, tensor_type(spec.vararg)))
    args += [
        Arg(a.arg, "key", value(d), tensor_type(a)) for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
    ]
    if spec.kwarg is not None:
        args.append(Arg(spec.kwarg.arg, "kwargs", None, False))
    return Form(tuple(args), result_of(ast.unparse(node.returns) if node.returns else ""))


def tensor_type(arg: ast.arg) -> bool:
    text = ast.unparse(arg.annotation) if arg.annotation else ""
    return "Tensor" in text and arg.arg not in NO_TENSORS


def schema(operator: str) -> list[Form]:
    """The overloads of an operator from its registered schemas."""
    packet = getattr(torch.ops.aten, operator, None)
    if packet is None:
        return []
    forms = []
    for name in packet.overloads():
        spec = getattr(packet, name)._schema
        if any(a.is_out for a in spec.arguments) or "Dimname" in str(spec) or "Tensor" not in str(spec):
            continue
        args = []
        for a in spec.arguments:
            kind = "key" if a.kwarg_only else "pos"
            default = constant(a.default_value) if a.has_default_value() else None
            shown = "input" if a.name == "self" else a.name
            args.append(Arg(shown, kind, default, "Tensor" in str(a.type)))
        args.append(Arg("out", "key", "None", False))
        kinds = [str(r.type) for r in spec.returns]
        single = "tensor" if kinds == ["Tensor"] else "tensors" if any("Tensor" in k for k in kinds) else "none"
        forms.append(Form(tuple(args), single))
    return forms


def python(function: Callable[..., Any], *, skip: int = 0) -> Form:
    """A Python function by introspection."""
    spec = inspect.signature(function)
    kinds = {"VAR_POSITIONAL": "var", "KEYWORD_ONLY": "key", "VAR_KEYWORD": "kwargs"}
    args = []
    for p in list(spec.parameters.values())[skip:]:
        noted = p.annotation is not inspect.Parameter.empty
        note = annotation(p.annotation)
        tensor = "Tensor" in note and "Callable" not in note if noted else p.name in UNTYPED_TENSORS
        default = None if p.kind.name.startswith("VAR") else constant(p.default)
        args.append(Arg(p.name, kinds.get(p.kind.name, "pos"), default, tensor and p.name not in NO_TENSORS))
    returns = spec.return_annotation
    return Form(tuple(args), "tensor" if returns is inspect.Parameter.empty else result_of(annotation(returns)))


def annotation(value: object) -> str:
    if isinstance(value, str):
        return value.strip("'")
    if isinstance(value, type):
        return value.__name__
    return str(value).replace("torch.Tensor", "Tensor")


# -------------------------------------------------------------------------------------------------------------- merging


def merge(forms: Iterable[Form]) -> Form | None:
    """One signature for all overloads (module docstring)."""
    candidates = list(forms)
    keyword_only = {a.name for f in candidates for a in f.args if a.kind == "key"}
    candidates = [f for f in candidates if not legacy(f, keyword_only)]
    if not candidates:
        return None
    variadic = [f for f in candidates if any(a.kind == "var" for a in f.args)]
    main_form = variadic[0] if variadic else max(candidates, key=lambda f: sum(a.kind == "pos" for a in f.args))
    needed = min(sum(a.kind in {"pos", "var"} and a.default is None for a in f.args) for f in candidates)
    tensors = {a.name for f in candidates for a in f.args if a.tensor}
    everywhere = set.intersection(*({a.name for a in f.args} for f in candidates))
    args: list[Arg] = []
    for position, arg in enumerate(main_form.args):
        optional = arg.name not in everywhere or (arg.kind == "pos" and position >= needed)
        if arg.kind in {"pos", "key"} and arg.default is None and optional:
            arg = replace(arg, default="...")
        args.append(replace(arg, tensor=arg.name in tensors))
    seen = {a.name for a in args}
    for form in candidates:
        for arg in form.args:
            if arg.name not in seen | {"self"} and arg.kind in {"pos", "key"}:
                default = arg.default if arg.kind == "key" and arg.default is not None else "..."
                args.append(replace(arg, kind="key", default=default, tensor=arg.name in tensors))
                seen.add(arg.name)
    results = {f.result for f in candidates}
    result = results.pop() if len(results) == 1 else "either" if results & {"tensor", "tensors"} else "none"
    order = {"pos": 0, "var": 1, "key": 2, "kwargs": 3}
    return Form(tuple(sorted(args, key=lambda a: order[a.kind])), result)


def legacy(form: Form, keyword_only: set[str]) -> bool:
    """Whether this is a deprecated overload: a receiver called self, or scaling factors ahead of the tensors."""
    first = [a for a in form.args if a.kind == "pos"]
    return bool(first) and (
        first[0].name == "self" or any(a.name in {"alpha", "beta", "value"} & keyword_only for a in first)
    )


def line(form: Form) -> str:
    """The table's text for one signature."""
    parts: list[str] = []
    star = False
    for arg in form.args:
        if arg.kind == "key" and not star:
            if not any(a.kind == "var" for a in form.args):
                parts.append("*")
            star = True
        mark = {"var": "*", "kwargs": "**"}.get(arg.kind, "")
        default = "" if arg.default is None or mark else f"={arg.default}"
        parts.append(f"{'@' if arg.tensor else ''}{mark}{arg.name}{default}")
    if form.result != "tensor":
        parts += ["->", form.result]
    return " ".join(parts)


# --------------------------------------------------------------------------------------------------------------- tables


def functions() -> dict[str, str]:
    stubs = stub("_C/_VariableFunctions.pyi", None)
    core = stub("_C/__init__.pyi", None)
    table: dict[str, str] = {}
    for name in MODULES:
        owner = sys.modules[name]
        for attr in sorted(dir(owner)):
            thing = getattr(owner, attr)
            foreign = getattr(thing, "__module__", "") in {"typing", "collections.abc"}
            if attr.startswith("_") or not callable(thing) or inspect.isclass(thing) or foreign:
                continue
            if name == "torch" and getattr(functional, attr, None) is thing:
                continue  # the documented place is torch.nn.functional
            form = function_form(name, attr, thing, stubs, core)
            table[f"{name}.{attr}"] = line(form)
    return table


def function_form(owner: str, attr: str, thing: Any, stubs: dict[str, list[Form]], core: dict[str, list[Form]]) -> Form:
    if owner == "torch.nn.functional" and hasattr(functional, f"{attr}_with_indices"):
        return replace(python(getattr(functional, f"{attr}_with_indices")), result="either")
    if owner == "torch.nn.init" and hasattr(nn.init, f"{attr}_"):
        return python(getattr(nn.init, f"{attr}_"))  # the deprecated name passes on what it is given
    if owner == "torch" and attr in {"lu", "unique", "unique_consecutive"}:
        source = getattr(torch.functional, {"lu": "_lu_impl", "unique": "_unique_impl"}.get(attr, f"_{attr}_impl"))
        return replace(python(source), result="tensors" if attr == "lu" else "either")
    if owner == "torch" and attr == "einsum":
        return Form((Arg("equation", "pos", None, False), Arg("operands", "var", None, True)), "tensor")
    if inspect.isfunction(thing):
        form = python(thing)
        untyped = owner == "torch" and thing.__module__ in {"torch", "torch._utils_internal", "torch.random"}
        if (
            untyped
            and form.result == "tensor"
            and inspect.signature(thing).return_annotation is inspect.Parameter.empty
        ):
            return Form(tuple(replace(a, tensor=False) for a in form.args), "none")
        operator = merge(schema(attr))
        if operator is not None and inspect.signature(thing).return_annotation is inspect.Parameter.empty:
            return replace(form, result=operator.result)
        return form
    found = merge(stubs.get(attr, [])) if owner in {"torch", "torch.nn.functional"} else None
    if found is None:
        found = merge(schema(getattr(thing, "__name__", attr)))
    if found is None:
        found = merge(core.get(attr, []))
    return found or Form((Arg("args", "var", None, False), Arg("kwargs", "kwargs", None, False)), "none")


def methods() -> dict[str, str]:
    stubs = stub("_C/__init__.pyi", "TensorBase")
    table: dict[str, str] = {}
    for attr in sorted(dir(torch.Tensor)):
        static = inspect.getattr_static(torch.Tensor, attr)
        if attr.startswith("_") or not callable(getattr(torch.Tensor, attr, None)):
            continue
        if inspect.isfunction(static):
            form = python(static, skip=1)
            stubbed = merge(stubs.get(attr, []))
            if attr.startswith("unique"):
                form = replace(form, result="either")
            elif stubbed is not None:
                form = replace(form, result=stubbed.result)
        else:
            form = merge(stubs.get(attr, [])) or merge(schema(attr)) or Form((), "none")
            form = replace(form, args=tuple(a for a in form.args if a.name not in {"input", "out"}))
        table[attr] = line(form)
    return table


def layers() -> tuple[dict[str, str], dict[str, str]]:
    """Constructors and forwards of the classes of `torch.nn` that derive from Module."""
    constructors: dict[str, str] = {}
    forwards: dict[str, str] = {}
    for attr in sorted(dir(nn)):
        cls = getattr(nn, attr)
        if not (inspect.isclass(cls) and issubclass(cls, nn.Module)):
            continue
        constructors[f"torch.nn.{attr}"] = line(replace(constructor(cls), result="tensor"))
        if cls.forward is not nn.Module.forward:
            forwards[f"torch.nn.{attr}"] = line(python(cls.forward, skip=1))
    return constructors, forwards


def constructor(cls: type[nn.Module]) -> Form:
    """`__init__` without self; where it is `*args, **kwargs`, the first overload that its source declares."""
    if cls.__init__ is nn.Module.__init__:
        return Form((), "tensor")  # it takes anything only to refuse it with a TypeError
    form = python(cls.__init__, skip=1)
    if [a.kind for a in form.args] != ["var", "kwargs"]:
        return form
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__" and node.decorator_list:
            declared = stub_form(node, skip_self=True)
            if not any(a.kind == "var" for a in declared.args):
                return declared
    return form


if __name__ == "__main__":
    made, called = layers()
    text = module(
        SCRIPT,
        "Parameters and results: functions, methods of Tensor, constructors and forwards of layers.",
        mapping("FUNCTIONS", functions()),
        mapping("METHODS", methods()),
        mapping("CONSTRUCTORS", made),
        mapping("FORWARDS", called),
    )
    raise SystemExit(main(SCRIPT, {"signatures.py": text}))
