"""Ctrl-C and SIGTERM: at once where nothing has begun, after what is under way where something has."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import signal

Handler = Callable[[int, Any], None]


class Terminated(KeyboardInterrupt):
    """SIGTERM where nothing has begun: everything is given back, as after Ctrl-C."""


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that locks are given back; else the process would just be gone."""

    import signal  # late, here and below: `--help` waits for none

    def handle(number: int, frame: Any) -> None:
        raise Terminated

    with _handling({signal.SIGTERM: handle}):
        yield


@contextlib.contextmanager
def draining(ask: Callable[[str], None]) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM calls `ask` with its name, the second ends the process where it stands: the journal
    makes both safe."""
    import signal

    asked: list[int] = []

    def handle(number: int, frame: Any) -> None:
        if asked:
            os._exit(128 + number)
        asked.append(number)
        ask(signal.Signals(number).name)
        # not through the streams: the signal may have come while one of them is being written to
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.write(sys.stderr.fileno(), b"\nfinishing what is under way; once more stops at once\n")

    with _handling({signal.SIGINT: handle, signal.SIGTERM: handle}):
        yield


@contextlib.contextmanager
def _handling(handlers: dict[signal.Signals, Handler]) -> Iterator[None]:
    """The handlers for a block; nothing outside the main thread, where Python takes none."""
    import signal
    import threading

    before: dict[signal.Signals, Any] = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
