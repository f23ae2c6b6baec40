"""Programs for property tests: valid Python that talks of modules, tensors and losses, and means nothing."""

from __future__ import annotations

import re
import warnings

from hypothesis import assume
from hypothesis import strategies as st

GRAMMAR = {
    "header": (
        "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch import Tensor",
        "import torch, torch.nn.functional as F\nfrom torch import nn, Tensor",
        "from torch.nn.functional import sigmoid as act, tanh\nfrom torch import nn\nimport torch.nn.functional as F",
        '"""Doc."""\nfrom __future__ import annotations\nfrom torch.nn import *\nimport torch.nn.functional as F',
        "try:\n    import torch.nn.functional as F\nexcept ImportError:\n    F = None\nfrom torch import nn",
        "from torch import nn\nif True:\n    from torch.nn import functional as F",
    ),
    "file": ("<class>\n<stmts>", "<stmts>", "<class>\n\n\n<class>", "<class>\n\nnet = Net()\nnet(<expr>)\n<stmts>"),
    "atom": (
        "x", "y", "self", "F", "nn", "torch", "act", "tanh", "Net", "Tensor", "super", "é", "_", "x", "self.lin",
        "0", "1", "-1", "3.5e-3", "None", "True", "'lin'", "f'lin{y}'", "b'x'", "...", '"""doc"""', "1j", "[]", "()",
    ),
    "callable": (
        "F.sigmoid", "F.tanh", "F.relu", "F.softmax", "nn.Linear", "nn.Sequential", "nn.ReLU", "nn.Softmax",
        "nn.Sigmoid",
        "nn.functional.sigmoid", "nn.ModuleList", "torch.sigmoid", "torch.cuda.amp.autocast", "nn.Parameter",
        "self.lin",
        "super().__init__", "self.layers.append", "setattr", "getattr", "self.add_module", "x.relu_", "x.view",
        "x.add_",
        "self.lin.forward", "tanh", "act", "Net", "range", "zip", "list", "super(Net, self).__init__",
        "<expr>.backward",
        "torch.cuda.amp.GradScaler", "F.log_softmax", "F.relu_", "<expr>",
    ),
    "arguments": (
        "", "<expr>", "<expr>", "<expr>, <expr>", "<expr>, <keyword>", "*<expr>", "<expr>, **<expr>", "<keyword>",
        "input=<expr>", "<expr>,  # first\n    <expr>,\n", "<expr> for x in <expr>",
    ),
    "keyword": ("inplace=True", "inplace=<expr>", "dim=<expr>", "bias=False", "enabled=<expr>", "device_type='cuda'"),
    "attribute": (
        "lin", "act", "layers", "forward", "data", "weight", "shape", "append", "T", "detach", "relu_", "lin1",
    ),
    "operator": (
        "+", "-", "*", "/", "@", "**", "//", "%", "&", "|", "^", "<<", "==", "<", "is not", "not in", "and", "or",
    ),
    "expr": (
        "<atom>", "<atom>", "<atom>", "<callable>(<arguments>)", "<callable>(<arguments>)", "(<expr>).<attribute>",
        "(<expr>)[<expr>]", "(<expr>)[1:, ..., <expr>]", "(<expr> <operator> <expr>)", "(<expr> if <expr> else <expr>)",
        "(not <expr>)", "(-<expr>)", "[<expr>, <expr>]", "(<expr>,)", "{<expr>, *<expr>}",
        "[x for x in <expr> if <expr>]",
        "{<expr>: y for y in <expr>}", "(lambda x, y=<expr>: <expr>)", "{'a': <expr>, **<expr>}", "(y := <expr>)",
        "(\n    <expr>  # why\n)", "f'{<atom>!r:>{y}} {x}'", "(yield <expr>)",
        "nn.Sequential(<expr>, nn.ReLU(), <expr>)",
        "F.sigmoid(<expr>)", "nn.ReLU(inplace=True)(<expr>)", "F.softmax(<expr>)",
    ),
    "target": ("x", "y", "self.lin", "self.layers", "self.act", "x[0]", "x.data", "x, y", "(x, *y)", "F", "[x, y]"),
    "simple": (
        "pass", "super().__init__()", "import torch.nn.functional as F", "<target> = <expr>", "x = <target> = <expr>",
        "x <arithmetic>= <expr>", "self.lin: Tensor = <expr>", "x = <expr>,", "x = <expr>; y = <expr>  # two", "<expr>",
        "del x", "assert <expr>, <expr>", "raise <expr>", "global torch", "return <expr>", "<expr>  # actlint: ignore",
        "<expr>  # noqa: ACT101", "self.lin = nn.Linear(3, 4)", "self.act = nn.Sigmoid(inplace=True),",
        "x = self.lin(x)",
        "self.act = nn.ReLU", "self.layers = [nn.Linear(3, 4)]", "x = F.relu(x)", "F.relu(x)", "x += y", "x.sigmoid_()",
    ),
    "arithmetic": ("+", "-", "*", "/", "@", "**", "//"),
    "stmt": (
        "<simple>", "<simple>", "<simple>", "<simple>", "if <expr>:\n    <stmts>\nelse:\n    <stmts>", "<method>",
        "<class>",
        "for <target> in <expr>:\n    <stmts>", "while <expr>:\n    <stmts>\n    break",
        "with <expr> as x, <expr>:\n    <stmts>",
        "try:\n    <stmts>\nexcept <expr> as y:\n    <stmts>\nfinally:\n    <stmts>",
        "match <expr>:\n    case [x, *_] if <expr>:\n        <stmts>\n    case _:\n        <stmts>",
        "with torch.no_grad():\n    <stmts>",
    ),
    "stmts": ("<simple>", "<stmt>", "<stmt>\n<stmt>", "<stmt>\n\n# a comment\n<stmt>\n<stmt>"),
    "decorator": ("", "", "", "@property\n", "@staticmethod\n", "@torch.no_grad()\n", "async "),
    "method": (
        "<decorator>def <name>(self, x, *args, y=<expr>, **kwargs):\n    <stmts>\n    return <expr>",
        "def <name>(self, x: Tensor) -> Tensor:\n    <stmts>", "def <name>(self, x): return <expr>",
    ),
    "name": ("__init__", "forward", "forward", "training_step", "act"),
    "init": (
        "def __init__(self, y=3):\n    super().__init__()\n    <stmts>",
        "def __init__(self):\n    <stmts>",
        "y = <expr>",
    ),
    "class": (
        "class Net(nn.Module):\n    <init>\n\n    def forward(self, x):\n        <stmts>\n        return <expr>",
        "class Net(<base>):\n    <init>\n\n    <method>\n\n    <stmts>",
    ),
    "base": ("nn.Module", "nn.Sequential", "Net", "", "object, metaclass=type", "<expr>"),
}  # fmt: skip
"""What each symbol can become. A symbol in angle brackets is expanded in turn, on its line's indentation."""

SMALLEST = {
    "expr": "x", "stmts": "pass", "stmt": "pass", "simple": "x = F.sigmoid(x)", "callable": "F.tanh", "arguments": "x",
    "class": "x = 1", "method": "y = 2", "init": "y = 3", "base": "nn.Module", "keyword": "dim=1",
}  # fmt: skip
"""What a symbol becomes where the program is deep enough; the others end by themselves."""

_SYMBOL = re.compile(r"<([a-z]+)>")


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Whole files: imports of torch in some spelling, and a few statements, with one of the line ends there are."""

    def expanded(symbol: str, depth: int) -> str:
        if depth == 0 and symbol in SMALLEST:
            return SMALLEST[symbol]
        template = draw(st.sampled_from(GRAMMAR[symbol]))
        return "\n".join(expanded_line(line, max(depth - 1, 0)) for line in template.split("\n"))

    def expanded_line(line: str, depth: int) -> str:
        line_break = "\n" + line[: len(line) - len(line.lstrip(" "))]
        return _SYMBOL.sub(lambda found: expanded(found[1], depth).replace("\n", line_break), line)

    text = f"{expanded('header', 1)}\n\n\n{expanded('file', draw(st.integers(2, 7)))}\n"
    assume(_compiles(text))
    return text.replace("\n", draw(st.sampled_from(("\n", "\n", "\r\n", "\r"))))


def _compiles(text: str) -> bool:
    """Whether it is Python: the grammar knows nothing of scopes (`return` outside functions, `global` after use)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "program", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
