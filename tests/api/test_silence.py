"""A line for who waits: when it comes, what it says, and that nothing but the waiting itself brings it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from syncer.api.deadline import DeadlineTransport, Silence, announced
from syncer.api.reply import Reply, Request
from syncer.fs.clock import Effects

GET = Request("workflow", "GET", "/v2/flows/templates?limit=1&token=hush-canary")
PUT = Request("entity", "PUT", "/v1/entity/schemas/contact", b"{}")
LARGE = Request("", "GET", "https://bucket.example/reply.json?X-Signature=hush-canary")
HOSTS = {"workflow": "workflows.example:443", "entity": "entity.example:443"}


class Time:
    """A clock that stands where it is put."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


Happens = Callable[[Silence], None]
CASES: dict[str, tuple[list[tuple[float, Happens]], list[str]]] = {
    # case: what happens at which second; the lines
    "nothing, too early": ([(9.9, lambda it: it.say(GET, 0.0))], []),
    "after 10 s": (
        [(10.0, lambda it: it.say(GET, 0.0))],
        ["no reply for 10 s: still waiting for `GET /v2/flows/templates` of `workflows.example:443`"],
    ),
    "then after another 20, 40, …": (
        [(float(at), lambda it: it.say(PUT, 0.0)) for at in range(100)],
        [
            f"no reply for {at} s: still waiting for `PUT /v1/entity/schemas/contact` of `entity.example:443`"
            for at in (10, 30, 70)
        ],
    ),
    "one line for all that wait": (
        [(10.0, lambda it: it.say(GET, 0.0)), (10.1, lambda it: it.say(PUT, 0.0))],
        ["no reply for 10 s: still waiting for `GET /v2/flows/templates` of `workflows.example:443`"],
    ),
    "what has come is news": (
        [(8.0, lambda it: it.heard()), (17.0, lambda it: it.say(GET, 0.0)), (18.0, lambda it: it.say(GET, 0.0))],
        ["no reply for 18 s: still waiting for `GET /v2/flows/templates` of `workflows.example:443`"],
    ),
    "a request that has just begun": ([(60.0, lambda it: it.say(GET, 51.0))], []),
    "a large reply elsewhere": (
        [(10.0, lambda it: it.say(LARGE, 0.0))],
        ["no reply for 10 s: still waiting for `GET https://bucket.example/reply.json`"],
    ),
}


@pytest.mark.parametrize(("happens", "lines"), CASES.values(), ids=CASES)
def test_when_and_what_is_said(happens: list[tuple[float, Happens]], lines: list[str]) -> None:
    time, told = Time(), list[str]()
    silence = Silence(time, told.append, HOSTS)
    for at, what in happens:
        time.now = at
        what(silence)
    assert told == lines


def test_who_waits_for_a_reply_says_so_until_it_is_there() -> None:
    """The reply comes once three lines were said: by whoever waits, in its own thread."""
    said = threading.Semaphore(0)
    lines: list[tuple[str, str]] = []
    ticks = iter(range(0, 10_000_000, 100))  # each look at the clock is 100 s later: nobody waits in truth

    def tell(line: str) -> None:
        lines.append((threading.current_thread().name, line))
        said.release()

    def clock() -> float:
        return float(next(ticks))

    class Slow:
        def send(self, request: Request) -> Reply:
            for _ in range(3):
                said.acquire()
            return Reply("APPLIED", 200, body=[1])

    threads = threading.active_count()
    door = DeadlineTransport(Slow(), 1e9, clock, Silence(clock, tell, HOSTS))
    assert door.send(GET) == Reply("APPLIED", 200, body=[1])
    assert len(lines) >= 3
    assert {name for name, _ in lines} == {threading.current_thread().name}
    assert all(line.endswith(" s: still waiting for `GET /v2/flows/templates` of `workflows.example:443`")
               for _, line in lines)  # fmt: skip
    assert threading.active_count() <= threads + 1  # the one that sent may be ending


def test_a_long_wait_of_ours_is_announced_once() -> None:
    time, told, slept = Time(), list[str](), list[float]()
    effects = announced(Effects(time, time, slept.append, lambda: 0.5), told.append)
    for at, seconds in ((0.0, 9.9), (0.0, 45.0), (1.0, 44.0), (2.0, 12.0), (40.0, 30.0)):
        time.now = at
        effects.sleep(seconds)
    assert slept == [9.9, 45.0, 44.0, 12.0, 30.0]
    assert told == [
        f"waiting {seconds} s before more is sent: the platform asks for it, or its quota is used up"
        for seconds in (45, 30)
    ]
