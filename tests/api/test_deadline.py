"""An end to waiting, against an end that never answers."""

from __future__ import annotations

import threading
import time

import pytest

from syncer.api import deadline
from syncer.api.allowlist import ForbiddenCall
from syncer.api.deadline import DeadlineTransport
from syncer.api.reply import Reply, Request
from tests.api.transports import Replies

PUT = Request("workflow", "PUT", "/v2/flows/templates/f1", b"{}")


def test_a_reply_in_time_is_handed_on() -> None:
    inner = Replies(Reply("APPLIED", 200, body=[1]))
    assert DeadlineTransport(inner, 60, time.monotonic).send(PUT) == Reply("APPLIED", 200, body=[1])
    assert inner.seen == [PUT]


def test_what_is_raised_comes_to_who_asked() -> None:
    with pytest.raises(ForbiddenCall, match="not this one"):
        DeadlineTransport(Replies(ForbiddenCall("not this one")), 60, time.monotonic).send(PUT)


def test_a_reply_that_never_comes_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "GRACE", 0.01)
    over = threading.Event()

    class Endless:
        def send(self, request: Request) -> Reply:
            over.wait()
            return Reply("APPLIED", 200)

    try:
        assert DeadlineTransport(Endless(), 0.01, time.monotonic).send(PUT) == Reply("AMBIGUOUS", fault="deadline")
    finally:
        over.set()


class Threads:
    """Answers with the name of the thread that asks; `gate`: what the first request waits for."""

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.seen: list[threading.Thread] = []
        self._gate = gate

    def send(self, request: Request) -> Reply:
        self.seen.append(threading.current_thread())
        if self._gate is not None and len(self.seen) == 1:
            self._gate.wait()
        return Reply("APPLIED", 200)


def test_one_thread_carries_what_comes_one_after_another() -> None:
    inner = Threads()
    sender = DeadlineTransport(inner, 60, time.monotonic)
    for _ in range(50):
        assert sender.send(PUT) == Reply("APPLIED", 200)
    assert len(set(inner.seen)) == 1


def test_a_thread_that_was_left_behind_carries_nothing_until_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "GRACE", 0.01)
    gate = threading.Event()
    inner = Threads(gate)
    try:
        sender = DeadlineTransport(inner, 0.01, time.monotonic)
        assert sender.send(PUT) == Reply("AMBIGUOUS", fault="deadline")
        monkeypatch.setattr(deadline, "GRACE", 60.0)
        assert [sender.send(PUT) for _ in range(3)] == 3 * [Reply("APPLIED", 200)]
        assert inner.seen[0] not in inner.seen[1:]
    finally:
        gate.set()


def test_a_thread_without_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "IDLE", 0.01)
    inner = Threads()
    sender = DeadlineTransport(inner, 60, time.monotonic)
    assert sender.send(PUT) == Reply("APPLIED", 200)
    inner.seen[0].join(timeout=120)
    assert not inner.seen[0].is_alive()
    assert sender.send(PUT) == Reply("APPLIED", 200)
    assert inner.seen[0] is not inner.seen[1]
