"""Reads JSON files strictly (RFC 8259), with a place for every value, and goes on after the usual mistakes.

A reader of its own, though `json.loads` reads values and YAML is nearly a superset: the one stops at the first mistake
and takes NaN, equal keys and half characters; the YAML parser refuses escaped surrogate pairs (how JSON writes an
emoji) and U+007F, so it has no places for such a file, and counts a U+2028 within quotes as the end of a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import NoReturn

from syncer.documents.core_schema import BadScalar, key_problem, number, same_key
from syncer.documents.source_checks import MANIFEST, FileLimits
from syncer.documents.yaml_events import MAX_DEPTH, Place, SourceMap
from syncer.model.diagnostic import Location, Problem
from syncer.model.json_values import Json, Path, show_path

_MOST_PROBLEMS = 50
_BLANK = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?(?:\*/|\Z)|\#[^\r\n]*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![\w.+-])")
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|\r|\n")


class _Stop(Exception):
    """What follows cannot be understood."""


def parse(text: str, file: str, limits: FileLimits = MANIFEST) -> tuple[Json, SourceMap, list[Problem]]:
    """The value of a JSON text, the places in it, and all problems; the value is good only if there are none."""
    scan = _Scan(text, file, limits)
    try:
        value = scan.whole()
    except _Stop:
        value = None
    return value, scan.places, scan.problems


class _Scan:
    """A position in the text, moving on; what was found so far."""

    def __init__(self, text: str, file: str, limits: FileLimits) -> None:
        self.text = text
        self.file = file
        self.limits = limits
        self.places = SourceMap()
        self.problems: list[Problem] = []
        self.nodes = 0
        self._lines = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def whole(self) -> Json:
        """The text's one value."""
        at = self.blank(0, ())
        value, at = self.value(at, ())
        at = self.blank(at, ())
        if at < len(self.text):
            self.stop(
                at, "something stands after the end of the JSON value", f"a .json file holds one {self.limits.what}"
            )
        return value

    def value(self, at: int, path: Path) -> tuple[Json, int]:
        """The value that begins at `at`, and where it ends."""
        self.count(at, path)
        self.places.values[path] = self.place(at)
        character = self.text[at : at + 1]
        if character == "{":
            return self.mapping(at, path)
        if character == "[":
            return self.items(at, path)
        if character == '"':
            return self.string(at, path)
        if match := _NUMBER.match(self.text, at):
            self.places.words[path] = match.group()
            return self.number(match.group(), at, path), match.end()
        return self.word(at, path)

    def mapping(self, at: int, path: Path) -> tuple[dict[str, Json], int]:
        """The object whose brace opens at `at`."""
        self.deep(at, path)
        found: dict[str, Json] = {}
        same: dict[str, str] = {}
        at = self.blank(at + 1, path)
        while self.text[at : at + 1] != "}":
            if self.text[at : at + 1] != '"':
                message = f"{self.seen(at)} stands where a key in double quotes must stand"
                self.stop(at, message, 'write `"key": value`', path)
            key_at = at
            key, at = self.string(at, path)
            self.count(key_at, path)
            good = self.key(key, key_at, path, same)
            at = self.blank(at, path)
            if self.text[at : at + 1] != ":":
                message = f"{self.seen(at)} stands where the `:` after a key must stand"
                self.stop(at, message, 'write `"key": value`', path)
            below = (*path, key)
            self.places.keys.setdefault(below, self.place(key_at))
            where = self.places.values.get(below)
            found[key], at = self.value(self.blank(at + 1, below), below)
            if not good and where:
                self.places.values[below] = where
            at = self.comma(at, "}", path)
        return found, at + 1

    def items(self, at: int, path: Path) -> tuple[list[Json], int]:
        """The list whose bracket opens at `at`."""
        self.deep(at, path)
        found: list[Json] = []
        at = self.blank(at + 1, path)
        while self.text[at : at + 1] != "]":
            value, at = self.value(at, (*path, len(found)))
            found.append(value)
            at = self.comma(at, "]", path)
        return found, at + 1

    def comma(self, at: int, closing: str, path: Path) -> int:
        """Behind the comma, or at the closing bracket; a comma before the bracket is a problem of its own."""
        at = self.blank(at, path)
        if self.text[at : at + 1] == closing:
            return at
        if self.text[at : at + 1] != ",":
            hint = f"put a comma between two entries, or close with `{closing}`"
            self.stop(at, f"{self.seen(at)} stands where `,` or `{closing}` must stand", hint, path)
        after = self.blank(at + 1, path)
        if self.text[after : after + 1] == closing:
            self.problem(at, "json-trailing-comma", f"a comma stands before `{closing}`", "delete the comma", path)
        return after

    def blank(self, at: int, path: Path) -> int:
        """Behind white space and comments; each comment is a problem."""
        while True:
            at = _BLANK.match(self.text, at).end()  # type: ignore[union-attr]  # matches the empty text too
            comment = _COMMENT.match(self.text, at)
            if comment is None:
                return at
            hint = f"delete the comment, or write the {self.limits.what} as YAML"
            self.problem(at, "json-comment", "JSON has no comments", hint, path)
            at = comment.end()

    def string(self, at: int, path: Path) -> tuple[str, int]:
        """The string whose quote opens at `at`."""
        try:
            value, end = scanstring(self.text, at + 1, True)
        except JSONDecodeError as error:
            words = error.msg.split(" at", 1)[0].lower()
            if "unterminated" in words:
                self.stop(at, "a quoted text does not end", "close the quote", path)
            hint = "write line ends as `\\n`, tabs as `\\t`, a backslash as `\\\\`"
            self.stop(min(error.pos, len(self.text) - 1), f"{words} in a quoted text", hint, path)
        if not value.isascii() and _SURROGATE.search(value):
            hint = "write the character itself"
            self.problem(at, "json-syntax", "an escape stands for half a character (a surrogate)", hint, path)
        return value, end

    def number(self, text: str, at: int, path: Path) -> Json:
        """The number's value; None, with a problem, where it would not keep its value."""
        try:
            return number(text)
        except BadScalar as error:
            self.problem(at, error.rule, error.message, error.hint, path)
            return None

    def word(self, at: int, path: Path) -> tuple[Json, int]:
        """`true`, `false`, `null`; any other word is a problem, and read over."""
        match = _WORD.match(self.text, at)
        if match is None:
            message = f"{self.seen(at)} stands where a value must stand"
            self.stop(at, message, "write a value, or delete the comma", path)
        word = match.group()
        if word in _WORDS:
            return _WORDS[word], match.end()
        shown = word if len(word) <= 40 else word[:37] + "…"
        if word.lstrip("+-") in {"NaN", "Infinity"}:
            hint = "write null, or a text in quotes"
            self.problem(at, "number-not-finite", f"`{shown}` is no number of JSON", hint, path)
        else:
            hint = f'write "{shown}", in quotes, if it is a text'
            self.problem(at, "json-syntax", f"`{shown}` is no value of JSON", hint, path)
        return None, match.end()

    def key(self, key: str, at: int, path: Path, same: dict[str, str]) -> bool:
        """Whether the key is good: visible, and not there already."""
        folded = same_key(key)
        if bad := key_problem(key):
            shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in key)
            hint = "type the key anew, with letters one can see"
            self.problem(at, "key-character", f"key `{shown}` {bad}", hint, path)
        elif folded in same:
            line = self.places.keys[(*path, same[folded])][0]
            alike = "" if same[folded] == key else ", in another Unicode form"
            message = f"key `{key}` stands twice in one mapping, first at line {line}{alike}"
            self.problem(at, "duplicate-key", message, "delete one of the two", (*path, key))
            return False
        same.setdefault(folded, key)
        return True

    def count(self, at: int, path: Path) -> None:
        """Stops at the limit of values."""
        self.nodes += 1
        if self.nodes > self.limits.values:
            message = f"file holds more than {self.limits.values:,} values"
            self.problem(at, "too-many-values", message, self.limits.too_many, path)
            raise _Stop

    def deep(self, at: int, path: Path) -> None:
        """Stops at the limit of nesting."""
        if len(path) >= MAX_DEPTH:
            hint = f"no {self.limits.what} nests that deep; look for an unclosed bracket"
            self.problem(at, "too-deep", f"lists and mappings nest deeper than {MAX_DEPTH} levels", hint, ())
            raise _Stop

    def place(self, at: int) -> Place:
        """Line and column of an offset."""
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def seen(self, at: int) -> str:
        """What stands at an offset, in words."""
        if at >= len(self.text):
            return "the end of the file"
        character = self.text[at]
        return f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"

    def problem(self, at: int, rule: str, message: str, hint: str, path: Path) -> None:
        """Notes an error; after many the rest is left unread."""
        line, column = self.place(at)
        here = Location(self.file, line, column)
        self.problems.append(Problem(rule, message, here, show_path(path) if path else "", hint))
        if len(self.problems) >= _MOST_PROBLEMS:
            message = f"more than {_MOST_PROBLEMS} problems; the rest of the file was not read"
            self.problems.append(Problem("too-many-problems", message, here, hint="mend those above and run again"))
            raise _Stop

    def stop(self, at: int, message: str, hint: str, path: Path = ()) -> NoReturn:
        """Notes a mistake that nothing can be read behind."""
        self.problem(at, "json-syntax", message, hint, path)
        raise _Stop
