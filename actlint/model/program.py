"""The linked program and what checks may ask of it.

`Program` holds every file; `FileView` is one file as a check sees it: its references, its classes and the traces of its
runs; `Context` answers questions about the rest of the program and holds the settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actlint import intents
from actlint.facts import ClassDef, Expr, FileFacts, FunctionDef, Node, Site
from actlint.model import classes, definitions, spelling, worlds
from actlint.model.classes import ClassInfo
from actlint.model.evaluate import Purse, functions, purse_of, run_class, run_function, run_script
from actlint.model.events import Trace
from actlint.model.held import held
from actlint.model.link import File, Names, link_names
from actlint.model.machine import Machine, Shared
from actlint.model.references import Reference, nodes_of, path_to, references
from actlint.model.show import unparse
from actlint.model.values import Class, Function, Value
from actlint.torchapi.packages import entry_points

if TYPE_CHECKING:
    from actlint.config import Settings
    from actlint.model.deprecations import Use


@dataclass(slots=True)
class Program:
    """All files, linked. `shared` caches what does not depend on a run."""

    names: Names
    settings: Settings
    shared: Shared = field(default_factory=Shared)
    views: dict[str, FileView] = field(default_factory=dict)
    index: Index | None = None


@dataclass(slots=True)
class Index:
    """What the whole program says, collected once: where classes are called, by unit and by call (`built`), their
    subclasses, attributes that are stored from outside, and which units (a file and a definition in it, -1 for the
    rest) may store computed names.
    """

    called: dict[Site, set[tuple[str, int]]] = field(default_factory=dict)
    built: dict[Site, list[Reference]] = field(default_factory=dict)
    subclasses: dict[Site, list[Class]] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    computing: set[tuple[str, int]] = field(default_factory=set)


def link(files: Sequence[FileFacts], settings: Settings, roots: Sequence[str] = ()) -> Program:
    """Link files to a program. `roots` are directories that imports start from, besides the packages' own parents."""
    return Program(link_names(files, roots), settings)


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class of the file and the traces of its general world: constructor first, then its methods, `forward` first."""

    cls: Class
    info: ClassInfo
    is_module: bool
    traces: tuple[Trace, ...]

    @property
    def name(self) -> str:
        """The class's name."""
        return self.info.code.name

    @property
    def constructor(self) -> Trace:
        """The trace of `__init__`."""
        return self.traces[0]

    def method(self, name: str) -> Trace | None:
        """The trace of a method of the class's own body."""
        for trace in self.traces[1:]:
            if trace.entry is not None and isinstance(trace.entry.code, FunctionDef) and trace.entry.code.name == name:
                return trace
        return None


@dataclass(slots=True)
class FileView:
    """One file as checks see it. `calls` are those that made worlds, by the words of their condition."""

    program: Program
    file: File
    _references: tuple[Reference, ...] | None = None
    _by_site: dict[Site, list[Reference]] | None = None
    _classes: tuple[ClassView, ...] | None = None
    _functions: tuple[Trace, ...] | None = None
    _worlds: tuple[Trace, ...] | None = None
    calls: dict[str, Site] = field(default_factory=dict)
    _held: tuple[Trace, ...] | None = None
    _steps: Purse | None = None
    deprecated: tuple[Use, ...] | None = None
    """What `model.deprecations` found, for all rules that ask it."""

    @property
    def path(self) -> str:
        """The file's path."""
        return self.file.path

    def references(self) -> tuple[Reference, ...]:
        """Every written reference to an import or module-level name (see `model.references`)."""
        if self._references is None:
            self._references = tuple(references(self.program.names, self.file))
        return self._references

    def built_at(self, cls: Class) -> Sequence[Reference]:
        """The references to a class that the project calls, in any file."""
        return _index(self.program).built.get(cls.site, ())

    def references_at(self, site: Site) -> list[Reference]:
        """The references at one node: more than one where a name may mean several things."""
        if self._by_site is None:
            self._by_site = {}
            for reference in self.references():
                self._by_site.setdefault(reference.site, []).append(reference)
        return self._by_site.get(site, [])

    def classes(self) -> tuple[ClassView, ...]:
        """The module-level classes of the file with their traces."""
        if self._classes is None:
            self._classes = tuple(self._class_views())
        return self._classes

    def modules(self) -> Iterator[ClassView]:
        """The classes that derive from `nn.Module`."""
        return (view for view in self.classes() if view.is_module)

    def traces(self) -> Iterator[Trace]:
        """Every run of the file: classes, functions, top level, and classes again as the project calls them."""
        for view in self.classes():
            yield from view.traces
        if self._functions is None:
            names, shared = self.program.names, self.program.shared
            wanted = self._touching_torch()
            purse = self._purse()
            runs = [run_function(names, shared, f, purse) for f in functions(self.file) if f.site in wanted]
            self._functions = (*runs, run_script(names, shared, self.file, purse))
        yield from self._functions
        if self._worlds is None:
            self._worlds = ()
            general = [trace for view in self.classes() for trace in view.traces]
            self._worlds = worlds.runs(self.program.names, self.program.shared, self, (*general, *self._functions))
        yield from self._worlds

    def flows(self) -> Iterator[Trace]:
        """Every run of the file, and one for each Sequential that it only builds."""
        yield from self.traces()
        if self._held is None:
            groups = [view.traces for view in self.classes()] + [(trace,) for trace in self._functions or ()]
            names, shared = self.program.names, self.program.shared
            purse = self._purse()
            self._held = tuple(run for group in groups for run in held(names, shared, self.path, group, purse))
        yield from self._held

    def spent(self) -> float:
        """The share of the file's steps that its runs have used so far."""
        return 0.0 if self._steps is None else self._steps.spent

    def _purse(self) -> Purse:
        if self._steps is None:
            self._steps = purse_of(self.file)
        return self._steps

    def _touching_torch(self) -> frozenset[Site]:
        """The functions that name something of torch, make a module, hand a function over, or call `forward`.

        No other module-level function has anything to show.
        """
        found: set[Site] = set()
        machine = Machine(self.program.names, self.program.shared, Trace(None, None, "query"))
        for reference in self.references():
            built = reference.call is not None and isinstance(reference.value, Class)
            made = built and classes.is_module(machine, reference.value)
            if made or reference.qualname.partition(".")[0] == "torch" or entry_points(reference.qualname):
                found.update(_function_sites(reference.site, reference.parents))
        for index, chunk in enumerate(self.file.facts.chunks):
            if chunk.facts is not None and "forward" in chunk.text:
                found.update(Site(self.path, index, s.ordinal) for s in chunk.facts.body if isinstance(s, FunctionDef))
        return frozenset(found)

    def _class_views(self) -> Iterator[ClassView]:
        names, shared = self.program.names, self.program.shared
        for bindings in self.file.bindings.values():
            for binding in bindings:
                if not isinstance(binding.statement, ClassDef):
                    continue
                cls = Class(binding.site)
                machine = Machine(names, shared, Trace(None, cls, "general"))
                info = classes.class_info(machine, cls)
                yield ClassView(
                    cls, info, classes.is_module(machine, cls), tuple(run_class(names, shared, cls, self._purse()))
                )

    # ------------------------------------------------------------------------------------------------------------ nodes

    def node(self, site: Site) -> Node | None:
        """The node at a site of this file."""
        found = nodes_of(self.file, site.chunk).get(site.ordinal)
        return None if found is None else found[0]

    def text(self, node: Expr | None) -> str:
        """The expression as text on one line, shortened if long."""
        return unparse(node)

    def site(self, near: Site, node: Node) -> Site:
        """The site of a node of the same statement as `near`."""
        return Site(near.path, near.chunk, node.ordinal)

    def path_to(self, site: Site) -> tuple[Node, ...]:
        """The nodes from the top-level statement down to the one at `site`, that one included."""
        return path_to(self.file, site)

    def spell(self, qualname: str, at: Site) -> intents.Reference | None:
        """How a qualified name can be written at a place, with the import it needs; None where its name is taken."""
        return spelling.spell(self.program.names, self.file, qualname, self.path_to(at))


def _function_sites(at: Site, parents: Sequence[Node]) -> Iterator[Site]:
    """The outermost function around a place."""
    for node in parents:
        if isinstance(node, FunctionDef):
            yield Site(at.path, at.chunk, node.ordinal)
            return
        if isinstance(node, ClassDef):
            return


@dataclass(slots=True)
class Context:
    """Queries about the program, and the settings."""

    program: Program

    @property
    def settings(self) -> Settings:
        """The settings of the project."""
        return self.program.settings

    def is_called(self, cls: Class) -> bool:
        """Whether some file of the project instantiates the class."""
        return cls.site in _index(self.program).called

    def built_in(self, cls: Class) -> frozenset[str]:
        """The files that instantiate the class."""
        return frozenset(path for path, _ in _index(self.program).called.get(cls.site, ()))

    def subclasses(self, cls: Class) -> list[Class]:
        """The project's direct and indirect subclasses of a class."""
        index = _index(self.program)
        found: list[Class] = []
        queue = list(index.subclasses.get(cls.site, ()))
        while queue:
            current = queue.pop()
            if current not in found:
                found.append(current)
                queue.extend(index.subclasses.get(current.site, ()))
        return found

    def stored_elsewhere(self, name: str) -> bool:
        """Whether some code of the project assigns an attribute of that name to anything but a method's own `self`."""
        return name in _index(self.program).stored

    def stored_by_computed_name(self, cls: Class) -> bool:
        """Whether code that instantiates the class assigns attributes to some object under computed names."""
        index = _index(self.program)
        return not index.computing.isdisjoint(index.called.get(cls.site, ()))

    def info(self, cls: Class) -> ClassInfo:
        """The definition of a class."""
        return classes.class_info(self._machine(), cls)

    def open_reason(self, cls: Class) -> str:
        """Why instances of a class may have attributes that are not visible: "" if they cannot."""
        return classes.open_reason(self._machine(), cls)

    def method_owner(self, cls: Class, name: str) -> Class | None:
        """The project's class whose method of that name an object of the class has."""
        found = classes.find_method(self._machine(), cls, name)
        return found.owner if isinstance(found, Function) else None

    def mro(self, cls: Class) -> tuple[Value, ...]:
        """The class and its ancestors in resolution order."""
        return classes.mro(self._machine(), cls)

    def path_to(self, site: Site) -> tuple[Node, ...]:
        """The nodes from a top-level statement of some file down to the one at `site`, that one included."""
        return path_to(self.program.names.files[site.path], site)

    def _machine(self) -> Machine:
        return Machine(self.program.names, self.program.shared, Trace(None, None, "query"))


def view(program: Program, path: str) -> FileView:
    """The view of one file, made once."""
    found = program.views.get(path)
    if found is None:
        found = program.views[path] = FileView(program, program.names.files[path])
    return found


def _index(program: Program) -> Index:
    if program.index is None:
        index = program.index = Index()
        computing: set[Site] = set()
        for file in program.names.files.values():
            computing.update(_index_file(program, file, index))
        for path, file in program.names.files.items():
            for reference in view(program, path).references():
                match reference.value:
                    case Class(site=site) if reference.call is not None:
                        index.called.setdefault(site, set()).add(_unit(file, reference.site))
                        index.built.setdefault(site, []).append(reference)
                    case Function(site=site) if site in computing:
                        index.computing.add(_unit(file, reference.site))
                    case _:
                        pass
    return program.index


def _index_file(program: Program, file: File, index: Index) -> Iterator[Site]:
    """Collect subclasses and stored names; the functions that store computed names are given back."""
    machine = Machine(program.names, program.shared, Trace(None, None, "index"))
    for bindings in file.bindings.values():
        for binding in bindings:
            if isinstance(binding.statement, ClassDef):
                cls = Class(binding.site)
                for base in classes.class_info(machine, cls).bases:
                    if isinstance(base, Class):
                        index.subclasses.setdefault(base.site, []).append(cls)
    for number, chunk in enumerate(file.facts.chunks):
        for statement in chunk.facts.body if chunk.facts is not None else ():
            stored, computed = definitions.outside((statement,))
            index.stored.update(stored)
            if computed:
                site = Site(file.path, number, statement.ordinal)
                index.computing.add(_unit(file, site))
                if isinstance(statement, FunctionDef):
                    yield site


def _unit(file: File, site: Site) -> tuple[str, int]:
    facts = file.facts.chunks[site.chunk].facts
    definition = facts is not None and isinstance(facts.body[0], (FunctionDef, ClassDef))
    return file.path, site.chunk if definition else -1
