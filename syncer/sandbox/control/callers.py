"""Whom the sandbox answers on a socket: who calls it by its own address, and no page of another site in a browser.

A page whose name was made to point at this machine (DNS rebinding) calls by that name, which its `Host` header says.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HOST = r"(\[[^\[\]\s]+\]|[^:\[\]\s/@,]+)(?::([0-9]{1,5}))?"


class Callers:
    """The WSGI application `inner`, for those who call it by the address that it was started with."""

    def __init__(self, inner: WSGIApplication, host: str, port: int) -> None:
        self._inner = inner
        self._port = port
        self._address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        bound = {ip for ip in map(_ip, (host, *_addresses(host))) if ip is not None}
        self._anywhere = any(ip.is_unspecified for ip in bound)
        self._loopback = self._anywhere or (bool(bound) and all(ip.is_loopback for ip in bound))
        self._names = {host.lower(), *map(str, bound), *({socket.gethostname().lower()} if self._anywhere else ())}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request, or refuse it with 403 before anything reads it."""
        wrong = self.objection(environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN"))
        if not wrong:
            return self._inner(environ, start_response)
        body = json.dumps({"message": wrong}).encode()
        start_response("403 Forbidden", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def objection(self, host: str, origin: str | None) -> str:
        """Why a request with these headers is not answered; "" where it is."""
        if not self._is_own(host):
            return f"the sandbox answers at {self._address} only, and the Host header names another host"
        if origin is not None and not (origin.startswith("http://") and self._is_own(origin.removeprefix("http://"))):
            return f"the sandbox answers at {self._address} only, and the Origin header names another site"
        return ""

    def _is_own(self, text: str) -> bool:
        """Whether this `host:port` is where the sandbox was started. Of all addresses of a machine each will do, with
        any port, for a container's may be another outside; a name will not, for anybody can have it point here."""
        match = re.fullmatch(_HOST, text)
        if match is None:
            return False
        name, port = match[1].strip("[]").lower(), int(match[2] or 80)
        ip = _ip(name)
        if self._anywhere:
            return ip is not None or name == "localhost" or name in self._names
        loopback = name == "localhost" or (ip is not None and ip.is_loopback)
        return port == self._port and ((self._loopback and loopback) or (str(ip) if ip else name) in self._names)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _addresses(host: str) -> list[str]:
    """What the name stands for on this machine."""
    try:
        return [str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []
