"""`/_sandbox`: faults on demand, the log of requests, and replies that were too large; for this machine only."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Callable

from flask import Blueprint, Response, request

from syncer.sandbox.bodies import anything, flag, listing, mapping, nullable, number, record, text
from syncer.sandbox.gate import Fault, Watch
from syncer.sandbox.store import Json
from syncer.sandbox.world import Payloads, body, raw, refuse, reply

_RULE = record(
    {
        "method": text(1),
        "path": text(1),
        "times": nullable(number(1, whole=True)),
        "skip": number(0, whole=True),
        "org": nullable(text(1)),
        "after_commit": flag,
        "status": nullable(number(100, whole=True)),
        "headers": mapping(text()),
        "body": anything,
        "delay": number(0),
        "drop": flag,
        "truncate": nullable(number(0, whole=True)),
        "content_type": nullable(text()),
        "quota": nullable(number(0, whole=True)),
    },
    closed=True,
)


def _either(value: Json, at: str) -> object:
    return listing(_RULE)(value, at) if isinstance(value, list) else _RULE(value, at)


def routes(watch: Watch, payloads: Payloads, new_id: Callable[[], str]) -> Blueprint:
    """The routes over one application's rules, log and payloads."""
    blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")

    @blueprint.before_request
    def only_here() -> None:
        address = request.remote_addr
        if address and not ipaddress.ip_address(address.split("%")[0]).is_loopback:
            refuse(403, "/_sandbox answers on this machine only")

    @blueprint.post("/faults")
    def add_faults() -> Response:
        given = body(_either)  # type: ignore[arg-type]
        faults = [Fault(id=f"fault-{new_id()[:8]}", **rule) for rule in (given if isinstance(given, list) else [given])]
        for fault in faults:
            watch.add(fault)
        known = {fault.id for fault in faults}
        return reply({"faults": [each for each in watch.faults() if each["id"] in known]}, 201)

    @blueprint.get("/faults")
    def list_faults() -> Response:
        return reply({"faults": watch.faults()})

    @blueprint.delete("/faults")
    def clear_faults() -> Response:
        watch.clear_faults()
        return reply(status=204)

    @blueprint.get("/requests")
    def list_requests() -> Response:
        since = int(request.args.get("since", "0"))
        method, path, org = (request.args.get(name) for name in ("method", "path", "org"))
        entries = [
            each
            for each in watch.requests()
            if each["seq"] > since
            and method in (None, each["method"])
            and (path is None or fnmatch.fnmatchcase(each["path"], path))
            and org in (None, each["org"])
        ]
        return reply({"requests": entries, "total": len(entries)})

    @blueprint.delete("/requests")
    def clear_requests() -> Response:
        watch.clear_requests()
        return reply(status=204)

    @blueprint.get("/payloads/<id>")
    def payload(id: str) -> Response:
        if "Authorization" in request.headers:
            refuse(400, "only one auth mechanism allowed: a pre-signed address takes no Authorization header")
        if id not in payloads.texts:
            refuse(404, "no such payload, or it has expired")
        return raw(payloads.texts[id])

    return blueprint
