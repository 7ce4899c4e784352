"""How many calls an organisation may make in a minute, and which calls count."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime

_READS = re.compile(
    r"/v1/entity:(list|search|graph)|/v2/flows/templates:search|/v1/automation/flows:batchGet"
    r"|/v1/entity/taxonomies/classifications:search|/data-(management|governance)/v1/[^/]+/query|/v1/logs"
)
_SEARCHES = re.compile(r"/v1/entity:(list|search)")


def is_read(method: str, path: str) -> bool:
    """Whether a call changes nothing: what a read-only token may do, and what the quota of mutations exempts."""
    return method in ("GET", "HEAD", "OPTIONS") or (method == "POST" and _READS.fullmatch(path) is not None)


def is_search(path: str) -> bool:
    """Whether a call draws on the quota of searches (docs/platform.md#limits)."""
    return _SEARCHES.fullmatch(path) is not None


class Windows:
    """Counters that start again with every minute of the clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._used: dict[str, tuple[int, int]] = {}

    def take(self, pool: str, most: int) -> int | None:
        """Use one call of a pool; None if it was free, else the seconds until the pool is full again."""
        minute, second = divmod(int(self._now().timestamp()), 60)
        with self._lock:
            seen, used = self._used.get(pool, (minute, 0))
            used = used if seen == minute else 0
            if used >= most:
                return 60 - second
            self._used[pool] = (minute, used + 1)
            return None
