"""The audit log: who asked for which change, and when (docs/platform.md#audit-log). Bodies and tokens are not in it."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, request

from syncer.sandbox.body_schema import body_schema
from syncer.sandbox.quota import is_read
from syncer.sandbox.request_scope import RequestScope, body, found, here, reply
from syncer.sandbox.store import Json

ROUTES = Blueprint("audit_log", __name__)

_SEARCH = body_schema("audit_log", "search")
_KIND = "audit_event"
_SERVICES = {"/v1/entity": "entity", "/v1/automation": "automation", "/v1/app": "app", "/data-": "data-governance"}


@ROUTES.post("/v1/logs")
def search() -> Response:
    """Events, newest first; every field of the body narrows them."""
    given = body(_SEARCH, optional=True)
    hits = [each for each in reversed(here().all(_KIND)) if _fits(each, given)]
    size, page = given.get("limit", 50), given.get("page", 0)
    return reply({"logs": hits[page * size : (page + 1) * size], "total": len(hits)})


@ROUTES.get("/v1/logs/<id>")
def one(id: str) -> Response:
    """One event."""
    return reply({"log": found(_KIND, id, "Event")})


def note(scope: RequestScope, status: int) -> None:
    """Write down the request that is being answered, if it asked for a change."""
    if is_read(request.method, request.path):
        return
    time = scope.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    service = next((name for prefix, name in _SERVICES.items() if request.path.startswith(prefix)), "workflows")
    id = str(uuid.uuid4())
    event = {
        "id": id,
        "org_id": scope.org,
        "service_name": service,
        "event_name": (request.endpoint or "").rpartition(".")[2],
        "status_code": status,
        "timestamp": time,
        "caller": {"user_id": scope.user, "user_email": f"{scope.user}@example.org", "trigger_type": "user"},
        "http": {"method": request.method, "path": request.path},
        "activity": f"{request.method} {request.path}",
    }
    scope.put(_KIND, id, event)


def _fits(event: Json, given: Json) -> bool:
    """Whether the event is one of those that are asked for."""
    span, user = given.get("timestamp", {}), given.get("user", {})
    failed = event["status_code"] >= 400
    return (
        all(event[name] == given[name] for name in ("service_name", "event_name") if name in given)
        and given.get("method", event["http"]["method"]) == event["http"]["method"]
        and given.get("outcome", "failure" if failed else "success") == ("failure" if failed else "success")
        and span.get("from", "") <= event["timestamp"] <= span.get("to", "~")
        and all(event["caller"][f"user_{name.removeprefix('user_')}"] == value for name, value in user.items())
    )
