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
    "imports under a condition": """
import importlib.util
if importlib.util.find_spec("torch"):
    import torch
    import torch.nn as nn
    from torch.nn import functional as F
x = torch.ones(2)
def f(x):
    return torch.nn.functional.sigmoid(x) + nn.functional.tanh(x) + F.sigmoid(x)
result = [f(x), torch.norm(x), torch.ger(x, x), torch.range(0, 2)]
""",
    "names of parameters, classes and comprehensions": """
import torch
import torch.nn.functional as F
from torch.nn.functional import sigmoid
def a(sigmoid, x): return sigmoid(x)
def b(x, F=None): return x if F is None else F.tanh(x)
def c(x): return [F for F in (x, F.sigmoid(x))] if False else [sigmoid for sigmoid in (x,)]
class K:
    sigmoid = staticmethod(lambda x: x + 1)
    def go(self, x): return self.sigmoid(x) + sigmoid(x)
    class F:
        @staticmethod
        def tanh(x): return x * 3
    v = F.tanh(torch.ones(1))
x = torch.ones(2)
result = [a(torch.relu, x), b(x), c(x), K().go(x), K.v, (lambda sigmoid: sigmoid)(x), (lambda x: sigmoid(x))(x)]
""",
    "imports in a class": """
import torch
class Net(torch.nn.Module):
    import torch.nn.functional as F
    from torch.nn.functional import sigmoid
    act = F.tanh
    gate = staticmethod(sigmoid)
    def forward(self, x):
        import torch.nn.functional as F
        return F.sigmoid(x) + self.F.tanh(x) + Net.F.sigmoid(x) + type(self).gate(x)
    def local(self, x):
        from torch.nn.functional import tanh
        torch = 3
        return tanh(x) * torch
n = Net()
x = torch.ones(2)
result = [n(x), n.local(x), Net.act(x)]
""",
    "a decorator that is made": """
import functools
import torch
import torch.nn.functional as F
def through(fn=F.sigmoid, /, *fs, scale=torch.norm(torch.ones(1))):
    def deco(g):
        @functools.wraps(g)
        def run(*a, **k): return fn(g(*a, **k)) * scale
        return run
    return deco
@through(F.tanh)
@through()
def f(x): return F.sigmoid(x)
class D:
    @property
    @functools.lru_cache
    def v(self): return F.sigmoid(torch.ones(1))
    __call__ = staticmethod(F.tanh)
result = [f(torch.ones(2)), D().v, D()(torch.ones(1))]
""",
    "semicolons and backslashes": """
import torch; import torch.nn.functional as F; x = torch.ones(2)
y = F.sigmoid(x); z = F\\
    .tanh(x) ; w = (F
    # why
    .sigmoid(x))
v = torch.norm(x, \\
    2)
if True: u = F.sigmoid(x); t = torch.range(0, 2)
result = [y, z, w, v, u, t]
""",
    "texts that are types, and texts that are not": """
from typing import Callable, Generic, TypeVar, Annotated, Literal, Union
import torch
import torch.nn as nn
from torch.autograd import Variable
from torch.optim.lr_scheduler import _LRScheduler
T = TypeVar("T", bound="Variable")
S = Union["_LRScheduler", None]
Fn = Callable[[Variable], "Variable"]
class Box(Generic[T]):
    v: "T"
    s: Annotated[Variable, "Variable"]
    k: Literal["Variable"]
    def get(self: "Box[Variable]", x: "Callable[[Variable], list['Variable']]" = None) -> dict[str, Variable]:
        return {"Variable": 1}
result = [Box().get(), Box.__annotations__["k"] == Literal["Variable"]]
""",
    "called through what holds it": """
import torch
import torch.nn as nn, torch.nn.functional as F
soft = F.softmax; cls = nn.LogSoftmax; crit = nn.MSELoss; ger = torch.ger; mg = torch.meshgrid
x = torch.rand(2, 3, generator=torch.Generator().manual_seed(0))
def f(x, soft=soft): return soft(x)
def g(x):
    s = F.softmin
    if x.sum() > 0: s = F.softmax
    return s(x)
for act in (nn.Softmax, nn.LogSoftmax): y = act()(x)
class H:
    cls = nn.Softmax
    def go(self, x): return self.cls()(x)
result = [
    soft(x), cls()(x), crit(size_average=False)(x, x + 1), crit(reduce=False)(x, x + 1), ger(x[0], x[0]),
    mg(x[0], x[1]), f(x), g(x), y, H().go(x),
]
""",
    "statements of all kinds": """
import contextlib, torch
import torch.nn.functional as F
@contextlib.contextmanager
def c():
    try: yield F.sigmoid
    finally: F.tanh(torch.ones(1))
with c() as s, (contextlib.suppress(F.sigmoid if False else ValueError)):
    y = s(torch.ones(1))
for F.z in (1,): pass
assert F.sigmoid(torch.ones(1)).sum() < 1, f"{F.sigmoid}"
del F.z
while (k := F.tanh(torch.zeros(1)).item()): break
one = torch.ones(1)
result = [y, k, *[F.sigmoid(one)], {**{"a": F.tanh(one)}}["a"], (lambda *a, **k: a[0])(*(F.sigmoid(one),))]
""",
    "torch under a parameter's name": """
import torch.nn.functional as F
import torch as pt
def f(torch, x): return F.sigmoid(x) + torch
def g(x, sigmoid=2): return F.sigmoid(x) * sigmoid
def h(x):
    pt = 1
    return F.tanh(x) * pt
x = pt.ones(2)
result = [f(1, x), g(x), h(x)]
""",
    "comments in calls": """
import torch
import torch.nn as nn
import torch.nn.functional as F
y = torch.norm(  # the norm
    torch.ones(3),  # of ones
    # p
    p=2,
    dim=0,  # first
    # end
)
z = F.softmax(
    torch.ones(2, 3),  # input
    # no dim
)
w = nn.init.constant(  # c
    torch.empty(2),
    3.0,  # val
)
q = F.upsample(  # up
    torch.ones(1, 1, 2, 2),
    scale_factor=2,  # twice
    mode="bilinear",
    # align
    align_corners=True,
)
r = torch.range(
    0,  # from
    4,  # to, both
    # step
    2,
)
s = torch.log(  # log
    torch.softmax(torch.ones(2, 3),  # soft
      dim=1)
)
result = [y, z, w, q, r, s]
""",
    "match and guards": """
import torch
import torch.nn.functional as F
def act(kind, x):
    match kind:
        case "sigmoid": return F.sigmoid(x)
        case "tanh" if F.tanh(x).sum() > -9: return F.tanh(x)
        case [F.sigmoid, *_]: return x
        case {"f": f}: return f(x)
        case _: return x
x = torch.ones(2)
result = [act("sigmoid", x), act("tanh", x), act([F.sigmoid, 1], x), act({"f": F.tanh}, x), act([F.tanh], x)]
""",
    "names beyond ASCII": """
# -*- coding: utf-8 -*-
import torch, torch.nn.functional as F
σ = F.sigmoid
α = "日本語"; β = F.tanh(torch.ones(1)); γ = f"{α}{F.sigmoid(torch.ones(1)).item():.2f}é"
result = [σ(torch.ones(1)), β, γ]
""",
    "what is undone later": """
import torch
from torch import nn
from torch.nn.utils import weight_norm, spectral_norm as sn, remove_weight_norm
torch.manual_seed(0)
m = weight_norm(nn.Linear(2, 3), dim=None); k = nn.Sequential(weight_norm(nn.Conv1d(1, 1, 1), "weight"), nn.ReLU())
remove_weight_norm(m)
result = [nn.init.constant(torch.empty(1), 2.0), m(torch.ones(1, 2)).shape, k(torch.ones(1, 1, 1)).shape]
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
