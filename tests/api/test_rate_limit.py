"""The window, waiting for a turn in it, and Retry-After, on a clock that only sleeping moves."""

from __future__ import annotations

import threading

import pytest

from syncer.api.rate_limit import RateLimit, RateLimitTransport, retry_after
from syncer.api.reply import Reply, Request
from syncer.fs.clock import Effects
from tests.api.transports import Replies, Time


def test_a_window_never_holds_more_than_its_share() -> None:
    time = Time()
    pace = RateLimit(0.8, time.effects)
    passed = []
    for _ in range(1000):
        assert pace.wait()
        passed.append(time.now)
    assert pace.most == 400
    assert time.slept == [60.0, 60.0]
    for start in passed:
        assert sum(start <= each < start + 60 for each in passed) <= 400


def test_slow_writers_never_wait() -> None:
    time = Time()
    pace = RateLimit(0.02, time.effects)
    for _ in range(50):
        assert pace.wait()
        time.now += 6.01
    assert time.slept == []
    assert pace.used == 9


def test_everybody_holds_when_the_platform_says_so() -> None:
    time = Time()
    pace = RateLimit(0.8, time.effects)
    pace.hold(7)
    pace.hold(3)
    assert pace.wait()
    assert time.slept == [7.0]


def test_a_turn_that_comes_too_late_is_not_taken() -> None:
    time = Time()
    pace = RateLimit(0.002, time.effects)
    assert pace.wait()
    assert not pace.wait(until=time.now + 59)
    assert (time.slept, pace.used) == ([], 1)
    assert pace.wait(until=time.now + 60)


def test_threads_share_one_window() -> None:
    pace = RateLimit(0.1, Effects())
    taken: list[bool] = []
    threads = [threading.Thread(target=lambda: taken.extend(pace.wait(until=0) for _ in range(20))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert taken.count(True) == 50


WAITS = {
    # case: (Retry-After, Date, our clock, seconds)
    "B14 seconds": ("7", "", 0.0, 7.0),
    "zero": ("0", "", 0.0, 0.0),
    "spaces": (" 12 ", "", 0.0, 12.0),
    "B15 date, by the reply's clock": (
        "Sun, 22 Nov 2026 10:00:30 GMT", "Sun, 22 Nov 2026 10:00:00 GMT", 0.0, 30.0,
    ),
    "B15 date in the past": ("Sun, 22 Nov 2026 09:00:00 GMT", "Sun, 22 Nov 2026 10:00:00 GMT", 0.0, 0.0),
    "B15 date, no Date header": ("Thu, 01 Jan 1970 00:01:40 GMT", "", 90.0, 10.0),
    "B15 date, broken Date header": ("Thu, 01 Jan 1970 00:01:40 GMT", "x", 90.0, 10.0),
    "B16 none": ("", "", 0.0, None),
    "B16 negative": ("-5", "", 0.0, None),
    "B16 fraction": ("1.5", "", 0.0, None),
    "B16 words": ("abc", "", 0.0, None),
    "B16 absurd": ("99999999999", "", 0.0, 99999999999.0),
    "B16 endless": ("9" * 90, "", 0.0, 999999999999.0),
    "foreign digits": ("٣", "", 0.0, None),
    "absurd date": ("Sun, 22 Nov 99999 10:00:30 GMT", "", 0.0, None),
}  # fmt: skip


@pytest.mark.parametrize(("value", "date", "now", "expected"), WAITS.values(), ids=WAITS)
def test_retry_after(value: str, date: str, now: float, expected: float | None) -> None:
    assert retry_after(value, date, now) == expected


READ = Request("workflow", "GET", "/v1/workflows/closing-reasons")
WRITE = Request("workflow", "POST", "/v1/workflows/closing-reasons", b"{}", writes=True)
HELD = {
    # case: (request, reply, seconds that the next write waits)
    "a write is asked to wait": (WRITE, Reply("REJECTED", 429, retry_after="7"), 7.0),
    "for the longest that is obeyed": (WRITE, Reply("REJECTED", 429, retry_after="120"), 120.0),
    "for longer": (WRITE, Reply("REJECTED", 429, retry_after="121"), 0.0),
    "not said how long": (WRITE, Reply("REJECTED", 429), 0.0),
    "a failure, which is not sent again": (WRITE, Reply("AMBIGUOUS", 503, retry_after="7"), 0.0),
    "a success": (WRITE, Reply("APPLIED", 200, retry_after="7"), 0.0),
    "a read is asked to wait": (READ, Reply("REJECTED", 429, retry_after="7"), 0.0),
}


@pytest.mark.parametrize(("request_", "reply", "waited"), HELD.values(), ids=HELD)
def test_a_429_holds_all_writers(request_: Request, reply: Reply, waited: float) -> None:
    time, done = Time(), Reply("APPLIED", 200)
    inner = Replies(reply, done)
    transport = RateLimitTransport(inner, RateLimit(0.8, time.effects), time.effects)
    assert transport.send(request_) == reply
    assert (transport.send(READ), time.slept) == (done, [])
    assert (transport.send(WRITE), time.slept) == (done, [waited] if waited else [])
    assert inner.seen == [request_, READ, WRITE]


def test_a_write_takes_a_turn_and_a_read_takes_none() -> None:
    time, limit = Time(), RateLimit(0.004, Time().effects)
    transport = RateLimitTransport(Replies(Reply("APPLIED", 200)), limit, time.effects)
    used = []
    for request in (READ, WRITE, READ, WRITE):
        transport.send(request)
        used.append(limit.used)
    assert used == [0, 1, 1, 2]


def test_a_write_whose_turn_does_not_come_is_not_sent() -> None:
    time = Time()
    limit = RateLimit(0.8, time.effects)
    inner = Replies(Reply("APPLIED", 200))
    transport = RateLimitTransport(inner, limit, time.effects)
    limit.hold(60)
    late = Request("workflow", "PUT", "/v2/flows/templates/f1", writes=True, until=time.now + 59)
    assert transport.send(late) == Reply("NOT_SENT", fault="turn")
    limit.stop()
    assert transport.send(late) == Reply("NOT_SENT", fault="turn", detail="interrupted before it was sent")
    assert (inner.seen, time.slept) == ([], [])
