"""Hold what is said of torchvision's deprecated names against its sources: those installed, or in the given directory.

Nothing is imported and nothing fetched: the sources are read. Of any version it is checked that it has what the rows
call gone later, and not what they call gone by then. Of the version that the tables were read from, also the old
arguments of all model builders with the weights that they meant, that these weights exist, and what says of itself that
it is deprecated. Exit code 1 where something differs.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from actlint.torchapi import torchvision_deprecated
from actlint.torchapi.tables.torchvision import BUILDERS

READ_FROM = "0.29.2"


def trees(root: Path) -> dict[str, ast.Module]:
    """The modules under `torchvision`, by name."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = ["torchvision", *path.relative_to(root).with_suffix("").parts]
        name = ".".join(parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def legacy(modules: dict[str, ast.Module]) -> dict[tuple[str, str], tuple[int, list[str]]]:
    """By module and builder: the place of the first new parameter, and `new=old:weights` of each old one."""
    found = {}
    for module, tree in modules.items():
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("handle_legacy_interface"):
                    pairs = [_pair(keyword) for keyword in decorator.keywords]
                    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                    new = str(decorator.keywords[0].arg)
                    found[module, node.name] = (names.index(new) if new in names else -1, pairs)
    return found


def _pair(keyword: ast.keyword) -> str:
    assert isinstance(keyword.value, ast.Tuple)
    old, weights = keyword.value.elts
    text = ast.unparse(weights) if isinstance(weights, ast.Attribute | ast.Constant) else ""
    return f"{keyword.arg}={ast.literal_eval(old)}:{text}"


def members(modules: dict[str, ast.Module]) -> set[str]:
    """`ResNet18_Weights.DEFAULT` of all classes."""
    return {
        f"{node.name}.{target.id}"
        for tree in modules.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def version(directory: Path) -> str:
    """What `torchvision/version.py` says, without what follows a plus."""
    text = (directory / "version.py").read_text(encoding="utf-8")
    found = re.search(r"""__version__ *= *['"]([\d.]+)""", text)
    return "" if found is None else found[1]


def number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.removeprefix("torchvision ").split(".")[:2])


def differences(modules: dict[str, ast.Module]) -> Iterator[str]:
    """Where the table of builders is not what the sources say."""
    theirs = legacy(modules)
    known = members(modules)
    ours = {(module, name.rpartition(".")[2]): (position, text) for name, (module, position, text) in BUILDERS.items()}
    for module, name in sorted(theirs.keys() - ours.keys()):
        yield f"{module}.{name} has an old argument, and no row"
    for module, name in sorted(ours.keys() - theirs.keys()):
        yield f"{module}.{name} has a row, and no old argument"
    for key in sorted(ours.keys() & theirs.keys()):
        if ours[key][0] != theirs[key][0]:
            yield f"{'.'.join(key)}: the first is said to come at {ours[key][0]}, and comes at {theirs[key][0]}"
        told = [each.rpartition(":") for each in ours[key][1].split(" ")]
        found = [each.rpartition(":") for each in theirs[key][1]]
        if [head for head, _, _ in told] != [head for head, _, _ in found]:
            yield f"{'.'.join(key)}: {ours[key][1]} is said, and {theirs[key][1]} is there"
        for (head, _, mine), (_, _, his) in zip(told, found, strict=False):
            if ".".join(mine.split(".")[-2:]) != his and (mine or his):
                yield f"{'.'.join(key)}: {head}=True is said to mean {mine or 'what depends'}, and means {his}"
            if mine not in ("", "None") and ".".join(mine.split(".")[-2:]) not in known:
                yield f"{mine} is no member"


def contradictions(modules: dict[str, ast.Module], here: str) -> Iterator[str]:
    """Where a version does not have what the rows say of it."""
    for row in torchvision_deprecated.ROWS:
        module, _, name = row.qualname.rpartition(".")
        tree = modules.get(row.qualname if row.kind == "module" else module)
        if row.recipe == "weights" or row.argument:
            continue
        if row.removed:
            gone = tree is None or name not in _names(tree)
            if gone != (number(here) >= number(row.removed)):
                yield f"{row.qualname} is said to be gone since {row.removed}, and is {'gone' if gone else 'there'}"
            continue
        if here != READ_FROM:
            continue
        text = "" if tree is None else ast.unparse(tree)
        if row.kind != "module" and tree is not None and name not in _names(tree):
            yield f"{row.qualname} is said to be there, and is not"
        if row.kind == "module" and "deprecated" not in text:
            yield f"{row.qualname} is said to be deprecated, and its source does not say so"


def _names(tree: ast.Module) -> set[str]:
    """What a module binds at its top level."""
    found = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Assign(targets=targets):
                found.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found.update(alias.asname or alias.name for alias in names)
            case ast.Try(body=body, handlers=handlers):
                found |= _names(ast.Module(body, [])) | _names(ast.Module([s for h in handlers for s in h.body], []))
            case _:
                pass
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="torchapi_torchvision.py", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, help="the package's directory; default: the installed one")
    parser.add_argument("--check", action="store_true", help="say so and pass where no torchvision is installed")
    options = parser.parse_args()
    directory = options.directory
    if directory is None:
        spec = importlib.util.find_spec("torchvision")
        if spec is None or spec.origin is None:
            print("not held against torchvision: it is not installed, and no directory is given", file=sys.stderr)
            return 0 if options.check else 2
        directory = Path(spec.origin).parent
    modules = trees(directory)
    here = version(directory)
    wrong = [*(differences(modules) if here == READ_FROM else ()), *contradictions(modules, here)]
    builders = legacy(modules)
    pairs = sum(len(pairs) for _, pairs in builders.values())
    print(f"torchvision {here}: {len(builders)} builders with {pairs} old arguments, {len(wrong)} differ")
    print("".join(f"  {line}\n" for line in wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
