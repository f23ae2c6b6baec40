"""What is deprecated in torch: each candidate, with a program that uses it and one that looks like it and does not.

The versions were read from the sources of the releases: `since` is the first minor release whose documentation,
decorator or warning deprecates the name, `removed` the first that no longer has it. Where no release says it, it is "".
What torch does today is not written here: `torchapi_deprecations.py` executes the programs and records it.

A program leaves what is to be compared in `result`; it sees `torch`, `nn`, `F`, and what `SETUP` makes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

from actlint.torchapi.deprecation import Deprecation

SETUP = """\
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
A = torch.randn(3, 3, dtype=torch.float64)
S = (A @ A.t() + 3 * torch.eye(3, dtype=torch.float64)).requires_grad_()
v = torch.randn(3, requires_grad=True)
w = torch.randn(3, requires_grad=True)
x = torch.rand(2, 3, requires_grad=True)
y = torch.rand(2, 3)
image = torch.randn(1, 2, 4, 4, requires_grad=True)
labels = torch.tensor([0, 2])
signs = torch.tensor([1.0, -1.0])
"""


@dataclass(frozen=True)
class Candidate:
    """A row, the program that uses it, and one that must stay silent ("": made from the name)."""

    row: Deprecation
    sample: str
    near: str = ""
    runs: bool = True
    """Whether the program can be executed here: some need what a test does not have, a process group, say."""


def symbol(name: str, sample: str, rule: str = "ACT104", near: str = "", runs: bool = True, **facts: Any) -> Candidate:
    kind = facts.pop("kind", "class" if name.rpartition(".")[2][:1].isupper() else "function")
    if facts.get("replacement") and "recipe" not in facts and facts.get("fix", "none") != "none":
        facts["recipe"] = "rename"
    return Candidate(Deprecation(name, rule, kind, **facts), sample, near, runs)


def argument(
    name: str, parameter: str, sample: str, near: str, kind: str = "argument", runs: bool = True, **facts: Any
) -> Candidate:
    rule = facts.pop("rule", "ACT105")
    return Candidate(Deprecation(name, rule, kind, argument=parameter, **facts), sample, near, runs)  # type: ignore[arg-type]


def positional(name: str) -> tuple[str, ...]:
    """The parameters of something of torch that can be given by position."""
    thing: Any = torch
    for part in name.split(".")[1:]:
        thing = getattr(thing, part)
    found = inspect.signature(thing).parameters.values()
    return tuple(p.name for p in found if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY))


# -------------------------------------------------------------------------------------------- activations, softmax, amp


def activations() -> Iterator[Candidate]:
    for name in ("sigmoid", "tanh"):
        yield symbol(
            f"torch.nn.functional.{name}",
            f"result = F.{name}(x)",
            "ACT101",
            f"result = torch.{name}(x)",
            since="0.4.1",
            silent_since="2.0",
            replacement=f"torch.{name}",
            replacement_since="0.4.0",
            parameters=("input",),
            fix="safe",
        )


def softmax() -> Iterator[Candidate]:
    note = "the dimension is then 0 for inputs of 0, 1 or 3 dimensions, else 1"
    for name in ("softmax", "log_softmax", "softmin"):
        facts: Any = {"rule": "ACT102", "kind": "omission", "since": "0.3.0", "fix": "unsafe", "note": note}
        yield argument(
            f"torch.nn.functional.{name}",
            "dim",
            f"result = F.{name}(x)",
            f"result = F.{name}(x, 1)",
            parameters=("input", "dim"),
            **facts,
        )
        layer = {"softmax": "Softmax", "log_softmax": "LogSoftmax", "softmin": "Softmin"}[name]
        yield argument(
            f"torch.nn.{layer}",
            "dim",
            f"result = nn.{layer}()(x)",
            f"result = nn.{layer}(-1)(x)",
            parameters=("dim",),
            **facts,
        )


def amp() -> Iterator[Candidate]:
    for device, dtype in (("cuda", "torch.float16"), ("cpu", "torch.bfloat16")):
        yield symbol(
            f"torch.{device}.amp.autocast",
            f"with torch.{device}.amp.autocast(enabled=False):\n    result = F.linear(x, y)",
            "ACT103",
            f"with torch.amp.autocast('{device}', enabled=False):\n    result = F.linear(x, y)",
            kind="class",
            since="2.4",
            replacement="torch.amp.autocast",
            replacement_since="1.12",
            device=device,
            device_parameter="device_type",
            parameters=("enabled", "dtype", "cache_enabled"),
            reordered=True,
            defaults=(("dtype", dtype), ("cache_enabled", "True")),
            fix="safe",
            recipe="device",
            note="`torch.amp.autocast` takes `dtype` before `enabled`; without `dtype` and `cache_enabled` it takes "
            "those of an enclosing autocast; `torch.autocast` is the same class, since 1.10",
        )
        yield symbol(
            f"torch.{device}.amp.GradScaler",
            f"result = torch.{device}.amp.GradScaler(enabled=False).state_dict()",
            "ACT103",
            f"result = torch.amp.GradScaler('{device}', enabled=False).state_dict()",
            since="2.4",
            replacement="torch.amp.GradScaler",
            replacement_since="2.3",
            device=device,
            device_parameter="device",
            parameters=("init_scale", "growth_factor", "backoff_factor", "growth_interval", "enabled"),
            fix="safe",
            recipe="device",
        )
    for name, parameter in (("custom_fwd", "fwd"), ("custom_bwd", "bwd")):
        yield symbol(
            f"torch.cuda.amp.{name}",
            f"def run(ctx, x):\n    return 2 * x\n\n\nrun = torch.cuda.amp.{name}(run)",
            "ACT103",
            f"def run(ctx, x):\n    return 2 * x\n\n\nrun = torch.amp.{name}(run, device_type='cuda')",
            since="2.4",
            replacement=f"torch.amp.{name}",
            replacement_since="2.4",
            device="cuda",
            device_parameter="device_type",
            device_keyword=True,
            parameters=(parameter,),
            fix="safe",
            recipe="device",
            note=f"as a bare decorator it becomes a call: `@torch.amp.{name}(device_type='cuda')`",
        )


# ---------------------------------------------------------------------------------------------------- nn and functional


def functional() -> Iterator[Candidate]:
    old = ("input", "size", "scale_factor", "mode", "align_corners")
    common: Any = {"since": "0.4.1", "replacement_since": "0.4.1", "fix": "safe"}
    interpolate = "torch.nn.functional.interpolate"
    yield symbol(
        "torch.nn.functional.upsample",
        "result = F.upsample(image, (8, 8), None, 'bilinear', True)",
        replacement=interpolate,
        parameters=old,
        **common,
    )
    yield symbol(
        "torch.nn.functional.upsample_nearest",
        "result = F.upsample_nearest(image, scale_factor=2)",
        replacement=interpolate,
        parameters=old[:3],
        **common,
    )
    yield symbol(
        "torch.nn.functional.upsample_bilinear",
        "result = F.upsample_bilinear(image, (8, 8))",
        replacement=interpolate,
        parameters=old[:3],
        added=(("mode", '"bilinear"'), ("align_corners", "True")),
        **common,
    )
    layer: Any = {"since": "0.4.1", "replacement": "torch.nn.Upsample", "replacement_since": "0.3", "fix": "safe"}
    yield symbol(
        "torch.nn.UpsamplingNearest2d",
        "result = nn.UpsamplingNearest2d(scale_factor=2)(image)",
        parameters=("size", "scale_factor"),
        **layer,
    )
    yield symbol(
        "torch.nn.UpsamplingBilinear2d",
        "result = nn.UpsamplingBilinear2d((8, 8))(image)",
        parameters=("size", "scale_factor"),
        added=(("mode", '"bilinear"'), ("align_corners", "True")),
        **layer,
    )
    yield symbol(
        "torch.nn.NLLLoss2d",
        "result = nn.NLLLoss2d(reduction='sum')(F.log_softmax(image, dim=1), torch.zeros(1, 4, 4, dtype=torch.long))",
        since="0.4.0",
        replacement="torch.nn.NLLLoss",
        replacement_since="0.1",
        fix="safe",
    )
    yield symbol(
        "torch.nn.Container",
        "result = nn.Container(net=nn.Linear(2, 2)).state_dict().keys() is None",
        since="0.2",
        replacement="torch.nn.Module",
        note="its keyword arguments became submodules: subclass `nn.Module` and assign them",
    )
    yield symbol(
        "torch.nn.parallel.DistributedDataParallelCPU",
        "torch.nn.parallel.DistributedDataParallelCPU(nn.Linear(2, 2))",
        runs=False,
        since="1.2",
        replacement="torch.nn.parallel.DistributedDataParallel",
        replacement_since="1.0",
    )
    yield symbol(
        "torch.nn.DataParallel",
        "net = nn.DataParallel(nn.Linear(3, 2))\nresult = net(x).shape",
        since="1.5",
        replacement="torch.nn.parallel.DistributedDataParallel",
        replacement_since="1.0",
        info=True,
        note="one process drives all GPUs; torch recommends one process for each",
    )
    yield symbol(
        "torch.nn.parallel.data_parallel",
        "result = nn.parallel.data_parallel(nn.Linear(3, 2), x).shape",
        runs=False,
        since="1.5",
        replacement="torch.nn.parallel.DistributedDataParallel",
        replacement_since="1.0",
        info=True,
        note="one process drives all GPUs; torch recommends one process for each",
    )
    yield symbol(
        "torch.nn.modules.rnn.apply_permutation",
        "result = nn.modules.rnn.apply_permutation(x, labels[:1], 0)",
        since="1.13",
        note="use `tensor.index_select(dim, permutation)`",
    )
    yield symbol(
        "torch.nn.parallel.scatter_gather.is_namedtuple",
        "from torch.nn.parallel.scatter_gather import is_namedtuple\nresult = is_namedtuple((1, 2))",
        since="1.13",
        note="test `isinstance(obj, tuple) and hasattr(obj, '_fields')`",
    )
    yield symbol(
        "torch.nn.utils.clip_grad_norm",
        "v.sum().backward()\nresult = nn.utils.clip_grad_norm([v], 0.5, norm_type=1)",
        since="0.4.0",
        replacement="torch.nn.utils.clip_grad_norm_",
        replacement_since="0.4.0",
        fix="safe",
    )
    yield symbol(
        "torch.nn.utils.weight_norm",
        "net = nn.utils.weight_norm(nn.Linear(3, 2), 'weight', dim=0)\nresult = net(x)",
        since="2.1",
        replacement="torch.nn.utils.parametrizations.weight_norm",
        replacement_since="2.1",
        fix="unsafe",
        note="the parameters get other names; checkpoints that were saved before still load, those saved after do not "
        "load into the old form",
    )
    yield symbol(
        "torch.nn.utils.spectral_norm",
        "net = nn.utils.spectral_norm(nn.Linear(3, 2))\nresult = net(x).shape",
        since="1.9",
        replacement="torch.nn.utils.parametrizations.spectral_norm",
        replacement_since="1.9",
        fix="unsafe",
        keeps_checkpoints=False,
        info=True,
        note="torch calls it superseded, without a date; the parameters get other names, and the two estimate the norm "
        "differently",
    )
    yield symbol(
        "torch.nn.utils.stateless.functional_call",
        "from torch.nn.utils import stateless\nnet = nn.Linear(3, 2, bias=False)\n"
        "result = stateless.functional_call(net, {'weight': torch.ones(2, 3)}, (x,))",
        since="2.0",
        replacement="torch.func.functional_call",
        replacement_since="2.0",
        fix="safe",
        parameters=("module", "parameters_and_buffers", "args", "kwargs"),
        accepted=("module", "parameter_and_buffer_dicts", "args", "kwargs"),
        renamed=(("parameters_and_buffers", "parameter_and_buffer_dicts"),),
    )
    names = "uniform normal constant eye dirac xavier_uniform xavier_normal kaiming_uniform kaiming_normal orthogonal"
    for name in (*names.split(), "sparse"):
        given = {"constant": "(t, 0.5)", "sparse": "(t, 0.5)", "dirac": "(torch.zeros(2, 2, 3))"}.get(name, "(t)")
        yield symbol(
            f"torch.nn.init.{name}",
            f"t = torch.zeros(2, 3)\ntorch.manual_seed(1)\nresult = nn.init.{name}{given}",
            since="0.4.0",
            replacement=f"torch.nn.init.{name}_",
            replacement_since="0.4.0",
            fix="safe",
        )


LAYERS = (
    "BCELoss BCEWithLogitsLoss CosineEmbeddingLoss CrossEntropyLoss HingeEmbeddingLoss KLDivLoss L1Loss "
    "MarginRankingLoss MSELoss MultiMarginLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss NLLLoss PoissonNLLLoss "
    "SmoothL1Loss SoftMarginLoss TripletMarginLoss"
)
FUNCTIONS = {
    "binary_cross_entropy": "torch.sigmoid(x), y",
    "binary_cross_entropy_with_logits": "x, y",
    "cosine_embedding_loss": "x, y, signs",
    "cross_entropy": "x, labels",
    "hinge_embedding_loss": "x[:, 0], signs",
    "kl_div": "x, y",
    "l1_loss": "x, y",
    "margin_ranking_loss": "x[:, 0], y[:, 0], signs",
    "mse_loss": "x, y",
    "multi_margin_loss": "x, labels",
    "multilabel_margin_loss": "x, torch.zeros(2, 3, dtype=torch.long)",
    "multilabel_soft_margin_loss": "x, y",
    "nll_loss": "x, labels",
    "poisson_nll_loss": "x, y",
    "smooth_l1_loss": "x, y",
    "soft_margin_loss": "x[:, 0], signs",
    "triplet_margin_loss": "x, y, y.flip(0)",
}
RAISES_FOR_ELEMENTWISE = [
    "MultiLabelSoftMarginLoss",
    "PoissonNLLLoss",
    "multilabel_soft_margin_loss",
    "poisson_nll_loss",
]
_OF_LAYER = dict(zip(LAYERS.split(), FUNCTIONS, strict=True))
SAMPLES = {layer: FUNCTIONS[_OF_LAYER[layer]] for layer in LAYERS.split()}


def losses() -> Iterator[Candidate]:
    uses = [(f"torch.nn.{name}", f"nn.{name}({{}})({given})") for name, given in SAMPLES.items()]
    uses += [(f"torch.nn.functional.{name}", f"F.{name}({given}, {{}})") for name, given in FUNCTIONS.items()]
    for name, use in uses:
        facts: Any = {"parameters": positional(name), "fix": "safe"}
        near = f"result = {use.format('reduction=' + repr('sum'))}"
        for parameter in ("size_average", "reduce"):
            yield argument(
                name,
                parameter,
                f"result = {use.format(f'{parameter}=False')}",
                near,
                since="0.4.1",
                recipe="reduction",
                replacement_since="0.4.1",
                **facts,
            )
        if name.rpartition(".")[2] in RAISES_FOR_ELEMENTWISE:
            continue
        yield argument(
            name,
            "reduction",
            f"result = {use.format('reduction=' + repr('elementwise_mean'))}",
            near,
            kind="value",
            value="'elementwise_mean'",
            since="1.0",
            recipe="set",
            added=(("reduction", '"mean"'),),
            **facts,
        )


def arguments() -> Iterator[Candidate]:
    for old, new in (("min_value", "min_val"), ("max_value", "max_val")):
        yield argument(
            "torch.nn.Hardtanh",
            old,
            f"result = nn.Hardtanh({old}=0.5)(x)",
            f"result = nn.Hardtanh({new}=0.5)(x)",
            since="0.3",
            recipe="keyword",
            renamed=((old, new),),
            fix="safe",
        )
    yield argument(
        "torch.nn.functional.gumbel_softmax",
        "eps",
        "torch.manual_seed(1)\nresult = F.gumbel_softmax(x, 2.0, eps=1e-9, dim=1)",
        "result = F.gumbel_softmax(x, 2.0, dim=1)",
        since="1.1",
        recipe="drop",
        parameters=("logits", "tau", "hard", "eps", "dim"),
        fix="safe",
        note="it has no effect",
    )
    for name in ("meshgrid", "functional.meshgrid"):
        yield argument(
            f"torch.{name}",
            "indexing",
            f"result = torch.{name}(v, w)",
            f"result = torch.{name}(v, w, indexing='ij')",
            kind="omission",
            since="1.10",
            recipe="set",
            added=(("indexing", '"ij"'),),
            replacement_since="1.10",
            fix="safe",
        )
    for name, given in (("checkpoint", "torch.sin, v"), ("checkpoint_sequential", "[torch.sin, torch.cos], 2, v")):
        yield argument(
            f"torch.utils.checkpoint.{name}",
            "use_reentrant",
            f"from torch.utils.checkpoint import {name}\nresult = {name}({given})",
            f"from torch.utils.checkpoint import {name}\nresult = {name}({given}, use_reentrant=False)",
            kind="omission",
            since="2.1" if name == "checkpoint" else "2.2",
            recipe="set",
            added=(("use_reentrant", "True"),),
            replacement_since="1.11" if name == "checkpoint" else "2.0",
            fix="safe",
            note="True is what is taken today, and a later version takes nothing; torch recommends False",
        )
    for name, given in (("torch.cross", "torch.ones(2, 3), x"), ("torch.Tensor.cross", "x")):
        call = f"torch.cross({given}" if name == "torch.cross" else f"torch.ones(2, 3).cross({given}"
        yield argument(
            name,
            "dim",
            f"result = {call})",
            f"result = {call}, dim=1)",
            kind="omission",
            since="2.2",
            parameters=("input", "other", "dim")[name.startswith("torch.Tensor") :],
            recipe="axis",
            value="3",
            fix="safe",
            note="it takes the first dimension of size 3, which can be the one of the batch",
        )
    ones = "torch.ones(64)"
    for name, call in (("torch.stft", f"torch.stft({ones}, 16, "), ("torch.Tensor.stft", f"{ones}.stft(16, ")):
        parameters = STFT[name.startswith("torch.Tensor") :]
        facts: dict[str, Any] = {"recipe": "real", "added": (("return_complex", "True"),), "parameters": parameters}
        facts |= {"replacement": "torch.view_as_real", "replacement_since": "1.6"}
        near = f"result = {call}window=torch.ones(16), return_complex=True)"
        yield argument(
            name,
            "return_complex",
            f"result = {call}window=torch.ones(16), return_complex=False)",
            near,
            kind="value",
            value="False",
            since="2.0",
            fix="safe",
            **facts,
        )
        yield argument(
            name,
            "return_complex",
            f"result = {call}window=torch.ones(16))",
            near,
            kind="omission",
            since="1.8",
            removed="2.0",
            fix="unsafe",
            note="for a real input it must be given",
            **facts,
        )
    yield argument(
        "torch.load",
        "weights_only",
        "import io\nfile = io.BytesIO()\ntorch.save({'w': torch.ones(2)}, file)\nfile.seek(0)\nresult = torch.load(file)",
        "import io\nfile = io.BytesIO()\ntorch.save({'w': torch.ones(2)}, file)\nfile.seek(0)\n"
        "result = torch.load(file, weights_only=True)",
        kind="omission",
        rule="ACT108",
        since="2.4",
        silent_since="2.6",
        recipe="set",
        added=(("weights_only", "True"),),
        replacement_since="1.13",
        fix="unsafe",
    )
    step = "optimizer = torch.optim.SGD([v], lr=0.1)\n"
    for name, given in SCHEDULERS.items():
        yield argument(
            f"torch.optim.lr_scheduler.{name}",
            "verbose",
            f"{step}torch.optim.lr_scheduler.{name}(optimizer, {given}verbose=False)",
            f"{step}result = torch.optim.lr_scheduler.{name}(optimizer, {given.removesuffix(', ')}).get_last_lr()",
            since="2.2",
            removed="2.7",
            recipe="drop",
            value="False",
            parameters=VERBOSE[name],
            fix="safe",
            note="print `scheduler.get_last_lr()` instead",
        )
    yield argument(
        "torch.autograd.grad",
        "only_inputs",
        "result = torch.autograd.grad((v * w).sum(), [v], only_inputs=False)",
        "result = torch.autograd.grad((v * w).sum(), [v])",
        since="0.3",
        recipe="drop",
        parameters=("outputs", "inputs", "grad_outputs", "retain_graph", "create_graph", "only_inputs", "allow_unused"),
        fix="safe",
        note="it has no effect",
    )
    yield argument(
        "torch.autograd.backward",
        "grad_variables",
        "torch.autograd.backward(v, grad_variables=torch.ones(3))\nresult = v.grad",
        "torch.autograd.backward(v, grad_tensors=torch.ones(3))\nresult = v.grad",
        since="0.4.0",
        recipe="keyword",
        renamed=(("grad_variables", "grad_tensors"),),
        fix="safe",
    )
    for name, given in (("script", "nn.Linear(3, 2)"), ("trace", "nn.Linear(3, 2), x")):
        yield argument(
            f"torch.jit.{name}",
            "optimize",
            f"result = torch.jit.{name}({given}, optimize=True)(x).shape",
            "result = nn.Linear(3, 2)(x).shape",
            since="1.2" if name == "script" else "1.2",
            recipe="drop",
            parameters=("obj", "optimize") if name == "script" else ("func", "example_inputs", "optimize"),
            fix="safe",
            note="it has no effect",
        )
    yield argument(
        "torch.autograd.Variable",
        "volatile",
        "result = torch.autograd.Variable(torch.ones(2), volatile=True)",
        "with torch.no_grad():\n    result = torch.ones(2)",
        since="0.4.0",
        recipe="drop",
        parameters=("data", "requires_grad", "volatile"),
        fix="safe",
        note="it has no effect: `with torch.no_grad()` does what it did",
    )
    yield argument(
        "torch.autograd.profiler.profile",
        "use_cuda",
        "with torch.autograd.profiler.profile(use_cuda=False):\n    result = x + 1",
        "with torch.autograd.profiler.profile(use_device=None):\n    result = x + 1",
        since="2.3",
        removed="2.14",
        replacement_since="2.1",
        note="`use_device='cuda'` says the same",
    )
    yield argument(
        "torch.profiler.profile",
        "use_cuda",
        "with torch.profiler.profile(use_cuda=False):\n    result = x + 1",
        "with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]):\n    result = x + 1",
        since="1.8.1",
        removed="2.14",
        note="`activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]` says the same",
    )
    yield argument(
        "torch.utils.data.DataLoader",
        "pin_memory_device",
        "result = list(torch.utils.data.DataLoader([1, 2], pin_memory_device='cuda', pin_memory=True))",
        "result = list(torch.utils.data.DataLoader([1, 2], pin_memory=True))",
        since="2.8",
        recipe="drop",
        fix="safe",
        note="the current accelerator is used",
    )
    yield argument(
        "torch.multiprocessing.spawn",
        "start_method",
        "torch.multiprocessing.spawn(print, nprocs=1, start_method='spawn')",
        "torch.multiprocessing.spawn(print, nprocs=1)",
        runs=False,
        since="1.5",
        recipe="drop",
        fix="safe",
        value="'spawn'",
        note="it always spawns",
    )
    yield argument(
        "torch.nn.parallel.DistributedDataParallel",
        "check_reduction",
        "nn.parallel.DistributedDataParallel(nn.Linear(2, 2), check_reduction=True)",
        "nn.parallel.DistributedDataParallel(nn.Linear(2, 2))",
        runs=False,
        since="1.9",
        recipe="drop",
        fix="safe",
        note="it has no effect",
    )
    yield argument(
        "torch.nn.parallel.DistributedDataParallel",
        "broadcast_buffers",
        "nn.parallel.DistributedDataParallel(nn.Linear(2, 2), broadcast_buffers=True)",
        "nn.parallel.DistributedDataParallel(nn.Linear(2, 2))",
        runs=False,
        since="2.13",
        replacement_since="2.13",
        note="`forward_sync_buffers` says the same, but still synchronises at the start",
    )
    yield argument(
        "torch.nn.attention.flex_attention.flex_attention",
        "return_lse",
        "from torch.nn.attention.flex_attention import flex_attention\n"
        "q = torch.randn(1, 1, 16, 16)\nresult = flex_attention(q, q, q, return_lse=True)",
        "from torch.nn.attention.flex_attention import flex_attention\n"
        "q = torch.randn(1, 1, 16, 16)\nresult = flex_attention(q, q, q)",
        since="2.9",
        note="`return_aux=AuxRequest(lse=True)` asks for the same",
    )
    yield argument(
        "torch.nn.attention.flex_attention.create_block_mask",
        "_compile",
        "from torch.nn.attention.flex_attention import create_block_mask\n"
        "create_block_mask(lambda b, h, q, k: q >= k, 1, 1, 128, 128, device='cpu', _compile=True)",
        "from torch.nn.attention.flex_attention import create_block_mask\n"
        "create_block_mask(lambda b, h, q, k: q >= k, 1, 1, 128, 128, device='cpu')",
        kind="value",
        value="True",
        runs=False,
        since="2.6",
        note="`torch.compile(create_block_mask)` does the same",
    )
    yield argument(
        "torch.sparse.to_sparse_semi_structured",
        "transposed",
        "torch.sparse.to_sparse_semi_structured(x, transposed=True)",
        "torch.sparse.to_sparse_semi_structured(x)",
        runs=False,
        since="2.3",
    )
    for parameter in ("training", "operator_export_type"):
        yield argument(
            "torch.onnx.export",
            parameter,
            f"torch.onnx.export(nn.Linear(2, 2), (x,), 'model.onnx', {parameter}=1)",
            "torch.onnx.export(nn.Linear(2, 2), (x,), 'model.onnx', dynamo=True)",
            runs=False,
            since="2.8",
        )


STFT = (
    *("input", "n_fft", "hop_length", "win_length", "window", "center", "pad_mode", "normalized"),
    *("onesided", "return_complex"),
)
_HEAD = ("optimizer",)
_TAIL = ("last_epoch", "verbose")
VERBOSE: dict[str, tuple[str, ...]] = {
    "LambdaLR": (*_HEAD, "lr_lambda", *_TAIL),
    "MultiplicativeLR": (*_HEAD, "lr_lambda", *_TAIL),
    "StepLR": (*_HEAD, "step_size", "gamma", *_TAIL),
    "MultiStepLR": (*_HEAD, "milestones", "gamma", *_TAIL),
    "ConstantLR": (*_HEAD, "factor", "total_iters", *_TAIL),
    "LinearLR": (*_HEAD, "start_factor", "end_factor", "total_iters", *_TAIL),
    "ExponentialLR": (*_HEAD, "gamma", *_TAIL),
    "PolynomialLR": (*_HEAD, "total_iters", "power", *_TAIL),
    "CosineAnnealingLR": (*_HEAD, "T_max", "eta_min", *_TAIL),
    "CosineAnnealingWarmRestarts": (*_HEAD, "T_0", "T_mult", "eta_min", *_TAIL),
    "SequentialLR": (*_HEAD, "schedulers", "milestones", *_TAIL),
    "ReduceLROnPlateau": (
        *(*_HEAD, "mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps"),
        "verbose",
    ),
    "CyclicLR": (
        *(*_HEAD, "base_lr", "max_lr", "step_size_up", "step_size_down", "mode", "gamma", "scale_fn", "scale_mode"),
        *("cycle_momentum", "base_momentum", "max_momentum", *_TAIL),
    ),
    "OneCycleLR": (
        *(*_HEAD, "max_lr", "total_steps", "epochs", "steps_per_epoch", "pct_start", "anneal_strategy"),
        *("cycle_momentum", "base_momentum", "max_momentum", "div_factor", "final_div_factor", "three_phase", *_TAIL),
    ),
}
SCHEDULERS = {
    "LambdaLR": "lambda epoch: 1.0, ",
    "MultiplicativeLR": "lambda epoch: 1.0, ",
    "StepLR": "2, ",
    "MultiStepLR": "[1], ",
    "ConstantLR": "",
    "LinearLR": "",
    "ExponentialLR": "0.5, ",
    "PolynomialLR": "",
    "CosineAnnealingLR": "4, ",
    "CosineAnnealingWarmRestarts": "4, ",
    "SequentialLR": "[torch.optim.lr_scheduler.ConstantLR(optimizer)], [], ",
    "ReduceLROnPlateau": "",
    "CyclicLR": "0.1, 0.2, cycle_momentum=False, ",
    "OneCycleLR": "0.1, 10, cycle_momentum=False, ",
}


# ------------------------------------------------------------------------------------------------------- linear algebra


def algebra() -> Iterator[Candidate]:
    yield symbol(
        "torch.ger",
        "result = torch.ger(v, vec2=w)",
        since="1.7",
        replacement="torch.outer",
        replacement_since="1.7",
        fix="safe",
    )
    yield symbol(
        "torch.chain_matmul",
        "result = torch.chain_matmul(A, S, A)",
        since="1.9",
        replacement="torch.linalg.multi_dot",
        replacement_since="1.9",
        fix="safe",
        recipe="list",
    )
    yield symbol(
        "torch.cholesky",
        "result = torch.cholesky(S, True)",
        since="1.9",
        removed="2.14",
        replacement="torch.linalg.cholesky",
        replacement_since="1.8",
        fix="safe",
        parameters=("input", "upper"),
        accepted=("input",),
    )
    yield symbol(
        "torch.qr",
        "result = tuple(torch.qr(S, some=True))",
        since="1.9",
        removed="2.14",
        replacement="torch.linalg.qr",
        replacement_since="1.8",
        fix="safe",
        parameters=("input", "some"),
        accepted=("A", "mode"),
        renamed=(("input", "A"), ("some", "mode")),
        mapped=(("some", "mode", (("True", '"reduced"'), ("False", '"complete"'))),),
    )
    yield symbol(
        "torch.svd",
        "result = torch.svd(S).S",
        since="1.9",
        replacement="torch.linalg.svdvals",
        replacement_since="1.9",
        fix="safe",
        parameters=("input", "some", "compute_uv"),
        accepted=("A",),
        renamed=(("input", "A"),),
        dropped=("some", "compute_uv"),
        component=(1, "S"),
        note="`torch.linalg.svd` gives the conjugate transpose of `V`, and takes `full_matrices` for `some`",
    )
    yield symbol(
        "torch.triangular_solve",
        "result = torch.triangular_solve(A, torch.triu(S)).solution",
        since="1.11",
        replacement="torch.linalg.solve_triangular",
        replacement_since="1.11",
        fix="unsafe",
        recipe="algebra",
        parameters=("b", "A", "upper", "transpose", "unitriangular"),
        note="`torch.linalg.solve_triangular` takes the matrix first, needs `upper`, gives the solution alone, and takes "
        "no sparse matrices",
    )
    yield symbol(
        "torch.lu",
        "result = tuple(torch.lu(S))",
        since="1.13",
        replacement="torch.linalg.lu_factor",
        replacement_since="1.11",
        fix="safe",
        parameters=("A", "pivot", "get_infos"),
        accepted=("A",),
        mapped=(("get_infos", "get_infos", ()),),
        note="with `get_infos`, `torch.linalg.lu_factor_ex` is the one",
    )
    yield symbol(
        "torch.lu_solve",
        "LU, pivots = torch.linalg.lu_factor(S)\nresult = torch.lu_solve(A, LU, pivots)",
        since="1.13",
        replacement="torch.linalg.lu_solve",
        replacement_since="1.13",
        fix="safe",
        parameters=("b", "LU_data", "LU_pivots"),
        accepted=("LU", "pivots", "B"),
        renamed=(("b", "B"), ("input", "B"), ("LU_data", "LU"), ("LU_pivots", "pivots")),
    )
    yield symbol(
        "torch.norm",
        "result = torch.norm(x, 1, dim=1, keepdim=True)",
        since="1.7",
        replacement="torch.linalg.vector_norm",
        replacement_since="1.9",
        fix="unsafe",
        recipe="norm",
        parameters=("input", "p", "dim", "keepdim", "out", "dtype"),
        note="`torch.linalg.vector_norm` and `torch.linalg.matrix_norm` say which of the two is meant; neither takes "
        "sparse tensors",
    )
    yield symbol(
        "torch.functional.norm",
        "result = torch.functional.norm(x, 3)",
        since="1.7",
        replacement="torch.linalg.vector_norm",
        replacement_since="1.9",
        fix="unsafe",
        recipe="norm",
        parameters=("input", "p", "dim", "keepdim", "out", "dtype"),
    )
    yield symbol(
        "torch.range",
        "result = torch.range(0, 3)",
        since="0.1",
        replacement="torch.arange",
        replacement_since="0.1",
        fix="safe",
        recipe="range",
        parameters=("start", "end", "step"),
        note="`torch.range` includes the end and makes floats; `torch.arange` leaves it out and keeps integers",
    )
    stubs: Any = {"since": "1.9"}
    yield symbol(
        "torch.symeig",
        "torch.symeig(S)[0]",
        removed="2.0",
        replacement="torch.linalg.eigh",
        fix="safe",
        recipe="algebra",
        parameters=("input", "eigenvectors", "upper"),
        note="`torch.linalg.eigh` reads the lower triangle by default, and always gives the eigenvectors",
        replacement_since="1.8",
        **stubs,
    )
    yield symbol(
        "torch.eig",
        "torch.eig(S)[0][:, 0]",
        removed="1.13",
        replacement="torch.linalg.eig",
        fix="safe",
        recipe="algebra",
        parameters=("input", "eigenvectors"),
        note="`torch.linalg.eig` gives complex tensors instead of two columns, and always the eigenvectors",
        replacement_since="1.9",
        **stubs,
    )
    yield symbol(
        "torch.lstsq",
        "torch.lstsq(A, S)[0][: S.size(1)]",
        removed="1.13",
        replacement="torch.linalg.lstsq",
        fix="safe",
        recipe="algebra",
        parameters=("input", "A"),
        note="`torch.linalg.lstsq` takes the matrix first, and gives the solution without the residuals below it",
        since="1.9",
        replacement_since="1.9",
    )
    yield symbol(
        "torch.solve",
        "torch.solve(A, S).solution",
        since="1.9",
        removed="1.12",
        replacement="torch.linalg.solve",
        replacement_since="1.8",
        fix="safe",
        recipe="algebra",
        parameters=("input", "A"),
        note="`torch.linalg.solve` takes the matrix first, and gives the solution alone",
    )
    yield symbol(
        "torch.matrix_rank",
        "torch.matrix_rank(S, symmetric=True)",
        removed="1.13",
        replacement="torch.linalg.matrix_rank",
        fix="safe",
        parameters=("input", "tol", "symmetric"),
        accepted=("A", "tol", "hermitian"),
        renamed=(("input", "A"), ("symmetric", "hermitian")),
        replacement_since="1.8",
        **stubs,
    )
    yield symbol(
        "torch.set_default_tensor_type",
        "torch.set_default_tensor_type(torch.FloatTensor)\nresult = torch.ones(2)",
        near="torch.set_default_dtype(torch.float32)\nresult = torch.ones(2)",
        since="2.1",
        replacement="torch.set_default_dtype",
        replacement_since="0.4.0",
        fix="unsafe",
        recipe="tensor type",
        note="`torch.set_default_device` sets the device",
    )
    for old, new in (("rfft", "rfft"), ("irfft", "irfft"), ("ifft", "ifft")):
        yield symbol(
            f"torch.{old}",
            f"torch.{old}(x, 1)",
            since="1.7",
            removed="1.8",
            replacement=f"torch.fft.{new}",
            replacement_since="1.7",
            note="`torch.fft` works on complex tensors instead of a last dimension of 2",
        )
    for old, new, removed in (
        ("gels", "torch.linalg.lstsq", "1.2"),
        ("gesv", "torch.linalg.solve", "1.2"),
        ("potrf", "torch.linalg.cholesky", "1.2"),
        ("potri", "torch.cholesky_inverse", "1.2"),
        ("potrs", "torch.cholesky_solve", "1.2"),
        ("pstrf", "torch.linalg.cholesky", "1.2"),
        ("trtrs", "torch.linalg.solve_triangular", "1.2"),
        ("btrifact", "torch.linalg.lu_factor", "1.2"),
        ("btrifact_with_info", "torch.linalg.lu_factor_ex", "1.2"),
        ("btrisolve", "torch.linalg.lu_solve", "1.2"),
        ("btriunpack", "torch.lu_unpack", "1.2"),
    ):
        yield symbol(f"torch.{old}", f"torch.{old}(S)", removed=removed, replacement=new)
    for old, new in (
        ("set_deterministic", "use_deterministic_algorithms"),
        ("is_deterministic", "are_deterministic_algorithms_enabled"),
    ):
        yield symbol(
            f"torch.{old}",
            f"result = torch.{old}({'False' if old.startswith('set') else ''})",
            since="1.8",
            removed="1.10",
            replacement=f"torch.{new}",
            replacement_since="1.8",
            fix="safe",
            renamed=(("d", "mode"),),
        )


# ------------------------------------------------------------------------------------------------------ everything else


def others() -> Iterator[Candidate]:
    yield symbol(
        "torch.autograd.Variable",
        "from torch.autograd import Variable\nresult = Variable(x)",
        "ACT110",
        near="result = x.detach()",
        since="0.4.0",
        replacement="torch.Tensor.detach",
        fix="safe",
        recipe="",
    )
    yield symbol(
        "torch.autograd.variable",
        "torch.autograd.variable(1.0)",
        kind="function",
        since="0.4.0",
        removed="1.12",
        replacement="torch.tensor",
        replacement_since="0.4.0",
    )
    for name, new in (
        ("has_mps", "torch.backends.mps.is_built"),
        ("has_cuda", "torch.backends.cuda.is_built"),
        ("has_cudnn", "torch.backends.cudnn.is_available"),
        ("has_mkldnn", "torch.backends.mkldnn.is_available"),
    ):
        yield symbol(
            f"torch.{name}",
            f"result = torch.{name}",
            near=f"result = {new}()",
            kind="constant",
            since="2.1",
            replacement=new,
            replacement_since="1.12" if name == "has_mps" else "1.2",
            fix="safe",
            recipe="call",
        )
    for name, new in (("memory_cached", "memory_reserved"), ("max_memory_cached", "max_memory_reserved")):
        yield symbol(
            f"torch.cuda.{name}",
            f"result = torch.cuda.{name}()",
            since="1.4",
            replacement=f"torch.cuda.{new}",
            replacement_since="1.4",
            fix="safe",
        )
    for name in ("reset_max_memory_allocated", "reset_max_memory_cached"):
        yield symbol(
            f"torch.cuda.{name}",
            f"torch.cuda.{name}()",
            since="1.4",
            replacement="torch.cuda.reset_peak_memory_stats",
            replacement_since="1.4",
            fix="safe",
            runs=False,
        )
    yield symbol(
        "torch.backends.cuda.sdp_kernel",
        "q = torch.randn(1, 1, 2, 4)\nwith torch.backends.cuda.sdp_kernel(enable_flash=False, enable_math=True):\n"
        "    result = F.scaled_dot_product_attention(q, q, q)",
        near="q = torch.randn(1, 1, 2, 4)\nwith torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):\n"
        "    result = F.scaled_dot_product_attention(q, q, q)",
        since="2.3",
        replacement="torch.nn.attention.sdpa_kernel",
        replacement_since="2.5",
        fix="safe",
        recipe="kernels",
        parameters=("enable_flash", "enable_math", "enable_mem_efficient", "enable_cudnn"),
    )
    yield symbol(
        "torch.testing.assert_allclose",
        "result = torch.testing.assert_allclose(v, v, rtol=1e-3, atol=1e-3)",
        since="1.12",
        replacement="torch.testing.assert_close",
        replacement_since="1.9",
        fix="unsafe",
        recipe="close",
        parameters=("actual", "expected", "rtol", "atol", "equal_nan", "msg"),
        accepted=("actual", "expected"),
        added=(("check_dtype", "False"),),
        note="`torch.testing.assert_close` also compares dtypes, tells a NaN from a NaN, has other tolerances, and takes "
        "two of a kind",
    )
    yield symbol(
        "torch.library.impl_abstract",
        "result = [] and torch.library.impl_abstract(qualname='own::op')",
        since="2.4",
        replacement="torch.library.register_fake",
        replacement_since="2.4",
        fix="safe",
        renamed=(("qualname", "op"),),
    )
    functorch = "vmap grad grad_and_value vjp jvp jacrev jacfwd hessian functionalize"
    calls = {
        "vmap": "(torch.sin)(v)",
        "grad": "(lambda t: t.sin().sum())(v.detach())",
        "grad_and_value": "(lambda t: t.sin().sum())(v.detach())",
        "vjp": "(torch.sin, v.detach())[0]",
        "jvp": "(torch.sin, (v.detach(),), (w.detach(),))",
        "jacrev": "(torch.sin)(v.detach())",
        "jacfwd": "(torch.sin)(v.detach())",
        "hessian": "(lambda t: t.sin().sum())(v.detach())",
        "functionalize": "(torch.sin)(v.detach())",
    }
    for name in functorch.split():
        yield symbol(
            f"functorch.{name}",
            f"import functorch\nresult = functorch.{name}{calls[name]}",
            near=f"result = torch.func.{name}{calls[name]}",
            since="2.0",
            replacement=f"torch.func.{name}",
            replacement_since="2.0",
            fix="safe",
        )
    for name, new in (
        ("make_functional", "torch.func.functional_call"),
        ("make_functional_with_buffers", "torch.func.functional_call"),
        ("combine_state_for_ensemble", "torch.func.stack_module_state"),
    ):
        given = "[nn.Linear(3, 2)]" if name.startswith("combine") else "nn.Linear(3, 2)"
        yield symbol(
            f"functorch.{name}",
            f"import functorch\nresult = len(functorch.{name}({given}))",
            since="2.0",
            replacement=new,
            replacement_since="2.0",
            note="the new one is called in another way",
        )
    yield symbol(
        "torch.utils._pytree._register_pytree_node",
        "from torch.utils import _pytree\n\n\nclass Own:\n    pass\n\n\n"
        "_pytree._register_pytree_node(Own, lambda own: ([], None), lambda children, context: Own())",
        since="2.2",
        replacement="torch.utils._pytree.register_pytree_node",
        replacement_since="2.2",
        fix="safe",
        parameters=("cls", "flatten_fn", "unflatten_fn"),
        accepted=("cls", "flatten_fn", "unflatten_fn"),
        mapped=(("to_str_fn", "to_str_fn", ()), ("maybe_from_str_fn", "maybe_from_str_fn", ())),
    )
    for name, new in (("pytree_to_str", "treespec_dumps"), ("str_to_pytree", "treespec_loads")):
        given = "spec" if name == "pytree_to_str" else "pytree.treespec_dumps(spec)"
        yield symbol(
            f"torch.utils._pytree.{name}",
            f"from torch.utils import _pytree as pytree\nspec = pytree.tree_flatten([1, 2])[1]\n"
            f"result = str(pytree.{name}({given}))",
            since="2.1",
            replacement=f"torch.utils._pytree.{new}",
            replacement_since="2.1",
            fix="safe",
            renamed=(("json", "serialized"),) if name == "str_to_pytree" else (),
        )
    yield symbol(
        "torch._prims_common.check",
        "from torch import _prims_common\nresult = _prims_common.check(True, lambda: 'text')",
        since="2.1",
        replacement="torch._check",
        replacement_since="2.1",
    )
    yield symbol(
        "torch.autograd.gradcheck.get_numerical_jacobian",
        "from torch.autograd.gradcheck import get_numerical_jacobian\n"
        "result = len(get_numerical_jacobian(lambda ts: ts[0].sin(), (S,)))",
        since="1.9",
        note="it is not part of what torch offers",
    )
    yield symbol(
        "torch.autograd.gradcheck.get_analytical_jacobian",
        "from torch.autograd.gradcheck import get_analytical_jacobian\n"
        "result = len(get_analytical_jacobian((S,), S.sin()))",
        since="1.9",
        note="it is not part of what torch offers",
    )
    yield symbol(
        "torch.autograd.profiler_legacy.profile",
        "from torch.autograd.profiler_legacy import profile\nkept = profile\nresult = kept is None",
        kind="class",
        since="1.10",
        replacement="torch.profiler.profile",
        replacement_since="1.8.1",
        note="the new one takes other arguments",
    )
    script: Any = {"since": "2.9", "info": True}
    modern: Any = {"replacement": "torch.compile", "replacement_since": "2.0", **script}
    saved: Any = {"replacement": "torch.export.export", "replacement_since": "2.1", **script}
    yield symbol("torch.jit.script", "result = torch.jit.script(nn.Linear(3, 2))(x).shape", **modern)
    yield symbol("torch.jit.trace", "result = torch.jit.trace(nn.Linear(3, 2), x)(x).shape", **modern)
    yield symbol(
        "torch.jit.trace_module", "result = torch.jit.trace_module(nn.Linear(3, 2), {'forward': x})(x).shape", **modern
    )
    yield symbol("torch.jit.script_method", "kept = torch.jit.script_method\nresult = kept is None", **modern)
    yield symbol("torch.jit.fork", "result = torch.jit.wait(torch.jit.fork(torch.sin, v))", **modern)
    yield symbol("torch.jit.wait", "result = torch.jit.wait(torch.jit.fork(torch.sin, v))", **modern)
    yield symbol(
        "torch.jit.freeze", "result = torch.jit.freeze(torch.jit.script(nn.Linear(3, 2)).eval())(x).shape", **modern
    )
    yield symbol(
        "torch.jit.optimize_for_inference",
        "result = torch.jit.optimize_for_inference(torch.jit.script(nn.Linear(3, 2)).eval())(x).shape",
        **modern,
    )
    yield symbol(
        "torch.jit.set_fusion_strategy",
        "kept = torch.jit.set_fusion_strategy([('STATIC', 2)])\nresult = kept is None",
        **modern,
    )
    yield symbol(
        "torch.jit.save",
        "import io\nresult = torch.jit.save(torch.jit.script(nn.Linear(3, 2)), io.BytesIO())",
        **saved,
    )
    yield symbol(
        "torch.jit.load",
        "import io\nfile = io.BytesIO()\ntorch.jit.save(torch.jit.script(nn.Linear(3, 2)), file)\nfile.seek(0)\n"
        "result = torch.jit.load(file)(x).shape",
        **saved,
    )
    for name in ("prepare", "quantize", "quantize_dynamic", "prepare_qat", "quantize_qat", "convert"):
        yield symbol(
            f"torch.ao.quantization.{name}",
            f"kept = torch.ao.quantization.{name}\nresult = kept is None",
            since="2.8",
            note="the package `torchao` has what replaces it",
        )
    for name in ("prepare_fx", "prepare_qat_fx", "convert_fx"):
        yield symbol(
            f"torch.ao.quantization.quantize_fx.{name}",
            f"from torch.ao.quantization.quantize_fx import {name}\nkept = {name}\nresult = kept is None",
            since="2.8",
            note="the package `torchao` has what replaces it",
        )
    yield symbol(
        "torch.ao.quantization.QConfigDynamic",
        "result = torch.ao.quantization.QConfigDynamic()",
        since="1.11",
        replacement="torch.ao.quantization.QConfig",
        replacement_since="1.11",
    )
    for name in ("get_default_qconfig_dict", "get_default_qat_qconfig_dict"):
        new = name.replace("_dict", "_mapping")
        yield symbol(
            f"torch.ao.quantization.{name}",
            f"result = sorted(torch.ao.quantization.{name}())",
            since="1.13",
            replacement=f"torch.ao.quantization.{new}",
            replacement_since="1.13",
            note="the new one gives a QConfigMapping",
        )
    for name in ("upsample", "upsample_nearest", "upsample_bilinear"):
        yield symbol(
            f"torch.ao.nn.quantized.functional.{name}",
            f"from torch.ao.nn.quantized import functional as QF\n"
            f"QF.{name}(torch.quantize_per_tensor(image.detach(), 0.1, 0, torch.quint8), scale_factor=2)",
            near="from torch.ao.nn.quantized import functional as QF\n"
            "QF.interpolate(torch.quantize_per_tensor(image.detach(), 0.1, 0, torch.quint8), scale_factor=2)",
            since="1.13",
            replacement="torch.ao.nn.quantized.functional.interpolate",
            replacement_since="1.13",
        )
    for name, facts in DISTRIBUTED.items():
        module, _, last = name.rpartition(".")
        yield symbol(name, f"from {module} import {last}\nkept = {last}\nresult = kept is None", runs=False, **facts)
    yield symbol(
        "torch.utils.data.graph_settings.apply_shuffle_seed",
        "from torch.utils.data.graph_settings import apply_shuffle_seed\nkept = apply_shuffle_seed\nresult = kept is None",
        since="1.13",
        replacement="torch.utils.data.graph_settings.apply_random_seed",
        replacement_since="1.13",
        module="torch.utils.data.graph_settings",
    )
    yield symbol(
        "torch.utils.data.graph.traverse",
        "from torch.utils.data.graph import traverse\nkept = traverse\nresult = kept is None",
        since="1.13",
        replacement="torch.utils.data.graph.traverse_dps",
        replacement_since="1.13",
        module="torch.utils.data.graph",
    )
    yield symbol(
        "torch.utils.data.backward_compatibility.worker_init_fn",
        "from torch.utils.data.backward_compatibility import worker_init_fn\nkept = worker_init_fn\nresult = kept is None",
        since="1.12",
        note="the loader shards by itself",
    )
    yield symbol(
        "torch.onnx.utils.unconvertible_ops",
        "from torch.onnx.utils import unconvertible_ops\nkept = unconvertible_ops\nresult = kept is None",
        since="2.8",
        runs=False,
    )
    yield symbol(
        "torch.accelerator.current_device_idx",
        "kept = torch.accelerator.current_device_idx\nresult = kept is None",
        since="2.6",
        replacement="torch.accelerator.current_device_index",
        replacement_since="2.6",
        fix="safe",
    )
    yield symbol(
        "torch.accelerator.set_device_idx",
        "kept = torch.accelerator.set_device_idx\nresult = kept is None",
        since="2.6",
        replacement="torch.accelerator.set_device_index",
        replacement_since="2.6",
        fix="safe",
    )
    yield symbol(
        "torch._six",
        "import torch._six\nresult = torch._six.string_classes",
        near="import six\nresult = six",
        kind="module",
        removed="2.0",
        note="it was never public: what it had is in `builtins`, `collections.abc` and `math`",
    )
    yield symbol(
        "torch.utils.ffi",
        "from torch.utils.ffi import create_extension\n\ncreate_extension()",
        near="from torch.utils import cpp_extension",
        kind="module",
        removed="1.0",
        replacement="torch.utils.cpp_extension",
        replacement_since="0.4.0",
        module="torch.utils.cpp_extension",
    )
    yield symbol(
        "torch._custom_op.impl.custom_op",
        "from torch._custom_op.impl import custom_op\nkept = custom_op\nresult = kept is None",
        since="2.6",
        replacement="torch.library.custom_op",
        replacement_since="2.4",
    )
    yield symbol(
        "torch.testing.make_non_contiguous",
        "torch.testing.make_non_contiguous(x)",
        since="1.12",
        removed="2.0",
    )
    for name in ("rand", "randn"):
        yield symbol(
            f"torch.testing.{name}",
            f"torch.testing.{name}(2)",
            since="1.10",
            removed="2.0",
            replacement=f"torch.{name}",
            replacement_since="0.1",
            fix="safe",
        )


def _collective(name: str) -> dict[str, Any]:
    """Torch names a private function in place of the old one, with gradients as it had."""
    note = f"torch names `torch.distributed._functional_collectives.{name}`, which is private, in its place"
    return {"since": "2.13", "info": True, "note": note}


DISTRIBUTED: dict[str, dict[str, Any]] = {
    "torch.distributed.reduce_op": {
        "kind": "class",
        "since": "1.0",
        "replacement": "torch.distributed.ReduceOp",
        "replacement_since": "1.0",
    },
    "torch.distributed.all_reduce_coalesced": {"since": "2.0"},
    "torch.distributed.all_gather_coalesced": {"since": "2.0"},
    "torch.distributed.all_gather_into_tensor": {
        "since": "2.13",
        "replacement": "torch.distributed.all_gather_single",
        "replacement_since": "2.13",
        "info": True,
    },
    "torch.distributed.reduce_scatter_tensor": {
        "since": "2.13",
        "replacement": "torch.distributed.reduce_scatter_single",
        "replacement_since": "2.13",
        "info": True,
    },
    "torch.distributed._all_gather_base": {
        "since": "1.13",
        "replacement": "torch.distributed.all_gather_into_tensor",
        "replacement_since": "1.13",
        "fix": "safe",
        "parameters": ("output_tensor", "input_tensor", "group", "async_op"),
        "accepted": ("output_tensor", "input_tensor", "group", "async_op"),
    },
    "torch.distributed._reduce_scatter_base": {
        "since": "1.13",
        "replacement": "torch.distributed.reduce_scatter_tensor",
        "replacement_since": "1.13",
        "fix": "safe",
        "parameters": ("output", "input", "op", "group", "async_op"),
        "accepted": ("output", "input", "op", "group", "async_op"),
    },
    "torch.distributed.nn.functional.broadcast": _collective("broadcast"),
    "torch.distributed.nn.functional.reduce_scatter": _collective("reduce_scatter_single"),
    "torch.distributed.nn.functional.all_gather": _collective("all_gather_single"),
    "torch.distributed.nn.functional.all_to_all_single": _collective("all_to_all_single"),
    "torch.distributed.nn.functional.all_reduce": _collective("all_reduce"),
    "torch.distributed.checkpoint.load_state_dict": {
        "since": "2.1",
        "replacement": "torch.distributed.checkpoint.load",
        "replacement_since": "2.1",
        "module": "torch.distributed.checkpoint",
    },
    "torch.distributed.checkpoint.save_state_dict": {
        "since": "2.1",
        "replacement": "torch.distributed.checkpoint.save",
        "replacement_since": "2.1",
        "module": "torch.distributed.checkpoint",
    },
    "torch.distributed.elastic.metrics.profile": {
        "since": "1.9",
        "replacement": "torch.distributed.elastic.metrics.prof",
        "replacement_since": "1.9",
        "module": "torch.distributed.elastic.metrics",
    },
    "torch.distributed.elastic.metrics.publish_metric": {
        "since": "1.9",
        "replacement": "torch.distributed.elastic.metrics.put_metric",
        "replacement_since": "1.9",
        "module": "torch.distributed.elastic.metrics",
    },
    "torch.distributed.launch.main": {
        "since": "1.9",
        "replacement": "torch.distributed.run.main",
        "replacement_since": "1.9",
        "module": "torch.distributed.run",
        "note": "`torchrun` starts the same, and gives the local rank in the environment",
    },
}


def private() -> Iterator[Candidate]:
    for old, new, since, *more in PRIVATE:
        module, _, last = old.rpartition(".")
        renamed, use = more or ("", "kept = thing\nresult = kept is None")
        taken = f"from {module} import {last} as thing\n{use}"
        if ".dataloader._utils." in old or old.startswith("torch._C."):
            taken = f"import torch.utils.data\nkept = {old}\nresult = kept is None"
        yield symbol(
            old,
            taken,
            "ACT107",
            kind="class" if last.strip("_")[:1].isupper() else "function",
            replacement=new,
            replacement_since=since,
            fix="safe",
            recipe="rename",
            renamed=(tuple(renamed.split()),) if renamed else (),
            note="" if old != "torch.optim.lr_scheduler._LRScheduler" else SCHEDULER_NOTE,
        )


SCHEDULER_NOTE = "since torch 2.0 it is a subclass of the public class, which no scheduler of torch is an instance of"
PRIVATE = (
    ("torch.utils.data._utils.collate.default_collate", "torch.utils.data.default_collate", "1.11"),
    ("torch.utils.data._utils.collate.default_convert", "torch.utils.data.default_convert", "1.11"),
    ("torch.utils.data.dataloader.default_collate", "torch.utils.data.default_collate", "1.11"),
    ("torch.utils.data.dataloader._utils.collate.default_collate", "torch.utils.data.default_collate", "1.11"),
    ("torch.utils.data._utils.worker.get_worker_info", "torch.utils.data.get_worker_info", "1.2"),
    ("torch.optim.lr_scheduler._LRScheduler", "torch.optim.lr_scheduler.LRScheduler", "2.0"),
    ("torch._C._nn.gelu", "torch.nn.functional.gelu", "1.1"),
    ("torch._C.Generator", "torch.Generator", "0.4.0"),
    ("torch._C.memory_format", "torch.memory_format", "1.5"),
    ("torch._tensor.Tensor", "torch.Tensor", "1.9"),
    ("torch._jit_internal.Final", "torch.jit.Final", "1.4"),
    ("torch._vmap_internals.vmap", "torch.vmap", "2.0"),
    ("torch._utils.is_compiling", "torch.compiler.is_compiling", "2.3"),
    ("torch._dynamo.is_compiling", "torch.compiler.is_compiling", "2.3"),
    ("torch._streambase._StreamBase", "torch.Stream", "2.6"),
    ("torch._streambase._EventBase", "torch.Event", "2.6"),
    (
        *("torch.utils._pytree._is_namedtuple_instance", "torch.utils._pytree.is_namedtuple_instance", "2.8"),
        *("tree obj", "result = thing(tree=(1, 2))"),
    ),
    ("torch.utils._pytree._is_leaf", "torch.utils._pytree.tree_is_leaf", "2.8"),
    (
        *("torch.distributed.distributed_c10d._get_global_rank", "torch.distributed.get_global_rank", "1.13"),
        *("rank group_rank", "result = [] and thing(None, rank=0)"),
    ),
)


def methods() -> Iterator[Candidate]:
    yield symbol(
        "torch.nn.Module.register_backward_hook",
        "net = nn.Linear(3, 2)\nnet.register_backward_hook(lambda *args: None)\nresult = net(x).shape",
        near="net = nn.Linear(3, 2)\nnet.register_full_backward_hook(lambda *args: None)\nresult = net(x).shape",
        kind="method",
        since="1.8",
        replacement="torch.nn.Module.register_full_backward_hook",
        replacement_since="1.8",
        fix="unsafe",
        recipe="method",
        note="where the module's forward is more than one operation, the hook sees the gradients of the last one alone",
    )
    functions = {candidate.row.qualname: candidate.row for candidate in algebra()}
    for name, given in METHODS.items():
        row = functions[f"torch.{name}"]
        facts: dict[str, Any] = {"recipe": "function" if row.recipe == "rename" else row.recipe}
        if name == "ger":
            facts = {"recipe": "method", "replacement": "torch.Tensor.outer"}
        elif name == "lu":
            facts["accepted"] = ("A", "pivot")
        elif name == "cholesky":
            facts["accepted"] = row.parameters
        row = replace(row, qualname=f"torch.Tensor.{name}", kind="method", **facts)
        made = "S = torch.arange(3.0)" if name == "ger" else "S = (torch.eye(3) + 1)"
        more = "\nLU, pivots = torch.linalg.lu_factor(S)" if name == "lu_solve" else ""
        yield Candidate(row, f"{made}.requires_grad_(){more}\nresult = {given}", f"{made}\nresult = S.reshape(-1)")


METHODS = {
    "ger": "S.ger(w)",
    "symeig": "S.symeig().eigenvalues",
    "eig": "S.eig()[0][:, 1]",
    "lstsq": "S.lstsq(S)[0][: S.size(1)]",
    "solve": "S.solve(S)[0]",
    "cholesky": "S.cholesky(upper=True)",
    "qr": "tuple(S.qr(False))",
    "svd": "S.svd(compute_uv=True)[1]",
    "triangular_solve": "S.triangular_solve(S.triu())[0]",
    "lu": "tuple(S.lu(pivot=True))",
    "lu_solve": "S.lu_solve(LU, pivots)",
}
"""The methods of tensors that do what a function of the same name does, with a use each."""


OVERLOADS = {
    "add": (("input", "other"), ("alpha",), "x, y"),
    "sub": (("input", "other"), ("alpha",), "x, y"),
    "addcmul": (("input", "tensor1", "tensor2"), ("value",), "x, y, y"),
    "addcdiv": (("input", "tensor1", "tensor2"), ("value",), "x, y, y + 1"),
    "addmm": (("input", "mat1", "mat2"), ("beta", "alpha"), "S, A, A"),
    "addmv": (("input", "mat", "vec"), ("beta", "alpha"), "v, torch.eye(3), w"),
    "addr": (("input", "vec1", "vec2"), ("beta", "alpha"), "torch.eye(3), v, w"),
    "addbmm": (("input", "batch1", "batch2"), ("beta", "alpha"), "S, A[None], A[None]"),
    "baddbmm": (("input", "batch1", "batch2"), ("beta", "alpha"), "S[None], A[None], A[None]"),
}
"""The tensors and the numbers of what takes the numbers by position in its old form, with tensors to call it with."""


def overloads() -> Iterator[Candidate]:
    for name, (tensors, numbers, text) in OVERLOADS.items():
        first, *others = tensors
        orders = [(first, *numbers, *others)]
        if len(numbers) == 2:
            orders = [(numbers[0], first, numbers[1], *others), (numbers[0], first, *others)]
        values = {**dict(zip(tensors, text.split(", "), strict=True)), "alpha": "2", "beta": "3", "value": "2"}
        for order in orders:
            given = [values[parameter] for parameter in order]
            new = [values[parameter] for parameter in tensors]
            new += [f"{parameter}={values[parameter]}" for parameter in order if parameter not in tensors]
            yield symbol(
                f"torch.{name}",
                f"result = torch.{name}({', '.join(given)})",
                near=f"result = torch.{name}({', '.join(new)})",
                **_overload("function", order, tensors),
            )
            own = tuple(parameter for parameter in order if parameter != "input")
            for method in (name, f"{name}_"):
                receiver = f"t = torch.clone({values['input']})"
                given = [values[parameter] for parameter in own]
                yield symbol(
                    f"torch.Tensor.{method}",
                    f"{receiver}\nresult = t.{method}({', '.join(given)})",
                    near=f"{receiver}\nresult = t.{method}({', '.join(new[1:])})",
                    **_overload("method", own, tensors[1:]),
                )


def _overload(kind: str, order: tuple[str, ...], tensors: tuple[str, ...]) -> dict[str, Any]:
    numbers = " and ".join(f"`{name}`" for name in order if name not in tensors)
    return {
        "kind": "overload",
        "since": "1.5",
        "value": ", ".join(order),
        "parameters": order,
        "accepted": tensors,
        "fix": "safe",
        "recipe": "overload",
        "note": f"{numbers} {'go' if ' and ' in numbers else 'goes'} by keyword, after the tensors",
    }


def transposes() -> Iterator[Candidate]:
    for rank in (0, 1, 3, 4, 5):
        sizes = ", ".join("23456"[:rank])
        yield symbol(
            f"torch.Tensor.T.{rank}",
            f"t = torch.ones({sizes})\nresult = t.T" if rank else "t = torch.sum(torch.ones(2))\nresult = t.T",
            near="t = torch.ones(2, 3)\nresult = t.T",
            kind="attribute",
            since="1.11" if rank else "2.0",
            fix="safe",
            recipe="reversed",
            note="it reverses all dimensions, and will raise; `.mT` transposes the last two"
            if rank > 1
            else "it changes nothing, and will raise",
        )


def candidates() -> list[Candidate]:
    """All of them, by name."""
    makers = (activations, softmax, amp, functional, losses, arguments, algebra, others, private, methods)
    makers += (overloads, transposes)
    found = [candidate for make in makers for candidate in make()]
    return sorted(found, key=lambda c: (c.row.qualname, c.row.argument, c.row.kind, c.row.value))


def measured(candidate: Candidate, warning: tuple[str, str], error: str) -> Deprecation:
    """The row with what torch does."""
    return replace(candidate.row, warning=warning, error=error)
