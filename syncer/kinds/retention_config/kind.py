"""Retention config: which entities of a schema are deleted, when, and what goes with them.

The most dangerous kind: it deletes customers' data on a schedule. The API has an upsert and nothing else: no delete, no
dry run, no name (docs/platform.md#retention-calls, #what-an-upsert-matches). The upsert's key is not documented, so
everything is always sent, the id must stay what it was, and afterwards there must be exactly one config.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from syncer.diff.fingerprint import canonical
from syncer.kinds.lenient_reader import mapping
from syncer.kinds.retention_config.checks import ACCEPTABLE, RULES, check_retention
from syncer.kinds.retention_config.saved_view import (
    dormant,
    is_enabled,
    judged,
    meanings_of,
    seen,
    unfiltered,
    view_call,
    view_kept,
    viewed,
)
from syncer.model.calls import (
    Call,
    Listing,
    Seek,
    Step,
    Steps,
    StepsResult,
    Write,
    has_id,
    is_there,
    own_id,
    segment,
    without,
)
from syncer.model.diagnostic import Finding
from syncer.model.field_change import FieldChange
from syncer.model.field_rules import AS_SET, as_set, compile_shape
from syncer.model.json_values import Json, Spec
from syncer.model.kind import Context, DateFields, Kind, PreparedSides, RefField, Risk
from syncer.model.unexpected_reply import field_of, inner_at, list_at, object_at

if TYPE_CHECKING:
    from syncer.model.recording_rules import Foreseen, RecordingRules

SERVICE = "data_governance"
LISTING = Listing("/configs", "configs", paging="cursor")
SERVER_SET = ("id", "created_at", "last_updated_at", "next_run_at", "last_run_at")
SENT = ("type", "query", "schedule", "relations_for_deletion", "enabled")
"""All five, always: whether the platform resets what is left out is not known."""

SHAPE = compile_shape(
    lists={
        "query.filters": as_set("type"),
        "query.filters[].related_entity_schemas": AS_SET,
        "query.filters[].message_type": AS_SET,
        "query.filters[].workflow_status": AS_SET,
        "relations_for_deletion": AS_SET,
    },
    defaults={"enabled": True, "query.include_deleted": "false"},
    empty=("query.filters", "relations_for_deletion"),
)


def key(spec: Json) -> str:
    """`contact/deletion`: at most one config of a type for a schema."""
    return f"{object_at(spec).get('entity_schema')}/{spec.get('type')}"


def spec_of(live: Json) -> Spec:
    """The live config without what the platform sets."""
    return without(object_at(live), *SERVER_SET)


def asks(context: Context) -> Mapping[str, Call]:
    """The saved view: who is deleted depends on its filters, which change without any change of the config."""
    query = context.want.get("query")
    view = query.get("saved_view_id") if isinstance(query, dict) else None
    if not isinstance(view, str) and context.live:
        view = inner_at(context.live.get("query"), ("query",)).get("saved_view_id")
    return {"view": view_call(view)} if isinstance(view, str) else {}


def prepare(context: Context) -> PreparedSides:
    """Both sides; the saved view is judged, and what it filters is held against what was accepted last."""
    have = spec_of(context.live) if context.live else {}
    findings = (*_start(context, have), *judged(context))
    view = context.answers.get("view")
    if not isinstance(view, dict):
        return PreparedSides(context.want, have, context.parts, findings=findings)
    accepted = {**context.parts, "saved_view": seen(view)}
    told = not context.live or viewed(context.want, have) != viewed(have, have)  # by a create, or another view
    meanings = () if told else tuple(meanings_of(context, view))
    enabled = is_enabled(context.want, have)
    notices = tuple(unfiltered(context, view)) if told else () if enabled else tuple(dormant(meanings))
    return PreparedSides(
        context.want,
        have,
        accepted if told else context.parts,
        findings=findings,
        notices=notices,
        meanings=meanings if enabled else (),
        accepted=accepted,
    )


def _start(context: Context, have: Spec) -> Iterator[Finding]:
    """What gets enabled must start in the future: without a date, or with one in the past, it deletes at once."""
    if context.want.get("enabled") is not True or (have and have.get("enabled", True) is True):
        return
    schedule = {**mapping(have.get("schedule")), **mapping(context.want.get("schedule"))}
    start = schedule.get("start_date")
    if not isinstance(start, str) or start <= context.today:
        said = f"`{start}` is not in the future" if start else "there is no `start_date`"
        yield Finding(
            "retention-starts-now",
            f"enabling this config deletes at once: {said}",
            ("schedule", "start_date"),
            "give a start_date in the future, so that a mistake can still be stopped",
        )


def _body(spec: Spec, want: Spec) -> Json:
    """What the platform documents, and what else the manifest says; the schema stands in the path."""
    said = {*SENT, *want} - {"entity_schema", *SERVER_SET}
    body = {name: each for name, each in _filled(spec).items() if name in said}
    body["query"] = {"include_deleted": "false", "filters": [], **_filled(body.get("query"))}
    if "schedule" in body:
        body["schedule"] = _filled(body["schedule"])
    return {"relations_for_deletion": [], "enabled": True, **body}


def _filled(value: Json) -> dict[str, Json]:
    """The mapping without its nulls: the API knows no null, and an emptied field is left out."""
    return {name: each for name, each in mapping(value).items() if each is not None}


def _save(spec: Spec, want: Spec) -> Call:
    return Call("POST", f"/{segment(str(field_of(spec, 'entity_schema')))}/configs", _body(spec, want))


def _one_only(spec: Spec) -> Step:
    schema = str(field_of(spec, "entity_schema"))

    def complaint(reply: Json) -> str:
        count = len(_of(reply, spec))
        if count == 1:
            return ""
        ids = ", ".join(f"`{each.get('id')}`" for each in _of(reply, spec))
        return f"{count} configs for `{schema}` exist now, and one is right: disable the other by hand ({ids})"

    return Step("count", _look(spec), complaint=complaint, pretend={"configs": [spec]})


def _look(spec: Spec) -> Call:
    schema, type_ = segment(str(field_of(spec, "entity_schema"))), segment(str(field_of(spec, "type")))
    return Call("GET", f"/configs?entity_schema={schema}&type={type_}&limit=100")


def _of(reply: Json, spec: Spec) -> list[Json]:
    configs = reply.get("configs") if isinstance(reply, dict) else None
    return [each for each in list_at(configs, ("configs",)) if isinstance(each, dict) and key(each) == key(spec)]


def _read(id: str) -> Call:
    return Call("GET", f"/configs/{segment(id)}")


def create(write: Write) -> Steps:
    """Look that there is none, upsert, read back, count."""
    goal = write.goal
    yield Step(
        "look",
        _look(goal),
        pretend={"configs": []},
        complaint=lambda reply: "a config for this schema has appeared since the plan" if _of(reply, goal) else "",
    )
    made = yield Step(
        "create",
        _save(goal, write.want),
        once=True,
        complaint=has_id,
        pretend={**goal, "id": "…"},
        seek=Seek(LISTING, "entity_schema", str(goal["entity_schema"])),
    )
    live = yield Step("read back", _read(made["id"]), complaint=is_there("the new retention config"))
    yield _one_only(goal)
    return StepsResult(made["id"], live, write.parts, _next_run(None, live))


def update(write: Write) -> Steps:
    """The same upsert: it must answer with the id we know."""
    return (yield from _upsert(write, write.goal, "save"))


def remove(write: Write) -> Steps:
    """The API has no delete: the config is disabled, everything else stays as it is."""
    return (yield from _upsert(write, {**write.goal, "enabled": False}, "disable"))


def _upsert(write: Write, goal: Spec, name: str) -> Steps:
    def complaint(reply: Json) -> str:
        other = own_id(reply)
        return f"a second config was created: `{other}`; disable it by hand" if other and other != write.live_id else ""

    yield Step(name, _save(goal, write.want), complaint=complaint, pretend={"id": write.live_id})
    live = yield Step("read back", _read(write.live_id), complaint=is_there("the retention config"))
    yield _one_only(goal)
    return StepsResult(write.live_id, live, write.parts, _next_run(write.live, live))


def _next_run(before: Json, after: Json) -> tuple[str, ...]:
    """When it runs next, and when it would have: whether a change moves that is not documented."""
    then, now = (mapping(each).get("next_run_at") for each in (before, after))
    if mapping(after).get("enabled", True) is False or not now:
        return ()
    return (f"the next run is on {now}" + (f", and was to be on {then}" if then and then != now else ""),)


def already_removed(live: Json) -> bool:
    """Whether it is disabled."""
    return object_at(live).get("enabled") is False


def risk(change: FieldChange, have: Spec, goal: Spec) -> Risk | None:
    """docs/platform.md#what-deletes-more: what makes more be deleted, or sooner, is destructive where the config is
    enabled."""
    field = change.path[0]
    if field == "enabled":
        if change.after is True:
            return Risk("destructive", "deletions start", "enabled")
        return Risk("risky", "nothing is deleted any more; a legal duty to delete may be missed")
    reason = ""
    if field == "query":
        reason = _wider(change)
    elif field == "relations_for_deletion" and set(_list(change.after)) - set(_list(change.before)):
        reason = "entities of more schemas are deleted along with each match"
    elif field == "schedule":
        reason = _sooner(change)
    if not reason:
        return None
    if goal.get("enabled", True) is False:
        return Risk("risky", reason)
    return Risk("destructive", reason, str(field))


def _wider(change: FieldChange) -> str:
    if change.path[-1] == "saved_view_id":
        return "another saved view: other entities are deleted"
    if change.path[-1] == "include_deleted":
        return "what is in the trash is looked at differently"
    before, after = ([canonical(each) for each in _list(side)] for side in (change.before, change.after))
    return "a filter is gone or changed: more entities may match" if set(before) - set(after) else ""


def _sooner(change: FieldChange) -> str:
    name, before, after = change.path[-1], change.before, change.after
    if name == "schedule":
        return "it runs by itself from now on"
    if name == "interval_days" and not (_number(before) and _number(after) and after >= before):
        return "runs more often"
    if name == "start_date" and not (isinstance(after, str) and isinstance(before, str) and after >= before):
        return "starts sooner" if not isinstance(after, str) or isinstance(before, str) else ""
    if name == "end_date" and not (isinstance(after, str) and isinstance(before, str) and after <= before):
        return "runs longer" if not isinstance(after, str) or isinstance(before, str) else ""
    return "another kind of schedule" if name == "frequency" else ""


def _number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def create_risk(spec: Spec) -> Risk | None:
    """A config that is created enabled deletes."""
    if spec.get("enabled", True) is False:
        return None
    start = mapping(spec.get("schedule")).get("start_date")
    return Risk("destructive", f"deletions start on {start}" if start else "deletions start at once", "enabled")


def _foresee(lists: Mapping[str, Sequence[Json]]) -> Foreseen:
    """Every saved view: a config of tomorrow may point at any."""
    ids = {str(view["id"]) for view in lists.get("SavedView", ()) if view.get("id")}
    ids |= {str(id) for live in lists["RetentionConfig"] if (id := mapping(live.get("query")).get("saved_view_id"))}
    yield [view_call(id) for id in sorted(ids)]


def _recorded() -> RecordingRules:
    from syncer.model.recording_rules import RecordedRead, RecordingRules  # late: only `record` asks

    views = RecordedRead("entity", "GET /v1/entity/view/{id}", view_kept)
    return RecordingRules(lambda live: {"id": field_of(live, "id"), **spec_of(live)}, (views,), _foresee)


KIND = Kind(
    name="RetentionConfig",
    slug="retention-config",
    service=SERVICE,
    listing=LISTING,
    key=key,
    key_field="entity_schema",
    key_form=r"[a-zA-Z0-9_-]+/[a-z_]+",
    key_words="`SCHEMA/TYPE`: `contact/deletion`",
    live_key=key,
    live_id=lambda live: str(field_of(live, "id")),
    shape=SHAPE,
    spec_of=spec_of,
    deletes_records=True,
    by_day=True,
    asks=asks,
    prepare=prepare,
    read=lambda id, live: _read(id),
    written_at=lambda live: f"/{live.get('entity_schema')}/configs",
    create=create,
    update=update,
    remove=remove,
    removal=lambda policy: "deactivate",
    risk=risk,
    create_risk=create_risk,
    remove_reason="it is disabled; the API has no delete",
    already_removed=already_removed,
    dated=DateFields(changed_at="last_updated_at"),
    check=lambda spec: check_retention(spec),
    rules=RULES,
    acceptable=ACCEPTABLE,
    heading="Retention configs",
    words=("enabled",),
    own_values=("enabled",),
    folder="retention",
    restrictions=SENT,
    called=lambda live: f"{live.get('entity_schema')} {live.get('type')}",
    recorded=_recorded,
    refs=(
        RefField("entity_schema", "EntitySchema", plain=True),
        RefField("query.saved_view_id", "SavedView", scope="entity_schema"),
    ),
)
