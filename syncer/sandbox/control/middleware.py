"""In front of the services: the log of requests, faults on demand, and the store held for one request at a time."""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import secrets
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from syncer.sandbox.control.log_redaction import discreet
from syncer.sandbox.quota import Windows, is_read
from syncer.sandbox.request_scope import Clock
from syncer.sandbox.store import Json, Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOG_LENGTH = 50_000


@dataclass
class Fault:
    """A rule of what goes wrong: which requests it takes, how often, and what it does to them."""

    id: str
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    """How many requests it takes before it is spent; None: until it is deleted."""
    skip: int = 0
    """How many matching requests pass untouched first."""
    org: str | None = None
    after_commit: bool = False
    """Whether the work is done, and stays done, before the answer is spoilt."""
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Json = None
    """An object is sent as JSON, a string as it is."""
    delay: float = 0
    """Seconds to wait, until the rules are dropped at most: with `after_commit` between the work and the answer, else
    before the work."""
    drop: bool = False
    """The connection is closed without an answer."""
    truncate: int | None = None
    """The answer's body ends after that many bytes, its Content-Length does not."""
    content_type: str | None = None
    quota: int | None = None
    """A minute's allowance for the requests the rule takes, shared by them; beyond it they get 429."""
    hits: int = 0

    def matches(self, method: str, path: str, org: str) -> bool:
        """Whether the rule is about such a request."""
        return (
            self.method in ("*", method)
            and fnmatch.fnmatchcase(path, self.path)
            and self.org in (None, org)
            and (self.times is None or self.hits < self.times)
        )


@dataclass
class LogEntry:
    """A request as the log shows it; `status` 0: no answer was sent."""

    seq: int
    time: str
    method: str
    path: str
    query: str
    org: str | None
    status: int | None
    digest: str
    fault: str | None
    correlation_id: str | None
    accept: str | None
    body: bytes = field(repr=False)
    told: Json = field(default=None, repr=False)
    """As it was shown to others before, save for what became of it since."""

    def whole(self) -> Json:
        """The entry with its body as JSON where it is JSON, else as the bytes it is."""
        return {name: value for name, value in asdict(self).items() if name != "told"} | {"body": _readable(self.body)}

    def shown(self, tokens: Collection[str]) -> Json:
        """The entry as others may see it: without secrets."""
        if self.told is None:
            self.told = discreet(self.whole(), tokens)
        return {**self.told, "status": self.status, "fault": self.fault}


@dataclass
class Answer:
    """A complete answer, before it is sent."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class FaultRules:
    """The rules and the log: what tests and rehearsals set and read under `/_sandbox`."""

    def __init__(self, clock: Clock, tokens: Collection[str] = ()) -> None:
        self._clock, self._tokens = clock, tuple(tokens)
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._dropped = threading.Event()
        self._log: deque[LogEntry] = deque(maxlen=LOG_LENGTH)
        self._seq = self._made = 0
        self._windows = Windows(clock.now)

    def add(self, rules: Sequence[Mapping[str, Json]]) -> list[Json]:
        """Set rules, which are asked in the order in which they were set; returns them with their ids."""
        with self._lock:
            known = len(self._faults)
            for rule in rules:
                self._made += 1
                self._faults.append(Fault(id=f"fault-{self._made}", **rule))
            return [asdict(fault) for fault in self._faults[known:]]

    def faults(self) -> list[Json]:
        """The rules with their hits, spent ones too."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear_faults(self) -> None:
        """Drop all rules; whoever waits because of one waits no longer."""
        with self._lock:
            self._faults.clear()
            dropped, self._dropped = self._dropped, threading.Event()
        dropped.set()

    def wait(self, fault: Fault) -> None:
        """Wait as long as the rule says, until the rules are dropped at most."""
        with self._lock:
            dropped, stands = self._dropped, any(each is fault for each in self._faults)
        if stands:
            dropped.wait(fault.delay)

    def requests(self) -> list[Json]:
        """The log, oldest first, with all that was sent: for whoever is in this process."""
        with self._lock:
            return [entry.whole() for entry in self._log]

    def shown(self) -> list[Json]:
        """The log, oldest first, for everybody: no secret is in it."""
        with self._lock:
            return [entry.shown(self._tokens) for entry in self._log]

    def clear_requests(self) -> None:
        """Empty the log; the numbering goes on."""
        with self._lock:
            self._log.clear()

    def take(self, method: str, path: str, org: str) -> Fault | None:
        """The rule that strikes this request."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, path, org):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.quota is not None:
                    wait = self._windows.take(f"fault {fault.id} {org}", fault.quota)
                    if wait is None:
                        continue
                    fault.hits += 1
                    return Fault(fault.id, status=429, headers={"Retry-After": str(wait)} | fault.headers)
                fault.hits += 1
                return fault
        return None

    def _digest(self, data: bytes) -> str:
        """The same for the same body; of no use to whoever would try out which secret was in it."""
        return hashlib.blake2b(data, key=self._key, digest_size=32).hexdigest()

    def enter(self, environ: WSGIEnvironment, path: str, org: str | None, data: bytes) -> LogEntry:
        """Write a request down as it arrives."""
        with self._lock:
            self._seq += 1
            entry = LogEntry(
                self._seq, self._clock.now().isoformat(), environ["REQUEST_METHOD"], path,
                environ.get("QUERY_STRING", ""), org, None, self._digest(data), None,
                environ.get("HTTP_X_CORRELATION_ID"), environ.get("HTTP_ACCEPT"), data,
            )  # fmt: skip
            self._log.append(entry)
            return entry


class Middleware:
    """The WSGI application around the services'."""

    def __init__(
        self,
        inner: WSGIApplication,
        store: Store,
        watch: FaultRules,
        org_of: Callable[[str], str | None],
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._inner, self._store, self._watch, self._org_of, self._sleep = inner, store, watch, org_of, sleep

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        if path.startswith("/_sandbox/"):
            return self._inner(environ, start_response)
        data = _read(environ)
        org = self._org_of(environ.get("HTTP_AUTHORIZATION", ""))
        entry = self._watch.enter(environ, path, org, data)
        fault = self._watch.take(entry.method, path, org or "")
        answer = self._strike(fault, entry, environ, data, path) if fault else self._serve(environ, data, path)
        entry.status = int(answer.status[:3])
        start_response(answer.status, answer.headers)
        return _Pieces(answer.body)

    def _strike(self, fault: Fault, entry: LogEntry, environ: WSGIEnvironment, data: bytes, path: str) -> Answer:
        """Answer a request that a rule takes; with `after_commit` its work is done all the same."""
        entry.fault = fault.id
        spoilt = fault.drop or fault.status is not None
        answer = self._serve(environ, data, path) if fault.after_commit else None
        if fault.delay:
            self._watch.wait(fault) if self._sleep is None else self._sleep(fault.delay)
        if answer is None and not spoilt:
            answer = self._serve(environ, data, path)
        if fault.drop:
            entry.status = 0
            _drop(environ)
        return _spoil(fault, answer)

    def _serve(self, environ: WSGIEnvironment, data: bytes, path: str) -> Answer:
        environ["wsgi.input"] = io.BytesIO(data)
        environ["CONTENT_LENGTH"] = str(len(data))
        with self._store.work(writing=not is_read(environ["REQUEST_METHOD"], path)) as work:
            answer = _run(self._inner, environ)
            status = int(answer.status[:3])
            work.keep = status < 400 or status == 413  # an answer too large to send undoes nothing
        return answer


class _Pieces:
    """A body that keeps its Content-Length to itself: a truncated one must look truncated, not short."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body


def _run(inner: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    seen: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        seen.append((status, headers))
        return lambda chunk: None

    pieces = inner(environ, start)
    try:
        content = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    status, headers = seen[-1]
    return Answer(status, headers, content)


def _spoil(fault: Fault, answer: Answer | None) -> Answer:
    """The answer as the rule leaves it; without one, the rule's own."""
    headers = {name.lower(): value for name, value in (answer.headers if answer else [])}
    content = answer.body if answer and fault.status is None else b""
    if fault.body is not None:
        content = (fault.body if isinstance(fault.body, str) else json.dumps(fault.body)).encode()
    elif answer is None or fault.status is not None:
        content = b"" if fault.status == 204 else json.dumps({"message": f"fault {fault.id}"}).encode()
    if fault.status is not None:
        headers = {"content-type": "application/json"}
    headers |= {name.lower(): value for name, value in fault.headers.items()}
    if fault.content_type is not None:
        headers["content-type"] = fault.content_type
    headers["content-length"] = str(len(content))
    status = f"{fault.status} Fault" if fault.status is not None else answer.status if answer else "200 OK"
    return Answer(status, list(headers.items()), content if fault.truncate is None else content[: fault.truncate])


def _drop(environ: WSGIEnvironment) -> NoReturn:
    """Close the connection without a word; a caller in this process has no connection and gets its library's error."""
    if "waitress.client_disconnected" in environ:
        from waitress.channel import ClientDisconnected

        raise ClientDisconnected
    if "httpx" in sys.modules:
        raise sys.modules["httpx"].RemoteProtocolError("Server disconnected without sending a response.")
    raise ConnectionResetError("connection dropped on demand")


def _read(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    return bytes(stream.read(int(length)) if length else stream.read())


def _readable(data: bytes) -> Json:
    """A body as the log keeps it: JSON where it is JSON, else its bytes."""
    if not data:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data
