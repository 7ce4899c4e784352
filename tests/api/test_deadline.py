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
