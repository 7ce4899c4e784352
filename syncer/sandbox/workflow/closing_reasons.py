"""Closing reasons: listed and created under v1, read, changed and deleted under v2
(docs/platform.md#closing-reason-calls)."""

from __future__ import annotations

from flask import Blueprint, Response

from syncer.sandbox.request_scope import RequestScope, asked, body, found, here, listed, raw, refuse, reply
from syncer.sandbox.store import Json
from syncer.sandbox.workflow.bodies import REASON, REASON_CHANGE
from syncer.sandbox.workflow.flows import refresh_reason

ROUTES = Blueprint("reasons", __name__)

_SERVERS_OWN = ("id", "creationTime", "lastUpdateTime")


@ROUTES.get("/v1/workflows/closing-reasons")
def list_reasons() -> Response:
    """Closing reasons; INACTIVE ones only with `includeInactive=true`."""
    mark = None if asked("includeInactive") else "ACTIVE"
    return listed("reasons", here().texts("closing_reason", mark=mark))


@ROUTES.post("/v1/workflows/closing-reasons")
def create_reason() -> Response:
    """Create a closing reason; the same title twice is two reasons."""
    given = body(REASON)
    scope = here()
    if scope.options.reason_title_required and not given.get("title"):
        refuse(400, "body must have required property 'title'")
    _unique(scope, given.get("title"), "")
    return raw(new_reason(scope, given), 201)


@ROUTES.get("/v1/workflows/closing-reasons/<id>")
@ROUTES.get("/v2/workflows/closing-reasons/<id>")
def get_reason(id: str) -> Response:
    """One closing reason."""
    return reply(found("closing_reason", id, "Closing reason"))


@ROUTES.patch("/v2/workflows/closing-reasons/<id>")
def patch_reason(id: str) -> Response:
    """Change a closing reason."""
    given, old, scope = body(REASON), found("closing_reason", id, "Closing reason"), here()
    if scope.options.reason_title_required and given.get("title") == "":
        refuse(400, "body/title must NOT have fewer than 1 characters")
    _unique(scope, given.get("title"), id)
    return raw(_write(scope, old | _own(given)))


@ROUTES.patch("/v1/workflows/closing-reasons/<id>")
def change_status(id: str) -> Response:
    """Change the status the old way: 202 without a body."""
    given, old = body(REASON_CHANGE), found("closing_reason", id, "Closing reason")
    _write(here(), old | {"status": given["status"]})
    return reply(status=202)


@ROUTES.delete("/v2/workflows/closing-reasons/<id>")
def delete_reason(id: str) -> Response:
    """Delete a closing reason; flows keep its bare id."""
    found("closing_reason", id, "Closing reason")
    here().delete("closing_reason", id)
    refresh_reason(here(), id)
    return reply(status=204)


def new_reason(scope: RequestScope, given: Json, id: str | None = None) -> str:
    """Store a closing reason; ACTIVE unless it says otherwise; unknown fields stay."""
    stamp = scope.stamp()
    reason = {"id": id or scope.short_id(21), "status": "ACTIVE"} | _own(given)
    reason |= {"creationTime": given.get("creationTime", stamp) if id else stamp, "lastUpdateTime": stamp}
    return scope.put("closing_reason", reason["id"], reason, mark=reason["status"])


def _own(given: Json) -> dict[str, Json]:
    return {key: value for key, value in given.items() if key not in _SERVERS_OWN}


def _write(scope: RequestScope, reason: Json) -> str:
    reason["lastUpdateTime"] = scope.stamp()
    text = scope.put("closing_reason", reason["id"], reason, mark=reason["status"])
    refresh_reason(scope, reason["id"])
    return text


def _unique(scope: RequestScope, title: Json, id: str) -> None:
    if scope.options.name_unique and any(
        each["title"] == title and each["id"] != id for each in scope.all("closing_reason")
    ):
        refuse(409, f"a closing reason with title {title} exists already")
