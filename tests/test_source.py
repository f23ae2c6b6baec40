"""Files are read as Python reads them and written back whole or not at all."""

from __future__ import annotations

import codecs
import errno
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actlint import source
from actlint.diagnostic import Notice
from actlint.source import Source, decode, read, write

TEXT = "# é\nx = 'ü'\n"


def fetched(path: Path) -> Source:
    found = read(str(path))
    assert isinstance(found, Source)
    return found


def refusal(path: Path) -> str:
    found = read(str(path))
    assert isinstance(found, Notice) and found.failure and found.path == str(path)
    return found.message


@pytest.mark.parametrize(
    ("data", "text", "encoding", "bom"),
    [
        (b"", "", "utf-8", False),
        (TEXT.encode(), TEXT, "utf-8", False),
        (codecs.BOM_UTF8 + TEXT.encode(), TEXT, "utf-8", True),
        (codecs.BOM_UTF8 + b"# coding: utf-8\n", "# coding: utf-8\n", "utf-8", True),
        (b"# -*- coding: latin-1 -*-\nx = '\xfc'\n", "# -*- coding: latin-1 -*-\nx = 'ü'\n", "iso8859-1", False),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", None, "cp1252", False),
        (b"# coding: utf-8-sig\nx = 1\n", "# coding: utf-8-sig\nx = 1\n", "utf-8", False),
        (b"x = 1\n# coding: latin-1\n", "x = 1\n# coding: latin-1\n", "utf-8", False),
        (b"\n\n# coding: latin-1\n", "\n\n# coding: latin-1\n", "utf-8", False),
        (b"a = 1\r\nb = 2\rc = 3\n\x0cd = 4", "a = 1\r\nb = 2\rc = 3\n\x0cd = 4", "utf-8", False),
    ],
)
def test_decoding_follows_python(data: bytes, text: str | None, encoding: str, bom: bool) -> None:
    found = decode("x.py", data)
    assert found.problem is None and found.exact
    assert (found.encoding, found.bom) == (encoding, bom)
    assert text is None or found.text == text
    assert source.encode(found, found.text) == data


@pytest.mark.parametrize(
    ("data", "row", "column", "part"),
    [
        (b"a = 1\nb = '\xff'\n", 2, 6, "byte 0xff is not valid utf-8, and no other encoding is declared"),
        ("a = 'ü'\r\né".encode() + b"\xe4 = 1", 2, 2, "byte 0xe4"),
        (b"a = 1\rb = \xff", 2, 5, "byte 0xff"),
        (b"# coding: ascii\nx = '\xc3\xbc'\n", 2, 6, "byte 0xc3 is not valid ascii"),
        (b"#!python\n# coding: klingon\n", 2, 1, "unknown encoding `klingon`"),
        (b"# coding: rot13\nk\n", 1, 1, "cannot be decoded as `rot13`"),
        (b"# coding: punycode\n" + b"x" * 100, 1, 1, "no encoding of a text"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", 1, 1, "UTF-8 byte order mark but declares `latin-1`"),
        (codecs.BOM_UTF16_LE + "x = 1".encode("utf-16-le"), 1, 1, "UTF-16"),
        (b"x = 1\ny = \0\n", 2, 5, "null bytes"),
    ],
)
def test_undecodable_bytes_have_a_place(data: bytes, row: int, column: int, part: str) -> None:
    problem = decode("x.py", data).problem
    assert problem is not None and problem.kind == "syntax"
    assert part in problem.message
    assert (problem.row, problem.column) == (row, column)


@given(st.binary(max_size=300))
def test_no_bytes_break_decoding(data: bytes) -> None:
    found = decode("x.py", data)
    if found.exact and found.problem is None:
        assert source.encode(found, found.text) == data
    if found.problem is not None:
        assert found.problem.row >= 1 and found.problem.column >= 1


ENCODINGS = ["utf-8", "latin-1", "cp1252", "shift_jis", "utf-7", "idna", "unicode_escape", "hex", "utf-16", "mbcs"]


@given(st.sampled_from(ENCODINGS), st.binary(max_size=60))
def test_no_declared_encoding_breaks_decoding(encoding: str, data: bytes) -> None:
    head = f"# coding: {encoding}\n".encode()
    found = decode("x.py", head + data)
    if found.exact and found.problem is None:
        assert source.encode(found, found.text) == head + data


def test_what_is_no_readable_file(tmp_path: Path) -> None:
    missing, broken, loop, pipe = (tmp_path / name for name in ("missing.py", "broken.py", "loop.py", "pipe.py"))
    broken.symlink_to(missing)
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    assert "no such file" in refusal(missing)
    assert "broken symbolic link" in refusal(broken)
    assert "symbolic link to itself" in refusal(loop)
    assert "not a regular file" in refusal(pipe)
    assert "not a regular file" in refusal(tmp_path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.py"
    path.write_text("x = 1\n")
    path.chmod(0)

    def refuse(name: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", name)

    # A superuser can read every file, so the system's answer is given here.
    monkeypatch.setattr(os, "open", refuse)
    assert refusal(path) == "cannot be read: permission denied"


def test_shown_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert source.shown(str(tmp_path / "a" / "b" / "x.py")) == os.path.join("b", "x.py")
    assert source.shown("./x.py") == "x.py"
    assert source.shown("../x.py") == str(tmp_path / "x.py")
    assert source.shown(str(tmp_path / "ab" / "x.py")) == str(tmp_path / "ab" / "x.py")


# ------------------------------------------------------------------------------------------------------------- writing


@pytest.mark.parametrize("before", [TEXT.encode(), codecs.BOM_UTF8 + b"a\r\nb\rc\n", b"# coding: latin-1\nx = '\xfc'"])
def test_writing_keeps_encoding_mark_and_line_ends(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(before)
    found = fetched(path)
    assert write(found, found.text + "\r\ny = 'ö'") is None
    assert path.read_bytes() == before + "\r\ny = 'ö'".encode(found.encoding)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.py"]


def test_writing_keeps_the_mode_and_follows_links(tmp_path: Path) -> None:
    path, link = tmp_path / "x.py", tmp_path / "link.py"
    path.write_text("a\n")
    path.chmod(0o751)
    link.symlink_to(path)
    assert write(fetched(link), "b\n") is None
    assert link.is_symlink() and path.read_text() == "b\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751


def unchanged(path: Path, found: Source, text: str, part: str) -> None:
    """Writing is refused for that reason, and neither the file nor its directory changed."""
    before, entries = path.read_bytes(), sorted(path.parent.iterdir())
    refused = write(found, text)
    assert refused is not None and refused.failure and refused.path == found.path
    assert part in refused.message and "the file is unchanged" in refused.message
    assert path.read_bytes() == before and sorted(path.parent.iterdir()) == entries


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("a\n")
    first, second = fetched(path), fetched(path)
    assert write(first, "b\n") is None
    unchanged(path, second, "c\n", "it changed on disk since it was read")


def test_two_fixers_that_agree_do_not_quarrel(tmp_path: Path) -> None:
    path, link = tmp_path / "x.py", tmp_path / "link.py"
    path.write_text("a\n")
    link.symlink_to(path)
    first, second = fetched(path), fetched(link)
    assert write(first, "b\n") is None and write(second, "b\n") is None
    assert path.read_text() == "b\n" and link.is_symlink()


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("a\n")
    path.chmod(0o444)
    unchanged(path, fetched(path), "b\n", "read-only")


def test_a_text_that_the_encoding_cannot_express_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"# coding: ascii\n")
    unchanged(path, fetched(path), "# coding: ascii\nx = 'ü'\n", "cannot be expressed in its encoding `ascii`")


def test_an_encoding_that_is_not_exact_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"# coding: utf-7\nx = '+AGE-'\n")
    found = fetched(path)
    assert found.text == "# coding: utf-7\nx = 'a'\n" and not found.exact
    unchanged(path, found, "x = 1\n", "cannot be written back exactly")


def test_a_vanished_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("a\n")
    found = fetched(path)
    path.unlink()
    refused = write(found, "b\n")
    assert refused is not None and "no such file" in refused.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the limit that stands for a full disk is POSIX")
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("a\n" * 10_000)
    program = textwrap.dedent(
        """
        import resource, sys
        from actlint.source import read, write
        found = read(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        print(write(found, found.text + "b\\n").message)
        """
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert "not fixed: file too large; the file is unchanged" in done.stdout
    assert path.read_text() == "a\n" * 10_000
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.py"]
