"""How fast may be written, how often asked again, when to stop trying: three small gauges, each safe among threads.

They know requests only by number; what a request is, `transport.py` knows.
"""

from __future__ import annotations

import threading
from collections import deque
from email.utils import parsedate_to_datetime
from typing import Final

from syncer.fs.clock import Effects

QUOTA: Final = 500
"""Mutating requests a minute an organisation, integrations included (docs/platform.md#limits)."""

WINDOW: Final = 60.0
"""Seconds."""

MOST_WAIT: Final = 120.0
"""The longest `Retry-After` that is obeyed, in seconds; a longer one ends the work with its value named."""


class RateLimit:
    """At most `share` of the quota in any 60 seconds: one for each organisation, shared by all that write to it.

    A sliding window over what was let through, so no clock edge lets twice the number pass. `hold` stops all
    writers when the platform says so: its quota is shared with clients this process cannot see.
    """

    def __init__(self, share: float, effects: Effects, quota: int = QUOTA) -> None:
        self.most = max(1, int(share * quota))
        self._effects = effects
        self._passed: deque[float] = deque()
        self._until = 0.0
        self._stopped = False
        self._lock = threading.Lock()

    def wait(self, until: float = float("inf")) -> bool:
        """Wait for a turn and take it; False, taking none, if it would come after `until` (by the effects' clock) or
        `stop` was called."""
        while True:
            with self._lock:
                if self._stopped:
                    return False
                now = self._effects.clock()
                while self._passed and self._passed[0] <= now - WINDOW:
                    self._passed.popleft()
                turn = self._until
                if len(self._passed) >= self.most:
                    turn = max(turn, self._passed[-self.most] + WINDOW)
                if turn <= now:
                    self._passed.append(now)
                    return True
            if turn > until:
                return False
            self._effects.sleep(turn - now)

    def hold(self, seconds: float) -> None:
        """Nobody writes for so long."""
        with self._lock:
            self._until = max(self._until, self._effects.clock() + seconds)

    def stop(self) -> None:
        """Nobody gets a turn any more; who sleeps finds out when the sleep ends. Without the lock: a signal handler may
        interrupt the very thread that holds it."""
        self._stopped = True

    @property
    def used(self) -> int:
        """Writes let through in the last 60 seconds."""
        with self._lock:
            now = self._effects.clock()
            return sum(each > now - WINDOW for each in self._passed)


class RetryBudget:
    """Repeated requests cost one, every tenth request earns one: a storm of failures cannot double the load
    (docs/catalogue.md#b20)."""

    def __init__(self, start: int = 10) -> None:
        self._tenths = 10 * start
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A request was sent for the first time."""
        with self._lock:
            self._tenths += 1

    def spend(self) -> bool:
        """Take one; False if there is none left."""
        with self._lock:
            if self._tenths < 10:
                return False
            self._tenths -= 10
            return True


class CircuitBreaker:
    """After `limit` failures in a row nothing is tried for `pause` seconds; then one request is let through to see."""

    def __init__(self, effects: Effects, limit: int = 20, pause: float = 30.0) -> None:
        self._effects = effects
        self._limit = limit
        self._pause = pause
        self._failures = 0
        self._opened = 0.0
        self._lock = threading.Lock()

    def closed(self) -> bool:
        """Whether a request may be tried now; asking while it is open and rested takes the one turn."""
        with self._lock:
            if self._failures < self._limit:
                return True
            now = self._effects.clock()
            if now - self._opened < self._pause:
                return False
            self._opened = now
            return True

    def note(self, *, failed: bool) -> None:
        """What came of a request that was tried."""
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            if self._failures >= self._limit:
                self._opened = self._effects.clock()


def backoff(attempt: int, chance: float, *, first: float = 0.5, most: float = 20.0) -> float:
    """Seconds before the next attempt: full jitter, so that clients that failed together don't return together."""
    return chance * min(most, first * float(2**attempt))


def retry_after(value: str, date: str, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for, at least 0; None where it says nothing usable.

    A date is taken relative to the reply's own `Date`, else to `now` (seconds since 1970): the two clocks may differ.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    moment = _moment(text)
    if moment is None:
        return None
    sent = _moment(date)
    return max(0.0, moment - (now if sent is None else sent))


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if any(each.isalpha() for each in text) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
