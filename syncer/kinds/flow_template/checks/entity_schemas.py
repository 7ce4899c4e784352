"""Checks the attributes a flow asks for against entity schemas managed beside it: a wrong one is silently never met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.entity_schema.declared_parts import attribute_types, described_whole
from syncer.kinds.flow_template.graph_model import read_flow
from syncer.kinds.lenient_reader import mapping, mappings, referred, suggestion, text, texts
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path

RULES = {
    "flow-unknown-attribute": "An attribute a flow reads or writes exists on its entity schema, where that is managed.",
    "flow-attribute-type": "A statement's `attribute_type` is the attribute's type; with another it is never met.",
}

ALSO = {
    "string": {"text"},
    "checkbox": {"multiselect"},
    "radio": {"select"},
    "select": {"radio"},
    "status": {"select"},
    "sequence": {"string", "text"},
    "computed": {"string", "text", "number", "boolean", "date", "datetime"},
    "tags": {"label"},
    "purpose": {"label"},
    "relation": {"product", "price"},
    "internal_user": {"relation_user"},
}
"""Attribute type → what a statement may call it beside its own name (docs/platform.md#decisions, #attribute-types)."""

STATEMENT_TYPES = frozenset({
    "string", "text", "number", "boolean", "date", "datetime", "tags", "country", "email", "phone", "product", "price",
    "status", "relation", "multiselect", "select", "radio", "relation_user", "purpose", "label",
    "message_email_address",
})  # fmt: skip


def check_flow_against_schemas(
    spec: Mapping[str, Json], schemas: Mapping[str, Mapping[str, Json]], slugs: Mapping[str, str] | None = None
) -> list[Finding]:
    """Attributes named by statements, schedules and entity syncs, against schema specs by slug.

    `slugs` leads from the names of EntitySchema manifests, as they stand in `{ref: NAME}`, to slugs. A schema that is
    not in `schemas` is skipped; where its manifest is partial or it is built in, attributes it doesn't name may exist.
    """
    return list(_findings(spec, schemas, slugs or {}))


def _findings(
    spec: Mapping[str, Json], schemas: Mapping[str, Mapping[str, Json]], slugs: Mapping[str, str]
) -> Iterator[Finding]:
    for path, source in sources(spec):
        schema = _schema(source.get("schema"), schemas, slugs)
        name = text(source.get("attribute"))
        names: list[tuple[Path, str]] = [(("attribute",), name)] if name else []
        names += [(("attributes", index), word) for index, word in texts(source.get("attributes"))]
        for step, word in names:
            yield from _attribute(schema, word, (*path, *step))
        said = text(source.get("attribute_type"))
        if schema is None or said is None or source.get("attribute_sub_field") is not None:
            continue
        for word in dict.fromkeys(word for _, word in names):
            has = attribute_types(schema).get(word)
            if has in STATEMENT_TYPES | set(ALSO) and said != has and said not in ALSO.get(str(has), ()):
                message = f"attribute `{word}` is of type `{has}`, not `{said}`"
                hint = f"write `attribute_type: {has if has in STATEMENT_TYPES else sorted(ALSO[str(has)])[0]}`"
                yield Finding("flow-attribute-type", message, (*path, "attribute_type"), hint)
    for index, task in mappings(spec.get("tasks")):
        reference = mapping(mapping(task.get("schedule")).get("reference"))
        if reference.get("origin") == "trigger_entity_attribute":
            schema = _schema(reference.get("schema"), schemas, slugs)
            place = ("tasks", index, "schedule", "reference", "attribute")
            yield from _attribute(schema, text(reference.get("attribute")), place)
    for index, rule in mappings(spec.get("entity_sync")):
        target = mapping(rule.get("target"))
        schema = _schema(target.get("entitySchema"), schemas, slugs)
        path = ("entity_sync", index, "target", "entityAttribute")
        yield from _attribute(schema, text(target.get("entityAttribute")), path)


def sources(spec: Mapping[str, Json]) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """The sources of all statements that read an entity."""
    for task in read_flow(spec).decisions():
        for branch, condition in mappings(task.spec.get("conditions")):
            for index, statement in mappings(condition.get("statements")):
                source = mapping(statement.get("source"))
                if source.get("origin_type", "entity") == "entity":
                    yield (*task.path, "conditions", branch, "statements", index, "source"), source


def _schema(
    value: Json, schemas: Mapping[str, Mapping[str, Json]], slugs: Mapping[str, str]
) -> Mapping[str, Json] | None:
    name = referred(value)
    slug = text(value) if name is None else slugs.get(name)
    return schemas.get(slug) if slug else None


def _attribute(schema: Mapping[str, Json] | None, name: str | None, path: Path) -> Iterator[Finding]:
    if schema is None or not name or not described_whole(schema) or name.startswith("_"):
        return
    known = attribute_types(schema)
    if name not in known and name.partition(".")[0] not in known:
        message = f"`{name}` is no attribute of schema `{schema.get('slug')}`"
        hint = suggestion(name, list(known))
        yield Finding("flow-unknown-attribute", message, path, hint)
