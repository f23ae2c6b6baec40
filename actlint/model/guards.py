"""Code that expects an exception: `try` with a handler that catches it, `pytest.raises`, `contextlib.suppress`."""

from __future__ import annotations

from collections.abc import Sequence

from actlint.facts import Call, Node, Try, With
from actlint.model.link import handlers_catch
from actlint.model.show import dotted

_EXPECTING = frozenset({"raises", "suppress", "assertRaises", "assertRaisesRegex", "warns"})


def expects(path: Sequence[Node], exception: str) -> bool:
    """Whether an exception of that name, raised at the end of `path` (outermost node first), is caught on the way."""
    caught = frozenset({exception, "Exception", "BaseException"})
    for node, inner in zip(path, path[1:], strict=False):
        match node:
            case Try(body=body, handlers=handlers):
                if any(statement is inner for statement in body) and handlers_catch(handlers, caught):
                    return True
            case With(items=items, body=body):
                if any(statement is inner for statement in body):
                    contexts = (item.context for item in items)
                    names = (dotted(c.func if isinstance(c, Call) else c) or "" for c in contexts)
                    if any(name.rpartition(".")[2] in _EXPECTING for name in names):
                        return True
            case _:
                pass
    return False
