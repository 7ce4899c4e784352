"""Which value an unquoted word stands for: the YAML 1.2 core schema, within what JSON can carry."""

from __future__ import annotations

import json
import re
import unicodedata

from syncer.model.json_values import Json

CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
"""The words of the core schema; `yes`, `no`, `on`, `off` are strings (YAML 1.2, 10.3.2)."""

NUMBER_STARTS = frozenset("+-.0123456789")
"""What a number can begin with; any other unquoted word is a string."""

MAX_INTEGER = 1 << 53
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, 6)."""

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = frozenset(
    [sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")] + [".nan", ".NaN", ".NAN"]
)
_UNTAG = "write the plain value, without a tag"
_DOUBLES = {"\u212a": "K", "\u037e": ";", "\u1fef": "`"}  # all whose NFC is ASCII
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


class BadScalar(ValueError):
    """A word that stands for a value no manifest can hold: rule id, message, hint."""

    def __init__(self, rule: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint


def number(text: str) -> Json:
    """The value of a word that begins like a number: int, float, or the word itself; BadScalar beyond JSON."""
    if _INTEGER.match(text):
        return _whole(text, 10)
    if _FLOAT.match(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise BadScalar("number-not-finite", f"`{_short(text)}` is larger than any number of JSON", _quote(text))
        return value
    if _OTHER_BASE.match(text):
        return _whole(text, 8 if text[1] == "o" else 16)
    if text in _NOT_FINITE:
        raise BadScalar("number-not-finite", f"`{text}` is no number of JSON", _quote(text))
    return text


def number_words(value: float | bool | None) -> str:
    """A number, a boolean or null: of a large float the point that YAML 1.1 asks for is written too."""
    written = json.dumps(value, allow_nan=False)
    head, exponent, tail = written.partition("e")
    return f"{head}.0e{tail}" if exponent and "." not in head and isinstance(value, float) else written


def tagged(tag: str, text: str, *, plain: bool) -> Json:
    """The value of a scalar under a core tag (`!!str`, `!!int` …); BadScalar for any other tag or an unfit text."""
    short = tag.removeprefix("tag:yaml.org,2002:")
    if tag == short or short not in {"str", "int", "float", "bool", "null"}:
        shown = tag if tag == short else f"!!{short}"
        raise BadScalar("yaml-tag", f"`{_short(shown)}` is a tag manifests do not know", _UNTAG)
    if short == "str":
        return text
    value = CONSTANTS[text] if text in CONSTANTS else number(text) if text[0] in NUMBER_STARTS else text
    if short == "float" and type(value) is int:
        return float(value)
    if type(value).__name__ != {"null": "NoneType"}.get(short, short) or (not plain and text == ""):
        raise BadScalar("yaml-tag", f"`{_short(text)}` is no value for the tag `!!{short}`", _UNTAG)
    return value


def key_problem(key: str) -> str | None:
    """What forbids this text as a key, in words: a character nobody can see or tell apart; None for a good key."""
    if key.isascii() and key.isprintable():
        return None
    for character in key:
        # not isprintable(), which is false for letters newer than this Python
        if character != " " and unicodedata.category(character) in _HIDDEN:
            return f"holds the invisible character U+{ord(character):04X}"
        if character in _DOUBLES:
            return f"holds U+{ord(character):04X}, which only looks like `{_DOUBLES[character]}`"
    return None


def same_key(key: str) -> str:
    """The form in which two keys are compared: what looks equal is equal (NFC)."""
    return key if key.isascii() else unicodedata.normalize("NFC", key)


def _whole(text: str, base: int) -> int:
    digits = text.lstrip("+-") if base == 10 else text[2:]
    if len(digits.lstrip("0")) <= 18:  # longer ones are refused unread: int() is quadratic and has a limit of its own
        value = int(text, base)
        if abs(value) <= MAX_INTEGER:
            return value
    raise BadScalar(
        "number-too-large", f"`{_short(text)}` is a whole number beyond 2^53, which JSON readers round", _quote(text)
    )


def _quote(text: str) -> str:
    return f'write "{_short(text)}", in quotes, if it is a text'


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "…"
