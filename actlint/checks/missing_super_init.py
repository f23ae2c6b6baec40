"""ACT404: `nn.Module.__init__` does not run, or runs too late."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute, Call, Constant, ExprStmt, FunctionDef, Name, Node, Site, Stmt
from actlint.intents import DeleteStatement, InsertStatement, Intent, Repair
from actlint.model import construction
from actlint.model.program import ClassView, Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT404", severity="error")
def missing_super_init(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report constructors in which a module is assigned before `nn.Module` can take it, or never can."""
    for cls in unit.modules():
        init = cls.info.methods.get("__init__", cls.info.methods.get("__post_init__"))
        found = construction.unprepared(cls) if init is not None else None
        if init is None or found is None:
            continue
        at, conditions = found
        node = unit.node(at) if at.path == unit.path else None
        if node is None or not _inside(unit, at, init):
            continue
        calls = list(_super_inits(init))
        here = unit.site(cls.cls.site, init)
        assigned = node is not init
        if not assigned and not (construction.has_forward(ctx, cls) and construction.is_made_itself(ctx, cls)):
            continue  # what nothing calls as a module may do without, and heirs may call the constructors that it needs
        effect = (
            "raises AttributeError" if assigned else "`nn.Module` is not set up and every use raises AttributeError"
        )
        what = f"`{_written(unit, node)}` is assigned" if assigned else f"`{cls.name}()` is made"
        if not calls:
            why, label = (
                f"`{cls.name}.{init.name}` never calls `super().__init__()`",
                "needs `super().__init__()` first",
            )
            notes: tuple[Note, ...] = (Note(here, "begin it with `super().__init__()`"),) if assigned else ()
        else:
            first = unit.site(cls.cls.site, calls[0])
            stopped = construction.stops_at(ctx, cls)
            if assigned and calls[0].ordinal > node.ordinal:
                why, label = "`super().__init__()` comes later", "too early"
                notes = (Note(first, "`nn.Module` is set up only here"),)
            elif stopped is not None:
                parent, site = stopped
                why = f"`super().__init__()` reaches `{parent}.__init__`, which does not go on to `nn.Module`"
                label, notes = (
                    "`nn.Module` is not set up",
                    (Note(site, f"`{parent}.__init__` does not call `super()`"),),
                )
            elif _unbound(calls[0]):
                why, label = "`super` with a class alone is bound to no object", "`nn.Module` is not set up"
                notes = (Note(first, "sets nothing up: write `super().__init__()`"),)
            else:
                continue
        yield Finding(
            at,
            f"{what} before `nn.Module.__init__` has run: {why}, so this {effect}",
            label=label,
            notes=notes,
            conditions=conditions,
            fix=_fix(unit, ctx, cls, init, calls),
        )


def _inside(unit: FileView, at: Site, init: FunctionDef) -> bool:
    return any(node is init for node in unit.path_to(at))


def _written(unit: FileView, node: Node) -> str:
    match node:
        case Attribute():
            return unit.text(node)
        case Call(args=(name, *_)) if isinstance(name.value, Constant) and isinstance(name.value.value, str):
            return f"self.{name.value.value}"
        case _:
            return "a module"


def _super_inits(init: FunctionDef) -> Iterator[ExprStmt]:
    """The statements of the constructor's own body that call a parent's constructor."""
    for statement in init.body:
        match statement:
            case ExprStmt(value=Call(func=Attribute(attr="__init__"))):
                yield statement


def _unbound(statement: ExprStmt) -> bool:
    """`super(Net).__init__()`, where `self` was forgotten."""
    match statement.value:
        case Call(func=Attribute(value=Call(func=Name(id="super"), args=(given,)))):
            return not given.star
        case _:
            return False


def _fix(unit: FileView, ctx: Context, cls: ClassView, init: FunctionDef, calls: list[ExprStmt]) -> Repair | None:
    """Call the parent first, where it takes no arguments; a later call of the same kind moves."""
    if not construction.parent_needs_nothing(ctx, cls) or len(calls) > 1:
        return None
    intents: list[Intent] = []
    if calls:
        call = calls[0].value
        assert isinstance(call, Call)
        if not _plain(call):
            return None
        intents.append(DeleteStatement(unit.site(cls.cls.site, calls[0])))
    first = _first_statement(init)
    intents.append(InsertStatement(unit.site(cls.cls.site, first), "before", ("super().__init__()",)))
    return Repair("call `super().__init__()` first", "safe", tuple(intents))


def _plain(call: Call) -> bool:
    """`super().__init__()` or `super(Net, self).__init__()`: nothing that the statements before it compute goes in."""
    func = call.func
    assert isinstance(func, Attribute)
    return not call.args and isinstance(func.value, Call) and isinstance(func.value.func, Name)


def _first_statement(init: FunctionDef) -> Stmt:
    body = init.body
    docstring = isinstance(body[0], ExprStmt) and isinstance(body[0].value, Constant)
    return body[1] if docstring and len(body) > 1 else body[0]
