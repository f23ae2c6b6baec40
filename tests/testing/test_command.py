"""Pages held against actlint itself: `python -m actlint.testing`, and their collection by pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PAGE = """# ACT101: deprecated-activation

`F.sigmoid` is an alias.

```python
import torch
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.randn(3, requires_grad=True)
result = [x, F.sigmoid(x)]  # error: [ACT101] "`F.sigmoid`"
result[1].sum().backward()
```

```python fixed same
import torch

torch.manual_seed(0)
x = torch.randn(3, requires_grad=True)
result = [x, torch.sigmoid(x)]
result[1].sum().backward()
```

## Settings

```toml
select = ["ACT001"]
```

```python
x = = 1  # error: [ACT001] "syntax"
```
"""


def _run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_a_page_that_is_right(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    (tmp_path / "README.md").write_text("```python bad", encoding="utf-8")
    assert _run("actlint.testing", str(tmp_path)) == (0, "1 pages, 2 blocks, 0 failures\n")


def test_pages_that_are_wrong_say_where(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    wrong = PAGE.replace("  # error: [ACT001]", "  # comment: [ACT001]").replace("torch.sigmoid(x)]", "torch.tanh(x)]")
    page.write_text(wrong + '\n```toml\nselct = ["ALL"]\n```\n\n```python\n```\n', encoding="utf-8")
    code, output = _run("actlint.testing", "--structure", str(page))
    assert code == 1
    assert f"{page}:1: the headings are ['Settings']; a page has" in output
    assert f"{page}:16: the fixed text differs\n--- page\n+++ actlint\n" in output
    assert "-result = [x, torch.tanh(x)]\n+result = [x, torch.sigmoid(x)]" in output
    assert f"{page}:16: the fix changes what is computed: result[0].grad is [" in output
    assert f'{page}:31: unexpected [ACT001] "invalid syntax" (column 5)' in output
    assert f"{page}:35: this cannot be linted: --config: unknown setting `selct`" in output
    assert output.endswith("1 pages, 3 blocks, 7 failures\n")


def test_a_page_that_is_not_there() -> None:
    code, output = _run("actlint.testing", "nowhere.md")
    assert code == 2
    assert "nowhere.md" in output


def test_pytest_collects_each_block_of_each_page() -> None:
    code, output = _run("pytest", "--collect-only", "-q", "rules")
    assert code == 0, output
    pages = {line.partition("::")[0] for line in output.splitlines() if "::" in line}
    assert pages == {f"rules/{path.name}" for path in (ROOT / "rules").glob("*.md")}
    assert output.count("::page") == len(pages)
    assert output.count("::") > 2 * len(pages)
