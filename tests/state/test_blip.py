"""A place that fails for a moment: it is tried again for half a minute, nothing is written twice or over another's, and
what is said in the end says what was tried. A store behind a socket, which does what it is told."""

from __future__ import annotations

import http.server
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from syncer.fs.clock import Effects
from syncer.model.diagnostic import PlatformError, Problem, Refused
from syncer.model.state_location import state_location
from syncer.state.backends.backend import BlobChanged
from syncer.state.backends.blip import Blip, persistently
from syncer.state.backends.object_store import Bucket, ObjectLock, bucket
from syncer.state.lock import Holder, holder_in, is_gone, myself, said
from tests.support.patience import PATIENCE

PROBLEM = Problem("state-store", "store answers 503", hint="later")
NOW = 1_800_000_000.0


@dataclass
class Time:
    """A clock that only a sleep moves."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds

    @property
    def effects(self) -> Effects:
        return Effects(lambda: self.now, lambda: NOW, self.sleep, lambda: 1.0)


def test_it_is_tried_again_for_half_a_minute_then_said() -> None:
    time, tries = Time(), list[float]()

    def attempt() -> None:
        tries.append(time.now)
        raise Blip(PROBLEM)

    with pytest.raises(PlatformError) as caught:
        persistently(time.effects, attempt)
    assert time.slept == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]
    assert caught.value.problems == (PROBLEM._replace(message="store answers 503; tried 10 times in 26 s"),)


def test_what_is_over_in_a_moment_nobody_hears_of() -> None:
    time, answers = Time(), iter([Blip(PROBLEM), Blip(PROBLEM), "there"])

    def attempt() -> str:
        answer = next(answers)
        if isinstance(answer, Blip):
            raise answer
        return str(answer)

    assert (persistently(time.effects, attempt), time.slept) == ("there", [0.2, 0.4])


def test_what_is_no_blip_ends_it() -> None:
    time = Time()

    def attempt() -> None:
        raise BlobChanged

    with pytest.raises(BlobChanged):
        persistently(time.effects, attempt)
    assert time.slept == []


Fault = str
SKEWED = (
    "<Error><Code>RequestTimeTooSkewed</Code><RequestTime>20261130T220000Z</RequestTime>"
    "<ServerTime>2026-11-30T23:05:00Z</ServerTime></Error>"
)


class Store:
    """An object store with conditions. `faults`: what becomes of the next writes, one each: a status, `reset` before it
    is done, `lost` after; `between`: what somebody else does once after a fault."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, int]] = {}
        self.faults: list[Fault] = []
        self.always: Fault = ""
        self.between: Callable[[], None] | None = None
        self.writes: list[str] = []
        self.version = 0

    def put(self, key: str, body: bytes) -> None:
        self.version += 1
        self.kept[key] = (body, self.version)

    def condition(self, key: str, headers: Any) -> bool:
        there = self.kept.get(key)
        if headers.get("If-None-Match") == "*":
            return there is None
        wanted = headers.get("If-Match")
        return wanted is None or (there is not None and wanted.strip('"') == str(there[1]))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    it = Store()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            key = self.path
            fault = it.faults.pop(0) if it.faults else it.always
            done = fault in ("", "lost") and it.condition(key, self.headers)
            it.writes.append(fault or ("done" if done else "412"))
            if done:
                it.put(key, body)
            if fault and it.between is not None:
                between, it.between = it.between, None
                between()
            if fault in ("reset", "lost"):
                self._reset()
            elif fault == "skewed":
                self._answer(403, SKEWED.encode())
            elif fault:
                self._answer(int(fault), b"<Error><Code>canary</Code></Error>")
            else:
                self._answer(200 if done else 412, b"", it.kept[key][1] if done else 0)

        def do_GET(self) -> None:
            if it.always:
                skewed = it.always == "skewed"
                self._answer(403 if skewed else int(it.always), SKEWED.encode() if skewed else b"")
                return
            there = it.kept.get(self.path)
            self._answer(200 if there else 404, there[0] if there else b"", there[1] if there else 0)

        do_HEAD = do_GET

        def _answer(self, status: int, body: bytes, version: int = 0) -> None:
            self.send_response(status)
            self.send_header("ETag", f'"{version}"')
            self.send_header("Last-Modified", "Sat, 22 Nov 2025 02:00:00 GMT")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _reset(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.close_connection = True
            self.connection.close()
            self.wfile = self.rfile = open(os.devnull, "r+b")  # noqa: SIM115  the server closes it

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        yield it
        server.shutdown()


def opened(time: Time) -> Bucket:
    return replace(bucket(state_location("s3://states/x"), os.environ), effects=time.effects)


MINE, THEIRS = b'{"checksum": "mine"}', b'{"checksum": "theirs"}'
BLIPS: dict[str, list[Fault]] = {
    # what becomes of the writes before the one that is let through
    "503": ["503"], "500, then 502": ["500", "502"], "429": ["429"], "408": ["408"], "slow down": ["503", "503", "503"],
    "reset before it is done": ["reset"], "done, and the answer lost": ["lost"], "lost behind a 503": ["503", "lost"],
    "another try of ours is under way": ["409"],
}  # fmt: skip


@pytest.mark.parametrize("faults", BLIPS.values(), ids=BLIPS)
@pytest.mark.parametrize("before", [None, b'{"checksum": "before"}'], ids=["new", "replaced"])
def test_a_write_that_meets_a_blip_is_done_once_and_known_as_ours(
    store: Store, faults: list[Fault], before: bytes | None
) -> None:
    time, key = Time(), "/states/x/sandbox.json"
    if before is not None:
        store.put(key, before)
    it = opened(time)
    there = it.get("x/sandbox.json")
    store.faults = list(faults)
    seen = it.put("x/sandbox.json", MINE, there[1] if there else None)
    assert store.kept[key] == (MINE, int(seen["e_tag"].strip('"')))
    assert [each for each in store.writes if each in ("done", "lost")] in (["done"], ["lost"])
    assert len(time.slept) == len([each for each in faults if each != "lost"])


@pytest.mark.parametrize("fault", ["503", "reset", "409", "lost"])
@pytest.mark.parametrize("before", [None, b'{"checksum": "before"}'], ids=["new", "replaced"])
def test_what_somebody_else_writes_in_a_blip_is_never_written_over(
    store: Store, fault: Fault, before: bytes | None
) -> None:
    """Also not where ours had landed first, and another run has taken it on from there."""
    key = "/states/x/sandbox.json"
    if before is not None:
        store.put(key, before)
    it = opened(Time())
    there = it.get("x/sandbox.json")
    store.faults, store.between = [fault], lambda: store.put(key, THEIRS)
    with pytest.raises(BlobChanged):
        it.put("x/sandbox.json", MINE, there[1] if there else None)
    assert store.kept[key][0] == THEIRS


def test_a_store_that_stays_down_is_said_with_what_was_tried(store: Store) -> None:
    store.always = "503"
    for ask in (lambda it: it.get("k"), lambda it: it.version("k"), lambda it: it.put("k", MINE, None)):
        with pytest.raises(PlatformError) as caught:
            ask(opened(Time()))
        (only,) = caught.value.problems
        assert only.message == "object store of `s3://states/x` answers 503; tried 10 times in 26 s"
        assert (caught.value.exit_code, "canary" in str(caught.value)) == (6, False)


def test_a_clock_that_is_wrong_is_said_with_both_times(store: Store) -> None:
    store.always = "skewed"
    time = Time()
    for ask in (lambda it: it.get("k"), lambda it: it.put("k", MINE, None)):
        with pytest.raises(PlatformError) as caught:
            ask(opened(time))
        (only,) = caught.value.problems
        assert only.message == (
            "object store of `s3://states/x` refuses the request for its time: the clock of this machine says "
            "2026-11-30 22:00:00 UTC, its own says 2026-11-30 23:05:00 UTC"
        )
        assert only.hint == "set the clock of this machine, then run it again"
    assert time.slept == []


CLOCKS = {
    "Azure": (
        "403 AuthenticationFailed\nRequestId:1\nTime:2026-11-30T23:05:00.1234567Z Request date header too old",
        "the clock of this machine says 2027-01-15 08:00:00 UTC, its own says 2026-11-30 23:05:00 UTC",
    ),
    "Google": (
        "invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
        "the clock of this machine says 2027-01-15 08:00:00 UTC, its own says something else",
    ),
    "times that are none": (
        "<Code>RequestTimeTooSkewed</Code><RequestTime>99999999T999999Z</RequestTime><ServerTime>x</ServerTime>",
        "the clock of this machine says 2027-01-15 08:00:00 UTC, its own says something else",
    ),
}


@pytest.mark.parametrize(("words", "times"), CLOCKS.values(), ids=CLOCKS)
def test_how_other_stores_say_it(words: str, times: str) -> None:
    made = Bucket("az://c/x", None, Time().effects)._no(RuntimeError(f"status code: {words}"))  # type: ignore[arg-type]
    assert isinstance(made, PlatformError)
    assert made.problems[0].message == f"object store of `az://c/x` refuses the request for its time: {times}"


# --- whose process is gone

HERE = Holder("anna", "vm", 4711, "boot", NOW, "", "pid:[1]", "900")


def child() -> tuple[subprocess.Popen[bytes], Holder]:
    """A process that lives until it is told to end, and what it says of itself."""
    made = subprocess.Popen(
        [sys.executable, "-c", "from syncer.state.lock import *; print(said(myself()).decode(), flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert made.stdout is not None
    holder = holder_in(made.stdout.readline())
    assert holder is not None
    return made, holder


OTHERS: dict[str, dict[str, str]] = {
    "another host": {"host": "elsewhere"},
    "another boot": {"boot": "before"},
    "another space of process numbers": {"space": "pid:[2]"},
    "a lock of an earlier version": {"space": "", "started": ""},
    "a system that has no boot id": {"boot": ""},
}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="a system without /proc never takes one over")
def test_a_process_is_gone_where_all_agrees_and_it_is_not_there() -> None:
    """A number that another process has by now is told by when that began."""
    made, holder = child()
    me = myself()
    assert (holder.pid, holder.space, holder.boot, is_gone(holder, me)) == (made.pid, me.space, me.boot, False)
    assert is_gone(replace(holder, started="1"), me)
    made.communicate(b"\n", timeout=PATIENCE)
    assert is_gone(holder, me)
    for name, changes in OTHERS.items():
        other = replace(me, **{key: changes[key] for key in changes if key != "started"})
        assert not is_gone(replace(holder, **changes), other if name.startswith("a system") else me), name
    assert not is_gone(me, me)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="a system without /proc never takes one over")
def test_only_a_lock_whose_process_is_certainly_gone_is_taken_over(store: Store) -> None:
    made, holder = child()
    it = opened(Time())
    lock = ObjectLock(it, "x/sandbox.lock", "sandbox", "s3://states/x/sandbox.json")
    store.put("/states/x/sandbox.lock", said(holder, nonce="1"))
    with pytest.raises(Refused) as caught:
        lock.take(myself())
    made.communicate(b"\n", timeout=PATIENCE)
    for changes in OTHERS.values():
        store.put("/states/x/sandbox.lock", said(replace(holder, **changes), nonce="1"))
        with pytest.raises(Refused) as caught:
            lock.take(myself())
        assert caught.value.problems[0].hint.endswith("if that run is surely over, `syncer state unlock --env sandbox`")
    store.put("/states/x/sandbox.lock", said(holder, nonce="1"))
    note = lock.take(myself())
    assert re.sub(r"^(took over the lock of a dead run: ).*(, less than a minute old)$", r"\1…\2", note) == (
        "took over the lock of a dead run: …, less than a minute old"
    )
    assert f"(process {made.pid})" in note
    assert (lock.still_in(), lock.holder()) == (True, replace(myself(), since=lock.holder().since))  # type: ignore[union-attr]
    lock.release()
    assert lock.holder() is None
