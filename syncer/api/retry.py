"""Trying again: how often, after which wait, and when to stop; knows a reply's outcome, not how it was come by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from syncer.api.outcomes import BY_FAULT
from syncer.api.rate_limit import MOST_WAIT, RetryBudget, backoff, retry_after
from syncer.api.reply import Reply, status_line
from syncer.fs.clock import Effects

_WAITED: Final = frozenset({429, 503})


def resending(
    attempt: Callable[[], Reply],
    may_repeat: Callable[[Reply], bool],
    *,
    until: float,
    attempts: int,
    effects: Effects,
    budget: RetryBudget,
    hold: Callable[[float], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Reply:
    """Try until the reply is not one to repeat, the attempts or the budget are spent, or the next wait would end after
    `until`. `Retry-After` is obeyed, plus up to a second of chance; one beyond `MOST_WAIT` ends it, its value named.
    `hold` is told how long everybody else should wait too."""
    budget.earn()
    for number in range(attempts):
        reply = attempt()
        if not may_repeat(reply):
            return reply
        asked = _asked(reply, effects.now())
        if asked is not None and asked > MOST_WAIT:
            value = "".join(each for each in reply.retry_after if each.isprintable())[:40]
            detail = f"{status_line(reply.status)}, and asks to wait `{value}`, longer than {MOST_WAIT:.0f} s"
            return replace(reply, detail=detail)
        wait = backoff(number, effects.chance()) if asked is None else asked + effects.chance()
        if asked is not None and hold is not None:
            hold(asked)
        if number + 1 == attempts or effects.clock() + wait > until or stopped():
            return reply
        if not budget.spend():
            return replace(reply, detail=f"{reply.words}; {BY_FAULT['budget'].when}")
        effects.sleep(wait)
        if stopped():
            return reply
    raise AssertionError("attempts must be at least 1")


def _asked(reply: Reply, now: float) -> float | None:
    return retry_after(reply.retry_after, reply.date, now) if reply.status in _WAITED else None
