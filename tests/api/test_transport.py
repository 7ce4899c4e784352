"""The door to the network: against functions as transport, and against a socket that misbehaves byte by byte."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import ssl
import threading
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from syncer import __version__
from syncer.api.allowlist import ForbiddenCall, gate, payload_gate
from syncer.api.endpoints import services
from syncer.api.http_transport import fault_of, http_transports
from syncer.api.options import RequestLimits, TransportOptions
from syncer.api.outcomes import Fault
from syncer.api.rate_limit import RateLimit
from syncer.api.reply import Reply, Request
from syncer.api.response_body import read_body
from syncer.api.transport import Sender
from syncer.fs.clock import Effects
from syncer.model.diagnostic import InvalidInput
from syncer.model.json_values import Secret

CANARY = "eyJcanary-7f3a'\\p@ss!"
TOKEN = Secret("EPILOT_TOKEN", CANARY)
LIST = Request("workflow", "GET", "/v1/workflows/closing-reasons?includeInactive=true")
CREATE = Request("workflow", "POST", "/v1/workflows/closing-reasons", b'{"title":"Won"}')
PUT = Request("workflow", "PUT", "/v2/flows/templates/f1", b"{}")
Handler = Callable[[httpx.Request], httpx.Response]


class Time:
    """A clock that stands still but for sleeping; chance is always a half."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds

    @property
    def effects(self) -> Effects:
        return Effects(lambda: self.now, lambda: self.now, self.sleep, lambda: 0.5)


def sender(handler: Handler, time: Time | None = None, *, read_only: bool = False, server: str = "") -> Sender:
    effects = (time or Time()).effects
    bases = services(server=server or "https://entity.sls.epilot.io")
    transport = httpx.MockTransport(handler)
    limits = RequestLimits(cap=100_000)
    return Sender(bases, TOKEN, read_only=read_only, pace=RateLimit(0.8, effects),
                  options=TransportOptions(effects, limits, transport))  # fmt: skip


def answers(*replies: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """A transport that gives these replies one after the other, the last for ever; and what it was asked."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        reply = replies[min(len(seen), len(replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply

    return handler, seen


def reply(status: int, body: object = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=b"" if body is None else json.dumps(body).encode(), headers=named)


def test_what_is_sent() -> None:
    handler, seen = answers(reply(201, {"id": "r1"}))
    assert sender(handler).send(CREATE) == Reply("APPLIED", 201, "", {"id": "r1"})
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", "https://entity.sls.epilot.io/v1/workflows/closing-reasons")
    assert request.content == b'{"title":"Won"}'
    assert request.headers["authorization"] == f"Bearer {CANARY}"
    assert request.headers["accept"] == "application/json, application/large-response.vnd+json"
    assert request.headers["user-agent"] == f"syncer/{__version__}"
    assert request.headers["content-type"] == "application/json"
    assert len(request.headers["x-correlation-id"]) == 36


def test_a_read_sends_no_content_type() -> None:
    handler, seen = answers(reply(200, []))
    sender(handler).send(LIST)
    assert "content-type" not in seen[0].headers
    assert seen[0].url.query == b"includeInactive=true"


DAY = "Sun, 22 Nov 2026"
RESENT = {
    # case: (request, replies, outcome, status or fault of the last, times asked, seconds slept)
    "B18 a read, one failure": (LIST, [reply(503), reply(200, {})], "APPLIED", 200, 2, [0.25]),
    "B18 a read, three": (LIST, [reply(500), reply(502), reply(504), reply(200)], "AMBIGUOUS", 200, 4, [0.25, 0.5, 1]),
    "B18 a read, for ever": (LIST, [reply(500)], "AMBIGUOUS", 500, 4, [0.25, 0.5, 1]),
    "B19 a create that failed": (CREATE, [reply(500), reply(201, {})], "AMBIGUOUS", 500, 1, []),
    "B19 a put that failed": (PUT, [reply(502), reply(200, {})], "AMBIGUOUS", 502, 1, []),
    "B01 a create never sent": (CREATE, [httpx.ConnectError("x"), reply(201, {})], "APPLIED", 201, 2, [0.25]),
    "B01 for ever": (CREATE, [httpx.ConnectTimeout("x")], "NOT_SENT", "connect-timeout", 4, [0.25, 0.5, 1]),
    "B02 no reply to a create": (CREATE, [httpx.ReadTimeout("x"), reply(201, {})], "AMBIGUOUS", "read-timeout", 1, []),
    "B06 disconnected": (CREATE, [httpx.RemoteProtocolError("x"), reply(201, {})], "AMBIGUOUS", "protocol", 1, []),
    "B06 a read": (LIST, [httpx.RemoteProtocolError("x"), reply(200, {})], "APPLIED", 200, 2, [0.25]),
    "B04 while sending": (PUT, [httpx.WriteError("x"), reply(200, {})], "AMBIGUOUS", "write", 1, []),
    "B26 proxy": (LIST, [httpx.ProxyError("407")], "NOT_SENT", "proxy", 1, []),
    "B14 a create, later": (CREATE, [reply(429, None, retry_after="7"), reply(201, {})], "APPLIED", 201, 2, [7.5]),
    "B14 a read, later": (LIST, [reply(429, None, retry_after="7"), reply(200, {})], "APPLIED", 200, 2, [7.5]),
    "B15 by date": (
        CREATE,
        [reply(429, None, retry_after=f"{DAY} 10:00:30 GMT", date=f"{DAY} 10:00:00 GMT"), reply(201, {})],
        "APPLIED", 201, 2, [30.5],
    ),
    "B16 no header": (CREATE, [reply(429), reply(201, {})], "APPLIED", 201, 2, [0.25]),
    "B16 negative": (CREATE, [reply(429, None, retry_after="-5"), reply(201, {})], "APPLIED", 201, 2, [0.25]),
    "B16 absurd": (CREATE, [reply(429, None, retry_after="99999999999")], "REJECTED", 429, 1, []),
    "B17 on every call": (CREATE, [reply(429, None, retry_after="1")], "REJECTED", 429, 4, [1.5, 1.5, 1.5]),
    "503 with a wait": (LIST, [reply(503, None, retry_after="9"), reply(200, {})], "APPLIED", 200, 2, [9.5]),
    "longer than the total": (CREATE, [reply(429, None, retry_after="119")], "REJECTED", 429, 3, [119.5, 119.5]),
    "refused": (LIST, [reply(403, {"message": "no"})], "REJECTED", 403, 1, []),
    "B13 moved": (LIST, [reply(302, None, location="https://evil.example/")], "AMBIGUOUS", 302, 1, []),
    "B13 a put moved": (PUT, [reply(307, None, location="https://evil.example/")], "AMBIGUOUS", 307, 1, []),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "replies", "outcome", "end", "asked", "slept"), RESENT.values(), ids=RESENT)
def test_sending_again(
    request_: Request,
    replies: list[httpx.Response | Exception],
    outcome: str,
    end: int | str,
    asked: int,
    slept: list[float],
) -> None:
    handler, seen = answers(*replies)
    time = Time()
    result = sender(handler, time).send(request_)
    assert (result.outcome, result.status or result.fault, len(seen), time.slept) == (outcome, end, asked, slept)
    assert {request.url.host for request in seen} == {"entity.sls.epilot.io"}
    assert len({request.headers["x-correlation-id"] for request in seen}) == 1


def test_an_absurd_wait_is_named() -> None:
    handler, _ = answers(reply(429, None, retry_after="99999999999"))
    end = sender(handler).send(CREATE)
    assert end.words == "429 Too Many Requests, and asks to wait `99999999999`, longer than 120 s"


def test_a_429_holds_all_writers() -> None:
    handler, _ = answers(reply(429, None, retry_after="119"), reply(429, None, retry_after="119"), reply(201, {}))
    time = Time()
    effects = time.effects
    pace = RateLimit(0.8, effects)
    limits = RequestLimits(total=100)
    door = Sender(services(), TOKEN, read_only=False, pace=pace,
                  options=TransportOptions(effects, limits, httpx.MockTransport(handler)))  # fmt: skip
    assert door.send(CREATE).status == 429
    assert time.slept == []
    late = door.send(PUT)
    assert (late.outcome, late.words) == ("NOT_SENT", "its turn under the quota did not come in time")
    time.now += 119
    assert door.send(PUT).status == 429


def test_writes_keep_the_pace_and_reads_are_exempt() -> None:
    handler, seen = answers(reply(200, {}))
    time = Time()
    door = sender(handler, time)
    for _ in range(500):
        door.send(LIST)
    assert time.slept == []
    for _ in range(401):
        door.send(PUT)
    assert (time.slept, len(seen)) == ([60.0], 901)


def test_b20_a_storm_does_not_double_the_load() -> None:
    handler, seen = answers(reply(503))
    time = Time()
    door = sender(handler, time)
    ends = [door.send(LIST) for _ in range(300)]
    assert all(end.outcome != "APPLIED" for end in ends)
    assert len(seen) <= 300 * 1.2
    assert ends[-1].fault == "circuit"
    assert ends[-1].words == "too many failures in a row: not even tried"


def test_an_interrupt_ends_waiting_and_trying_again() -> None:
    handler, seen = answers(reply(503))
    time = Time()
    effects = time.effects
    stopped = threading.Event()
    pace = RateLimit(0.8, effects)
    door = Sender(services(), TOKEN, read_only=False, pace=pace, stopped=stopped,
                  options=TransportOptions(effects, wire=httpx.MockTransport(handler)))  # fmt: skip
    door.interrupt()
    assert stopped.is_set()
    assert (door.send(LIST).status, len(seen), time.slept) == (503, 1, [])
    late = door.send(PUT)
    assert (late.outcome, late.words, len(seen)) == ("NOT_SENT", "interrupted before it was sent", 1)


def test_an_interrupt_during_a_wait_is_found_when_it_ends() -> None:
    handler, seen = answers(reply(429, None, retry_after="60"))
    time = Time()

    def sleep(seconds: float) -> None:
        time.slept.append(seconds)
        door.interrupt()

    effects = Effects(lambda: time.now, lambda: time.now, sleep, lambda: 0.5)
    door = Sender(services(), TOKEN, read_only=False, pace=RateLimit(0.8, effects),
                  options=TransportOptions(effects, wire=httpx.MockTransport(handler)))  # fmt: skip
    assert (door.send(CREATE).status, len(seen), time.slept) == (429, 1, [60.5])


UNUSABLE = {
    # case: (proxy, CA file)
    "a proxy of another kind": ("ftp://user:pw-canary@proxy.example", ""),
    "no proxy": ("pw-canary", ""),
    "no such CA file": ("", "/nowhere/pw-canary.pem"),
    "no CA file": ("", __file__),
}


@pytest.mark.parametrize(("proxy", "ca_file"), UNUSABLE.values(), ids=UNUSABLE)
def test_h03_a_proxy_or_ca_that_cannot_be_used(proxy: str, ca_file: str) -> None:
    effects = Time().effects
    with pytest.raises(InvalidInput) as caught:
        Sender(services(), TOKEN, read_only=True, pace=RateLimit(1, effects),
               options=TransportOptions(proxy=proxy, ca_file=ca_file))  # fmt: skip
    assert str(caught.value) == "proxy or certificate authority cannot be used"
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_bases_may_be_written_in_other_ways() -> None:
    handler, seen = answers(reply(200, {}))
    assert sender(handler, server="https://Entity.SLS.epilot.io:443/mock/").send(LIST).outcome == "APPLIED"
    assert str(seen[0].url).startswith("https://entity.sls.epilot.io/mock/v1/workflows/closing-reasons?")


BODIES = {
    # case: (bytes, content type, fault, JSON)
    "json": (b'{"a": [1, 2.5, null, "\xc3\xa4"]}', "application/json", "", {"a": [1, 2.5, None, "ä"]}),
    "json, charset": (b"[]", "application/json; charset=UTF-8", "", []),
    "problem json": (b"{}", "application/problem+json", "", {}),
    "no content type": (b"{}", "", "", {}),
    "text that is json": (b"{}", "text/plain", "", {}),
    "B10 empty": (b"", "application/json", "empty", None),
    "B09 html": (b"<html>login</html>", "text/html; charset=utf-8", "markup", None),
    "B09 html that is json": (b"{}", "TEXT/HTML", "markup", None),
    "html said to be json": (b"<html>", "application/json", "not-json", None),
    "B12 latin 1": (b'"\xe4"', "application/json; charset=iso-8859-1", "encoding", None),
    "B12 not utf-8": (b'"\xe4"', "application/json", "not-json", None),
    "B12 byte order mark": (b"\xef\xbb\xbf{}", "application/json", "not-json", None),
    "B12 utf-16": ('{"a":1}'.encode("utf-16"), "application/json", "not-json", None),
    "B07 cut": (b'{"a": [1, 2', "application/json", "not-json", None),
    "T20 NaN": (b'{"a": NaN}', "application/json", "not-json", None),
    "T20 infinity": (b'{"a": -Infinity}', "application/json", "not-json", None),
    "T20 overflow": (b'{"a": 1e999}', "application/json", "not-json", None),
    "T20 duplicate keys": (b'{"a": 1, "a": 2}', "application/json", "not-json", None),
    "T20 long integer": (b"[" + b"9" * 5000 + b"]", "application/json", "not-json", None),
    "T20 deep": (b"[" * 500 + b"]" * 500, "application/json", "not-json", None),
    "T20 deeper": (b"[" * 100_000 + b"]" * 100_000, "application/json", "not-json", None),
    "T20 deep mappings": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json", "not-json", None),
    "B25 dense": (b"[" + b"{}," * 60_000 + b"{}]", "application/json", "too-large", None),
    "B25 dense, deep": (b"[" + b"[[]]," * 60_000 + b"1]", "application/json", "too-large", None),
    "B25 dense mappings": (b"[" + b'{"a":1,"b":2},' * 90_000 + b"1]", "application/json", "too-large", None),
    "as dense, and small": (b"[" + b"1," * 90_000 + b"1]", "application/json", "", [1] * 90_001),
    "as many, and not dense": (
        b"[" + b'"0123456789",' * 120_000 + b"1]",
        "application/json",
        "",
        [*["0123456789"] * 120_000, 1],
    ),
    "C17 a text": (b'"ok"', "application/json", "not-json", None),
    "C17 null": (b"null", "application/json", "not-json", None),
    "two values": (b"{} {}", "application/json", "not-json", None),
}


@pytest.mark.parametrize(("raw", "content_type", "fault", "value"), BODIES.values(), ids=BODIES)
def test_a_body(raw: bytes, content_type: str, fault: str, value: object) -> None:
    assert read_body(raw, content_type)[:2] == (fault, value)


def test_a_dense_body_says_so_before_anything_is_built_of_it() -> None:
    raw = b"[" + b"{}," * 1_000_000 + b"{}]"
    tracemalloc.start()
    try:
        told = read_body(raw, "application/json")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told == ("too-large", None, "the reply holds more than 400,000 values in 3,000,004 bytes")
    assert peak < 100_000


def test_html_is_never_echoed() -> None:
    handler, _ = answers(httpx.Response(200, html="<b>secret portal</b>"))
    end = sender(handler).send(LIST)
    assert (end.outcome, end.fault, end.body) == ("AMBIGUOUS", "markup", None)
    assert end.words == "the reply is `text/html`, not JSON: a proxy, portal or firewall answered"


PACKED = gzip.compress(b'{"a": "' + b"x" * 1000 + b'"}')
STREAMS = {
    # case: (content, headers, fault)
    "gzip": (PACKED, {"content-encoding": "gzip"}, ""),
    "B12 gzip cut": (PACKED[:-9], {"content-encoding": "gzip"}, "encoding"),
    "B12 gzip broken": (PACKED[:20] + b"\xff\xff" + PACKED[22:], {"content-encoding": "gzip"}, "encoding"),
    "gzip, and more": (PACKED + b"{}", {"content-encoding": "gzip"}, "encoding"),
    "not asked for": (zlib.compress(b"{}"), {"content-encoding": "br"}, "encoding"),
    "B25 large": (b" " * 100_001, {}, "too-large"),
    "B25 at the cap": (b"{}" + b" " * 99_998, {}, ""),
    "B25 gzip bomb": (gzip.compress(b" " * 20_000_000), {"content-encoding": "gzip"}, "too-large"),
}


@pytest.mark.parametrize(("content", "headers", "fault"), STREAMS.values(), ids=STREAMS)
def test_a_stream(content: bytes, headers: dict[str, str], fault: str) -> None:
    pieces = [content[start : start + 700] for start in range(0, len(content), 700)]

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=iter(pieces), headers=headers)

    end = sender(handler).send(PUT)
    assert (end.outcome, end.fault) == ("AMBIGUOUS" if fault else "APPLIED", fault)


def test_read_only_refuses_every_write_before_the_wire() -> None:
    handler, seen = answers(reply(200, {}))
    door = sender(handler, read_only=True)
    for request in (CREATE, PUT, Request("app", "DELETE", "/v1/app/a")):
        with pytest.raises(ForbiddenCall, match="is not a call this run may make"):
            door.send(request)
    assert seen == []
    assert door.send(LIST).outcome == "APPLIED"
    assert door.send(Request("entity", "POST", "/v1/entity:list", b"{}")).outcome == "APPLIED"


BASES = services()
GATED = {
    # case: (method, URL, passes reading, passes writing)
    "read": ("GET", "https://app.sls.epilot.io/v1/app", True, True),
    "write": ("PUT", "https://entity.sls.epilot.io/v1/entity/schemas/a", False, True),
    "retention": ("POST", "https://data-governance.sls.epilot.io/data-governance/v1/contact/configs", False, True),
    "other host": ("GET", "https://app.sls.epilot.io.evil.example/v1/app", False, False),
    "other scheme": ("GET", "http://app.sls.epilot.io/v1/app", False, False),
    "other port": ("GET", "https://app.sls.epilot.io:444/v1/app", False, False),
    "another service's host": ("GET", "https://app.sls.epilot.io/v1/entity/schemas", False, False),
    "wipe": ("POST", "https://entity.sls.epilot.io/v1/entity:wipeAllEntities", False, False),
    "dots": ("DELETE", "https://app.sls.epilot.io/v1/app/x/../../entity", False, False),
    "purge": ("DELETE", "https://entity.sls.epilot.io/v1/entity/schemas/a?purge=true", False, False),
}


@pytest.mark.parametrize(("method", "url", "reading", "writing"), GATED.values(), ids=GATED)
def test_the_gate(method: str, url: str, reading: bool, writing: bool) -> None:
    for read_only, passes in ((True, reading), (False, writing)):
        check = gate(BASES, read_only=read_only)
        if passes:
            check(httpx.Request(method, url))
        else:
            with pytest.raises(ForbiddenCall):
                check(httpx.Request(method, url))


def test_the_gate_stands_before_any_transport() -> None:
    handler, seen = answers(reply(200, {}))
    options = TransportOptions(wire=httpx.MockTransport(handler))
    wire, bare = http_transports(services(), TOKEN, options, read_only=True)
    for transport, request in (
        (wire, Request("entity", "POST", "/v1/entity:wipeAllEntities")),
        (wire, PUT),
        (bare, Request("", "GET", "http://s3.example/x")),
    ):
        with pytest.raises(ForbiddenCall):
            transport.send(request)
    assert seen == []


def test_a_large_reply_is_fetched_without_the_token() -> None:
    handler, seen = answers(reply(200, {"$payload_ref": "https://s3.example/big?sig=abc"}), reply(200, {"results": []}))
    assert sender(handler).send(LIST) == Reply("APPLIED", 200, "", {"results": []})
    assert str(seen[1].url) == "https://s3.example/big?sig=abc"
    assert "authorization" not in seen[1].headers
    assert CANARY not in repr(seen[1].headers)


PAYLOADS = {
    # case: (server, URL of the large reply, reply there, outcome)
    "http on this machine": ("http://127.0.0.1:1", "http://127.0.0.1:2/x", reply(200, {}), "APPLIED"),
    "http elsewhere": ("http://127.0.0.1:1", "http://s3.example/x", reply(200, {}), "AMBIGUOUS"),
    "http to this machine from the real platform": (
        "https://x.example",
        "http://127.0.0.1/x",
        reply(200, {}),
        "AMBIGUOUS",
    ),
    "a file": ("https://x.example", "file:///etc/passwd", reply(200, {}), "AMBIGUOUS"),
    "user and password": ("https://x.example", "https://u:p@s3.example/x", reply(200, {}), "AMBIGUOUS"),
    "no host": ("https://x.example", "https:///x", reply(200, {}), "AMBIGUOUS"),
    "expired": ("https://x.example", "https://s3.example/x?sig=1", reply(403, {}), "AMBIGUOUS"),
    "moved on": ("https://x.example", "https://s3.example/x?sig=1", reply(302, {}, location="http://a"), "AMBIGUOUS"),
    "html": ("https://x.example", "https://s3.example/x?sig=1", httpx.Response(200, html="x"), "AMBIGUOUS"),
}


@pytest.mark.parametrize(("server", "url", "there", "outcome"), PAYLOADS.values(), ids=PAYLOADS)
def test_where_a_large_reply_may_be(server: str, url: str, there: httpx.Response, outcome: str) -> None:
    handler, _ = answers(reply(200, {"$payload_ref": url}), there)
    end = sender(handler, server=server).send(PUT)
    assert (end.outcome, end.fault) == (outcome, "" if outcome == "APPLIED" else "payload")
    assert "sig=1" not in end.words


def test_the_payload_gate_refuses_a_token() -> None:
    with pytest.raises(ForbiddenCall):
        payload_gate(local=False)(httpx.Request("GET", "https://s3.example/x", headers={"authorization": "x"}))


FAULTS: dict[str, tuple[Exception, BaseException | None, Fault]] = {
    "B01 name": (httpx.ConnectError("x"), socket.gaierror(-2, "x"), "name"),
    "B01 refused": (httpx.ConnectError("x"), ConnectionRefusedError(), "connect"),
    "B01 handshake": (httpx.ConnectError("x"), ssl.SSLError("x"), "tls"),
    "B27 certificate": (httpx.ConnectError("x"), ssl.SSLCertVerificationError("x"), "certificate"),
    "timeout": (httpx.ConnectTimeout("x"), None, "connect-timeout"),
    "pool": (httpx.PoolTimeout("x"), None, "pool-timeout"),
    "B26 proxy": (httpx.ProxyError("x"), None, "proxy"),
    "T9 bad header": (httpx.LocalProtocolError("Illegal header value"), None, "local"),
    "B04 write": (httpx.WriteError("x"), None, "write"),
    "read": (httpx.ReadError("x"), ConnectionResetError(), "read"),
    "reset": (ConnectionResetError(), None, "read"),
    "URL": (httpx.InvalidURL("x"), None, "local"),
}


@pytest.mark.parametrize(("error", "cause", "fault"), FAULTS.values(), ids=FAULTS)
def test_an_exception_is_known_by_its_type(error: Exception, cause: BaseException | None, fault: Fault) -> None:
    error.__cause__ = cause
    assert fault_of(error) == fault


def test_no_exception_text_gets_out() -> None:
    """T9: httpx quotes the whole header, token and all, in some of its errors."""
    for error in (httpx.LocalProtocolError, httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):
        handler, _ = answers(error(f"Illegal header value b'Bearer {CANARY}'"))
        end = sender(handler).send(PUT)
        assert CANARY not in repr(end) + end.words


def test_a_token_that_breaks_the_header_stays_silent() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return reply(200, {})

    effects = Time().effects
    door = Sender(services(server="https://x.example"), Secret("T", f"{CANARY}\nä"), read_only=True,
                  pace=RateLimit(1, effects),
                  options=TransportOptions(effects, wire=httpx.MockTransport(handler)))  # fmt: skip
    try:
        end = door.send(LIST)
    except Exception:
        assert CANARY not in traceback.format_exc()
    else:
        assert CANARY not in repr(end)


def test_i12_the_libraries_log_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    handler, _ = answers(reply(200, {"$payload_ref": "https://s3.example/big?sig=abc"}), reply(200, {}))
    sender(handler).send(LIST)
    assert [record for record in caplog.records if record.name.split(".")[0] in {"httpx", "httpcore", "hpack"}] == []


@contextmanager
def server(*pieces: bytes, pause: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A socket that reads a request's head and sends these bytes, then closes; for as many connections as come."""
    listener = socket.create_server(("127.0.0.1", 0))
    heads: list[bytes] = []
    over = threading.Event()

    def talk(peer: socket.socket) -> None:
        with peer:
            head = b""
            while b"\r\n\r\n" not in head and (part := peer.recv(65536)):
                head += part
            heads.append(head)
            try:
                for piece in pieces:
                    peer.sendall(piece)
                    if over.wait(pause):
                        return
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(peer,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heads
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def over_a_socket(url: str, request: Request, limits: RequestLimits | None = None) -> Reply:
    effects = Effects(sleep=lambda seconds: None)
    door = Sender(services(server=url), TOKEN, read_only=False, pace=RateLimit(0.8, effects),
                  options=TransportOptions(effects, limits or RequestLimits(attempts=2)))  # fmt: skip
    try:
        return door.send(request)
    finally:
        door.close()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SOCKETS = {
    # case: (bytes sent, outcome, fault)
    "whole": (OK + b"Content-Length: 2\r\n\r\n[]", "APPLIED", ""),
    "chunked": (CHUNKED + b"2\r\n[]\r\n0\r\n\r\n", "APPLIED", ""),
    "B10 no content where one is due": (OK + b"Content-Length: 0\r\n\r\n", "AMBIGUOUS", "empty"),
    "B08 no end known": (OK + b"\r\n[]", "AMBIGUOUS", "cut"),
    "B08 old protocol": (b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n[]", "AMBIGUOUS", "cut"),
    "B07 cut": (OK + b"Content-Length: 9\r\n\r\n[]", "AMBIGUOUS", "protocol"),
    "B12 chunks cut": (CHUNKED + b"2\r\n[]\r\n", "AMBIGUOUS", "protocol"),
    "B06 hung up": (b"", "AMBIGUOUS", "protocol"),
    "B05 after the status": (b"HTTP/1.1 201 Created\r\n", "AMBIGUOUS", "protocol"),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n", "AMBIGUOUS", "protocol"),
    "B13 moved": (b"HTTP/1.1 308 X\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n", "AMBIGUOUS", ""),
    "refused, then broken off": (b"HTTP/1.1 409 Conflict\r\nContent-Length: 9\r\n\r\n{}", "REJECTED", ""),
}


@pytest.mark.parametrize(("sent", "outcome", "fault"), SOCKETS.values(), ids=SOCKETS)
def test_over_a_socket(sent: bytes, outcome: str, fault: str) -> None:
    with server(sent) as (url, heads):
        for request in (LIST, PUT):
            end = over_a_socket(url, request)
            assert (end.outcome, end.fault) == (outcome, fault)
        assert sum(head.startswith(b"PUT") for head in heads) == 1


def test_b01_nobody_listens() -> None:
    with server(b"") as (url, _):
        pass
    end = over_a_socket(url, PUT)
    assert (end.outcome, end.fault) == ("NOT_SENT", "connect")


def test_b24_a_body_that_trickles() -> None:
    drops = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b" "] * 100]
    with server(*drops, pause=0.05) as (url, _):
        end = over_a_socket(url, PUT, RequestLimits(attempt=0.3))
    assert (end.outcome, end.status, end.fault) == ("AMBIGUOUS", 200, "deadline")


def test_b24_a_head_that_trickles() -> None:
    drops = [b"HTTP/1.1 200 OK\r\nX: ", *[b"a"] * 200]
    with server(*drops, pause=0.05) as (url, _):
        end = over_a_socket(url, PUT, RequestLimits(attempt=0.3))
    assert (end.outcome, end.status, end.fault) == ("AMBIGUOUS", 0, "deadline")


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://user:pw-canary@127.0.0.1:1")
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]") as (url, heads):
        assert over_a_socket(url, LIST).outcome == "APPLIED"
        assert heads[0].startswith(b"GET /v1/workflows/closing-reasons?includeInactive=true HTTP/1.1\r\n")


def test_b26_a_dead_proxy_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pw-canary@127.0.0.1:1")
    end = over_a_socket("https://entity.sls.epilot.invalid", PUT)
    assert (end.outcome, end.fault) == ("NOT_SENT", "connect")
    assert end.words == "the connection is refused or unreachable (through the proxy of `HTTPS_PROXY`)"
