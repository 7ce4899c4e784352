"""What carries a request towards the network and brings its reply back, and all of it put together.

A transport either ends in the network (`http_transport`) or wraps another and adds one thing: which calls may be made
(`allowlist`), another try (`retry`), a pause after many failures (`circuit_breaker`), a turn under the quota
(`rate_limit`), the reply that stands elsewhere (`response_body`), an end to waiting (`deadline`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from syncer.api.allowlist import AllowListTransport
from syncer.api.circuit_breaker import BreakerTransport, CircuitBreaker
from syncer.api.deadline import DeadlineTransport, Silence
from syncer.api.endpoints import endpoint
from syncer.api.options import TransportOptions
from syncer.api.rate_limit import RateLimit, RateLimitTransport
from syncer.api.reply import Reply, Request, Transport
from syncer.api.response_body import LargeReplyTransport
from syncer.api.retry import RetryBudget, RetryTransport
from syncer.model.json_values import Secret


class Sender:
    """Sends requests to the services under `bases` (name → URL), with one token; safe among threads.

    `stopped` is set by `interrupt`; who gives it can let the effects' sleep end on it. `close` when done. InvalidInput
    for a proxy or a CA file that cannot be used.
    """

    def __init__(
        self,
        bases: Mapping[str, str],
        token: Secret,
        *,
        read_only: bool,
        pace: RateLimit,
        options: TransportOptions = TransportOptions(),  # noqa: B008  a frozen value
        stopped: threading.Event | None = None,
    ) -> None:
        from syncer.api.http_transport import http_transports

        effects, limits = options.effects, options.limits
        self._pace = pace
        self._stopped = stopped or threading.Event()
        self._wires = http_transports(bases, token, options, read_only=read_only)
        ends: list[Transport] = [*self._wires]
        if options.wire is None:  # what answers within this process does not trickle
            hosts = {name: str(endpoint(base)) for name, base in bases.items()}
            silence = Silence(effects.clock, options.tell, hosts) if options.tell else None
            ends = [DeadlineTransport(each, limits.attempt, effects.clock, silence) for each in ends]
        paced = RateLimitTransport(LargeReplyTransport(*ends), pace, effects)
        tried = BreakerTransport(paced, CircuitBreaker(effects))
        repeated = RetryTransport(tried, limits, effects, RetryBudget(), self._stopped)
        self._outermost = AllowListTransport(repeated, read_only=read_only)

    def interrupt(self) -> None:
        """Wait for nothing any more, neither a turn nor another try; what is on the wire is waited for as ever."""
        self._stopped.set()
        self._pace.stop()

    def close(self) -> None:
        """Give the connections back."""
        for wire in self._wires:
            wire.close()

    def send(self, request: Request) -> Reply:
        """Send, and send again where the table of outcomes allows it, within the limits; never raises for what the
        network or the platform does. ForbiddenCall for a call that is not in the table of routes."""
        return self._outermost.send(request)
