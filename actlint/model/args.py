"""Evaluated arguments of a call."""

from __future__ import annotations

from dataclasses import dataclass, field

from actlint.model.values import Value


@dataclass(slots=True)
class Args:
    """Evaluated arguments. Not `complete` where `*` or `**` of something unknown may add to them: `rest` is then what
    each of the further positional ones is one of, None where that is not known.

    `sizes` are all positional ones as one tuple where a tensor's sizes are unpacked among them.
    """

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    complete: bool = True
    sizes: Value | None = None
    rest: tuple[Value, ...] | None = ()

    def all(self) -> tuple[Value, ...]:
        """Every argument value that is known of."""
        return (*self.positional, *self.keywords.values(), *(self.rest or ()))

    def named(self) -> tuple[tuple[str, Value], ...]:
        """Arguments by position ("0", "1", …) and keyword."""
        return (*((str(i), v) for i, v in enumerate(self.positional)), *self.keywords.items())

    def get(self, position: int, keyword: str) -> Value | None:
        """The argument at a position or under a keyword."""
        if keyword in self.keywords:
            return self.keywords[keyword]
        return self.positional[position] if position < len(self.positional) else None
