"""Carries a plan out: the only place that changes the platform.

Workers talk to the platform, one thread owns the state and writes it after each success, so a run that was cut off can
simply be run again. A call that must not be made twice is journalled before it is sent and settled after; a lost answer
is looked up, never sent again (architecture 7). Yields events and prints nothing.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from syncer.carry import Carried, Carrier, Made, Platform, StepFailed
from syncer.core.address import Address
from syncer.core.event import Done, Event, Failed, Skipped, Started, Unknown
from syncer.core.kind import Kind
from syncer.core.plan import REMOVALS, Task
from syncer.core.planner import remembered
from syncer.core.problem import Problem
from syncer.core.resource import Managed
from syncer.core.secrets import digest_secret


class Remember(Protocol):
    """Where the outcome goes: called by one thread only, durable when it returns."""

    def __call__(self, entries: Mapping[Address, Managed | None]) -> None:
        """Put these entries into state; None takes an address out."""


@dataclass(slots=True)
class Stop:
    """Asked to stop: no new change is begun, what is under way is finished."""

    asked: threading.Event = field(default_factory=threading.Event)
    reason: str = ""

    def ask(self, reason: str) -> None:
        """Ask; the first reason stays."""
        self.reason = self.reason or reason
        self.asked.set()


Node = tuple[Address, int]
"""A change, or its first or second go where a circle of new objects is cut."""


def execute(
    tasks: Mapping[Address, Task], kinds: Mapping[str, Kind], platform: Platform, carrier: Carrier, remember: Remember,
    managed: Mapping[Address, Managed], *, clock: Callable[[], float], salt: Callable[[], bytes], stop: Stop,
    workers: int = 8,
) -> Iterator[Event]:
    """Carry the tasks out, dependencies first, independent ones side by side; a failure costs its dependants only."""
    from graphlib import TopologicalSorter

    order: TopologicalSorter[Node] = TopologicalSorter(_nodes(tasks, kinds))
    order.prepare()
    bad: dict[Address, Address] = {}
    began: dict[Address, float] = {}
    news: queue.SimpleQueue[Started | Made | Future[Carried]] = queue.SimpleQueue()
    running: dict[Future[Carried], Node] = {}
    entries = dict(managed)

    def put(address: Address, entry: Managed | None) -> None:
        if entry is None:
            entries.pop(address, None)
        else:
            entries[address] = entry
        remember({address: entry})

    with ThreadPoolExecutor(workers, thread_name_prefix="apply") as pool:
        while order.is_active():
            for node in order.get_ready():
                address = node[0]
                task = tasks[address]
                blocker = next((each for each in task.change.waits if each in bad), None)
                if address in bad:
                    order.done(node)
                elif blocker is not None and node[1] != 2:
                    bad[address] = blocker
                    yield Skipped(task.change, blocker)
                    order.done(node)
                elif stop.asked.is_set():
                    bad[address] = address
                    order.done(node)
                else:
                    began.setdefault(address, clock())
                    go = 1 if task.late and node[1] == 1 else 0
                    future = pool.submit(carrier.carry, kinds[address.kind], task, first_go=bool(go), news=news.put)
                    running[future] = node
                    future.add_done_callback(news.put)
            if not running:
                continue
            said = news.get()
            if isinstance(said, Started):
                yield said
            elif isinstance(said, Made):
                known = entries.get(said.address) or Managed(said.address, "")
                put(said.address, said.into(known))
            else:
                node = running.pop(said)
                address = node[0]
                task = tasks[address]
                try:
                    carried = said.result()
                except StepFailed as failure:
                    bad[address] = address
                    if failure.live_id or failure.parts:
                        known = entries.get(address) or Managed(address, "")
                        put(address, replace(known, live_id=failure.live_id or known.live_id, parts=failure.parts or known.parts))
                    if failure.unauthorised:
                        stop.ask("the token is not accepted any more")
                    if failure.fatal:
                        stop.ask("the journal cannot be written")
                    yield (Unknown if failure.unknown else Failed)(task.change, failure.problem)
                else:
                    last = not task.late or node[1] == 2
                    if last:
                        put(address, _after(task, carried, managed.get(address), salt))
                        _forget_former(task, managed, put)
                        yield Done(task.change, carried.written.live_id, clock() - began[address])
                order.done(node)


def _nodes(tasks: Mapping[Address, Task], kinds: Mapping[str, Kind]) -> dict[Node, set[Node]]:
    """Each change after those it waits for; the second go of a cut circle after the first go of all it refers to."""
    nodes: dict[Node, set[Node]] = {}
    last = {address: (address, 2) if task.late else (address, 1) for address, task in tasks.items()}
    for address, task in tasks.items():
        nodes[(address, 1)] = {last[other] for other in task.change.waits}
        if task.late:
            nodes[(address, 2)] = {(address, 1)} | {
                (other, 1) for other, theirs in tasks.items() if kinds[other.kind].key(theirs.want or theirs.goal) in task.late
                and other.kind == address.kind
            }
    for node, waits in list(nodes.items()):  # a first go does not wait for the second go of its own circle
        if node[1] == 1 and tasks[node[0]].late:
            nodes[node] = {(other, 1) if tasks[other].late else (other, go) for other, go in waits}
    return nodes


def _after(task: Task, carried: Carried, entry: Managed | None, salt: Callable[[], bytes]) -> Managed | None:
    """What state says of the address now."""
    if task.change.action in REMOVALS or task.desired is None:
        return None
    sent = {
        label: digest_secret(secret, salt())
        for label, secret in task.secrets.items()
        if task.change.action == "create" or label in task.changed or "option_values" in task.changed
    }
    return remembered(task.desired, carried.written.live_id, carried.want, carried.written.parts, entry, sent)


def _forget_former(
    task: Task, managed: Mapping[Address, Managed], put: Callable[[Address, Managed | None], None]
) -> None:
    """A renamed manifest: what was remembered under its former name goes."""
    for alias in task.desired.aliases if task.desired else ():
        former = Address(task.change.address.kind, alias)
        if former in managed:
            put(former, None)


def problem_of(event: Event) -> Problem | None:
    """The problem of an event that is one."""
    return event.problem if isinstance(event, (Failed, Unknown)) else None
