"""Waiting in tests: for something that happens, however busy the machine is, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 600.0
"""Seconds after which something hangs. Nothing takes so long, and nothing waits until then: what is waited for is an
event, and this ends a test that would never end."""


def until(happened: Callable[[], object], what: str) -> None:
    """Wait for something, at most PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)
