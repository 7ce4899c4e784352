"""Writes the schemas of manifests and syncer.yaml from `tools/schema_tables/`; `--check` only says if they are current.

Thirty-nine attribute types with thirty fields in common are a table, not something to write out by hand. Of each two
files are made: `schemas/SLUG.schema.json` for editors, and what syncer judges by, which knows no more than that takes.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from schema_tables import (
    app_installation,
    closing_reason,
    entity_schema,
    flow_template,
    removed,
    retention_config,
    settings,
)
from schema_tables.words import Schema

SCHEMAS: dict[str, Schema] = {
    "app-installation": app_installation.SCHEMA,
    "closing-reason": closing_reason.SCHEMA,
    "entity-schema": entity_schema.SCHEMA,
    "flow-template": flow_template.SCHEMA,
    "removed": removed.SCHEMA,
    "retention-config": retention_config.SCHEMA,
    "syncer": settings.SCHEMA,
}
ROOT = Path(__file__).parents[1]
FOLDER, RULES = ROOT / "schemas", ROOT / "syncer" / "schema_check" / "schemas"
FOR_PEOPLE = frozenset({"description", "markdownEnumDescriptions", "examples"})
"""Words of JSON Schema that judge nothing."""
LISTS_EXTRA: Schema = {
    "required": ["metadata"],
    "properties": {
        "metadata": {"description": "Whether it lists what is extra.", "type": "object", "required": ["extra"]}
    },
}
ANOTHER_WORD: Schema = {"description": "A word that the platform knows and syncer does not yet.", "type": "string"}


def for_editors(schema: Schema) -> Schema:
    """The schema as editors read it: lists of words that the platform adds to are open, the known ones offered, and so
    are mappings in a file whose `metadata.extra` lists something; in others an unknown field is an error."""
    made: Schema = _with_words(schema)
    metadata = made["properties"].get("metadata", {}).get("properties", {})
    if "extra" not in metadata:
        return made
    closed, parts = made["properties"]["spec"], made["$defs"]
    made["properties"] = {**made["properties"], "spec": {"description": closed.get("description", "")}}
    made["if"] = LISTS_EXTRA
    made["then"] = {"properties": {"spec": _opened(closed)}}
    made["else"] = {"properties": {"spec": closed}}
    own = {name: part for name, part in parts.items() if name != "variable"}
    del made["$defs"]
    made["$defs"] = {**parts, **{f"open_{name}": _opened(part) for name, part in own.items()}}
    return made


def for_rules(schema: Schema) -> Schema:
    """The schema as syncer judges by it: without what only people read."""
    made: Schema = _pruned(schema)
    return made


def _pruned(node: Any, *, names: bool = False) -> Any:
    """`names`: the keys of the node are names of somebody's fields, not words of JSON Schema."""
    if isinstance(node, list):
        return [_pruned(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {word: value for word, value in node.items() if names or word not in FOR_PEOPLE}
    return {
        word: value
        if word in ("x-syncer-server", "default") and not names
        else _pruned(value, names=_holds(word, names))
        for word, value in kept.items()
    }


def _holds(word: str, names: bool) -> bool:
    return word in ("properties", "$defs") and not names


def _with_words(node: Any) -> Any:
    """A copy in which a list of words that the platform adds to takes any other text as well."""
    if isinstance(node, list):
        return [_with_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {word: _with_words(value) for word, value in node.items()}
    choices = made.get("anyOf")
    if isinstance(choices, list) and any(each.get("x-syncer-open") for each in choices):
        made["anyOf"] = [*choices, ANOTHER_WORD]
    elif made.get("x-syncer-open") and "type" in made:  # no choice of its own yet
        words = {word: made.pop(word) for word in ("enum", "markdownEnumDescriptions") if word in made}
        made["anyOf"] = [words, ANOTHER_WORD]
    return made


def _opened(node: Any) -> Any:
    """A copy in which mappings that gain fields take any; it points at copies of its kind."""
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {word: _opened(value) for word, value in node.items()}
    if made.get("additionalProperties") is False and not made.get("x-syncer-closed"):
        del made["additionalProperties"]
    pointer = made.get("$ref", "")
    if isinstance(pointer, str) and pointer.startswith("#/$defs/") and pointer != "#/$defs/variable":
        made["$ref"] = pointer.replace("#/$defs/", "#/$defs/open_", 1)
    return made


def written(schema: Schema) -> str:
    """The text of a schema file: a short list of plain values on one line, else a line each."""
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

    def on_one_line(match: re.Match[str]) -> str:
        line = "[" + ", ".join(part.strip().removesuffix(",") for part in match[1].strip().split("\n")) + "]"
        return line if len(line) <= 100 else match[0]

    return re.sub(r"\[(\n[^\[\]{}]*)\]", on_one_line, text)


def main(arguments: list[str]) -> int:
    """Write what differs; with `--check` write nothing and return 1 when something would. Other files are not ours."""
    wanted = {FOLDER / f"{slug}.schema.json": written(for_editors(schema)) for slug, schema in SCHEMAS.items()}
    wanted |= {RULES / f"{slug}.json": written(for_rules(schema)) for slug, schema in SCHEMAS.items()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.name} is not what tools/build_schemas.py writes")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
            print(f"wrote {path.name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
