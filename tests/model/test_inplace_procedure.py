"""What the procedure for in-place writes says of small programs, held against torch: each is run, forward and backward.

A program is the body of `Net.forward`. Where torch raises, the rules on writes that raise find something; where it does
not, they are silent. The few that raise and stay silent say why.
"""

from __future__ import annotations

import textwrap

import pytest

torch = pytest.importorskip("torch")

from actlint.testing.lint import LINTER  # noqa: E402
from actlint.testing.run import Project  # noqa: E402

RAISING = frozenset({"ACT201", "ACT202", "ACT203", "ACT205", "ACT207"})

HEAD = """\
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.bn = nn.BatchNorm2d(3)
        self.ln = nn.LayerNorm(4)
        self.emb = nn.Embedding(5, 4)
        self.emb_max = nn.Embedding(5, 4, max_norm=1.0)
        self.relu = nn.ReLU(inplace=True)
        self.w = nn.Parameter(torch.ones(4))
        self.lstm = nn.LSTM(4, 4, batch_first=True)
        self.lstm2 = nn.LSTM(4, 4)
        self.mha = nn.MultiheadAttention(4, 1, batch_first=True)
        self.pool = nn.AvgPool2d(2)
        self.register_buffer("acc", torch.ones(4))

    def forward(self, x, img):
"""

PROGRAMS = """
n = self.lin(x)
n *= n
y = n

n = self.lin(x)
n /= n
y = n

n = self.lin(x).abs() + 1
n **= n
y = n

n = self.lin(x)
n *= n.view(4, 4)
y = n

n = self.lin(x)
n *= n.detach()
y = n

n = self.lin(x)
n += n
y = n

n = self.lin(x)
n -= n
y = n

n = self.lin(x)
n *= n.clone()
y = n

n = self.lin(x)
n *= (n > 0)
y = n

n = self.lin(x)
n *= n.t()
y = n

n = self.lin(x)
n /= n.norm()
y = n

n = self.lin(x)
n /= n.std()
y = n

n = self.lin(x)
n /= n.max()
y = n

n = self.lin(x)
n -= n.amin()
y = n

n = self.lin(x)
n *= F.silu(n)
y = n

n = self.conv(img)
n *= torch.sigmoid(F.max_pool2d(n, 4))
y = n

n = self.lin(x)
n += self.lin(n)
y = n

n = self.lin(x)
n *= torch.sigmoid(self.lin(n))
y = n

n = self.lin(x)
n += self.mha(self.ln(n)[None], self.ln(n)[None], self.ln(n)[None])[0][0]
y = n

n = self.lin(x)
n -= n.mean()
y = n

n = self.lin(x)
n /= n.sum(-1, True)
y = n

n = self.lin(x)
n /= n.max(1, True)[0]
y = n

n = self.lin(x)
n += F.relu(n)
y = n

n = self.lin(x)
n += F.dropout(n)
y = n

n = self.lin(x)
n *= torch.sigmoid(n)
y = n

n = self.conv(img)
n *= torch.sigmoid(F.adaptive_avg_pool2d(n, 1))
y = n

h = self.lin(x)
a = F.gelu(h[:, :1])
h[:, 1:].relu_()
y = a + h

buf = torch.zeros(4, 4)
buf[:, 0] = self.lin(x)[:, 0]
for t in range(1, 4): buf[:, t] = torch.tanh(buf[:, t - 1])
y = buf

buf = torch.zeros(4, 4)
buf[:, 0] = self.lin(x)[:, 0]
for t in range(1, 4): buf[:, t] = F.gelu(buf[:, t - 1])
y = buf

buf = torch.zeros(4, 4)
buf[:, 0] = self.lin(x)[:, 0]
for t in range(1, 4): buf[:, t] = F.gelu(buf[:, t - 1].clone())
y = buf

buf = torch.zeros(4, 4)
h = x
for t in range(4):
    h = self.lin(h)
    buf[:, t] = h[:, 0]
y = buf

out = F.relu(self.bn(self.conv(img)))
out += img
y = out

out = F.relu(self.bn(self.conv(img)), inplace=True)
out += img
y = out

out = F.leaky_relu(self.bn(self.conv(img)))
out += img
y = out

out = F.leaky_relu_(self.bn(self.conv(img)))
out += img
y = out

out = F.elu_(self.bn(self.conv(img)))
out += img
y = out

out = F.silu(self.bn(self.conv(img)), inplace=True)
out += img
y = out

out = F.relu6(self.bn(self.conv(img)), inplace=True)
out += img
y = out

out = F.hardswish(self.bn(self.conv(img)), inplace=True)
out += img
y = out

out = F.selu_(self.bn(self.conv(img)))
out += img
y = out

out = self.bn(self.conv(img))
out += img
y = F.relu_(out)

h = self.bn(self.conv(img))
h += self.conv(h)
y = h

h = self.conv(img)
out = F.relu_(h)
y = self.conv(out) + h

h = self.lin(x)
with torch.no_grad():
    g = F.gelu(h)
    h += 1
y = h

h = self.lin(x)
g = F.gelu(h)
with torch.no_grad():
    h += 1
y = g

h = self.lin(x)
g = F.gelu(h)
h.detach().add_(1)
y = g

h = self.lin(x)
g = F.gelu(h)
h.data.add_(1)
y = g

h = self.lin(x)
a, b = torch.unsafe_chunk(h, 2, 1)
a.relu_()
y = h

h = self.lin(x)
a, b = h.chunk(2, 1)
h.relu_()
y = a + b

h = self.lin(x)
a, b = h.chunk(2, 1)
h.relu_()
y = h

h = self.lin(x)
with torch.no_grad():
    v = h[:, :2]
v.add_(1)
y = h

with torch.no_grad():
    v = self.w[:2]
v.add_(1)
y = self.w * x

v = self.w[:2]
v.add_(1)
y = self.w * x

self.w.mul_(2)
y = self.w * x

with torch.no_grad(): self.w.mul_(2)
y = self.w * x

e = self.emb(torch.tensor([1, 2]))
e += 1
y = e

self.emb.weight += 1
y = self.emb(torch.tensor([1, 2]))

i = torch.tensor([1, 2])
e = self.emb(i)
i.add_(1)
y = e

m = torch.zeros(4, 4).bool()
h = self.lin(x).masked_fill(m, 0.0)
m.logical_not_()
y = h

w = self.emb_max.weight.clone()
e = self.emb_max(torch.tensor([1, 2]))
y = e @ w.t()

w = self.emb_max.weight * 2
e = self.emb_max(torch.tensor([1, 2]))
y = e @ w.t()

s = self.lin(x)[None]
o, _ = self.lstm2(s)
s.relu_()
y = o

h = self.lin(x)
y = self.acc * h
self.acc.add_(1)

h = self.lin(x)
y = self.acc + h
self.acc.add_(1)

h = F.softmax(self.lin(x), -1)
h[h < 0.1] = 0
y = h

h = torch.exp(self.lin(x))
h += 1
y = h

h = torch.sqrt(self.lin(x).abs())
h.clamp_(min=1)
y = h

h = self.lin(x)
h2 = h ** 2
h.zero_()
y = h2

h = self.lin(x)
h2 = 2.0 ** h
h2.zero_()
y = h2

h = self.lin(x)
h2 = h * 2
h.zero_()
y = h2

h = self.lin(x)
h2 = h * x
h.zero_()
y = h2

h = self.lin(x)
h2 = h * self.w
h.zero_()
y = h2

h = self.lin(x)
h2 = torch.cat([h, h])
h.zero_()
y = h2

h = self.lin(x)
h2 = h.max(1).values
h2.zero_()
y = h2

h = self.lin(x)
h2 = h.max()
h2 += 1
y = h2

h = self.lin(x)
h2 = h.logsumexp(1)
h2 += 1
y = h2

h = self.lin(x)
h2 = h.prod(1)
h2 += 1
y = h2

h = self.lin(x)
h2 = h.flatten(0)
F.gelu(h2).sum()
h.relu_()
y = h

h = self.lin(x)
g = F.gelu(h.view(-1))
h.relu_()
y = g

h = checkpoint(self.lin, x, use_reentrant=False)
h.relu_()
y = h

h = self.lin(x)
g = checkpoint(F.gelu, h, use_reentrant=False)
h.relu_()
y = g

h = torch.sigmoid(self.lin(x))
h = h.squeeze(0)
h.relu_()
y = h

h = torch.sigmoid(self.lin(x))
h.squeeze_(0)
y = h

h = torch.sigmoid(self.lin(x))
h.unsqueeze_(0)
y = h

h = torch.tan(self.lin(x))
h.mul_(0.5)
y = h

h = self.lin(x).clamp(0, 1)
h.mul_(0.5)
y = h

h = self.lin(x)
c = h.clamp(0, 1)
h.mul_(0.5)
y = c

h = self.lin(x)
c = torch.where(h > 0, h, x)
h.mul_(0.5)
y = c

h = self.lin(x)
c = F.cross_entropy(h, torch.tensor([0, 1, 2, 3]))
h.mul_(0.5)
y = c

h = self.lin(x)
c = F.mse_loss(h, x)
h.mul_(0.5)
y = c

h = self.lin(x)
c = F.l1_loss(h, x)
h.mul_(0.5)
y = c

t = torch.tensor([0, 1, 2, 3])
c = F.cross_entropy(self.lin(x), t)
t.zero_()
y = c

a = self.lin(x)
b = torch.ones(4, 4)
a *= b
b.relu_()
y = a

a = self.lin(x)
b = torch.ones(4, 4)
a += b
b.relu_()
y = a

h = self.lin(x).leaky_relu_(0.1) if False else F.leaky_relu_(self.lin(x), -0.1)
y = h

h = self.lin(x).unsqueeze(0).expand(2, 4, 4)
h += 1
y = h

h = self.lin(x)[None].expand(2, -1, -1)
h += 1
y = h

h = self.w.repeat(4, 1)
h += 1
y = h * x

a, b, c, d = self.lin(x)
a += 1
y = a + b

y = self.lin(x)
for r in y: r += 1

y = self.lin(x)
for i in range(4): y[i] += 1

y = self.lin(x)
for i in range(4): y[i] *= y[i - 1].clone()

y = self.lin(x)
for i in range(1, 4): y[i] *= y[i - 1]

h = self.lin(x)
parts = h.split([1, 3], 1)
parts[0].sigmoid_()
y = h

h = self.lin(x)
parts = h.tensor_split(2, 1)
parts[0].sigmoid_()
y = h

h = self.lin(x)
y = self.relu(h) + self.relu(h)

h = torch.tanh(self.lin(x))
y = self.relu(h)

h = F.normalize(self.lin(x))
h += 1
y = h

h = self.lin(x)
n = F.normalize(h)
h += 1
y = n

h = self.lin(x)
n = self.ln(h)
h += 1
y = n

h = self.lin(x)
n = F.layer_norm(h, (4,))
n += 1
y = n

h = self.conv(img)
p = self.pool(h)
h.relu_()
y = p

h = self.conv(img)
p = self.pool(h)
p.relu_()
y = p

h = self.conv(img)
p = F.interpolate(h, scale_factor=2)
h.relu_()
y = p

h = self.conv(img)
p = F.pad(h, (1, 1, 1, 1))
h.relu_()
y = p

h = self.conv(img)
p = F.pad(h, (1, 1, 1, 1), mode="reflect")
h.relu_()
y = p

h = self.lin(x)
p = torch.einsum("ij,jk->ik", h, x)
h.relu_()
y = p

h = self.lin(x)
p = h @ x
h.relu_()
y = p

h = self.lin(x)
p = h @ h.t()
h.relu_()
y = p

h = self.lin(x)
p = h.gather(1, torch.zeros(4, 1, dtype=torch.long))
h.relu_()
y = p

h = self.lin(x)
p = h[[0, 1]]
h.relu_()
y = p

h = self.lin(x)
p = h.cumsum(0)
p.relu_()
y = p

h = self.lin(x)
p = h.cumprod(0)
p.relu_()
y = p

h = self.lin(x)
p = h.nan_to_num()
h.relu_()
y = p

h = self.lin(x)
p = h.to(torch.float32)
torch.sigmoid(p)
p.relu_()
y = p

h = torch.sigmoid(self.lin(x))
p = h.to(torch.float64)
p.relu_()
y = p

h = torch.sigmoid(self.lin(x))
p = h.clone()
p.relu_()
y = p

y = self.lin(x)
torch.relu_(y)
y = y * 2

z = torch.zeros(4, 4, requires_grad=True)
z[0] = 1
y = z * self.lin(x)

z = torch.zeros(4, 4, requires_grad=True)
z = z + 0
z[0] = 1
y = z * self.lin(x)

y = self.lin(x)
torch.nn.init.zeros_(self.lin.weight)

y = self.lin(self.lin(x))
self.lin.weight.data.zero_()

h = torch.sigmoid(self.lin(x))
torch.mul(h.detach(), 2, out=h.data)
y = h

h = self.lin(x)[:, None].expand(-1, 3, -1)
h += 1
y = h

h = self.lin(x)[..., None].expand(-1, -1, 3)
h += 1
y = h

h = self.lin(x)[0, None].expand(3, -1)
h += 1
y = h

h = self.lin(x)[None, 0].expand(3, -1)
h += 1
y = h

h = self.lin(x)[None].expand(1, -1, -1)
h += 1
y = h

h = self.lin(x)[..., None, :].expand(-1, 2, -1)
h += 1
y = h

h = self.lin(x)[..., 0, None].expand(-1, 2)
h += 1
y = h

h = self.lin(x)[..., None, 0].expand(-1, 2)
h += 1
y = h

h = self.lin(x)
a, b = h.chunk(2, 1)
c = a + b
h.relu_()
y = h + c.sum()

h = self.lin(x)
a, b = h.chunk(2, 1)
h.relu_()
a, b = h.chunk(2, 1)
y = a + b

h = self.lin(x)
h.relu_()
a, b, c, d = h
y = a + b

h = self.lin(x)
a, b, c, d = h
h.relu_()
y = a + b

h = self.lin(x)
rows = [r for r in h]
h[0] = 1
y = torch.stack(rows)

h = self.lin(x)
a, b = h.chunk(2, 1)
h.data.relu_()
y = a + b

h = self.lin(x)
a, b = h.chunk(2, 1)
h.relu_()
k = a.argmax()
y = h

h = self.lin(x)
a, b = h.detach().chunk(2, 1)
h.relu_()
y = h + a.sum()

h = self.lin(x)
a = h[:, :2]
h.relu_()
y = a * 2

h = self.lin(x)
with torch.no_grad():
    v = h.view(-1)
    v += 1
y = h

h = self.lin(x)
with torch.no_grad():
    v = h.detach()
v.add_(1)
y = h

h = self.lin(x)
with torch.no_grad():
    v = h[:, :2]
v = v + 1
v += 1
y = h + v.sum()

h = self.lin(x)
with torch.no_grad():
    v = h[:, :2]
    w = v[0]
w.mul_(2)
y = h

with torch.no_grad():
    w = self.w.view(2, 2)
w = w * 2
w += 1
y = self.w * x + w.sum()

h = self.lin(x)
with torch.no_grad():
    v = h.data[:, :2]
v += 1
y = h
"""
"""Programs, with an empty line between them."""

SILENT = {
    "which kernel runs decides what is saved": """
s = self.lin(x)[None]
o, _ = self.lstm2(s)
o.relu_()
y = o
""",
    "a copy where the memory is laid out otherwise": """
h = torch.sigmoid(self.lin(x))
h = h.reshape(-1)
h.relu_()
y = h

h = torch.sigmoid(self.lin(x))
h = h.flatten(1)
h.relu_()
y = h

h = torch.sigmoid(self.lin(x))
p = h.contiguous()
p.relu_()
y = p
""",
    "the same shape where `x` has three dimensions": """
h = self.lin(x).expand(2, 4, 4)
h += 1
y = h
""",
    "a copy where the model has another type": """
h = torch.sigmoid(self.lin(x))
p = h.float()
p.relu_()
y = p
""",
    "allowed where the caller's tensor is the result of an operation": """
x.requires_grad_()
x += 1
y = self.lin(x)

x.requires_grad_()
x[0] = 1
y = self.lin(x)
""",
    "writes to a layer's weight are not held against the calls of the layer": """
y = self.lin(self.lin(x))
torch.nn.init.zeros_(self.lin.weight)

y = self.lin(self.lin(x))
with torch.no_grad(): self.lin.weight.zero_()
""",
}
"""Programs that raise, by the reason why nothing is said."""


def programs(text: str) -> list[str]:
    return [program.strip("\n") for program in text.strip("\n").split("\n\n")]


def source(program: str) -> str:
    return f"{HEAD}{textwrap.indent(program, ' ' * 8)}\n        return y\n"


def raises(program: str) -> bool:
    """Whether forward or backward raises in torch."""
    names: dict[str, type[torch.nn.Module]] = {}
    exec(compile(source(program), "main.py", "exec"), names)
    torch.manual_seed(0)
    net = names["Net"]()
    x, img = torch.rand(4, 4) * 0.5 + 0.2, torch.rand(2, 3, 4, 4)
    try:
        net(x, img).sum().backward()
    except RuntimeError:
        return True
    return False


def found(program: str) -> list[str]:
    reports = LINTER.lint(Project({"main.py": source(program)}, None, ()))
    return [f"{d.code} {d.message}" for report in reports.values() for d in report.diagnostics if d.code in RAISING]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", programs(PROGRAMS))
def test_raises_where_it_is_found(program: str) -> None:
    assert bool(found(program)) == raises(program), found(program)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", [program for text in SILENT.values() for program in programs(text)])
def test_raises_in_silence(program: str) -> None:
    assert raises(program)
    assert not found(program)
