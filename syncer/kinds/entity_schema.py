"""Entity schema: what the entities of a slug look like.

Written whole by `PUT …/schemas/{slug}`, an upsert by slug that makes a new version each time, so it is only sent when
something differs. What we send is the live object with our fields laid over it: item ids, `_manifest` and everything we
know nothing of are carried (entity.md 6). Read with `latest=true`: a frozen schema answers with an old version otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncer.core.kind import Call, Context, Kind, Listing, Prepared, RefField, Spec, Step, Steps, Write, Written
from syncer.core.merge import FieldChange, Item
from syncer.core.problem import Finding
from syncer.core.references import clone
from syncer.core.shape import AS_SET, ORDERED, ListRule, compile_shape, keyed
from syncer.core.values import ABSENT, Json
from syncer.core.verbs import is_gone, is_there, segment, without
from syncer.kinds.schema_risks import CORE_SLUGS, risk
from syncer.kinds.schema_rules import check_schema

SERVICE = "entity"
LISTING = Listing("/v2/entity/schemas?full=true&latest=true", "results")
SERVER_SET = ("id", "created_at", "updated_at", "version", "comment", "source", "frozen", "latest", "_summary", "draft")

_ATTRIBUTES = ("attributes[]", "capabilities[].attributes[]")


def _in_attributes(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {f"{root}.{name}": value for root in _ATTRIBUTES for name, value in fields.items()}


def _option(value: Json) -> Json:
    """`"a"` and `{value: "a"}` are one option."""
    if isinstance(value, dict) and set(value) <= {"value", "title"} and value.get("title") in (None, ""):
        return value.get("value")
    return value


_PURPOSES = ("_purpose", "group_settings[]._purpose", "group_headlines[]._purpose", "capabilities[]._purpose")
_FLAGS = ("group_settings[].settings_flag", "capabilities[].settings_flag")
_MANIFESTS = ("_manifest", "group_settings[]._manifest", "group_headlines[]._manifest", "capabilities[]._manifest")
_HELD = ("_purpose", "settings_flag", "actions", "summary_fields", "default_address_fields", "reverse_attributes", "constraints")

_LISTS: dict[str, ListRule] = {
    "attributes": keyed("name"),
    "capabilities": keyed("name"),
    "group_settings": keyed("id", "label"),
    "group_headlines": keyed("name"),
    "conditions": keyed("id", "name"),
    "enable_setting": AS_SET,
    "capabilities[].attributes": keyed("name"),
    "capabilities[].schemas": ORDERED,
    **dict.fromkeys(_PURPOSES, AS_SET),
    **{path: keyed("name", whole=True) for path in _FLAGS},
    **_in_attributes(
        {
            "_purpose": AS_SET,
            "settings_flag": keyed("name", whole=True),
            "allowed_extensions": AS_SET,
            "identifiers": AS_SET,
            "options": ORDERED,
            "currency": keyed("code", whole=True, ordered=True),
            "columns": keyed("name", whole=True, ordered=True),
            "edit_mode_config.fuzzy_config.fields_to_ignore": AS_SET,
        }
    ),
}

SHAPE = compile_shape(
    lists=_LISTS,
    defaults={
        **_in_attributes(
            {
                **dict.fromkeys(
                    ("hidden", "required", "readonly", "deprecated", "entity_builder_disable_edit", "protected",
                     "explicit_searchable", "exclude_from_search", "repeatable", "has_primary", "show_in_table",
                     "variant_overridable", "multiple", "details_view_mode_enabled", "currency_selector_only",
                     "transposed", "multiline", "rich_text"),
                    False,
                ),
                "sortable": True,
                "show_separator": True,
                "data_type": "string",
                "display_type": "switch",
                "enable_relation_picker": True,
                "enable_relation_tags": True,
                "computed": True,
                "edit_mode": "direct",
                "min_rows": 0,
                "columns[].type": "string",
                "columns[].required": False,
                "columns[].bold": False,
                "info_helpers": {},
            }
        ),
        "group_settings[].order": 0,
        "group_settings[].expanded": False,
        "group_headlines[].enable_divider": False,
        "capabilities[].variant_overridable": False,
        "capabilities[].ui_config.is_filterable": False,
        "explicit_search_mappings.*.index": True,
        "ui_config.table_view.enable_thumbnails": False,
    },
    empty=(
        *_PURPOSES,
        *_FLAGS,
        "group_headlines",
        "description",
        *(f"{root}.{name}" for root in _ATTRIBUTES for name in _HELD),
        "ui_config.list_item.quick_actions",
        "ui_config.table_view.navbar_actions",
        "ui_config.create_view.search_params",
        "ui_config.edit_view.search_params",
        "ui_config.single_view.search_params",
    ),
    null_is_data=tuple(f"{root}.{name}" for root in _ATTRIBUTES for name in ("default_value", "options[]")),
    ignored=(
        "blueprint",
        *_MANIFESTS,
        *(f"{root}._manifest" for root in _ATTRIBUTES),
        *(f"{root}.id" for root in _ATTRIBUTES),
        "capabilities[].id",
        "group_headlines[].id",
    ),
    canon={f"{root}.options[]": _option for root in _ATTRIBUTES},
)


def spec_of(live: Json) -> Spec:
    """The live schema without what is set by the platform for each version."""
    return without(live, *SERVER_SET)


def prepare(context: Context) -> Prepared:
    """Groups may be named by id or by label: both sides are made to use the words the live object uses."""
    have = spec_of(context.live) if context.live else {}
    want: Spec = clone(context.want)
    for group in want.get("group_settings") or []:
        if group.get("id") is None and not _live_group(have, group.get("label")):
            group["id"] = group.get("label")  # an id of our own: whether the platform makes one is not known
    groups = _groups(have, want)
    for name in ("attributes", "group_headlines"):
        live_items = {item.get("name"): item for item in have.get(name) or [] if isinstance(item, dict)}
        for item in want.get(name) or []:
            said = item.get("group")
            if isinstance(said, str):
                theirs = (live_items.get(item.get("name")) or {}).get("group")
                same = isinstance(theirs, str) and groups.get(theirs, theirs) == groups.get(said, said)
                item["group"] = theirs if same else groups.get(said, said)
    return Prepared(want, have)


def _live_group(have: Spec, label: Json) -> bool:
    return any(group.get("label") == label for group in have.get("group_settings") or [])


def _groups(*specs: Spec) -> dict[str, str]:
    """Label or id of a group → its id; an id wins over another group's label."""
    ids: dict[str, str] = {}
    for spec in specs:
        for group in spec.get("group_settings") or []:
            if group.get("label") and group.get("id"):
                ids.setdefault(group["label"], group["id"])
    for spec in specs:
        for group in spec.get("group_settings") or []:
            if group.get("id"):
                ids[group["id"]] = group["id"]
    return ids


def objections(changes: tuple[FieldChange, ...], have: Spec, goal: Spec) -> list[Finding]:
    """A built-in or blueprint-owned attribute is neither removed nor given another type; an empty enable_setting hides
    the schema from everybody (entity.md 3, 8)."""
    attributes = {item.get("name"): item for item in have.get("attributes") or [] if isinstance(item, dict)}
    findings = []
    for change in changes:
        match change.path:
            case ("attributes", Item(key=name)) if change.after is ABSENT:
                verb = "removed"
            case ("attributes", Item(key=name), "type"):
                verb = "given another type"
            case _:
                continue
        attribute = attributes.get(name) or {}
        if attribute.get("protected") or attribute.get("_manifest"):
            whose = "built into the platform" if attribute.get("protected") else "owned by a blueprint"
            findings.append(
                Finding(
                    "protected-attribute", f"attribute `{name}` is {whose} and is not {verb}", ("attributes",),
                    "declare it again as it is live, or leave `attributes` out of `metadata.policy.prune`",
                )
            )
    return findings


def _path(slug: str) -> str:
    return f"/v1/entity/schemas/{segment(slug)}"


def _read(slug: str) -> Call:
    return Call("GET", f"{_path(slug)}?latest=true")


def _put(write: Write) -> Steps:
    slug = str(write.goal["slug"])
    body = without(write.goal, *SERVER_SET)
    if not body.get("enable_setting"):
        body.pop("enable_setting", None)  # an empty list hides the schema from everybody
    if not write.live:
        body.setdefault("published", True)
        body.setdefault("capabilities", [])
    yield Step("put", Call("PUT", _path(slug), body))
    live = yield Step("read back", _read(slug), complaint=is_there(f"the schema `{slug}`"))
    return Written(slug, live)


def remove(write: Write) -> Steps:
    """DELETE; what becomes of its entities is not documented, so it is refused while there are any."""
    yield Step("delete", Call("DELETE", _path(write.live_id)))
    yield Step("read back", _read(write.live_id), complaint=is_gone("the schema"))
    return Written("", None)


def removal_objection(slug: str, answers: Mapping[str, Json]) -> str:
    """Core schemas never; others only when no entity of them is left."""
    if slug in CORE_SLUGS:
        return f"`{slug}` is a schema of the platform itself and is never deleted"
    entities = answers.get("entities")
    hits = entities.get("hits") if isinstance(entities, dict) else None
    if hits == 0:
        return ""
    return f"entities of `{slug}` exist ({hits})" if hits else f"whether entities of `{slug}` exist could not be learnt"


def removal_asks(slug: str) -> Mapping[str, Call]:
    """How many entities there are."""
    count = {"filter": [{"term": {"_schema": slug}}], "size": 0, "hydrate": False}
    return {"entities": Call("POST", "/v1/entity:list", count)}


def notices(live: Json, answers: Mapping[str, Json]) -> tuple[str, ...]:
    """A frozen schema takes a change and does not serve it; a blueprint may write it as well."""
    said = []
    versions = answers.get("versions")
    if isinstance(versions, dict) and versions.get("frozen_version"):
        said.append("the schema is frozen: the change is stored, and not served to anybody until it is unfrozen")
    if isinstance(live, dict) and live.get("_manifest"):
        said.append("a blueprint owns this schema as well and may write it again")
    return tuple(said)


def without_late(spec: Spec, keys: frozenset[str]) -> Spec:
    """The schema less the relation attributes that point at these slugs."""
    kept = [
        item for item in spec.get("attributes") or []
        if not keys & {*(item.get("allowedSchemas") or ()), *(item.get("reverse_attributes") or ())}
    ]
    return {**spec, "attributes": kept}


_RELATIONS = tuple(
    RefField(f"{root}.allowedSchemas[]", "EntitySchema", plain=True, late=True) for root in _ATTRIBUTES
)
_CLASSIFIED = tuple(
    RefField(f"{path}[]", "TaxonomyClassification")
    for path in (*_PURPOSES, *(f"{root}._purpose" for root in _ATTRIBUTES))
)

KIND = Kind(
    name="EntitySchema",
    slug="entity-schema",
    service=SERVICE,
    listing=LISTING,
    key=lambda spec: str(spec["slug"]),
    reads_by_key=True,
    key_field="slug",
    live_key=lambda live: str(live["slug"]),
    live_id=lambda live: str(live["slug"]),
    shape=SHAPE,
    spec_of=spec_of,
    prepare=prepare,
    read=lambda slug, live: _read(slug),
    create=_put,
    update=_put,
    remove=remove,
    removal=lambda policy: "delete",
    removal_asks=removal_asks,
    removal_objection=removal_objection,
    risk=risk,
    create_risk=lambda spec: None,
    objections=objections,
    remove_reason="the whole entity type goes, for everybody",
    without=without_late,
    asks_if_changed=lambda slug: {"versions": Call("GET", f"{_path(slug)}/versions?versions_size=1")},
    notices=notices,
    check=check_schema,
    required=(
        "name", "plural", "attributes", "attributes[].label", "attributes[].type", "group_settings[].label",
        "group_headlines[].label", "group_headlines[].group",
    ),
    refs=(*_RELATIONS, *_CLASSIFIED, RefField("capabilities[].app_id", "AppInstallation", plain=True)),
    texts=("description", "title_template", *(f"{root}.{name}" for root in _ATTRIBUTES for name in ("value_formatter", "preview_value_formatter"))),
)
