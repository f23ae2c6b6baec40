"""Make `tables/names.py`: which public names torch's modules have, under which other names the same things go, what
`from module import *` binds, which classes derive from `torch.nn.Module`, and from which others of these.

The modules are imported and listed. Submodules count as names of their package. The canonical name of a class or
function is its shortest public spelling, that in `torch.nn.functional` before that in `torch`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Iterator
from types import ModuleType

import torch
from torch import nn
from torchapi_common import main, mapping, module, words

SCRIPT = "torchapi_names.py"

SKIPPED = (
    "torch.testing torch.distributed torch.include torch.bin torch.lib torch.share torch.test torch.onnx torch.csrc "
    "torch.contrib torch.ao torch.quantization torch.package torch.backends.xeon torch.utils.tensorboard "
    "torch.utils.benchmark torch.utils.hipify torch.utils.bottleneck torch.utils.model_dump torch.utils.data.datapipes "
    "torch.fx.experimental torch.fx.passes torch.export.experimental torch.cuda.tunable torch.utils.cpp_extension"
)
"""Packages that are not imported: slow, in need of other packages, not about models."""

UNLISTED = (
    "torch.nn.intrinsic torch.nn.qat torch.nn.quantizable torch.nn.quantized torch.nn.backends torch.nn.cpp "
    "torch.masked torch.export torch.fx torch.jit torch.monitor torch.nativert torch.numa torch.compiler "
    "torch.profiler torch.accelerator torch.mtia torch.xpu torch.mps torch.multiprocessing torch.hub torch.library "
    "torch.nested torch.futures torch.types torch.version torch.torch_version torch.return_types torch.quasirandom "
    "torch.utils.backcompat torch.utils.backend_registration torch.utils.bundled_inputs torch.utils.collect_env "
    "torch.utils.cpp_backtrace torch.utils.debug_log torch.utils.deterministic torch.utils.file_baton "
    "torch.utils.flop_counter torch.utils.jit torch.utils.mkldnn torch.utils.mobile_optimizer torch.utils.model_zoo "
    "torch.utils.module_tracker torch.utils.serialization torch.utils.show_pickle torch.utils.throughput_benchmark "
    "torch.utils.viz torch.utils.weak torch.serialization torch.storage torch.overrides torch.cuda.gds "
    "torch.cuda.green_contexts torch.cuda.jiterator torch.cuda.sparse torch.nn.attention.experimental"
)
"""Modules whose names are not tabulated (their classes that derive from Module are)."""


def walk(name: str) -> Iterator[tuple[str, ModuleType]]:
    try:
        found = importlib.import_module(name)
    except Exception:
        return
    yield name, found
    for entry in pkgutil.iter_modules(getattr(found, "__path__", [])):
        inner = f"{name}.{entry.name}"
        if not entry.name.startswith("_") and inner not in SKIPPED.split():
            yield from walk(inner)


def listed(name: str) -> bool:
    return not any(name == u or name.startswith(u + ".") for u in UNLISTED.split())


def public(found: ModuleType) -> set[str]:
    names = {n for n in [*dir(found), *getattr(found, "__all__", ())] if not n.startswith("_")}
    return names | {e.name for e in pkgutil.iter_modules(getattr(found, "__path__", [])) if not e.name.startswith("_")}


def preference(qualname: str, thing: object) -> tuple[bool, bool, int, str]:
    """Smaller is better."""
    functional = qualname.startswith("torch.nn.functional.") and not inspect.isclass(thing)
    return not listed(qualname.rpartition(".")[0]), not functional, qualname.count("."), qualname


def tables() -> dict[str, str]:
    warnings.simplefilter("ignore")
    modules = dict(walk("torch"))
    names: dict[str, str] = {}
    stars: dict[str, str] = {}
    spellings: dict[int, list[str]] = {}
    things: dict[int, object] = {}
    classes: dict[int, type] = {}
    for name, found in modules.items():
        own = public(found)
        if listed(name):
            names[name] = " ".join(sorted(own))
            if hasattr(found, "__all__"):
                stars[name] = " ".join(sorted(set(found.__all__)))
        for attr in sorted(own):
            thing = getattr(found, attr, None)
            if inspect.isclass(thing) and issubclass(thing, nn.Module):
                classes[id(thing)] = thing
            if callable(thing) and str(getattr(thing, "__module__", None) or "torch").startswith("torch"):
                spellings.setdefault(id(thing), []).append(f"{name}.{attr}")
                things[id(thing)] = thing
    names["torch.Tensor"] = " ".join(n for n in dir(torch.Tensor) if not n.startswith("_"))
    aliases: dict[str, list[str]] = {}
    canonical = {key: min(group, key=lambda q: preference(q, things[key])) for key, group in spellings.items()}
    for key, group in spellings.items():
        home, _, name = canonical[key].rpartition(".")
        for other in group:
            owner, _, attr = other.rpartition(".")
            if other != canonical[key] and listed(owner):
                aliases.setdefault(owner, []).append(f"{attr}={home}" + ("" if name == attr else f":{name}"))
    derived = {canonical[key] for key in classes if key in canonical}
    parents = {
        canonical[key]: " ".join(
            canonical.get(id(base), f"{base.__module__}.{base.__qualname__}")
            for base in found.__mro__[1:]
            if issubclass(base, nn.Module) and base is not nn.Module
        )
        for key, found in classes.items()
        if key in canonical and listed(canonical[key].rpartition(".")[0])
    }
    return {
        "names.py": module(
            SCRIPT,
            "Public names of torch's modules, what star imports bind where `__all__` says so, other spellings\n"
            "(`name=module`, with `:other` where the name differs there too), classes that derive from Module, and\n"
            "which of them others derive from besides it.",
            mapping("MODULES", names),
            mapping("STARS", stars),
            mapping("ALIASES", {owner: " ".join(sorted(found)) for owner, found in aliases.items()}),
            words("MODULE_CLASSES", " ".join(sorted(derived))),
            mapping("MODULE_PARENTS", {name: found for name, found in sorted(parents.items()) if found}),
        )
    }


if __name__ == "__main__":
    raise SystemExit(main(SCRIPT, tables()))
