"""How a value is written: a scalar in the quotes that fit, a mapping or list in brackets or line by line.

It writes in the manner of the file it writes into (`Style`); what a place in that file allows, others know.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from syncer.documents.core_schema import CONSTANTS, BadScalar, number, number_words
from syncer.documents.edit.syntax_tree import SyntaxNode, line_start
from syncer.model.json_values import Json

_WORDS = frozenset({"yes", "no", "on", "off", "y", "n", "true", "false", "null", "<<"})  # what others take for no text
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_NUMBER = re.compile(r"[-+]?(?:[0-9_.:]*(?:[eE][-+]?[0-9_]*)?|0[bBoOxX][0-9a-fA-F_]*)\Z")
"""What YAML 1.1 or 1.2 may read as a number: `12:30`, `1_0.5`, `+1_000`, `0b1`."""
_INDICATORS = "-?:,[]{}#&*!|>'\"%@`="
_FLOW_ONLY = re.compile(r"[,\[\]{}]")
_UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_WIDE = 160
_NARROW = 100
"""A mapping or list of scalars is written on one line up to this many characters, where the file does so."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written: spaces a level, how much deeper than its key a list stands, quotes, line ends."""

    step: int = 2
    deeper: int = 2
    quote: str = '"'
    line_end: str = "\n"
    brackets: bool = False
    """Whether lists of scalars stand in brackets."""
    json: bool = False
    braces: bool = False
    """Whether mappings of scalars stand in braces."""
    quoted: bool = False
    """Whether every new text but a key stands in double quotes, also where it needs none."""
    beside: bool = True
    """Whether a new entry stands in brackets where the one beside it does; else line by line."""


Manner = Callable[[Style], Style]
"""What becomes of the style that a file shows, for one who wants it otherwise."""


def manner_of(text: str, trees: list[SyntaxNode], *, as_json: bool) -> Style:
    """What most of the file does; two spaces and double quotes where it shows nothing."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    steps: Counter[int] = Counter()
    deeper: Counter[int] = Counter()
    quotes: Counter[str] = Counter()
    brackets: Counter[bool] = Counter()
    waiting = list(trees)
    while waiting:
        node = waiting.pop()
        if node.style in ("'", '"'):
            quotes[node.style] += 1
        if node.form == "list" and node.entries and all(each.value.form == "scalar" for each in node.entries):
            brackets[node.flow] += 1
        for entry in node.entries:
            inner = entry.value
            waiting.append(inner)
            if inner.entries and entry.key is not None:
                column = inner.entries[0].head - line_start(text, inner.entries[0].head)
                offset = column - (entry.head - line_start(text, entry.head))
                own_line = not text[line_start(text, inner.entries[0].head) : inner.entries[0].head].strip()
                if own_line and inner.form == "map" and offset > 0:
                    steps[offset] += 1
                elif own_line and offset >= 0:
                    deeper[offset] += 1
    if as_json:
        return Style((steps + deeper).most_common(1)[0][0] if steps + deeper else 0, 0, '"', line_end, json=True)
    return Style(
        steps.most_common(1)[0][0] if steps else 2,
        deeper.most_common(1)[0][0] if deeper else 2,
        "'" if quotes["'"] > quotes['"'] else '"',
        line_end,
        brackets[True] > brackets[False],
    )


def scalar_words(value: Json, manner: Style, *, style: str = "", flow: bool = False, was: str = "") -> str:
    """A scalar on one line. `style`: the quotes it had, kept where they do; `was`: the unquoted word it had."""
    if manner.json:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, str):
        return number_words(value)
    if style == "'" and not _UNPRINTABLE.search(value):
        return _single(value)
    if style == '"' or manner.quoted:
        return _double(value)
    return _text_words(value, manner, flow=flow, dates=_DATE.match(was) is not None)


def key_words(key: str, manner: Style, *, flow: bool) -> str:
    """A key."""
    return json.dumps(key, ensure_ascii=False) if manner.json else _text_words(key, manner, flow=flow, dates=False)


def _text_words(text: str, manner: Style, *, flow: bool, dates: bool) -> str:
    if _is_plain(text, flow=flow, dates=dates):
        return text
    return _single(text) if manner.quote == "'" and not _UNPRINTABLE.search(text) else _double(text)


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    """Between double quotes; whatever nobody can see, or YAML does not let stand, is escaped."""
    return "".join(map(_seen, json.dumps(text, ensure_ascii=False)))


def _seen(character: str) -> str:
    if not _UNPRINTABLE.match(character) and unicodedata.category(character) not in ("Zl", "Zp", "Cf"):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_plain(text: str, *, flow: bool, dates: bool) -> bool:
    """Whether the text may stand without quotes: for every reader, so older ones' words and dates get some."""
    if not text or text != text.strip() or _UNPRINTABLE.search(text) or text in CONSTANTS or text.lower() in _WORDS:
        return False
    if text[0] in _INDICATORS or ": " in text or " #" in text or text.endswith(":") or text[:3] in ("---", "..."):
        return False
    if flow and (_FLOW_ONLY.search(text) or ":" in text):
        return False
    if text[0] in "+-.0123456789":
        try:
            return number(text) is text and (dates or not _DATE.match(text)) and not _NUMBER.match(text)
        except BadScalar:
            return False
    return True


def flow_words(value: Json, manner: Style, column: int = 0, *, wide: bool = False) -> str:
    """A value within brackets; in a JSON file of several lines (`wide`) each entry on its own."""
    if not isinstance(value, (dict, list)):
        return scalar_words(value, manner, flow=True)
    if isinstance(value, dict):
        entries = [
            f"{key_words(key, manner, flow=True)}: {flow_words(each, manner, column + manner.step, wide=wide)}"
            for key, each in value.items()
        ]
        opening, closing = "{", "}"
    else:
        entries = [flow_words(each, manner, column + manner.step, wide=wide) for each in value]
        opening, closing = "[", "]"
    if wide and entries:
        margin = manner.line_end + " " * (column + manner.step)
        return opening + margin + f",{margin}".join(entries) + manner.line_end + " " * column + closing
    return opening + ", ".join(entries) + closing


def fits_brackets(value: Json) -> bool:
    """Whether a mapping or list may stand within brackets beside others that do: no text of several lines, not long."""
    words = json.dumps(value, ensure_ascii=False)
    return isinstance(value, (dict, list)) and len(words) <= _WIDE and "\\n" not in words


def block_lines(head: str, value: Json, column: int, manner: Style) -> list[str]:
    """The lines of an entry: `head` is `key:` or `-`, and stands at `column`. Without line ends."""
    margin = " " * column
    if isinstance(value, str) and (lines := literal_lines(value, column + max(manner.step, 2))):
        return [f"{margin}{head} {lines[0]}", *lines[1:]]
    if not isinstance(value, (dict, list)) or not value or _is_short(value, column + len(head), manner):
        return [f"{margin}{head} {flow_words(value, manner) if value != '' else _double('')}"]
    if head == "-":
        first, *others = value_lines(value, column + 2, manner)
        return [f"{margin}- {first.lstrip()}", *others]
    inner = column + (manner.step if isinstance(value, dict) else manner.deeper)
    return [margin + head, *value_lines(value, inner, manner)]


def value_lines(value: Json, column: int, manner: Style) -> list[str]:
    """The lines of a mapping or list that is not empty, at `column`."""
    if isinstance(value, dict):
        return [
            line
            for key, each in value.items()
            for line in block_lines(f"{key_words(key, manner, flow=False)}:", each, column, manner)
        ]
    return [line for each in value for line in block_lines("-", each, column, manner)]


def _is_short(value: Json, column: int, manner: Style) -> bool:
    """Whether a list (or mapping) of scalars goes in brackets, as those of the file do."""
    if not (manner.brackets if isinstance(value, list) else manner.braces):
        return False
    items = list(value.values()) if isinstance(value, dict) else value
    if any(isinstance(each, (dict, list)) or (isinstance(each, str) and "\n" in each) for each in items):
        return False
    return column + len(flow_words(value, manner)) <= _NARROW


def literal_lines(text: str, column: int) -> list[str]:
    """A text of several lines behind `|`: the sign, then the lines at `column`; none where it cannot stand so."""
    body = text.rstrip("\n")
    if (
        "\n" not in text
        or not body
        or body[0] in " \n\t"
        or any(map(_UNPRINTABLE.search, body.replace("\t", " ").split("\n")))
    ):
        return []
    tail = text[len(body) :]
    if len(tail) > 1:  # `|+` would take in the blank lines below it
        return []
    return ["|" if tail else "|-", *(" " * column + line if line else "" for line in body.split("\n"))]
