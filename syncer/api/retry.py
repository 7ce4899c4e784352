"""Trying again: how often, after which wait, and when to stop; knows a reply's outcome, not how it was come by."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace

from syncer.api.options import RequestLimits
from syncer.api.outcomes import BY_FAULT, again
from syncer.api.rate_limit import MOST_WAIT, asked_wait
from syncer.api.reply import Reply, Request, Transport, status_line
from syncer.fs.clock import Effects


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


def backoff(attempt: int, chance: float, *, first: float = 0.5, most: float = 20.0) -> float:
    """Seconds before the next attempt: full jitter, so that clients that failed together don't return together."""
    return chance * min(most, first * float(2**attempt))


class RetryTransport:
    """Sends again where the table of outcomes allows it, until the attempts or the budget are spent, the next wait
    would end after the total, or `stopped` is set. `Retry-After` is obeyed, plus up to a second of chance; one beyond
    `MOST_WAIT` ends it, its value named."""

    def __init__(
        self,
        inner: Transport,
        limits: RequestLimits,
        effects: Effects,
        budget: RetryBudget,
        stopped: threading.Event,
    ) -> None:
        self._inner = inner
        self._limits = limits
        self._effects = effects
        self._budget = budget
        self._stopped = stopped

    def send(self, request: Request) -> Reply:
        """As `Transport`; the reply of the last try."""
        marked = replace(request, mark=str(uuid.uuid4()), until=self._effects.clock() + self._limits.total)
        self._budget.earn()
        for number in range(self._limits.attempts):
            reply = self._inner.send(marked)
            if not again(request.method, writes=request.writes, status=reply.status, fault=reply.fault):
                return reply
            asked = asked_wait(reply, self._effects.now())
            if asked is not None and asked > MOST_WAIT:
                return replace(reply, detail=_too_long(reply))
            chance = self._effects.chance()
            wait = backoff(number, chance) if asked is None else asked + chance
            last = number + 1 == self._limits.attempts
            if last or self._effects.clock() + wait > marked.until or self._stopped.is_set():
                return reply
            if not self._budget.spend():
                return replace(reply, detail=f"{reply.words}; {BY_FAULT['budget'].when}")
            self._effects.sleep(wait)
            if self._stopped.is_set():
                return reply
        raise AssertionError("attempts must be at least 1")


def _too_long(reply: Reply) -> str:
    value = "".join(each for each in reply.retry_after if each.isprintable())[:40]
    return f"{status_line(reply.status)}, and asks to wait `{value}`, longer than {MOST_WAIT:.0f} s"
