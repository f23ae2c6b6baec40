"""Where torch documents a name."""

from __future__ import annotations

import re

_STABLE = "https://docs.pytorch.org/docs/stable"
_VISION = "https://docs.pytorch.org/vision/stable"
_CHECKPOINT = "distributed.checkpoint.html#torch.distributed.checkpoint"
_PAGES = {
    "torch.amp": "amp.html",
    "torch.nn.init": "nn.init.html",
    "torch.testing": "testing.html",
    "torch.library": "library.html",
    "torch.utils.data": "data.html",
    "torch.utils.checkpoint": "checkpoint.html",
    "torch.utils.cpp_extension": "cpp_extension.html",
    "torch.distributed": "distributed.html",
    "torch.distributed.checkpoint": "distributed.checkpoint.html",
    "torch.backends.cuda": "backends.html",
    "torch.backends.cudnn": "backends.html",
    "torch.backends.mps": "backends.html",
    "torch.backends.mkldnn": "backends.html",
    "torch.profiler": "profiler.html",
    "torch.export": "user_guide/torch_compiler/export/api_reference.html",
    "torch.nn.Module": "generated/torch.nn.Module.html",
    "torch.nn.attention.flex_attention": "nn.attention.flex_attention.html",
    "torch.autograd.profiler": "autograd.html",
    "torch.hub": "hub.html",
    "torch.multiprocessing": "multiprocessing.html",
    "torch.onnx": "onnx.html",
}
"""The modules (and classes) whose members have one page in common, with an anchor for each."""
_ELSEWHERE = {
    "torch.amp.GradScaler": "amp.html#gradient-scaling",
    "torch.amp.autocast": "amp.html#torch.autocast",
    "torch.distributed.checkpoint.load": f"{_CHECKPOINT}.state_dict_loader.load",
    "torch.distributed.checkpoint.save": f"{_CHECKPOINT}.state_dict_saver.save",
    "torch.multiprocessing.spawn": "multiprocessing.html#torch.multiprocessing.spawn.spawn",
    "torch.Tensor": "tensors.html#torch.Tensor",
    "torch.autograd.Variable": "autograd.html#variable-deprecated",
    "torch.distributed.run.main": "elastic/run.html",
    "torch.jit.Final": "jit.html",
    "torch.sparse.to_sparse_semi_structured": "sparse.html",
    "torch.memory_format": "tensor_attributes.html#torch.memory_format",
    "torch.utils.cpp_extension": "cpp_extension.html",
}
_CUDA_MEMORY = re.compile(r"torch\.cuda\.(\w*memory\w*|empty_cache)")
"""Functions of `torch.cuda.memory` that `torch.cuda` has as well; their pages go by the former's name."""
_UNDOCUMENTED = (
    *("torch.utils._pytree.", "torch.ao.", "torch.utils.data.graph", "torch.distributed.elastic.", "torch._"),
    *("torch.distributed.nn.", "torch.nn.modules.", "torch.nn.parallel.scatter_gather.", "torch.onnx.utils."),
    *("torch.autograd.gradcheck.", "torch.utils.data.backward_compatibility.", "torch.testing.make_non_contiguous"),
)


def documentation(qualname: str) -> str:
    """The address of what documents a name; "" where nothing does, or not under an address that is known."""
    qualname = qualname.replace("torch.functional.", "torch.")
    owner, _, _ = qualname.rpartition(".")
    if qualname.startswith("torchvision.io"):
        return f"{_VISION}/io.html"
    if owner == "torch.Tensor.T":
        return f"{_STABLE}/tensors.html#torch.Tensor.T"
    if qualname in _ELSEWHERE:
        return f"{_STABLE}/{_ELSEWHERE[qualname]}"
    if qualname.startswith("torchvision.models"):
        return f"{_VISION}/models.html"
    if qualname.startswith("torchvision."):
        return f"{_VISION}/transforms.html"
    if not qualname.startswith("torch.") or qualname.startswith(_UNDOCUMENTED):
        return ""
    if _CUDA_MEMORY.fullmatch(qualname):
        return f"{_STABLE}/generated/{qualname.replace('torch.cuda.', 'torch.cuda.memory.')}.html"
    if owner in _PAGES:
        return f"{_STABLE}/{_PAGES[owner]}#{qualname}"
    return f"{_STABLE}/generated/{qualname}.html"
