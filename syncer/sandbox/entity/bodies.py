"""What a schema, a saved view and a label look like, as the published definitions say (docs/platform.md#schema-fields,
#attributes-of-a-schema, #saved-views)."""

from __future__ import annotations

from syncer.sandbox.body_schema import BodySchema, body_schema


def _entity(name: str) -> BodySchema:
    return body_schema("entity", name)


SCHEMA = _entity("schema")
ATTRIBUTE, CAPABILITY, GROUP, HEADLINE = map(_entity, ("attribute", "capability", "group", "headline"))
ITEM_OWNER = _entity("item_owner")
SLUG = _entity("slug")
FREEZE = _entity("freeze")
VIEW, VIEW_PATCH = _entity("view"), _entity("view_patch")
TAXONOMY, CLASSIFICATION, CLASSIFICATIONS, BY_LABEL = map(
    _entity, ("taxonomy", "classification", "classifications", "by_label")
)
ENTITY, ENTITY_LIST, ENTITY_SEARCH, WIPE = map(_entity, ("entity", "list", "search", "wipe"))
