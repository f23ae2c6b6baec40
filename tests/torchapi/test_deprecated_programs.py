"""Whole programs that use what is deprecated in odd places: after all safe fixes they do the same, comments and all."""

from __future__ import annotations

import ast
import warnings
from typing import Any, Literal

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
    "keywords in the order that nobody writes": """
import torch
torch.manual_seed(0)
x = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
y = torch.eye(3, dtype=torch.float64)
a = torch.norm(dim=1, p=1, input=x)
b = torch.ger(vec2=y[0], input=x[1])
c = torch.cholesky(upper=True, input=x @ x.T + 4 * y)
d = torch.qr(some=False, input=x)
e = torch.svd(compute_uv=False, input=x)[1]
(a.sum() + b.sum() + c.sum() + d[1].sum() + e.sum()).backward()
result = a, b, c, d[1], e, x
""",
    "partials that hold arguments": """
import functools
from functools import partial
import torch
import torch.nn.functional as F
from torch import nn
torch.manual_seed(0)
act = partial(F.tanh)
up = functools.partial(F.upsample, scale_factor=2, mode="nearest")
norm = partial(torch.norm, p=2)
loss = partial(F.mse_loss, size_average=False)
x = torch.randn(1, 1, 2, 2, requires_grad=True)
y = up(act(x))
total = loss(y, torch.zeros_like(y)) + norm(x)
total.backward()
result = y, total, x
""",
    "walrus in arguments": """
import torch, torch.nn.functional as F
torch.manual_seed(0)
x = torch.randn(3, requires_grad=True)
r = F.tanh(h := F.sigmoid(x)) + (g := torch.ger(h, x)).sum(0)
if (n := torch.norm(x, p=(q := 3))) > 0:
    r = r / n
r.sum().backward()
result = r, h, g, q, x
""",
    "comments in every slot": """
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
x = torch.rand(2, 3, requires_grad=True)
y = torch.rand(2, 3)
loss = F.mse_loss(  # head
    x,  # first
    # before second
    y,
    # before size
    size_average=False,  # the sum
    # before reduce
    reduce=True  # no trailing comma
    # last
)
up = F.upsample(
    x[None, None],  # input
    None,  # size
    2,  # scale
    # mode
    "bilinear",
    True,  # corners
)
z = (
    torch  # torch
    .ger(  # open
        x[0],  # a
        x[1],  # b
    )
)
(loss + up.sum() + z.sum()).backward()
result = loss, up, z, x
""",
    "an import on each arm": """
import sys
import torch
torch.manual_seed(0)
if sys.maxsize > 5:
    from torch.nn.functional import tanh
else:
    from torch import tanh
if sys.maxsize > 5:
    from torch import sigmoid as squash
else:
    from torch.nn.functional import sigmoid as squash
x = torch.randn(3, requires_grad=True)
y = squash(tanh(x))
y.sum().backward()
result = y, x
""",
    "an import with a fallback": """
import torch
torch.manual_seed(0)
try:
    from torch import sigmoid
except ImportError:
    from torch.nn.functional import sigmoid
try:
    from torch.nn.functional import tanh
except ImportError:
    tanh = None
result = sigmoid(torch.zeros(2)), tanh(torch.ones(2))
""",
    "imports that are attributes": """
import torch
torch.manual_seed(0)
class Net(torch.nn.Module):
    import torch.nn.functional as F
    from torch.nn import UpsamplingNearest2d as Up, init
    from torch.cuda.amp import autocast
    act = F.tanh
    up = Up(scale_factor=2)
    start = init.constant(torch.zeros(2), 1.0)
    def forward(self, x):
        with self.autocast(enabled=False):
            return self.F.tanh(self.up(x)) + type(self).F.sigmoid(x).sum()
x = torch.randn(1, 1, 2, 2, requires_grad=True)
y = Net()(x)
y.sum().backward()
result = y, x, Net.start, Net.act(x.detach())
""",
    "a pattern that asks for the class": """
import torch
import torch.nn.functional as F
from torch import nn
torch.manual_seed(0)
def build(kind):
    match kind:
        case "s":
            return F.sigmoid
        case "t" | "tanh":
            return F.tanh
        case nn.UpsamplingNearest2d():
            return kind
        case _:
            return torch.norm
one = torch.ones(3)
result = build("s")(one), build("t")(one), build(nn.UpsamplingNearest2d(scale_factor=2)).mode, build(1)(one)
""",
    "a table by name": """
import torch
import torch.nn.functional as F
from torch import nn
torch.manual_seed(0)
REG = {}
def register(f):
    REG[f.__name__] = f
    return f
for f in (F.tanh, F.sigmoid, nn.init.constant):
    register(f)
result = sorted(REG)
""",
    "losses in all combinations": """
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
avg = False
x = torch.rand(2, 3, requires_grad=True)
y = torch.rand(2, 3)
a = nn.MSELoss(size_average=avg)(x, y)
b = nn.MSELoss(avg)(x, y)
c = nn.MSELoss(None, False)(x, y).sum()
d = F.nll_loss(x, torch.tensor([0, 1]), None, None, -100, False).sum()
e = F.cross_entropy(x, torch.tensor([0, 1]), torch.ones(3), True, 1)
f = nn.CrossEntropyLoss(torch.ones(3), True, -1, None, "sum")(x, torch.tensor([0, 1]))
g = F.kl_div(x, y, False, False).sum()
h = F.poisson_nll_loss(x, y, True, False, False)
i = nn.BCELoss(reduce=False, size_average=True)(x, y).sum()
j = F.l1_loss(x, y, reduction="none", size_average=True)
k = nn.L1Loss(size_average=True, reduce=True, reduction="sum")(x, y)
(a + b + c + d + e + f + g + h + i + j + k).backward()
result = a, b, c, d, e, f, g, h, i, j, k, x
""",
    "old overloads in chains": """
import torch
torch.manual_seed(0)
a = torch.ones(2, 2, requires_grad=True)
b = torch.full((2, 2), 2.0)
r1 = torch.add(a, 3, b)
r2 = torch.addmm(2, a, 3, b, b)
r3 = torch.addmm(2, a, b, b)
c = torch.ones(2, 2)
c.add_(2, b).addcmul_(0.5, b, b).addcdiv_(1, b, b)
d = torch.sub(a, 2, b,)
e = torch.addcdiv(a, 0.5, b, b)
f = torch.baddbmm(1, a[None], 2, b[None], b[None])
(r1 + r2 + r3 + d + e + f[0]).sum().backward()
result = r1, r2, r3, c, d, e, f, a
""",
    "methods of expressions": """
import torch
torch.manual_seed(0)
x = torch.eye(3, dtype=torch.float64) * 2
x.requires_grad_()
a = (x @ x).cholesky()
b = (x + 0).lu()[0]
c = x.mm(x).triangular_solve(x.mm(x))[0]
d = (
    x * 2  # receiver
).cholesky(upper=False)
e = x.mm(x).cholesky(True)
f, g = x.mm(x).qr(some=True)
h = x.mm(x).lu(get_infos=True)
lu, piv = torch.linalg.lu_factor(x)
i = x.mm(x).lu_solve(lu, piv)
j = x.mm(x).ger if hasattr(x, "nope") else None
(a.sum() + b.sum() + c.sum() + d.sum() + e.sum() + g.sum() + i.sum()).backward()
result = a, b, c, d, e, g, len(h), i, j, x
""",
    "one of three results": """
import torch
torch.manual_seed(0)
x = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
u, s, v = torch.svd(x)
s2 = torch.svd(x, False).S
s3 = x.svd(some=False)[1]
q, r = torch.qr(x)
q2, r2 = x.qr()
full = torch.qr(x, some=False)[0].abs()
(s.sum() + s2.sum() + s3.sum() + r.abs().sum()).backward()
result = s, s2, s3, r, r2, full, x
""",
    "compositions and their aliases": """
import torch
import torch.nn.functional as F
torch.manual_seed(0)
x = torch.randn(2, 3, requires_grad=True)
a = torch.log(F.softmax(x, dim=1))
b = torch.log(torch.sigmoid(x))
c = torch.log(1 + x.abs())
d = torch.exp(x) - 1
e = torch.log(torch.sum(torch.exp(x), dim=1))
f = F.softmax(x, 1).log()
g = (1 + torch.exp(x)).log()
h = torch.log(F.sigmoid(x))
(a.sum() + b.sum() + c.sum() + d.sum() + e.sum() + f.sum() + g.sum() + h.sum()).backward()
result = a, b, c, d, e, f, g, h, x
""",
    "kernels by position": """
import torch
import torch.nn.functional as F
from torch.backends.cuda import sdp_kernel
import torch.backends.cuda as bc
torch.manual_seed(0)
q = torch.randn(1, 1, 2, 4, requires_grad=True)
with sdp_kernel(enable_flash=False, enable_math=True, enable_mem_efficient=False):
    a = F.scaled_dot_product_attention(q, q, q)
with bc.sdp_kernel(False, True):
    b = F.scaled_dot_product_attention(q, q, q)
on = True
with torch.backends.cuda.sdp_kernel(enable_math=on):
    c = F.scaled_dot_product_attention(q, q, q)
(a + b + c).sum().backward()
result = a, b, c, q
""",
    "the complex result by position": """
import torch
torch.manual_seed(0)
x = torch.arange(64.0, requires_grad=True)
w = torch.ones(16)
a = torch.stft(x, 16, 4, 16, w, True, "reflect", False, True, False)
b = torch.stft(x, n_fft=16, return_complex=False, window=w)
c = x.stft(16, window=w, return_complex=False)
k = {"return_complex": False}
d = torch.stft(x, 16, window=w, **k)
(a.sum() + b.sum() + c.sum() + d.sum()).backward()
result = a, b, c, d, x
""",
    "a private base class": """
import torch
from torch.optim import lr_scheduler as S
from torch.optim.lr_scheduler import _LRScheduler, StepLR
torch.manual_seed(0)
class Own(_LRScheduler):
    def get_lr(self):
        return [0.5 for _ in self.base_lrs]
p = torch.nn.Parameter(torch.ones(2))
o = torch.optim.SGD([p], lr=1.0)
s = Own(o)
t = StepLR(o, 2)
result = s.get_last_lr(), t.get_last_lr(), issubclass(Own, torch.optim.lr_scheduler.LRScheduler)
""",
    "names that shadow in every way": """
import torch
import torch.nn.functional as F
torch.manual_seed(0)
x = torch.randn(3)
class F2:
    @staticmethod
    def tanh(x):
        return x * 2
def run(F):
    return F.tanh(x)
def inner():
    F = F2
    return F.sigmoid(x) if hasattr(F, "sigmoid") else F.tanh(x)
a = [F.tanh(x) for F in (F2, F)]
lam = lambda F: F.tanh(x)
result = run(F2), inner(), a, lam(F2), F.tanh(x)
""",
    "spaces, parentheses and backslashes": """
import torch
import torch.nn.functional
import torch.nn.functional as F
torch.manual_seed(0)
x = torch.randn(3, requires_grad=True)
a = F . tanh (x)
b = (F).sigmoid(x)
c = (F
     .tanh
     (x))
d = F.\\
    sigmoid(x)
e = torch.nn.functional.tanh(x) + torch.nn.functional . sigmoid(x)
f = (F.tanh if a.sum() > 0 else torch.tanh)(x) + (lambda g=F.sigmoid: g(x))()
(a + b + c + d + e + f).sum().backward()
result = a, b, c, d, e, f, x
""",
    "autocast with arguments of all kinds": """
import torch
from torch.cuda.amp import autocast, GradScaler
from torch.cpu.amp import autocast as low
args = (False,)
kw = {"enabled": False}
x = torch.ones(2, 2)
with autocast(*args):
    a = x @ x
with autocast(**kw):
    b = x @ x
with autocast(False, torch.float16, False), low(dtype=torch.bfloat16, enabled=True):
    c = x @ x
with low(cache_enabled=False), low(True), low(enabled=(on := True)):
    d = x @ x
with torch.amp.autocast("cpu", dtype=torch.float16):
    with low():
        e = x @ x
s = GradScaler(**{"enabled": False}), GradScaler(growth_interval=3, enabled=False)
s = *s, GradScaler(*(2.0, 2.0, 0.5, 3, False))
result = a, b, c, d, e, [k.state_dict() for k in s]
""",
    "linear algebra in all orders": """
import torch
torch.manual_seed(0)
A = torch.randn(3, 3, dtype=torch.float64)
S = (A @ A.t() + 3 * torch.eye(3, dtype=torch.float64)).requires_grad_()
o = torch.empty(3, 3, dtype=torch.float64)
a = torch.lu(S, True, False)
b = torch.lu(A=S, pivot=True)
c = torch.cholesky(input=S.detach(), out=o)
d = torch.chain_matmul(S, S)
e = torch.chain_matmul(*[S, S, S])
f = torch.chain_matmul(S, S, S, out=None)
g = torch.qr(S, True)
h = torch.qr(input=S, some=False)
i = torch.svd(input=S, compute_uv=True)
j = torch.svd(S)[1].sum() + torch.svd(S, True, True).S.sum()
lu, p = torch.linalg.lu_factor(S.detach())
k = torch.lu_solve(A, lu, p)
l = torch.lu_solve(A, LU_pivots=p, LU_data=lu)
m = torch.triangular_solve(A, S.triu())[0]
n, _ = torch.triangular_solve(A, S.tril(), upper=False, transpose=True)
q = torch.triangular_solve(A, S.triu(), unitriangular=True).solution
(g[1].abs().sum() + h[1].abs().sum() + j + m.sum() + n.sum() + q.sum() + d.sum() + e.sum() + f.sum()).backward()
result = a[0], b[0], c, d, e, f, g[1], h[1], i[1], j, k, l, m, n, q, S
""",
    "dropped arguments by position": """
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
x = torch.randn(2, 3, requires_grad=True)
torch.manual_seed(1)
a = F.gumbel_softmax(x, 1.0, False, 1e-10, -1)
torch.manual_seed(1)
b = F.gumbel_softmax(x, eps=1e-8, tau=2.0)
c = nn.Hardtanh(min_value=-2.0, max_value=2.0, inplace=False)(x)
d = nn.Hardtanh(max_value=1)(x)
y = (x * 2).sum()
torch.autograd.backward([y], grad_variables=[torch.tensor(2.0)], retain_graph=True)
g = torch.autograd.grad(y, [x], None, True, False, True)
h = torch.autograd.grad(outputs=y, inputs=x, only_inputs=True, retain_graph=True)
i = nn.MSELoss(**{"size_average": False})(x, x.detach() + 1)
j = {"mse": nn.MSELoss(size_average=False), "l1": [nn.L1Loss(reduce=False)]}
k = torch.meshgrid(*[torch.arange(2), torch.arange(3)])
l = torch.meshgrid((torch.arange(2), torch.arange(3)))
m = j["mse"](x, x.detach()) + j["l1"][0](x, x.detach() + 1).sum()
(a.sum() + (b * x.detach()).sum() + c.sum() + d.sum() + i + m).backward()
result = a, b, c, d, g, h, i, k, l, x
""",
    "async, dataclasses and type comments": """
import asyncio
import dataclasses
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import Variable
torch.manual_seed(0)
@dataclasses.dataclass
class Options:
    act: object = dataclasses.field(default=F.tanh)
    up: nn.Module = dataclasses.field(default_factory=lambda: nn.UpsamplingNearest2d(scale_factor=2))
    hint: "Variable" = None
async def step(x):  # type: (Variable) -> Variable
    await asyncio.sleep(0)
    return [F.sigmoid(v) async for v in gen(x)]
async def gen(x):
    for v in x:
        yield F.tanh(v)
def cached(x, *, memo={}):
    return memo.setdefault("f", F.tanh)(x)
x = torch.randn(2, requires_grad=True)
o = Options()
y = torch.stack(asyncio.run(step(x))) + o.act(x) + cached(x)
z = o.up(x[None, None, None])
(y.sum() + z.sum()).backward()
result = y, z, x
""",
    "classes in classes and closures": """
import torch
import torch.nn.functional as F
torch.manual_seed(0)
class A:
    F = type("G", (), {"tanh": staticmethod(lambda x: x * 3)})
    v = F.tanh(torch.ones(1))
    def m(self, x):
        return F.tanh(x) + self.F.tanh(x)
    class B:
        w = F.sigmoid(torch.zeros(1))
        def n(self, x, F=F):
            return F.sigmoid(x)
def outer():
    tanh = F.tanh
    def inner(x):
        return tanh(x)
    F2 = F
    return inner(torch.ones(1)) + F2.sigmoid(torch.ones(1)) + (lambda: F2.tanh(torch.ones(1)))()
for G in (F,):
    r = G.tanh(torch.ones(1))
with open(__file__) if False else __import__("contextlib").nullcontext(F) as H:
    s = H.sigmoid(torch.ones(1))
result = A.v, A().m(torch.ones(1)), A.B.w, A.B().n(torch.ones(1)), outer(), r, s
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


PROJECTS: dict[str, dict[str, str]] = {
    "names handed on": {
        "pkg/__init__.py": """
from torch.nn.functional import sigmoid, tanh as th
from torch.nn.init import constant
from .amp import *
from . import ops
""",
        "pkg/amp.py": """
from torch.cuda.amp import autocast, GradScaler
__all__ = ["autocast", "GradScaler"]
""",
        "pkg/ops.py": """
import torch.nn.functional as F
from torch import ger as outer
act = F.tanh
""",
        "main.py": """
import torch
import pkg
from pkg import sigmoid, th, constant, autocast
from pkg.ops import outer, act, F
from pkg import ops as o
torch.manual_seed(0)
x = torch.randn(3, requires_grad=True)
with autocast(enabled=False), pkg.autocast(False):
    y = sigmoid(th(x)) + pkg.sigmoid(x) + F.tanh(x) + o.F.sigmoid(x) + act(x) + o.act(x)
z = outer(y, o.outer(x, x)[0])
t = constant(torch.zeros(2), 1.0)
s = pkg.GradScaler(enabled=False).is_enabled()
(y.sum() + z.sum()).backward()
result = y, z, t, s, x
""",
    },
    "stars through stars": {
        "a.py": "from torch.nn.functional import *\nfrom torch.nn.init import *\n",
        "b.py": "from a import *\n",
        "main.py": """
import torch
from b import *
x = torch.zeros(2, requires_grad=True)
y = sigmoid(x) + tanh(x)
t = constant(torch.zeros(2), 2.0)
y.sum().backward()
result = y, t, x
""",
    },
    "a class of another file": {
        "layers.py": """
from torch import nn
class Up(nn.UpsamplingBilinear2d):
    pass
class Net(nn.Module):
    from torch.cuda.amp import autocast
    import torch.nn.functional as F
    def __init__(self):
        super().__init__()
        self.up = Up(scale_factor=2)
        self.loss = nn.MSELoss(size_average=False)
    def forward(self, x):
        with self.autocast(enabled=False):
            return self.F.tanh(self.up(x))
""",
        "main.py": """
import torch
from layers import Net, Up
class Sub(Net):
    def forward(self, x):
        return self.F.sigmoid(super().forward(x)) + Net.F.tanh(x).sum()
x = torch.ones(1, 1, 2, 2, requires_grad=True)
n = Sub()
y = n(x)
n.loss(y, torch.zeros_like(y)).backward()
result = y, x, isinstance(n.up, torch.nn.UpsamplingBilinear2d)
""",
    },
    "a module that chooses": {
        "compat.py": """
import torch
try:
    from torch.amp import autocast
    def make(): return autocast("cpu", enabled=False)
except ImportError:
    from torch.cuda.amp import autocast
    def make(): return autocast(enabled=False)
try:
    from torch.nn.functional import tanh
except ImportError:
    from own import tanh
""",
        "main.py": """
import torch
from compat import make, tanh
import compat
x = torch.ones(2, requires_grad=True)
with make():
    y = tanh(x) + compat.tanh(x)
y.sum().backward()
result = y, x
""",
    },
}


@pytest.mark.parametrize("level", ["safe", "unsafe"])
@pytest.mark.parametrize("name", PROJECTS)
@pytest.mark.filterwarnings("ignore")
def test_a_project_does_the_same_after_all_fixes(name: str, level: Literal["safe", "unsafe"]) -> None:
    files = {path: text.lstrip() for path, text in PROJECTS[name].items()}
    reports = lint(Project(files, None, ("select = ['ACT1', 'ACT605']\n",), level))
    assert any(report.fixed for report in reports.values())
    after = execute({**files, **{path: report.text for path, report in reports.items()}}, "main.py")
    before = execute(files, "main.py")
    assert before.error is None and after.error is None, f"{before.error_text} {after.error_text}"
    assert difference(before.names["result"], after.names["result"]) is None
