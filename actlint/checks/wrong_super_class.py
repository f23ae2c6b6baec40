"""ACT414: `super(Other, self)` where Other is no ancestor of the class."""

from __future__ import annotations

from collections.abc import Iterator

from actlint import torchapi
from actlint.facts import Call, ClassDef, FunctionDef, Name, Node
from actlint.intents import Repair, Replace
from actlint.model.program import ClassView, Context, FileView
from actlint.model.values import Class, External, Value
from actlint.model.walk import walk
from actlint.rule import Finding, Note, rule


@rule("ACT414", severity="error")
def wrong_super_class(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report two-argument `super` calls that raise TypeError for every instance of the class and of its subclasses."""
    meanings = {reference.site: reference.value for reference in unit.references()}
    for cls in unit.classes():
        for method in cls.info.methods.values():
            first = method.params.items[0].name if method.params.items else None
            for call in _super_calls(method, first):
                at = unit.site(cls.cls.site, call.args[0].value)
                named = meanings.get(at)
                if named is None or _may_be_ancestor(ctx, cls, named):
                    continue
                written, name = unit.text(call.args[0].value), cls.name
                yield Finding(
                    at,
                    f"`{unit.text(call)}` in class `{name}`: `{written}` is not `{name}` nor one of its base classes, "
                    "so this raises TypeError",
                    label=f"`{name}` is meant",
                    notes=(Note(cls.cls.site, f"`{name}` does not derive from `{written}`"),),
                    fix=Repair(
                        "use `super()`",
                        "safe",
                        (Replace(unit.site(cls.cls.site, call), ("super()",)),),
                    ),
                )


def _super_calls(method: FunctionDef, first: str | None) -> Iterator[Call]:
    """`super(X, self)` in the method itself, where `super()` would mean the same class and object."""
    inner: tuple[type[Node], ...] = (FunctionDef, ClassDef)
    for node in walk(method.body, inner):
        match node:
            case Call(func=Name(id="super"), args=(cls, receiver)) if (
                isinstance(receiver.value, Name) and receiver.value.id == first and not (cls.star or receiver.star)
            ):
                yield node


def _may_be_ancestor(ctx: Context, cls: ClassView, named: Value) -> bool:
    """Whether the named class is, or may be, in the resolution order of the class or of one of its subclasses."""
    if not isinstance(named, (Class, External)):
        return True
    if isinstance(named, External) and named.qualname.startswith("builtins."):
        return True
    for each in (cls.cls, *ctx.subclasses(cls.cls)):
        ancestors = ctx.mro(each)
        if named in ancestors or not all(isinstance(ancestor, (Class, External)) for ancestor in ancestors):
            return True
        if any(isinstance(ancestor, External) and _may_derive(ancestor, named) for ancestor in ancestors):
            return True
    return False


def _may_derive(ancestor: External, named: Value) -> bool:
    """Whether a class outside the project may have the named class among its ancestors."""
    if ancestor.qualname in ("torch.nn.Module", "builtins.object", "abc.ABC", "typing.Generic"):
        return False
    return isinstance(named, External) or not torchapi.is_module_class(ancestor.qualname)
