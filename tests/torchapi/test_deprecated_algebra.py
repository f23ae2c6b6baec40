"""Linear algebra that is gone: what the fixed text computes is what the old documentation says, by its definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from actlint.testing.lint import lint  # noqa: E402
from actlint.testing.run import Project  # noqa: E402

Tensor = Any
A = torch.tensor([[2.0, 1.0, 0.5], [-3.0, 1.5, 2.0], [0.25, -1.0, 4.0]], dtype=torch.float64)
"""No symmetric matrix: which triangle is read makes a difference. Two of its eigenvalues are complex."""
TALL = torch.tensor([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]], dtype=torch.float64)
B = torch.tensor([[1.0, 0.5], [2.0, -1.0], [0.0, 3.0]], dtype=torch.float64)
UPPER = A.triu() + A.triu(1).mT
LOWER = A.tril() + A.tril(-1).mT
I = torch.eye(3, dtype=torch.float64)  # noqa: E741


def roots(matrix: Tensor) -> Callable[[Tensor], bool]:
    """Real, ascending, and each a root of the characteristic polynomial."""
    return lambda w: bool(
        w.shape == (3,)
        and (w.diff() >= 0).all()
        and all(torch.linalg.det(matrix - each * I).abs() < 1e-9 for each in w)
    )


def decomposes(matrix: Tensor) -> Callable[[Any], bool]:
    return lambda pair: bool(
        roots(matrix)(pair[0])
        and torch.allclose(matrix @ pair[1], pair[1] * pair[0])
        and torch.allclose(pair[1].mT @ pair[1], I)
    )


def both_parts(pair: Any) -> bool:
    values = torch.complex(*pair)
    small = [torch.linalg.det(A.to(values.dtype) - each * I).abs() < 1e-9 for each in values]
    return bool(all(small) and values.imag.abs().max() > 0.1)


def solves(x: Tensor) -> bool:
    return bool(torch.allclose(A @ x, B) and x.shape == B.shape)


def least(x: Tensor) -> bool:
    return bool(torch.allclose(TALL.mT @ (TALL @ x - B), torch.zeros(2, 2, dtype=B.dtype)) and x.shape == (2, 2))


CASES: list[tuple[str, Callable[[Any], bool]]] = [
    ("result = torch.symeig(A)[0]", roots(UPPER)),
    ("result = torch.symeig(A, upper=False).eigenvalues", roots(LOWER)),
    ("result = torch.symeig(A, False, False)[0]", roots(LOWER)),
    ("result = torch.symeig(A, eigenvectors=True)", decomposes(UPPER)),
    ("result = torch.symeig(A, True, False)", decomposes(LOWER)),
    ("flag = False\nresult = torch.symeig(A, True, flag)", decomposes(LOWER)),
    ("flag = True\nresult = torch.symeig(A, True, upper=flag)", decomposes(UPPER)),
    ("w, v = torch.symeig(A, eigenvectors=True)\nresult = w, v", decomposes(UPPER)),
    ("def run():\n    w, _ = torch.symeig(A)\n    return w\n\n\nresult = run()", roots(UPPER)),
    ("result = torch.symeig(A, True).eigenvalues", roots(UPPER)),
    ("result = torch.eig(A)[0][:, 0], torch.eig(A).eigenvalues[:, 1]", both_parts),
    ("result = torch.eig(A, eigenvectors=True)[0][:, 0], torch.eig(A)[0][:, 1]", both_parts),
    ("result = torch.solve(B, A)[0]", solves),
    ("result = torch.solve(input=B, A=A).solution", solves),
    ("def run():\n    x, lu = torch.solve(B, A)\n    return x\n\n\nresult = run()", solves),
    ("result = torch.lstsq(B, TALL)[0][: TALL.size(1)]", least),
    ("result = torch.lstsq(B, TALL).solution[: TALL.shape[1]]", least),
    ("result = (A + 0).symeig(eigenvectors=True)", decomposes(UPPER)),
]


@pytest.mark.parametrize(("text", "holds"), CASES, ids=[text for text, _ in CASES])
def test_the_new_form_is_what_the_old_one_was_defined_as(text: str, holds: Callable[[Any], bool]) -> None:
    head = "import torch\n\nA = B = TALL = torch.ones(3, 3)\n"
    (report,) = lint(Project({"main.py": f"{head}{text}\n"}, "ACT106", (), "safe")).values()
    assert report.fixed and not report.diagnostics
    program = report.text.removeprefix(head)
    assert program != report.text
    namespace: dict[str, Any] = {"torch": torch, "A": A, "B": B, "TALL": TALL}
    with pytest.raises((RuntimeError, AttributeError)):
        exec(text, dict(namespace))
    exec(program, namespace)
    assert holds(namespace["result"])
