"""An end to waiting for a reply, whatever the other side does; and a word meanwhile, for whoever looks at a command
that seems to hang.

A line comes 10 s after the last reply, then after another 20, 40, … seconds, one for all requests under way. Who waits
says it, between two looks at whether the reply is there: there is no thread and no timer for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Final

from syncer.api.outcomes import classify
from syncer.api.reply import Reply, Request, Transport
from syncer.fs.clock import Effects

GRACE: Final = 1.0
"""Seconds after which a request that did not end by itself at its deadline is left behind."""

IDLE: Final = 5.0
"""Seconds after which a thread that has nothing to carry ends."""

FIRST: Final = 10.0
"""Seconds without news after which the first line comes; each next one takes twice as long."""

Tell = Callable[[str], None]
"""Shows a line to whoever looks on."""

_Box = SimpleQueue[Reply | Exception]
_Work = tuple[Request, _Box]


class Silence:
    """How long nothing has come from the platform. Safe among threads. `hosts`: service → where it answers; for
    another service the path of a request is a URL."""

    def __init__(self, clock: Callable[[], float], tell: Tell, hosts: Mapping[str, str]) -> None:
        self._clock = clock
        self._tell = tell
        self._hosts = hosts
        self._lock = threading.Lock()
        self._pause = FIRST
        self._due = clock() + FIRST

    def left(self, began: float) -> float:
        """Seconds until a line is due about a request that `began` then; 0 for one that is."""
        return max(0.0, max(self._due, began + FIRST) - self._clock())

    def heard(self) -> None:
        """Something has come."""
        with self._lock:
            self._pause, self._due = FIRST, self._clock() + FIRST

    def say(self, request: Request, began: float) -> None:
        """Say that this request, which `began` then, is waited for, if that is due."""
        with self._lock:
            if self.left(began) > 0:
                return
            now = self._clock()
            self._pause, self._due = 2 * self._pause, now + 2 * self._pause
        where = f"`{request.title}`"
        if request.service in self._hosts:
            where += f" of `{self._hosts[request.service]}`"
        self._tell(f"no reply for {now - began:.0f} s: still waiting for {where}")


def announced(effects: Effects, tell: Tell | None) -> Effects:
    """The effects, with a word before each long wait of ours: for a turn under the quota, or because a reply asks for
    it. Several that wait for the same are one."""
    if tell is None:
        return effects
    lock, until = threading.Lock(), 0.0

    def sleep(seconds: float) -> None:
        nonlocal until
        end = effects.clock() + seconds
        with lock:
            news = seconds >= FIRST and end > until + 1
            until = max(until, end) if news else until
        if news:
            tell(f"waiting {seconds:.0f} s before more is sent: the platform asks for it, or its quota is used up")
        effects.sleep(seconds)

    return replace(effects, sleep=sleep)


class DeadlineTransport:
    """Waits for a reply so many seconds and `GRACE`, no longer; `silence` is told meanwhile.

    A reply whose head trickles in keeps every single read within its timeout, so the work is done by a thread that can
    be left behind (docs/catalogue.md#b24). A thread that was not left behind carries the next request too.
    """

    def __init__(
        self, inner: Transport, seconds: float, clock: Callable[[], float], silence: Silence | None = None
    ) -> None:
        self._inner = inner
        self._seconds = seconds
        self._clock = clock
        self._silence = silence
        self._idle: list[SimpleQueue[_Work]] = []

    def send(self, request: Request) -> Reply:
        """As `Transport`, and raises what the inner one raises; the fault `deadline` where it did not end in time."""
        box: _Box = SimpleQueue()
        self._begin((request, box))
        result = self._awaited(box, request)
        if result is None:
            return Reply(classify(request.method, fault="deadline"), fault="deadline")
        if self._silence is not None:
            self._silence.heard()
        if isinstance(result, Exception):
            raise result
        return result

    def _begin(self, work: _Work) -> None:
        """Hand it to a thread that waits for some, else to a new one."""
        try:
            inbox = self._idle.pop()
        except IndexError:
            inbox = SimpleQueue()
            threading.Thread(target=self._carry, args=(inbox,), name="request", daemon=True).start()
        inbox.put(work)

    def _carry(self, inbox: SimpleQueue[_Work]) -> None:
        while True:
            try:
                request, box = inbox.get(timeout=IDLE)
            except Empty:
                try:
                    self._idle.remove(inbox)
                except ValueError:  # taken in this moment: its work is on its way
                    request, box = inbox.get()
                else:
                    return
            result: Reply | Exception
            try:
                result = self._inner.send(request)
            except Exception as error:  # carried to the caller's thread, whatever it is
                result = error
            self._idle.append(inbox)  # before the answer: who has it may ask for the next at once
            box.put(result)

    def _awaited(self, box: _Box, request: Request) -> Reply | Exception | None:
        """What came, None where nothing did in time."""
        began = self._clock()
        until = began + self._seconds + GRACE
        while True:
            left = max(0.0, until - self._clock())
            look = left if self._silence is None else min(left, self._silence.left(began))
            try:
                return box.get(timeout=look)
            except Empty:
                if self._silence is None or look == left:
                    return None
                self._silence.say(request, began)
