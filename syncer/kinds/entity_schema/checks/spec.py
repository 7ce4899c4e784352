"""Checks an entity schema's spec: names that stand once, and names that stand for something declared
(docs/platform.md#names-in-a-schema)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.entity_schema.checks import attributes, expressions, names, relations
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json

RULES: dict[str, str] = {
    **names.RULES,
    **expressions.RULES,
    **attributes.RULES,
    **relations.RULES,
}
"""Rule id → what it asks for, one sentence."""

ACCEPTABLE = frozenset(RULES) - {"schema-enable-setting"}
"""What a live schema may break; an empty `enable_setting`, which hides it from everybody, is never written."""

REFUSED_ANEW = frozenset({"schema-fuzzy", "schema-overridable"})
"""What the platform checks whenever a schema is saved (docs/platform.md#attributes-of-a-schema)."""


def check_schema(spec: Mapping[str, Json]) -> list[Finding]:
    """All that is wrong with a schema by itself. It may be partial: what it doesn't declare may exist live.

    Paths begin at the spec. That nothing declares a name is an error only where the spec is `described_whole`.
    """
    return list(_findings(spec))


def _findings(spec: Mapping[str, Json]) -> Iterator[Finding]:
    yield from names.check_names(spec)
    yield from names.check_groups(spec)
    yield from expressions.check_texts(spec)
    yield from attributes.check_attributes(spec)
    yield from relations.check_links(spec)
