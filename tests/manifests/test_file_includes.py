"""`{file: PATH}`: texts from inside the repository, and nothing else from this machine."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from syncer.documents.source_checks import MAX_BYTES
from syncer.manifests.file_includes import fill

TEXTS = ("tasks[].description.value", "description", "phases[].tasks[].description", "*.deep.text")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a few texts, and things around it."""
    root = tmp_path / "repo"
    (root / "texts/deep").mkdir(parents=True)
    (root / "texts/body.html").write_bytes("<p>Größe {{ x }} ${var.y}</p>\r\n".encode())
    (root / "texts/deep/b.txt").write_text("b")
    (root / "texts/bom.txt").write_bytes(b"\xef\xbb\xbfbom")
    (root / "texts/latin.txt").write_bytes(b"gr\xfc\xdfe")
    (root / "texts/large.txt").write_bytes(b"x" * (MAX_BYTES + 1))
    (root / ".env").write_text("TOKEN=1")
    (root / ".git").mkdir()
    (root / ".git/config").write_text("x")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "out.txt").symlink_to("../secret.txt")
    (root / "in.txt").symlink_to("texts/deep/b.txt")
    (root / "folder").symlink_to("..")
    (root / "loop.txt").symlink_to("loop.txt")
    (root / "hidden.txt").symlink_to(".env")
    os.mkfifo(root / "pipe.txt")
    return root


def test_texts_take_their_places(root: Path) -> None:
    spec = {
        "description": {"file": "texts/deep/b.txt"},
        "tasks": [{"description": {"value": {"file": "texts/body.html"}}}, {"description": {"value": "plain"}}, {}],
        "phases": [{"tasks": [{"description": {"file": "in.txt"}}]}],
        "a": {"deep": {"text": {"file": "texts/bom.txt"}}},
        "elsewhere": {"file": "texts/body.html"},
        "more": {"description": {"file": "texts/body.html"}},
    }
    before = repr(spec)
    filled = fill(spec, TEXTS, root)
    assert filled.findings == []
    assert filled.spec == {
        "description": "b",
        "tasks": [
            {"description": {"value": "<p>Größe {{ x }} ${var.y}</p>\r\n"}},
            {"description": {"value": "plain"}},
            {},
        ],
        "phases": [{"tasks": [{"description": "b"}]}],
        "a": {"deep": {"text": "bom"}},
        "elsewhere": {"file": "texts/body.html"},
        "more": {"description": {"file": "texts/body.html"}},
    }
    assert repr(spec) == before
    assert filled.digests == {
        name: hashlib.sha256((root / name).read_bytes()).hexdigest()
        for name in ("texts/deep/b.txt", "texts/body.html", "in.txt", "texts/bom.txt")
    }


REFUSED: dict[str, tuple[Any, str]] = {
    # case                     file                     rule: message
    "G27 absolute": ("/etc/passwd", "file-path: file `/etc/passwd` does not begin at the repository's root"),
    "G27 home": ("~/x", "file-path: file `~/x` does not begin at the repository's root"),
    "G27 two dots": ("../secret.txt", "file-path: file `../secret.txt` holds `..`"),
    "G27 two dots within": ("texts/../texts/body.html", "file-path: file `texts/../texts/body.html` holds `..`"),
    "G27 link out": ("out.txt", "file-path: file `out.txt` leads out of the repository through a symbolic link"),
    "G27 linked folder": (
        "folder/secret.txt",
        "file-path: file `folder/secret.txt` leads out of the repository through a symbolic link",
    ),
    "G27 link loop": ("loop.txt", "unreadable: `loop.txt` cannot be read: too many levels of symbolic links"),
    "G27 folder": ("texts", "not-a-file: `texts` is a folder, not a file"),
    "G27 missing": ("texts/no.html", "unreadable: `texts/no.html` cannot be read: no such file or directory"),
    "G27 huge": ("texts/large.txt", "file-too-large: file of 1,048,577 bytes is larger than 1,048,576 bytes"),
    "G27 named pipe": ("pipe.txt", "not-a-file: `pipe.txt` is a named pipe, not a file"),
    "T2 hidden file": (".env", "file-path: file `.env` is hidden, or lies in a hidden folder"),
    "T2 git's own": (".git/config", "file-path: file `.git/config` is hidden, or lies in a hidden folder"),
    "T2 link to a hidden file": ("hidden.txt", "file-path: file `hidden.txt` is hidden, or lies in a hidden folder"),
    "not UTF-8": ("texts/latin.txt", "encoding: file `texts/latin.txt` is not UTF-8: byte 2 is 0xfc"),
    "backslash": ("texts\\body.html", "file-path: file `texts\\body.html` holds a backslash or NUL"),
    "NUL": ("a\0b", "file-path: file `a\0b` holds a backslash or NUL"),
    "empty": ("", "file-path: `file` is not the path of a file"),
    "no text": (["a"], "file-path: `file` is not the path of a file"),
}


@pytest.mark.parametrize(("name", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(root: Path, name: Any, expected: str) -> None:
    spec = {"tasks": [{"description": {"value": {"file": name}}}]}
    filled = fill(spec, TEXTS, root)
    [finding] = filled.findings
    assert f"{finding.rule}: {finding.message}" == expected
    assert finding.path == ("spec", "tasks", 0, "description", "value", "file")
    assert finding.hint
    assert (filled.spec, filled.digests) == (spec, {})


def test_a_file_with_more_keys_is_something_else(root: Path) -> None:
    spec = {"description": {"file": "texts/body.html", "x": 1}}
    assert fill(spec, TEXTS, root) == (spec, [], {})
