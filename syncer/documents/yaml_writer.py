"""Writes a manifest as YAML text, in the style of `syncer fmt`, readable alike by YAML 1.1 and 1.2; it reads nothing.

For new files only: what people wrote is never written anew (see indent and edit).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from syncer.documents.core_schema import number_words
from syncer.model.json_values import Json

WIDTH = 100
"""Characters of a line, below which a short mapping stands on one."""

FEW = 6
"""Items of a list that may stand on one line."""

_POINTERS = frozenset({"ref", "lookup", "id", "automation", "file"})
_PLAIN = re.compile(r"[^\W\d_][^\x00-\x1f]*\Z|[_/(][^\W_][^\x00-\x1f]*\Z")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_IN_FLOW = re.compile(r"[,\[\]{}:#&*!|>'\"%@`?]")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def write_yaml(document: dict[str, Json], head: Sequence[str] = ()) -> str:
    """The text of one document, `head` above it as comments."""
    comments = "".join(f"# {line}".rstrip() + "\n" for line in head)
    return comments + "".join(f"{line}\n" for line in _mapping(document, ""))


def _mapping(value: dict[str, Json], indent: str) -> Iterator[str]:
    for name, item in value.items():
        yield from _entry(f"{indent}{_key(name)}:", item, indent)


def _entry(head: str, item: Json, indent: str) -> Iterator[str]:
    """A key's lines with its value."""
    if isinstance(item, dict) and item:
        if item.keys() <= _POINTERS and (line := _inline(item)) is not None and len(head) + len(line) < WIDTH:
            yield f"{head} {line}"
        else:
            yield head
            yield from _mapping(item, indent + "  ")
    elif isinstance(item, list) and item:
        if len(item) <= FEW and (line := _inline(item)) is not None and len(head) + len(line) < WIDTH:
            yield f"{head} {line}"
            return
        yield head
        yield from _list(item, indent + "  ")
    elif isinstance(item, str) and "\n" in item and _literal(item):
        yield f"{head} |" + ("" if item.endswith("\n") else "-")
        yield from ((indent + "  " + line) if line else "" for line in item.removesuffix("\n").split("\n"))
    else:
        yield f"{head} {_scalar(item)}"


def _list(value: list[Json], indent: str) -> Iterator[str]:
    for item in value:
        if isinstance(item, (dict, list)) and item:
            short = (
                2 - isinstance(item, list) <= len(item) <= 4
                and (line := _inline(item)) is not None
                and len(indent) + len(line) < WIDTH - 2
            )
            if short:
                yield f"{indent}- {line}"
                continue
            inner = indent + "  "
            lines = _mapping(item, inner) if isinstance(item, dict) else _list(item, inner)
            first = next(lines)
            yield f"{indent}- {first[len(inner) :]}"
            yield from lines
        elif isinstance(item, str) and "\n" in item and _literal(item):
            yield from _entry(f"{indent}-", item, indent)
        else:
            yield f"{indent}- {_scalar(item)}"


def _inline(value: Json) -> str | None:
    """A mapping or list of scalars on one line; None where it holds more than that."""
    parts: list[str] = []
    for each in value.values() if isinstance(value, dict) else value:
        if (isinstance(each, (dict, list)) and each) or (isinstance(each, str) and len(each) > WIDTH):
            return None
        parts.append(_scalar(each, in_flow=True))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)}: {part}" for name, part in zip(value, parts, strict=True)) + "}"
    return "[" + ", ".join(parts) + "]"


@lru_cache(4096)
def _key(name: str) -> str:
    return name if _KEY.match(name) and name.lower() not in _WORDS else _quoted(name)


def _scalar(value: Json, *, in_flow: bool = False) -> str:
    if isinstance(value, str):
        return _text(value, in_flow)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return number_words(value)


@lru_cache(4096)
def _text(value: str, in_flow: bool) -> str:
    plain = (
        _PLAIN.match(value)
        and value.isprintable()
        and not value.endswith((" ", ":"))
        and ": " not in value
        and " #" not in value
        and value.lower() not in _WORDS
        and not (in_flow and _IN_FLOW.search(value))
    )
    return value if plain else _quoted(value)


def _quoted(value: str) -> str:
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _literal(text: str) -> bool:
    """Whether a text of several lines can stand as it is."""
    lines = text.removesuffix("\n").split("\n")
    return (
        not text.endswith("\n\n")
        and lines[0] != ""
        and not lines[0].startswith(" ")
        and all(line.isprintable() and not (line and line[-1] == " ") for line in lines)
    )
