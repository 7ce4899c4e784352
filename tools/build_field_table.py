"""`python tools/build_field_table.py [FOLDER]`: tests/data/published_fields.tsv from the published definitions.

FOLDER holds the definitions (D2 and D3 of docs/platform.md#sources); they are no part of the project. The table says of
every field of the objects that syncer reads: type, whether it is required, which values it may have. Random bodies are
made from it (`simulation/bodies.py`), so it is written here and never by hand.

A row: owner, field, type, `required` or nothing, values, what it is where it is left out. A type is `string`,
`integer`, `number`, `boolean`, `null`, `any`, a name that has rows of its own, `[T]` a list, `{T}` a mapping with free
keys, or several joined by ` | `. The field `=` says that the owner is one of those types, `+` that it has all of their
fields too, `!` which of these it needs.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = Any
ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tests" / "data" / "published_fields.tsv"
DEFINITIONS = ROOT.parent / "shared" / "openapi"
READ = {
    "workflow-definition.newer.json": ("ClosingReason", "FlowTemplate"),
    "newest/automation.json": ("AutomationFlow",),
    "newest/entity.json": ("EntitySchemaItem", "SavedViewItem", "Taxonomy", "TaxonomyClassification"),
    "newest/app.json": ("Installation",),
    "data-governance.newer.json": ("Config",),
}
"""File → the objects whose fields syncer reads."""
HEAD = """# Fields of the objects that syncer reads, from the platform's published definitions: {apis}.
# npm packages @epilot/sdk 2.20.31 and @epilot/sdk-js 2.18.23, MIT, copyright epilot GmbH (docs/platform.md#sources).
# Written by tools/build_field_table.py, which says how to read it.
"""
LIMITS = ("format", "pattern", "minLength", "maxLength", "minItems", "minimum", "maximum")


@dataclass
class Tables:
    """The rows of one definition; `seen` has the names that have theirs."""

    api: str
    schemas: Json
    rows: list[tuple[str, ...]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def add(self, owner: str, schema: Json) -> None:
        """Rows of a schema that is an object, or one of several."""
        if owner in self.seen:
            return
        self.seen.add(owner)
        union = schema.get("anyOf") or schema.get("oneOf")
        if "properties" not in schema and "allOf" not in schema:
            self._row(owner, "=", self.type_of(schema, owner), values=self._values(schema, bool(union)))
            return
        for number, part in enumerate(schema.get("allOf", ()), 1):
            self._row(owner, "+", self.type_of(part, f"{owner}.{number}"))
        if union:
            self._row(owner, "+", " | ".join(self._members(union, owner)))
        required = set(schema.get("required", ()))
        if elsewhere := sorted(required - set(schema.get("properties", ()))):
            self._row(owner, "!", " ".join(elsewhere))
        for name, inner in schema.get("properties", {}).items():
            said = self.type_of(inner, f"{owner}.{name}"), "required" * (name in required), self._values(inner)
            self._row(owner, name, *said, self._default(inner))

    def type_of(self, schema: Json, place: str) -> str:
        """The type's word; what has fields gets rows under the name of its component, or of its place."""
        schema = _told(schema)
        if "$ref" in schema:
            return self._named(schema["$ref"].rsplit("/", 1)[1])
        null = " | null" if schema.get("nullable") else ""
        if (union := schema.get("anyOf") or schema.get("oneOf")) and "properties" not in schema:
            return " | ".join(dict.fromkeys(self._members(union, place))) + null
        if "properties" in schema or "allOf" in schema:
            self.add(place, schema)
            return place + null
        kinds = schema.get("type", "any")
        words = [self._plain(kind, schema, place) for kind in (kinds if isinstance(kinds, list) else [kinds])]
        return " | ".join(words) + null

    def _named(self, name: str) -> str:
        """The name itself where the component has fields; else what it stands for."""
        schema = self.schemas[name]
        if {"properties", "allOf", "anyOf", "oneOf"} & set(schema):
            self.add(name, schema)
            return name
        return self.type_of(schema, name)

    def _plain(self, kind: str, schema: Json, place: str) -> str:
        if kind == "array":
            inner = schema.get("items", {})
            return f"[{self.type_of(inner, f'{place}[]')}{self._said(inner)}]"
        if kind == "object":
            rest = schema.get("additionalProperties", {})
            if not isinstance(rest, dict):
                return "{any}"
            return f"{{{self.type_of(rest, f'{place}.*')}{self._said(rest)}}}"
        return kind

    def _said(self, inner: Json) -> str:
        """The values of what a list or mapping holds, where they are limited."""
        values = self._values(inner)
        return f": {values}" if values else ""

    def _members(self, union: list[Json], place: str) -> Iterator[str]:
        for number, member in enumerate(union, 1):
            yield self.type_of(member, f"{place}|{number}") + self._said(member)

    def _values(self, schema: Json, union: bool = False) -> str:
        """Its words, or its limits."""
        schema = _told(schema)
        if union:
            return ""
        if "$ref" in schema:
            target = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
            return "" if {"properties", "allOf", "anyOf", "oneOf"} & set(target) else self._values(target)
        if "enum" in schema:
            return " ".join(json.dumps(word, ensure_ascii=False) for word in schema["enum"])
        return " ".join(f"{name}={schema[name]}" for name in LIMITS if name in schema)

    def _default(self, inner: Json) -> str:
        """What is so where the field is left out, as JSON; a component may say it for all that are of it."""
        if "$ref" in inner:
            inner = {**self.schemas[inner["$ref"].rsplit("/", 1)[1]], **inner}
        return json.dumps(inner["default"]) if "default" in inner else ""

    def _row(self, owner: str, name: str, type: str, required: str = "", values: str = "", default: str = "") -> None:
        self.rows.append((f"{self.api}/{owner}", name, type, required, re.sub(r"\s+", " ", values), default))


def _told(schema: Json) -> Json:
    """What `allOf` wraps only to say something about it, instead of the wrapping."""
    parts = [part for part in schema.get("allOf", ()) if set(part) - {"description"}]
    return parts[0] if len(parts) == 1 and "properties" not in schema else schema


def table(folder: Path) -> str:
    """The whole table, as text."""
    rows, apis = [], []
    for name, models in READ.items():
        document = json.loads((folder / name).read_text("utf-8"))
        api = Path(name).name.partition(".")[0]
        apis.append(f"{api} {document['info']['version']}")
        tables = Tables(api, document["components"]["schemas"])
        for model in models:
            tables.add(model, document["components"]["schemas"][model])
        rows += sorted(tables.rows)
    return HEAD.format(apis=", ".join(apis)) + "".join("\t".join(row).rstrip("\t") + "\n" for row in rows)


if __name__ == "__main__":
    TABLE.write_text(table(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFINITIONS), "utf-8")
