"""A world that measures what a command asks of the platform; of the walks (N7 of docs/reliability.md#the-table)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import httpx

from simulation.broken import BrokenWorld, does_write
from simulation.world import SERVER, TOKENS, Run
from syncer.api.client import Api
from syncer.api.endpoints import services
from syncer.api.options import TransportOptions
from syncer.model.diagnostic import SyncerError
from syncer.model.json_values import Secret
from syncer.plan.plan import Plan

SHARE = 0.02
"""Of the platform's quota: ten writes a minute, so that a small apply has to wait for its turns."""
WRITES = 10
WORKERS = 4
WINDOW = 60.0


class GaugedWorld(BrokenWorld):
    """A world that counts requests in flight and writes a minute, and remembers why a run was refused."""

    def gauge(self) -> None:
        """A command begins: a process of its own has a quota of its own."""
        self.flying = self.most_flying = self.most_writes = 0
        self.moments: deque[float] = deque()
        self.rules: set[str] = set()
        self.plans: list[Plan] = []

    def api(self, *, read_only: bool) -> Api:
        """Slow, so that the pace matters."""
        token = Secret("EPILOT_TOKEN", TOKENS[self.environment])
        self.last_api = Api(
            services({}, SERVER),
            token,
            read_only=read_only,
            share=SHARE,
            options=TransportOptions(self.effects, wire=self.wire),
        )
        return self.last_api

    def exchange(self, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
        """Counted."""
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        if does_write(request):
            now = self.time.clock()
            self.moments.append(now)
            while now - self.moments[0] >= WINDOW - 1e-6:
                self.moments.popleft()
            self.most_writes = max(self.most_writes, len(self.moments))
        try:
            return super().exchange(request, send)
        finally:
            self.flying -= 1

    def planned(self, *args: Any, **how: Any) -> Any:
        """What was planned since the command began is remembered."""
        found = super().planned(*args, **how)
        self.plans.append(found.plan)
        return found

    def apply(self, **how: Any) -> Run:
        """The rules of a refusal are noted."""
        try:
            return super().apply(**how)
        except SyncerError as error:
            self.rules |= {each.rule for each in error.problems if each.severity == "error"}
            raise
