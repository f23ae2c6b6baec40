"""The look at bytes that says which files of a project are worth parsing."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from actlint.screen import Imported, Index, Screen, imports, screen


def found(text: str) -> list[Imported]:
    return list(imports(text.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a", [Imported(0, "a", None)]),
        ("import a.b as c, d", [Imported(0, "a.b", None), Imported(0, "d", None)]),
        ("from a.b import c as d, e", [Imported(0, "a.b", ("c", "e"))]),
        ("from . import c", [Imported(1, "", ("c",))]),
        ("from ..a.b import *", [Imported(2, "a.b", ("*",))]),
        ("from . . a import(b)", [Imported(2, "a", ("b",))]),
        ("from a import (\r\n    b,  # or x\r\n    c,\r\n)\r\n", [Imported(0, "a", ("b", "c"))]),
        ("from a \\\n    import b, \\\n    c\nd", [Imported(0, "a", ("b", "c"))]),
        ("from \\\n a import b", [Imported(0, "a", ("b",))]),
        ("try: import a\nexcept: from b import c; import d", None),
        ("if x:\n\timport a\n", [Imported(0, "a", None)]),
        ("import a; import b", [Imported(0, "a", None), Imported(0, "b", None)]),
        ("# import a\nx = importlib.import_module('a')\nreimport = 1\nimportant = 2", []),
        ("from é import ü", [Imported(0, "é", ("ü",))]),
        ("from a import (b", [Imported(0, "a", ("b",))]),
        ("import", []),
        ("import \\", []),
    ],
)
def test_imports_are_found_without_parsing(text: str, expected: list[Imported] | None) -> None:
    if expected is None:
        assert {item.module for item in found(text)} == {"a", "b", "d"}
    else:
        assert found(text) == expected


def parsed(text: str) -> Iterator[Imported]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (Imported(0, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield Imported(node.level, node.module or "", tuple(alias.name for alias in node.names))


def test_no_import_of_the_standard_library_is_missed() -> None:
    files = sorted(Path(ast.__file__).parent.glob("*.py")) + sorted((Path(ast.__file__).parent / "email").glob("*.py"))
    assert len(files) > 150
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert set(parsed(text)) <= set(found(text)), path


FILES = {
    "pkg/__init__.py": "from .net import Net\n",
    "pkg/net.py": "import torch\nfrom .parts import Block\nfrom pkg import sizes",
    "pkg/parts.py": "import torch",
    "pkg/sizes.py": "WIDTH = 3",
    "pkg/plain.py": "import os",
    "pkg/sub/deep.py": "from ..net import Net",
    "src/lib/core.py": "import torch",
    "src/lib/use.py": "import lib.core",
    "scripts/train.py": "from pkg import Net\nimport helper",
    "scripts/helper.py": "import torch",
    "scripts/other.py": "import torch",
}


def relevant(seen: Collection[str], reported: Collection[str]) -> frozenset[str]:
    return screen(seen, reported, [".", "src"], read).relevant


def read(path: str) -> bytes | None:
    return FILES[path].encode()


def test_names_are_resolved_as_python_would() -> None:
    index = Index(FILES, [".", "src"])

    def targets(path: str, text: str) -> set[str]:
        return {target for item in found(text) for target in index.targets(path, item)}

    assert targets("x.py", "import pkg.net") == {"pkg/__init__.py", "pkg/net.py"}
    assert targets("x.py", "from pkg import net, Net") == {"pkg/__init__.py", "pkg/net.py"}
    assert targets("x.py", "from lib.core import a") == {"src/lib/core.py"}
    assert targets("pkg/sub/deep.py", "from .. import parts") == {"pkg/__init__.py", "pkg/parts.py"}
    assert targets("pkg/__init__.py", "from . import net") == {"pkg/__init__.py", "pkg/net.py"}
    assert targets("pkg/net.py", "from ...... import net") == set()
    assert targets("scripts/train.py", "import helper") == {"scripts/helper.py"}
    assert targets("x.py", "import torch, os.path") == set()


def test_everything_that_touches_torch_matters_when_everything_is_asked_for() -> None:
    assert relevant(FILES, FILES) == set(FILES) - {"pkg/plain.py", "pkg/sizes.py"}


@pytest.mark.parametrize(
    ("file", "matter"),
    [
        ("pkg/parts.py", "pkg/__init__ pkg/net pkg/parts pkg/sub/deep scripts/train scripts/helper"),
        ("scripts/other.py", "scripts/other"),
        ("src/lib/core.py", "src/lib/core src/lib/use"),
        ("src/lib/use.py", "src/lib/core src/lib/use"),
        ("pkg/plain.py", ""),
    ],
)
def test_what_matters_for_one_file(file: str, matter: str) -> None:
    assert relevant(FILES, [file]) == {f"{name}.py" for name in matter.split()}


def test_what_matters_for_some_files_matters_for_more() -> None:
    for one in FILES:
        alone = relevant(FILES, [one])
        for other in FILES:
            both = relevant(FILES, {one, other})
            assert alone <= both <= relevant(FILES, FILES)


def test_without_torch_nothing_matters_and_files_are_read_once() -> None:
    reads: list[str] = []

    def counting(path: str) -> bytes:
        reads.append(path)
        return b"import os"

    assert screen(FILES, FILES, ["."], counting) == Screen(frozenset(), False)
    assert sorted(reads) == sorted(FILES)


def test_a_file_that_cannot_be_read_is_passed_over() -> None:
    files = ["a.py", "b.py"]
    assert screen(files, files, ["."], lambda path: b"torch" if path == "a.py" else None) == Screen(
        frozenset({"a.py"}), True
    )
