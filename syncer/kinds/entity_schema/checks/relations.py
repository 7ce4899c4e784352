"""Checks relations between entity schemas: what an attribute says of the other side, and what the other side says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.entity_schema.declared_parts import attributes, described_whole
from syncer.kinds.lenient_reader import listed, mapping, suggestion, text, texts
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json

RULES = {
    "schema-reverse-schema": "The keys of `reverse_attributes` are among the `allowedSchemas` of the relation.",
    "schema-reverse-attribute": "`reverse_attributes` name relation attributes of the other schema that lead back.",
}


def check_links(spec: Mapping[str, Json]) -> Iterator[Finding]:
    """The relations of one schema by themselves."""
    for path, name, attribute in attributes(spec):
        allowed, reverse = attribute.get("allowedSchemas"), attribute.get("reverse_attributes")
        if not isinstance(allowed, list) or not isinstance(reverse, Mapping):
            continue
        slugs = [slug for _, slug in texts(allowed)]
        if len(slugs) < len(allowed):
            continue
        for slug in reverse:
            if slug not in slugs:
                message = f"relation `{name}` has a reverse attribute on `{slug}`, but doesn't lead there"
                hint = f"`allowedSchemas` has {listed(slugs)}" if slugs else "add it to `allowedSchemas`"
                yield Finding("schema-reverse-schema", message, (*path, "reverse_attributes", slug), hint, "warning")


def check_beside_schemas(spec: Mapping[str, Json], schemas: Mapping[str, Mapping[str, Json]]) -> list[Finding]:
    """Findings about a schema's relations to the schemas given, by slug, its own among them; paths begin at the spec.

    A reverse attribute that nothing declares is a warning, and none where the other spec is partial or built in: the
    platform or an app may bring it. One that is no relation is an error.
    """
    return list(_reverse(str(spec.get("slug")), spec, schemas))


def _reverse(slug: str, spec: Mapping[str, Json], schemas: Mapping[str, Mapping[str, Json]]) -> Iterator[Finding]:
    for path, name, attribute in attributes(spec):
        for other, word in mapping(attribute.get("reverse_attributes")).items():
            back, there = text(word), schemas.get(other)
            if back is None or there is None:
                continue
            place = (*path, "reverse_attributes", other)
            known = {found: item for _, found, item in attributes(there)}
            if back not in known:
                if described_whole(there):
                    message = f"relation `{name}` names `{back}` on schema `{other}`, which has no such attribute"
                    relations = [found for found, item in known.items() if item.get("type") == "relation"]
                    hint = suggestion(back, relations)
                    yield Finding("schema-reverse-attribute", message, place, hint, "warning")
            elif "type" in known[back] and known[back]["type"] != "relation":
                message = f"`{back}` of schema `{other}` is of type `{known[back]['type']}`, not a relation"
                hint = f"name the relation of `{other}` that leads back to `{slug}`"
                yield Finding("schema-reverse-attribute", message, place, hint)
            else:
                allowed = known[back].get("allowedSchemas")
                slugs = [found for _, found in texts(allowed)]
                if isinstance(allowed, list) and len(slugs) == len(allowed) and slug not in slugs:
                    message = f"`{back}` of schema `{other}` doesn't lead back to `{slug}`"
                    hint = f"its `allowedSchemas` has {listed(slugs)}" if slugs else "its `allowedSchemas` is empty"
                    yield Finding("schema-reverse-attribute", message, place, hint, "warning")
