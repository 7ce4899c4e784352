"""Foreign text made harmless for one target each: terminal, workflow log, annotation, HTML, URI; knows no layout."""

from __future__ import annotations

import re
import unicodedata

from syncer.model.json_values import COMMAND

MARKS_IN_A_ROW = 3
"""Combining marks that may follow a letter; the 200 that paint over the lines above stand as escapes."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escaped(character: str) -> str:
    """One character written out: `\\n`, `\\x1b`, `\\u202e`, `\\U000e0001`."""
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def for_terminal(text: str, unicode: bool = True) -> str:
    """The text as one line that a terminal, and a workflow runner reading its output, takes for text.

    Control, C1, bidi and zero-width characters, odd spaces and lone surrogates stand written out; without `unicode`
    everything beyond ASCII does.
    """
    if text.isascii():
        plain = text if text.isprintable() else "".join(c if c.isprintable() else escaped(c) for c in text)
        return disarmed(plain)
    if not unicode:
        return disarmed("".join(c if c.isascii() and c.isprintable() else escaped(c) for c in text))
    return disarmed("".join(_visible(text)))


def _visible(text: str) -> list[str]:
    out: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        fine = character.isprintable() and marks <= MARKS_IN_A_ROW
        out.append(character if fine else escaped(character))
    return out


def disarmed(line: str) -> str:
    """The line without a workflow command in it.

    GitHub's runner takes `::cmd::` at a line's start, leading space trimmed, and the old `##[cmd]` anywhere in it
    (docs/catalogue.md#t7); Azure's `##vso[…]` and TeamCity's `##teamcity[…]` have the same form.
    """
    if "##" in line:
        line = re.sub(COMMAND, r"#\\x23", line)
    start = line.lstrip()
    if start.startswith("::"):
        blank = len(line) - len(start)
        line = f"{line[:blank]}\\x3a{start[1:]}"
    return line


def for_annotation(text: str) -> str:
    """The message of a workflow command: what would end or forge it percent-escaped; line ends stay line ends."""
    lines = (for_terminal(line) for line in text.split("\n"))
    return "\n".join(lines).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def for_property(text: str) -> str:
    """A property of a workflow command (`file=`, `title=`)."""
    return for_annotation(text).replace(":", "%3A").replace(",", "%2C")


def for_html(text: str, unicode: bool = True) -> str:
    """One line of text between tags, or in a quoted attribute; a Markdown reader finds no mark in it either.

    Whatever HTML or Markdown could take for a mark stands as a character reference (docs/catalogue.md#t8).
    """
    shown = for_terminal(text, unicode)
    return "".join(character if _is_text(character) else f"&#{ord(character)};" for character in shown)


def _is_text(character: str) -> bool:
    return character.isalnum() or character in " ,;:" or not character.isascii()


def for_uri(file: str) -> str:
    """A file name as a URI reference: relative ones stay relative."""
    forward = file.replace("\\", "/") if re.match(r"[A-Za-z]:\\", file) else file
    from urllib.parse import quote  # late: addresses stand in few answers

    path = quote(forward, safe="/~", errors="surrogatepass")
    if forward.startswith("/"):
        return f"file://{path}"
    return f"./{path}" if ":" in forward.partition("/")[0] else path
