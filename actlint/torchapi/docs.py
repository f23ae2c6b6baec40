"""Where torch documents a name."""

from __future__ import annotations

_STABLE = "https://docs.pytorch.org/docs/stable"
_VISION = "https://docs.pytorch.org/vision/stable"
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
    "torch.export": "export.html",
    "torch.nn.Module": "generated/torch.nn.Module.html",
}
"""The modules (and classes) whose members have one page in common, with an anchor for each."""
_UNDOCUMENTED = ("torch.utils._pytree.", "torch.ao.", "torch.utils.data.graph", "torch.distributed.elastic.", "torch._")


def documentation(qualname: str) -> str:
    """The address of what documents a name; "" where nothing does, or not under an address that is known."""
    owner, _, _ = qualname.rpartition(".")
    if qualname.startswith("torchvision.models"):
        return f"{_VISION}/models.html"
    if qualname.startswith("torchvision."):
        return f"{_VISION}/transforms.html"
    if not qualname.startswith("torch.") or qualname.startswith(_UNDOCUMENTED):
        return ""
    if owner in _PAGES:
        return f"{_STABLE}/{_PAGES[owner]}#{qualname}"
    return f"{_STABLE}/generated/{qualname}.html"
