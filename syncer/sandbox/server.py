"""The sandbox's application: tokens, quotas, the error shape of every service, large replies, and the socket."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from syncer.sandbox import audit_log, permissions
from syncer.sandbox.app import catalogue, installations
from syncer.sandbox.control import fault_api
from syncer.sandbox.control.callers import Callers
from syncer.sandbox.control.middleware import FaultRules, Middleware
from syncer.sandbox.data_governance import retention
from syncer.sandbox.entity import entities, schema_items, schemas, taxonomies, views
from syncer.sandbox.options import Options
from syncer.sandbox.quota import Windows, is_read, is_search
from syncer.sandbox.request_scope import Clock, Payloads, Refusal, RequestScope, refuse
from syncer.sandbox.seed import found_organisation
from syncer.sandbox.store import Store, encode
from syncer.sandbox.workflow import automations, closing_reasons, flows, workflow_definitions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


LARGE = "application/large-response.vnd+json"
_SERVICES = (
    fault_api,
    schema_items,
    schemas,
    views,
    taxonomies,
    entities,
    flows,
    closing_reasons,
    workflow_definitions,
    automations,
    installations,
    catalogue,
    retention,
    permissions,
    audit_log,
)
_SAYS_ERROR = ("/v1/entity", "/v2/entity", "/v3/entity", "/v1/automation")
_TAKES_ORG_HEADER = ("/v1/entity", "/v2/entity", "/v1/app", "/data-", "/v1/permissions")


@dataclass(frozen=True)
class Organisation:
    """An organisation of the sandbox and a token that acts for it; any string is a token, a JWT too."""

    org_id: str
    token: str
    read_only: bool = False
    user: str = ""
    """Whose token it is, as `created_by` and `updated_by` say. Unless given: `user-ORG` for an organisation's first
    token, `user-ORG-2` for its second, and so on."""


def _now() -> datetime:
    return datetime.now(UTC)


def _uuid() -> str:
    return str(uuid.uuid4())


def create_app(
    db: str,
    organisations: Sequence[Organisation],
    *,
    options: Options = Options(),  # noqa: B008  a frozen value
    now: Callable[[], datetime] = _now,
    new_id: Callable[[], str] = _uuid,
) -> Flask:
    """The WSGI application over a SQLite file (or `:memory:`).

    Organisations that the file does not know yet get the built-in objects. Several tokens may name one organisation.
    The store is `app.extensions["sandbox"]`. Raises ValueError where two of them share a token.

    In one piece: it puts together what every request passes through, in that order.
    """
    app = Flask("syncer.sandbox", static_folder=None)
    app.url_map, app.view_functions = _routes().url_map, _routes().view_functions
    clock, store, payloads = Clock(now), Store(db), Payloads()
    by_token = {f"Bearer {each.token}": each for each in organisations}
    if len(by_token) < len(organisations):
        raise ValueError("two organisations have the same token")
    windows, watch = Windows(now), FaultRules(clock, [each.token for each in organisations])
    app.extensions |= {"sandbox": store, "sandbox.watch": watch, "sandbox.payloads": payloads}

    users = _users(organisations)

    def enter(caller: Organisation) -> None:
        g.scope = RequestScope(caller.org_id, users[caller.token], store, options, clock, new_id, caller.read_only)

    for each in dict.fromkeys(each.org_id for each in organisations):
        with store.work(writing=True):
            found_organisation(store, each, now)

    @app.before_request
    def admit() -> None:
        if request.path.startswith("/_sandbox/"):
            fault_api.only_here()
            return
        caller = _caller(by_token)
        _charge(windows, options, caller.org_id, is_read(request.method, request.path))
        enter(caller)

    @app.after_request
    def finish(answer: Response) -> Response:
        if "scope" in g:
            audit_log.note(g.scope, answer.status_code)
        large = (answer.content_length or 0) > options.large_reply_bytes
        if answer.status_code >= 300 or request.path.startswith("/_sandbox/") or not large:
            return answer
        return _elsewhere(answer, payloads, new_id)

    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _unknown)
    inner: WSGIApplication = app.wsgi_app
    gate = Middleware(inner, store, watch, lambda header: by_token[header].org_id if header in by_token else None)
    app.wsgi_app = gate  # type: ignore[method-assign]
    return app


def serve(app: Flask, host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Answer on a socket until interrupted, whoever calls by this address; prints nothing itself. `ready` is called
    once the socket listens: who calls from then on is answered."""
    import waitress

    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    server = waitress.create_server(Callers(app, host, port), host=host, port=port, threads=16, ident="sandbox")
    try:
        ready()
        server.run()
    finally:
        server.close()


def _users(organisations: Sequence[Organisation]) -> dict[str, str]:
    """Token → the user that it acts as."""
    users: dict[str, str] = {}
    counts: dict[str, int] = {}
    for each in organisations:
        number = counts[each.org_id] = counts.get(each.org_id, 0) + 1
        users[each.token] = each.user or f"user-{each.org_id}" + (f"-{number}" if number > 1 else "")
    return users


@cache
def _routes() -> Flask:
    """All services' routes, compiled once in a process: an application takes them over, so making one is quick."""
    app = Flask("syncer.sandbox.routes", static_folder=None)
    for service in _SERVICES:
        app.register_blueprint(service.ROUTES)
    return app


def _caller(by_token: Mapping[str, Organisation]) -> Organisation:
    """Who sends this request; Refusal where the token is nobody's, or may not do that."""
    caller = by_token.get(request.headers.get("Authorization", ""))
    if caller is None:
        raise Refusal(401, "Unauthorized")
    asked_org = request.headers.get("x-epilot-org-id")
    if asked_org and asked_org != caller.org_id and request.path.startswith(_TAKES_ORG_HEADER):
        refuse(403, f"no sharing rights in organisation {asked_org}")
    if caller.read_only and not is_read(request.method, request.path):
        refuse(403, "the token is read-only")
    return caller


def _elsewhere(answer: Response, payloads: Payloads, new_id: Callable[[], str]) -> Response:
    """The address of a large answer in its place, or a refusal for who does not say that it takes one."""
    if LARGE not in request.headers.get("Accept", ""):
        return _refused(Refusal(413, f"response payload too large; send Accept: {LARGE}"))
    address = f"{request.host_url}_sandbox/payloads/{payloads.keep(new_id(), answer.get_data(as_text=True))}"
    return Response(encode({"$payload_ref": address}), 200, content_type=LARGE)


def _refused(refusal: Refusal) -> Response:
    answer = Response(encode(_error(refusal.status, refusal.message)), refusal.status, mimetype="application/json")
    answer.headers.update(refusal.headers)
    return answer


def _unknown(problem: HTTPException) -> Response:
    status = problem.code or 500
    return Response(encode(_error(status, problem.name)), status, mimetype="application/json")


def _charge(windows: Windows, options: Options, org: str, reading: bool) -> None:
    """Count the call against the organisation's minute, or refuse it (docs/platform.md#limits)."""
    if is_search(request.path):
        pool, most = f"{org} searches", options.search_quota_per_minute
    elif reading or (options.quota_services == "entity" and not request.path.startswith("/v1/entity")):
        return
    else:
        pool, most = f"{org} mutations", options.quota_per_minute
    if most is not None and (wait := windows.take(pool, most)) is not None:
        raise Refusal(429, "Too Many Requests", {"Retry-After": str(wait)})


def _error(status: int, message: str) -> dict[str, object]:
    """An error body as the service of this path writes it; the gateway's own (401, 403 of a token) say `message`."""
    if request.path.startswith(_SAYS_ERROR) and status not in (401, 403):
        return {"status": status, "error": message}
    return {"message": message}
