"""What the tests of transports have in common: a clock that only sleeping moves, and an end that answers by a list."""

from __future__ import annotations

from syncer.api.reply import Reply, Request
from syncer.fs.clock import Effects


class Time:
    """A clock that stands still but for sleeping; chance is always a half."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds

    @property
    def effects(self) -> Effects:
        return Effects(lambda: self.now, lambda: self.now, self.sleep, lambda: 0.5)


class Replies:
    """A transport that gives these replies one after the other, the last for ever, or raises them; and what it saw."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self._replies = replies
        self.seen: list[Request] = []

    def send(self, request: Request) -> Reply:
        self.seen.append(request)
        reply = self._replies[min(len(self.seen), len(self._replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply
