"""Flow templates: create, replace, export and import, with the automations they own (docs/platform.md#saving-a-flow,
#export-and-import)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Blueprint, Response, request

from syncer.sandbox.body_schema import BodySchema
from syncer.sandbox.request_scope import RequestScope, asked, body, choice, found, here, listed, refuse, reply
from syncer.sandbox.store import Json, encode
from syncer.sandbox.workflow.automations import change_automation, clone, new_automation
from syncer.sandbox.workflow.bodies import FLOW_BUNDLE, SEARCH, flow
from syncer.sandbox.workflow.flow_graph import kept_edges, limit_warnings
from syncer.sandbox.workflow.flow_import import renumber

ROUTES = Blueprint("flows", __name__)

_SERVERS_OWN = ("id", "org_id", "created_at", "updated_at", "limit_warnings", "_resolved_automations")


@ROUTES.get("/v2/flows/templates")
def list_flows() -> Response:
    """All flow templates, or those that a trigger starts; no paging."""
    kind = choice("trigger_type", "automation", "manual", "journey_submission")
    texts = here().texts("flow")
    if kind is None:
        return listed("results", texts)
    flows = (json.loads(text) for text in texts)
    return listed(
        "results", (encode(each) for each in flows if any(_starts(trigger, kind) for trigger in triggers(each)))
    )


@ROUTES.post("/v2/flows/templates:search")
def search_flows() -> Response:
    """Flow templates by name, trigger and state, the last changed first."""
    given, scope = body(SEARCH, optional=True), here()
    hits = [each for each in scope.all("flow") if _wanted(each, given, scope)]
    key = given.get("sort_by", "updated_at")
    hits.sort(key=lambda each: str(each.get(key, "")), reverse=given.get("sort_order", "desc") == "desc")
    start = given.get("from", 0)
    size = min(given.get("size", scope.options.flow_search_size), scope.options.flow_search_most)
    return listed("results", map(encode, hits[start : start + size]), hits=len(hits))


@ROUTES.post("/v2/flows/templates")
def create_flow() -> Response:
    """Create a flow template under an id of the server's."""
    given, scope = body(shape(here())), here()
    id = given.get("id") if scope.options.flow_client_id_kept else None
    return _answer(write(scope, given, None, id or scope.short_id(8), asked("enforce_limits")), 201)


@ROUTES.get("/v2/flows/templates/<id>")
def get_flow(id: str) -> Response:
    """One flow template."""
    return _answer(found("flow", id, "Flow template"))


@ROUTES.put("/v2/flows/templates/<id>")
def put_flow(id: str) -> Response:
    """Replace a flow template; 409 where it has changed since it was loaded."""
    given, scope = body(shape(here())), here()
    old = scope.get("flow", id)
    if old is None and scope.options.flow_put_unknown_id == "not_found":
        refuse(404, f"Flow template {id} not found")
    if old is not None and scope.options.flow_conflict == "updated_at":
        loaded = given.get("updated_at", old["updated_at"])
        if loaded != old["updated_at"]:
            refuse(409, f"Flow template {id} was changed at {old['updated_at']}, after it was loaded")
    return _answer(write(scope, given, old, id, asked("enforce_limits")))


@ROUTES.delete("/v2/flows/templates/<id>")
def delete_flow(id: str) -> Response:
    """Delete a flow template and the automations it owns."""
    found("flow", id, "Flow template")
    scope = here()
    scope.delete("flow", id)
    if scope.options.flow_delete_automations:
        scope.store.delete_owned(scope.org, "automation", id)
    return reply(status=204)


@ROUTES.post("/v2/flows/templates/<id>/duplicate")
def duplicate_flow(id: str) -> Response:
    """Copy a flow template with its automations."""
    scope, source = here(), found("flow", id, "Flow template")
    copy, _ = bring(scope, exported(scope, source) | {"name": f"{source['name']} (Copy)"})
    return _answer(copy, 201)


@ROUTES.get("/v2/flows/templates/<id>/export")
def export_flow(id: str) -> Response:
    """A flow template with the automations it names."""
    _offered()
    return reply(exported(here(), found("flow", id, "Flow template")))


@ROUTES.post("/v2/flows/templates/import")
def import_flow() -> Response:
    """Create a flow template and its automations from an export; never an upsert."""
    _offered()
    scope = here()
    new, mappings = bring(scope, body(shape(scope) + FLOW_BUNDLE))
    return reply({"flow": new, "_id_mappings": mappings}, 201)


def triggers(each: Json) -> list[Json]:
    """All triggers of a flow, the first one first."""
    return [*filter(None, [each.get("trigger")]), *each.get("additional_triggers", ())]


def write(scope: RequestScope, given: Json, old: Json | None, id: str, enforce: bool = False) -> Json:
    """Store a flow template as the platform would; the body is sound already. Returns what is stored."""
    new = {key: value for key, value in given.items() if key not in _SERVERS_OWN}
    for key, value in (("enabled", True), ("available_in_ecp", False)):
        new.setdefault(key, value)
    for key in ("additional_triggers", "assigned_to", "closing_reasons", "entity_sync", "taxonomies"):
        new.setdefault(key, [])
    if scope.options.flow_version_default:
        new.setdefault("version", scope.options.flow_version_default)
    _allowed(scope, new, old, id, enforce)
    new["closing_reasons"] = [_expanded(scope, each["id"]) for each in new["closing_reasons"]]
    edges = kept_edges(new)
    if len(edges) < len(new["edges"]) and scope.options.flow_broken_edges == "refuse":
        lost = next(edge["id"] for edge in new["edges"] if edge not in edges)
        refuse(400, f"edge {lost} is broken")
    new["edges"] = edges
    for trigger in triggers(new):
        _trigger(scope, new, trigger, id)
    for task in new["tasks"]:
        _task(scope, task, id)
    if old is not None:
        _clear_up(scope, old, new, id)
    stamp = scope.stamp()
    created = old["created_at"] if old else stamp
    new = {"id": id, "org_id": scope.org, "created_at": created, "updated_at": stamp, **new}
    scope.put("flow", id, new, mark="enabled" if new["enabled"] else "disabled")
    return new


def exported(scope: RequestScope, source: Json) -> Json:
    """A flow with the automations it names; null for one that is not there."""
    return source | {"_resolved_automations": {id: scope.get("automation", id) for id in _automation_ids(source)}}


def bring(scope: RequestScope, document: Json) -> tuple[Json, Json]:
    """Create a flow and its automations from an export, all of them new; the flow, and which id became which."""
    bundled = {id: each for id, each in (document.get("_resolved_automations") or {}).items() if each is not None}
    new_id = scope.short_id(8)
    tasks = {task["id"]: scope.new_id() for task in document["tasks"]}
    owners = {id: ("run_task_automation", tasks[task]) for id, task in _tasks_of_automations(document)}
    automations: dict[str, str] = {}
    for old_id, automation in bundled.items():
        role, task = owners.get(old_id, ("trigger_workflow", None))
        context = {"workflow_id": new_id, "workflow_role": role} | ({"task_id": task} if task else {})
        for action in automation["actions"]:
            config = action.get("config") or {}
            if document.get("id") and config.get("target_workflow") == document["id"]:
                config["target_workflow"] = new_id
        automations[old_id] = json.loads(new_automation(scope, automation, context))["id"]
    new = write(scope, renumber(document, tasks, automations), None, new_id)
    mappings = {"flow_id": {"new": new_id}, "task_ids": tasks, "automation_ids": automations}
    if document.get("id"):
        mappings["flow_id"]["old"] = document["id"]
    return new, mappings


def refresh_reason(scope: RequestScope, id: str) -> None:
    """Flows carry their closing reasons whole, so a changed or deleted reason changes what they show."""
    for each in scope.all("flow", containing=f'"id":{encode(id)}'):
        each["closing_reasons"] = [
            _expanded(scope, id) if reason["id"] == id else reason for reason in each["closing_reasons"]
        ]
        scope.put("flow", each["id"], each, mark="enabled" if each["enabled"] else "disabled")


def shape(scope: RequestScope) -> BodySchema:
    """What a flow template's body must look like here."""
    return flow(scope.options.flow_tasks_by_type, scope.options.flow_reasons_complete)


def _offered() -> None:
    if not here().options.flow_export:
        refuse(404, "Not Found")


def _answer(each: Json, status: int = 200) -> Response:
    """A flow with its warnings, which lists do not carry."""
    warnings = limit_warnings(each, dict(here().options.flow_limits))
    return reply(each | {"limit_warnings": warnings} if warnings else each, status)


def _allowed(scope: RequestScope, new: Json, old: Json | None, id: str, enforce: bool) -> None:
    options = scope.options
    others = [each for each in scope.all("flow") if each["id"] != id] if options.name_unique else ()
    if any(each["name"] == new["name"] for each in others):
        refuse(409, f"a flow template with name {new['name']} exists already")
    if options.flow_most_enforced and new["enabled"] and not (old or {}).get("enabled"):
        enabled = scope.store.count(scope.org, "flow", mark="enabled")
        if enabled >= options.flow_most_enabled:
            refuse(
                400, f"the organisation already has {enabled} of at most {options.flow_most_enabled} enabled workflows"
            )
    if enforce:
        limits = dict(options.flow_limits)
        before = (
            {(each["i18nKey"], each.get("node_id")): each["current"] for each in limit_warnings(old, limits)}
            if old
            else {}
        )
        for each in limit_warnings(new, limits):
            if each["current"] > before.get((each["i18nKey"], each.get("node_id")), 0):
                refuse(400, each["message"])


def _expanded(scope: RequestScope, id: str) -> Json:
    reason = scope.get("closing_reason", id)
    if reason is None and scope.options.flow_unknown_reason == "refused":
        refuse(400, f"closing reason {id} does not exist")
    return reason or {"id": id}


def _trigger(scope: RequestScope, new: Json, trigger: Json, id: str) -> None:
    """Consume what a trigger only brings along: its configuration becomes an automation that starts the flow."""
    if scope.options.flow_trigger_ids_filled:
        trigger.setdefault("id", scope.new_id())
    config = trigger.pop("trigger_config", None)
    if trigger["type"] == "journey_submission" and scope.options.flow_journey_automation:
        known = trigger.get("automation_id") or _journey_automation(scope, id, trigger["journey_id"])
        if known:
            trigger["automation_id"] = known
            return
        config = [{"type": "journey_submission", "configuration": {"source_id": trigger["journey_id"]}}]
    if config is None:
        return
    known = trigger.get("automation_id")
    existing = scope.get("automation", known) if known else None
    if existing is not None:
        change_automation(scope, existing["id"], existing | {"triggers": config})
        return
    start = {"type": "trigger-workflow", "name": "Start Workflow", "config": {"target_workflow": id}}
    automation = {"flow_name": new["name"], "triggers": config, "actions": [start]}
    context = {"workflow_id": id, "workflow_role": "trigger_workflow"}
    trigger["automation_id"] = json.loads(new_automation(scope, automation, context))["id"]


def _journey_automation(scope: RequestScope, id: str, journey: str) -> str | None:
    """The automation that already starts this flow from a journey."""
    for each in scope.all("automation", owner=id):
        sources = [(trigger.get("configuration") or {}).get("source_id") for trigger in each["triggers"]]
        if journey in sources:
            return str(each["id"])
    return None


def _task(scope: RequestScope, task: Json, id: str) -> None:
    """Consume what an automation task only brings along: an action becomes an automation, a copy is made."""
    if task["task_type"] != "AUTOMATION" or not isinstance(task.get("automation_config"), dict):
        return
    task.setdefault("created_automatically", False)
    config = task["automation_config"]
    action, source = config.pop("action_config", None), config.pop("duplicated_flow_id", None)
    context = {"workflow_id": id, "task_id": task["id"], "workflow_role": "run_task_automation"}
    if source is not None:
        copied = clone(scope, source, context)
        if copied is None:
            refuse(400, f"automation flow {source} does not exist")
        config["flow_id"] = copied
    if action is None:
        return
    existing = scope.get("automation", config["flow_id"]) if config.get("flow_id") else None
    if existing is not None:
        first = existing["actions"][0]["id"] if existing["actions"] else scope.new_id()
        change_automation(scope, existing["id"], existing | {"actions": [{"id": first, **action}]})
    elif config.get("flow_id"):
        refuse(400, f"automation flow {config['flow_id']} does not exist")
    else:
        automation = {"flow_name": task["name"], "triggers": [{"type": "flows_trigger"}], "actions": [action]}
        config["flow_id"] = json.loads(new_automation(scope, automation, context))["id"]


def _clear_up(scope: RequestScope, old: Json, new: Json, id: str) -> None:
    """The automations of tasks that are gone go too, as long as this flow owns them."""
    gone = {task["id"] for task in old["tasks"]} - {task["id"] for task in new["tasks"]}
    still = set(_automation_ids(new))
    for automation, task in _tasks_of_automations(old):
        if task in gone and automation not in still and scope.store.owner(scope.org, "automation", automation) == id:
            scope.delete("automation", automation)


def _tasks_of_automations(each: Json) -> Iterator[tuple[str, str]]:
    for task in each["tasks"]:
        config = task.get("automation_config")
        if isinstance(config, dict) and config.get("flow_id"):
            yield config["flow_id"], task["id"]


def _automation_ids(each: Json) -> list[str]:
    ids = [trigger["automation_id"] for trigger in triggers(each) if trigger.get("automation_id")]
    return list(dict.fromkeys([*ids, *(id for id, _ in _tasks_of_automations(each))]))


def _starts(trigger: Json, kind: str) -> bool:
    args = request.args
    if trigger["type"] != kind:
        return False
    if kind == "manual":
        return "trigger_schema" not in args or trigger.get("entity_schema") == args["trigger_schema"]
    source = trigger.get("automation_id" if kind == "automation" else "journey_id")
    return "trigger_source_id" not in args or source == args["trigger_source_id"]


def _wanted(each: Json, given: Json, scope: RequestScope) -> bool:
    name, word = each["name"].lower(), given.get("name", "").lower()
    fits = {"contains": word in name, "prefix": name.startswith(word), "exact": each["name"] == given.get("name")}
    return (
        ("name" not in given or fits[scope.options.flow_search_name])
        and given.get("definition_id") in (None, each["id"])
        and given.get("enabled") in (None, each["enabled"])
        and ("trigger_type" not in given or given["trigger_type"] in {trigger["type"] for trigger in triggers(each)})
    )
