"""What tokens mean: identifiers, strings and numbers."""

from __future__ import annotations

import ast
import unicodedata
import warnings


class BadLiteral(Exception):
    """A token that libcst takes for a literal and this interpreter does not, such as an int of 5,000 digits."""


def identifier(token: str) -> str:
    """The name that Python takes an identifier for: `ﬁt` and `fit` are one name."""
    return token if token.isascii() else unicodedata.normalize("NFKC", token)


def literal(token: str) -> object:
    """The value of a number, string or bytes token as this interpreter evaluates it; raises `BadLiteral`."""
    try:
        with warnings.catch_warnings():
            # An invalid escape such as "\d" is the author's to hear about from Python, not from a linter's stderr.
            warnings.simplefilter("ignore")
            value: object = ast.literal_eval(token)
    except (SyntaxError, ValueError) as error:
        raise BadLiteral(token[:40]) from error
    return value


def string(token: str) -> str | bytes:
    """The value of one string token (not an f-string); raises `BadLiteral`."""
    first = token[0]
    if "\\" not in token and "\r" not in token:
        if first == '"' or first == "'":
            return token[3:-3] if token[1] == first and len(token) > 5 and token[2] == first else token[1:-1]
    elif first in "rR" and token[1] in "\"'" and "\r" not in token:
        token = token[1:]
        return token[3:-3] if token[:3] in ('"""', "'''") else token[1:-1]
    value = literal(token)
    assert isinstance(value, str | bytes)
    return value


def formatted_text(start: str, end: str, text: str) -> str:
    """The value of a literal stretch `text` of the f-string that opens with `start`; raises `BadLiteral`."""
    if "{" in text or "}" in text:
        text = text.replace("{{", "{").replace("}}", "}")
    prefix = start[: -len(end)].lower().replace("f", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" not in text or prefix == "r":
        return text
    # The blank keeps a quote or a backslash at the end of the stretch apart from the closing quotes.
    value = literal(f"{end}{text} {end}")
    assert isinstance(value, str)
    return value[:-1]
