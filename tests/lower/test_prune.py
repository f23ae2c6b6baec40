"""Imports that fixes left without use."""

from __future__ import annotations

import pytest

from actlint.lower.prune import orphaned_import_edits
from tests.lower.editing import applied, document

USE = "y = F.tanh(x)\n"
DONE = "y = torch.tanh(x)\n"


def pruned(
    imports: str, before: str = USE, after: str = DONE, path: str = "m.py", exported: tuple[str, ...] = ()
) -> str:
    """The imports that are left once `before` has become `after` below them."""
    opened = document(imports + after, path)
    text = applied(opened.text, orphaned_import_edits(imports + before, opened, exported))
    assert text.endswith(after)
    return text[: -len(after)]


@pytest.mark.parametrize(
    ("imports", "left"),
    [
        ("import torch\nimport torch.nn.functional as F\n", "import torch\n"),
        ("import torch\nfrom torch.nn import functional as F\n\n", "import torch\n\n"),
        (
            "import torch\nfrom torch.nn import Module, functional as F, init\n",
            "import torch\nfrom torch.nn import Module, init\n",
        ),
        (
            "import torch\nfrom torch.nn import (\n    functional as F,\n    init,\n)\n",
            "import torch\nfrom torch.nn import (\n    init,\n)\n",
        ),
        (
            "import torch\nfrom torch.nn import (\n    init,\n    functional as F,\n)\n",
            "import torch\nfrom torch.nn import (\n    init,\n)\n",
        ),
        (
            "import torch\nfrom torch.nn import (init,\n  functional as F)\n",
            "import torch\nfrom torch.nn import (init)\n",
        ),
        ("import torch\nfrom torch.nn import (functional as F)\n", "import torch\n"),
        ("import torch, torch.nn.functional as F\n", "import torch\n"),
        ("import torch; import torch.nn.functional as F\n", "import torch\n"),
        ("import torch\r\nimport torch.nn.functional as F\r\n", "import torch\r\n"),
        ("import torch\nimport F\n", "import torch\n"),
        ("import torch\nimport F.x\n", "import torch\n"),
        ("import torch\nfrom .a import F\n", "import torch\n"),
        ("import torch\n'''About F.'''\nimport torch.nn.functional as F\n", "import torch\n'''About F.'''\n"),
    ],
)
def test_an_orphan_goes(imports: str, left: str) -> None:
    assert pruned(imports) == left


@pytest.mark.parametrize(
    "imports",
    [
        "import torch\nimport torch.nn.functional as F  # noqa\n",
        "import torch\nfrom torch.nn import (  # why\n    functional as F,\n)\n",
        "import torch\ntry:\n    import torch.nn.functional as F\nexcept ImportError:\n    raise\n",
        "import torch\nif torch:\n    import torch.nn.functional as F\n",
        "import torch\nfrom torch.nn.functional import F as F\n",
        "import torch\nfrom torch.nn.functional import *\n",
        "from __future__ import F\nimport torch\n",
        "import torch\nimport torch.nn.functional as F\n__all__ = ['F']\n",
        "import torch\nimport torch.nn.functional as F\n__all__ = ['a'] + torch.__all__\n",
        "import torch\nimport torch.nn.functional as F\n__all__ = ['a']\n__all__.extend(torch.__all__)\n",
        "import torch\nimport torch.nn.functional as F\nx: 'F.Tensor'\n",
        "import torch\nimport torch.nn.functional as F\ndef f(F=F): pass\n",
        "import torch\nimport torch.nn.functional as F\nF = F\n",
        "import torch\nimport torch.nn.functional as F\ndel F\n",
        "import torch\nimport torch.nn.functional as F\nx = f'{F}'\n",
        "import torch\nimport torch.nn.functional as F\n# F.tanh\n",
        "import torch\nimport torch.nn.functional as F\ndef f():\n    '''Doc.\n\n    >>> F.tanh(0)\n    '''\n",
        "import torch\nimport torch.nn.functional as F\nx = torch.nn.functional.relu\n",
        "import torch\nimport torch.nn.functional as F\ntry: import F\nexcept ImportError: F = 1\n",
    ],
)
def test_an_import_that_may_be_wanted_stays(imports: str) -> None:
    assert pruned(imports) == imports


def test_only_what_was_used_before_goes() -> None:
    imports = "import torch\nimport torch.nn.functional as F\n"
    assert pruned(imports, before="y = x\n") == imports
    assert pruned(imports, before="y = x.F\n") == imports
    assert pruned(imports, before="y = x\n# F F F\n") == imports
    assert pruned(imports, before=USE, after=USE) == imports


def test_what_others_import_from_here_stays() -> None:
    imports = "import torch\nimport torch.nn.functional as F\n"
    assert pruned(imports, path="pkg/__init__.py") == imports
    assert pruned(imports, path="pkg\\__init__.py") == imports
    assert pruned(imports, exported=("F",)) == imports
    assert pruned(imports, path="pkg/a__init__.py") == "import torch\n"
    assert pruned("__all__ = ['y']\n" + imports) == "__all__ = ['y']\nimport torch\n"


def test_an_attribute_of_the_same_name_is_no_use() -> None:
    imports = "import torch\nfrom torch.nn.functional import tanh\n"
    assert pruned(imports, before="y = tanh(x)\n") == "import torch\n"
    assert pruned(imports, before="y = tanh(x)\n", after="y = (torch\n  .tanh(x))\n") == "import torch\n"


def test_several_orphans_of_one_statement_go_together() -> None:
    imports = "import torch\nfrom torch.nn.functional import sigmoid as s, relu, tanh, elu as t\n"
    before, after = "y = s(tanh(t(relu(x))))\n", "y = torch.sigmoid(torch.tanh(torch.elu(relu(x))))\n"
    assert pruned(imports, before, after) == "import torch\nfrom torch.nn.functional import relu\n"


@pytest.mark.parametrize(
    ("around", "left"),
    [
        ("def f(x):\n    import F\n    return {}\n", "def f(x):\n    return {}\n"),
        ("def f(x):\n    import F, a\n    return {}, a\n", "def f(x):\n    import a\n    return {}, a\n"),
        (
            "class C:\n    def f(self, x):\n        def g():\n            import F\n            y = {}\n",
            "class C:\n    def f(self, x):\n        def g():\n            y = {}\n",
        ),
        ("def f(x):\n    try:\n        import F\n    except ImportError:\n        raise\n    {}\n", None),
        ("def f(x):\n    if x:\n        import F\n    {}\n", None),
        ("def f(x):\n    global F\n    import F\n    {}\n", None),
        ("class C:\n    import F\n    y = {}\n", None),
    ],
)
def test_an_import_directly_in_a_function_goes_too(around: str, left: str | None) -> None:
    before, after = around.format("F.tanh(x)"), around.format("torch.tanh(x)")
    opened = document(after)
    text = applied(after, orphaned_import_edits(before, opened))
    assert text == (after if left is None else left.format("torch.tanh(x)"))


def test_text_that_has_no_tokens_is_left_alone() -> None:
    imports = "import torch\nimport torch.nn.functional as F\n"
    opened = document(imports + DONE)
    assert orphaned_import_edits(imports + USE + "x = (", opened) == ()
