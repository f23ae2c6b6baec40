"""What proofs have in common: functions that a proof can call without importing them."""

from __future__ import annotations

from collections.abc import Callable


def raises(action: Callable[[], object], text: str = "") -> bool:
    """Whether `action` raises an exception with `text` in its `Type: message`."""
    try:
        action()
    except Exception as error:  # any exception can be what a program raises
        shown = f"{type(error).__name__}: {error}"
        if text not in shown:
            raise AssertionError(f"it raises, but {shown!r}") from error
        return True
    return False
