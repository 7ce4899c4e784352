"""What matters of a live object, in one form, and its digest: by this a plan knows that an object has moved."""

from __future__ import annotations

import hashlib
import json

from syncer.model.field_rules import Shape
from syncer.model.json_values import Json
from syncer.model.markers import without_secrets


def normal(value: Json, shape: Shape) -> Json:
    """The value without what equals absent and what is ignored, each value in one spelling; lists whose order says
    nothing are sorted, and what a set names twice it names once."""
    if shape.canon is not None:
        value = shape.canon(value)
    if isinstance(value, dict):
        kept: dict[str, Json] = {}
        for name in sorted(value):
            below = shape.at(name)
            if below.ignored or below.blank(value[name]):
                continue
            kept[name] = normal(value[name], below)
        return kept
    if isinstance(value, list):
        items = [normal(item, shape.item()) for item in value]
        if shape.rule.ordered:
            return items
        if shape.rule.form == "set":
            items = list({canonical(item): item for item in items}.values())
        return sorted(items, key=canonical)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def canonical(value: Json) -> str:
    """One text for one value: keys sorted, no spaces, markers and secrets by name."""
    return json.dumps(without_secrets(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(text: str) -> str:
    """The first 32 hex digits of SHA-256: enough to tell any two objects of an organisation apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fingerprint(spec: Json, shape: Shape) -> str:
    """The digest of what matters of a live spec."""
    return digest(canonical(normal(spec, shape)))
