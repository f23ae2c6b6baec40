"""Whole programs that use what is deprecated in odd places: after all safe fixes they do the same, comments and all."""

from __future__ import annotations

import ast
import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from actlint.testing.execute import difference, execute  # noqa: E402
from actlint.testing.lint import lint  # noqa: E402
from actlint.testing.run import Project  # noqa: E402

PROGRAMS = {
    "nested": """
import torch
import torch.nn.functional as F
x = torch.arange(6.0).view(2, 3)
result = F.sigmoid(F.tanh(torch.ger(x[0], F.sigmoid(x[1]))))
""",
    "nested recipes": """
import torch
x = torch.eye(2) + 1
result = torch.cholesky(torch.chain_matmul(x, x, torch.qr(x)[1].T @ torch.qr(x)[1], x, x))
""",
    "several lines with comments": """
import torch
from torch import nn
loss = nn.MSELoss(
    # kept: why
    size_average=False,  # the sum
)
other = nn.L1Loss(  # first
    size_average=True,
    reduce=True,
    # last
)
result = loss(torch.ones(2), torch.zeros(2)), other(torch.ones(2), torch.zeros(2))
""",
    "walrus": """
import torch
import torch.nn.functional as F
if (y := F.sigmoid(torch.zeros(2))) is not None and (n := torch.range(0, 3)).sum() > 0:
    result = y, n
""",
    "a decorator with arguments": """
import torch
from torch.cuda.amp import custom_bwd, custom_fwd
class Double(torch.autograd.Function):
    @staticmethod
    @custom_fwd(cast_inputs=torch.float32)
    def forward(ctx, x):
        return 2 * x
    @staticmethod
    @custom_bwd
    def backward(ctx, g):
        return 2 * g
x = torch.ones(2, requires_grad=True)
Double.apply(x).sum().backward()
result = x
""",
    "autocast as a decorator": """
import torch
from torch.cuda.amp import autocast
@autocast(False)
def run(x):
    return x @ x
@torch.cpu.amp.autocast(dtype=torch.bfloat16)
def low(x):
    return x @ x
result = run(torch.eye(2)), low(torch.eye(2))
""",
    "conditional imports": """
import torch
try:
    from torch.cuda.amp import autocast
except ImportError:
    raise RuntimeError("too old")
from torch.cuda.amp import GradScaler
with autocast(enabled=False):
    result = torch.ones(2) + 1
scaler = GradScaler(enabled=False)
""",
    "the module under another name": """
import torch
import torch.cuda.amp as amp
with amp.autocast(enabled=False), torch.no_grad():
    result = torch.ones(2)
scaler = amp.GradScaler(enabled=False)
result = result, scaler.is_enabled()
""",
    "the module from its package": """
import torch
from torch.cuda import amp
from torch import cuda
scaler = amp.GradScaler(init_scale=2.0, enabled=False)
with cuda.amp.autocast(False) as context, amp.autocast(enabled=False, dtype=torch.float16) as second:
    result = scaler.scale(torch.ones(2)), scaler.get_scale()
""",
    "class attributes": """
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    act = F.sigmoid
    table = {"tanh": F.tanh, "sigmoid": staticmethod(F.sigmoid)}
    up = nn.UpsamplingNearest2d(scale_factor=2)
    def forward(self, x):
        return self.up(self.table["tanh"](x))
result = Net()(torch.ones(1, 1, 2, 2))
""",
    "default values and lambdas": """
import torch
import torch.nn.functional as F
def run(x, act=F.tanh, make=lambda n: torch.range(0, 3), *, init=torch.nn.init.constant):
    return init(act(x), 0.5) + make(1)[0]
result = run(torch.zeros(2))
""",
    "subclasses": """
import torch
from torch import nn
class Up(nn.UpsamplingBilinear2d):
    def __init__(self):
        super().__init__(scale_factor=2)
class Sched(torch.optim.lr_scheduler._LRScheduler):
    def get_lr(self):
        return [group["lr"] for group in self.optimizer.param_groups]
net = nn.Linear(1, 1)
result = Up()(torch.ones(1, 1, 2, 2)), Sched(torch.optim.SGD(net.parameters(), 0.1)).get_last_lr()
""",
    "a local name for torch's": """
import torch as th
import torch.nn.functional as torch
x = th.ones(2)
result = torch.sigmoid(x), th.ger(x, x)
""",
    "a parameter that shadows": """
from torch import nn
import torch.nn.functional as F
import torch as t
def run(torch, x):
    return F.sigmoid(x) + torch
result = run(1, t.ones(2))
""",
    "only functional is imported": """
from torch.nn.functional import sigmoid, tanh as th
from numpy import ones
from torch import from_numpy
result = sigmoid(from_numpy(ones(2))), th(from_numpy(ones(2)))
""",
    "one line": """
import torch, torch.nn.functional as F; x = torch.zeros(2); result = F.tanh(x); y = torch.ger(x, x)
""",
    "star arguments": """
import torch
args = (torch.ones(2), torch.ones(2))
options = {"indexing": "ij"}
result = torch.ger(*args), torch.meshgrid(*args, **options), torch.norm(*args[:1])
""",
    "meshgrid of a list": """
import torch
rows = [torch.arange(2), torch.arange(3)]
result = list(torch.meshgrid(rows)) + list(torch.meshgrid(*rows)) + [torch.meshgrid(*rows, )[0]]
""",
    "initialisation": """
import torch
import torch.nn.init as init
from torch.nn.init import constant as const
def weights(m, f=init.normal):
    const(m.weight, val=0.25)
    init.constant(m.bias.data, 1)
    return m
net = weights(torch.nn.Linear(2, 2))
result = net.apply(lambda m: init.eye(m.weight) if hasattr(m, "weight") else None)
""",
    "comprehensions and f-strings": """
import torch
import torch.nn.functional as F
x = torch.zeros(2)
result = [F.sigmoid(v) for v in x if F.tanh(v) == 0], f"{F.sigmoid(x).sum().item():.2f} {F.tanh(x)}"
""",
    "match and try": """
import torch
import torch.nn.functional as F
name = "sigmoid"
match name:
    case "sigmoid":
        act = F.sigmoid
    case _:
        act = F.tanh
try:
    result = act(torch.ones(2)), F.tanh(torch.ones(2))
finally:
    done = torch.range(1, 2)
""",
    "async and generators": """
import asyncio
import torch
import torch.nn.functional as F
async def run(x):
    async def inner():
        return F.sigmoid(x)
    return await inner()
def each(x):
    got = yield F.tanh(x)
    yield from (F.sigmoid(x),)
result = asyncio.run(run(torch.ones(2))), list(each(torch.ones(2)))
""",
    "partial and map": """
import functools
import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint
act = functools.partial(F.sigmoid)
x = torch.ones(2, requires_grad=True)
result = act(x), list(map(F.tanh, [x])), checkpoint(F.sigmoid, x), checkpoint(lambda v: F.tanh(v), x)
""",
    "old optimizer": """
import torch
p = torch.ones(2)
g = torch.full((2,), 0.5)
buf = torch.zeros_like(p)
buf.mul_(0.9).add_(1 - 0.9, g); p.add_(-0.1, buf)
p.addcdiv_(-0.1, g, buf.sqrt().add_(1e-8))
p.sub_(
    0.5,
    g
)
result = p, torch.addmm(0.5, torch.eye(2), torch.eye(2), torch.eye(2))
""",
    "Variable everywhere": """
import torch
from torch.autograd import Variable as V, Function
w = torch.ones(2, requires_grad=True)
x = V(torch.ones(2))
y = V(x + w, requires_grad=False)
z = (V(torch.zeros(2), requires_grad=True) + w).sum()
z.backward()
result = x, y, z, w, isinstance(x, (list, V)), [V(t) for t in (x, y)]
""",
    "long sums": """
import torch
import torch.nn.functional as F
x = torch.linspace(-1, 1, 3, requires_grad=True)
result = (F.sigmoid(x)
          + F.tanh(x)  # both
          - torch.log(torch.sum(torch.exp(x), dim=0)) * (torch.exp(x) - 1)) ** 2
result.sum().backward()
result = result, x
""",
    "type comments and encodings": """
import torch  # über
import torch.nn.functional as F
é = F.sigmoid(torch.zeros(2))  # type: torch.Tensor
result = é, F.tanh(é), "ü"
""",
    "global and nonlocal": """
import torch
import torch.nn.functional as F
act = None
def outer():
    global act
    act = F.sigmoid
    inner = None
    def set_inner():
        nonlocal inner
        inner = F.tanh
    set_inner()
    return inner
result = outer()(torch.ones(2)), act(torch.ones(2))
""",
    "an import in a function": """
def run():
    import torch
    from torch.nn import functional as F
    from torch.utils.data.dataloader import default_collate
    return F.sigmoid(torch.ones(2)), default_collate([torch.ones(1), torch.zeros(1)])
result = run()
""",
    "schedulers and hooks": """
import torch
from torch import nn
net = nn.Linear(2, 2)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
result = [torch.nn.utils.clip_grad_norm(net.parameters(), max_norm=1.0, norm_type=2)]
norm = torch.norm(net.weight.detach() * 0 + 1, 2, -1)
result += [norm, torch.norm(norm, p="fro"), torch.norm(norm.new_ones(3), float("inf"))]
""",
    "keywords in odd orders": """
import torch
import torch.nn.functional as F
img = torch.ones(1, 1, 2, 2)
result = [
    F.upsample(scale_factor=2, input=img, mode="bilinear", align_corners=True),
    F.upsample_bilinear(size=(4, 4), input=img),
    F.upsample(img, None, 2, "nearest"),
    torch.lu(A=torch.eye(2))[0],
    torch.range(start=1, end=3, step=1) if False else torch.range(1, 3, 1, dtype=torch.int64),
    torch.stft(torch.ones(16), window=torch.ones(4), n_fft=4, return_complex=False),
]
""",
    "parameters of parameters": """
import torch
from torch.nn import functional
class Loss(torch.nn.Module):
    def __init__(self, loss=functional.binary_cross_entropy, **kw):
        super().__init__()
        self.loss = loss
        self.kw = kw
    def forward(self, x, y):
        return self.loss(functional.sigmoid(x), y, **self.kw), functional.binary_cross_entropy(
            functional.sigmoid(x), y, None, False)
result = Loss(reduction="sum")(torch.zeros(2), torch.ones(2))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_a_program_does_the_same_after_all_fixes(name: str) -> None:
    text = PROGRAMS[name].lstrip()
    settings = ("select = ['ACT1', 'ACT605', 'ACT704']\n",)
    (report,) = lint(Project({"main.py": text}, None, settings, "safe")).values()
    assert report.fixed, [d.message for d in report.diagnostics]
    ast.parse(report.text)
    before, after = (execute({"main.py": each}, "main.py") for each in (text, report.text))
    assert before.error is None, before.error_text
    assert after.error is None, f"{after.error_text}\n{report.text}"
    assert difference(before.names["result"], after.names["result"]) is None, report.text


def comments(text: str) -> list[str]:
    return [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]


@pytest.mark.parametrize("name", [name for name, text in PROGRAMS.items() if "#" in text])
def test_no_comment_is_lost(name: str) -> None:
    text = PROGRAMS[name].lstrip()
    (report,) = lint(Project({"main.py": text}, None, ("select = ['ACT1', 'ACT605']\n",), "safe")).values()
    assert comments(report.text) == comments(text)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_fixed_program_does_not_warn_of_what_was_fixed(name: str) -> None:
    """What torch still warns of has a finding that is left."""
    text = PROGRAMS[name].lstrip()
    settings = ("select = ['ACT1']\n",)
    (report,) = lint(Project({"main.py": text}, None, settings, "safe")).values()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(report.text, "main.py", "exec"), namespace)
    spoken = [str(w.message) for w in caught if "deprecated" in str(w.message) and w.filename == "main.py"]
    assert not spoken or report.diagnostics, spoken
