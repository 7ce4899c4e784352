"""When to stop trying: after many failures in a row nothing is sent for a while."""

from __future__ import annotations

import threading

from syncer.api.reply import Reply, Request, Transport
from syncer.fs.clock import Effects


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


class BreakerTransport:
    """Sends nothing while the breaker is open, and tells it what came of the rest."""

    def __init__(self, inner: Transport, breaker: CircuitBreaker) -> None:
        self._inner = inner
        self._breaker = breaker

    def send(self, request: Request) -> Reply:
        """As `Transport`; NOT_SENT while the breaker is open."""
        if not self._breaker.closed():
            return Reply("NOT_SENT", fault="circuit")
        reply = self._inner.send(request)
        if reply.fault != "turn":  # nothing was tried, so it says nothing of the other side
            self._breaker.note(failed=reply.status // 100 == 5 or (not reply.status and reply.fault != "local"))
        return reply
