"""What transformers adds to Python: files that are text for its converter, read from 4.45 to 5.23.

`modular_x.py` is not run: from its classes, with the text of what they inherit from other models merged in, renamed and
in another order, the converter writes `modeling_x.py` beside it.
"""

from __future__ import annotations


def written_from(path: str) -> str | None:
    """The file that the converter writes from the one at this path; None where that is no text for it."""
    folder, slash, name = path.replace("\\", "/").rpartition("/")
    if not (name.startswith("modular_") and name.endswith(".py")):
        return None
    return f"{path[: len(folder + slash)]}modeling_{name.removeprefix('modular_')}"
