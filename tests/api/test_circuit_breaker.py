"""The breaker, and the transport that asks it, on a clock that only sleeping moves."""

from __future__ import annotations

import pytest

from syncer.api.circuit_breaker import BreakerTransport, CircuitBreaker
from syncer.api.reply import Reply, Request
from tests.api.transports import Replies, Time


def test_the_breaker_opens_rests_and_lets_one_through() -> None:
    time = Time()
    breaker = CircuitBreaker(time.effects, limit=3, pause=30)
    seen = []
    for failed in (True, True, False, True, True, True):
        seen.append(breaker.closed())
        breaker.note(failed=failed)
    assert seen == [True] * 6
    assert not breaker.closed()
    time.now += 30
    assert [breaker.closed(), breaker.closed()] == [True, False]
    breaker.note(failed=True)
    assert not breaker.closed()
    time.now += 30
    assert breaker.closed()
    breaker.note(failed=False)
    assert [breaker.closed(), breaker.closed()] == [True, True]


READ = Request("workflow", "GET", "/v1/workflows/closing-reasons")
OPEN = Reply("NOT_SENT", fault="circuit")
ENDS = {
    # case: (reply, whether two of them open the breaker)
    "a success": (Reply("APPLIED", 200), False),
    "a refusal": (Reply("REJECTED", 429), False),
    "a failure of the other side": (Reply("AMBIGUOUS", 500), True),
    "nobody there": (Reply("NOT_SENT", fault="connect"), True),
    "no reply": (Reply("AMBIGUOUS", fault="read-timeout"), True),
    "a reply that cannot be read": (Reply("AMBIGUOUS", 200, fault="not-json"), False),
    "never built": (Reply("NOT_SENT", fault="local"), False),
    "its turn did not come": (Reply("NOT_SENT", fault="turn"), False),
}


@pytest.mark.parametrize(("reply", "opens"), ENDS.values(), ids=ENDS)
def test_what_counts_as_a_failure(reply: Reply, opens: bool) -> None:
    inner = Replies(reply)
    transport = BreakerTransport(inner, CircuitBreaker(Time().effects, limit=2))
    ends = [transport.send(READ) for _ in range(3)]
    assert ends == [reply, reply, OPEN if opens else reply]
    assert len(inner.seen) == (2 if opens else 3)


def test_what_was_not_tried_does_not_mend_the_breaker() -> None:
    failed, waited = Reply("AMBIGUOUS", 502), Reply("NOT_SENT", fault="turn")
    transport = BreakerTransport(Replies(failed, waited, failed), CircuitBreaker(Time().effects, limit=2))
    assert [transport.send(READ) for _ in range(4)] == [failed, waited, failed, OPEN]


def test_a_rested_breaker_lets_one_request_through() -> None:
    time = Time()
    failed, done = Reply("AMBIGUOUS", 502), Reply("APPLIED", 200)
    transport = BreakerTransport(Replies(failed, done), CircuitBreaker(time.effects, limit=1, pause=30))
    assert [transport.send(READ), transport.send(READ)] == [failed, OPEN]
    time.now += 30
    assert [transport.send(READ), transport.send(READ)] == [done, done]
