"""Trying again, on a clock that only sleeping moves: how often, after which wait, and what ends it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from syncer.api.options import RequestLimits
from syncer.api.reply import Reply, Request
from syncer.api.retry import RetryBudget, RetryTransport, backoff
from syncer.fs.clock import Effects
from tests.api.transports import Replies, Time


def test_a_storm_of_failures_adds_a_tenth() -> None:
    budget = RetryBudget(start=10)
    spent = 0
    for _ in range(300):
        budget.earn()
        spent += budget.spend()
        spent += budget.spend()
    assert spent == 40


def test_backoff_is_full_jitter() -> None:
    assert [backoff(number, 1.0) for number in range(7)] == [0.5, 1, 2, 4, 8, 16, 20]
    assert backoff(3, 0.25) == 1.0


READ = Request("workflow", "GET", "/v1/workflows/closing-reasons")
WRITE = Request("workflow", "POST", "/v1/workflows/closing-reasons", b"{}", writes=True)
DONE = Reply("APPLIED", 200, body={})
FAILED = Reply("AMBIGUOUS", 503)
UNSENT = Reply("NOT_SENT", fault="connect")


def asked(seconds: str) -> Reply:
    return Reply("REJECTED", 429, retry_after=seconds)


def retry(
    inner: Replies, time: Time, limits: RequestLimits | None = None, budget: int = 10, effects: Effects | None = None,
    stopped: threading.Event | None = None,
) -> RetryTransport:  # fmt: skip
    return RetryTransport(
        inner, limits or RequestLimits(), effects or time.effects, RetryBudget(budget), stopped or threading.Event()
    )


TRIES = {
    # case: (request, replies, the end, tries, seconds slept)
    "done at once": (READ, [DONE], DONE, 1, []),
    "a read that failed": (READ, [FAILED, DONE], DONE, 2, [0.25]),
    "a read that fails for ever": (READ, [FAILED], FAILED, 4, [0.25, 0.5, 1.0]),
    "a write that may be done": (WRITE, [FAILED, DONE], FAILED, 1, []),
    "a write that was not sent": (WRITE, [UNSENT, DONE], DONE, 2, [0.25]),
    "a write that is asked to wait": (WRITE, [asked("7"), DONE], DONE, 2, [7.5]),
    "for the longest that is obeyed": (WRITE, [asked("120"), DONE], DONE, 2, [120.5]),
    "for longer": (
        WRITE, [asked("12\x1b1"), asked("121"), DONE],
        replace(asked("121"), detail="429 Too Many Requests, and asks to wait `121`, longer than 120 s"), 2, [0.25],
    ),
    "past the total": (WRITE, [asked("119")], asked("119"), 3, [119.5, 119.5]),
    "a refusal": (READ, [Reply("REJECTED", 403)], Reply("REJECTED", 403), 1, []),
    "the breaker is open": (READ, [Reply("NOT_SENT", fault="circuit")], Reply("NOT_SENT", fault="circuit"), 1, []),
    "no turn": (WRITE, [Reply("NOT_SENT", fault="turn")], Reply("NOT_SENT", fault="turn"), 1, []),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "replies", "end", "tries", "slept"), TRIES.values(), ids=TRIES)
def test_trying_again(request_: Request, replies: list[Reply], end: Reply, tries: int, slept: list[float]) -> None:
    inner, time = Replies(*replies), Time()
    assert (retry(inner, time).send(request_), len(inner.seen), time.slept) == (end, tries, slept)


def test_all_tries_have_one_mark_and_one_end_and_other_requests_others() -> None:
    inner, time = Replies(FAILED, FAILED, DONE), Time()
    transport = retry(inner, time, RequestLimits(total=300))
    transport.send(READ)
    transport.send(READ)
    assert [request.until for request in inner.seen] == [1300.0] * 3 + [1300.75]
    first, second, third, other = (request.mark for request in inner.seen)
    assert len(first) == 36
    assert first == second == third != other
    assert {replace(request, mark="", until=READ.until) for request in inner.seen} == {READ}


def test_the_budget_ends_it() -> None:
    inner, time = Replies(FAILED), Time()
    end = retry(inner, time, RequestLimits(attempts=50, total=1000), budget=2).send(READ)
    assert len(inner.seen) == 3
    assert end.detail == "503 Service Unavailable; the run's budget of repeated requests is spent"


def test_ten_requests_earn_a_second_try() -> None:
    inner, time = Replies(*[DONE] * 9, FAILED, DONE), Time()
    transport = retry(inner, time, budget=0)
    assert [transport.send(READ) for _ in range(10)] == [DONE] * 10
    assert len(inner.seen) == 11


def test_an_interrupt_ends_it_before_and_after_a_wait() -> None:
    inner, time, stopped = Replies(FAILED), Time(), threading.Event()
    effects = Effects(lambda: time.now, lambda: time.now, lambda seconds: stopped.set(), lambda: 0.5)
    transport = retry(inner, time, effects=effects, stopped=stopped)
    assert (transport.send(READ), len(inner.seen), stopped.is_set()) == (FAILED, 1, True)
    assert (transport.send(READ), len(inner.seen)) == (FAILED, 2)
