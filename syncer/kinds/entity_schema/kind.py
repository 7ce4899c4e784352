"""Entity schema: what the entities of a slug look like.

Written whole by `PUT …/schemas/{slug}`, an upsert by slug that makes a new version each time, so it is only sent when
something differs. What we send is the live object with our fields laid over it: item ids, `_manifest` and everything we
know nothing of are carried (docs/platform.md#versions-of-a-schema). Read with `latest=true`: a frozen schema answers
with an old version else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from syncer.kinds.entity_schema.attribute_uses import attribute_uses
from syncer.kinds.entity_schema.checks.relations import check_beside_schemas
from syncer.kinds.entity_schema.checks.spec import ACCEPTABLE, REFUSED_ANEW, RULES, check_schema
from syncer.kinds.entity_schema.declared_parts import CORE_SLUGS, attribute_types
from syncer.kinds.entity_schema.diff_rules import ATTRIBUTES, PURPOSES, RESTRICTIONS, SHAPE
from syncer.kinds.entity_schema.group_ids import called_groups, identify_groups
from syncer.kinds.entity_schema.risks import objections, risk
from syncer.kinds.lenient_reader import items, mappings
from syncer.model.calls import (
    Call,
    Listing,
    Parts,
    Step,
    Steps,
    StepsResult,
    Write,
    delete,
    is_there,
    segment,
    without,
)
from syncer.model.json_values import ABSENT, Json, Spec
from syncer.model.kind import Context, CrossCheck, DateFields, Kind, PreparedSides, RefField
from syncer.model.markers import clone
from syncer.model.unexpected_reply import field_of, object_at

if TYPE_CHECKING:
    from syncer.model.pulled_spec import PulledSpec
    from syncer.model.recording_rules import RecordingRules

SERVICE = "entity"
LISTING = Listing("/v2/entity/schemas?full=true&latest=true", "results")
SERVER_SET = ("id", "created_at", "updated_at", "version", "comment", "source", "frozen", "latest", "_summary", "draft")


def spec_of(live: Json) -> Spec:
    """The live schema without what is set by the platform for each version."""
    return without(object_at(live), *SERVER_SET)


def prepare(context: Context) -> PreparedSides:
    """Groups and conditions may be named otherwise than live: the manifest's side is made to use the live ids."""
    have = spec_of(context.live) if context.live else {}
    want: Spec = clone(context.want)
    if want.get("enable_setting") == []:
        want["enable_setting"] = None  # none is wanted: an empty list would hide the schema from everybody
    ids, theirs = identify_groups(have, want, context.parts, context.last), called_groups(have)
    for ours, live_items in _attribute_lists(have, want):
        for name, item in _named(ours).items():
            live = live_items.get(name, {})
            _align_group(item, live, ids.words, theirs)
            _spell_out(item, live)
    return PreparedSides(
        want, have, ids.parts, findings=tuple(ids.findings), notices=tuple(ids.notices), labels=ids.labels
    )


def _named(value: Json) -> dict[tuple[str, int], dict[str, Json]]:
    """The items by their names; those of one name are told apart by their order."""
    times: Counter[str] = Counter()
    found = {}
    for item in items(value):
        name = str(item.get("name"))
        found[name, times[name]] = item
        times[name] += 1
    return found


def _attribute_lists(have: Spec, want: Spec) -> Iterator[tuple[Json, dict[tuple[str, int], dict[str, Json]]]]:
    """(declared items, live items by name) of every list whose items name a group."""
    for name in ("attributes", "group_headlines"):
        yield want.get(name), _named(have.get(name))
    capabilities = _named(have.get("capabilities"))
    for which, capability in _named(want.get("capabilities")).items():
        live = capabilities.get(which, {})
        yield capability.get("attributes"), _named(live.get("attributes"))


def _align_group(
    item: dict[str, Json], live: Mapping[str, Json], ours: Mapping[str, str], theirs: Mapping[str, str]
) -> None:
    """`group` may be an id or a label: where both sides mean one group, the live word stays. `ours`, `theirs`: word →
    the group that it means there; a live one may mean a group that is gone."""
    said, there = item.get("group"), live.get("group")
    if isinstance(said, str):
        meant = ours.get(said, said)
        item["group"] = there if isinstance(there, str) and theirs.get(there, there) == meant else meant


def _spell_out(item: dict[str, Json], live: Mapping[str, Json]) -> None:
    """A relation is repeatable where nothing is said, and only a relation is (docs/platform.md#comparing-schemas):
    there true says nothing."""
    if (
        item.get("type", live.get("type")) == "relation"
        and item.get("repeatable") is True
        and live
        and "repeatable" not in live
    ):
        del item["repeatable"]


def _versions(slug: str) -> Mapping[str, Call]:
    """Whether the schema is frozen; a new one is not, and has no id yet."""
    return {"versions": Call("GET", f"{_path(slug)}/versions?versions_size=1")} if slug else {}


def _history(slug: str) -> Call:
    """Its versions, newest first: nobody says who made one, but its comment and source may
    (docs/platform.md#versions-of-a-schema)."""
    return Call(
        "GET", f"{_path(slug)}/versions?versions_size=20&fields=id,version,created_at,updated_at,comment,source"
    )


def _path(slug: str) -> str:
    return f"/v1/entity/schemas/{segment(slug)}"


def _read(slug: str) -> Call:
    return Call("GET", f"{_path(slug)}?latest=true")


def _put(write: Write) -> Steps:
    slug = str(write.goal["slug"])
    body = without(write.goal, *SERVER_SET)
    if body.get("enable_setting", ABSENT) is None:
        del body["enable_setting"]  # what is emptied is left out; an empty list that nobody declares goes back as it is
    if not write.live:
        body.setdefault("published", True)
        body.setdefault("capabilities", [])
    yield Step("put", Call("PUT", _path(slug), body))
    live = yield Step("read back", _read(slug), complaint=is_there(f"the schema `{slug}`"))
    return StepsResult(slug, live, write.parts)


def remove(write: Write) -> Steps:
    """DELETE; what becomes of its entities is not documented, so it is refused while there are any."""
    return (yield from delete(Call("DELETE", _path(write.live_id)), _read(write.live_id), "the schema"))


def removal_objection(slug: str, answers: Mapping[str, Json]) -> str:
    """Core schemas never; others only when no entity of them is left."""
    if slug in CORE_SLUGS:
        return f"`{slug}` is a schema of the platform itself and is never deleted"
    from syncer.model.recording_rules import NOT_COUNTED

    entities = answers.get("entities")
    if entities == NOT_COUNTED:  # against a recording, which the plan says; the apply that plans anew counts them
        return ""
    hits = entities.get("hits") if isinstance(entities, dict) else None
    if hits == 0:
        return ""
    return f"entities of `{slug}` exist ({hits})" if hits else f"whether entities of `{slug}` exist could not be learnt"


def removal_asks(slug: str) -> Mapping[str, Call]:
    """How many entities there are."""
    count = {"filter": [{"term": {"_schema": slug}}], "size": 0, "hydrate": False}
    return {"entities": Call("POST", "/v1/entity:list", count)}


HIDDEN_NOW = (
    "an empty `enable_setting` hides the schema from everybody: so it stays unless the manifest says null there"
)


def notices(live: Json, answers: Mapping[str, Json], goal: Spec) -> tuple[str, ...]:
    """A frozen schema takes a change and does not serve it; a blueprint may write it as well."""
    said = []
    versions = answers.get("versions")
    if isinstance(versions, dict) and versions.get("frozen_version"):
        said.append(_frozen(live, versions))
    if isinstance(live, dict) and (live.get("_manifest") or live.get("blueprint")):
        said.append("a blueprint owns this schema as well and may write it again")
    if isinstance(live, dict) and live.get("enable_setting") == []:
        said.append(HIDDEN_NOW)
    return tuple(said)


def _frozen(live: Json, versions: Json) -> str:
    """What freezing means for a change; a platform without it names no frozen version."""
    newest = next((each.get("id") for _, each in mappings(versions.get("versions"))), None)
    if isinstance(live, dict) and versions["frozen_version"] == live.get("id") and newest not in (None, live.get("id")):
        return (
            "the schema is frozen, and the platform gives the frozen version although the latest was asked for: the "
            "change is made from that one, and what was written since is lost; unfreeze it first"
        )
    return "the schema is frozen: the change is stored, and not served to anybody until it is unfrozen"


def without_late(spec: Spec, keys: frozenset[str]) -> Spec:
    """The schema less the relation attributes that point at these slugs."""
    bare = {**spec, "attributes": _unrelated(spec.get("attributes"), keys)}
    if spec.get("capabilities"):
        bare["capabilities"] = [
            {**each, "attributes": _unrelated(each["attributes"], keys)} if each.get("attributes") else each
            for each in spec["capabilities"]
        ]
    return bare


def _unrelated(attributes: Json, keys: frozenset[str]) -> list[Json]:
    return [
        item
        for item in attributes or []
        if not keys & {*(item.get("allowedSchemas") or ()), *(item.get("reverse_attributes") or ())}
    ]


def _pulled(spec: Spec, live: Json, known: Parts, answers: Mapping[str, Json]) -> PulledSpec:
    from syncer.kinds.entity_schema.export import as_manifest  # late: only `pull` asks

    return as_manifest(spec, live, known, answers)


_RELATIONS = tuple(RefField(f"{root}.allowedSchemas[]", "EntitySchema", plain=True, late=True) for root in ATTRIBUTES)
_CLASSIFIED = tuple(
    RefField(f"{path}[]", "TaxonomyClassification")
    for path in (*PURPOSES, *(f"{root}._purpose" for root in ATTRIBUTES))
)


def _recorded() -> RecordingRules:
    """Schemas whole, and whether they are frozen; entities are not counted."""
    from syncer.model.recording_rules import RecordedRead, RecordingRules, pick  # late: only `record` asks

    return RecordingRules(
        spec_of,
        (
            RecordedRead("entity", "GET /v1/entity/schemas/{slug}/versions", pick("frozen_version")),
            RecordedRead("entity", "POST /v1/entity:list", None),
        ),
    )


KIND = Kind(
    name="EntitySchema",
    slug="entity-schema",
    service=SERVICE,
    listing=LISTING,
    key=lambda spec: str(spec["slug"]),
    built_in=lambda spec: spec["slug"] in CORE_SLUGS,
    reads_by_key=True,
    key_field="slug",
    key_form=r"[a-zA-Z0-9_-]+",
    key_words="a slug: `contact`",
    live_key=lambda live: str(field_of(live, "slug")),
    live_id=lambda live: str(field_of(live, "slug")),
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
    never_removed=lambda slug: slug in CORE_SLUGS,
    risk=risk,
    create_risk=lambda spec: None,
    objections=objections,
    remove_reason="the whole entity type goes, for everybody",
    without=without_late,
    asks_if_changed=_versions,
    dated=DateFields(version="version", comment="comment", source="source"),
    history=_history,
    notices=notices,
    check=check_schema,
    whole_checked=True,
    parts=lambda spec: frozenset(attribute_types(spec)),
    part_uses=attribute_uses,
    cross_checks=(CrossCheck("EntitySchema", check_beside_schemas, at="attributes"),),
    rules=RULES,
    acceptable=ACCEPTABLE,
    refused_anew=REFUSED_ANEW,
    heading="Entity schemas",
    pull=_pulled,
    folder="schemas",
    restrictions=RESTRICTIONS,
    called=lambda live: str(field_of(live, "slug")),
    recorded=_recorded,
    refs=(*_RELATIONS, *_CLASSIFIED, RefField("capabilities[].app_id", "AppInstallation", plain=True)),
    texts=(
        "description",
        "title_template",
        *(f"{root}.{name}" for root in ATTRIBUTES for name in ("value_formatter", "preview_value_formatter")),
    ),
)
