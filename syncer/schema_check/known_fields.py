"""What a kind's JSON Schema knows of a value: its fields, in the order of the schema; the others are named.

The platform adds fields every month. In a live object they are no mistake, so this is no check: it only tells what a
manifest can say from what it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from syncer.model.json_values import Json, Path
from syncer.schema_check import registry

Schema = dict[str, Any]


def known_fields(
    slug: str, spec: dict[str, Json], kept: Callable[[Path], bool] = lambda path: False
) -> tuple[dict[str, Json], list[Path]]:
    """The spec without the fields that the schema of `slug` has no word for, the others in the schema's order, and the
    paths (from the spec) of those left out. `kept`: where a field that nobody knows stays all the same, behind the
    known ones, unless it is empty. Those of another branch (a manual task's `conditions`) and the platform's own are
    known, and do not stay."""
    left_out: list[Path] = []
    made = _known([_spec_schema(slug)], spec, (), left_out, kept)
    return made, left_out


@lru_cache
def _spec_schema(slug: str) -> Schema:
    from syncer.schema_check.explanation import prepare  # late: it is of no use to others

    found: Schema = prepare(registry.load(slug))["properties"]["spec"]
    return found


def _known(parts: list[Schema], value: Json, path: Path, left_out: list[Path], kept: Callable[[Path], bool]) -> Json:
    """`parts`: every schema that speaks of this value, one after the other."""
    if isinstance(value, dict):
        parts = [more for part in parts for more in _expanded(part, value)]
        places: dict[str, list[Schema]] = {}
        for part in parts:
            for name, below in part.get("properties", {}).items():
                places.setdefault(name, []).append(below)
        others = [part["additionalProperties"] for part in parts if isinstance(part.get("additionalProperties"), dict)]
        free = bool(others) or any(part.get("additionalProperties") is True for part in parts) or not places
        unknown = [name for name in value if name not in places]
        if unknown and not free:
            elsewhere = {name for part in parts for name in _no_mistake(part, value)}
            stay = [n for n in unknown if n not in elsewhere and not _empty(value[n]) and kept((*path, n))]
            left_out += [(*path, name) for name in unknown if name not in stay]
            unknown = stay
        ordered = [*(name for name in places if name in value), *unknown]
        return {name: _known(places.get(name, others), value[name], (*path, name), left_out, kept) for name in ordered}
    if isinstance(value, list):
        items = [part["items"] for part in parts if isinstance(part.get("items"), dict)]
        return [_known(items, item, (*path, index), left_out, kept) for index, item in enumerate(value)]
    return value


def _no_mistake(part: Schema, value: dict[str, Json]) -> Iterator[str]:
    """Fields that a schema knows of and does not have here: those that the platform sets, those of other branches than
    the one that a word selects."""
    yield from part.get("x-syncer-server", ())
    if _selected(part, value) is not None:
        for case in part["x-dispatch"]["cases"].values():
            yield from case.get("properties", ())


def _empty(value: Json) -> bool:
    return value is None or value in ("", [], {})


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
