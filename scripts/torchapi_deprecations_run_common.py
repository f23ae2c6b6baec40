"""What programs do on the torch of one interpreter, and what that torch says of names.

`torchapi_deprecations.py` imports it for its own torch, and runs it as a file under another interpreter: hence nothing
but the standard library and torch, and no syntax newer than Python 3.7. As a file it is given two paths: of a JSON
object with what to execute and to look up (`answers`), and of where to write the answers.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import os
import re
import sys
import tempfile
import warnings

import torch

SPEAKS = re.compile(
    r"deprecat|renamed|legacy|no effect|removed|in favor of|final step of the integration|has been changed|without use_"
    r"|use_reentrant|Implicit dimension|size_average and reduce|is required to pass|required to pass|pickle module",
    re.IGNORECASE,
)
"""What a warning says that is about an interface: programs warn of other things too."""

SAYS = re.compile(
    r"deprecat|legacy|supersed|will be removed|no effect|no longer|in favor of|recommended to use|will change"
    r"|renamed to|only for backward|kept for backward|implicit dim",
    re.IGNORECASE,
)
"""How documentation and sources say that something should not be used any more."""


def answers(question: dict[str, object]) -> dict[str, object]:
    """Execute the `programs` (text, and the name that it is about) after `setup`; look up `names` and `told` (a name,
    and an argument of it or "").

    Gives `version`, `root` (torch's folder), `always` (whether warnings of its C++ come more than once a process),
    `outcomes` (category and text of a warning, what was raised), `there` (whether the names exist) and `says` (whether
    this torch calls them deprecated in words).
    """
    always = getattr(torch, "set_warn_always", None)
    if always is not None:
        always(True)
    here = os.getcwd()
    os.chdir(tempfile.mkdtemp())
    try:
        return {
            "version": torch.__version__.split("+")[0],
            "always": always is not None,
            "root": os.path.dirname(os.path.abspath(torch.__file__)),
            "outcomes": [execute(question["setup"], text, said) for text, said in question["programs"]],  # type: ignore[arg-type, attr-defined]
            "there": [resolved(name) is not None for name in question["names"]],  # type: ignore[attr-defined]
            "says": [says(name, argument) for name, argument in question["told"]],  # type: ignore[attr-defined]
        }
    finally:
        os.chdir(here)


def execute(setup: str, text: str, said: str) -> tuple[str, str, str]:
    """The category and text of the warning about the interface, best one that has `said` in it; what was raised."""
    namespace: dict[str, object] = {"__name__": "candidate"}
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        error = ""
        try:
            exec(setup, namespace)
            caught.clear()
            exec(text, namespace)
        except Exception as raised:
            error = f"{type(raised).__name__}: {one_line(str(raised))}"
    spoken = [w for w in caught if SPEAKS.search(str(w.message)) and "torch_xla" not in str(w.message)]
    if not spoken:
        return "", "", error
    told = ([w for w in spoken if said in str(w.message)] or spoken)[0]
    return told.category.__name__, one_line(str(told.message)), error


def one_line(text: str) -> str:
    """The text without line ends and without where in torch's C++ it was raised."""
    text = re.sub(r"\(Triggered internally at .*\)", "", text, flags=re.DOTALL)
    return " ".join(text.split())


def resolved(name: str) -> object:
    """The thing of torch that goes by a name, None if there is none; a function before the module of its name."""
    parts = name.split(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for length in [*range(len(parts) - 1, 0, -1), len(parts)]:
            try:
                thing: object = importlib.import_module(".".join(parts[:length]))
                for part in parts[length:]:
                    thing = getattr(thing, part)
            except Exception:
                continue
            return thing
    return None


def says(name: str, argument: str) -> bool:
    """Whether the documentation or source of what goes by a name calls it deprecated, or that argument of it."""
    names = [name]
    if name.startswith("torch.Tensor."):
        names += ["torch." + name.split(".")[2]]  # whose documentation refers to that of the function
    for each in names:
        thing = resolved(each)
        text = inspect.getdoc(thing) or ""
        with contextlib.suppress(TypeError, OSError):
            text += "\n" + inspect.getsource(thing)  # type: ignore[arg-type]
        for found in SAYS.finditer(text):
            around = text[max(0, found.start() - 400) : found.end() + 400]
            if not argument or argument in around:
                return True
    return False


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        asked = json.load(file)
    found = answers(asked)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(found, file)
