"""The world in which things break: every effect of the engine passes one place that may fail it, or end the process.

`BrokenWorld` asks its `Fate` before each request, each change of the disk and each sleep. What is decided there is
somebody else's business: chance (`seeds`), a list of instants (`instants`) or a number (`counting`).
"""

from __future__ import annotations

import errno
import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx

from simulation.disk import MemoryDisk
from simulation.summary import Sent, Summary, sent
from simulation.turns import Turns
from simulation.world import ORG, Run, Wire, World
from syncer.api.client import Api
from syncer.fs.clock import Effects
from syncer.model.diagnostic import SyncerError
from syncer.ops.apply.scheduler import Stop
from syncer.plan.events import Event
from syncer.render.events import event_text
from syncer.render.problems import problems_text
from syncer.render.terminal import Terminal
from syncer.state.lock import Holder, myself, said

Json = Any


class SimulatedCrash(BaseException):
    """The process ends here: nothing may catch it, and nothing it does on its way out has an effect."""


SPOILT: dict[str, tuple[int, bytes, str]] = {
    # how: status, body, content type of the reply in place of the real one
    "500": (500, b'{"message": "no"}', "application/json"),
    "502": (502, b"<html>", "text/html"),
    "503": (503, b"", ""),
    "504": (504, b"", ""),
    "408": (408, b"", ""),
    "redirect": (302, b"", ""),
    "html": (200, b"<html>login</html>", "text/html"),
    "empty": (200, b"", "application/json"),
    "cut json": (200, b'{"id": "12', "application/json"),
    "no id": (200, b'{"some": "thing"}', "application/json"),
}
RAISED: dict[str, type[httpx.TransportError]] = {
    "reset": httpx.WriteError,
    "read timeout": httpx.ReadTimeout,
    "dropped": httpx.RemoteProtocolError,
}
NOT_SENT: dict[str, type[httpx.TransportError]] = {
    "connect": httpx.ConnectError,
    "connect timeout": httpx.ConnectTimeout,
    "pool timeout": httpx.PoolTimeout,
}
REFUSED = ("400", "401", "409", "422")
AMBIGUOUS = (*SPOILT, *RAISED, "truncated")
WAYS = (
    *NOT_SENT,
    "quota",
    *REFUSED,
    *(f"{each}, not done" for each in ("500", "502", "503", "504", "408", *RAISED)),
    *(f"{each}, done" for each in AMBIGUOUS),
    "read timeout, done late",
    "slow",
)
"""All that may come of a request but what should; `done`: the platform did the work all the same."""


def does_write(request: httpx.Request) -> bool:
    """Whether a request may change something."""
    return request.method != "GET" and not request.url.path.endswith(
        (":search", ":list", ":batchGet", "/query", "/v1/logs")
    )


class Fate:
    """What goes wrong; this one: nothing. Raise SimulatedCrash in any of them to end the process at that instant."""

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        """One of WAYS, or "" for a request that goes well."""
        return ""

    def answered(self, request: httpx.Request, response: httpx.Response, *, writes: bool) -> httpx.Response:
        """The reply is there, and not read yet."""
        return response

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """Nothing for a change that goes well; `error` (not done) and `torn` (half of a write is done) end in OSError,
        `half` in the end of the process after half of a write."""
        return ""

    def disk_done(self, call: str, path: Path, data: bytes) -> None:
        """A change of the disk has been made."""

    def sleeping(self, seconds: float) -> None:
        """It waits."""


class _BrokenWire(Wire):
    def __init__(self, world: BrokenWorld) -> None:
        super().__init__(world.app)
        self.world = world

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.world.exchange(request, self._inner.handle_request)


class BrokenWorld(World):
    """A world whose network, disk and process may fail, and that keeps count."""

    def begin(self, dice: Random) -> None:
        """Things that break are told apart from those that are only there."""
        self.dice = dice
        self.turns = Turns(dice)
        self.fate = Fate()
        self.dead = False
        self.skew = 0.0
        self.faults: Counter[str] = Counter()
        self.committed: list[tuple[str, str, Json]] = []
        """Writing calls of which the platform did the work: method, path, body."""
        self.late: list[tuple[float, httpx.Request]] = []
        self.sent: list[Sent] = []
        """Writing calls of this run that reached the platform."""
        self.summary = Summary()
        self.said: list[str] = []
        """All that a user would have seen."""
        self.wire = _BrokenWire(self)
        self.memory = MemoryDisk(self._on_disk)
        self.power: Callable[[], None] = lambda: self.memory.lose_power(self.dice)
        """What a crash does to the disk."""
        self.disk = self.memory
        self.fetch = lambda tasks: [task() for task in tasks]
        self.last_api: Api | None = None
        self.stop = Stop()
        self._send: Callable[[httpx.Request], httpx.Response] = httpx.WSGITransport(self.app).handle_request
        plain = self.time.sleep

        def sleep(seconds: float) -> None:
            self._alive()
            self.fate.sleeping(seconds)
            end = self.time.clock() + seconds
            for due in sorted(moment for moment, _ in self.late if moment <= end):
                plain(max(0.0, due - self.time.clock()))
                self.land()
            plain(max(0.0, end - self.time.clock()))

        self._sleep = sleep

    @property
    def effects(self) -> Effects:
        """The clock of this machine is not the platform's."""
        return Effects(self.time.clock, lambda: self.time.now() + self.skew, self._sleep, self.dice.random)

    def api(self, *, read_only: bool) -> Api:
        """Remembered, for a signal interrupts it."""
        self.last_api = super().api(read_only=read_only)
        return self.last_api

    def tell(self, note: str) -> None:
        """A user would have seen it."""
        self.said.append(note)

    def signal(self, name: str) -> None:
        """SIGINT or SIGTERM arrives: what the command's handler does."""
        self.faults[f"{name}"] += 1
        self.stop.ask(name)
        if self.last_api is not None:
            self.last_api.interrupt()

    def land(self, everything: bool = False) -> None:
        """What was sent and got no reply is done by the platform when its time has come."""
        due = [each for each in self.late if everything or each[0] <= self.time.clock()]
        self.late = [each for each in self.late if each not in due]
        for _, request in due:
            self._commit(request, self._send)

    def forget(self) -> None:
        """State and journal are lost."""
        self.memory.forget()

    def requests(self) -> list[Json]:
        """Nobody looks at the log here: it is emptied, so that it costs nothing."""
        self.app.extensions["sandbox.watch"].clear_requests()
        return []

    def texts(self) -> dict[tuple[str, str], str]:
        """(the sandbox's kind, id) → each object as it is stored, byte for byte."""
        store = self.app.extensions["sandbox"]
        return {(kind, _id(kind, text)): text for kind in _STORED for text in store.texts(ORG, kind)}

    @contextmanager
    def breaking(self, fate: Fate) -> Iterator[None]:
        """In this block fate strikes; a crash that comes out of it has taken the power along."""
        self.fate = fate
        try:
            yield
        finally:
            self.fate = Fate()
            if self.dead:
                self.dead = False
                self.power()
                self.time.pass_by(self.dice.choice([0.0, 2.0, 40.0]))

    def tried(self, fate: Fate, **how: Any) -> tuple[int, Run | None]:
        """An apply under this fate: its exit code, -9 for one that crashed, and what came of it.

        It holds the real lock; one that crashed leaves it behind, as its process would.
        """
        run = None
        events: list[Event] = []
        mine: list[Sent] = []
        before = self.stop, self.sent
        self.stop, self.sent = Stop(), mine
        with self.breaking(fate), self.turns.taken():
            try:
                run = self.apply(stop=self.stop, see=events.append, **how)
                code = run.code
            except SimulatedCrash:
                code = -9
                self._left_behind()
            except SyncerError as error:
                code = error.exit_code
                self.said.append(problems_text(error.problems, Terminal()))
        self.stop, self.sent = before  # of the run that this one came into, if it did
        if mine:
            self.summary.run(mine)
        seen = run.events if run is not None else events
        self.said += [event_text(each, Terminal()) for each in seen]
        return code, run

    def _left_behind(self) -> None:
        """The lock file of a process that is gone."""
        gone = Holder("anna", socket.gethostname(), 2**22 + 1, myself().boot, self.effects.now())
        path = self.state_path.with_suffix(".lock")
        path.write_bytes(said(gone))

    def crash(self) -> SimulatedCrash:
        """To be raised: from here on nothing has an effect."""
        self.faults["crash"] += 1
        self.dead = True
        return SimulatedCrash()

    # --- effects

    def _alive(self) -> None:
        if self.dead:
            raise SimulatedCrash

    def exchange(self, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
        """A request, as fate will have it."""
        self._alive()
        self.turns.effect()
        self._alive()
        self.land()
        writes = does_write(request)
        way = self.fate.request(request, writes=writes)
        if way:
            self.faults[way] += 1
        if writes and way not in NOT_SENT and way != "quota":
            lost = way not in ("", "slow", *REFUSED)
            self.sent.append(sent(request.method, request.url.path, request.content, lost=lost))
        response = self._happens(way, request, send)
        self._alive()
        return self.fate.answered(request, response, writes=writes)

    def _happens(
        self, way: str, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]
    ) -> httpx.Response:
        how, _, done = way.partition(", ")
        if way in NOT_SENT:
            raise NOT_SENT[way]("", request=request)
        if way == "quota":
            after = self.dice.choice([{}, {"Retry-After": str(self.dice.randint(0, 9))}, {"Retry-After": "soon"}])
            return httpx.Response(429, headers=after, content=b"{}", request=request)
        if way in REFUSED:  # a platform that quotes what it was sent
            text = json.dumps({"message": f"refused: {request.content.decode()}"})
            return httpx.Response(int(way), headers={"content-type": "application/json"}, content=text.encode())
        if done == "done late":
            self.late.append((self.time.clock() + self.dice.uniform(0.5, 9.0), request))
            raise httpx.ReadTimeout("", request=request)
        if way == "slow":
            self.time.pass_by(self.dice.uniform(1, 20))
        response = None if done == "not done" else self._commit(request, send)
        if how in RAISED:
            raise RAISED[how]("", request=request)
        if how in SPOILT:
            status, body, form = SPOILT[how]
            headers = {"content-type": form} if form else {}
            if how == "redirect":
                headers["location"] = "https://elsewhere.example/"
            return httpx.Response(status, headers=headers, content=body)
        assert response is not None
        if how == "truncated":
            return httpx.Response(response.status_code, headers=response.headers, stream=_Cut(response.content))
        return response

    def _commit(self, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
        response = send(request)
        response.read()
        if response.is_success and does_write(request):
            body = json.loads(request.content) if request.content else None
            self.committed.append((request.method, request.url.path, body))
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)

    def _on_disk(self, call: str, path: Path, do: Callable[[bytes], None], data: bytes) -> None:
        self._alive()
        how = self.fate.disk(call, path, data)
        if how == "half":
            do(data[: len(data) // 2])
            raise self.crash()
        if how:
            self.faults[f"disk: {call} {'torn' if how == 'torn' and call == 'write' else 'fails'}"] += 1
            if how == "torn" and call == "write":
                do(data[: len(data) // 2])
            raise OSError(self.dice.choice([errno.EIO, errno.ENOSPC]), "simulated")
        do(data)
        self.fate.disk_done(call, path, data)


class _Cut(httpx.SyncByteStream):
    """A body of which the end does not come."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


_STORED = {
    "closing_reason": "id",
    "schema": "slug",
    "flow": "id",
    "installation": "app_id",
    "retention": "id",
    "automation": "id",
}


def _id(kind: str, text: str) -> str:
    return str(json.loads(text).get(_STORED[kind], ""))
