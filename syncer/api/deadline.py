"""An end to waiting for a reply, whatever the other side does."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import Final

from syncer.api.outcomes import classify
from syncer.api.reply import Reply, Request, Transport

GRACE: Final = 1.0
"""Seconds after which a request that did not end by itself at its deadline is left behind."""


class DeadlineTransport:
    """Waits for a reply so many seconds and `GRACE`, no longer.

    A reply whose head trickles in keeps every single read within its timeout, so the work is done by a thread that can
    be left behind (docs/catalogue.md#b24).
    """

    def __init__(self, inner: Transport, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    def send(self, request: Request) -> Reply:
        """As `Transport`, and raises what the inner one raises; the fault `deadline` where it did not end in time."""
        box: SimpleQueue[Reply | Exception] = SimpleQueue()

        def work() -> None:
            try:
                box.put(self._inner.send(request))
            except Exception as error:  # carried to the caller's thread, whatever it is
                box.put(error)

        threading.Thread(target=work, name="request", daemon=True).start()
        try:
            result = box.get(timeout=self._seconds + GRACE)
        except Empty:
            return Reply(classify(request.method, fault="deadline"), fault="deadline")
        if isinstance(result, Exception):
            raise result
        return result
