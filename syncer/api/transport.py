"""The one door to the network: a request goes out, a reply comes back, and nothing of httpx leaves this module.

`Sender` knows methods, paths and bytes, not what they mean. Around the wire stand the gate (which calls may be made),
the pace (writes a minute) and the resending (`outcome.again`). The texts of third-party exceptions are dropped here:
one of them would quote the token.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from queue import Empty, SimpleQueue
from typing import cast

import httpx

from syncer import __version__
from syncer.api.allowlist import ForbiddenCall, gate, payload_gate
from syncer.api.outcomes import BY_FAULT, Fault, again, classify
from syncer.api.rate_limit import CircuitBreaker, RateLimit, RetryBudget
from syncer.api.reply import Reply, Request
from syncer.api.response_body import BadBody, read_body, unpacked
from syncer.api.retry import resending
from syncer.api.routes import classify_call
from syncer.fs.clock import Effects
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.hosts import is_loopback
from syncer.model.json_values import Secret

LARGE = "application/large-response.vnd+json"
ACCEPT = f"application/json, {LARGE}"
_ENDS = frozenset({"content-length", "transfer-encoding"})
_GRACE = 1.0
"""Seconds after which a request that did not end by itself at its deadline is left behind."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Seconds and bytes. `attempt`: one try, reply read whole; `total`: all tries and waits of one request."""

    connect: float = 10.0
    read: float = 30.0
    attempt: float = 60.0
    total: float = 300.0
    attempts: int = 4
    cap: int = 64 * 1024 * 1024
    connections: int = 8
    keepalive: float = 5.0


class Sender:
    """Sends requests to the services under `bases` (name → URL), with one token; safe among threads.

    `transport` replaces the network: a sandbox application in process, or a function. Without it httpx brings its
    own, with the proxies of the environment (never for this machine's own addresses). `stopped` is set by `interrupt`;
    who gives it can let the effects' sleep end on it. `close` when done. InvalidInput for a proxy or a CA file that
    cannot be used.
    """

    def __init__(
        self,
        bases: Mapping[str, str],
        token: Secret,
        *,
        read_only: bool,
        pace: RateLimit,
        effects: Effects | None = None,
        limits: RequestLimits | None = None,
        transport: httpx.BaseTransport | None = None,
        proxy: str = "",
        ca_file: str = "",
        stopped: threading.Event | None = None,
    ) -> None:
        self._bases = {name: str(httpx.URL(base)).rstrip("/") for name, base in bases.items()}
        self._token = token
        self._read_only = read_only
        self._effects = effects or Effects()
        self._pace = pace
        self._limits = limits or RequestLimits()
        self._in_process = transport is not None
        self._proxy = proxy
        self._stopped = stopped or threading.Event()
        self._budget = RetryBudget()
        self._breaker = CircuitBreaker(self._effects)
        hosts = {httpx.URL(base).host for base in bases.values()}
        local = all(map(is_loopback, hosts))
        _silence()
        plain = local and all(base.startswith("http:") for base in self._bases.values())
        try:
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else _trust(ca_file)
            checks = (gate(self._bases, read_only=read_only), payload_gate(local=local))
            direct = {"localhost", "127.0.0.1", "::1", *filter(is_loopback, hosts)}
            clients = [_client(check, self._limits, transport, trust, proxy, direct) for check in checks]
        except (OSError, ValueError, ImportError, httpx.InvalidURL):  # their texts quote the proxy's URL and password
            message = "proxy or certificate authority cannot be used"
            names = "`SYNCER_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `SYNCER_CA_FILE`, `SSL_CERT_FILE`"
            raise InvalidInput(
                Problem("proxy", message, hint=f"look at {names}: an http proxy's URL, a PEM file")
            ) from None
        self._client, self._bare = clients

    def interrupt(self) -> None:
        """Wait for nothing any more, neither a turn nor another try; what is on the wire is waited for as ever."""
        self._stopped.set()
        self._pace.stop()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
        self._bare.close()

    def send(self, request: Request) -> Reply:
        """Send, and send again where the table of outcomes allows it, within the limits; never raises for what the
        network or the platform does. ForbiddenCall for a call that is not in the table of routes."""
        effect = classify_call(request.service, request.method, request.path)
        if effect is None or (effect == "write" and self._read_only):
            raise ForbiddenCall(f"`{request.title}` of {request.service} is not a call this run may make")
        writes = effect == "write"
        mark = str(uuid.uuid4())
        until = self._effects.clock() + self._limits.total
        return resending(
            lambda: self._paced(request, mark, until, writes=writes),
            lambda reply: again(request.method, writes=writes, status=reply.status, fault=reply.fault),
            until=until,
            attempts=self._limits.attempts,
            effects=self._effects,
            budget=self._budget,
            hold=self._pace.hold if writes else None,
            stopped=self._stopped.is_set,
        )

    def _paced(self, request: Request, mark: str, until: float, *, writes: bool) -> Reply:
        if not self._breaker.closed():
            return Reply("NOT_SENT", fault="circuit")
        if writes and not self._pace.wait(until):
            return Reply(
                "NOT_SENT", fault="turn", detail="interrupted before it was sent" if self._stopped.is_set() else ""
            )
        reply = self._once(request, mark)
        self._breaker.note(failed=reply.status // 100 == 5 or (not reply.status and reply.fault != "local"))
        return reply

    def _once(self, request: Request, mark: str) -> Reply:
        headers = {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Accept": ACCEPT,
            "x-correlation-id": mark,
        }
        if request.content is not None:
            headers["Content-Type"] = "application/json"
        reply = self._watched(self._client, request.method, self._bases[request.service] + request.path,
                               headers, request.content)  # fmt: skip
        reference = reply.body.get("$payload_ref") if isinstance(reply.body, dict) else None
        if reply.outcome == "APPLIED" and isinstance(reference, str) and set(reply.body) == {"$payload_ref"}:
            return self._payload(reference, reply)
        return reply

    def _payload(self, url: str, reply: Reply) -> Reply:
        """The large reply that stands elsewhere: fetched without the token (docs/platform.md#large-replies)."""
        try:
            fetched = self._watched(self._bare, "GET", url, {"Accept": "*/*"}, None)
        except ForbiddenCall:
            return replace(reply, outcome="AMBIGUOUS", fault="payload", body=None,
                           detail="its large reply is said to be where syncer does not fetch from")  # fmt: skip
        if fetched.outcome == "APPLIED":
            return replace(reply, body=fetched.body)
        return replace(reply, outcome="AMBIGUOUS", fault="payload", body=None,
                       detail=f"its large reply cannot be fetched: {fetched.words}")  # fmt: skip

    def _watched(
        self, client: httpx.Client, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> Reply:
        """`_exchange` with an end to it: a reply whose head trickles in keeps every single read within its timeout, so
        over a socket the work is done by a thread that can be left behind (docs/catalogue.md#b24)."""
        if self._in_process:
            return self._exchange(client, method, url, headers, content)
        box: SimpleQueue[Reply | Exception] = SimpleQueue()

        def work() -> None:
            try:
                box.put(self._exchange(client, method, url, headers, content))
            except Exception as error:  # carried to the caller's thread, whatever it is
                box.put(error)

        threading.Thread(target=work, name="request", daemon=True).start()
        try:
            result = box.get(timeout=self._limits.attempt + _GRACE)
        except Empty:
            return Reply(classify(method, fault="deadline"), fault="deadline")
        if isinstance(result, Exception):
            raise result
        return result

    def _exchange(
        self, client: httpx.Client, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> Reply:
        until = self._effects.clock() + self._limits.attempt
        status = 0
        head: dict[str, str] = {}
        try:
            with client.stream(method, url, headers=headers, content=content) as response:
                status = response.status_code
                head = {
                    "retry_after": response.headers.get("retry-after", "")[:100],
                    "date": response.headers.get("date", "")[:100],
                    "request_id": _request_id(response.headers),
                }
                raw = self._read(response, until)
            fault, body, detail = read_body(raw, response.headers.get("content-type", ""))
        except BadBody as bad:
            fault, body, detail = bad.fault, None, bad.detail
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            fault, body, detail = fault_of(error), None, ""
            if fault in {"proxy", "connect", "name"}:
                detail = BY_FAULT[fault].when + _proxy_words(url, self._proxy)
        outcome = classify(method, status=status, fault=fault)
        if outcome == "APPLIED" or (status and status // 100 != 2):
            fault, detail = "", ""
        return Reply(outcome, status, fault, body, detail, **head)

    def _read(self, response: httpx.Response, until: float) -> bytes:
        headers = response.headers
        over_socket = "network_stream" in response.extensions
        if over_socket and response.status_code not in {204, 304} and not _ENDS & headers.keys():
            raise BadBody("cut", "the reply does not say where it ends, so it may be incomplete")
        pieces = cast("Iterable[bytes]", response.stream)
        encoding = headers.get("content-encoding", "")
        return b"".join(unpacked(pieces, encoding, self._limits.cap, until, self._effects.clock))


def fault_of(error: Exception) -> Fault:
    """What an exception of the network library means; by type, never by its text."""
    causes = list(_causes(error))
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return "certificate"
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return "tls"
        if any(type(cause).__name__ == "gaierror" for cause in causes):
            return "name"
        return "connect" if isinstance(error, httpx.ConnectError) else "connect-timeout"
    for kind, fault in _FAULTS:
        if isinstance(error, kind):
            return fault
    return "read"


_FAULTS: tuple[tuple[type[Exception], Fault], ...] = (
    (httpx.PoolTimeout, "pool-timeout"),
    (httpx.WriteTimeout, "write-timeout"),
    (httpx.ReadTimeout, "read-timeout"),
    (httpx.ProxyError, "proxy"),
    (httpx.LocalProtocolError, "local"),
    (httpx.UnsupportedProtocol, "local"),
    (httpx.InvalidURL, "local"),
    (httpx.RemoteProtocolError, "protocol"),
    (httpx.DecodingError, "encoding"),
    (httpx.WriteError, "write"),
)


def _client(
    check: Callable[[httpx.Request], None],
    limits: RequestLimits,
    transport: httpx.BaseTransport | None,
    verify: ssl.SSLContext | bool,
    proxy: str,
    direct: Iterable[str],
) -> httpx.Client:
    mounts: dict[str, httpx.BaseTransport | None] = {
        f"all://[{host}]" if ":" in host else f"all://{host}": None for host in direct
    }
    return httpx.Client(
        transport=transport,
        verify=verify,
        proxy=proxy or None,
        mounts=mounts,
        trust_env=True,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx.Timeout(limits.read, connect=limits.connect, pool=limits.attempt),
        limits=httpx.Limits(
            max_connections=min(limits.connections, 32),
            max_keepalive_connections=min(limits.connections, 32),
            keepalive_expiry=limits.keepalive,
        ),
        headers={"User-Agent": f"syncer/{__version__}", "Accept-Encoding": "gzip"},
        event_hooks={"request": [check]},
    )


def _trust(ca_file: str) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=ca_file) if ca_file else True


def _silence() -> None:
    """An embedding program's root logger must not print what these would say: URLs with their queries, headers."""
    for name in ("httpx", "httpcore", "hpack"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: BaseException | None = error
    while waiting is not None and id(waiting) not in seen:
        seen.add(id(waiting))
        yield waiting
        waiting = waiting.__cause__ or waiting.__context__


def _proxy_words(url: str, proxy: str) -> str:
    """` (through the proxy of HTTPS_PROXY)`, where this URL is sent through one; never the proxy's address."""
    if proxy:
        return " (through the proxy of `SYNCER_PROXY`)"
    split = httpx.URL(url)
    if is_loopback(split.host) or urllib.request.proxy_bypass(split.host):
        return ""
    for name in (f"{split.scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            if os.environ.get(variable):
                return f" (through the proxy of `{variable}`)"
    return ""


def _request_id(headers: httpx.Headers) -> str:
    for name, value in headers.items():
        if name.startswith("x-") and name.endswith(("request-id", "requestid")):
            return "".join(re.findall(r"[A-Za-z0-9_=.:/+-]", value))[:80]
    return ""
