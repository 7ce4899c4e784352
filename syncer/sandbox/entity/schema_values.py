"""What entities of a schema look like: a JSON Schema of their data, and an example
(docs/platform.md#attribute-types)."""

from __future__ import annotations

from syncer.sandbox.store import Json

_TEXT: Json = {"type": "string"}
_RELATION: Json = {
    "type": "object",
    "properties": {"$relation": {"type": "array", "items": {"type": "object", "properties": {"entity_id": _TEXT}}}},
}
_LISTS = ("phone", "email", "payment", "ordered_list", "table", "relation_user")
_OBJECTS = ("link", "consent", "address", "relation_address", "message_email_address")
_FORMS: dict[str, Json] = {
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "currency": {"type": "integer"},
    "sequence": _TEXT,
    "relation": _RELATION,
    "file": _RELATION,
    "image": _RELATION,
    **{name: {"type": "array", "items": _TEXT} for name in ("multiselect", "checkbox", "tags", "purpose")},
    **{name: {"type": "array", "items": {"type": "object"}} for name in _LISTS},
    **{name: {"type": "object"} for name in _OBJECTS},
    "internal": {"description": "any value"},
}
_EXAMPLES: dict[str, Json] = {
    "boolean": True,
    "date": "2026-01-15",
    "datetime": "2026-01-15T08:00:00.000Z",
    "currency": 1999,
    "number": "42",
    "country": "DE",
    "phone": [{"phone": "+49 221 123456"}],
    "email": [{"email": "erika.muster@example.com"}],
    "address": [{"street": "Hauptstraße", "street_number": "1", "postal_code": "50667", "city": "Köln"}],
    "tags": ["wichtig"],
}


def json_schema_of(schema: Json) -> Json:
    """A JSON Schema 2020-12 of what entities of this schema hold."""
    properties: dict[str, Json] = {"_id": _TEXT, "_schema": {"const": schema["slug"]}, "_title": _TEXT}
    for attribute in schema["attributes"]:
        form: dict[str, Json] = dict(_FORMS.get(attribute["type"]) or _TEXT)
        if attribute["type"] == "number" and attribute.get("data_type") == "number":
            form = {"type": "number"}
        if attribute["type"] in ("select", "radio", "status") and not attribute.get("allow_any"):
            options = [each["value"] if isinstance(each, dict) else each for each in attribute.get("options", ())]
            form = {"enum": options} if options else form
        properties[attribute["name"]] = form | {"title": attribute["label"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": schema["name"],
        "type": "object",
        "properties": properties,
        "required": [each["name"] for each in schema["attributes"] if each.get("required")],
    }


def example_of(schema: Json) -> Json:
    """An entity as somebody might have entered it."""
    example: dict[str, Json] = {"_schema": schema["slug"], "_title": schema["name"], "_tags": []}
    for attribute in schema["attributes"]:
        kind, name = attribute["type"], attribute["name"]
        options = [each["value"] if isinstance(each, dict) else each for each in attribute.get("options") or ()]
        if kind in ("relation", "file", "image"):
            example[name] = {"$relation": []}
        elif kind in ("select", "radio", "status"):
            example[name] = next((each for each in options if each is not None), "")
        elif kind in ("multiselect", "checkbox"):
            example[name] = options[:1]
        elif kind not in ("internal", "computed"):
            example[name] = _EXAMPLES.get(kind, attribute["label"])
    return example
