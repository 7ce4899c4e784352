"""How requests are sent, as values: limits, clock, and what stands between this process and the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncer.fs.clock import Effects

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Seconds and bytes. `attempt`: one try, reply read whole; `total`: all tries and waits of one request."""

    connect: float = 10.0
    read: float = 30.0
    attempt: float = 60.0
    total: float = 300.0
    attempts: int = 4
    cap: int = 64 * 1024 * 1024
    connections: int = 8
    keepalive: float = 5.0


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """`wire` replaces the network: a sandbox application in process, or a function. Without it httpx brings its own,
    with the proxies of the environment (never for this machine's own addresses), or the one of `proxy`; `ca_file`
    names the authorities that are trusted instead of the system's. `tell` is told what is waited for when nothing has
    come for a while; without it nobody is."""

    effects: Effects = field(default_factory=Effects)
    limits: RequestLimits = RequestLimits()
    wire: httpx.BaseTransport | None = None
    proxy: str = ""
    ca_file: str = ""
    tell: Callable[[str], None] | None = None
