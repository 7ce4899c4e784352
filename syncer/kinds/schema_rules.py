"""Checks an entity schema's spec: names that stand once, and names that stand for something declared
(docs/platform.md#names-in-a-schema)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.core.problem import Finding
from syncer.core.values import Json
from syncer.kinds import schema_attributes, schema_links, schema_names, schema_texts
from syncer.kinds.schema_links import check_schemas_together

__all__ = ["RULES", "check_schema", "check_schemas_together"]

RULES: dict[str, str] = {
    **schema_names.RULES,
    **schema_texts.RULES,
    **schema_attributes.RULES,
    **schema_links.RULES,
}
"""Rule id → what it asks for, one sentence."""


def check_schema(spec: Mapping[str, Json]) -> list[Finding]:
    """All that is wrong with a schema by itself. It may be partial: what it doesn't declare may exist live.

    Paths begin at the spec. That nothing declares a name is an error only where the spec is `described_whole`.
    """
    return list(_findings(spec))


def _findings(spec: Mapping[str, Json]) -> Iterator[Finding]:
    yield from schema_names.check_names(spec)
    yield from schema_names.check_groups(spec)
    yield from schema_texts.check_texts(spec)
    yield from schema_attributes.check_attributes(spec)
    yield from schema_links.check_links(spec)
