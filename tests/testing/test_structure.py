"""The shape of a rule page."""

from __future__ import annotations

import pytest

from actlint.testing import parse, structure

GOOD = """# ACT601: softmax-before-cross-entropy

`nn.CrossEntropyLoss` applies log-softmax itself (see `a. B`),
so that a softmax before it is one too many.

## Why is this bad?

It trains slowly.

## Example

```python
x = 1  # error
```

## Fix

### Safe

None.

## Limits

```python
x = 1
```

## See also

Nothing.
"""


def _wrong(text: str, path: str = "rules/softmax-before-cross-entropy.md") -> list[str]:
    return [f"{failure.line}: {failure.message}" for failure in structure(parse(path, text))]


def test_a_good_page() -> None:
    assert _wrong(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# ACT601: ", "# ", "1: a page begins with"),
        ("# ACT601: ", "\n# ACT601: ", "1: a page begins with"),
        ("# ACT601: ", "Text.\n# ACT601: ", "1: a page begins with"),
        ("softmax-before-cross-entropy", "softmax_before", "1: a page begins with"),
        ("softmax-before-cross-entropy", "softmax-before", "1: the page is of `softmax-before` and its file of"),
        ("too many.", "too many. Drop it.", "2: one sentence"),
        ("too many.", "too many", "2: one sentence"),
        ("too many.", "too many.\n```python\n```", "2: one sentence"),
        ("## Limits\n", "## Limitations\n", "1: the headings are"),
        ("## Limits", "# Limits", "1: the headings are"),
        ("## See also\n\nNothing.\n", "## See also\n", "28: nothing stands under `See also`"),
        ("  # error", "", "1: no block shows a finding"),
        ("```python\nx = 1\n```", "", "1: no block shows good code"),
        ("Nothing.\n", "Nothing.\n" * 90, "91: 119 lines; a page has at most 90"),
    ],
)
def test_pages_that_are_none(old: str, new: str, message: str) -> None:
    wrong = _wrong(GOOD.replace(old, new))
    assert any(line.startswith(message) for line in wrong), wrong
