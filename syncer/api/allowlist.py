"""Which calls may be made: the first check, on the request, and the last before the wire, on the URL as it is sent.

A run that only reads holds a gate that lets no write through, so it has no way to change anything
(docs/applying.md#the-order-of-things).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from syncer.api.reply import Reply, Request, Transport
from syncer.api.routes import classify_call
from syncer.model.hosts import is_loopback

if TYPE_CHECKING:
    import httpx


class ForbiddenCall(RuntimeError):
    """A call that this run may not make: a bug in syncer, stopped before it reached the network."""


class AllowListTransport:
    """Lets the calls of the table of routes through, only those that read where `read_only`, and tells those below
    whether a call writes."""

    def __init__(self, inner: Transport, *, read_only: bool) -> None:
        self._inner = inner
        self._read_only = read_only

    def send(self, request: Request) -> Reply:
        """As `Transport`; ForbiddenCall for any other call, before anything is done for it."""
        effect = classify_call(request.service, request.method, request.path)
        if effect is None or (effect == "write" and self._read_only):
            raise ForbiddenCall(f"`{request.title}` of {request.service} is not a call this run may make")
        return self._inner.send(replace(request, writes=effect == "write"))


def gate(bases: Mapping[str, str], *, read_only: bool) -> Callable[[httpx.Request], None]:
    """The last check before the wire, on the URL as it will be sent: its host and path must be a call of the table
    that the run may make. It raises ForbiddenCall. Given to httpx as a hook, so no proxy or transport gets past it."""
    allowed = {"read"} if read_only else {"read", "write"}

    def check(request: httpx.Request) -> None:
        sent = str(request.url)
        for service, base in bases.items():
            if sent.startswith(f"{base}/") and classify_call(service, request.method, sent[len(base) :]) in allowed:
                return
        path = "".join(each for each in request.url.path if each.isprintable())
        raise ForbiddenCall(f"`{request.method} {path}` is not a call this run may make")

    return check


def payload_gate(*, local: bool) -> Callable[[httpx.Request], None]:
    """The check before a large reply is fetched: only by GET and https (or http on this machine, if that is where the
    API is), never with a token. It raises ForbiddenCall."""

    def check(request: httpx.Request) -> None:
        url = request.url
        safe = url.scheme == "https" or (local and url.scheme == "http" and is_loopback(url.host))
        if request.method != "GET" or not safe or not url.host or url.userinfo or "authorization" in request.headers:
            raise ForbiddenCall("a large reply is fetched by https only, without the token")

    return check
