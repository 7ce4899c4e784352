"""What a kind's JSON Schema knows of a spec: its fields, in the order of the schema; what it has no word for is named.

The platform adds fields and words every month. In a live object they are no mistake, so this is no check: it only tells
what a manifest has to list in `metadata.extra` from what it need not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from syncer.model.json_values import Json, Path
from syncer.schema_check import registry

Schema = dict[str, Any]


@dataclass(slots=True)
class KnownFields:
    """A spec as a manifest says it. `fields`: places of those that the schema does not have there, which stand behind
    what is known (but for those of a reference and the like, which gain none); `words`: of texts that an open list of
    words does not have. `left_out`: of what no manifest says: what the platform sets, and empty fields of another
    branch (a manual task's `conditions`)."""

    spec: dict[str, Json] = field(default_factory=dict)
    fields: list[Path] = field(default_factory=list)
    words: list[Path] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)

    @property
    def unknown(self) -> list[Path]:
        """What a manifest lists in `metadata.extra`."""
        return [*self.fields, *self.words]


def known_fields(slug: str, spec: dict[str, Json]) -> KnownFields:
    """What the schema of `slug` knows of a spec."""
    out = KnownFields()
    out.spec = _known([_spec_schema(slug)], spec, (), out)
    return out


@lru_cache
def _spec_schema(slug: str) -> Schema:
    from syncer.schema_check.explanation import prepare  # late: it is of no use to others

    found: Schema = prepare(registry.load(slug))["properties"]["spec"]
    return found


def _known(parts: list[Schema], value: Json, path: Path, out: KnownFields) -> Json:
    """`parts`: every schema that speaks of this value, one after the other."""
    if isinstance(value, dict):
        parts = [more for part in parts for more in _expanded(part, value)]
        places: dict[str, list[Schema]] = {}
        for part in parts:
            for name, below in part.get("properties", {}).items():
                places.setdefault(name, []).append(below)
        others = [part["additionalProperties"] for part in parts if isinstance(part.get("additionalProperties"), dict)]
        strangers = [name for name in value if name not in places]
        if any(part.get("additionalProperties") is False for part in parts):
            gone = {name for name in strangers if _goes(name, value[name], parts)}
            out.left_out += [(*path, name) for name in strangers if name in gone]
            strangers = [name for name in strangers if name not in gone]
            if not any(part.get("x-syncer-closed") for part in parts):
                out.fields += [(*path, name) for name in strangers]
        ordered = [*(name for name in places if name in value), *strangers]
        return {name: _known(places.get(name, others), value[name], (*path, name), out) for name in ordered}
    if isinstance(value, list):
        items = [part["items"] for part in parts if isinstance(part.get("items"), dict)]
        return [_known(items, item, (*path, index), out) for index, item in enumerate(value)]
    if isinstance(value, str) and any(_is_new(value, part) for part in parts):
        out.words.append(path)
    return value


def _goes(name: str, value: Json, parts: list[Schema]) -> bool:
    """Whether a field that the schema does not have here stands in no manifest."""
    if any(name in part.get("x-syncer-server", ()) for part in parts):
        return True
    return value in (None, "", [], {}) and name in {each for part in parts for each in _of_others(part)}


def _of_others(part: Schema) -> Iterator[str]:
    """Fields that other branches have."""
    for case in part.get("x-dispatch", {}).get("cases", {}).values():
        yield from case.get("properties", ())


def _is_new(word: str, part: Schema) -> bool:
    """Whether an open list of words does not have this one; a variable is none."""
    rule = part.get("x-unless-variable", {}).get("rule", part)
    return bool(rule.get("x-syncer-open")) and word not in rule["enum"] and not word.startswith("${")


def _expanded(schema: Schema, value: dict[str, Json]) -> Iterator[Schema]:
    """The schema itself, and the branches it selects for this value."""
    yield schema
    rule = schema.get("x-unless-variable", {}).get("rule")
    if isinstance(rule, dict):
        yield from _expanded(rule, value)
    branch = _selected(schema, value)
    if branch is not None:
        yield from _expanded(branch, value)


def _selected(schema: Schema, value: dict[str, Json]) -> Schema | None:
    """The branch that a word of the value selects; None where the word selects none, or there are no branches."""
    choice = schema.get("x-dispatch", {"on": "", "cases": {}})
    word = value.get(choice["on"])
    found: Schema | None = choice["cases"].get(word) if word is None or isinstance(word, str) else None
    return found
