"""References to methods and attributes of torch's own classes that the tables of deprecated names speak of.

A name alone does not tell whose method it is: a run must see a tensor or module there. What enters a function from
outside is a tensor by assumption alone, which is not enough, but for old forms that nothing else has: two positional
arguments of `add_`, say.
"""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute, Call, FunctionDef, Site
from actlint.model.events import Argument as Entry
from actlint.model.events import Call as CallEvent
from actlint.model.events import Read, Trace
from actlint.model.program import FileView
from actlint.model.references import Reference
from actlint.model.shapes import sizes
from actlint.model.values import External, ForeignMethod, Module, Tensor
from actlint.model.walk import walk
from actlint.torchapi.deprecated import METHODS, OVERLOADS


def method_references(unit: FileView) -> Iterator[Reference]:
    """Each place once, as a reference to `torch.Tensor.…` or `torch.nn.Module.…`."""
    texts = [chunk.text for chunk in unit.file.facts.chunks if chunk.facts is not None]
    if not any(f".{name}" in text for name in METHODS for text in texts):
        return
    seen: set[Site] = set()
    ranks: dict[Site, set[int | None]] = {}
    for trace in unit.traces():
        for event in trace.events:
            match event:
                case CallEvent(op=op) if op is not None and op.qualname in ("torch.Tensor.t", "torch.Tensor.T"):
                    if event.where.site.path == unit.path:
                        ranks.setdefault(event.where.site, set()).add(_rank(trace, event))
                    continue
                case CallEvent(callee=ForeignMethod(receiver=Tensor(event=made), name=name)):
                    # a tensor of another run has its event there
                    if not 0 <= made < len(trace.events) or isinstance(trace.events[made], Entry):
                        continue
                    owner = "torch.Tensor"
                case Read(value=ForeignMethod(receiver=Module(), name=name)):
                    owner = "torch.nn.Module"
                case _:
                    continue
            if name in METHODS and event.where.site.path == unit.path:
                found = _called(unit, event.where.site, f"{owner}.{name}")
                if found is not None and found.site not in seen:
                    seen.add(found.site)
                    yield found
    for site, found_ranks in ranks.items():
        if len(found_ranks) == 1 and (rank := found_ranks.pop()) is not None:
            node, path = unit.node(site), unit.path_to(site)
            if isinstance(node, Attribute) and node.attr == "T":
                yield Reference(site, node, External(f"torch.Tensor.T.{rank}"), None, path[:-1])
    yield from (each for each in _by_form(unit) if each.site not in seen)


def _rank(trace: Trace, event: CallEvent) -> int | None:
    """The number of dimensions of what is transposed, where it is known and not 2."""
    source = dict(event.args).get("input")
    if not isinstance(source, Tensor):
        return None
    shape = sizes(trace).of(source)
    if shape.more or len(shape.dims) == 2:
        return None
    single = sizes(trace, batched=False).of(source)  # one image, or a batch of them
    return None if single.more or len(single.dims) != len(shape.dims) else len(shape.dims)


def _called(unit: FileView, site: Site, qualname: str) -> Reference | None:
    """The attribute of the call at a site, or at whose attribute the site is."""
    path = unit.path_to(site)
    node = path[-1] if path else None
    if isinstance(node, Call):
        path = (*path, node.func)
    elif len(path) < 2 or not isinstance(path[-2], Call) or path[-2].func is not node:
        return None
    func, call = path[-1], path[-2]
    if not isinstance(func, Attribute) or not isinstance(call, Call):
        return None
    return Reference(unit.site(site, func), func, External(qualname), call, path[:-1])


def _by_form(unit: FileView) -> Iterator[Reference]:
    """The calls of methods that nothing but tensors have, in a form that tensors take in the old meaning alone."""
    for number, chunk in enumerate(unit.file.facts.chunks):
        named = [name for name in OVERLOADS if f".{name}(" in chunk.text] if chunk.facts is not None else []
        if chunk.facts is None or not named:
            continue
        for node in walk(chunk.facts.body):
            match node:
                case Call(func=Attribute(attr=name) as func, args=args) if name in named:
                    given = sum(argument.keyword is None for argument in args)
                    site = Site(unit.path, number, func.ordinal)
                    fits = given in OVERLOADS[name] and not any(argument.star == "*" for argument in args)
                    if fits and not unit.references_at(site) and not _defines(unit, name):
                        found = _called(unit, site, f"torch.Tensor.{name}")
                        if found is not None:
                            yield found
                case _:
                    pass


def _defines(unit: FileView, name: str) -> bool:
    """Whether some class or function of the project has the name itself."""
    for file in unit.program.names.files.values():
        for chunk in file.facts.chunks:
            if chunk.facts is not None and f"def {name}(" in chunk.text:
                if any(isinstance(node, FunctionDef) and node.name == name for node in walk(chunk.facts.body)):
                    return True
    return False
