"""Programs for property tests: valid Python that talks of modules, tensors and losses, and means nothing."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from hypothesis import assume
from hypothesis import strategies as st

HEADERS = (
    "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch import Tensor\n",
    "import torch, torch.nn.functional as F\nfrom torch import nn, Tensor\n",
    "from torch.nn.functional import sigmoid as act, tanh\nfrom torch import nn\nimport torch.nn.functional as F\n",
    '"""Doc."""\nfrom __future__ import annotations\nfrom torch.nn import *\nimport torch.nn.functional as F\n',
    "try:\n    import torch.nn.functional as F\nexcept ImportError:\n    F = None\nfrom torch import nn\n",
)
NAMES = ("x", "y", "self", "F", "nn", "torch", "act", "tanh", "Net", "Tensor", "loss", "layers", "super", "range", "é")
ATTRIBUTES = ("lin", "act", "layers", "forward", "sigmoid", "data", "weight", "shape", "append", "T", "detach", "relu_")
CALLABLES = (
    "F.sigmoid", "F.tanh", "F.relu", "F.softmax", "nn.Linear", "nn.Sequential", "nn.ReLU", "nn.Softmax",
    "nn.functional.sigmoid", "nn.ModuleList", "torch.sigmoid", "torch.cuda.amp.autocast", "nn.Parameter", "super().__init__", "self.lin",
    "self.layers.append", "setattr", "getattr", "self.add_module", "OrderedDict", "zip", "x.relu_", "x.view", "x.add_",
    "self.forward", "nn.Sigmoid", "tanh", "act", "Net", "list", "super(Net, self).__init__", "self.act(x).backward",
)  # fmt: skip
CONSTANTS = (
    "0",
    "1",
    "-1",
    "3.5e-3",
    "None",
    "True",
    "'lin'",
    "f'lin{y}'",
    "b'x'",
    "...",
    "'inplace'",
    '"""doc"""',
    "1j",
)
KEYWORDS = ("inplace", "dim", "input", "bias", "device_type", "enabled")
OPERATORS = ("+", "-", "*", "/", "@", "**", "//", "%", "&", "|", "^", "<<", ">>")
COMPARISONS = ("==", "!=", "<", "is", "is not", "in", "not in")


def _one_of(*choices: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([choice for group in choices for choice in group])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions one step larger than `inner`; all are atoms or in parentheses."""
    several = st.lists(inner, max_size=3).map(", ".join)
    argument = st.one_of(
        inner,
        st.tuples(_one_of(KEYWORDS), inner).map("=".join),
        inner.map("*{}".format),
    )
    # No positional argument may follow a keyword, and no keyword may stand twice.
    arguments = st.lists(argument, max_size=3, unique_by=lambda text: text.partition("=")[0]).map(
        lambda texts: ", ".join(sorted(texts, key=lambda text: text.partition("=")[0] in KEYWORDS))
    )
    return st.one_of(
        st.builds("{}({})".format, st.one_of(_one_of(CALLABLES), inner), arguments),
        st.builds("{}.{}".format, inner.map("({})".format), _one_of(ATTRIBUTES)),
        st.builds("({})[{}]".format, inner, st.one_of(inner, st.just(":"), st.just("1:, ..."))),
        st.builds("({} {} {})".format, inner, _one_of(OPERATORS, COMPARISONS, ("and", "or")), inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({}{})".format, _one_of(("-", "not ", "~")), inner),
        several.map("[{}]".format),
        several.map("({},)".format).map(lambda text: text.replace("(,)", "()")),
        st.builds("[{} for x in {} if {}]".format, inner, inner, inner),
        st.builds("{{{}: {} for y in {}}}".format, inner, inner, inner),
        st.builds("(lambda x, y={}: {})".format, inner, inner),
        st.builds("{{{}: {}, **{}}}".format, inner, inner, inner),
        st.builds("(y := {})".format, inner).filter(lambda text: "for" not in text),
        st.builds("(\n    {}  # why\n)".format, inner),
    )


def expressions() -> st.SearchStrategy[str]:
    """Expressions, small ones mostly."""
    return st.recursive(_one_of(NAMES, CONSTANTS), _larger, max_leaves=6)


TARGETS = (
    "x",
    "y",
    "self.lin",
    "self.layers",
    "self.act",
    "x[0]",
    "x.data",
    "x, y",
    "(x, *y)",
    "F",
    "layers",
    "[x, y]",
)


def _indented(body: Sequence[str]) -> str:
    return "".join(f"    {line}\n" if line else "\n" for text in body for line in text.rstrip("\n").split("\n"))


def _simple() -> st.SearchStrategy[str]:
    value, target = expressions(), _one_of(TARGETS)
    return st.one_of(
        st.builds("{} = {}".format, target, value),
        st.builds("x = {} = {}".format, target, value),
        st.builds("{} {}= {}".format, _one_of(("x", "self.lin", "x[0]")), _one_of(OPERATORS), value),
        st.builds("{}: Tensor = {}".format, _one_of(("x", "self.lin")), value),
        st.builds("x = {},".format, value),
        st.builds("x = {}; y = {}  # two".format, value, value),
        value,
        st.builds("del {}".format, _one_of(("x", "self.lin", "x[0]"))),
        st.builds("assert {}, {}".format, value, value),
        st.builds("raise {}".format, value),
        _one_of(
            ("pass", "import torch.nn.functional as F", "from torch import nn", "super().__init__()", "global torch")
        ),
        st.builds("{}  # actlint: ignore[ACT101]".format, value),
    )


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    value = expressions()
    body = st.lists(inner, min_size=1, max_size=3).map(_indented)
    method = st.builds(
        "{}def {}(self, x, *args, y={}, **kwargs):\n{}".format,
        _one_of(("", "", "@property\n", "@staticmethod\n", "@torch.no_grad()\n", "async ")),
        _one_of(("__init__", "forward", "forward", "training_step", "act")),
        value,
        st.builds("{}{}".format, body, st.one_of(st.just(""), st.builds("    return {}\n".format, value))),
    )
    return st.one_of(
        st.builds("if {}:\n{}else:\n{}".format, value, body, body),
        st.builds("for {} in {}:\n{}".format, _one_of(TARGETS), value, body),
        st.builds("while {}:\n{}".format, value, st.builds("{}    {}\n".format, body, _one_of(("break", "continue")))),
        st.builds("with {} as x, {}:\n{}".format, value, value, body),
        st.builds("try:\n{}except {} as y:\n{}finally:\n{}".format, body, value, body, body),
        st.builds("match {}:\n    case [x, *_] if {}:\n{}".format, value, value, body.map(lambda b: _indented([b]))),
        method,
        st.builds(
            "class Net({}):\n{}".format,
            _one_of(("nn.Module", "nn.Module", "nn.Sequential", "Net", "", "object, metaclass=type")),
            st.lists(st.one_of(method, inner), min_size=1, max_size=4).map(_indented),
        ),
    )


def _statements() -> st.SearchStrategy[str]:
    return st.recursive(_simple(), _compound, max_leaves=8)


def _compiles(text: str) -> bool:
    """Whether it is Python: the grammar above knows nothing of scopes (`global` after use, `break` outside loops)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "program", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Whole files: a header that imports torch in some way, and a few statements, in some spelling of line ends."""
    body = draw(st.lists(_statements(), min_size=1, max_size=5))
    text = draw(st.sampled_from(HEADERS)) + "".join(f"{statement.rstrip()}\n" for statement in body)
    assume(_compiles(text))
    ending = draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    return (text.replace("    ", "\t") if draw(st.booleans()) else text).replace("\n", ending)
