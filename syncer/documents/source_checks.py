"""What must hold for a file's bytes before any parser sees them: size, encoding, characters, no merge conflict."""

from __future__ import annotations

import re

from syncer.model.diagnostic import Location, Problem
from syncer.model.named_tuple import NamedTuple

Text = tuple[bytes, str]
"""A file's bytes, and what it is called in messages."""

MAX_BYTES = 1 << 20
"""The most a manifest may weigh, in bytes (1 MiB)."""


class FileLimits(NamedTuple):
    """How large a file may be, and what to do about one that is larger. `values`: scalars, lists, mappings and keys."""

    what: str
    """What such a file holds, as messages call it."""
    bytes: int
    values: int
    too_heavy: str
    """The hint where it weighs too much."""
    too_many: str
    """The hint where it holds too many values."""


MANIFEST = FileLimits(
    "manifest",
    MAX_BYTES,
    200_000,
    "put each manifest into a file of its own, and long texts into files named by `{file: path}`",
    "put each manifest into a file of its own",
)

_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_CONFLICT = rb"(?m)^(?:<{7}|={7}|>{7}|\|{7})(?=[ \r\n]|\Z)"
_PRINTABLE_ASCII = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
# YAML 1.2 `c-printable`, without U+0085, U+2028, U+2029: the parser (YAML 1.1) takes these three for line ends,
# YAML 1.2 does not, so a text that holds them would be read as something else than it says.
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_MOST_CHARACTERS = 20


def too_large(size: int, file: str, limits: FileLimits = MANIFEST) -> Problem:
    """The problem of a file of `size` bytes, more than it may weigh."""
    return Problem(
        "file-too-large",
        f"file of {size:,} bytes is larger than {limits.bytes:,} bytes",
        Location(file, 1, 1),
        hint=limits.too_heavy,
    )


def check_text(text: bytes, file: str, *, yaml: bool, limits: FileLimits = MANIFEST) -> list[Problem]:
    """All that is wrong with the bytes of `file`; what YAML forbids beyond JSON only where `yaml` is true."""
    if len(text) > limits.bytes:
        return [too_large(len(text), file, limits)]
    if problem := _encoding(text, file):
        return [problem]
    if problems := _conflicts(text, file):
        return problems
    if yaml and (others := text.translate(None, _PRINTABLE_ASCII)) and not _printable(others):
        return _characters(text.decode(), file)
    return []


def _printable(others: bytes) -> bool:
    """Whether Python prints these characters; then YAML does. Its own pattern, which lets more pass, takes as long to
    compile as a small file takes to be read."""
    return others.decode().isprintable()


def _encoding(text: bytes, file: str) -> Problem | None:
    if text.startswith(b"\xef\xbb\xbf"):
        return Problem(
            "byte-order-mark",
            "file begins with a byte order mark",
            Location(file, 1, 1),
            hint="save it as UTF-8 without BOM; `syncer fmt` takes the mark away",
        )
    for mark, name in _MARKS:
        if text.startswith(mark):
            return Problem(
                "encoding", f"file is written in {name}", Location(file, 1, 1), hint="save it as UTF-8 without BOM"
            )
    if text.isascii():
        return None
    try:
        text.decode()
    except UnicodeDecodeError as error:
        before = text[: error.start].decode()
        return Problem(
            "encoding",
            f"byte 0x{text[error.start]:02x} is not UTF-8",
            place(before, len(before), file),
            hint="save the file as UTF-8; it may have been saved as Windows-1252 or Latin-1",
        )
    return None


def _conflicts(text: bytes, file: str) -> list[Problem]:
    if b"<<<<<<<" not in text and b">>>>>>>" not in text:
        return []
    return [
        Problem(
            "conflict-marker",
            f"`{match.group().decode()}` is a git conflict marker",
            Location(file, text.count(b"\n", 0, match.start()) + 1, 1),
            hint="settle the merge: keep one side and delete the marker lines",
        )
        for match in re.finditer(_CONFLICT, text)
    ]


def _characters(text: str, file: str) -> list[Problem]:
    problems = []
    for match in re.finditer(_UNPRINTABLE, text):
        code = ord(match.group())
        if code == 0xFEFF:
            hint = "delete it: a byte order mark has no place inside a file"
        else:
            escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
            hint = f"delete it, or write `{escape}` between double quotes where the value needs it"
        at = place(text, match.start(), file)
        problems.append(Problem("character", f"U+{code:04X} may not stand in YAML as it is", at, hint=hint))
        if len(problems) == _MOST_CHARACTERS:
            break
    return problems


def place(text: str, offset: int, file: str) -> Location:
    """Line and column of a character, counted in code points; LF, CR LF and CR end a line."""
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return Location(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
