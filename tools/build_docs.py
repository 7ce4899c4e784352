"""Writes `docs/kinds/SLUG.md` from `tools/schema_tables/`, `docs/rules.md` from the tables of rules and
`docs/outcomes.md` from the table of outcomes; `--check` only says whether the pages are current.

A page has one table for each mapping there is, in the order they are met; a mapping met twice is described once.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build_schemas import SCHEMAS

Schema = dict[str, Any]

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "kinds"
RULES = ROOT / "docs" / "rules.md"
OUTCOMES = ROOT / "docs" / "outcomes.md"
STADTWERK = "../../examples/stadtwerk"
KINDS = {
    # schema: an example to read, and the shortest document that says something
    "entity-schema": (
        f"{STADTWERK}/config/schemas/grid-connection.yaml",
        "slug: grid_connection\nattributes:\n  - name: capacity\n    label: Capacity (kW)\n    type: number",
    ),
    "flow-template": (
        f"{STADTWERK}/config/flows/house-connection.yaml",
        "name: House connection\nenabled: false\ntasks:\n  - id: check\n    name: Check the request\n"
        "    task_type: MANUAL\nedges:\n  - from_id: trigger\n    to_id: check",
    ),
    "closing-reason": (f"{STADTWERK}/config/reasons/lost.yaml", "title: Better offer\nstatus: ACTIVE"),
    "app-installation": (
        f"{STADTWERK}/config/apps/credit-check.yaml",
        "app_id: c451c26a-cc7a-4c1c-92bf-1c6246cbfe88\nversion: 1.4.2\noption_values:\n"
        "  - component_id: 2f1c26a0-cc7a-4c1c-92bf-1c6246cbfe88\n    options:\n"
        "      - key: api_key\n        value: ${env.EPILOT_SCORING_KEY}",
    ),
    "retention-config": (
        f"{STADTWERK}/config/retention/inactive-contacts.yaml",
        "entity_schema: contact\ntype: deletion\nenabled: false\nquery:\n  saved_view_id:\n"
        "    lookup: Inactive contacts\nschedule:\n  frequency: interval\n  interval_days: 90\n"
        '  start_date: "2027-01-15"',
    ),
    "removed": (
        "",
        "objects:\n  - address: ClosingReason/too-expensive\n    action: deactivate\n  - kind: ClosingReason\n"
        "    key: Zu teuer\n    action: delete\n  - address: FlowTemplate/old\n    action: forget",
    ),
    "syncer": (
        f"{STADTWERK}/syncer.yaml",
        'version: 1\nmanifests: [config]\nenvironments:\n  sandbox:\n    org_id: "911690"\n    token:\n'
        "      env: EPILOT_TOKEN_SANDBOX",
    ),
}
KEY = """\
**must** be written · **create**: needed when the live object, or the part, is not there yet. Every other field may be
left out, which leaves its live value alone, or be `null`, which empties it. Unless a field is a key or selects a form,
`${var.NAME}`, `${env.NAME}` or `${id.NAME}` may stand for its value."""

REMOVING = """\
**must** be written. How a removal is found, guarded and carried out: [Asking for a removal](../removing.md)."""


@dataclass
class Page:
    """A page that is being written: its schema, the tables so far, and what is still to be described."""

    schema: Schema
    lines: list[str] = field(default_factory=list)
    waiting: list[tuple[str, Schema]] = field(default_factory=list)
    described: dict[str, str] = field(default_factory=dict)
    """By the mapping's text: the heading under which it is described."""

    def resolve(self, schema: Schema) -> Schema:
        """What a reference points to."""
        while "$ref" in schema:
            target: Any = self.schema
            for step in schema["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            schema = target
        return schema

    def link(self, schema: Schema, path: str) -> str:
        """A link to the description of a mapping, which is made when it is met for the first time."""
        text = json.dumps({word: value for word, value in schema.items() if word not in ("description", "type")})
        if text not in self.described:
            self.described[text] = path
            self.waiting.append((path, schema))
        heading = self.described[text]
        return f"[`{heading}`](#{anchor(heading)})"


def anchor(heading: str) -> str:
    """The fragment by which a heading in code is linked."""
    return re.sub(r"[^\w-]", "", heading.lower())


def page(slug: str) -> str:
    """The whole page of a kind."""
    schema = SCHEMAS[slug]
    example, short = KINDS[slug]
    settings = slug == "syncer"
    name = "syncer.yaml" if settings else schema["properties"]["kind"]["const"]
    made = Page(schema)
    made.lines += [
        "<!-- Written by tools/build_docs.py from tools/schema_tables/. -->",
        f"# {name}",
        "",
        schema["description"],
        "",
        "```yaml",
        f"# yaml-language-server: $schema=schemas/{slug}.schema.json",
        *(short if settings else skeleton(name, short)).split("\n"),
        "```",
        "",
    ]
    if example:
        made.lines += [f"A real one: [{example.rpartition('/')[2]}]({example}).", ""]
    if settings:
        made.waiting.append(("syncer.yaml", schema))
    else:
        made.lines += [REMOVING if slug == "removed" else KEY, ""]
        made.waiting += [("metadata", schema["properties"]["metadata"]), ("spec", schema["properties"]["spec"])]
    while made.waiting:
        made.lines += section(made, *made.waiting.pop(0))
    return "\n".join(made.lines).rstrip() + "\n"


def skeleton(kind: str, spec: str) -> str:
    """A manifest around a spec."""
    inner = "\n".join(f"  {line}" for line in spec.split("\n"))
    return f"apiVersion: syncer/v1\nkind: {kind}\nmetadata:\n  name: sample\nspec:\n{inner}"


def section(made: Page, path: str, schema: Schema) -> Iterator[str]:
    """The description of one mapping."""
    yield f"## `{path}`"
    yield ""
    if about := schema.get("description"):
        yield from (about, "")
    if "allOf" in schema:
        yield from variants(made, path, schema)
        return
    yield from table(made, path, schema, schema["properties"])
    yield from remarks(schema)


def variants(made: Page, path: str, schema: Schema) -> Iterator[str]:
    """A mapping with several forms: the words that select one, the fields all forms have, and those of each form."""
    [on] = {name for rule in schema["allOf"] for name in rule["if"]["properties"]}
    words = schema["properties"][on].get("enum") or schema["properties"][on]["anyOf"][0]["enum"]
    meanings = schema["properties"][on].get("markdownEnumDescriptions", [""] * len(words))
    forms = []
    for rule in schema["allOf"]:
        rule_words = rule["if"]["properties"][on]
        forms.append((rule_words.get("enum", [rule_words.get("const")]), made.resolve(rule["then"])))
    common = {
        name: value
        for name, value in forms[0][1]["properties"].items()
        if name != on and all(form["properties"].get(name) == value for _, form in forms)
    }
    yield f"`{on}` selects the form{'' if on in schema.get('required', ()) else '; left out, it is `default`'}:"
    yield ""
    yield f"| `{on}` | |"
    yield "| --- | --- |"
    yield from (f"| `{word}` | {cell(meaning)} |" for word, meaning in zip(words, meanings, strict=True))
    yield ""
    if common:
        yield from ("Fields of every form:", "")
        needed = set(schema.get("required", ()))
        yield from table(made, path, {**forms[0][1], "required": [*needed]}, common)
    for names, form in forms:
        own = {name: value for name, value in form["properties"].items() if name != on and name not in common}
        if own:
            yield from (f"With {' or '.join(f'`{name}`' for name in names)}:", "")
            yield from table(made, f"{path.removesuffix('[]')}[{names[0]}]", form, own)
    yield from remarks(forms[0][1])


def remarks(schema: Schema) -> Iterator[str]:
    """What else holds for a mapping."""
    if schema.get("x-syncer-server"):
        names = ", ".join(f"`{name}`" for name in schema["x-syncer-server"])
        yield from (f"Set by the platform, an error here: {names}.", "")
    if schema.get("additionalProperties") is True:
        yield from ("Further fields are allowed.", "")


def table(made: Page, path: str, schema: Schema, fields: Schema) -> Iterator[str]:
    """The fields of a mapping."""
    if not fields:
        return
    yield "| Field | Value | |"
    yield "| --- | --- | --- |"
    for name, value in fields.items():
        found = made.resolve(value)
        inner = name if path in ("spec", "syncer.yaml") else f"{path}.{name}"
        mark = " **must**" if name in schema.get("required", ()) else ""
        if not mark and name in schema.get("x-syncer-create", ()):
            mark = " **create**"
        yield f"| `{name}`{mark} | {cell(shape(made, inner, found))} | {cell(meaning(found))} |"
    yield ""


def shape(made: Page, path: str, schema: Schema) -> str:
    """What a value looks like."""
    schema = made.resolve(schema)
    if "anyOf" in schema:
        schema = {**made.resolve(schema["anyOf"][0]), "type": schema["type"]}
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " · ".join(f"`{word}`" for word in schema["enum"])
    kinds = schema.get("type", [])
    shapes = [one(made, path, schema, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(shape for shape in dict.fromkeys(shapes) if shape) or "anything"


def one(made: Page, path: str, schema: Schema, kind: str) -> str:
    """What a value of one type looks like; nothing for the types that every field has."""
    if kind == "array":
        items = made.resolve(schema["items"])
        return f"list of {shape(made, f'{path}[]', items)}"
    if kind == "object":
        return mapping(made, path, schema)
    if kind == "string":
        return "" if str(schema.get("pattern", "")).startswith("^\\$") else f"text{bounds(schema)}"
    names = {"boolean": "`true` · `false`", "integer": "whole number", "number": "number"}
    return f"{names[kind]}{bounds(schema)}" if kind in names else ""


def mapping(made: Page, path: str, schema: Schema) -> str:
    """What a mapping looks like: a reference, a file, keys of one's own, or a link to its table."""
    fields = schema.get("properties", {})
    if target := schema.get("x-syncer-reference"):
        return f"{'an' if target[0] in 'AEIOU' else 'a'} {target} ({', '.join(f'`{key}`' for key in fields)})"
    if list(fields) == ["file"]:
        return "`file: PATH`"
    if not fields and "allOf" not in schema:
        rest = schema.get("additionalProperties", True)
        return f"mapping to {shape(made, f'{path}.*', rest)}" if isinstance(rest, dict) else "mapping"
    return made.link(schema, path)


def bounds(schema: Schema) -> str:
    """The limits of a value."""
    least, most = schema.get("minimum"), schema.get("maximum")
    parts = [f"≥ {least}"] if least is not None else []
    parts += [f"≤ {most}"] if most is not None else []
    parts += [f"≥ {schema['minLength']} characters"] if schema.get("minLength", 0) > 1 else []
    parts += [f"≤ {schema['maxLength']} characters"] if "maxLength" in schema else []
    parts += ["`YYYY-MM-DD`"] if schema.get("format") == "date" else []
    return f" {', '.join(parts)}" if parts else ""


def meaning(schema: Schema) -> str:
    """What a field means, what its words mean, and its default."""
    parts: list[Schema] = [schema, *schema.get("anyOf", ())]
    words = next((part for part in parts if "markdownEnumDescriptions" in part), parts[0])
    text = str(schema.get("description", ""))
    for word, about in zip(words.get("enum", ()), words.get("markdownEnumDescriptions", ()), strict=False):
        text += f"<br>`{word}`: {about}"
    if "default" in schema:
        text += f" Default: `{json.dumps(schema['default'], ensure_ascii=False)}`."
    return text


def cell(text: str) -> str:
    """Text that fits into a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def rules_page() -> str:
    """Every rule with its sentence."""
    sys.path.insert(0, str(ROOT))
    from syncer.kinds import KINDS
    from syncer.manifests.rules import acceptable, sections

    taken = {rule for kind in KINDS.values() for rule in acceptable(kind)}

    lines = [
        "# Rules",
        "",
        "What `syncer validate` and `syncer plan` may name, in brackets behind `error` or `warning`. Each sentence",
        "says how it should be. With `validate --strict` every warning is an error. What is live may break a rule that",
        "is marked *may be accepted*: [`metadata.accept`](../README.md#what-is-live-against-a-rule) names it.",
        "",
    ]
    for heading, rules in sections().items():
        lines += [f"## {heading}", "", "| Rule | |", "| --- | --- |"]
        marks = {rule: " *May be accepted.*" if rule in taken else "" for rule in rules}
        lines += [f"| `{rule}` | {cell(sentence)}{marks[rule]} |" for rule, sentence in sorted(rules.items())]
        lines.append("")
    return "\n".join(lines)


def outcomes_page() -> str:
    """What every reply, and the lack of one, means for a write."""
    sys.path.insert(0, str(ROOT))
    from syncer.api.outcomes import table

    lines = [
        "<!-- Written by tools/build_docs.py from syncer/api/outcomes.py. -->",
        "# What a reply means",
        "",
        "Every request ends in exactly one of these rows; nothing else in syncer decides what a reply means.",
        "",
        "- `NOT_SENT`: the platform never saw it. `REJECTED`: it said no and did nothing. `APPLIED`: it said yes.",
        "- `AMBIGUOUS`: it may have been done. Nobody guesses: the object is read and compared, or looked for, before",
        "  anything else happens to it. What stays unclear ends the run with exit code 7.",
        "",
        "*Sent again*: which requests may be repeated without such a look. How often, and after what wait, is limited.",
        "",
        "| What came | In words | Outcome | Sent again | Why |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [f"| {' | '.join((f'`{row[0]}`', *map(cell, row[1:])))} |" for row in table()]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write what differs; with `--check` write nothing and return 1 when something would."""
    wanted = {PAGES / f"{slug}.md": page(slug) for slug in KINDS}
    wanted[RULES] = rules_page()
    wanted[OUTCOMES] = outcomes_page()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.name} is not what tools/build_docs.py writes")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
            print(f"wrote {path.name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
