"""Pace, budget, breaker, backoff and Retry-After, on a clock that only sleeping moves."""

from __future__ import annotations

import threading

import pytest

from syncer.api.rate_limit import CircuitBreaker, RateLimit, RetryBudget, backoff, retry_after
from syncer.fs.clock import Effects


class Time:
    """A clock that stands still but for sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds

    @property
    def effects(self) -> Effects:
        return Effects(lambda: self.now, lambda: self.now, self.sleep, lambda: 0.5)


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


def test_a_storm_of_failures_adds_a_tenth() -> None:
    budget = RetryBudget(start=10)
    spent = 0
    for _ in range(300):
        budget.earn()
        spent += budget.spend()
        spent += budget.spend()
    assert spent == 40


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


def test_backoff_is_full_jitter() -> None:
    assert [backoff(number, 1.0) for number in range(7)] == [0.5, 1, 2, 4, 8, 16, 20]
    assert backoff(3, 0.25) == 1.0


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
