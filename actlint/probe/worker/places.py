"""The user's own lines: which files are theirs, and where in them something happens."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

INSTALLED = ("site-packages", "dist-packages")
_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep

Place = tuple[str, int]


@dataclass(slots=True)
class Project:
    """The user's project: files under `root`, but for what is installed there."""

    root: str
    _known: dict[str, bool] = field(default_factory=dict)

    def owns(self, file: str) -> bool:
        """Whether a file (as in a code object) is the user's."""
        found = self._known.get(file)
        if found is None:
            path = os.path.realpath(file)
            inside = path.startswith(os.path.join(self.root, "")) and not path.startswith(_OWN)
            relative = path[len(self.root) :].split(os.sep) if inside else []
            found = self._known[file] = inside and not any(part in INSTALLED for part in relative)
        return found

    def here(self, skip: int = 1) -> Place | None:
        """The innermost of the user's lines that is running."""
        frame: FrameType | None = sys._getframe(skip)
        while frame is not None:
            if self.owns(frame.f_code.co_filename):
                return os.path.realpath(frame.f_code.co_filename), frame.f_lineno
            frame = frame.f_back
        return None

    def places(self, trace: TracebackType | None) -> list[dict[str, Any]]:
        """The user's lines of a traceback, outermost first."""
        found = []
        for frame, line in traceback.walk_tb(trace):
            if self.owns(frame.f_code.co_filename):
                path = os.path.realpath(frame.f_code.co_filename)
                found.append({"path": path, "line": line, "function": frame.f_code.co_name})
        return found


class Failure(Exception):
    """The user's code raised; `cause` is what, `phase` when."""

    def __init__(self, phase: str, cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.phase, self.cause = phase, cause


def described(failure: Failure, project: Project) -> dict[str, Any]:
    """A failure as an observation's content."""
    cause = failure.cause
    name = getattr(cause, "name", None)
    places = project.places(cause.__traceback__)
    if isinstance(cause, SyntaxError) and cause.filename and project.owns(cause.filename):
        places = [{"path": os.path.realpath(cause.filename), "line": cause.lineno or 1, "function": ""}]
    return {
        "phase": failure.phase,
        "error": type(cause).__name__,
        "message": str(cause)[:2000],
        "places": places,
        "attribute": name if isinstance(name, str) else "",
        "owner": type(getattr(cause, "obj", None)).__name__,
    }


class guarded:  # noqa: N801 - used as a statement
    """`with guarded("forward"):` turns whatever the user's code raises into a `Failure`, `sys.exit` included."""

    def __init__(self, phase: str) -> None:
        self._phase = phase

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and not isinstance(error, (Failure, GeneratorExit)):
            raise Failure(self._phase, error) from error
