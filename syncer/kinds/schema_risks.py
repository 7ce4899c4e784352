"""What a change of an entity schema may break (entity.md 8): which are destructive, which only want a look."""

from __future__ import annotations

from syncer.core.kind import Risk, Spec
from syncer.core.merge import FieldChange, Item
from syncer.core.values import ABSENT, Json

CORE_SLUGS = frozenset(
    "account asset billing_account billing_event call calendar calendar_event campaign comment contact contract coupon "
    "email_template file journey location message meter meter_counter notification_template opportunity order partner "
    "portal_user price product product_recommendation request submission target tax ticket".split()
)
"""Schemas that belong to the platform itself (entity.md 8)."""

_STORED_ALIKE = (
    frozenset({"select", "radio", "status", "string"}), frozenset({"multiselect", "checkbox", "tags"}), frozenset({"file", "image"}),
)
_SHAPE_CHANGES = {
    "repeatable": "values are stored in another shape",
    "data_type": "numbers are stored as another type",
    "multiple": "values are stored in another shape",
}
_LOOKED_AT = {
    "reverse_attributes": "back-references may break",
    "allowedSchemas": "pickers and back-references may break",
    "relation_affinity_mode": "what happens to related entities on delete and duplicate may differ",
    "relation_type": "values of many may not fit into one",
}


def risk(change: FieldChange, have: Spec, goal: Spec) -> Risk | None:
    """Why a changed field of a schema is not simply safe."""
    match change.path:
        case ("attributes", Item(key=name)) if change.after is ABSENT:
            return Risk("destructive", f"attribute `{name}` goes: its values are no longer seen, searched or exported", name)
        case ("attributes", Item(key=name), *rest):
            return _attribute(name, rest[0] if rest else "", change)
        case ("capabilities", Item(key=name)) if change.after is ABSENT:
            app = isinstance(change.before, dict) and change.before.get("app_id")
            return Risk("destructive" if app else "risky", f"capability `{name}` goes, with its tabs and widgets", name)
        case ("group_settings", Item(key=name)) if change.after is ABSENT:
            return Risk("risky", f"group `{name}` goes: its attributes lose their place, and role grants on them detach")
        case ("conditions", Item(key=name)) if change.after is ABSENT:
            return Risk("destructive", f"condition `{name}` goes, and variants that use it", f"conditions/{name}")
        case ("conditions", Item(key=name), "name" | "type" | "format"):
            return Risk("destructive", f"condition `{name}` is fixed once saved: variants are lost", f"conditions/{name}")
        case ("published",) if change.after is not True:
            return Risk("destructive", "the schema disappears from the platform's pages", "published")
        case ("enable_setting" | "feature_flag", *_):
            return Risk("destructive", "the schema disappears where the setting is not on", str(change.path[0]))
        case ("title_template",):
            return Risk("risky", "entities get other titles")
        case ("explicit_search_mappings", *_):
            return Risk("risky", "the search index may have to be built anew")
    return None


def _attribute(name: str, field: Json, change: FieldChange) -> Risk | None:
    if field == "":
        new = change.after if isinstance(change.after, dict) else {}
        if new.get("required"):
            return Risk("risky", f"attribute `{name}` is required: forms and imports without it may fail")
        return None
    if field == "type":
        alike = any({change.before, change.after} <= group for group in _STORED_ALIKE)
        if alike:
            return Risk("risky", f"attribute `{name}` becomes a `{change.after}`")
        return Risk("destructive", f"attribute `{name}` becomes a `{change.after}`: stored values no longer fit", name)
    if field in _SHAPE_CHANGES:
        return Risk("destructive", f"attribute `{name}`: {_SHAPE_CHANGES[str(field)]}", name)
    if field == "options" and _values(change.before) - _values(change.after):
        return Risk("risky", f"attribute `{name}`: entities may hold an option that goes")
    if field == "required" and change.after is True:
        return Risk("risky", f"attribute `{name}` becomes required: forms and imports without it may fail")
    if field == "edit_mode":
        return Risk("risky", f"attribute `{name}`: integrations' writes may be parked until somebody approves them")
    if field in _LOOKED_AT:
        return Risk("risky", f"attribute `{name}`: {_LOOKED_AT[str(field)]}")
    return None


def _values(options: Json) -> set[str]:
    return {str(item.get("value") if isinstance(item, dict) else item) for item in options} if isinstance(options, list) else set()
