"""Retention configs, their jobs and the preview query, under both names of the service
(docs/platform.md#retention-calls, #services)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import date as Day
from datetime import timedelta

from flask import Blueprint, Response, request

from syncer.sandbox.body_schema import body_schema
from syncer.sandbox.data_governance.retention_query import matching
from syncer.sandbox.entity.entities import bury, living, related_ids
from syncer.sandbox.request_scope import (
    Refusal,
    RequestScope,
    asked,
    body,
    choice,
    found,
    here,
    listed,
    raw,
    refuse,
    reply,
    whole,
)
from syncer.sandbox.store import Json, encode

ROUTES = Blueprint("retention", __name__)
PREFIXES = ("/data-management/v1", "/data-governance/v1")

UPSERT, _PREVIEW = body_schema("data_governance", "upsert"), body_schema("data_governance", "preview")
_SERVERS_OWN = ("id", "entity_schema", "created_at", "last_updated_at", "next_run_at", "last_run_at")


def list_configs() -> Response:
    """Retention configs, paged by cursor."""
    args = request.args
    enabled = asked("enabled") if "enabled" in args else None
    choice("type", "deletion")

    def wanted(config: Json) -> bool:
        same = all(args.get(key) in (None, config.get(key)) for key in ("entity_schema", "type", "next_run_at"))
        return same and enabled in (None, config["enabled"])

    return _cursored("configs", "retention", wanted)


def get_config(config_id: str) -> Response:
    """One retention config."""
    return reply(found("retention", config_id, "Config"))


def upsert_config(entity_schema: str) -> Response:
    """Create a config (201) or change the one there is (200); the body has no id."""
    given, scope = body(UPSERT), here()
    if scope.options.retention_schemas is not None and entity_schema not in scope.options.retention_schemas:
        refuse(400, f"retention is not supported for schema {entity_schema}")
    if scope.options.retention_view_checked and scope.get("view", given["query"]["saved_view_id"]) is None:
        refuse(400, f"saved view {given['query']['saved_view_id']} not found")
    old = held(scope, entity_schema, given)
    return raw(new_config(scope, entity_schema, given, old), 200 if old else 201)


def query_entities(entity_schema: str) -> Response:
    """Which entities a query means; changes nothing."""
    given, scope = body(_PREVIEW), here()
    hits = select(scope, entity_schema, given)
    start, size = given.get("from", 0), given.get("size", 10)
    names = {*given.get("fields", ()), "_id", "_schema"} if "fields" in given else None
    page = [
        entity if names is None else {key: value for key, value in entity.items() if key in names}
        for entity in hits[start : start + size]
    ]
    exact = scope.options.hits_exact_up_to
    return listed("results", map(encode, page), hits=len(hits) if exact is None else min(len(hits), exact))


def list_jobs() -> Response:
    """Jobs, paged by cursor."""
    args = request.args
    choice("status", "in_progress", "success", "failed")

    def wanted(job: Json) -> bool:
        return all(args.get(key) in (None, job[key]) for key in ("entity_schema", "type", "status", "config_id"))

    return _cursored("jobs", "job", wanted)


def get_job(job_id: str) -> Response:
    """One job."""
    return reply(found("job", job_id, "Job"))


def run_config(config_id: str) -> Response:
    """Start a deletion run now: every call is another one."""
    scope, config = here(), found("retention", config_id, "Config")
    if not config["enabled"] and not scope.options.retention_disabled_runs:
        refuse(400, f"Config {config_id} is disabled")
    return reply(run(scope, config, "manual"), 201)


def new_config(
    scope: RequestScope, entity_schema: str, given: Json, old: Json | None = None, id: str | None = None
) -> str:
    """Store a config, new or in place of `old`; `next_run_at` follows from the schedule."""
    stamp = scope.stamp()
    own = {key: value for key, value in given.items() if key not in _SERVERS_OWN}
    kept = scope.options.retention_omitted == "kept" and old is not None
    defaults = old if kept and old else {"relations_for_deletion": [], "enabled": True}
    config = {
        **{key: value for key, value in defaults.items() if key not in _SERVERS_OWN},
        **own,
        "id": old["id"] if old else id or scope.new_id(),
        "entity_schema": entity_schema,
        "created_at": old["created_at"] if old else stamp,
        "last_updated_at": stamp,
    }
    if old and "last_run_at" in old:
        config["last_run_at"] = old["last_run_at"]
    if (next_run := _next_run(config, scope.clock.now().date())) is not None:
        config["next_run_at"] = next_run
    return scope.put("retention", config["id"], config, owner=entity_schema)


def select(scope: RequestScope, entity_schema: str, query: Json) -> list[Json]:
    """The entities a query means: those of its saved view, narrowed by its filters; 400 where the view is missing."""
    view = scope.get("view", query["saved_view_id"])
    if view is None:
        refuse(400, f"saved view {query['saved_view_id']} not found")
    base = living(scope, {entity_schema}, query.get("include_deleted", "false"))
    everything = living(scope)
    filters = (view.get("ui_config") or {}).get("filters") or {}
    return matching(base, everything, filters, query.get("filters", ()), scope.clock.now())


def run(scope: RequestScope, config: Json, trigger: str) -> Json:
    """Delete what a config means, and what it is related to in the schemas named: a real run, into the trash."""
    started, deleted = scope.stamp(), 0
    matched, failure = _matched(scope, config)
    for entity in matched:
        for other in _related(scope, entity, set(config["relations_for_deletion"])):
            bury(scope, other)
            deleted += 1
        bury(scope, entity)
        deleted += 1
    id, done = scope.new_id(), scope.stamp()
    job = {
        "id": id,
        "type": config["type"],
        "config_id": config["id"],
        "entity_schema": config["entity_schema"],
        "scheduled_for": started[:10],
        "status": "failed" if failure else "success",
        "details": {"matched_count": len(matched), "deleted_count": deleted, "failed_count": 0},
        "started_at": started,
        "completed_at": done,
        "created_at": started,
        "last_updated_at": done,
        "trigger": trigger,
        "triggered_by": scope.user,
        **failure,
    }
    scope.put("job", id, job, owner=config["id"])
    config = config | {"last_run_at": done}
    if (next_run := _next_run(config, scope.clock.now().date())) is not None:
        config["next_run_at"] = next_run
    scope.put("retention", config["id"], config, owner=config["entity_schema"])
    return job


def _matched(scope: RequestScope, config: Json) -> tuple[list[Json], dict[str, Json]]:
    """What a run would delete, or why it fails: its saved view may be gone."""
    try:
        return select(scope, config["entity_schema"], config["query"]), {}
    except Refusal as refusal:
        return [], {"error": refusal.message}


def held(scope: RequestScope, entity_schema: str, given: Json) -> Json | None:
    """The config an upsert is about."""
    key = scope.options.retention_key
    for config in scope.all("retention", owner=entity_schema):
        same_view = config["query"]["saved_view_id"] == given["query"]["saved_view_id"]
        if key != "none" and config["type"] == given["type"] and (key == "schema_and_type" or same_view):
            return config
    return None


def _next_run(config: Json, today: Day) -> str | None:
    """The day of the next run: the start, or an interval after the last run, or today; none after the end."""
    schedule = config.get("schedule") or {}
    days = [today]
    if "start_date" in schedule:
        days.append(Day.fromisoformat(schedule["start_date"]))
    if "last_run_at" in config:
        days.append(Day.fromisoformat(config["last_run_at"][:10]) + timedelta(days=schedule["interval_days"]))
    day = max(days)
    if "end_date" in schedule and day > Day.fromisoformat(schedule["end_date"]):
        return None
    return day.isoformat()


def _related(scope: RequestScope, entity: Json, slugs: set[str]) -> list[Json]:
    named = set(related_ids(entity))
    return [
        other
        for slug in sorted(slugs)
        for other in living(scope, {slug})
        if other["_id"] != entity["_id"] and (other["_id"] in named or entity["_id"] in related_ids(other))
    ]


def _cursored(name: str, kind: str, wanted: Callable[[Json], bool]) -> Response:
    """A page of a list; its cursor says where the next one begins, and is null on the last."""
    scope, size = here(), whole("limit", 25, least=1)
    position = _position(request.args.get("cursor"))
    texts: list[str] = []
    more = False
    while not more:
        rows = scope.store.page(scope.org, kind, position, 200)
        if not rows:
            break
        for seq, stored in rows:
            if wanted(json.loads(stored)):
                if len(texts) == size:
                    more = True
                    break
                texts.append(stored)
            position = seq
    return listed(name, texts, cursor=base64.urlsafe_b64encode(f"after {position}".encode()).decode() if more else None)


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, _, place = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        position = int(place) if word == "after" else -1
    except (ValueError, binascii.Error):
        position = -1
    if position < 0:
        refuse(400, "cursor is not one that this list gave out")
    return position


for _prefix in PREFIXES:
    for _method, _path, _view in (
        ("GET", "/configs", list_configs),
        ("GET", "/configs/<config_id>", get_config),
        ("POST", "/configs/<config_id>/jobs", run_config),
        ("POST", "/<entity_schema>/configs", upsert_config),
        ("POST", "/<entity_schema>/query", query_entities),
        ("GET", "/jobs", list_jobs),
        ("GET", "/jobs/<job_id>", get_job),
    ):
        _name = f"{_prefix.split('/')[1]}-{_view.__name__}"
        ROUTES.add_url_rule(_prefix + _path, endpoint=_name, view_func=_view, methods=[_method])
