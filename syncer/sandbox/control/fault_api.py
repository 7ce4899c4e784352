"""`/_sandbox`: faults on demand, the log of requests, and replies that were too large; for this machine only."""

from __future__ import annotations

import fnmatch
import ipaddress
from typing import cast

from flask import Blueprint, Response, current_app, request

from syncer.sandbox.body_schema import body_schema
from syncer.sandbox.control.middleware import FaultRules
from syncer.sandbox.request_scope import Payloads, body, raw, refuse, reply, whole

ROUTES = Blueprint("control", __name__, url_prefix="/_sandbox")

_RULES = body_schema("control", "rules")


def _watch() -> FaultRules:
    return cast(FaultRules, current_app.extensions["sandbox.watch"])


@ROUTES.post("/faults")
def add_faults() -> Response:
    """Set one rule, or a list of them; their fields are those of `gate.Fault`."""
    given = body(_RULES)
    return reply({"faults": _watch().add(given if isinstance(given, list) else [given])}, 201)


@ROUTES.get("/faults")
def list_faults() -> Response:
    """The rules and how often each has struck."""
    return reply({"faults": _watch().faults()})


@ROUTES.delete("/faults")
def clear_faults() -> Response:
    """Drop all rules."""
    _watch().clear_faults()
    return reply(status=204)


@ROUTES.get("/requests")
def list_requests() -> Response:
    """The log without secrets, oldest first; `since`, `method`, `path` (a glob) and `org` narrow it."""
    since = whole("since", 0)
    method, path, org = (request.args.get(name) for name in ("method", "path", "org"))
    entries = [
        each
        for each in _watch().shown()
        if each["seq"] > since
        and method in (None, each["method"])
        and (path is None or fnmatch.fnmatchcase(each["path"], path))
        and org in (None, each["org"])
    ]
    return reply({"requests": entries, "total": len(entries)})


@ROUTES.delete("/requests")
def clear_requests() -> Response:
    """Empty the log."""
    _watch().clear_requests()
    return reply(status=204)


@ROUTES.get("/payloads/<id>")
def payload(id: str) -> Response:
    """A reply that was too large to send, for whoever has its address."""
    if "Authorization" in request.headers:
        refuse(400, "only one auth mechanism allowed: a pre-signed address takes no Authorization header")
    texts = cast(Payloads, current_app.extensions["sandbox.payloads"]).texts
    if id not in texts:
        refuse(404, "no such payload, or it has expired")
    return raw(texts[id])


def only_here() -> None:
    """Refuse whoever asks from another machine; a caller in this process has a loopback address or none."""
    if not request.remote_addr:
        return
    address = ipaddress.ip_address(request.remote_addr.split("%")[0])
    if not (getattr(address, "ipv4_mapped", None) or address).is_loopback:
        refuse(403, "/_sandbox answers on this machine only")
