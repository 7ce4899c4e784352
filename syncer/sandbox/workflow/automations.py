"""Automation flows, as far as flow templates need them (docs/platform.md#automations)."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from syncer.sandbox.request_scope import RequestScope, asked, body, found, here, listed, raw, reply, whole
from syncer.sandbox.store import Json
from syncer.sandbox.workflow.bodies import AUTOMATION, BATCH

ROUTES = Blueprint("automations", __name__)

_SERVERS_OWN = ("id", "org_id", "runs", "created_at", "updated_at", "created_by", "last_updated_by", "workflow_context")


@ROUTES.get("/v1/automation/flows")
def search() -> Response:
    """Automations; those that flow templates own only with `include_flows=true`."""
    scope, args = here(), request.args
    flows = scope.all("automation", owner=None if asked("include_flows") else "")
    wanted = [
        flow
        for flow in flows
        if args.get("schema") in (None, flow.get("entity_schema"), *_schemas(flow))
        and ("trigger_source_id" not in args or args["trigger_source_id"] in _sources(flow))
        and ("target_workflow" not in args or args["target_workflow"] in targets(flow))
    ]
    start, size = whole("from", 0), whole("size", 25)
    return reply({"total": len(wanted), "results": wanted[start : start + size]})


@ROUTES.post("/v1/automation/flows")
def create() -> Response:
    """Create an automation; never an upsert."""
    return raw(new_automation(here(), body(AUTOMATION)), 201)


@ROUTES.post("/v1/automation/flows:batchGet")
def batch_get() -> Response:
    """Several automations; ids that are not there are left out."""
    scope = here()
    ids = dict.fromkeys(body(BATCH, optional=True).get("ids", ()))
    texts = [text for text in (scope.text("automation", id) for id in ids) if text is not None]
    return listed("results", texts, total=len(texts))


@ROUTES.get("/v1/automation/flows/<id>")
def get(id: str) -> Response:
    """One automation."""
    return reply(found("automation", id, "Flow"))


@ROUTES.put("/v1/automation/flows/<id>")
def put(id: str) -> Response:
    """Replace an automation."""
    given = body(AUTOMATION)
    found("automation", id, "Flow")
    return raw(change_automation(here(), id, given))


@ROUTES.delete("/v1/automation/flows/<id>")
def delete(id: str) -> Response:
    """Delete an automation; 200 without a body."""
    found("automation", id, "Flow")
    here().delete("automation", id)
    return reply()


def new_automation(scope: RequestScope, given: Json, context: Json = None, id: str | None = None) -> str:
    """Store an automation; `context` says which flow template and which part of it owns the automation."""
    stamp = scope.stamp()
    new = {"enabled": True, "runs": 0, **_own(given)}
    new["triggers"], new["actions"] = ([_with_id(scope, each) for each in new[key]] for key in ("triggers", "actions"))
    new |= {
        "id": id or scope.new_id(),
        "org_id": scope.org,
        "created_at": stamp,
        "updated_at": stamp,
        "created_by": scope.user,
        "last_updated_by": scope.user,
    }
    if context is not None and scope.options.automation_context:
        new["workflow_context"] = context
    return scope.put("automation", new["id"], new, owner=(context or {}).get("workflow_id", ""))


def change_automation(scope: RequestScope, id: str, given: Json) -> str:
    """Replace an automation's document, keeping who owns it."""
    old = scope.get("automation", id) or {}
    new = {"enabled": True, **_own(given)}
    new["triggers"], new["actions"] = ([_with_id(scope, each) for each in new[key]] for key in ("triggers", "actions"))
    new |= {key: old[key] for key in _SERVERS_OWN if key in old}
    new |= {"updated_at": scope.stamp(), "last_updated_by": scope.user}
    return scope.put("automation", id, new, owner=owner_of(scope, id))


def owner_of(scope: RequestScope, id: str) -> str:
    """The flow template an automation belongs to; empty for one of its own."""
    return scope.store.owner(scope.org, "automation", id)


def targets(flow: Json) -> list[str]:
    """The flow templates an automation starts."""
    return [
        action["config"]["target_workflow"]
        for action in flow["actions"]
        if action.get("type") == "trigger-workflow" and "target_workflow" in (action.get("config") or {})
    ]


def clone(scope: RequestScope, id: str, context: Json) -> str | None:
    """Copy an automation for another owner; the copy's id, or None if there is nothing to copy."""
    source = scope.get("automation", id)
    if source is None:
        return None
    copy = {key: value for key, value in source.items() if key not in _SERVERS_OWN}
    for key in ("triggers", "actions"):
        copy[key] = [{name: value for name, value in each.items() if name != "id"} for each in copy[key]]
    return str(json.loads(new_automation(scope, copy, context))["id"])


def _own(given: Json) -> dict[str, Json]:
    return {key: value for key, value in given.items() if key not in _SERVERS_OWN}


def _with_id(scope: RequestScope, item: Json) -> Json:
    return item if item.get("id") else {"id": scope.new_id(), **item}


def _schemas(flow: Json) -> list[str]:
    return [
        each["configuration"]["schema"] for each in flow["triggers"] if (each.get("configuration") or {}).get("schema")
    ]


def _sources(flow: Json) -> list[str]:
    return [
        each["configuration"]["source_id"]
        for each in flow["triggers"]
        if (each.get("configuration") or {}).get("source_id")
    ]
