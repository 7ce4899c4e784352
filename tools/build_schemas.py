"""Writes the schemas of manifests and syncer.yaml from `tools/schema_tables/`; `--check` only says if they are current.

Thirty-nine attribute types with thirty fields in common are a table, not something to write out by hand.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

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
FOLDER = Path(__file__).parents[1] / "schemas"


def written(schema: Schema) -> str:
    """The text of a schema file: a short list of plain values on one line, else a line each."""
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

    def on_one_line(match: re.Match[str]) -> str:
        line = "[" + ", ".join(part.strip().removesuffix(",") for part in match[1].strip().split("\n")) + "]"
        return line if len(line) <= 100 else match[0]

    return re.sub(r"\[(\n[^\[\]{}]*)\]", on_one_line, text)


def main(arguments: list[str]) -> int:
    """Write what differs; with `--check` write nothing and return 1 when something would. Other files are not ours."""
    wanted = {FOLDER / f"{slug}.schema.json": written(schema) for slug, schema in SCHEMAS.items()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.name} is not what tools/build_schemas.py writes")
        else:
            path.write_text(wanted[path], encoding="utf-8")
            print(f"wrote {path.name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
