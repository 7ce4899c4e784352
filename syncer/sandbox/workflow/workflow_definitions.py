"""Workflow definitions of the first generation, their closing reasons, and the limit of enabled workflows."""

from __future__ import annotations

from flask import Blueprint, Response

from syncer.sandbox.request_scope import RequestScope, body, found, here, raw, reply
from syncer.sandbox.store import Json
from syncer.sandbox.workflow.bodies import DEFINITION, REASON_IDS

ROUTES = Blueprint("definitions", __name__)

_SERVERS_OWN = ("id", "creationTime", "lastUpdateTime")


@ROUTES.get("/v1/workflows/limits/max-allowed")
def limits() -> Response:
    """How many workflows are enabled, and how many may be."""
    scope = here()
    enabled = sum(scope.store.count(scope.org, kind, mark="enabled") for kind in ("flow", "definition"))
    return reply({"currentNoOfWorkflows": enabled, "maxAllowed": scope.options.flow_most_enabled})


@ROUTES.get("/v1/workflows/definitions")
def list_definitions() -> Response:
    """All definitions, as a bare list."""
    return raw(f"[{','.join(here().texts('definition'))}]")


@ROUTES.post("/v1/workflows/definitions")
def create_definition() -> Response:
    """Create a definition."""
    return raw(write(here(), body(DEFINITION)), 201)


@ROUTES.get("/v1/workflows/definitions/<id>")
def get_definition(id: str) -> Response:
    """One definition."""
    return reply(found("definition", id, "Workflow definition"))


@ROUTES.put("/v1/workflows/definitions/<id>")
def put_definition(id: str) -> Response:
    """Replace a definition."""
    given, old = body(DEFINITION), found("definition", id, "Workflow definition")
    return raw(write(here(), given, old))


@ROUTES.delete("/v1/workflows/definitions/<id>")
def delete_definition(id: str) -> Response:
    """Delete a definition."""
    found("definition", id, "Workflow definition")
    here().delete("definition", id)
    return reply(status=204)


@ROUTES.get("/v1/workflows/definitions/<id>/closing-reasons")
def get_reasons(id: str) -> Response:
    """The closing reasons of a definition, by id."""
    return reply({"reasons": found("definition", id, "Workflow definition").get("closingReasons", [])})


@ROUTES.patch("/v1/workflows/definitions/<id>/closing-reasons")
def set_reasons(id: str) -> Response:
    """Replace a definition's closing reasons; 201 without a body."""
    given, old = body(REASON_IDS), found("definition", id, "Workflow definition")
    write(here(), old | {"closingReasons": given["reasons"]}, old)
    return reply(status=201)


def write(scope: RequestScope, given: Json, old: Json = None, id: str | None = None) -> str:
    """Store a definition; steps and sections without an id get one."""
    stamp = scope.stamp()
    new = {"enabled": True, **{key: value for key, value in given.items() if key not in _SERVERS_OWN}}
    for item in new["flow"]:
        steps = item.get("steps")
        for each in (item, *(steps if isinstance(steps, list) else ())):
            if isinstance(each, dict) and not each.get("id"):
                each["id"] = scope.short_id(10)
    new = {
        "id": old["id"] if old else id or scope.short_id(10),
        "creationTime": old["creationTime"] if old else stamp,
        "lastUpdateTime": stamp,
        **new,
    }
    return scope.put("definition", new["id"], new, mark="enabled" if new["enabled"] else "disabled")
