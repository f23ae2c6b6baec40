"""Every row of the tables: flagged, fixed where it can be, with a near miss that stays silent, and as torch does."""

from __future__ import annotations

import contextlib
import inspect
import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from torchapi_deprecations_common import SETUP, Candidate, candidates  # noqa: E402
from torchapi_deprecations_run_common import resolved  # noqa: E402

from actlint.target import NEWEST, shown, target, version  # noqa: E402
from actlint.testing.execute import difference  # noqa: E402
from actlint.testing.lint import lint  # noqa: E402
from actlint.testing.run import Project  # noqa: E402
from actlint.torchapi import torchvision_deprecated as torchvision  # noqa: E402
from actlint.torchapi.deprecated import DEPRECATED, deprecations, documentation  # noqa: E402
from actlint.torchapi.deprecation import Deprecation  # noqa: E402
from actlint.torchapi.tables.deprecations import ROWS  # noqa: E402

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"
OLD = "target-torch = '2.0..2.13'\n"
"""For the one rule that speaks of old versions alone."""
LEAVES = ("v", "w", "x", "S", "image")


def name(candidate: Candidate) -> str:
    row = candidate.row
    return " ".join(filter(None, (row.qualname, row.kind, row.argument, row.value)))


def code_of(row: Deprecation) -> str:
    gone = row.removed and (row.removed.startswith("torchvision") or version(row.removed) <= NEWEST)
    return "ACT106" if gone else row.rule


def linted(text: str, row: Deprecation, fix: Any = "none") -> Any:
    settings = (OLD,) if row.rule == "ACT108" else ()
    (report,) = lint(Project({"main.py": HEAD + text + "\n"}, code_of(row), settings, fix)).values()
    return report


ALL = candidates()
MEASURED = {(row.qualname, row.kind, row.argument, row.value): row for row in ROWS}
METHODS = [c for c in ALL if c.row.kind == "method"]
NAMED = [c for c in ALL if c.row.kind != "method"]


def test_the_table_is_of_the_newest_version_that_targets_know() -> None:
    assert torch.__version__.startswith(shown(NEWEST))
    assert len(ROWS) == len(ALL)


@pytest.mark.parametrize("candidate", ALL, ids=name)
def test_a_use_is_flagged(candidate: Candidate) -> None:
    row = candidate.row
    found = linted(candidate.sample, row).diagnostics
    said = row.argument or row.qualname.rpartition(".")[2]
    assert any(said in d.message or said.strip("_") in d.message for d in found), [d.message for d in found]
    for diagnostic in found:
        if row.since and row.rule not in ("ACT101", "ACT102", "ACT108", "ACT110"):
            assert row.since in diagnostic.message
        if row.removed:
            assert row.removed in diagnostic.message
    address = (
        documentation(row.replacement or row.qualname) if row.replacement or row.argument or not row.removed else ""
    )
    if row.rule != "ACT110":
        assert not address or any(d.fix is not None and address in d.fix.message for d in found)


@pytest.mark.parametrize("candidate", ALL, ids=name)
def test_what_looks_like_it_is_silent(candidate: Candidate) -> None:
    """The program that comes with the row, or the name where it means something else."""
    row = candidate.row
    if candidate.near:
        assert linted(candidate.near, row).diagnostics == ()
    if row.kind == "attribute":
        return
    last = row.qualname.rpartition(".")[2]
    owner = row.qualname.rpartition(".")[0].rpartition(".")[2]
    given = f"{row.argument}={row.value or 'False'}" if row.kind in ("argument", "value") else ""
    shadowed = f"def {last}(*args, **keywords):\n    return args\n\n\nresult = {last}({given})"
    other = f"from own import {owner}, thing\n\n{owner}.{last}({given})\nthing.{last}({given})"
    assert linted(shadowed, row).diagnostics == ()
    if owner not in ("torch", "nn"):
        assert linted(other, row).diagnostics == ()


def run(text: str) -> tuple[dict[str, Any], list[str]]:
    namespace: dict[str, Any] = {"__name__": "sample"}
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        exec(SETUP, namespace)
        exec(text, namespace)
    return namespace, [str(w.message) for w in caught]


def gradients(namespace: dict[str, Any]) -> dict[str, Any]:
    result = namespace.get("result")
    tensors = result if isinstance(result, tuple | list) else [result]
    for tensor in tensors:
        if isinstance(tensor, torch.Tensor) and tensor.requires_grad and not tensor.is_leaf:
            (tensor.abs() if tensor.is_complex() else tensor).sum().backward(retain_graph=True)
    return {leaf: namespace[leaf].grad for leaf in LEAVES if namespace[leaf].grad is not None}


FIXED = [c for c in ALL if c.row.fix != "none"]


@pytest.mark.parametrize("candidate", FIXED, ids=name)
def test_a_fix_does_the_same(candidate: Candidate) -> None:
    """The text after the fix is silent and computes what the text before it did, gradients and dtypes included."""
    row = MEASURED[candidate.row.qualname, candidate.row.kind, candidate.row.argument, candidate.row.value]
    report = linted(candidate.sample, row, "unsafe")
    left = [d.message for d in report.diagnostics if row.qualname.rpartition(".")[2] in d.message]
    assert report.fixed and not left
    if row.fix == "safe":
        safely = linted(candidate.sample, row, "safe")
        assert safely.text == report.text or row.rule == "ACT108"
    if not candidate.runs:
        return
    after, told = run(report.text)
    if row.warning[1] and row.rule != "ACT102":
        assert row.warning[1][:40] not in " ".join(" ".join(told).split())
    if row.error or row.recipe == "" and row.rule != "ACT102":
        return
    before, _ = run(HEAD + candidate.sample)
    if row.qualname.endswith("spectral_norm"):
        return  # another estimate of the same norm
    assert difference(before.get("result"), after.get("result")) is None
    assert difference(gradients(before), gradients(after)) is None


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.replacement and r.kind != "method"], ids=lambda r: f"{r.qualname} {r.argument}"
)
def test_the_replacement_is_there(row: Deprecation) -> None:
    """After the import that a fix makes."""
    namespace: dict[str, Any] = {}
    exec(f"import {row.module or 'torch'}\nfound = {row.replacement}", namespace)
    assert namespace["found"] is not None


@pytest.mark.parametrize(
    ("qualname", "address"),
    [
        ("torch.linalg.vector_norm", "docs/stable/generated/torch.linalg.vector_norm.html"),
        ("torch.functional.meshgrid", "docs/stable/generated/torch.meshgrid.html"),
        ("torch.Tensor.outer", "docs/stable/generated/torch.Tensor.outer.html"),
        ("torch.Tensor.T.3", "docs/stable/tensors.html#torch.Tensor.T"),
        ("torch.nn.MSELoss", "docs/stable/generated/torch.nn.MSELoss.html"),
        (
            "torch.nn.Module.register_full_backward_hook",
            "docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook",
        ),
        ("torch.nn.init.constant_", "docs/stable/nn.init.html#torch.nn.init.constant_"),
        # `torch.amp` documents the class under its older name, and `autocast` under that of `torch`
        ("torch.amp.autocast", "docs/stable/amp.html#torch.autocast"),
        ("torch.amp.GradScaler", "docs/stable/amp.html#gradient-scaling"),
        ("torch.amp.custom_fwd", "docs/stable/amp.html#torch.amp.custom_fwd"),
        # pages of the module that defines them
        ("torch.cuda.max_memory_reserved", "docs/stable/generated/torch.cuda.memory.max_memory_reserved.html"),
        (
            "torch.distributed.checkpoint.save",
            "docs/stable/distributed.checkpoint.html#torch.distributed.checkpoint.state_dict_saver.save",
        ),
        ("torch.export.export", "docs/stable/user_guide/torch_compiler/export/api_reference.html#torch.export.export"),
        ("torch.backends.mps.is_built", "docs/stable/backends.html#torch.backends.mps.is_built"),
        ("torch.utils.data.default_collate", "docs/stable/data.html#torch.utils.data.default_collate"),
        ("torch.hub.load_state_dict_from_url", "docs/stable/hub.html#torch.hub.load_state_dict_from_url"),
        ("torch.multiprocessing.spawn", "docs/stable/multiprocessing.html#torch.multiprocessing.spawn.spawn"),
        ("torch.sparse.to_sparse_semi_structured", "docs/stable/sparse.html"),
        ("torchvision.models.ResNet18_Weights", "vision/stable/models.html"),
        ("torchvision.transforms.v2.ToTensor", "vision/stable/transforms.html"),
        ("torchvision.io.read_image", "vision/stable/io.html"),
    ],
)
def test_address(qualname: str, address: str) -> None:
    """As the sources of torch's documentation say which page and which anchor a name has."""
    assert documentation(qualname) == f"https://docs.pytorch.org/{address}"


def test_what_nothing_documents() -> None:
    assert documentation("torch.utils._pytree.tree_is_leaf") == documentation("sklearn.svm.SVC") == ""


def test_names_in_any_spelling() -> None:
    assert deprecations("torch.nn.modules.loss.NLLLoss2d")[0].qualname == "torch.nn.NLLLoss2d"
    assert deprecations("torch.sigmoid") == ()
    assert len(DEPRECATED["torch.nn.MSELoss"]) == 3


@pytest.mark.parametrize(
    "row", [r for r in torchvision.ROWS if r.recipe == "weights"], ids=lambda r: f"{r.qualname} {r.argument}"
)
def test_named_weights(row: Deprecation) -> None:
    """True becomes the member that it meant, False becomes None, anything else is told but not fixed."""
    module, _, builder = row.qualname.rpartition(".")
    head = f"import torchvision\nfrom {module} import {builder}\n\n"
    meant = dict(row.mapped[0][2])
    for value in ("True", "False"):
        text = f"{head}net = {builder}({row.argument}={value})\n"
        (report,) = lint(Project({"main.py": text}, "ACT105", (), "safe")).values()
        assert report.text.splitlines()[-1] == f"net = {builder}({row.renamed[0][1]}={meant[value]})"
    for given in (f"{row.argument}=flag", f"**{{'{row.argument}': True}}"):
        text = f"{head}flag = len\nnet = {builder}({given})\n"
        (report,) = lint(Project({"main.py": text}, "ACT105", (), "unsafe")).values()
        assert report.text == text and bool(report.diagnostics) == given.endswith("flag")


def test_removed_names_are_told_by_target() -> None:
    """The same program, for an old version, for one between and for the newest."""
    text = (
        "import torch\nfrom torch import nn\n\n\ndef run(a, b, file, ps):\n"
        "    torch.symeig(a)\n    torch.lu(a)\n    torch.solve(b, a)\n    torch.load(file)\n"
        "    nn.init.normal(a)\n    torch.has_mps\n    torch.cuda.amp.GradScaler()\n"
    )
    found = {}
    for wanted in ("1.11", "1.12", "2.0", "2.13", "1.11..2.13"):
        (report,) = lint(
            Project({"main.py": text}, None, ("select = ['ACT1']\n", f"target-torch = '{wanted}'\n"))
        ).values()
        found[wanted] = [(d.span.start.row, d.code) for d in report.diagnostics]
    assert found["1.11"] == [(6, "ACT104"), (8, "ACT104"), (9, "ACT108"), (10, "ACT104")]
    assert found["1.12"] == [(6, "ACT104"), (8, "ACT106"), (9, "ACT108"), (10, "ACT104")]
    assert found["2.0"] == [(6, "ACT106"), (7, "ACT104"), (8, "ACT106"), (9, "ACT108"), (10, "ACT104")]
    newest = [(6, "ACT106"), (7, "ACT104"), (8, "ACT106"), (10, "ACT104"), (11, "ACT104"), (12, "ACT103")]
    assert found["2.13"] == newest
    assert found["1.11..2.13"] == sorted([*newest, (9, "ACT108")])


def test_a_fix_waits_for_its_replacement() -> None:
    text = "import torch\n\n\ndef run(b, lu, pivots):\n    return torch.lu_solve(b, lu, pivots)\n"
    for wanted, fixed in (("1.13..2.13", True), ("1.12..2.13", False)):
        settings = (f"target-torch = '{wanted}'\n",)
        (report,) = lint(Project({"main.py": text}, "ACT104", settings, "unsafe")).values()
        assert (report.text != text) == fixed
        if not fixed:
            assert "from torch 1.13 on, and the target is 1.12..2.13" in report.diagnostics[0].message
    assert target("2.4..99.0").high == NEWEST


def test_the_table_is_held_against_the_torch_of_an_interpreter() -> None:
    script = Path(__file__).resolve().parents[2] / "scripts" / "torchapi_deprecations.py"
    command = [sys.executable, script, "--python", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ROWS)} rows, 0 differ" in done.stdout


OTHERS = [row for row in torchvision.ROWS if row.recipe != "weights"]


@pytest.mark.parametrize("row", OTHERS, ids=lambda r: f"{r.qualname} {r.argument}")
def test_what_else_torchvision_deprecates(row: Deprecation) -> None:
    """Flagged where it is torchvision's, silent where another package has the name; fixed where it can be."""
    module, _, last = row.qualname.rpartition(".")
    given = f"({row.argument}=True)" if row.argument else ""
    use = (
        f"from {module} import {last}\n\nkept = {last}{given}\n" if row.kind != "module" else f"import {row.qualname}\n"
    )
    (report,) = lint(Project({"main.py": use}, code_of(row), (), "safe")).values()
    if row.fix == "none":
        assert [(row.argument or last) in d.message and row.since in d.message for d in report.diagnostics] == [True]
        assert report.text == use
    else:
        assert not report.diagnostics and report.text == f"import torch\n\nkept = {row.replacement}\n"
    (near,) = lint(Project({"main.py": use.replace("torchvision", "own")}, code_of(row), ())).values()
    assert near.diagnostics == ()


def signature(name: str) -> dict[str, inspect.Parameter]:
    """What can be given by name, {} where torch does not say it."""
    try:
        return dict(inspect.signature(resolved(name)).parameters)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return {}


_SAME = [r for r in ROWS if r.recipe in ("rename", "function", "close", "device") and not r.argument]
RENAMED = [r for r in _SAME if signature(r.qualname) and signature(r.replacement)]


@pytest.mark.parametrize("row", RENAMED, ids=lambda r: r.qualname)
def test_the_replacement_takes_what_the_old_one_took(row: Deprecation) -> None:
    """Every keyword of the old form is one of the new, or the row says what becomes of it."""
    new = signature(row.replacement)
    told = {**dict(row.renamed), **{old: name for old, name, _ in row.mapped}}
    gone = {old for old, _, values in row.mapped if not values} | set(row.dropped)
    given = [p for name, p in signature(row.qualname).items() if name not in gone]
    named = {told.get(p.name, p.name) for p in given if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    assert named <= new.keys()
