"""How fast may be written: the quota's window, a transport that waits for a turn in it, and what `Retry-After` asks."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from syncer.api.reply import Reply, Request, Transport
from syncer.fs.clock import Effects

QUOTA: Final = 500
"""Mutating requests a minute an organisation, integrations included (docs/platform.md#limits)."""

WINDOW: Final = 60.0
"""Seconds."""

MOST_WAIT: Final = 120.0
"""The longest `Retry-After` that is obeyed, in seconds; a longer one ends the work with its value named."""

_WAITED: Final = frozenset({429, 503})


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
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    @property
    def used(self) -> int:
        """Writes let through in the last 60 seconds."""
        with self._lock:
            now = self._effects.clock()
            return sum(each > now - WINDOW for each in self._passed)


class RateLimitTransport:
    """Has each write wait for its turn, and all writers for as long as a 429 says; reads pass."""

    def __init__(self, inner: Transport, limit: RateLimit, effects: Effects) -> None:
        self._inner = inner
        self._limit = limit
        self._effects = effects

    def send(self, request: Request) -> Reply:
        """As `Transport`; NOT_SENT where the turn would come after `until`, or waiting was interrupted."""
        if not request.writes:
            return self._inner.send(request)
        if not self._limit.wait(request.until):
            detail = "interrupted before it was sent" if self._limit.stopped else ""
            return Reply("NOT_SENT", fault="turn", detail=detail)
        reply = self._inner.send(request)
        asked = asked_wait(reply, self._effects.now()) if reply.status == 429 else None
        if asked is not None and asked <= MOST_WAIT:
            self._limit.hold(asked)
        return reply


def asked_wait(reply: Reply, now: float) -> float | None:
    """Seconds that a reply asks to wait for; None where it asks for none, or its status gives the header no meaning."""
    return retry_after(reply.retry_after, reply.date, now) if reply.status in _WAITED else None


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
    from email.utils import parsedate_to_datetime  # late: few replies name a moment, and it takes twelve modules along

    try:
        return parsedate_to_datetime(text).timestamp() if any(each.isalpha() for each in text) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
