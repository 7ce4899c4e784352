"""The network-fault matrix (N4 of docs/reliability.md#the-table): every row of docs/catalogue.md#network at every
operation, before and after the platform did the work.

What each fault must be taken for stands here as the catalogue says it, not as `api/outcomes.py` does: the two are
held against each other in every cell.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any, Literal

import httpx

from simulation.broken import BrokenWorld, Fate, does_write
from simulation.findings import CANARY, Objects, aftermath, honest_code, linked, no_secret
from simulation.instants import OPERATIONS, Operation
from simulation.world import SERVER, TOKENS
from syncer.api.client import Api
from syncer.api.endpoints import services
from syncer.api.options import RequestLimits, TransportOptions
from syncer.api.reply import Reply, Request
from syncer.model.json_values import Secret
from syncer.plan.events import Event

Json = Any
Class = Literal["NOT_SENT", "REJECTED", "APPLIED", "AMBIGUOUS"]
When = Literal["before", "after"]
Strike = Callable[["FaultWorld", httpx.Request, "httpx.Response | None"], httpx.Response]
"""(world, request, the real reply or None where the work was not done) → the reply in its place."""

CAP = 1_000_000
"""Bytes of a reply that a simulated run reads at most."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the catalogue in one of its forms."""

    strike: Strike
    taken_for: Class
    """What the request that it strikes must be taken for."""
    of: Literal["all", "reads", "writes", "creates", "known"] = "all"
    """The operations that it can strike. `known`: of an object that exists. `creates`: of one that does not."""
    when: tuple[When, ...] = ("before", "after")
    times: int = 1
    """How many requests in a row it strikes."""
    again: bool = False
    """Whether a write may be sent once more: nothing can have been done."""


def _raised(error: type[httpx.TransportError], cause: BaseException | None = None) -> Strike:
    def strike(world: FaultWorld, request: httpx.Request, reply: httpx.Response | None) -> httpx.Response:
        raise error(f"Bearer {world.token}", request=request) from cause

    return strike


def _said(status: int, content: bytes | str = b"{}", form: str = "application/json", **headers: str) -> Strike:
    """A whole reply of these bytes."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"content-type": form} if form else {})
    data = content.encode() if isinstance(content, str) else content
    return lambda world, request, reply: httpx.Response(status, headers=sent, content=data)


def _body(world: FaultWorld, request: httpx.Request, reply: httpx.Response | None) -> bytes:
    """The real reply's body, or what would have been one."""
    return (reply.content if reply is not None and reply.is_success else b"") or b'{"id": "123456", "results": []}'


def _stream(pieces: Callable[[FaultWorld, bytes], Iterator[bytes]], status: int = 200, **headers: str) -> Strike:
    """A reply whose body comes as the generator has it."""

    def strike(world: FaultWorld, request: httpx.Request, reply: httpx.Response | None) -> httpx.Response:
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, headers=sent, stream=_Pieces(pieces(world, _body(world, request, reply))))

    return strike


class _Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


def _cut(world: FaultWorld, body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def _nothing(world: FaultWorld, body: bytes) -> Iterator[bytes]:
    yield from ()
    raise httpx.ReadError("reset by peer")


def _drip(world: FaultWorld, body: bytes) -> Iterator[bytes]:
    for byte in body * 20:
        world.time.pass_by(4.0)
        yield bytes([byte])


def _huge(world: FaultWorld, body: bytes) -> Iterator[bytes]:
    for _ in range(1 << 14):  # 1 GiB, if anybody read that far
        yield b" " * (1 << 16)


def _bomb(world: FaultWorld, body: bytes) -> Iterator[bytes]:
    yield _BOMB


_BOMB = gzip.compress(b" " * 50_000_000, 9)


def _broken_gzip(world: FaultWorld, body: bytes) -> Iterator[bytes]:
    yield gzip.compress(body)[:-9]


def _open_ended(content: bytes | None) -> Strike:
    """A reply that ends where the connection ends, as over a socket: nothing says whether that is all of it."""

    def strike(world: FaultWorld, request: httpx.Request, reply: httpx.Response | None) -> httpx.Response:
        data = _body(world, request, reply) if content is None else content
        extensions = {"network_stream": object()}
        return httpx.Response(200, stream=_Pieces(iter([data])), extensions=extensions,
                              headers={"content-type": "application/json"})  # fmt: skip

    return strike


def _marked(world: FaultWorld, request: httpx.Request, reply: httpx.Response | None) -> httpx.Response:
    return httpx.Response(200, content=b"\xef\xbb\xbf" + _body(world, request, reply))


def _latin(world: FaultWorld, request: httpx.Request, reply: httpx.Response | None) -> httpx.Response:
    headers = {"content-type": "application/json; charset=iso-8859-1"}
    return httpx.Response(200, content=_body(world, request, reply), headers=headers)


def _moved(status: int, where: str) -> Strike:
    def strike(world: FaultWorld, request: httpx.Request, reply: httpx.Response | None) -> httpx.Response:
        return httpx.Response(status, headers={"location": where.replace("SAME", str(request.url))})

    return strike


def _later(value: str | None, date: str = "") -> Strike:
    """429; the platform has done nothing."""
    headers = ({} if value is None else {"retry_after": value}) | ({"date": date} if date else {})
    return _said(429, b'{"message": "too many"}', **headers)


def _twice(world: FaultWorld, request: httpx.Request, reply: httpx.Response | None) -> httpx.Response:
    """A proxy has sent it once more."""
    assert reply is not None
    world.commit(request)
    return reply


MONDAY = "Mon, 02 Mar 2026"
_VERIFY = ssl.SSLCertVerificationError("certificate verify failed: self-signed certificate")
FAULTS: Mapping[str, Fault] = {
    "B01 no such name": Fault(
        _raised(httpx.ConnectError, socket.gaierror()), "NOT_SENT", when=("before",), again=True
    ),
    "B01 refused": Fault(_raised(httpx.ConnectError), "NOT_SENT", when=("before",), again=True),
    "B01 connect timeout": Fault(_raised(httpx.ConnectTimeout), "NOT_SENT", when=("before",), again=True),
    "B01 handshake": Fault(_raised(httpx.ConnectError, ssl.SSLError()), "NOT_SENT", when=("before",), again=True),
    "B01 pool timeout": Fault(_raised(httpx.PoolTimeout), "NOT_SENT", when=("before",), again=True),
    "B01 refused for ever": Fault(
        _raised(httpx.ConnectError), "NOT_SENT", when=("before",), times=10_000, again=True
    ),
    "B02 B03 read timeout": Fault(_raised(httpx.ReadTimeout), "AMBIGUOUS"),
    "B04 reset while sending": Fault(_raised(httpx.WriteError), "AMBIGUOUS"),
    "B04 sending takes too long": Fault(_raised(httpx.WriteTimeout), "AMBIGUOUS"),
    "B05 reset after the status line": Fault(_stream(_nothing), "AMBIGUOUS"),
    "B06 idle connection closed": Fault(_raised(httpx.RemoteProtocolError), "AMBIGUOUS"),
    "B07 body cut": Fault(_stream(_cut), "AMBIGUOUS"),
    "B08 no end known": Fault(_open_ended(None), "AMBIGUOUS"),
    "B08 no end known, [": Fault(_open_ended(b"["), "AMBIGUOUS"),
    "B08 no end known, []": Fault(_open_ended(b"[]"), "AMBIGUOUS"),
    "B09 a portal": Fault(_said(200, "<html>CANARY login</html>", "text/html"), "AMBIGUOUS"),
    "B09 a firewall": Fault(_said(200, "<html>blocked</html>", "application/json"), "AMBIGUOUS"),
    "B10 empty 200": Fault(_said(200, b""), "AMBIGUOUS", of="creates"),
    "B10 empty 201": Fault(_said(201, b""), "AMBIGUOUS", of="creates"),
    "B10 empty list": Fault(_said(200, b""), "AMBIGUOUS", of="reads"),
    "B10 204 for a list": Fault(_said(204, b""), "AMBIGUOUS", of="reads"),
    "B10 204 for an object": Fault(_said(204, b""), "APPLIED", of="creates"),
    "B11 no id": Fault(_said(201, '{"title": "x"}'), "APPLIED", of="creates"),
    "B11 a number for an id": Fault(_said(201, '{"id": 5}'), "APPLIED", of="creates"),
    "B11 null for an id": Fault(_said(201, '{"id": null}'), "APPLIED", of="creates"),
    "B11 a list": Fault(_said(201, "[]"), "APPLIED", of="creates"),
    "B12 chunks cut": Fault(_stream(_cut, transfer_encoding="chunked"), "AMBIGUOUS"),
    "B12 gzip cut": Fault(_stream(_broken_gzip, content_encoding="gzip"), "AMBIGUOUS"),
    "B12 not gzip": Fault(_stream(lambda world, body: iter([body]), content_encoding="gzip"), "AMBIGUOUS"),
    "B12 another character set": Fault(_latin, "AMBIGUOUS"),
    "B12 byte order mark": Fault(_marked, "AMBIGUOUS"),
    **{f"B13 {status}, same host": Fault(_moved(status, "SAME"), "AMBIGUOUS") for status in (301, 302, 303, 307, 308)},
    "B13 307, other host": Fault(_moved(307, "https://elsewhere.example/"), "AMBIGUOUS"),
    "B13 308, in the clear": Fault(_moved(308, "http://entity.sls.epilot.io/"), "AMBIGUOUS"),
    "B14 429, 7 s": Fault(_later("7"), "REJECTED", when=("before",), again=True),
    "B15 429, a date": Fault(
        _later(f"{MONDAY} 10:00:30 GMT", f"{MONDAY} 10:00:00 GMT"), "REJECTED", when=("before",), again=True
    ),
    "B15 429, a date that is over": Fault(
        _later(f"{MONDAY} 08:00:00 GMT"), "REJECTED", when=("before",), again=True
    ),
    "B16 429, nothing": Fault(_later(None), "REJECTED", when=("before",), again=True),
    **{
        f"B16 429, {value!r}": Fault(_later(value), "REJECTED", when=("before",), again=True)
        for value in ("-5", "1.5", "abc", "", "99999999999")
    },
    "B17 429 for ever": Fault(_later("1"), "REJECTED", when=("before",), times=10_000, again=True),
    **{f"B18 {status} once": Fault(_said(status), "AMBIGUOUS", "reads") for status in (500, 502, 503, 504)},
    "B18 503 three times": Fault(_said(503), "AMBIGUOUS", "reads", times=3),
    "B18 500 for ever": Fault(_said(500), "AMBIGUOUS", "reads", times=10_000),
    **{f"B19 {status}": Fault(_said(status), "AMBIGUOUS", "writes") for status in (500, 502, 503, 504)},
    "B19 408": Fault(_said(408), "AMBIGUOUS", "writes"),
    "B20 503 for ten minutes": Fault(_said(503, b"", ""), "AMBIGUOUS", times=10_000),
    "B21 401 from here on": Fault(_said(401), "REJECTED", when=("before",), times=10_000),
    "B22 403": Fault(_said(403, '{"message": "no grant"}'), "REJECTED", when=("before",)),
    "B23 404": Fault(_said(404), "REJECTED", of="known", when=("before",)),
    "B24 a byte in 4 s": Fault(_stream(_drip), "AMBIGUOUS"),
    "B25 1 GB": Fault(_stream(_huge), "AMBIGUOUS"),
    "B25 gzip bomb": Fault(_stream(_bomb, content_encoding="gzip"), "AMBIGUOUS"),
    "B26 a proxy says 407": Fault(_raised(httpx.ProxyError), "NOT_SENT", when=("before",)),
    "B27 certificate": Fault(_raised(httpx.ConnectError, _VERIFY), "NOT_SENT", when=("before",)),
    "B28 GOAWAY": Fault(_raised(httpx.RemoteProtocolError), "AMBIGUOUS"),
    "B29 delivered twice": Fault(_twice, "APPLIED", of="writes", when=("after",)),
}  # fmt: skip


def _read(of: str, path: str, method: str = "GET") -> Operation:
    """An operation in whose course this is read."""
    asked = OPERATIONS[of]
    return Operation(asked.before, asked.after, method, path, asked.switches)


READS: Mapping[str, Operation] = {
    "list reasons": _read("reason change", "/v1/workflows/closing-reasons"),
    "list schemas": _read("schema change", "/v2/entity/schemas"),
    "list flows": _read("flow change", "/v2/flows/templates"),
    "list automations": _read("automation create", "/v1/automation/flows"),
    "list apps": _read("app options", "/v1/app"),
    "list retention": _read("retention change", "/data-governance/v1/configs"),
    "get reason": _read("reason change", "/v2/workflows/closing-reasons/*"),
    "get schema": _read("schema change", "/v1/entity/schemas/*"),
    "get flow": _read("flow change", "/v2/flows/templates/*"),
    "get automations": _read("automation change", "/v1/automation/flows:batchGet", "POST"),
    "get app": _read("app options", "/v1/app/*"),
    "get retention": _read("retention change", "/data-governance/v1/*"),
}
EVERYTHING: Mapping[str, Operation] = {**OPERATIONS, **READS}
CREATES = ("reason create", "flow create", "import", "automation create")
"""Operations by which the platform makes an object with an id of its own."""
FIRST = ("schema create", "app install", "retention create")
"""Those by which something comes to be under a key; a 404 of them is no object that is gone."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault, at one operation, before or after the work is done."""

    operation: str
    fault: str
    when: When

    def __str__(self) -> str:
        return f"{self.operation}, {self.fault}, {self.when}"


def cells(*rows: str) -> list[Cell]:
    """Every cell that can be, or those of some rows."""
    return [
        Cell(operation, name, when)
        for name, fault in FAULTS.items()
        if not rows or set(rows) & set(name.split(" "))
        for operation in EVERYTHING
        if _fits(fault, operation)
        for when in (("before",) if operation in READS else fault.when)
    ]


def _fits(fault: Fault, operation: str) -> bool:
    match fault.of:
        case "reads":
            return operation in READS
        case "writes":
            return operation in OPERATIONS
        case "creates":
            return operation in CREATES
        case "known":
            return operation not in (*CREATES, *FIRST)
        case "all":
            return True


class FaultWorld(BrokenWorld):
    """A world that strikes as FAULTS say, and remembers what each request was taken for."""

    def watch(self, dice: Random) -> None:
        """As `begin`, and nothing asked yet."""
        self.begin(dice)
        self.token = TOKENS[self.environment]
        self.taken: list[tuple[Request, Reply]] = []
        self.arrived: list[httpx.Request] = []

    def api(self, *, read_only: bool) -> Api:
        """With a small cap, so that huge replies are no huge work, and every outcome written down."""
        api = Api(
            services({}, SERVER), Secret("EPILOT_TOKEN", self.token), read_only=read_only, share=1.0,
            options=TransportOptions(self.effects, RequestLimits(cap=CAP), self.wire),
        )  # fmt: skip
        send = api._sender.send

        def noted(request: Request) -> Reply:
            reply = send(request)
            self.taken.append((request, reply))
            return reply

        api._sender.send = noted  # type: ignore[method-assign]
        self.last_api = api
        return api

    def commit(self, request: httpx.Request) -> None:
        """The platform does it (once more)."""
        self._commit(request, self._send)

    def _happens(
        self, way: str, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]
    ) -> httpx.Response:
        self.arrived.append(request)
        name, _, when = way.rpartition(", ")
        if name not in FAULTS:
            return super()._happens(way, request, send)
        reply = None if when == "before" else self._commit(request, send)
        return FAULTS[name].strike(self, request, reply)


class Strikes(Fate):
    """The fault strikes the first requests of the operation's call."""

    def __init__(self, cell: Cell) -> None:
        self.asked, self.fault = EVERYTHING[cell.operation], FAULTS[cell.fault]
        self.way = f"{cell.fault}, {cell.when}"
        self.reads = cell.operation in READS
        self.struck: list[httpx.Request] = []
        self.after: list[httpx.Request] = []
        """The same call, byte for byte, sent once more."""

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        """The first ones of the call; where it strikes for ever, whatever comes after it too."""
        ours = request.method == self.asked.method and fnmatchcase(request.url.path, self.asked.path)
        if self.struck and _same(request, self.struck[0]):
            self.after.append(request)
        if self.fault.times > 3 and self.struck and (writes or self.reads or "503" in self.way or "401" in self.way):
            return self.way if not (writes and self.way.endswith("after") and self.reads) else ""
        if ours and writes != self.reads and len(self.struck) < min(self.fault.times, 3):
            self.struck.append(request)
            return self.way
        return ""


def _same(one: httpx.Request, other: httpx.Request) -> bool:
    return (one.method, one.url, one.content) == (other.method, other.url, other.content)


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a cell: whether the fault struck, the exit code, and what is wrong."""

    struck: bool
    code: int
    twins: int
    """Objects that a replaying proxy made beside ours: told to the user, and never removed."""
    problems: list[str]


def faulted(cell: Cell) -> Ended:
    """An apply in which the fault strikes, and one after it in which none does."""
    asked = EVERYTHING[cell.operation]
    with tempfile.TemporaryDirectory(prefix="syncer-sim-") as folder:
        world = FaultWorld(Path(folder), dict(asked.switches), env={"SYNCER_KEY": CANARY})
        world.watch(Random(str(cell)))
        try:
            return _faulted(cell, world)
        except Exception as error:  # a traceback is what must not be
            return Ended(True, 1, 0, [f"{type(error).__name__}: {error}"])
        finally:
            world.close()


def _faulted(cell: Cell, world: FaultWorld) -> Ended:
    asked, fault = EVERYTHING[cell.operation], FAULTS[cell.fault]
    if first := asked.before():
        world.put(*first)
        code, _ = world.tried(Fate())
        assert code == 0, world.said
    world.only_these(*asked.after())
    world.committed.clear()
    world.taken.clear()
    before = {key: text for key, text in world.texts().items() if key not in linked(world)}
    claimed = set(linked(world))
    strikes = Strikes(cell)
    began = time.monotonic()
    code, run = world.tried(strikes)
    took = time.monotonic() - began
    if not strikes.struck:
        return Ended(False, code, 0, [])
    done = len(world.committed)
    problems = [*_class(strikes, world, fault), *_sent_again(strikes, fault), *no_secret(world)]
    problems += honest_code(code, done, world)
    if code in (1, 2, 3, 130, 143):
        problems.append(f"exit code {code}")
    if took > 10:
        problems.append(f"it took {took:.0f} s")
    problems += [f"an object of the manifest was written to: {each}" for each in _manifests_written(world)]
    events = run.events if run is not None else []
    twins, rest = _twins(cell, world, before, claimed, events)
    return Ended(True, code, twins, problems + rest)


def _class(strikes: Strikes, world: FaultWorld, fault: Fault) -> list[str]:
    """The first request that it struck is taken for what the catalogue says, unless it was sent again and went well."""
    first = strikes.struck[0]
    path = first.url.raw_path.decode()
    replies = [reply for request, reply in world.taken if (request.method, request.path) == _call(first, path)]
    if not replies:
        return ["the request that it struck was never taken for anything"]
    outcome = replies[0].outcome
    retried = (fault.again or not does_write(first)) and fault.times <= 3 and outcome == "APPLIED"
    if outcome != fault.taken_for and not retried:
        return [f"taken for {outcome}, and it is {fault.taken_for}"]
    return []


def _call(request: httpx.Request, path: str) -> tuple[str, str]:
    prefix = "/data-governance/v1"
    return request.method, path.removeprefix(prefix)


def _sent_again(strikes: Strikes, fault: Fault) -> list[str]:
    """A write whose fate is not known is never sent again in the run that sent it."""
    if strikes.after and does_write(strikes.struck[0]) and not fault.again:
        return [f"{strikes.struck[0].method} {strikes.struck[0].url.path} was sent again unseen"]
    return []


def _manifests_written(world: FaultWorld) -> list[str]:
    """`_manifest` belongs to blueprints: what is sent carries what was read, never a marker of ours."""
    return [
        f"{request.method} {request.url.path}"
        for request in world.arrived
        if does_write(request) and b'"_manifest":[' in request.content.replace(b" ", b"")
    ]


def _twins(
    cell: Cell, world: FaultWorld, before: Objects, claimed: set[tuple[str, str]], events: list[Event]
) -> tuple[int, list[str]]:
    """The run after it; a replayed create leaves a twin, which the plan must name for as long as it is there. An
    automation's twin is not looked for: it would cost a list of all automations in every plan."""
    if not (cell.fault.startswith("B29") and cell.operation in CREATES):
        return 0, aftermath(world, before, claimed)
    found = linked(world)
    twins = {key: text for key, text in world.texts().items() if key not in before and key not in found}
    told = " ".join(each.message for each in world.plan().problems)
    silent = [(kind, id) for kind, id in twins if id not in told and kind != "automation"]
    problems = [f"{kind} {id} is a twin, and nobody says so" for kind, id in silent]
    code, _ = world.tried(Fate())
    if code != 0:
        problems.append(f"run again, exit code {code}: {[each for each in world.said if each][-3:]}")
    problems += [f"{key} was removed unasked" for key in twins if key not in world.texts()]
    if not twins:
        problems.append("the proxy made no twin")
    return len(twins), problems + [f"intent stays open: {each}" for each in world.open_intents()]
