"""What an entity schema's spec declares: its attributes, and whether the spec is likely to be the whole schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.lenient_reader import mappings, text
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path

CORE_SLUGS = frozenset({
    "account", "asset", "billing_account", "billing_event", "call", "calendar", "calendar_event", "campaign",
    "comment", "contact", "contract", "coupon", "email_template", "file", "journey", "location", "message",
    "meter", "meter_counter", "notification_template", "opportunity", "order", "partner", "portal_user", "price",
    "product", "product_recommendation", "request", "submission", "target", "tax", "ticket",
})  # fmt: skip
"""The schemas the platform brings along and extends every few weeks (docs/platform.md#core-schemas)."""

WHOLE = ("slug", "name", "plural", "attributes", "capabilities")
"""What a spec that is the whole schema says: all that `x-syncer-create` asks of one, which a test holds it to, and the
capabilities, whose attributes may be named as well."""


def described_whole(schema: Mapping[str, Json]) -> bool:
    """Whether a name this spec doesn't declare is likely a mistake: it says the whole schema and isn't built in."""
    return all(field in schema for field in WHOLE) and schema.get("slug") not in CORE_SLUGS


def unless_live(schema: Mapping[str, Json], finding: Finding) -> Finding:
    """The finding, as a warning where what nothing here declares may well exist on the live schema."""
    if described_whole(schema):
        return finding
    hint = f"{finding.hint} It may exist live only" if finding.hint.endswith("?") else "it may exist live only"
    return finding._replace(hint=hint, severity="warning")


def attributes(schema: Mapping[str, Json]) -> Iterator[tuple[Path, str, Mapping[str, Json]]]:
    """Every attribute with a name, those of capabilities too: place, name, attribute."""
    for index, attribute in mappings(schema.get("attributes")):
        if (name := text(attribute.get("name"))) is not None:
            yield ("attributes", index), name, attribute
    for index, capability in mappings(schema.get("capabilities")):
        for inner, attribute in mappings(capability.get("attributes")):
            if (name := text(attribute.get("name"))) is not None:
                yield ("capabilities", index, "attributes", inner), name, attribute


def attribute_types(schema: Mapping[str, Json]) -> dict[str, str]:
    """Attribute name → its type; a currency's stored siblings are there too, with no type of their own."""
    types = {name: str(attribute.get("type", "")) for _, name, attribute in attributes(schema)}
    for name in [name for name, kind in types.items() if kind == "currency"]:
        for sibling in siblings(name):
            types.setdefault(sibling, "")
    return types


def siblings(name: str) -> tuple[str, str]:
    """The names a currency attribute's code and decimal are stored under (docs/platform.md#attribute-types)."""
    return f"{name}_currency", f"{name}_decimal"
