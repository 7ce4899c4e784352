"""Workers that take turns by chance instead of by the system's scheduler, so that the same seed is the same run.

Each worker is a thread that runs only while it has the turn, and gives it back at every effect. The thread that waits
for news hands the turn on; knows nothing of what the workers do.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from random import Random
from types import SimpleNamespace
from typing import Any

import syncer.ops.apply.scheduler


class Turns:
    """Whose turn it is."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._waiting: list[tuple[threading.Semaphore, int]] = []
        self._workers: dict[int, threading.Semaphore] = {}
        self._back = threading.Semaphore(0)
        self._begun = 0

    def start(self, work: Callable[[], None]) -> None:
        """A worker that begins when it is first given the turn."""
        mine = threading.Semaphore(0)
        self._begun += 1
        entry = (mine, self._begun)

        def run() -> None:
            mine.acquire()
            self._workers[threading.get_ident()] = mine
            try:
                work()
            finally:
                del self._workers[threading.get_ident()]
                self._waiting.remove(entry)
                self._back.release()

        self._waiting.append(entry)
        threading.Thread(target=run, name="simulated", daemon=True).start()

    def step(self) -> bool:
        """Give one worker the turn until it gives it back; False if there is none."""
        if not self._waiting:
            return False
        mine, _ = self._dice.choice(self._waiting)
        mine.release()
        self._back.acquire()
        return True

    def effect(self) -> None:
        """Something with an effect is about to happen: somebody else may go first."""
        mine = self._workers.get(threading.get_ident())
        if mine is not None and len(self._waiting) > 1:
            self._back.release()
            mine.acquire()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """In this block, the scheduler runs its workers by turns."""
        here: Any = syncer.ops.apply.scheduler
        before = here.ThreadPoolExecutor, here.queue
        here.ThreadPoolExecutor = lambda workers, thread_name_prefix="": _Pool(self)
        here.queue = SimpleNamespace(SimpleQueue=lambda: _Queue(self))
        try:
            yield
        finally:
            here.ThreadPoolExecutor, here.queue = before


class _Pool:
    """As much of a ThreadPoolExecutor as is used."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        while self._turns.step():
            pass

    def submit(self, call: Callable[..., Any], *args: Any, **named: Any) -> Future[Any]:
        """As `Executor.submit`."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()

        def work() -> None:
            try:
                future.set_result(call(*args, **named))
            except BaseException as error:  # carried to whoever asks for the result, as an executor does
                future.set_exception(error)

        self._turns.start(work)
        return future


class _Queue:
    """As much of a SimpleQueue as is used."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._items: deque[Any] = deque()

    def put(self, item: Any) -> None:
        """As `SimpleQueue.put`."""
        self._items.append(item)

    def empty(self) -> bool:
        """As `SimpleQueue.empty`."""
        return not self._items

    def get(self) -> Any:
        """As `SimpleQueue.get`; somebody must be there who can put something in."""
        while not self._items:
            if not self._turns.step():
                raise RuntimeError("everybody waits for news and nobody is there to bring any")
        return self._items.popleft()
