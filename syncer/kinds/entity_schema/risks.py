"""What a change of an entity schema may break (docs/platform.md#what-breaks-data): what is refused, what destroys, what
only wants a look."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.model.diagnostic import Finding
from syncer.model.field_change import FieldChange, Item
from syncer.model.json_values import ABSENT, Json, Spec
from syncer.model.kind import Risk
from syncer.model.unexpected_reply import list_at, word_at

_STORED_ALIKE = (
    frozenset({"select", "radio", "status", "string"}),
    frozenset({"multiselect", "checkbox", "tags"}),
    frozenset({"file", "image"}),
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
            return _gone(name, name)
        case ("attributes", Item(key=name), *rest):
            return _owned(_attribute(name, rest, change, name), _called(have, "attributes", name), name)
        case ("capabilities", Item(key=holder), "attributes", Item(key=name)) if change.after is ABSENT:
            return _gone(name, f"{holder}/{name}")
        case ("capabilities", Item(key=holder), "attributes", Item(key=name), *rest):
            live = _called(_called(have, "capabilities", holder), "attributes", name)
            return _owned(_attribute(name, rest, change, f"{holder}/{name}"), live, name)
        case ("capabilities", Item(key=name)) if change.after is ABSENT:
            app = isinstance(change.before, dict) and change.before.get("app_id")
            return Risk("destructive" if app else "risky", f"capability `{name}` goes, with its tabs and widgets", name)
        case ("group_settings", Item(key=name)) if change.after is ABSENT:
            return Risk(
                "risky", f"group `{name}` goes: its attributes lose their place, and role grants on them detach"
            )
        case ("group_settings", Item(key=name), "id"):
            return Risk("risky", f"group `{name}` gets another id: its attributes lose their place, and grants detach")
        case ("conditions", Item(key=name), *rest) if change.after is ABSENT and not rest:
            return Risk("destructive", f"condition `{name}` goes, and variants that use it", f"conditions/{name}")
        case ("conditions", Item(key=name), "name" | "type" | "format"):
            return Risk(
                "destructive", f"condition `{name}` is fixed once saved: variants are lost", f"conditions/{name}"
            )
        case ("published",) if change.after is not True:
            return Risk("destructive", "the schema disappears from the platform's pages", "published")
        case ("enable_setting" | "feature_flag" as name, *_) if change.after is not ABSENT and change.after != []:
            return Risk("destructive", "the schema disappears where the setting is not on", name)
        case ("title_template",):
            return Risk("risky", "entities get other titles")
        case ("explicit_search_mappings", *_):
            return Risk("risky", "the search index may have to be built anew")
    return None


def _called(holder: Mapping[str, Json], items: str, name: str) -> Mapping[str, Json]:
    """The live item of that name."""
    listed = list_at(holder.get(items), (items,))
    found = (each for each in listed if isinstance(each, dict) and each.get("name") == name)
    return next(found, {})


def _gone(name: str, item: str) -> Risk:
    return Risk("destructive", f"attribute `{name}` goes: its values are no longer seen, searched or exported", item)


def _owned(found: Risk | None, live: Mapping[str, Json], name: str) -> Risk | None:
    """Any change of an attribute that others own as well wants a look; the graver reason comes first."""
    if not owner(live):
        return found
    said = f"attribute `{name}` is {owner(live)}"
    return found._replace(reason=f"{found.reason}; it is {owner(live)}") if found else Risk("risky", said)


def owner(attribute: Mapping[str, Json]) -> str:
    """Who else owns an attribute, in words; nothing for nobody."""
    if attribute.get("protected"):
        return "built into the platform"
    return "owned by a blueprint" if attribute.get("_manifest") else ""


def _attribute(name: str, rest: list[Json], change: FieldChange, item: str) -> Risk | None:
    if not rest:
        new = change.after if isinstance(change.after, dict) else {}
        if new.get("required"):
            return Risk("risky", f"attribute `{name}` is required: forms and imports without it may fail")
        return None
    field = str(rest[0])
    if field == "type":
        if any({word_at(change.before, ("attributes", "type")), change.after} <= group for group in _STORED_ALIKE):
            return Risk("risky", f"attribute `{name}` becomes a `{change.after}`")
        return Risk("destructive", f"attribute `{name}` becomes a `{change.after}`: stored values no longer fit", item)
    if field in _SHAPE_CHANGES and _meant(change.before) != _meant(change.after):
        return Risk("destructive", f"attribute `{name}`: {_SHAPE_CHANGES[field]}", item)
    if field == "options" and _values(change.before) - _values(change.after):
        return Risk("risky", f"attribute `{name}`: entities may hold an option that goes")
    if field == "options" and len(rest) == 2 and change.after is ABSENT:
        return Risk("risky", f"attribute `{name}`: entities may hold an option that goes")
    if field == "options" and len(rest) > 1 and isinstance(rest[1], int) and change.path[-1] != "title":
        return Risk("risky", f"attribute `{name}`: entities may hold an option that goes")
    if field == "required" and change.after is True:
        return Risk("risky", f"attribute `{name}` becomes required: forms and imports without it may fail")
    if field == "edit_mode" and change.after in ("external", "approval"):
        return Risk("risky", f"attribute `{name}`: integrations' writes may be parked until somebody approves them")
    if field in _LOOKED_AT:
        return Risk("risky", f"attribute `{name}`: {_LOOKED_AT[field]}")
    return None


def _meant(value: Json) -> Json:
    """Missing and false are one shape of values; so are a missing `data_type` and its default."""
    return None if value in (ABSENT, False, "string") else value


def _values(options: Json) -> set[str]:
    if not isinstance(options, list):
        return set()
    return {str(item.get("value") if isinstance(item, dict) else item) for item in options}


def objections(changes: tuple[FieldChange, ...], have: Spec, goal: Spec) -> list[Finding]:
    """A built-in or blueprint-owned attribute is neither removed (nor renamed, which is the same) nor given another
    type (docs/platform.md#what-breaks-data)."""
    findings = []
    for change in changes:
        match change.path:
            case ("attributes", Item(key=name)) if change.after is ABSENT:
                verb = "removed"
            case ("attributes", Item(key=name), "type"):
                verb = "given another type"
            case _:
                continue
        if whose := owner(_called(have, "attributes", name)):
            findings.append(
                Finding(
                    "protected-attribute",
                    f"attribute `{name}` is {whose} and is not {verb}",
                    ("attributes",),
                    "declare it again as it is live, or leave `attributes` out of `metadata.policy.prune`",
                )
            )
    return findings
