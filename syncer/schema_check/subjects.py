"""What a place in a document is called in messages: the nearest thing with a name, and the way from there.

Knows our dialect of JSON Schema as `explain.prepare` leaves it: `x-syncer-owner` says by which fields a thing is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from syncer.model.json_values import Json, Path, show_path

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A place in a document: what is known of it, and the thing it belongs to."""

    owner: str
    """`attribute `email``, `FlowTemplate`."""
    way: Path
    """The steps from the owner."""
    cases: dict[str | None, Schema]
    """The branches of the mapping that stands here, by what selects them; empty where nothing does."""
    word: str = ""
    """Which of these branches it follows."""


def place(schema: Schema, document: Json, path: Path) -> Subject:
    """What the place at `path` is called; a path that leads nowhere is named as far as it goes."""
    parts = list(_expand(schema, document))
    owner, since = title(schema, "").replace("a manifest", "the manifest"), 0
    value = document
    for depth, step in enumerate(path, start=1):
        parts = [sub for part in parts if isinstance(sub := _sub(part, step), dict)]
        value = _at(value, step)
        parts = [more for part in parts for more in _expand(part, value)]
        if depth < len(path) and (name := _name(parts, value, step)):
            owner, since = name, depth
    choice: Schema = next((part["x-dispatch"] for part in parts if "x-dispatch" in part), {"on": "", "cases": {}})
    word = value.get(choice["on"], "") if isinstance(value, dict) else ""
    return Subject(owner, path[since:], choice["cases"], word if isinstance(word, str) else "")


def subject(here: Subject) -> str:
    """The place in words: "`order` of attribute `email`"; the owner itself when the way is empty."""
    if not here.way:
        return here.owner
    return f"`{show_path(here.way, root='').lstrip('.')}` of {here.owner}"


def title(schema: Schema, word: str) -> str:
    """What a mapping is, with its article: "a `select` attribute", "an edge", "ClosingReason"."""
    if target := schema.get("x-syncer-reference"):
        return f"a reference to {target}"
    noun = str(schema.get("title", "mapping"))
    if noun[:1].isupper() or noun in ("metadata", "syncer.yaml"):
        return noun
    shown = f"`{word}` {noun}" if word else noun
    return f"{'an' if (word or noun)[:1].lower() in 'aeiou' else 'a'} {shown}"


def _expand(schema: Schema, value: Json) -> Iterator[Schema]:
    """The schema itself, and the branch it selects for this value."""
    yield schema
    choice = schema.get("x-dispatch")
    if choice and isinstance(value, dict):
        word = value.get(choice["on"])
        if (word is None or isinstance(word, str)) and word in choice["cases"]:
            yield choice["cases"][word]


def _sub(part: Schema, step: str | int) -> Any:
    if isinstance(step, int):
        return part.get("items")
    return part.get("properties", {}).get(step, part.get("additionalProperties"))


def _at(value: Json, step: str | int) -> Json:
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _name(parts: list[Schema], value: Json, step: str | int | None) -> str:
    """What a thing is called, when it is one that is named."""
    for part in parts:
        if (fields := part.get("x-syncer-owner")) is None:
            continue
        name = part["title"]
        keys = [value[field] for field in fields if isinstance(value, dict) and isinstance(value.get(field), str)]
        if keys or (fields and isinstance(step, str)):
            return f"{name} `{[*keys, step][0]}`"
        return f"{name} number {step + 1}" if isinstance(step, int) else str(name)
    return ""
